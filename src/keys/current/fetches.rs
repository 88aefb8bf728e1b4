//! The fetches for keys that tokens need and the set lacks: pure in `now`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fetch_wait::FetchWait;
use crate::keys::jwk_set::KeySet;

/// A `kid`, and the set in which no key of it made a token's signature.
#[derive(Clone)]
pub(super) struct Missing {
    pub(super) kid: String,
    pub(super) set: Option<Arc<KeySet>>,
}

impl Missing {
    /// Whether there is a key of this `kid` in `keys` that is not in the set that was looked at.
    pub(super) fn is_in(&self, keys: Option<&Arc<KeySet>>) -> bool {
        is_news(keys, self.set.as_ref(), &self.kid)
    }
}

/// Whether there is a key of this `kid` in `keys` that is not in the set `before`.
pub(super) fn is_news(keys: Option<&Arc<KeySet>>, before: Option<&Arc<KeySet>>, kid: &str) -> bool {
    let Some(keys) = keys else { return false };
    if before.is_some_and(|before| Arc::ptr_eq(before, keys)) {
        return false;
    }
    let is_known = |key| before.is_some_and(|set| set.candidates(kid).any(|known| known == key));
    keys.candidates(kid).any(|key| !is_known(key))
}

/// At most one fetch for missing keys is wanted or under way; all requests share it.
pub(super) struct Fetches {
    wait: FetchWait,
    /// The key that the next fetch is made for.
    wanted: Option<Missing>,
    /// Whether a fetch has begun and not ended.
    is_made: bool,
}

impl Fetches {
    /// Fetches with no longer wait between them than this.
    pub(super) fn up_to(longest: Duration) -> Self {
        Self { wait: FetchWait::up_to(longest), wanted: None, is_made: false }
    }

    /// Whether a key that is missing at `now` may have a fetch, or share one. Has to hear of each.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        self.wait.admits(now) || self.is_expected()
    }

    /// Whether a fetch is wanted or under way.
    pub(super) fn is_expected(&self) -> bool {
        self.is_made || self.wanted.is_some()
    }

    /// Wants a fetch for this key.
    pub(super) fn want(&mut self, missing: Missing) {
        self.wanted = Some(missing);
    }

    /// The fetch that is wanted begins at `now`, if there is one.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Missing> {
        let wanted = self.wanted.take()?;
        self.wait.begin(now);
        self.is_made = true;
        Some(wanted)
    }

    /// The fetch has ended, and has brought its key or not.
    pub(super) fn end(&mut self, has_brought: bool) {
        self.is_made = false;
        if has_brought {
            self.wait.start_again();
        }
    }
}
