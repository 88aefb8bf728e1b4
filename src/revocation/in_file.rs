//! Rules in the file: how they are written, and how its changes are seen.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::MutexGuard;
use tokio::{task, time};

use super::error::RevocationError;
use super::file::{Content, NotTaken, Problem, RulesFile, Seen};
use super::rule_set::RuleSet;
use super::shared::{Shared, Snapshot, TARGET, check_room};

/// How often the file is looked at. Its content is compared, not its time: that survives editors,
/// swapped symlinks and network file systems.
const POLL: Duration = Duration::from_secs(1);

/// How often a change looks at a file that another program is writing.
const MOST_LOOKS: usize = 5;

impl Shared {
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

    pub(super) fn take(&self, turn: &mut MutexGuard<'_, Seen>, content: Content) {
        let snapshot = Snapshot { file: content.rules, ..Snapshot::clone(&self.rules()) };
        turn.digest = Some(content.digest);
        turn.shrunk = None;
        self.put(turn, snapshot);
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
