//! What is known of an issuer's keys, and when to ask again: pure in `now`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::keys::jwk::VerifyingKey;
use crate::keys::jwk_set::KeySet;
use crate::keys::source::LoadFailure;

/// How many missed `kid`s are remembered, and how long one may be to be remembered.
const MOST_MISSED: usize = 1_000;
const LONGEST_MISSED: usize = 128;

/// The first wait after a failed attempt; it doubles up to the cool-down.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// When to load again.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Age at which a set is loaded again.
    pub(super) refresh: Duration,
    /// Shortest time between two attempts that unknown `kid`s cause.
    pub(super) cooldown: Duration,
    /// How long after its load a set may serve; `None` where it cannot grow stale.
    pub(super) stale: Option<Duration>,
}

/// An immutable snapshot; every attempt to load makes the next one.
#[derive(Debug)]
pub(super) struct State {
    good: Option<Good>,
    attempt: Attempt,
    /// When the next attempt is due without anyone asking.
    due: Instant,
    /// Which `kid`s the load of this snapshot did not bring.
    missed: Mutex<HashSet<String>>,
}

/// The last good set.
#[derive(Debug, Clone)]
struct Good {
    keys: Arc<KeySet>,
    loaded: Instant,
}

#[derive(Debug)]
enum Attempt {
    None,
    Succeeded { at: Instant },
    Failed { at: Instant, failure: LoadFailure, in_a_row: u32 },
}

/// What the snapshot has for a `kid`.
pub(crate) enum Lookup<'s> {
    Found(&'s [VerifyingKey]),
    Unknown,
    /// Whether there is such a key cannot be told now, but perhaps after this time.
    Unavailable {
        retry_after: Duration,
    },
}

impl State {
    /// Nothing is loaded yet, and loading is due.
    pub(super) fn empty(now: Instant) -> Self {
        Self { good: None, attempt: Attempt::None, due: now, missed: Mutex::default() }
    }

    /// After a load that succeeded. `lifetime` is what the issuer says of it, and `roll` from 0 to
    /// 1 spreads a fleet.
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
            good: Some(Good { keys, loaded: now }),
            attempt: Attempt::Succeeded { at: now },
            due: now + refresh.mul_f64(1.0 - roll / 10.0),
            missed: Mutex::default(),
        }
    }

    /// After one that failed: the last good set stays.
    pub(super) fn failed(
        &self,
        failure: LoadFailure,
        now: Instant,
        roll: f64,
        schedule: &Schedule,
    ) -> Self {
        let in_a_row = match self.attempt {
            Attempt::Failed { in_a_row, .. } => in_a_row.saturating_add(1),
            _ => 0,
        };
        let wait = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(in_a_row));
        let wait = wait.min(schedule.cooldown).mul_f64(1.0 - roll / 4.0);
        Self {
            good: self.good.clone(),
            attempt: Attempt::Failed { at: now, failure, in_a_row },
            due: now + wait.max(FIRST_RETRY.min(schedule.cooldown)),
            missed: Mutex::default(),
        }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// The keys that may serve now.
    pub(super) fn keys(&self, now: Instant, schedule: &Schedule) -> Option<&Arc<KeySet>> {
        let good = self.good.as_ref()?;
        let age = now.saturating_duration_since(good.loaded);
        schedule.stale.is_none_or(|stale| age <= stale).then_some(&good.keys)
    }

    /// The last good set, may it serve or not.
    pub(super) fn last_good(&self) -> Option<&Arc<KeySet>> {
        self.good.as_ref().map(|good| &good.keys)
    }

    /// How long ago the last good set was loaded.
    pub(super) fn age(&self, now: Instant) -> Option<Duration> {
        self.good.as_ref().map(|good| now.saturating_duration_since(good.loaded))
    }

    /// Why the last attempt failed, if it did.
    pub(super) fn failure(&self) -> Option<&LoadFailure> {
        match &self.attempt {
            Attempt::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether the attempt before the last one failed too.
    pub(super) fn failed_again(&self) -> bool {
        matches!(self.attempt, Attempt::Failed { in_a_row: 1.., .. })
    }

    pub(super) fn lookup(&self, kid: &str, now: Instant, schedule: &Schedule) -> Lookup<'_> {
        let keys = self.keys(now, schedule);
        if let Some(found) = keys.and_then(|keys| keys.with_kid(kid)) {
            return Lookup::Found(found);
        }
        // Only an attempt that succeeded can say of a key that it does not exist.
        match (keys, &self.attempt) {
            (Some(_), Attempt::Succeeded { .. }) => Lookup::Unknown,
            _ => Lookup::Unavailable { retry_after: self.due.saturating_duration_since(now) },
        }
    }

    /// Whether an unknown `kid` is worth an attempt now.
    ///
    /// A token may outrun the publication of its key, so one that was missed is asked for again when
    /// twice the cool-down has passed.
    pub(super) fn may_ask_for(&self, kid: &str, now: Instant, schedule: &Schedule) -> bool {
        self.has_cooled_down(now, schedule)
            && (self.has_rested(2 * schedule.cooldown, now) || !self.missed().contains(kid))
    }

    /// The cool-down counts attempts, also those that failed, or an outage would let all through.
    pub(super) fn has_cooled_down(&self, now: Instant, schedule: &Schedule) -> bool {
        self.has_rested(schedule.cooldown, now)
    }

    fn has_rested(&self, time: Duration, now: Instant) -> bool {
        match &self.attempt {
            Attempt::None => true,
            Attempt::Succeeded { at } | Attempt::Failed { at, .. } => {
                now.saturating_duration_since(*at) >= time
            }
        }
    }

    /// Remembers a `kid` that the last load, a successful one, did not bring.
    pub(super) fn remember_missed(&self, kid: &str) {
        let mut missed = self.missed();
        let has_room = missed.len() < MOST_MISSED && kid.len() <= LONGEST_MISSED;
        if matches!(self.attempt, Attempt::Succeeded { .. }) && has_room && !missed.contains(kid) {
            missed.insert(kid.to_owned());
        }
    }

    fn missed(&self) -> parking_lot::MutexGuard<'_, HashSet<String>> {
        self.missed.lock()
    }
}
