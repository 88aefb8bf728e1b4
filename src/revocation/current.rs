//! The rules of this moment, which every verdict asks, and the handle that changes them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::error::RevocationError;
use super::rule::{Rule, Selector, Span};
use super::rule_set::RuleSet;
use crate::rejection::Rejection;
use crate::token::claims::Claims;

/// The rules by which tokens are revoked before they expire.
///
/// An app with [`Bearer`](crate::Bearer) attached has this in Rocket's state;
/// [`Verifier::revocations`](crate::Verifier::revocations) gives it without Rocket. A clone shares the
/// rules. A rule is obeyed by every guard as soon as [`revoke`](Self::revoke) returns, and by tokens that
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

/// An issuer as rules name it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) iss: String,
}

struct Shared {
    /// By their numbers.
    issuers: Vec<Named>,
    most: usize,
    /// Whether there is anything to look up: all that a token costs without rules.
    has_rules: AtomicBool,
    rules: ArcSwap<Snapshot>,
    /// Held while the rules are changed.
    turn: Mutex<()>,
}

/// The rules by their source.
#[derive(Debug, Clone, Default)]
struct Snapshot {
    /// Those that this process has made, where they are written nowhere.
    own: RuleSet,
}

impl Snapshot {
    fn sources(&self) -> [(&'static str, &RuleSet); 1] {
        [("this process", &self.own)]
    }
}

/// A rule that fits a token: what may be told of it. Its value is in the token.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "`explain` tells it"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// `jti`, `sid`, `sub`, `client` or `all`.
    pub(crate) kind: &'static str,
    pub(crate) span: Span,
    /// Where the rule comes from, for the operator.
    pub(crate) source: &'static str,
}

impl Revocations {
    /// No rules yet, of at most this many, for these issuers by their numbers.
    pub(crate) fn new(issuers: Vec<Named>, most: usize) -> Self {
        Self(Arc::new(Shared {
            issuers,
            most,
            has_rules: AtomicBool::new(false),
            rules: ArcSwap::default(),
            turn: Mutex::default(),
        }))
    }

    /// Makes a rule, or joins it with the one of the same issuer and value: the later `before` counts (none
    /// beats any), and the later `until`.
    ///
    /// The rule is obeyed by this process when this returns. It is kept in memory, and gone with the process.
    ///
    /// Fails where the rule names no issuer, has an empty value or lies in the past, and where there are
    /// `revocation.rules` already.
    pub async fn revoke(&self, rule: Rule) -> Result<(), RevocationError> {
        self.obey(&rule)
    }

    /// Removes the rule of the same issuer and value, whatever its times; `false` where there is none.
    /// Tokens that it had revoked are accepted again.
    ///
    /// Fails as [`revoke`](Self::revoke) does.
    pub async fn remove(&self, rule: Rule) -> Result<bool, RevocationError> {
        let issuer = self.0.number(&rule)?;
        let mut is_there = false;
        self.0.change(|snapshot| {
            snapshot.own.prune(now());
            is_there = snapshot.own.remove(issuer, &rule.selector);
            Ok::<_, RevocationError>(())
        })?;
        Ok(is_there)
    }

    /// The rules in force, in the order of their issuers, kinds and values.
    pub fn rules(&self) -> Vec<Rule> {
        let (snapshot, now) = (self.0.rules.load(), now());
        let mut all = RuleSet::default();
        for (issuer, selector, span) in snapshot.sources().into_iter().flat_map(|it| it.1.iter()) {
            if !span.is_past(now) {
                all.add(issuer, &selector, span, now);
            }
        }
        self.0.listed(&all)
    }

    /// The name of the issuer with this `iss`.
    #[cfg(feature = "testing")]
    pub(crate) fn name_of(&self, iss: &str) -> Option<&str> {
        self.0.issuers.iter().find(|issuer| issuer.iss == iss).map(|issuer| issuer.name.as_str())
    }

