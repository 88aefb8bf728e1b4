//! What a route asks of its caller beyond a token: each need, and what the token has.

use super::possession::SentProof;
use super::report::{Outcome, Step};
use super::words::{either, moment, printable, shown, shown_time, span};
use crate::guard::requirement::Circumstances;
use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::token::claims::Claims;
use crate::verifier::issuer::TrustedIssuer;

/// What is asked for beyond an accepted token, and by which route.
#[derive(Default)]
pub(crate) struct Asked {
    /// `GET /messages`; `None` for any route with these needs.
    pub(crate) route: Option<String>,
    pub(crate) needs: Option<&'static Needs>,
    /// The proof that came along.
    pub(crate) proof: Option<SentProof>,
}

/// An accepted token, at the instant of the judgement.
pub(super) struct Caller<'a> {
    pub(super) claims: &'a Claims,
    pub(super) issuer: &'a TrustedIssuer,
    pub(super) at: Circumstances<'a>,
}

impl Caller<'_> {
    pub(super) fn meets(&self, need: &Needs) -> bool {
        need.check(self.claims, &self.at).is_ok()
    }

    /// The refusal of a guard with these needs, if it refuses.
    pub(super) fn grant(&self, needs: &'static Needs) -> Result<(), Rejection> {
        let judged = needs.check(self.claims, &self.at);
        judged.map_err(|unmet| unmet.refusal(needs))
    }

    /// What the token has of the kind that is needed.
    fn has(&self, need: &Needs) -> String {
        let claims = self.claims;
        let scopes = || format!("scopes {}", listed(claims.scopes()));
        let permissions =
            || format!("permissions {}", listed(claims.permissions.iter().map(String::as_str)));
        match need {
            Needs::Scope(_) => scopes(),
            Needs::Permission(_) => permissions(),
            Needs::Granted(_) => format!("{}; {}", scopes(), permissions()),
            Needs::Role(_) if self.issuer.roles.is_empty() => "no roles are read".to_owned(),
            Needs::Role(_) => format!("roles {}", listed(claims.roles())),
            Needs::Claim { name, .. } => shown(claims.value(name).as_deref()),
            Needs::Acr(_) => format!("acr {}", shown(claims.get("acr"))),
            Needs::SignedInWithin(_) => match claims.auth_time() {
                Some(at) if at <= self.at.now => {
                    format!("{}, {} ago", moment(at), span(self.at.now - at))
                }
                _ => format!("auth_time {}", shown_time(claims.get("auth_time"))),
            },
            Needs::Organization(_) => format!("org_id {}", shown(claims.get("org_id"))),
            Needs::Actor(_) => match claims.actor() {
                Some(actor) => format!("act.sub {}", printable(actor)),
                None => "no act.sub".to_owned(),
            },
            Needs::All(needs) | Needs::Any(needs) => {
                let mut all = vec![];
                for has in needs.iter().map(|need| self.has(need)) {
                    if !all.contains(&has) {
                        all.push(has);
                    }
                }
                all.join("; ")
            }
        }
    }
}

/// The needs that have to be met together, one by one.
pub(super) fn each(needs: &'static Needs) -> Vec<&'static Needs> {
    match needs {
        Needs::All(needs) => needs.iter().flat_map(each).collect(),
        one => vec![one],
    }
}

/// A line for each need; without a caller, for the token was refused, nothing is judged.
pub(super) fn steps(needs: &'static Needs, caller: Option<&Caller<'_>>) -> Vec<Step> {
    let step = |need| {
        let (outcome, found) = match caller {
            None => (Outcome::NotReached, "not judged".to_owned()),
            Some(caller) if caller.meets(need) => (Outcome::Passed, caller.has(need)),
            Some(caller) => (Outcome::Refused, caller.has(need)),
        };
        Step { check: "needs", outcome, expected: told(need), found }
    };
    each(needs).into_iter().map(step).collect()
}

/// A need in words.
pub(super) fn told(need: &Needs) -> String {
    match need {
        Needs::Scope(name) => format!("scope {}", printable(name)),
        Needs::Permission(name) => format!("permission {}", printable(name)),
        Needs::Granted(name) => format!("scope or permission {}", printable(name)),
        Needs::Claim { name, value } => {
            format!("claim {} = {}", printable(name), printable(value))
        }
        Needs::Acr(values) => {
            let values: Vec<_> = values.iter().map(|it| printable(it)).collect();
            format!("acr {}", either(&values))
        }
        Needs::SignedInWithin(time) => format!("a sign-in within {}", span(time.as_secs_f64())),
        Needs::Role(name) => format!("role {}", printable(name)),
        Needs::Organization(id) => format!("organization {}", printable(id)),
        Needs::Actor(name) => format!("actor {}", printable(name)),
        Needs::All(needs) => needs.iter().map(told).collect::<Vec<_>>().join(" and "),
        Needs::Any(needs) => needs.iter().map(told).collect::<Vec<_>>().join(", or "),
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    match names.collect::<Vec<_>>().join(" ") {
        none if none.is_empty() => "none".to_owned(),
        names => printable(&names),
    }
}
