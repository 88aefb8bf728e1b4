//! What the handles of one process's rules share, and how the rules change.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::error::RevocationError;
use super::file::{RulesFile, Seen};
use super::named::Named;
use super::rule::{Selector, Span};
use super::rule_set::RuleSet;
use super::sources::Sources;
use crate::error::Error;
use crate::store::{Store, Unavailable};

/// The target of all log lines about rules. It stays the same when the code moves.
pub(super) const TARGET: &str = "rocket_bearer::revocation";

/// The rules, their sources, and who may change them.
pub(super) struct Shared {
    /// By their numbers.
    pub(super) issuers: Vec<Named>,
    pub(super) most: usize,
    /// Whether there is anything to ask: all that a token costs without rules.
    is_asked: AtomicBool,
    rules: ArcSwap<Snapshot>,
    pub(super) file: Option<RulesFile>,
    /// Held while the rules are changed.
    pub(super) turn: Mutex<Seen>,
    pub(super) task: OnceLock<()>,
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
    pub(super) own: RuleSet,
    pub(super) own_from: &'static str,
    pub(super) file: RuleSet,
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

    /// Changes the rules of the shared store as this process knows them; they are known from then on.
    pub(super) fn change_shared(&self, change: impl FnOnce(&mut RuleSet)) {
        let mut turn = self.turn.lock();
        let mut snapshot = Snapshot { is_known: true, ..Snapshot::clone(&self.rules()) };
        change(&mut snapshot.own);
        self.put(&mut turn, snapshot);
    }

    pub(super) fn put(&self, _turn: &mut MutexGuard<'_, Seen>, snapshot: Snapshot) {
        let has_rules = snapshot.sources().into_iter().any(|(_, rules)| rules.len() > 0);
        let may_be_too_old = self.store.is_some() && self.max_age.is_some();
        let is_asked = has_rules || !snapshot.is_known || may_be_too_old;
        self.rules.store(Arc::new(snapshot));
        self.is_asked.store(is_asked, Ordering::Release);
    }
}

/// Refuses rules that have grown beyond the number that is allowed.
pub(super) fn check_room(
    rules: &RuleSet,
    before: usize,
    most: usize,
) -> Result<(), RevocationError> {
    match rules.len() <= most.max(before) {
        true => Ok(()),
        false => Err(RevocationError::Full { most }),
    }
}
