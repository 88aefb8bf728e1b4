//! What the handles of one process's rules share, and how the rules change.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;
use tokio::{task, time};

use super::error::RevocationError;
use super::file::{Content, Digest, RulesFile};
use super::named::Named;
use super::rule::{Selector, Span};
use super::rule_set::RuleSet;
use super::sources::Sources;
use crate::error::Error;
use crate::store::{Store, Unavailable};

/// The target of all log lines about rules. It stays the same when the code moves.
pub(super) const TARGET: &str = "rocket_bearer::revocation";

/// How often the file is looked at. Its content is compared, not its time: that survives editors,
/// swapped symlinks and network file systems.
const POLL: Duration = Duration::from_secs(1);

/// How often a change looks at a file that another program is writing.
const MOST_LOOKS: usize = 5;

/// The rules, their sources, and who may change them.
pub(super) struct Shared {
    /// By their numbers.
    pub(super) issuers: Vec<Named>,
    pub(super) most: usize,
    /// Whether there is anything to ask: all that a token costs without rules.
    is_asked: AtomicBool,
    rules: ArcSwap<Snapshot>,
    file: Option<RulesFile>,
    /// Held while the rules are changed.
    turn: Mutex<Seen>,
    task: OnceLock<()>,
    /// The store of the rules that instances share.
    pub(super) store: Option<Store>,
    /// The longest time without contact to the store.
    pub(super) max_age: Option<Duration>,
    pub(super) begun: Instant,
    /// The last contact, in milliseconds since `begun`.
    pub(super) contact: AtomicU64,
    /// The outcome of the last attempt to read the store; `None` before the first.
    pub(super) attempt: watch::Sender<Option<Result<(), Unavailable>>>,
    pub(super) following: OnceLock<()>,
}

/// The rules by their source.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    /// Those of the shared store or, without one, those that this process has made.
    own: RuleSet,
    own_from: &'static str,
    file: RuleSet,
    /// Whether the rules of the store were ever read.
    pub(super) is_known: bool,
}

impl Snapshot {
    /// Each source, as an operator knows it.
    pub(super) fn sources(&self) -> [(&'static str, &RuleSet); 2] {
        [(self.own_from, &self.own), ("`revocation.file`", &self.file)]
    }

    /// The rule of the store, or of this process.
    pub(super) fn own(&self, issuer: usize, selector: &Selector) -> Option<Span> {
        self.own.get(issuer, selector)
    }

    pub(super) fn is_full(&self, most: usize) -> bool {
        self.own.len() >= most
    }
}

/// What was seen of the file.
#[derive(Default)]
struct Seen {
    /// The content whose rules are in force.
    digest: Option<Digest>,
    /// A content that lacks rules and was seen once; they are in force until it is seen again.
    shrunk: Option<Digest>,
    problem: Option<Problem>,
}

struct Problem {
    fault: NotTaken,
    is_told: bool,
}

/// Why the file is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotTaken {
    #[error("it is gone")]
    Gone,
    #[error("{0}")]
    Bad(String),
}

