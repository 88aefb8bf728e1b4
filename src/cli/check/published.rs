//! What an issuer publishes at this moment: metadata, key set and clock, not judged yet.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::{AGE, DATE, HeaderName};
use url::Url;

use crate::address::{Purpose, trusted};
use crate::config::Issuer;
use crate::keys::source::discovery::{self, IssuerMetadata};
use crate::keys::source::fetch_error::FetchError;
use crate::keys::source::fetching::KeyFetching;
use crate::keys::source::http::HttpClient;
use crate::keys::source::token_file::TokenFile;
use crate::keys::source::{Location, Source};
use crate::named_file::{read_regular, without_bom};
use crate::token::tenant::PLACEHOLDER;

/// The published documents of an issuer; each may be missing.
#[derive(Debug, Default)]
pub(super) struct Published {
    pub(super) metadata: Option<IssuerMetadata>,
    /// The `jwks_uri` in the metadata, or why no server would ask there.
    pub(super) jwks_uri: Option<Result<Url, FetchError>>,
    /// The key set, unparsed.
    pub(super) keys: Option<Vec<u8>>,
    /// How far the issuer's clock is ahead of this one, at least, in seconds; negative where it is behind.
    pub(super) clock: Option<i64>,
}

impl Published {
    /// Fetches the documents, or reads the file. For keys in a file or in code nothing is fetched.
    pub(super) async fn by(issuer: &Issuer, fetching: &KeyFetching) -> Self {
        let mut seen = Self::default();
        let (location, token) = match &issuer.source {
            Source::File(file) => {
                seen.keys = read_regular(&file.path).ok().map(without_bom);
                return seen;
            }
            Source::Remote(location, token) => (location, token.as_ref()),
            _ => return seen,
        };
        // A failed fetch is no finding here: the verifier loads the keys too, and reports its failure.
        let discovered = seen.look_at_metadata(issuer, token, fetching).await;
        let uri = match location {
            Location::Uri(url) => Some(url.clone()),
            Location::Discovery { .. } => discovered,
        };
        if let Some(uri) = uri {
            seen.keys = seen.look_at_keys(&uri, token, fetching).await;
        }
        seen
    }

    /// Fetches the metadata. Returns the `jwks_uri` in it, where a server would accept that.
    async fn look_at_metadata(
        &mut self,
        issuer: &Issuer,
        token: Option<&TokenFile>,
        fetching: &KeyFetching,
    ) -> Option<Url> {
        let known = issuer.issuer.replace(PLACEHOLDER, "common");
        let url = trusted(&known, Purpose::Issuer).ok()?;
        let http = HttpClient::new(&url, token.cloned(), fetching).ok()?;
        let body = async {
            let asked = SystemTime::now();
            let (from, response) = discovery::metadata(&http, &url).await?;
            self.clock = offset(&response, asked, SystemTime::now());
            Ok((http.body(&from, response).await?, from))
        };
        let (body, from) = in_time(fetching, body).await.ok()?;
        let metadata: IssuerMetadata = serde_json::from_slice(&body).ok()?;
        self.jwks_uri = Some(discovery::key_set_url(&metadata.jwks_uri, &from));
        self.metadata = Some(metadata);
        discovery::jwks_uri(&body, &issuer.issuer, &from).ok()
    }

    async fn look_at_keys(
        &mut self,
        url: &Url,
        token: Option<&TokenFile>,
        fetching: &KeyFetching,
    ) -> Option<Vec<u8>> {
        let http = HttpClient::new(url, token.cloned(), fetching).ok()?;
        let body = async {
            let asked = SystemTime::now();
            let response = http.get(url).await?;
            self.clock = self.clock.or(offset(&response, asked, SystemTime::now()));
            http.body(url, response).await
        };
        in_time(fetching, body).await.ok()
    }
}

async fn in_time<T>(
    fetching: &KeyFetching,
    answer: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let deadline = tokio::time::timeout(fetching.timeout, answer).await;
    deadline.unwrap_or(Err(FetchError::Timeout(fetching.timeout)))
}

/// How far the issuer's clock is ahead, in seconds, by `Date` (RFC 9110 §6.6.1) and by `Age`, the time
/// that the answer spent in a cache.
fn offset(response: &Response, asked: SystemTime, answered: SystemTime) -> Option<i64> {
    let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(header(DATE)?).ok()?;
    let age = header(AGE).and_then(|age| age.parse().ok()).unwrap_or_default();
    let there = date.checked_add(Duration::from_secs(age))?;
    Some(apart(there, asked, answered))
}

/// How far a clock is ahead that showed `there`, in whole seconds, between `asked` and `answered` here.
fn apart(there: SystemTime, asked: SystemTime, answered: SystemTime) -> i64 {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    if let Ok(ahead) = there.duration_since(answered) {
        return seconds(ahead);
    }
    // `Date` cuts off up to one second, and so does `Age`.
    let latest = there + Duration::from_secs(2);
    asked.duration_since(latest).map_or(0, |behind| -seconds(behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_what_no_rounding_and_no_waiting_explains() {
        let at = |seconds: f64| SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds);
        for (there, asked, answered, apart) in [
            (100.0, 100.0, 100.2, 0),
            (100.0, 100.9, 101.0, 0),
            (100.0, 98.0, 103.0, 0),
            (100.0, 101.9, 102.0, 0),
            (143.0, 100.0, 100.0, 43),
            (143.0, 100.0, 103.0, 40),
            (100.0, 145.0, 146.0, -43),
        ] {
            let found = super::apart(at(there), at(asked), at(answered));
            assert_eq!(found, apart, "{there} {asked} {answered}");
        }
    }
}
