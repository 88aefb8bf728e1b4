//! Rules in the shared store: how they are written, and how it is with them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;

use super::error::RevocationError;
use super::feed;
use super::rule::{Selector, Span};
use super::shared::{Shared, TARGET};
use super::stored::{self, Said};
use crate::store::{Store, Unavailable};

impl Shared {
    pub(super) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Follows the store from the first call on, and waits for the end of the first attempt to read it.
    /// Needs a Tokio runtime.
    pub(super) async fn follow(this: &Arc<Self>, now: fn() -> f64) {
        let Some(store) = this.store.clone() else { return };
        if this.following.set(()).is_ok() {
            let shared = Arc::downgrade(this);
            tokio::spawn(async move {
                let _ = store.connect().await;
                feed::follow(shared, store, now).await;
            });
        }
        // The sender is in `this`.
        let _ = this.attempt.subscribe().wait_for(Option::is_some).await;
    }

    /// Notes the outcome of an attempt to read the store, and tells of it where it is another.
    pub(super) fn attempted(&self, outcome: Result<(), Unavailable>) {
        if outcome.is_ok() {
            let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.contact.store(millis, Ordering::Release);
        }
        let before = *self.attempt.borrow();
        if before == Some(outcome) {
            return;
        }
        let rules = self.rules();
        match outcome {
            Err(fault) if !rules.is_known => {
                tracing::warn!(target: TARGET, code = fault.code(), "no rules yet: Redis is {fault}");
            }
            Err(fault) if before == Some(Ok(())) => tracing::warn!(
                target: TARGET,
                code = fault.code(),
                "rules are not read: Redis is {fault}; those that are known stay in force"
            ),
            Ok(()) if matches!(before, Some(Err(_))) => {
                tracing::info!(target: TARGET, "rules are read from Redis again");
            }
            _ => {}
        }
        self.attempt.send_replace(Some(outcome));
    }

    /// How long ago the store was last in contact; `None` without one, and before the first contact.
    pub(super) fn age(&self) -> Option<Duration> {
        self.store.as_ref().filter(|_| self.rules().is_known)?;
        let contact = Duration::from_millis(self.contact.load(Ordering::Acquire));
        Some(self.begun.elapsed().saturating_sub(contact))
    }

    /// Whether the rules are not known, or older than they may be.
    pub(super) fn lacks_rules(&self, is_known: bool) -> bool {
        !is_known || self.max_age.is_some_and(|most| self.age().is_some_and(|age| age > most))
    }

    /// Makes a rule in the store, and obeys it.
    pub(super) async fn publish(
        &self,
        store: &Store,
        issuer: usize,
        selector: &Selector,
        span: Span,
        most: usize,
        now: f64,
    ) -> Result<(), RevocationError> {
        self.check_store(issuer, selector, most, now)?;
        let field = stored::field(&self.issuers[issuer], selector);
        let known = self.rules().own(issuer, selector);
        let made = Mutex::new(span);
        let join = |stored: Option<&[u8]>| {
            let stored = stored.and_then(Said::parse);
            let joined = stored::joined(stored, known, span, now);
            *made.lock() = joined;
            (stored != Some(Said::Rule(joined))).then(|| Said::Rule(joined).value())
        };
        store.publish(&field, join).await.map_err(out_of_reach)?;
        let made = *made.lock();
        self.change_shared(|known| known.put(issuer, selector, made));
        Ok(())
    }

    /// Removes a rule from the store and here; `false` where there is none.
    pub(super) async fn publish_removal(
        &self,
        store: &Store,
        issuer: usize,
        selector: &Selector,
        now: f64,
    ) -> Result<bool, RevocationError> {
        self.check_known()?;
        let field = stored::field(&self.issuers[issuer], selector);
        let known = self.rules().own(issuer, selector);
        let was_there = Mutex::new(false);
        let remove = |stored: Option<&[u8]>| {
            let removed = stored::removed(stored.and_then(Said::parse), known, now);
            *was_there.lock() = removed.is_some();
            removed.map(Said::value)
        };
        store.publish(&field, remove).await.map_err(out_of_reach)?;
        self.change_shared(|known| {
            known.remove(issuer, selector);
        });
        let was_there = *was_there.lock();
        Ok(was_there)
    }

    /// Fails where the store was never read.
    pub(super) fn check_known(&self) -> Result<(), RevocationError> {
        match *self.attempt.borrow() {
            Some(Err(fault)) if !self.rules().is_known => Err(out_of_reach(fault)),
            _ => Ok(()),
        }
    }

    /// Refuses a rule that is one too many.
    fn check_store(
        &self,
        issuer: usize,
        selector: &Selector,
        most: usize,
        now: f64,
    ) -> Result<(), RevocationError> {
        self.check_known()?;
        if self.rules().own(issuer, selector).is_some() || !self.rules().is_full(most) {
            return Ok(());
        }
        self.change_shared(|known| {
            known.prune(now);
        });
        match self.rules().is_full(most) {
            true => Err(RevocationError::Full { most }),
            false => Ok(()),
        }
    }
}

fn out_of_reach(fault: Unavailable) -> RevocationError {
    RevocationError::Unwritten(format!("the shared store is {fault}; {}", fault.cure()))
}
