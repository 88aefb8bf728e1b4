//! The rules in the shared store, followed: all of them first, and then each change.
//!
//! A rule once known is kept: an outage changes nothing, and what the store has lost is written back.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

use super::rule::Span;
use super::shared::{Shared, TARGET};
use super::stored::{self, Said};
use crate::store::{RuleLog, Store, StoredRule, Unavailable};

/// The wait after an attempt that failed, which doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How often all rules are read anew: what is past is swept out of the store then.
const SWEEP: Duration = Duration::from_secs(3_600);

/// The wait before all rules are read anew because some could not be written back.
const RETRY: Duration = Duration::from_secs(10);

/// How long a rule that is past stays in the store, in seconds: the clocks of instances differ.
const GRACE: u64 = 600;

/// Why a session with the store ends.
enum End {
    Failed(Unavailable),
    /// The last handle was dropped.
    Dropped,
}

impl From<Unavailable> for End {
    fn from(fault: Unavailable) -> Self {
        Self::Failed(fault)
    }
}

/// Follows the store without end, until the last handle of the rules is dropped.
pub(super) async fn follow(shared: Weak<Shared>, store: Store, now: fn() -> f64) {
    let mut wait = FIRST_WAIT;
    loop {
        let begun = Instant::now();
        let End::Failed(fault) = session(&shared, &store, now).await else { return };
        let Some(shared) = shared.upgrade() else { return };
        shared.attempted(Err(fault));
        drop(shared);
        if begun.elapsed() > 2 * LONGEST_WAIT {
            wait = FIRST_WAIT;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn session(shared: &Weak<Shared>, store: &Store, now: fn() -> f64) -> End {
    match followed(shared, store, now).await {
        Err(end) => end,
        Ok(never) => match never {},
    }
}

async fn followed(
    shared: &Weak<Shared>,
    store: &Store,
    now: fn() -> f64,
) -> Result<std::convert::Infallible, End> {
    let upgraded = || shared.upgrade().ok_or(End::Dropped);
    let mut log = store.rule_log().await?;
    let mut writing = Writing::default();
    loop {
        let stored = log.snapshot().await?;
        let shared = upgraded()?;
        // Many rules take a while: they are read away from the threads that serve.
        let taken = spawn_blocking(move || shared.take_snapshot(stored, now())).await;
        writing.begin(store, taken.map_err(|_| Unavailable::Refused)?);
        changes(&mut log, &upgraded, &mut writing, now).await?;
    }
}

/// Obeys each change, until all rules have to be read anew.
async fn changes(
    log: &mut RuleLog,
    upgraded: &impl Fn() -> Result<Arc<Shared>, End>,
    writing: &mut Writing,
    now: fn() -> f64,
) -> Result<(), End> {
    let begun = Instant::now();
    while begun.elapsed() < SWEEP {
        match log.changes().await? {
            None => {
                tracing::info!(target: TARGET, "the rules in Redis have changed unseen: reading all");
                return Ok(());
            }
            Some(rules) => upgraded()?.take_changes(rules, now()),
        }
        if begun.elapsed() >= RETRY && writing.is_left_undone().await {
            return Ok(());
        }
    }
    Ok(())
}

/// What a snapshot leaves to be done in the store.
struct Snapshot {
    /// Known rules of which it knows nothing, or less.
    lost: Vec<(Vec<u8>, Span)>,
    /// What is past, as it is stored.
    past: Vec<StoredRule>,
}

/// What is written into the store after a reading, one reading's work at a time.
#[derive(Default)]
struct Writing {
    task: Option<JoinHandle<bool>>,
    /// Whether a later reading has found more to do.
    is_behind: bool,
}

impl Writing {
    fn begin(&mut self, store: &Store, Snapshot { lost, past }: Snapshot) {
        if lost.is_empty() && past.is_empty() {
            return;
        }
        self.is_behind = self.task.as_ref().is_some_and(|task| !task.is_finished());
        if !self.is_behind {
            self.task = Some(tokio::spawn(write(store.clone(), lost, past)));
        }
    }

    /// Whether the work has ended and some of it was not done: another reading finds what.
    async fn is_left_undone(&mut self) -> bool {
        match self.task.take_if(|task| task.is_finished()) {
            Some(task) => !task.await.unwrap_or(false) || self.is_behind,
            None => false,
        }
    }
}

/// Writes lost rules back and sweeps past ones out. Another instance may do the same: each step is taken
/// only where the store is still as it was. Returns whether all lost rules are written.
async fn write(store: Store, lost: Vec<(Vec<u8>, Span)>, past: Vec<StoredRule>) -> bool {
    if !lost.is_empty() {
        tracing::warn!(target: TARGET, rules = lost.len(), "Redis has lost rules: writing them back");
    }
    // The rules are read on a connection of their own, which may be there again before this one.
    let mut wait = FIRST_WAIT;
    for (field, span) in lost {
        let more = |stored: Option<&[u8]>| stored::restored(stored.and_then(Said::parse), span);
        while store.publish(&field, more).await.is_err() {
            if wait > LONGEST_WAIT {
                return false;
            }
            sleep(wait).await;
            wait *= 2;
        }
    }
    for StoredRule { field, value } in past {
        // What stays is past all the same.
        if store.forget(&field, &value).await.is_err() {
            break;
        }
    }
    true
}

impl Shared {
    /// Obeys all rules that the store has, beside those that are known and that it does not say are
    /// removed.
    fn take_snapshot(&self, stored: Vec<StoredRule>, now: f64) -> Snapshot {
        let mut past = vec![];
        let mut lost = vec![];
        let mut removed = HashSet::new();
        self.change_shared(|known| {
            let before = std::mem::take(known);
            for rule in stored {
                let Some((issuer, selector, said)) = stored::read(&rule, &self.issuers) else {
                    continue;
                };
                if (said.until() + GRACE) as f64 <= now {
                    past.push(rule);
                    continue;
                }
                let was = before.get(issuer, &selector).filter(|span| !span.is_past(now));
                match said {
                    Said::Rule(span) => {
                        let joined = was.map_or(span, |was| was.joined(span));
                        known.put(issuer, &selector, joined);
                        if joined != span {
                            lost.push((stored::field(&self.issuers[issuer], &selector), joined));
                        }
                    }
                    Said::Removed(_) => {
                        removed.insert((issuer, selector));
                    }
                }
            }
            for (issuer, selector, span) in before.iter() {
                let is_there = known.get(issuer, &selector).is_some();
                if !span.is_past(now) && !is_there && !removed.contains(&(issuer, selector.clone()))
                {
                    known.put(issuer, &selector, span);
                    lost.push((stored::field(&self.issuers[issuer], &selector), span));
                }
            }
            known.prune(now);
        });
        self.attempted(Ok(()));
        Snapshot { lost, past }
    }

    /// Obeys changes in their order.
    fn take_changes(&self, rules: Vec<StoredRule>, now: f64) {
        let ours: Vec<_> =
            rules.iter().filter_map(|rule| stored::read(rule, &self.issuers)).collect();
        if !ours.is_empty() {
            self.change_shared(|known| {
                for (issuer, selector, said) in ours {
                    match said {
                        Said::Rule(span) if !span.is_past(now) => {
                            known.put(issuer, &selector, span);
                        }
                        _ => {
                            known.remove(issuer, &selector);
                        }
                    }
                }
            });
        }
        self.attempted(Ok(()));
    }
}
