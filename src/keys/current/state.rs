//! What is known of an issuer's keys, and when to load them again: pure in `now`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::Guard;
use tokio::time::Instant;

use crate::keys::jwk_set::KeySet;
use crate::keys::source::LoadFailure;
use crate::keys::verifying_key::VerifyingKey;

/// The first wait after a failed load. It doubles up to the cool-down.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// How long keys serve on while loads fail for want of file handles: connections that hold all handles
/// must not keep a withdrawn key alive.
const LONGEST_STARVED: Duration = Duration::from_secs(300);

/// When to load again.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// The age at which a set is loaded again.
    pub(super) refresh: Duration,
    /// The longest wait after a failed load, and between the loads that unknown `kid`s cause.
    pub(super) cooldown: Duration,
    /// How long after its load a set may serve. `None` for a set that cannot grow stale.
    pub(super) stale: Option<Duration>,
}

/// What is known after a load. It never changes: each load makes the next one.
#[derive(Debug)]
pub(super) struct State {
    good: Option<GoodSet>,
    last: LastLoad,
    /// When the next load is due without a request for one.
    due: Instant,
}

/// The set of the last load that succeeded.
#[derive(Debug, Clone)]
struct GoodSet {
    keys: Arc<KeySet>,
    loaded: Instant,
}

#[derive(Debug)]
enum LastLoad {
    None,
    Succeeded,
    Failed {
        failure: LoadFailure,
        in_a_row: u32,
        /// Since when loads fail for want of file handles.
        starved: Option<Instant>,
    },
}

/// What is known of a `kid`.
pub(crate) enum Lookup<'s> {
    /// The keys of this `kid`.
    Found(&'s [VerifyingKey]),
    /// There is no such key.
    Unknown,
    /// Whether there is such a key is not known now, but perhaps after this time.
    Unavailable { retry_after: Duration },
}

/// The keys of a store at one moment.
pub(crate) struct Snapshot<'s> {
    state: Guard<Arc<State>>,
    schedule: &'s Schedule,
}

impl State {
    /// Nothing is loaded yet, and loading is due.
    pub(super) fn empty(now: Instant) -> Self {
        Self { good: None, last: LastLoad::None, due: now }
    }

    /// The state after a load that succeeded. `lifetime` is what the issuer says of the set. `roll`,
    /// from 0 to 1, spreads the loads of a fleet.
    pub(super) fn loaded(
        &self,
        keys: KeySet,
        lifetime: Option<Duration>,
        now: Instant,
        roll: f64,
        schedule: &Schedule,
    ) -> Self {
        let keys = match &self.good {
            Some(good) if *good.keys == keys => good.keys.clone(),
            _ => Arc::new(keys),
        };
        let refresh = lifetime
            .filter(|lifetime| schedule.stale.is_none_or(|stale| *lifetime < stale))
            .unwrap_or(schedule.refresh);
        Self {
            good: Some(GoodSet { keys, loaded: now }),
            last: LastLoad::Succeeded,
            due: now + refresh.mul_f64(1.0 - roll / 10.0),
        }
    }

    /// The state after a load that failed. The last good set stays.
    pub(super) fn failed(
        &self,
        failure: LoadFailure,
        now: Instant,
        roll: f64,
        schedule: &Schedule,
    ) -> Self {
        let (in_a_row, starved) = match self.last {
            LastLoad::Failed { in_a_row, starved, .. } => (in_a_row.saturating_add(1), starved),
            _ => (0, None),
        };
        let is_starved = failure.code == LoadFailure::NO_HANDLES;
        let starved = is_starved.then(|| starved.unwrap_or(now));
        let wait = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(in_a_row));
        let wait = wait.min(schedule.cooldown).mul_f64(1.0 - roll / 4.0);
        Self {
            good: self.good.clone(),
            last: LastLoad::Failed { failure, in_a_row, starved },
            due: now + wait.max(FIRST_RETRY.min(schedule.cooldown)),
        }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// The keys that may serve now.
    pub(super) fn keys(&self, now: Instant, schedule: &Schedule) -> Option<&Arc<KeySet>> {
        let good = self.good.as_ref().filter(|_| !self.has_starved(now))?;
        let age = now.saturating_duration_since(good.loaded);
        schedule.stale.is_none_or(|stale| age <= stale).then_some(&good.keys)
    }

    /// Whether loads have failed for too long for want of file handles.
    pub(super) fn has_starved(&self, now: Instant) -> bool {
        matches!(self.last, LastLoad::Failed { starved: Some(since), .. }
            if now.saturating_duration_since(since) > LONGEST_STARVED)
    }

    /// The last good set, also where it is too old to serve.
    pub(super) fn last_good(&self) -> Option<&Arc<KeySet>> {
        self.good.as_ref().map(|good| &good.keys)
    }

    /// How long ago the last good set was loaded.
    pub(super) fn age(&self, now: Instant) -> Option<Duration> {
        self.good.as_ref().map(|good| now.saturating_duration_since(good.loaded))
    }

    /// Why the last load failed, if it did.
    pub(super) fn failure(&self) -> Option<&LoadFailure> {
        match &self.last {
            LastLoad::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether the last two loads failed.
    pub(super) fn failed_again(&self) -> bool {
        matches!(self.last, LastLoad::Failed { in_a_row: 1.., .. })
    }

    pub(super) fn lookup(&self, kid: &str, now: Instant, schedule: &Schedule) -> Lookup<'_> {
        let keys = self.keys(now, schedule);
        if let Some(found) = keys.and_then(|keys| keys.with_kid(kid)) {
            return Lookup::Found(found);
        }
        // Only a load that succeeded can say that a key does not exist.
        match (keys, &self.last) {
            (Some(_), LastLoad::Succeeded) => Lookup::Unknown,
            _ => Lookup::Unavailable { retry_after: self.due.saturating_duration_since(now) },
        }
    }
}

impl<'s> Snapshot<'s> {
    pub(super) fn new(state: Guard<Arc<State>>, schedule: &'s Schedule) -> Self {
        Self { state, schedule }
    }

    /// The set, if there is one that may serve.
    pub(crate) fn keys(&self) -> Option<&Arc<KeySet>> {
        self.state.keys(Instant::now(), self.schedule)
    }

    /// Names the set of this moment, also where it is too old to serve.
    pub(crate) fn set(&self) -> Weak<KeySet> {
        self.state.last_good().map(Arc::downgrade).unwrap_or_default()
    }

    /// What is known of this `kid`.
    pub(crate) fn lookup(&self, kid: &str) -> Lookup<'_> {
        self.state.lookup(kid, Instant::now(), self.schedule)
    }

    /// How long ago the last good set was loaded.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.state.age(Instant::now())
    }

    /// Why the last load failed, if it did.
    pub(crate) fn failure(&self) -> Option<&LoadFailure> {
        self.state.failure()
    }
}
