//! The rules of this moment, which every verdict asks, and the handle that changes them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::task;

use super::error::RevocationError;
use super::named::{self, Named};
use super::rule::{Rule, Span};
use super::rule_set::RuleSet;
use super::shared::Shared;
use super::sources::Sources;
use crate::error::Error;
use crate::rejection::Rejection;
use crate::store::Store;
use crate::token::claims::Claims;

/// How long a client waits that was refused because rules are not known.
const RETRY: Duration = Duration::from_secs(1);

/// The rules by which tokens are revoked before they expire.
///
/// An app with [`Bearer`](crate::Bearer) attached has this in Rocket's state;
/// [`Verifier::revocations`](crate::Verifier::revocations) gives it without Rocket. A clone shares the
/// rules. A rule is obeyed by every guard as soon as [`revoke`](Self::revoke) returns, and for tokens that
/// are remembered too.
///
/// ```
/// use std::time::SystemTime;
///
/// use rocket::http::Status;
/// use rocket::{State, post, routes};
/// use rocket_bearer::{AuthedUser, Revocations, Rule};
///
/// /// Logs the user out on every device: no token that was issued until now is accepted.
/// #[post("/logout-everywhere")]
/// async fn logout(user: AuthedUser, revocations: &State<Revocations>) -> Status {
///     let Some(sub) = &user.claims().sub else { return Status::BadRequest };
///     let rule = Rule::sub(sub).before(SystemTime::now());
///     match revocations.revoke(rule).await {
///         Ok(()) => Status::NoContent,
///         Err(_) => Status::ServiceUnavailable,
///     }
/// }
/// # let _ = routes![logout];
/// ```
#[derive(Clone)]
pub struct Revocations(Arc<Shared>);

/// A rule that fits a token: what may be told of it. Its value is in the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// `jti`, `sid`, `sub`, `client` or `all`.
    pub(crate) kind: &'static str,
    pub(crate) span: Span,
    /// Where the rule comes from, for the operator.
    pub(crate) source: &'static str,
}

impl Revocations {
    /// The rules from these sources, for the issuers by their numbers. A file that is there has to be in
    /// order.
    pub(crate) fn new(
        issuers: Vec<Named>,
        sources: &Sources,
        store: Option<&Store>,
    ) -> Result<Self, Error> {
        let store = store.filter(|_| sources.in_store).cloned();
        Ok(Self(Arc::new(Shared::new(issuers, sources, store, now())?)))
    }

    /// Makes a rule, or joins it with the one of the same issuer and value: the later `before` counts (none
    /// beats any), and the later `until`.
    ///
    /// When this returns, the rule is obeyed by this process and durable where it is written: in Redis
    /// (`store.redis`), else in `revocation.file`, which has it on disk then, else in the memory of this
    /// process.
    ///
    /// Fails where the rule names no issuer, has an empty value or lies in the past, where there are
    /// `revocation.rules` already, and where it cannot be written. Nothing has changed then; only where Redis
    /// did not answer in time, the rule may be made all the same, as a whole.
    pub async fn revoke(&self, rule: Rule) -> Result<(), RevocationError> {
        self.revoke_within(rule, self.0.most).await
    }

    /// Makes the rule of a logout. Users cause as many as they like, so a tenth of the rules is kept for
    /// [`revoke`](Self::revoke).
    pub(crate) async fn log_out(&self, rule: Rule) -> Result<(), RevocationError> {
        self.revoke_within(rule, self.0.most - self.0.most / 10).await
    }

    /// Makes a rule where there are fewer than these.
    async fn revoke_within(&self, rule: Rule, most: usize) -> Result<(), RevocationError> {
        let now = now();
        let (issuer, selector) = (self.number(&rule)?, rule.selector.clone().checked()?);
        let span = rule.span(now)?;
        if let Some(store) = self.0.store() {
            Shared::follow(&self.0, self::now).await;
            return self.0.publish(store, issuer, &selector, span, most, now).await;
        }
        self.change(now, most, move |rules| {
            rules.add(issuer, &selector, span, now);
            Ok(())
        })
        .await
    }

    /// Removes the rule of the same issuer and value, whatever its times; `false` where there is none.
    /// Tokens that it had revoked are accepted again.
    ///
    /// Fails as [`revoke`](Self::revoke) does.
    pub async fn remove(&self, rule: Rule) -> Result<bool, RevocationError> {
        let now = now();
        let issuer = self.number(&rule)?;
        if let Some(store) = self.0.store() {
            Shared::follow(&self.0, self::now).await;
            return self.0.publish_removal(store, issuer, &rule.selector, now).await;
        }
        self.change(now, self.0.most, move |rules| {
            rules.prune(now);
            Ok(rules.remove(issuer, &rule.selector))
        })
        .await
    }

    /// The rules in force, in the order of their issuers, kinds and values.
    pub fn rules(&self) -> Vec<Rule> {
        let (snapshot, now) = (self.0.rules(), now());
        let mut all = RuleSet::default();
        for (issuer, selector, span) in snapshot.sources().into_iter().flat_map(|it| it.1.iter()) {
            if !span.is_past(now) {
                all.add(issuer, &selector, span, now);
            }
        }
        named::listed(&self.0.issuers, &all)
    }

