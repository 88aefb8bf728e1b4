//! What every source of keys does: it gives a set, or says why not.

use std::pin::Pin;
use std::time::Duration;

use super::set::KeySet;

/// A place that keys are loaded from, again and again.
///
/// It answers for the development keys itself: [`Trust::check`](super::development::Trust::check)
/// refuses a set of ours that holds one, [`KeySet::without_development_keys`] takes them out of an
/// issuer's.
pub(super) trait Load: Send + Sync {
    /// The keys, and how long their issuer says they hold.
    fn load(&self) -> Loading<'_>;

    /// Whether a single failure is no news.
    fn may_be_half_written(&self) -> bool {
        false
    }
}

/// What comes of a load, and when.
pub(super) type Loading<'l> =
    Pin<Box<dyn Future<Output = Result<(KeySet, Option<Duration>), Failure>> + Send + 'l>>;

/// Why an attempt brought no keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// For `/readyz`: what kind of fault, and no more; all codes stand in `docs/operations.md`.
    pub(crate) code: &'static str,
    /// For the operator.
    pub(crate) text: String,
}

impl Failure {
    /// A fault of ours.
    pub(super) fn panicked() -> Self {
        Self { code: "panic", text: "the attempt has panicked".to_owned() }
    }
}