    /// Makes a rule in the memory of this process alone.
    pub(crate) fn obey(&self, rule: &Rule) -> Result<(), RevocationError> {
        let now = now();
        let issuer = self.0.number(rule)?;
        let selector = rule.selector.clone().checked()?;
        let span = rule.span(now)?;
        self.0.change(|snapshot| {
            snapshot.own.add(issuer, &selector, span, now);
            self.0.check_room(&mut snapshot.own, now)
        })
    }

    /// Refuses a token of this issuer that a rule fits at `now`, in seconds since the epoch.
    pub(crate) fn check(&self, issuer: usize, claims: &Claims, now: f64) -> Result<(), Rejection> {
        if !self.0.has_rules.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.fitting(issuer, claims, now) {
            Some(_) => Err(Rejection::Revoked),
            None => Ok(()),
        }
    }

    /// The first rule that fits a token of this issuer at `now`.
    pub(crate) fn fitting(&self, issuer: usize, claims: &Claims, now: f64) -> Option<Fit> {
        let snapshot = self.0.rules.load();
        snapshot.sources().into_iter().find_map(|(source, rules)| {
            let (kind, span) = rules.fitting(issuer, claims, now)?;
            Some(Fit { kind, span, source })
        })
    }

    /// How many rules there are of each kind.
    pub(crate) fn counts(&self) -> Vec<(&'static str, usize)> {
        let snapshot = self.0.rules.load();
        let mut counts: Vec<_> = RuleSet::default().counts().into();
        for (_, rules) in snapshot.sources() {
            counts.iter_mut().zip(rules.counts()).for_each(|(sum, (_, more))| sum.1 += more);
        }
        counts
    }
}

impl Shared {
    /// The number of the issuer that the rule names.
    fn number(&self, rule: &Rule) -> Result<usize, RevocationError> {
        let names =
            || self.issuers.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
        match (&rule.issuer, self.issuers.as_slice()) {
            (None, [_]) => Ok(0),
            (None, _) => Err(RevocationError::UnknownIssuer(format!(
                "the rule says of which issuer it is nowhere; name one of {}",
                names()
            ))),
            (Some(name), issuers) => {
                let number = issuers.iter().position(|issuer| issuer.name == *name);
                number.ok_or_else(|| {
                    let text = format!("no issuer has this name; the issuers are {}", names());
                    RevocationError::UnknownIssuer(text)
                })
            }
        }
    }

    /// Changes a copy of the rules, which then takes their place; an error leaves all as it was.
    fn change<E>(&self, change: impl FnOnce(&mut Snapshot) -> Result<(), E>) -> Result<(), E> {
        let _turn = self.turn.lock();
        let mut snapshot = Snapshot::clone(&self.rules.load());
        change(&mut snapshot)?;
        let has_rules = snapshot.sources().into_iter().any(|(_, rules)| rules.len() > 0);
        self.rules.store(Arc::new(snapshot));
        self.has_rules.store(has_rules, Ordering::Release);
        Ok(())
    }

    fn check_room(&self, rules: &mut RuleSet, now: f64) -> Result<(), RevocationError> {
        if rules.len() > self.most {
            rules.prune(now);
        }
        if rules.len() > self.most {
            return Err(RevocationError::Full { most: self.most });
        }
        Ok(())
    }

    fn listed(&self, rules: &RuleSet) -> Vec<Rule> {
        let mut rules: Vec<_> = rules.iter().collect();
        rules.sort_by(|(one, name, _), (other, named, _)| {
            (one, order(name)).cmp(&(other, order(named)))
        });
        let rules = rules.into_iter().map(|(issuer, selector, span)| Rule {
            selector,
            issuer: Some(self.issuers[issuer].name.clone()),
            before: span.before(),
            until: Some(span.until),
        });
        rules.collect()
    }
}

fn order(selector: &Selector) -> (&'static str, &str) {
    (selector.name(), selector.value().unwrap_or_default())
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// How many rules there are.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counts()).finish()
    }
}