impl Shared {
    pub(super) fn new(
        issuers: Vec<Named>,
        sources: &Sources,
        store: Option<Store>,
        now: f64,
    ) -> Result<Self, Error> {
        let file = sources.file.clone().map(RulesFile::new);
        let content = match &file {
            Some(file) => file.read(&issuers, sources.most, now)?,
            None => None,
        };
        let shared = Self {
            issuers,
            most: sources.most,
            is_asked: AtomicBool::new(store.is_some()),
            rules: ArcSwap::from_pointee(Snapshot {
                own: RuleSet::default(),
                own_from: if store.is_some() { "Redis" } else { "this process" },
                file: RuleSet::default(),
                is_known: store.is_none(),
            }),
            file,
            turn: Mutex::default(),
            task: OnceLock::new(),
            store,
            max_age: sources.max_age,
            begun: Instant::now(),
            contact: AtomicU64::new(0),
            attempt: watch::Sender::new(None),
            following: OnceLock::new(),
        };
        if let Some(content) = content {
            shared.take(&mut shared.turn.lock(), content);
        }
        Ok(shared)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Acquire)
    }

    pub(super) fn rules(&self) -> Guard<Arc<Snapshot>> {
        self.rules.load()
    }

    /// The path of the file, where there is one.
    pub(super) fn file_place(&self) -> Option<String> {
        self.file.as_ref().map(RulesFile::place)
    }

    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Changes the rules that this process keeps in memory; an error leaves all as it was.
    pub(super) fn change_own<T>(
        &self,
        now: f64,
        most: usize,
        change: impl FnOnce(&mut RuleSet) -> Result<T, RevocationError>,
    ) -> Result<T, RevocationError> {
        let mut turn = self.turn.lock();
        let mut snapshot = Snapshot::clone(&self.rules());
        let before = snapshot.own.len();
        let outcome = change(&mut snapshot.own)?;
        if snapshot.own.len() > most {
            snapshot.own.prune(now);
        }
        check_room(&snapshot.own, before, most)?;
        self.put(&mut turn, snapshot);
        Ok(outcome)
    }

    /// Changes the rules in the file, and obeys what it holds then; an error leaves all as it was.
    pub(super) fn change_file<T>(
        &self,
        now: f64,
        most: usize,
        change: impl FnOnce(&mut RuleSet) -> Result<T, RevocationError>,
    ) -> Result<T, RevocationError> {
        let Some(file) = &self.file else { return self.change_own(now, most, change) };
        // Before the turn: another program may hold the lock for long, and polls go on meanwhile.
        let lock = file.lock()?;
        for _ in 0..MOST_LOOKS {
            // Held from before the file is read: a poll that has read it before must not come after.
            let mut turn = self.turn.lock();
            match self.look(file, &mut turn, now) {
                // A file that is gone has changed nothing: its rules are in force, and are written again.
                Ok(()) | Err(NotTaken::Gone) => {}
                Err(NotTaken::Bad(text)) => return Err(RevocationError::Unwritten(text)),
            }
            if turn.shrunk.is_none() {
                let mut rules = self.rules().file.clone();
                rules.prune(now);
                let before = rules.len();
                let outcome = change(&mut rules)?;
                check_room(&rules, before, most)?;
                self.take(&mut turn, lock.write(&self.issuers, rules)?);
                return Ok(outcome);
            }
            drop(turn);
            thread::sleep(POLL);
        }
        Err(RevocationError::Unwritten("another program is writing `revocation.file`".to_owned()))
    }

    /// Changes the rules of the shared store as this process knows them; they are known from then on.
    pub(super) fn change_shared(&self, change: impl FnOnce(&mut RuleSet)) {
        let mut turn = self.turn.lock();
        let mut snapshot = Snapshot { is_known: true, ..Snapshot::clone(&self.rules()) };
        change(&mut snapshot.own);
        self.put(&mut turn, snapshot);
    }

    /// Reads the file again if its content is another, and forgets what is past.
    pub(super) fn refresh(&self, now: f64) {
        let mut turn = self.turn.lock();
        if let Some(file) = &self.file {
            if let Err(fault) = self.look(file, &mut turn, now) {
                tell(&mut turn.problem, fault);
            } else if turn.problem.take().is_some_and(|problem| problem.is_told) {
                tracing::info!(target: TARGET, "`revocation.file` is in order again");
            }
        }
        let mut snapshot = Snapshot::clone(&self.rules());
        let is_past = [snapshot.own.prune(now), snapshot.file.prune(now)];
        if is_past.contains(&true) {
            self.put(&mut turn, snapshot);
        }
    }

    /// Looks at the file, and obeys what it holds where that is not what was seen.
    fn look(
        &self,
        file: &RulesFile,
        turn: &mut MutexGuard<'_, Seen>,
        now: f64,
    ) -> Result<(), NotTaken> {
        // What cannot be read here cannot be read below either, which says why.
        if turn.shrunk.is_none() && file.digest().is_ok_and(|digest| digest == turn.digest) {
            return Ok(());
        }
        let content = file.read(&self.issuers, self.most, now);
        match content.map_err(|error| NotTaken::Bad(error.report()))? {
            None if turn.digest.is_some() => Err(NotTaken::Gone),
            None => Ok(()),
            Some(content) => {
                self.take_settled(turn, content, now);
                Ok(())
            }
        }
    }

    /// Obeys a new content. Rules that it lacks stay in force until it is seen again: a file that is being
    /// written may end behind any line, or be empty.
    fn take_settled(&self, turn: &mut MutexGuard<'_, Seen>, content: Content, now: f64) {
        let snapshot = Snapshot::clone(&self.rules());
        let mut joined = content.rules.clone();
        let mut lacks_some = false;
        for (issuer, selector, span) in snapshot.file.iter().filter(|it| !it.2.is_past(now)) {
            let known = joined.add(issuer, &selector, span, now);
            lacks_some |= content.rules.get(issuer, &selector) != Some(known);
        }
        if lacks_some && turn.shrunk != Some(content.digest) {
            turn.shrunk = Some(content.digest);
            self.put(turn, Snapshot { file: joined, ..snapshot });
            return;
        }
        let rules = content.rules.len();
        tracing::info!(target: TARGET, rules, "`revocation.file` has changed");
        self.take(turn, content);
    }

    fn take(&self, turn: &mut MutexGuard<'_, Seen>, content: Content) {
        let snapshot = Snapshot { file: content.rules, ..Snapshot::clone(&self.rules()) };
        turn.digest = Some(content.digest);
        turn.shrunk = None;
        self.put(turn, snapshot);
    }

    fn put(&self, _turn: &mut MutexGuard<'_, Seen>, snapshot: Snapshot) {
        let has_rules = snapshot.sources().into_iter().any(|(_, rules)| rules.len() > 0);
        let may_be_too_old = self.store.is_some() && self.max_age.is_some();
        let is_asked = has_rules || !snapshot.is_known || may_be_too_old;
        self.rules.store(Arc::new(snapshot));
        self.is_asked.store(is_asked, Ordering::Release);
    }

    /// Refreshes the rules in the background, until the last handle is dropped.
    pub(super) fn keep_fresh(this: &Arc<Self>, now: fn() -> f64) {
        if this.task.set(()).is_err() {
            return;
        }
        let weak = Arc::downgrade(this);
        tokio::spawn(async move {
            loop {
                time::sleep(POLL).await;
                let Some(shared) = weak.upgrade() else { return };
                // A panic must not end the task.
                let _ = task::spawn_blocking(move || shared.refresh(now())).await;
            }
        });
    }
}

/// Warns of a problem at its second time: a file looks broken while it is being written.
fn tell(known: &mut Option<Problem>, fault: NotTaken) {
    match known {
        Some(problem) if problem.fault == fault => {
            if !std::mem::replace(&mut problem.is_told, true) {
                tracing::warn!(
                    target: TARGET,
                    "`revocation.file` is not taken, and the rules stay as they are: {fault}"
                );
            }
        }
        _ => *known = Some(Problem { fault, is_told: false }),
    }
}

/// Refuses rules that have grown beyond the number that is allowed.
fn check_room(rules: &RuleSet, before: usize, most: usize) -> Result<(), RevocationError> {
    match rules.len() <= most.max(before) {
        true => Ok(()),
        false => Err(RevocationError::Full { most }),
    }
}
