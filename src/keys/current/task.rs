//! The background task that loads the keys of a store again and again, and what it shares with
//! requests.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rocket::futures::FutureExt as _;
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{self, Instant};

use super::fetch_wait::FetchWait;
use super::state::{Schedule, State};
use crate::keys::jwk_set::KeySet;
use crate::keys::source::{Load, LoadFailure, TARGET};
use crate::token::algorithm::Algorithm;

/// What the task and the requests share.
pub(super) struct Shared {
    pub(super) state: ArcSwap<State>,
    pub(super) schedule: Schedule,
    /// `None` for keys that never change.
    pub(super) loader: Option<Box<dyn Load>>,
    /// The place of the keys, for the operator.
    pub(super) place: String,
    /// The algorithms of the issuers that share the store. A set that serves none of them is no load.
    algorithms: Vec<Algorithm>,
    pub(super) counts: Counts,
    pub(super) loads: watch::Sender<Loads>,
    fetches: parking_lot::Mutex<Fetches>,
    /// Wakes the task for a fetch.
    wake: Notify,
    /// Held during a load. Loads do not overlap: a late answer would bring removed keys back.
    turn: Mutex<()>,
}

/// What has happened to a store so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Loads that succeeded.
    pub(crate) succeeded: AtomicU64,
    /// Loads that failed.
    pub(crate) failed: AtomicU64,
    /// Tokens whose key was not at hand.
    pub(crate) unknown_kids: AtomicU64,
}

/// The fetches for missing keys.
struct Fetches {
    wait: FetchWait,
    /// The key that the next fetch is made for.
    wanted: Option<Missing>,
    /// Whether a fetch has begun and not ended.
    is_made: bool,
}

impl Fetches {
    fn is_expected(&self) -> bool {
        self.is_made || self.wanted.is_some()
    }
}

/// A `kid` and the set in which no key of it made a token's signature.
#[derive(Clone)]
pub(super) struct Missing {
    pub(super) kid: String,
    pub(super) set: Option<Arc<KeySet>>,
}

/// How many loads have begun and ended. A load is under way where the two differ.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loads {
    pub(super) begun: u64,
    pub(super) ended: u64,
}

/// The load that is under way.
struct LoadUnderWay<'s>(&'s watch::Sender<Loads>);

impl<'s> LoadUnderWay<'s> {
    fn begin(loads: &'s watch::Sender<Loads>) -> Self {
        loads.send_modify(|loads| loads.begun += 1);
        Self(loads)
    }

    /// Tells all that wait: the new state is in place.
    fn end(self) {
        self.0.send_modify(|loads| loads.ended = loads.begun);
    }
}

impl Drop for LoadUnderWay<'_> {
    /// A load whose future was dropped counts as never begun, so that no request waits for its end.
    fn drop(&mut self) {
        self.0.send_modify(|loads| loads.begun = loads.ended);
    }
}

impl Shared {
    pub(super) fn new(
        place: String,
        algorithms: Vec<Algorithm>,
        state: State,
        schedule: Schedule,
        loader: Option<Box<dyn Load>>,
    ) -> Self {
        let wait = FetchWait::up_to(schedule.cooldown);
        Self {
            state: ArcSwap::from_pointee(state),
            schedule,
            loader,
            place,
            algorithms,
            counts: Counts::default(),
            loads: watch::Sender::default(),
            fetches: parking_lot::Mutex::new(Fetches { wait, wanted: None, is_made: false }),
            wake: Notify::new(),
            turn: Mutex::default(),
        }
    }

    /// Loads whenever a load is due or wanted, and never ends.
    pub(super) async fn run(self: Arc<Self>) {
        let mut told = self.state.load_full();
        loop {
            let due = self.state.load().due();
            let is_due = tokio::select! {
                () = time::sleep_until(due) => true,
                () = self.wake.notified() => false,
            };
            let wanted = self.begin_fetch();
            // The key that woke the task may have been taken up by a load that was due.
            if is_due || wanted.is_some() {
                self.load_for(wanted).await;
                told = self.tell(told);
            }
        }
    }

    /// Loads the keys once. Calls that overlap share the next load.
    pub(super) async fn load(&self) {
        self.load_for(None).await;
    }

