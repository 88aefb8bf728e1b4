//! What the handles of one process's rules share, and how the rules change.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
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
    text: String,
    is_told: bool,
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
        change: impl FnOnce(&mut RuleSet) -> Result<T, RevocationError>,
    ) -> Result<T, RevocationError> {
        let mut turn = self.turn.lock();
        let mut snapshot = Snapshot::clone(&self.rules());
        let outcome = change(&mut snapshot.own)?;
        if snapshot.own.len() > self.most {
            snapshot.own.prune(now);
        }
        if snapshot.own.len() > self.most {
            return Err(RevocationError::Full { most: self.most });
        }
        self.put(&mut turn, snapshot);
        Ok(outcome)
    }

    /// Changes the rules in the file, and obeys what it holds then; an error leaves all as it was.
    pub(super) fn change_file<T>(
        &self,
        now: f64,
        change: impl FnOnce(&mut RuleSet) -> Result<T, RevocationError>,
    ) -> Result<T, RevocationError> {
        let Some(file) = &self.file else { return self.change_own(now, change) };
        // Held from before the file is read: a poll that has read it before must not come after.
        let mut turn = self.turn.lock();
        // A file that is gone has changed nothing: its rules are in force, and are written again.
        let mut known = self.rules().file.clone();
        known.prune(now);
        let (content, outcome) = file.change(&self.issuers, self.most, known, now, change)?;
        self.take(&mut turn, content);
        Ok(outcome)
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
            match self.changed(file, &turn, now) {
                Ok(changed) => {
                    if turn.problem.take().is_some_and(|problem| problem.is_told) {
                        tracing::info!(target: TARGET, "`revocation.file` is in order again");
                    }
                    if let Some(content) = changed {
                        self.take_settled(&mut turn, content, now);
                    }
                }
                Err(text) => tell(&mut turn.problem, text),
            }
        }
        let mut snapshot = Snapshot::clone(&self.rules());
        let is_past = [snapshot.own.prune(now), snapshot.file.prune(now)];
        if is_past.contains(&true) {
            self.put(&mut turn, snapshot);
        }
    }

    /// What the file holds, where it is not what was `seen`.
    fn changed(&self, file: &RulesFile, seen: &Seen, now: f64) -> Result<Option<Content>, String> {
        let digest = file.digest().map_err(|error| format!("it cannot be read: {error}"))?;
        if digest == seen.digest && seen.shrunk.is_none() {
            return Ok(None);
        }
        let content = file.read(&self.issuers, self.most, now);
        match content.map_err(|error| error.report())? {
            None if seen.digest.is_some() => Err("it is gone".to_owned()),
            content => Ok(content),
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
fn tell(known: &mut Option<Problem>, text: String) {
    match known {
        Some(problem) if problem.text == text => {
            if !std::mem::replace(&mut problem.is_told, true) {
                tracing::warn!(
                    target: TARGET,
                    "`revocation.file` is not taken, and the rules stay as they are: {text}"
                );
            }
        }
        _ => *known = Some(Problem { text, is_told: false }),
    }
}
