//! The places that an issuer's keys come from; each gives a set, or says why not.

mod authority;
pub(crate) mod discovery;
pub(crate) mod fetch_error;
pub(crate) mod fetching;
pub(crate) mod file;
pub(crate) mod http;
mod proxy;
pub(crate) mod remote;
pub(crate) mod reserve;
pub(crate) mod token_file;

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use url::Url;

use self::token_file::TokenFile;
use crate::address::{Purpose, shown, trusted};
use crate::error::{Invalid, ensure};
use crate::keys::jwk_set::KeySet;
use crate::named_file::NamedFile;
use crate::token::algorithm::Algorithm;

/// The target of all log lines about keys. It stays the same when the code moves.
pub(crate) const TARGET: &str = "rocket_bearer::keys";

/// Where an issuer's keys come from; there is exactly one place.
#[derive(Clone, PartialEq)]
pub(crate) enum Source {
    /// Given in code.
    Keys(KeySet),
    /// A file; no network is ever touched.
    File(NamedFile),
    /// Fetched, with the token of this file where the issuer asks for one.
    Remote(Location, Option<TokenFile>),
}

/// Where an issuer publishes its keys.
#[derive(Clone, PartialEq)]
pub(crate) enum Location {
    /// Here.
    Uri(Url),
    /// Where the metadata of this issuer says (OIDC Discovery §4, RFC 8414 §3).
    Discovery { issuer: String, url: Url },
}

impl Location {
    /// What is asked first.
    pub(crate) fn url(&self) -> &Url {
        match self {
            Self::Uri(url) | Self::Discovery { url, .. } => url,
        }
    }
}

impl Source {
    /// Fetched from this URL, if it may be trusted.
    pub(crate) fn fetched(jwks_uri: &str) -> Result<Self, Invalid> {
        let cure = "write the address of the key set itself";
        ensure(!jwks_uri.contains('{'), "has a placeholder in braces", cure)?;
        let mut url = trusted(jwks_uri, Purpose::KeySet)?;
        // No request carries it.
        url.set_fragment(None);
        Ok(Self::Remote(Location::Uri(url), None))
    }

    /// Its kind, as `/readyz` names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Keys(_) => "code",
            Self::File(_) => "file",
            Self::Remote(..) => "uri",
        }
    }
}

/// Its kind only: an address may hold a key.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// The place, as an operator looks it up.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(_) => f.write_str("keys given in code"),
            Self::File(file) => write!(f, "{}", file.path.display()),
            Self::Remote(Location::Uri(url), _) => f.write_str(&shown(url)),
            Self::Remote(Location::Discovery { url, .. }, _) => {
                write!(f, "{} (discovery)", shown(url))
            }
        }
    }
}

/// A place that keys are loaded from, again and again.
///
/// Each place handles the development keys itself: [`Trust::check`](crate::keys::Trust::check)
/// refuses a set of ours that holds one, [`KeySet::without_development_keys`] takes them out of an
/// issuer's.
pub(crate) trait Load: Send + Sync {
    /// The keys, and how long their issuer says they hold.
    fn load(&self) -> Loading<'_>;

    /// Where the set is fetched, once that is known.
    #[cfg(feature = "cli")]
    fn keys_at(&self) -> Option<Url> {
        None
    }

    /// Whether a single failure is no news.
    fn may_be_half_written(&self) -> bool {
        false
    }
}

/// What comes of a load, and when.
pub(crate) type Loading<'l> =
    Pin<Box<dyn Future<Output = Result<(KeySet, Option<Duration>), LoadFailure>> + Send + 'l>>;

/// Why an attempt brought no keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadFailure {
    /// For `/readyz`: what kind of fault, and no more; all codes stand in `docs/operations.md`.
    pub(crate) code: &'static str,
    /// For the operator.
    pub(crate) text: String,
}

impl LoadFailure {
    /// The code of [`without_handles`](Self::without_handles).
    pub(crate) const NO_HANDLES: &str = "no_handles";

    /// The process has no file handle for a load.
    pub(crate) fn without_handles() -> Self {
        let text = "no file handle is free, and none is left in reserve; unless a load succeeds, the \
                    keys serve for five minutes more: raise the limit (`ulimit -n`), and limit \
                    connections in front";
        Self { code: Self::NO_HANDLES, text: text.to_owned() }
    }

    /// A fault of ours.
    pub(crate) fn panicked() -> Self {
        Self { code: "panic", text: "the attempt has panicked".to_owned() }
    }

    /// A set none of whose keys verifies one of these algorithms.
    pub(crate) fn unserving(keys: &KeySet, algorithms: &[Algorithm]) -> Self {
        let names = |algorithms: &[Algorithm]| {
            algorithms.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")
        };
        let offered: Vec<_> = Algorithm::ALL.into_iter().filter(|it| keys.serves(&[*it])).collect();
        let (allowed, offered) = (names(algorithms), names(&offered));
        let text = format!("no key verifies {allowed} (`algorithms`); the keys offer {offered}");
        Self { code: "no_key", text }
    }
}
