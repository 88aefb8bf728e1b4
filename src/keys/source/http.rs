//! HTTP as key sources speak it: no redirect, no unnamed proxy, status 200, and a bounded body.

use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Response, StatusCode, redirect};
use url::Url;

use super::TARGET;
use super::authority::AuthorityFile;
use super::fetch_error::{FetchError, Sent, transport};
use super::fetching::KeyFetching;
use super::proxy;
use super::token_file::TokenFile;
use crate::address::shown;
use crate::error::Error;
use crate::named_file::without_bom;

/// A client for one key source.
pub(crate) struct HttpClient {
    client: Mutex<Client>,
    url: Url,
    fetching: KeyFetching,
    authority: Option<Arc<AuthorityFile>>,
    token: Option<TokenFile>,
}

impl HttpClient {
    /// A client for this URL and those that its answers name. It sends the token to its own origin only.
    pub(crate) fn new(
        url: &Url,
        token: Option<TokenFile>,
        fetching: &KeyFetching,
    ) -> Result<Self, Error> {
        let authority = fetching.ca_file.clone().map(AuthorityFile::read).transpose()?;
        let (authority, certificates) = authority.unzip();
        let client = client(url, fetching, certificates)?;
        Ok(Self {
            client: Mutex::new(client),
            url: url.clone(),
            fetching: fetching.clone(),
            authority: authority.map(Arc::new),
            token,
        })
    }

    /// Trusts the certificates that `jwks.ca_file` has now. A broken file changes nothing and is warned
    /// of. Needs a Tokio runtime.
    pub(super) async fn read_authority_again(&self) {
        let Some(authority) = self.authority.clone() else { return };
        let read = tokio::task::spawn_blocking(move || authority.read_again()).await;
        let Ok(Some(read)) = read else { return };
        match read.and_then(|it| client(&self.url, &self.fetching, Some(it))) {
            Ok(client) => {
                *self.client.lock() = client;
                tracing::info!(target: TARGET, "`jwks.ca_file` has changed and is trusted");
            }
            Err(error) => {
                let error = error.report();
                tracing::warn!(target: TARGET, "{error}; what it held before is trusted");
            }
        }
    }

    /// The answer to a `GET`, if its status is 200.
    pub(crate) async fn get(&self, url: &Url) -> Result<Response, FetchError> {
        let bearer = self.bearer(url).await?;
        let sent = match (&self.token, &bearer) {
            (None, _) => Sent::Nothing,
            (Some(_), Some(_)) => Sent::Token,
            (Some(_), None) => Sent::ElsewhereOnly,
        };
        let mut request = self.client.lock().get(url.clone());
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, bearer);
        }
        let response = request.send().await.map_err(transport)?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => {
                let redirect = redirect(url, &response);
                Err(FetchError::Status { url: shown(url), status, redirect, token: sent })
            }
        }
    }

    /// The value of `Authorization` for a request to this URL, read from its file now.
    async fn bearer(&self, url: &Url) -> Result<Option<HeaderValue>, FetchError> {
        let Some(token) = self.token.as_ref().filter(|it| it.is_for(url)) else { return Ok(None) };
        let read = token.read().await;
        read.map(Some).map_err(|error| FetchError::Token(token.named().to_owned(), error))
    }

    /// The body, as long as it stays within bounds; what would exceed them is not waited for. A
    /// byte-order mark is left out.
    pub(crate) async fn body(
        &self,
        url: &Url,
        mut response: Response,
    ) -> Result<Vec<u8>, FetchError> {
        let max_bytes = self.fetching.max_bytes;
        let mut body = vec![];
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if body.len() + chunk.len() > max_bytes {
                return Err(FetchError::TooLarge(shown(url), max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(without_bom(body))
    }
}

fn client(
    url: &Url,
    fetching: &KeyFetching,
    certificates: Option<Vec<Certificate>>,
) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .user_agent(concat!("rocket-bearer/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        // No connection lies idle: it would hold a file handle that a load may need.
        .pool_max_idle_per_host(0)
        .no_proxy();
    if let Some(proxy) = &fetching.proxy {
        builder = builder.proxy(proxy::but_for(proxy.clone(), fetching.no_proxy.clone()));
    }
    if let Some(certificates) = certificates {
        builder = builder.tls_certs_merge(certificates);
    } else if url.scheme() == "http" {
        // Plain http needs no certificate authorities, and a slim container has none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        Error::setting(
            "cannot prepare for https: this system has no certificate authorities",
            "install its package `ca-certificates`, or name a PEM file as `jwks.ca_file`",
        )
        .because(error)
    })
}

/// Where an answer redirects to.
fn redirect(url: &Url, response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = url.join(location).ok().filter(|_| response.status().is_redirection())?;
    Some(shown(&target))
}
