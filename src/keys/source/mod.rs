//! What every source of keys does: it gives a set, or says why not.

pub(crate) mod discovery;
pub(crate) mod fetching;
pub(crate) mod file;
pub(crate) mod remote;

use std::pin::Pin;
use std::time::Duration;

use crate::keys::KeySet;
use crate::token::algorithm::Algorithm;

/// A place that keys are loaded from, again and again.
///
/// It answers for the development keys itself: [`Trust::check`](crate::keys::Trust::check)
/// refuses a set of ours that holds one, [`KeySet::without_development_keys`] takes them out of an
/// issuer's.
pub(crate) trait Load: Send + Sync {
    /// The keys, and how long their issuer says they hold.
    fn load(&self) -> Loading<'_>;

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
