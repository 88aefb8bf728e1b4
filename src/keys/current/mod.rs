//! The keys of an issuer as they are at this moment, and the task that keeps them so.

pub(crate) mod state;
mod task;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{self, Instant};

use crate::config::{Jwks, Source};
use crate::error::Error;
use crate::keys::development::Trust;
use crate::keys::jwk_set::KeySet;
use crate::keys::source::Load;
use crate::keys::source::file::File;
use crate::keys::source::remote::Remote;
use state::{Lookup, Schedule, Snapshot, State};
use task::{Counts, Loads, Shared};

/// How often a watched file is read. Its content is compared, not its time: that survives editors,
/// swapped symlinks and network file systems.
const POLL: Duration = Duration::from_secs(2);

/// The refresh of a set that never changes: longer than any process runs.
const NEVER: Duration = Duration::from_secs(1_000_000_000);

/// The keys of one place behind an atomic pointer. A reader waits for a load only where the key that
/// it needs is not there.
pub(crate) struct KeyStore {
    shared: Arc<Shared>,
    /// How long a request waits for a load.
    patience: Duration,
    task: OnceLock<BackgroundTask>,
}

/// Ends the background task when the store is dropped.
struct BackgroundTask(AbortHandle);

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl KeyStore {
    /// A store for this source. A file is read here; keys in the network are loaded by
    /// [`load`](Self::load).
    ///
    /// Refuses a file that gives no key, and development keys that `trust` does not allow.
    pub(crate) fn new(source: &Source, jwks: &Jwks, trust: Trust) -> Result<Self, Error> {
        let place = source.to_string();
        Ok(match source {
            Source::Keys(keys) => {
                trust.check("the key set given in code", keys)?;
                Self::fixed(place, keys.clone())
            }
            Source::File { path, said } => {
                let file = File::new(path.clone(), said.clone(), trust);
                let keys = file.read()?;
                if !jwks.watch {
                    return Ok(Self::fixed(place, keys));
                }
                let schedule = Schedule { refresh: POLL, cooldown: POLL / 2, stale: None };
                Self::with(place, Some(keys), Some(Box::new(file)), schedule, POLL)
            }
            Source::Remote(location) => {
                Self::fetched(place, Remote::new(location.clone(), jwks)?, jwks)
            }
        })
    }

    fn fetched(place: String, loader: impl Load + 'static, jwks: &Jwks) -> Self {
        let Jwks { refresh, cooldown, stale, timeout, .. } = *jwks;
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
        let shared = Arc::new(Shared::new(place, state, schedule, loader));
        Self { shared, patience, task: OnceLock::new() }
    }

    /// The keys at this moment.
    pub(crate) fn current(&self) -> Snapshot<'_> {
        Snapshot::new(self.shared.state.load(), &self.shared.schedule)
    }

    /// Loads the keys once, now. Calls that overlap share the next load.
    pub(crate) async fn load(&self) {
        self.shared.load().await;
    }

    /// Keeps the keys fresh in the background, until the store is dropped.
    pub(crate) fn keep_fresh(&self) {
        let shared = self.shared.clone();
        self.task.get_or_init(|| BackgroundTask(tokio::spawn(shared.run()).abort_handle()));
    }

    /// Whether waiting may bring this `kid`, which a lookup did not find.
    pub(crate) fn may_bring(&self, kid: &str) -> bool {
        let Loads { begun, ended } = *self.shared.loads.borrow();
        let state = self.shared.state.load();
        let (now, schedule) = (Instant::now(), &self.shared.schedule);
        // A load may have brought it since that lookup.
        let is_here = || matches!(state.lookup(kid, now, schedule), Lookup::Found(_));
        let is_due = || state.may_ask_for(kid, now, schedule);
        self.task.get().is_some() && (begun != ended || is_here() || is_due())
    }

    /// Waits for the end of a load that may bring this `kid`, if such a load is due or under way.
    ///
    /// Returns at once where the key is there, or where no load is due. Requests that need the same
    /// load share it.
    pub(crate) async fn ensure(&self, kid: &str) {
        if self.task.get().is_none() || self.current().has(kid) {
            return;
        }
        let shared = &self.shared;
        let mut loads = shared.loads.subscribe();
        let Loads { begun, ended } = *loads.borrow_and_update();
        let is_under_way = begun != ended;
        if !is_under_way {
            let state = shared.state.load();
            if !state.may_ask_for(kid, Instant::now(), &shared.schedule) {
                return;
            }
            shared.wake.notify_one();
        }
        let end = loads.wait_for(|loads| loads.ended > ended);
        // After a timeout too, the snapshot decides.
        let _ = time::timeout(self.patience, end).await.map(drop);
        let snapshot = self.current();
        // A load that was under way already may have missed a key that is published by now.
        if !is_under_way && matches!(snapshot.lookup(kid), Lookup::Unknown) {
            snapshot.remember_missed(kid);
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// The place of the keys, for the operator.
    pub(crate) fn place(&self) -> &str {
        &self.shared.place
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}