    /// Fails where the shared store was not read.
    #[cfg(feature = "cli")]
    pub(crate) fn check_known(&self) -> Result<(), RevocationError> {
        self.0.check_known()
    }

    /// The name of the issuer with this `iss`.
    #[cfg(feature = "testing")]
    pub(crate) fn name_of(&self, iss: &str) -> Option<&str> {
        self.0.issuers.iter().find(|issuer| issuer.iss == iss).map(|issuer| issuer.name.as_str())
    }

    /// Makes a rule in the memory of this process alone, whatever the sources are.
    #[cfg(feature = "testing")]
    pub(crate) fn obey(&self, rule: &Rule) -> Result<(), RevocationError> {
        let now = now();
        let (issuer, selector) = (self.number(rule)?, rule.selector.clone().checked()?);
        let span = rule.span(now)?;
        self.0.change_own(now, self.0.most, |rules| {
            rules.add(issuer, &selector, span, now);
            Ok(())
        })
    }

    /// Refuses a token of this issuer that a rule fits at `now`, in seconds since the epoch.
    pub(crate) fn check(&self, issuer: usize, claims: &Claims, now: f64) -> Result<(), Rejection> {
        match self.0.is_asked() {
            true => self.look_up(issuer, claims, now),
            false => Ok(()),
        }
    }

    fn look_up(&self, issuer: usize, claims: &Claims, now: f64) -> Result<(), Rejection> {
        if self.fitting(issuer, claims, now).is_some() {
            return Err(Rejection::Revoked);
        }
        if self.is_ready() {
            return Ok(());
        }
        Err(Rejection::StoreUnavailable { retry_after: RETRY })
    }

    /// Whether the rules are known, and no older than they may be.
    pub(crate) fn is_ready(&self) -> bool {
        let is_known = self.0.rules().is_known;
        !self.0.lacks_rules(is_known)
    }

    /// How long ago the shared store was last in contact; `None` without one, and before the first contact.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.0.age()
    }

    /// The entry of `/readyz`; `None` without a shared store.
    pub(crate) fn readiness(&self) -> Option<serde_json::Value> {
        self.0.store()?;
        let state = match (self.0.rules().is_known, self.is_ready()) {
            (false, _) => "unknown",
            (true, false) => "too_old",
            (true, true) => "known",
        };
        let age = self.age().map(|age| age.as_secs());
        Some(serde_json::json!({ "state": state, "age": age }))
    }

    /// The first rule that fits a token of this issuer at `now`.
    pub(crate) fn fitting(&self, issuer: usize, claims: &Claims, now: f64) -> Option<Fit> {
        let snapshot = self.0.rules();
        snapshot.sources().into_iter().find_map(|(source, rules)| {
            let (kind, span) = rules.fitting(issuer, claims, now)?;
            Some(Fit { kind, span, source })
        })
    }

    /// How many rules there are of each kind.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
        let snapshot = self.0.rules();
        let mut counts: Vec<_> = RuleSet::default().counts().into();
        for (_, rules) in snapshot.sources() {
            counts.iter_mut().zip(rules.counts()).for_each(|(sum, (_, more))| sum.1 += more);
        }
        counts
    }

    /// Where rules are kept, and how many there are: the line of the launch.
    pub(crate) fn place(&self) -> String {
        let rules: usize = self.counts().into_iter().map(|(_, count)| count).sum();
        match (self.0.store(), self.0.file_place()) {
            (Some(_), _) if !self.0.rules().is_known => {
                "Revocations in Redis: not known yet, answering 503 until they are".to_owned()
            }
            (Some(_), Some(file)) => format!("Revocations in Redis and {file}: {rules} now"),
            (Some(_), None) => format!("Revocations in Redis: {rules} now"),
            (None, Some(file)) => format!("Revocations in {file}: {rules} now"),
            (None, None) => "Revocations in this process alone (`revocation.file` or \
                             `store.redis` keeps them)"
                .to_owned(),
        }
    }

    /// Reads again what has changed, and forgets what is past.
    pub(crate) async fn refresh(&self) {
        Shared::follow(&self.0, now).await;
        let shared = self.0.clone();
        // A panic would leave the rules as they are.
        let _ = blocking(move || shared.refresh(now())).await;
    }

    /// Does so again and again in the background, until the last handle is dropped.
    pub(crate) fn keep_fresh(&self) {
        Shared::keep_fresh(&self.0, now);
    }

    fn number(&self, rule: &Rule) -> Result<usize, RevocationError> {
        named::number(&self.0.issuers, rule)
    }

    async fn change<T: Send + 'static>(
        &self,
        now: f64,
        most: usize,
        change: impl FnOnce(&mut RuleSet) -> Result<T, RevocationError> + Send + 'static,
    ) -> Result<T, RevocationError> {
        let shared = self.0.clone();
        if !shared.has_file() {
            return shared.change_own(now, most, change);
        }
        let changed = blocking(move || shared.change_file(now, most, change)).await;
        changed.unwrap_or_else(|| Err(RevocationError::Unwritten("the attempt panicked".into())))
    }
}

/// Calls what waits for a disk, away from the threads that serve; `None` where it panics.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match Handle::try_current() {
        Ok(_) => task::spawn_blocking(call).await.ok(),
        // A program without a runtime has nothing else to do.
        Err(_) => Some(call()),
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// How many rules there are of each kind.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counts()).finish()
    }
}
