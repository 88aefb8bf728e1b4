//! The keys at one moment.

use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::Guard;
use tokio::time::Instant;

use super::state::{Lookup, Schedule, State};
use crate::keys::jwk_set::KeySet;
use crate::keys::source::LoadFailure;

/// A store at one moment.
pub(crate) struct Snapshot<'s> {
    pub(super) state: Guard<Arc<State>>,
    pub(super) schedule: &'s Schedule,
}

impl Snapshot<'_> {
    /// The set, if there is one that may serve.
    pub(crate) fn keys(&self) -> Option<&Arc<KeySet>> {
        self.state.keys(Instant::now(), self.schedule)
    }

    /// Names the set of this moment, may it serve or not.
    pub(crate) fn set(&self) -> Weak<KeySet> {
        self.state.last_good().map(Arc::downgrade).unwrap_or_default()
    }

    pub(crate) fn lookup(&self, kid: &str) -> Lookup<'_> {
        self.state.lookup(kid, Instant::now(), self.schedule)
    }

    pub(super) fn has(&self, kid: &str) -> bool {
        matches!(self.lookup(kid), Lookup::Found(_))
    }

    pub(crate) fn age(&self) -> Option<Duration> {
        self.state.age(Instant::now())
    }

    /// Why the last attempt failed, if it did.
    pub(crate) fn failure(&self) -> Option<&LoadFailure> {
        self.state.failure()
    }
}