    async fn load_for(&self, wanted: Option<Missing>) {
        let Some(loader) = &self.loader else { return };
        let Loads { begun, .. } = *self.loads.borrow();
        let _turn = self.turn.lock().await;
        // A load that began while this call waited for its turn has seen all that it would see.
        if wanted.is_none() && self.loads.borrow().ended > begun {
            return;
        }
        let load = LoadUnderWay::begin(&self.loads);
        // A panic is a failed load, and must not end the task.
        let outcome = AssertUnwindSafe(loader.load()).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(LoadFailure::panicked()));
        let outcome = outcome.and_then(|(keys, lifetime)| match keys.serves(&self.algorithms) {
            true => Ok((keys, lifetime)),
            false => Err(LoadFailure::unserving(&keys, &self.algorithms)),
        });
        let counts = &self.counts;
        let count = if outcome.is_ok() { &counts.succeeded } else { &counts.failed };
        count.fetch_add(1, Ordering::Relaxed);
        let (before, now, roll) = (self.state.load_full(), Instant::now(), roll());
        let after = match outcome {
            Ok((keys, lifetime)) => before.loaded(keys, lifetime, now, roll, &self.schedule),
            Err(failure) => before.failed(failure, now, roll, &self.schedule),
        };
        self.state.store(Arc::new(after));
        if let Some(wanted) = &wanted {
            self.end_fetch(wanted);
        }
        load.end();
    }

    /// Whether a load may bring a missing key: it is under way, or may be made now. Has to hear of each
    /// missing key.
    pub(super) fn expects_load(&self) -> bool {
        let Loads { begun, ended } = *self.loads.borrow();
        let mut fetches = self.fetches.lock();
        let may_fetch = fetches.wait.admits(Instant::now());
        may_fetch || fetches.is_expected() || begun != ended
    }

    /// Sees to a fetch for this key, unless it has to wait. Keys that are missing at the same time share
    /// a fetch.
    pub(super) fn fetch(&self, missing: &Missing) -> bool {
        let mut fetches = self.fetches.lock();
        if fetches.is_expected() {
            return true;
        }
        let may_fetch = fetches.wait.admits(Instant::now());
        if may_fetch {
            fetches.wanted = Some(missing.clone());
            self.wake.notify_one();
        }
        may_fetch
    }

    fn begin_fetch(&self) -> Option<Missing> {
        let mut fetches = self.fetches.lock();
        let wanted = fetches.wanted.take()?;
        fetches.wait.begin(Instant::now());
        fetches.is_made = true;
        Some(wanted)
    }

    fn end_fetch(&self, wanted: &Missing) {
        let has_brought = self.has_brought(&wanted.kid, wanted.set.as_ref());
        let mut fetches = self.fetches.lock();
        fetches.is_made = false;
        if has_brought {
            fetches.wait.start_again();
        }
    }

    /// Whether there is a key of this `kid` now that is not in `set`.
    pub(super) fn has_brought(&self, kid: &str, set: Option<&Arc<KeySet>>) -> bool {
        let state = self.state.load();
        let Some(keys) = state.keys(Instant::now(), &self.schedule) else { return false };
        if set.is_some_and(|set| Arc::ptr_eq(set, keys)) {
            return false;
        }
        let is_old = |key| set.is_some_and(|set| set.candidates(kid).any(|before| before == key));
        keys.candidates(kid).any(|key| !is_old(key))
    }

    /// Logs what has changed since the state `told`, and returns the state that is told now.
    fn tell(&self, told: Arc<State>) -> Arc<State> {
        let state = self.state.load_full();
        let may_be_no_news = self.loader.as_ref().is_some_and(|it| it.may_be_half_written());
        if may_be_no_news && state.failure().is_some() && !state.failed_again() {
            return told;
        }
        let place = self.place.as_str();
        match (told.failure(), state.failure()) {
            (before, Some(failure)) if before != Some(failure) => {
                let LoadFailure { code, text } = failure;
                tracing::warn!(target: TARGET, place, code, "keys do not load: {text}");
            }
            (Some(_), None) => tracing::info!(target: TARGET, place, "keys load again"),
            _ => {}
        }
        if let Some(keys) = state.last_good()
            && told.last_good() != Some(keys)
        {
            tracing::info!(target: TARGET, place, kids = keys.listed(), "keys have changed");
            for key in keys.faults() {
                tracing::warn!(target: TARGET, place, "passed over: {key}");
            }
        }
        state
    }
}

/// A random number from 0 to 1, which spreads the loads of a fleet that was started at once.
fn roll() -> f64 {
    let mut octets = [0; 4];
    // Without random octets the fleet loads at the same time, and nothing worse happens.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    f64::from(u32::from_ne_bytes(octets)) / f64::from(u32::MAX)
}
