//! HTTP as key sources speak it: no redirect, no unnamed proxy, status 200, and a bounded body.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::header::LOCATION;
use reqwest::{Certificate, Client, NoProxy, Proxy, Response, StatusCode, redirect};
use url::Url;

use super::TARGET;
use super::authority::AuthorityFile;
use super::fetching::KeyFetching;
use super::without_bom;
use crate::address::{self, shown};
use crate::error::Error;
use crate::keys::jwk_set::KeySetError;
use crate::printable::escaped_but_quotes;

/// A client for one key source.
pub(crate) struct HttpClient {
    client: Mutex<Client>,
    url: Url,
    fetching: KeyFetching,
    authority: Option<Arc<AuthorityFile>>,
}

/// Why a fetch brought no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer within the deadline of {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("cannot connect or read: {0}")]
    Transport(String),
    #[error("{url} answers with status {status}, not 200{}", not_followed(.redirect))]
    Status { url: String, status: StatusCode, redirect: Option<String> },
    /// Of the two places of metadata, the one that tells more first.
    #[error("{0}; {1}")]
    NoMetadata(Box<Self>, Box<Self>),
    #[error("{0} answers with more than {1} bytes (`jwks.max_bytes`)")]
    TooLarge(String, usize),
    #[error("{0} is not the metadata of an issuer, at line {1}")]
    NotMetadata(String, usize),
    #[error("the metadata is of another issuer; ours is {0}, and every byte counts")]
    OtherIssuer(String),
    #[error("{0} names a `jwks_uri` that {1}")]
    BadUri(String, &'static str),
    #[error("{0} gives no key: {1}")]
    NoKey(String, KeySetError),
}

impl FetchError {
    /// For `/readyz`: what kind of fault, and no more.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Transport(_) => "unreachable",
            Self::Status { .. } => "status",
            Self::NoMetadata(first, _) => first.code(),
            Self::TooLarge(..) => "too_large",
            Self::NotMetadata(..) => "not_metadata",
            Self::OtherIssuer(_) => "other_issuer",
            Self::BadUri(..) => "bad_jwks_uri",
            Self::NoKey(..) => "no_key",
        }
    }
}

impl HttpClient {
    /// A client for this URL and those that its answers name.
    pub(crate) fn new(url: &Url, fetching: &KeyFetching) -> Result<Self, Error> {
        let authority = fetching.ca_file.clone().map(AuthorityFile::read).transpose()?;
        let (authority, certificates) = authority.unzip();
        let client = client(url, fetching, certificates)?;
        Ok(Self {
            client: Mutex::new(client),
            url: url.clone(),
            fetching: fetching.clone(),
            authority: authority.map(Arc::new),
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
        let request = self.client.lock().get(url.clone());
        let response = request.send().await.map_err(transport)?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => {
                let redirect = redirect(url, &response);
                Err(FetchError::Status { url: shown(url), status, redirect })
            }
        }
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
        let proxy = Proxy::all(proxy.clone()).map_err(|error| {
            Error::setting("`jwks.proxy` cannot be used", "write it as `http://host:port`")
                .because(error)
        })?;
        // Plain http to this machine is safe as long as no proxy reads or answers it.
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(address::NO_PROXY)));
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

fn not_followed(redirect: &Option<String>) -> String {
    let told = redirect.as_ref().map(|target| format!(" (a redirect to {target}, not followed)"));
    told.unwrap_or_default()
}

/// The most characters of such an error: a certificate that fits no host has its names in it.
const MOST_SHOWN: usize = 400;

/// The causes of an error of reqwest, without the URL, which may hold a secret.
fn transport(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    FetchError::Transport(escaped_but_quotes(&text, MOST_SHOWN))
}
