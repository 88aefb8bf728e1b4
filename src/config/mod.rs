//! What an operator may say, parsed once into types that cannot be wrong.

mod cors;
mod env;
mod forward_auth;
mod issuer;
mod read;
mod resource;
mod schema;
mod setting;
mod settings;
pub(crate) mod value;

use std::net::SocketAddr;
use std::time::Duration;

use crate::error::{self, Invalid};
use crate::keys::source::fetching::KeyFetching;
use crate::rejection::StatusTable;

pub(crate) use env::Names;
pub(crate) use forward_auth::IdentityHeader;
pub use issuer::Issuer;
pub(crate) use read::read;
#[cfg(feature = "testing")]
pub(crate) use read::read_for;
pub(crate) use resource::Resource;

/// Which tokens an app accepts.
///
/// [`Bearer::fairing`](crate::Bearer::fairing) reads one from the app's figment and the environment;
/// [`Bearer::with`](crate::Bearer::with) takes one built here, and then nothing else is read. A
/// setter refuses what cannot be meant, a time of 0 or over 100 years for instance, and says what to
/// write instead.
///
/// ```
/// use std::time::Duration;
///
/// use rocket_bearer::{Bearer, Config, Issuer};
/// use rocket_bearer::keys::KeySet;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = KeySet::parse(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/jwks.json")))?;
/// let issuer = Issuer::with_keys("https://issuer.localhost/", keys, ["image"])?;
/// let rocket = rocket::build().attach(Bearer::with(Config::new(issuer).leeway(Duration::ZERO)?));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) max_token_bytes: usize,
    pub(crate) cache_tokens: usize,
    pub(crate) errors: StatusTable,
    pub(crate) realm: String,
    pub(crate) fetching: KeyFetching,
    pub(crate) forward_headers: Vec<IdentityHeader>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) log_sub: bool,
    /// Which of the tutorial's variables were used, for the operator to see.
    pub(crate) taken_from: Vec<String>,
}

impl Config {
    /// Accepts tokens of `issuer`; the rest is at its default.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuers: vec![issuer],
            leeway: Duration::from_secs(5),
            max_age: None,
            max_token_bytes: 16_384,
            cache_tokens: 10_000,
            errors: StatusTable::Rfc6750,
            realm: "api".to_owned(),
            fetching: KeyFetching::default(),
            forward_headers: forward_auth::usual(),
            metrics: None,
            cors_origins: vec![],
            resource: None,
            log_sub: false,
            taken_from: vec![],
        }
    }

    /// Names the tutorial's variables that were used; on stderr, for the log is not set up yet.
    pub(crate) fn tell_what_it_took(&self) {
        if !self.taken_from.is_empty() {
            eprintln!("rocket-bearer: configured by {}", self.taken_from.join(", "));
        }
    }

    /// Accepts tokens of `issuer` as well; two with the same `iss` or the same name are refused.
    pub fn also(mut self, issuer: Issuer) -> Result<Self, Invalid> {
        value::distinct(&self.issuers, &issuer)?;
        self.issuers.push(issuer);
        Ok(self)
    }

    /// Clock skew allowed on `exp`, `nbf` and `iat`, in whole seconds; 5 s if nothing is said, at
    /// most 300 s.
    pub fn leeway(mut self, skew: Duration) -> Result<Self, Invalid> {
        self.leeway = value::leeway(skew)?;
        Ok(self)
    }

    /// Refuses tokens that were issued longer ago, or that do not say when, in whole seconds from
    /// 1 s; off if nothing is said.
    pub fn max_age(mut self, age: Duration) -> Result<Self, Invalid> {
        self.max_age = Some(error::seconds(age)?);
        Ok(self)
    }

    /// A longer token is refused unread; 16384 bytes if nothing is said.
    pub fn max_token_bytes(mut self, bytes: u64) -> Result<Self, Invalid> {
        self.max_token_bytes = error::bytes(bytes)?;
        Ok(self)
    }

    /// How many accepted tokens are remembered, so that one which comes again needs no signature
    /// check; 10000 if nothing is said, 10000000 at most, 0 for none.
    ///
    /// Times are judged anew at each request, and a change of the keys forgets all they verified.
    /// Together they take 1.5 KiB for each at most; one that is larger leaves room for fewer.
    pub fn cache_tokens(mut self, tokens: u64) -> Result<Self, Invalid> {
        self.cache_tokens = value::tokens(tokens)?;
        Ok(self)
    }

    /// Which statuses refusals get; [`StatusTable::Rfc6750`] if nothing is said.
    pub fn errors(mut self, table: StatusTable) -> Self {
        self.errors = table;
        self
    }

    /// Serves metrics for Prometheus on this address, at `/metrics`; nowhere if nothing is said.
    ///
    /// A listener of its own: the app's port never has them. Whoever reaches it learns the names of
    /// issuers and how much is refused, so keep it on loopback or within a private network.
    pub fn metrics(mut self, address: SocketAddr) -> Self {
        self.metrics = Some(address);
        self
    }

    /// Whether the log names who was refused for want of a grant, by `sub`; it does not.
    ///
    /// It is the only claim that ever gets there: in many places it is personal data.
    pub fn log_sub(mut self, with_sub: bool) -> Self {
        self.log_sub = with_sub;
        self
    }

    /// How key sets are fetched and kept; `stale` must exceed `refresh`.
    pub fn key_fetching(mut self, fetching: KeyFetching) -> Result<Self, Invalid> {
        fetching.check()?;
        self.fetching = fetching;
        Ok(self)
    }

    /// The `realm` of the challenge: printable ASCII, `api` if nothing is said (RFC 9110 §11.5).
    pub fn realm(mut self, realm: &str) -> Result<Self, Invalid> {
        self.realm = value::realm(realm.to_owned())?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeySet;

    #[test]
    fn a_setter_refuses_a_time_that_no_file_could_say() {
        let issuer = Issuer::with_keys("https://issuer.test/", KeySet::bundled(), ["image"]);
        let config = || Config::new(issuer.clone().unwrap());
        let fetching = KeyFetching::default;
        for (milliseconds, problem) in [
            (1_500, "has a fraction of a second; round it to whole seconds"),
            (0, "is 0, or over 100 years; write a whole number of seconds, from 1"),
        ] {
            let time = Duration::from_millis(milliseconds);
            for (setter, refused) in [
                ("max_age", config().max_age(time).err()),
                ("refresh", fetching().refresh(time).err()),
                ("cooldown", fetching().cooldown(time).err()),
                ("stale", fetching().stale(time).err()),
                ("timeout", fetching().timeout(time).err()),
            ] {
                assert_eq!(refused.map(|it| it.to_string()).as_deref(), Some(problem), "{setter}");
            }
        }
        for (milliseconds, is_refused) in [(0, false), (500, true), (300_000, false)] {
            let time = Duration::from_millis(milliseconds);
            assert_eq!(config().leeway(time).is_err(), is_refused, "{time:?}");
        }
    }
}
