//! An issuer's keys as they are at this moment, and the task that keeps them so.

mod progress;
mod snapshot;
pub(crate) mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use rocket::futures::FutureExt as _;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{self, Instant};

use crate::error::Error;
use crate::keys::development::Trust;
use crate::keys::jwk_set::KeySet;
use crate::keys::source::fetching::KeyFetching;
use crate::keys::source::file::File;
use crate::keys::source::remote::Remote;
use crate::keys::source::{Failure, Load, Source};
use progress::{Progress, UnderWay};
use snapshot::Snapshot;
use state::{Lookup, Schedule, State};

/// How often a watched file is looked at. Content is compared, not times: that survives editors,
/// swapped symlinks and network file systems.
const POLL: Duration = Duration::from_secs(2);

/// Longer than anything runs: the refresh of a set that never changes.
const NEVER: Duration = Duration::from_secs(1_000_000_000);

/// The current set behind an atomic pointer: a reader never waits for a writer, unless the very
/// key it needs is not there.
pub(crate) struct KeyStore {
    inner: Arc<Inner>,
    keeper: OnceLock<Keeper>,
}

struct Inner {
    state: ArcSwap<State>,
    schedule: Schedule,
    /// `None` where the keys never change.
    loader: Option<Box<dyn Load>>,
    /// One attempt at a time: an answer that was overtaken would bring removed keys back.
    turn: Mutex<()>,
    /// Where the keys come from, for the operator.
    place: String,
    /// Wakes the keeper for a `kid` that is not there.
    asked: Notify,
    progress: watch::Sender<Progress>,
    /// How long a request waits for an attempt.
    patience: Duration,
    counts: Counts,
}

/// What a store has done so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Attempts to load the keys, by their outcome.
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Tokens whose key was not at hand.
    pub(crate) unknown_kids: AtomicU64,
}

/// The background task; it ends with the store.
struct Keeper(AbortHandle);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl KeyStore {
    /// A store for this source. A set at hand is loaded, and refused, now; one in the network is
    /// loaded by [`attempt`](Self::attempt).
    pub(crate) fn new(
        source: &Source,
        fetching: &KeyFetching,
        trust: Trust,
    ) -> Result<Self, Error> {
        let place = source.to_string();
        Ok(match source {
            Source::Keys(keys) => {
                trust.check("the key set given in code", keys)?;
                Self::fixed(place, keys.clone())
            }
            Source::File(file) => {
                let file = File::new(file.clone(), trust);
                let keys = file.read()?;
                if !fetching.watch {
                    return Ok(Self::fixed(place, keys));
                }
                let schedule = Schedule { refresh: POLL, cooldown: POLL / 2, stale: None };
                Self::with(place, Some(keys), Some(Box::new(file)), schedule, POLL)
            }
            Source::Remote(location) => {
                Self::fetched(place, Remote::new(location.clone(), fetching)?, fetching)
            }
        })
    }

    fn fetched(place: String, loader: impl Load + 'static, fetching: &KeyFetching) -> Self {
        let KeyFetching { refresh, cooldown, stale, timeout, .. } = *fetching;
        let schedule = Schedule { refresh, cooldown, stale: Some(stale) };
        let patience = timeout + Duration::from_secs(1);
        Self::with(place, None, Some(Box::new(loader)), schedule, patience)
    }

    fn fixed(place: String, keys: KeySet) -> Self {
        let schedule = Schedule { refresh: NEVER, cooldown: NEVER, stale: None };
        Self::with(place, Some(keys), None, schedule, Duration::ZERO)
    }

    fn with(
        place: String,
        keys: Option<KeySet>,
        loader: Option<Box<dyn Load>>,
        schedule: Schedule,
        patience: Duration,
    ) -> Self {
        let now = Instant::now();
        let empty = State::empty(now);
        let state = match keys {
            Some(keys) => empty.loaded(keys, None, now, 0.0, &schedule),
            None => empty,
        };
        let inner = Inner {
            state: ArcSwap::from_pointee(state),
            schedule,
            loader,
            turn: Mutex::default(),
            place,
            asked: Notify::new(),
            progress: watch::Sender::default(),
            patience,
            counts: Counts::default(),
        };
        Self { inner: Arc::new(inner), keeper: OnceLock::new() }
    }

