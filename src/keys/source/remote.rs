//! A set over HTTPS: found by discovery or named, fetched within a deadline and a size.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, HeaderMap};
use url::Url;

use super::discovery;
use super::fetch_error::FetchError;
use super::fetching::{KeyFetching, LIFETIMES};
use super::http::HttpClient;
use super::reserve::{Reserve, Spare};
use super::token_file::TokenFile;
use super::{Load, LoadFailure, Loading, Location};
use crate::address::shown;
use crate::error::Error;
use crate::keys::jwk_set::{KeyIds, KeySet};

/// The handles in reserve: for a connection (and before it for a token), for the name service, and for
/// those that others take.
const RESERVE: usize = 4;

/// Keys that an issuer publishes.
pub(crate) struct Remote {
    location: Location,
    http: HttpClient,
    timeout: Duration,
    kids: KeyIds,
    reserve: Arc<Reserve>,
    /// The `jwks_uri` that the metadata named last, for `explain`.
    found: parking_lot::Mutex<Option<Url>>,
}

impl Remote {
    pub(crate) fn new(
        location: Location,
        token: Option<TokenFile>,
        fetching: &KeyFetching,
        kids: KeyIds,
    ) -> Result<Self, Error> {
        let http = HttpClient::new(location.url(), token, fetching)?;
        let reserve = Reserve::of(RESERVE);
        let found = parking_lot::Mutex::default();
        Ok(Self { location, http, timeout: fetching.timeout, kids, reserve, found })
    }

    /// The keys as they are published now, and how long the issuer says they hold.
    async fn fetch(&self) -> Result<(KeySet, Option<Duration>), FetchError> {
        let fetch = async {
            self.http.read_authority_again().await;
            match &self.location {
                Location::Uri(url) => self.keys(url).await,
                Location::Discovery { issuer, url } => {
                    let (url, response) = discovery::metadata(&self.http, url).await?;
                    let metadata = self.http.body(&url, response).await?;
                    let jwks_uri = discovery::jwks_uri(&metadata, issuer, &url)?;
                    *self.found.lock() = Some(jwks_uri.clone());
                    self.keys(&jwks_uri).await
                }
            }
        };
        // One deadline for all of it, from the first connect to the last byte.
        tokio::time::timeout(self.timeout, fetch)
            .await
            .unwrap_or(Err(FetchError::Timeout(self.timeout)))
    }

    /// Fetches the keys, with handles of the reserve where there are no others.
    async fn fetch_in_need(&self) -> Result<(KeySet, Option<Duration>), LoadFailure> {
        loop {
            let error = match self.fetch().await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
            let may_need_handles = error.may_need_handles();
            match if may_need_handles { self.reserve.give() } else { Spare::NotNeeded } {
                Spare::Given => {}
                Spare::Spent => return Err(LoadFailure::without_handles()),
                Spare::NotNeeded => {
                    return Err(LoadFailure { code: error.code(), text: error.told() });
                }
            }
        }
    }

    async fn keys(&self, url: &Url) -> Result<(KeySet, Option<Duration>), FetchError> {
        let response = self.http.get(url).await?;
        let lifetime = lifetime(response.headers());
        let body = self.http.body(url, response).await?;
        let keys = KeySet::parse_with(&body, self.kids)
            .and_then(KeySet::without_development_keys)
            .map_err(|error| FetchError::NoKey(shown(url), error))?;
        Ok((keys, lifetime))
    }
}

impl Load for Remote {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            let outcome = self.fetch_in_need().await;
            self.reserve.take_back_soon();
            outcome
        })
    }

    #[cfg(feature = "cli")]
    fn keys_at(&self) -> Option<Url> {
        match &self.location {
            Location::Uri(url) => Some(url.clone()),
            Location::Discovery { .. } => self.found.lock().clone(),
        }
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
