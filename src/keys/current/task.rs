//! The background task that loads the keys of a store again and again, and what it shares with
//! requests.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rocket::futures::FutureExt as _;
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{self, Instant};

use super::fetches::{Fetches, Missing};
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

/// How many loads have begun and ended. A load is under way where the two differ.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loads {
    pub(super) begun: u64,
    pub(super) ended: u64,
}

impl Loads {
    pub(super) fn is_under_way(self) -> bool {
        self.begun != self.ended
    }
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
        let fetches = parking_lot::Mutex::new(Fetches::up_to(schedule.cooldown));
        Self {
            state: ArcSwap::from_pointee(state),
            schedule,
            loader,
            place,
            algorithms,
            counts: Counts::default(),
            loads: watch::Sender::default(),
            fetches,
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
            let wanted = self.fetches.lock().begin(Instant::now());
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
            self.fetches.lock().end(wanted.is_in(self.keys().as_ref()));
        }
        load.end();
    }

    /// Whether a load may bring a key that is missing now. Has to hear of each.
    pub(super) fn expects_load(&self) -> bool {
        let may_fetch = self.fetches.lock().admit(Instant::now());
        may_fetch || self.loads.borrow().is_under_way()
    }

    /// Sees to a fetch for this key, unless it has to wait.
    pub(super) fn fetch(&self, missing: &Missing) -> bool {
        let mut fetches = self.fetches.lock();
        let may_fetch = fetches.admit(Instant::now());
        if may_fetch && !fetches.is_expected() {
            fetches.want(missing.clone());
            self.wake.notify_one();
        }
        may_fetch
    }

    /// The keys that may serve now.
    pub(super) fn keys(&self) -> Option<Arc<KeySet>> {
        self.state.load().keys(Instant::now(), &self.schedule).cloned()
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
