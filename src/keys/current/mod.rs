//! The keys of an issuer as they are at this moment, and the task that keeps them so.

mod fetch_wait;
mod fetches;
pub(crate) mod state;
mod task;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{self, Instant};

use crate::error::Error;
use crate::keys::development::Trust;
use crate::keys::jwk_set::{KeyIds, KeySet};
use crate::keys::source::fetching::KeyFetching;
use crate::keys::source::file::File;
use crate::keys::source::remote::Remote;
use crate::keys::source::{Load, Source};
use crate::token::algorithm::Algorithm;
use fetches::{Missing, is_news};
use state::{Schedule, Snapshot, State};
use task::{Counts, Shared};

/// How often a watched file is read. Its content is compared, not its time: that survives editors,
/// swapped symlinks and network file systems.
const POLL: Duration = Duration::from_secs(2);

/// The refresh of a set that never changes: longer than any process runs.
const NEVER: Duration = Duration::from_secs(1_000_000_000);

/// The keys of one place behind an atomic pointer. A reader waits for a load only where the key that
/// it needs is not there.
pub(crate) struct KeyStore {
    shared: Arc<Shared>,
    /// The longest time that a request waits for loads.
    patience: Duration,
    task: OnceLock<BackgroundTask>,
}

/// A key that a token needs and that a load may bring.
pub(crate) struct MissingKey {
    shared: Arc<Shared>,
    missing: Missing,
    patience: Duration,
}

/// Ends the background task when the store is dropped.
struct BackgroundTask(AbortHandle);

impl Drop for BackgroundTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl KeyStore {
    /// A store for this source, whose issuers allow these algorithms. A file is read here; keys in the
    /// network are loaded by [`load`](Self::load).
    ///
    /// Refuses a file that gives no key, and development keys that `trust` does not allow.
    pub(crate) fn new(
        source: &Source,
        algorithms: Vec<Algorithm>,
        fetching: &KeyFetching,
        trust: Trust,
        kids: KeyIds,
    ) -> Result<Self, Error> {
        let place = source.to_string();
        Ok(match source {
            Source::Keys(keys) => {
                trust.check("the key set given in code", keys)?;
                Self::fixed(place, keys.clone())
            }
            Source::File(file) => {
                let file = File::new(file.clone(), trust, kids);
                let keys = file.read()?;
                if !fetching.watch {
                    return Ok(Self::fixed(place, keys));
                }
                let schedule = Schedule { refresh: POLL, cooldown: POLL / 2, stale: None };
                Self::with(place, algorithms, Some(keys), Some(Box::new(file)), schedule, POLL)
            }
            Source::Remote(location, token) => {
                let remote = Remote::new(location.clone(), token.clone(), fetching, kids)?;
                Self::fetched(place, algorithms, remote, fetching)
            }
        })
    }

    fn fetched(
        place: String,
        algorithms: Vec<Algorithm>,
        loader: impl Load + 'static,
        fetching: &KeyFetching,
    ) -> Self {
        let KeyFetching { refresh, cooldown, stale, timeout, .. } = *fetching;
        let schedule = Schedule { refresh, cooldown, stale: Some(stale) };
        // For a load that is under way, and one that begins after it.
        let patience = 2 * timeout + Duration::from_secs(1);
        Self::with(place, algorithms, None, Some(Box::new(loader)), schedule, patience)
    }

    fn fixed(place: String, keys: KeySet) -> Self {
        let schedule = Schedule { refresh: NEVER, cooldown: NEVER, stale: None };
        Self::with(place, vec![], Some(keys), None, schedule, Duration::ZERO)
    }

    fn with(
        place: String,
        algorithms: Vec<Algorithm>,
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
        let shared = Arc::new(Shared::new(place, algorithms, state, schedule, loader));
        Self { shared, patience, task: OnceLock::new() }
    }

    /// The keys at this moment.
    pub(crate) fn current(&self) -> Snapshot<'_> {
        Snapshot::new(self.shared.state.load(), &self.shared.schedule)
    }

    /// Where the set is fetched, once that is known.
    #[cfg(feature = "cli")]
    pub(crate) fn keys_at(&self) -> Option<url::Url> {
        self.shared.loader.as_ref()?.keys_at()
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

    /// The key of a token whose signature no key of this `kid` made in the `snapshot`, where waiting
    /// for a load may bring it. The `kid` is empty for a token without one: any new key may be it. `None` where the token is to be refused at once.
    pub(crate) fn missing_key(&self, snapshot: &Snapshot<'_>, kid: &str) -> Option<MissingKey> {
        let shared = &self.shared;
        if self.task.get().is_none() || shared.loader.is_none() {
            return None;
        }
        let before = snapshot.keys();
        let may_come = shared.expects_load() || is_news(shared.keys().as_ref(), before, kid);
        may_come.then(|| MissingKey {
            shared: shared.clone(),
            missing: Missing { kid: kid.to_owned(), set: before.cloned() },
            patience: self.patience,
        })
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// The place of the keys, for the operator.
    pub(crate) fn place(&self) -> &str {
        &self.shared.place
    }
}

impl MissingKey {
    /// Waits until a load has brought the key, or until no load can be expected to.
    ///
    /// Causes a load where one may be made for an unknown `kid` now. Requests share it. A load that
    /// was under way already may have missed a key that is published by now, so it does not count.
    pub(crate) async fn wait(self) {
        // After a timeout too, the keys of that moment decide.
        let _ = time::timeout(self.patience, self.brought()).await;
    }

    async fn brought(&self) {
        let Self { shared, missing, .. } = self;
        let mut loads = shared.loads.subscribe();
        let first = *loads.borrow_and_update();
        let mut now = first;
        while !missing.is_in(shared.keys().as_ref()) && now.ended <= first.begun {
            let has_failed = now.ended > first.ended && shared.state.load().failure().is_some();
            if has_failed || !now.is_under_way() && !shared.fetch(missing) {
                return;
            }
            if loads.changed().await.is_err() {
                return;
            }
            now = *loads.borrow_and_update();
        }
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}
