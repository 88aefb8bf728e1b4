//! Needs that an accepted token does not meet: what is missing, and who grants it.

use serde_json::Value;

use super::grantor::Grantor;
use super::needs::{Caller, each, told};
use super::report::Diagnosis;
use super::words::{either, moment, plain, printable, span};
use crate::config::is_role_source;
use crate::rejection::needs::Needs;
use crate::token::claims;

/// How deep in the claims a role is looked for.
const DEEPEST: usize = 4;

impl Caller<'_> {
    /// A diagnosis for each need that is not met.
    pub(super) fn unmet(&self, needs: &'static Needs) -> Vec<Diagnosis> {
        let unmet = each(needs).into_iter().filter(|need| !self.meets(need));
        unmet.flat_map(|need| self.missing(need)).collect()
    }

    fn missing(&self, need: &'static Needs) -> Vec<Diagnosis> {
        let grantor = Grantor::of(self.issuer, &self.claims.iss);
        let one = match need {
            Needs::Scope(name) | Needs::Granted(name) => Diagnosis::new(
                "missing_scope",
                format!("The token has no {}.{}", told(need), self.near(need, name)),
                grantor.scope(&printable(name)),
            ),
            Needs::Permission(name) => Diagnosis::new(
                "missing_permission",
                format!("The token has no {}.{}", told(need), self.near(need, name)),
                grantor.permission(&printable(name)),
            ),
            Needs::Role(name) => self.missing_role(name, grantor),
            Needs::Organization(id) => Diagnosis::new(
                "other_organization",
                format!(
                    "`org_id` is {}, and {} is asked for.",
                    plain(self.claims.get("org_id")),
                    printable(id)
                ),
                format!(
                    "Have the client sign the user, who has to be a member, in with \
                     `organization={}`.",
                    printable(id)
                ),
            ),
            Needs::Actor(name) => Diagnosis::new(
                "other_actor",
                format!("The token does not say that {} acts for its subject.", printable(name)),
                "Only a token of a token exchange (RFC 8693) has an `act`: have that party exchange \
                 the user's token at the issuer.",
            ),
            Needs::Claim { name, .. } => Diagnosis::new(
                "missing_claim",
                format!(
                    "{} is not met: the token has {} there.",
                    told(need),
                    plain(self.claims.value(name).as_deref())
                ),
                grantor.claim(&printable(name)),
            ),
            Needs::Acr(values) => self.weak_sign_in(values),
            Needs::SignedInWithin(_) => self.old_sign_in(need),
            Needs::All(needs) => {
                let unmet = needs.iter().filter(|need| !self.meets(need));
                return unmet.flat_map(|need| self.missing(need)).collect();
            }
            Needs::Any(needs) => {
                let alternatives = needs.iter().flat_map(|need| self.missing(need));
                let says = |it: Diagnosis| Diagnosis {
                    says: format!("One of {} ways: {}", needs.len(), it.says).into(),
                    ..it
                };
                return alternatives.map(says).collect();
            }
        };
        vec![one]
    }

    /// Why a name that seems to be there does not count.
    fn near(&self, need: &Needs, name: &str) -> String {
        let claims = self.claims;
        let granted = || claims.scopes().chain(claims.permissions.iter().map(String::as_str));
        let same = granted().find(|it| *it != name && it.eq_ignore_ascii_case(name));
        let has_commas = claims.scopes().any(|it| it.split(',').any(|part| part == name));
        match need {
            Needs::Scope(_) if claims.has_permission(name) => {
                " It has a permission of this name, which is no scope.".to_owned()
            }
            Needs::Permission(_) if claims.has_scope(name) => {
                " It has a scope of this name, which is no permission.".to_owned()
            }
            _ if has_commas => " Its scopes are parted by commas, and spaces are right \
                                (RFC 8693 §4.2)."
                .to_owned(),
            _ => match (same, self.place_of(name)) {
                (Some(same), _) => format!(" It has {}: letter case counts.", printable(same)),
                (None, Some(place)) => format!(
                    " The name stands in `{}`, which says roles at most (the key `roles`).",
                    printable(&place)
                ),
                (None, None) => String::new(),
            },
        }
    }

    fn missing_role(&self, name: &str, grantor: Grantor) -> Diagnosis {
        let sources: Vec<_> = self.issuer.roles.iter().map(ToString::to_string).collect();
        let shown = printable(name);
        let (label, says) = match sources.as_slice() {
            [] => (
                "roles_unset",
                format!("No roles are read: `roles` is not set for issuer `{}`.", self.issuer.name),
            ),
            sources => (
                "missing_role",
                format!("The token has no role {shown} in {}.", printable(&sources.join(", "))),
            ),
        };
        let Some(place) = self.place_of(name) else {
            let set = match grantor.roles_line() {
                _ if !sources.is_empty() => String::new(),
                Some(line) => format!("Set `{line}` for this issuer. "),
                None => {
                    "Set `roles` for this issuer to the claim in which it says roles. ".to_owned()
                }
            };
            return Diagnosis::new(label, says, format!("{set}{}", grantor.role(&shown)));
        };
        let all = sources.iter().chain([&place]).map(|it| format!("\"{}\"", printable(it)));
        Diagnosis::new(
            label,
            format!("{says} It has {shown} in `{}`.", printable(&place)),
            format!(
                "Set `roles = [{}]` for this issuer, if only the issuer writes that claim.",
                all.collect::<Vec<_>>().join(", ")
            ),
        )
    }

    /// The claim that holds this name as roles are held, where `roles` may name it.
    fn place_of(&self, name: &str) -> Option<String> {
        let known = ["scope", "scp", "permissions"];
        let others = self.claims.other.iter().filter(|(claim, _)| !known.contains(&claim.as_str()));
        let mut places = others.filter_map(|(claim, value)| {
            let rest = pointer_to(value, name, DEEPEST)?;
            if rest.is_empty() && !claim.starts_with('/') {
                return Some(claim.clone());
            }
            Some(format!("/{}{rest}", escaped(claim)))
        });
        places.find(|place| is_role_source(place))
    }

    fn weak_sign_in(&self, values: &[&str]) -> Diagnosis {
        if self.claims.caller() == claims::Caller::Machine {
            return no_sign_in();
        }
        let values: Vec<_> = values.iter().map(|it| printable(it)).collect();
        Diagnosis::new(
            "weak_sign_in",
            format!(
                "`acr` is {}, and {} is asked for: the user has signed in another way.",
                plain(self.claims.get("acr")),
                either(&values)
            ),
            format!(
                "Have the client sign the user in again with `acr_values={}` (RFC 9470), as the \
                 challenge says; the issuer's metadata lists what it can (`acr_values_supported`).",
                values.join(" ")
            ),
        )
    }

    fn old_sign_in(&self, need: &Needs) -> Diagnosis {
        let most = need.max_age().unwrap_or_default();
        let again = format!(
            "Have the client sign the user in again with `max_age={}` (RFC 9470), as the challenge \
             says.",
            most.as_secs()
        );
        match self.claims.auth_time() {
            None if self.claims.caller() == claims::Caller::Machine => no_sign_in(),
            None => Diagnosis::new(
                "no_auth_time",
                "The token does not say when the user signed in: it has no `auth_time`.",
                "Have the issuer write `auth_time` into its access tokens (RFC 9068 §2.2.1).",
            ),
            Some(at) if at > self.at.now => Diagnosis::new(
                "clock_skew",
                format!(
                    "The sign-in is {} in the future: a clock is wrong.",
                    span(at - self.at.now)
                ),
                "Synchronise the clocks (NTP) of the issuer and of this machine.",
            ),
            Some(at) => Diagnosis::new(
                "old_sign_in",
                format!(
                    "The user signed in {} ago, at {} (`auth_time`), and at most {} are asked for.",
                    span(self.at.now - at),
                    moment(at),
                    span(most.as_secs_f64())
                ),
                again,
            ),
        }
    }
}

fn no_sign_in() -> Diagnosis {
    Diagnosis::new(
        "machine",
        "The token is of a machine (client credentials), which has signed nobody in.",
        "Send the token of a user, or let the route ask machines for a scope instead.",
    )
}

/// The JSON pointer within a value to what holds this name: a text of words, a list, or an object.
fn pointer_to(value: &Value, name: &str, depth: usize) -> Option<String> {
    let is_here = match value {
        Value::String(text) => text.split(' ').any(|word| word == name),
        Value::Array(list) => list.iter().any(|it| it.as_str() == Some(name)),
        Value::Object(object) => object.contains_key(name),
        _ => false,
    };
    if is_here {
        return Some(String::new());
    }
    let members = value.as_object().filter(|_| depth > 1)?;
    members.iter().find_map(|(member, value)| {
        Some(format!("/{}{}", escaped(member), pointer_to(value, name, depth - 1)?))
    })
}

/// A member's name in a JSON pointer (RFC 6901 §3).
fn escaped(member: &str) -> String {
    member.replace('~', "~0").replace('/', "~1")
}
