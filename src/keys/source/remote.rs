//! A set over HTTPS: found by discovery or named, fetched within a deadline and a size.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, HeaderMap};
use reqwest::{Certificate, Client, NoProxy, Proxy, Response, StatusCode, redirect};
use url::Url;

use super::discovery::{jwks_uri, oauth_metadata, openid_configuration};
use super::{Failure, Load, Loading, Location};
use crate::address::{self, shown};
use crate::config::Jwks;
use crate::error::Error;
use crate::keys::jwk_set::{self, KeySet};

/// Lifetimes that an issuer may set by `Cache-Control`; Auth0 says 15 s, and advises 5 to 10 min.
const LIFETIMES: std::ops::RangeInclusive<u64> = 300..=3_600;

/// Keys that an issuer publishes.
pub(crate) struct Remote {
    location: Location,
    client: Client,
    timeout: Duration,
    max_bytes: usize,
}

/// Why a fetch brought no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer within the deadline of {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("cannot connect or read: {0}")]
    Transport(String),
    #[error("{0} answers with status {1}, not 200")]
    Status(String, StatusCode),
    #[error("{0} answers with more than {1} bytes (`jwks.max_bytes`)")]
    TooLarge(String, usize),
    #[error("{0} is not the metadata of an issuer, at line {1}")]
    NotMetadata(String, usize),
    #[error("the metadata is of another issuer; ours is {0}, and every byte counts")]
    OtherIssuer(String),
    #[error("the metadata names a `jwks_uri` that is not https, or lies on this machine")]
    BadUri,
    #[error("{0} gives no key: {1}")]
    NoKey(String, jwk_set::Error),
}

impl FetchError {
    /// For `/readyz`: what kind of fault, and no more.
    fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Transport(_) => "unreachable",
            Self::Status(..) => "status",
            Self::TooLarge(..) => "too_large",
            Self::NotMetadata(..) => "not_metadata",
            Self::OtherIssuer(_) => "other_issuer",
            Self::BadUri => "bad_jwks_uri",
            Self::NoKey(..) => "no_key",
        }
    }
}

impl Remote {
    pub(crate) fn new(location: Location, jwks: &Jwks) -> Result<Self, Error> {
        Ok(Self {
            client: client(location.url(), jwks)?,
            location,
            timeout: jwks.timeout,
            max_bytes: jwks.max_bytes,
        })
    }

    /// The keys as they are published now, and how long the issuer says they hold.
    async fn fetch(&self) -> Result<(KeySet, Option<Duration>), FetchError> {
        let fetch = async {
            match &self.location {
                Location::Uri(url) => self.keys(url).await,
                Location::Discovery { issuer, url } => {
                    let jwks_uri = self.discover(issuer, url).await?;
                    self.keys(&jwks_uri).await
                }
            }
        };
        // One deadline for all of it, from the first connect to the last byte.
        tokio::time::timeout(self.timeout, fetch)
            .await
            .unwrap_or(Err(FetchError::Timeout(self.timeout)))
    }

    async fn keys(&self, url: &Url) -> Result<(KeySet, Option<Duration>), FetchError> {
        let response = self.get(url).await?;
        let lifetime = lifetime(response.headers());
        let body = self.body(url, response).await?;
        let keys = KeySet::parse(&body)
            .and_then(KeySet::without_development_keys)
            .map_err(|error| FetchError::NoKey(shown(url), error))?;
        Ok((keys, lifetime))
    }

    async fn discover(&self, issuer: &str, url: &Url) -> Result<Url, FetchError> {
        let (url, response) = self.metadata(url).await?;
        let body = self.body(&url, response).await?;
        jwks_uri(&body, issuer, &url)
    }

    /// OIDC Discovery §4 first, then RFC 8414 §3 where an issuer has only that.
    pub(crate) async fn metadata(&self, url: &Url) -> Result<(Url, Response), FetchError> {
        let openid = openid_configuration(url);
        match self.get(&openid).await {
            Err(FetchError::Status(..)) => {
                let oauth = oauth_metadata(url);
                let response = self.get(&oauth).await?;
                Ok((oauth, response))
            }
            response => Ok((openid, response?)),
        }
    }

    pub(crate) async fn get(&self, url: &Url) -> Result<Response, FetchError> {
        let response = self.client.get(url.clone()).send().await.map_err(transport)?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(FetchError::Status(shown(url), status)),
        }
    }

    /// The body, as long as it stays within bounds; what would exceed them is not waited for.
    pub(crate) async fn body(
        &self,
        url: &Url,
        mut response: Response,
    ) -> Result<Vec<u8>, FetchError> {
        let mut body = vec![];
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(FetchError::TooLarge(shown(url), self.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl Load for Remote {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            let fetched = self.fetch().await;
            fetched.map_err(|error| Failure { code: error.code(), text: error.to_string() })
        })
    }
}

fn client(url: &Url, jwks: &Jwks) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .user_agent(concat!("rocket-bearer/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(proxy) = &jwks.proxy {
        let proxy = Proxy::all(proxy.clone()).map_err(|error| {
            Error::setting("`jwks.proxy` cannot be used", "write it as `http://host:port`")
                .because(error)
        })?;
        // Nobody in between may read or answer what is plain http because it stays on this machine.
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_string(address::NO_PROXY)));
    }
    if let Some(path) = &jwks.ca_file {
        builder = builder.tls_certs_merge(certificates(path, &jwks.ca_file_said)?);
    } else if url.scheme() == "http" {
        // Loopback without TLS must not depend on the certificates of a slim container.
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

fn certificates(path: &Path, said: &str) -> Result<Vec<Certificate>, Error> {
    let cure = "name a PEM file with the certificate of your authority";
    let what = || format!("cannot use the `jwks.ca_file` that {said} names");
    let pem = std::fs::read(path).map_err(|error| Error::setting(what(), cure).because(error))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(Error::setting(format!("{}: no certificate in it", what()), cure)),
        Err(error) => Err(Error::setting(what(), cure).because(error)),
    }
}

fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let header = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let max_age = header.split(',').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        name.eq_ignore_ascii_case("max-age").then(|| value.trim_matches('"').parse().ok())?
    })?;
    LIFETIMES.contains(&max_age).then(|| Duration::from_secs(max_age))
}

/// reqwest's own text ends with the whole URL; the cause is further down.
fn transport(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    FetchError::Transport(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_heard_between_five_minutes_and_an_hour() {
        for (header, seconds) in [
            ("max-age=299", None),
            ("max-age=300", Some(300)),
            ("max-age=3600", Some(3_600)),
            ("max-age=3601", None),
            ("public, max-age=1800, must-revalidate", Some(1_800)),
            ("Max-Age=\"600\"", Some(600)),
            ("s-maxage=600", None),
            ("max-age=-600", None),
            ("max-age=99999999999999999999", None),
            ("max-age", None),
            ("no-store", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, header.parse().unwrap())]);
            assert_eq!(lifetime(&headers), seconds.map(Duration::from_secs), "{header}");
        }
        assert_eq!(lifetime(&HeaderMap::new()), None);
    }
}