    /// The snapshot of this moment.
    pub(crate) fn current(&self) -> Snapshot<'_> {
        Snapshot { state: self.inner.state.load(), schedule: &self.inner.schedule }
    }

    /// Tries to load the keys once, now; those who ask at the same time share an attempt.
    pub(crate) async fn attempt(&self) {
        self.inner.attempt().await;
    }

    /// Keeps the keys fresh in the background, until the store is dropped.
    pub(crate) fn keep(&self) {
        let inner = self.inner.clone();
        self.keeper.get_or_init(|| Keeper(tokio::spawn(inner.keep()).abort_handle()));
    }

    /// Whether it may help to wait for this `kid`, which a look at the keys did not find.
    pub(crate) fn may_bring(&self, kid: &str) -> bool {
        let Progress { begun, ended } = *self.inner.progress.borrow();
        let state = self.inner.state.load();
        let (now, schedule) = (Instant::now(), &self.inner.schedule);
        // By now it may have come.
        let is_here = || matches!(state.lookup(kid, now, schedule), Lookup::Found(_));
        let is_due = || state.may_ask_for(kid, now, schedule);
        self.keeper.get().is_some() && (begun != ended || is_here() || is_due())
    }

    /// Lets an attempt that this `kid` needs, and that is due or under way, come to its end.
    ///
    /// Returns at once where the key is there, or where asking is not worth it. All requests in
    /// need of the same attempt share it.
    pub(crate) async fn ensure(&self, kid: &str) {
        if self.keeper.get().is_none() || self.current().has(kid) {
            return;
        }
        let inner = &self.inner;
        let mut progress = inner.progress.subscribe();
        let Progress { begun, ended } = *progress.borrow_and_update();
        let is_under_way = begun != ended;
        if !is_under_way {
            let state = inner.state.load();
            if !state.may_ask_for(kid, Instant::now(), &inner.schedule) {
                return;
            }
            inner.asked.notify_one();
        }
        let attempt = progress.wait_for(|progress| progress.ended > ended);
        // In time or not, the snapshot decides.
        let _ = time::timeout(inner.patience, attempt).await.map(drop);
        let snapshot = self.current();
        // One that had begun already may have missed what is there by now.
        if !is_under_way && matches!(snapshot.lookup(kid), Lookup::Unknown) {
            snapshot.state.remember_missed(kid);
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// Where the keys come from, for the operator.
    pub(crate) fn place(&self) -> &str {
        &self.inner.place
    }
}

impl Inner {
    async fn keep(self: Arc<Self>) {
        let mut told = self.state.load_full();
        loop {
            let due = self.state.load().due();
            let is_due = tokio::select! {
                () = time::sleep_until(due) => true,
                () = self.asked.notified() => {
                    self.state.load().has_cooled_down(Instant::now(), &self.schedule)
                }
            };
            if is_due {
                self.attempt().await;
                told = self.tell(told);
            }
        }
    }

    async fn attempt(&self) {
        let Some(loader) = &self.loader else { return };
        let Progress { begun, .. } = *self.progress.borrow();
        let _turn = self.turn.lock().await;
        // One that began meanwhile has seen all that this one would.
        if self.progress.borrow().ended > begun {
            return;
        }
        let attempt = UnderWay::begin(&self.progress);
        // Or a panic would be the last attempt of all.
        let outcome = AssertUnwindSafe(loader.load()).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(Failure::panicked()));
        let counts = &self.counts;
        let count = if outcome.is_ok() { &counts.succeeded } else { &counts.failed };
        count.fetch_add(1, Ordering::Relaxed);
        let (before, now, roll) = (self.state.load_full(), Instant::now(), roll());
        let after = match outcome {
            Ok((keys, lifetime)) => before.loaded(keys, lifetime, now, roll, &self.schedule),
            Err(failure) => before.failed(failure, now, roll, &self.schedule),
        };
        self.state.store(Arc::new(after));
        attempt.end();
    }

    /// Logs what is new since `told`, once, and returns what has been told now.
    fn tell(&self, told: Arc<State>) -> Arc<State> {
        let state = self.state.load_full();
        let may_be_no_news = self.loader.as_ref().is_some_and(|it| it.may_be_half_written());
        if may_be_no_news && state.failure().is_some() && !state.failed_again() {
            return told;
        }
        let place = self.place.as_str();
        match (told.failure(), state.failure()) {
            (before, Some(failure)) if before != Some(failure) => {
                tracing::warn!(place, code = failure.code, "keys do not load: {}", failure.text);
            }
            (Some(_), None) => tracing::info!(place, "keys load again"),
            _ => {}
        }
        if let Some(keys) = state.last_good()
            && told.last_good() != Some(keys)
        {
            tracing::info!(place, kids = keys.listed(), "keys have changed");
            for key in keys.faults() {
                tracing::warn!(place, "passed over: {key}");
            }
        }
        state
    }
}

/// From 0 to 1, to spread a fleet that was started at once.
fn roll() -> f64 {
    let mut octets = [0; 4];
    // Without random octets the fleet marches in step, and nothing worse.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    f64::from(u32::from_ne_bytes(octets)) / f64::from(u32::MAX)
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}
