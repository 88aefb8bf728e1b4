//! What a caller must have been granted, or have done: said, judged and told.

use std::time::Duration;

use crate::token::claims::Claims;

/// What must have been granted to a caller, or done by one.
///
/// A name that no token could carry does not compile where a route asks for it (RFC 6749 §3.3):
///
/// ```compile_fail
/// # use rocket::{get, routes};
/// # use rocket_bearer::{Authorized, Needs, Requirement};
/// struct TwoWords;
///
/// impl Requirement for TwoWords {
///     const NEEDS: Needs = Needs::Scope("read write");
/// }
///
/// #[get("/")]
/// fn route(_user: Authorized<TwoWords>) {}
/// # let _ = routes![route];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// This scope, in `scope` (RFC 8693 §4.2) or in Entra's `scp`.
    Scope(&'static str),
    /// This permission, in `permissions`, as Auth0's role-based access control writes it.
    Permission(&'static str),
    /// A scope or a permission of this name.
    Granted(&'static str),
    /// A claim of this name that is this text, or a list that holds it.
    Claim {
        /// The claim's name, for instance `https://example.com/roles`.
        name: &'static str,
        /// The text.
        value: &'static str,
    },
    /// A sign-in of one of these classes, in `acr` (RFC 9068 §2.2.1, RFC 9470).
    Acr(&'static [&'static str]),
    /// A sign-in at most this long and the `leeway` ago, by `auth_time`; a challenge says it in
    /// whole seconds, rounded down.
    SignedInWithin(Duration),
    /// All of these; the first that is not met answers, so put grants before sign-ins.
    All(&'static [Self]),
    /// One of these.
    Any(&'static [Self]),
}

impl Needs {
    /// Judges claims at `now`, in seconds since the epoch; the first need that is not met answers.
    pub(crate) fn check(&self, claims: &Claims, now: f64, leeway: Duration) -> Result<(), Unmet> {
        let granted = |is_met: bool| if is_met { Ok(()) } else { Err(Unmet::Grant) };
        let signed_in = |is_met: bool| if is_met { Ok(()) } else { Err(Unmet::SignIn) };
        match self {
            Self::Scope(name) => granted(claims.has_scope(name)),
            Self::Permission(name) => granted(claims.has_permission(name)),
            Self::Granted(name) => granted(claims.has_scope(name) || claims.has_permission(name)),
            Self::Claim { name, value } => granted(claims.texts(name).any(|text| text == *value)),
            Self::Acr(values) => signed_in(claims.texts("acr").any(|acr| values.contains(&acr))),
            Self::SignedInWithin(time) => signed_in(claims.auth_time().is_some_and(|at| {
                let leeway = leeway.as_secs_f64();
                at <= now + leeway && now - at <= time.as_secs_f64() + leeway
            })),
            Self::All(needs) => needs.iter().try_for_each(|need| need.check(claims, now, leeway)),
            Self::Any(needs) => {
                let unmet: Result<Vec<_>, ()> = needs
                    .iter()
                    .map(|need| need.check(claims, now, leeway).err().ok_or(()))
                    .collect();
                match unmet {
                    Err(()) => Ok(()),
                    // A sign-in is what the caller can do about it.
                    Ok(unmet) if unmet.contains(&Unmet::SignIn) => Err(Unmet::SignIn),
                    Ok(_) => Err(Unmet::Grant),
                }
            }
        }
    }

    /// Every scope that is named here, once, in order.
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        self.collect(&|need| match need {
            Self::Scope(name) | Self::Granted(name) => std::slice::from_ref(name),
            _ => &[],
        })
    }

    /// Every authentication context class that is named here, once, in order.
    pub(crate) fn acr_values(&self) -> Vec<&'static str> {
        self.collect(&|need| match need {
            Self::Acr(values) => values,
            _ => &[],
        })
    }

    /// The shortest time that is named here.
    pub(crate) fn max_age(&self) -> Option<Duration> {
        match self {
            Self::SignedInWithin(time) => Some(*time),
            Self::All(needs) | Self::Any(needs) => needs.iter().filter_map(Self::max_age).min(),
            _ => None,
        }
    }

    fn collect(&self, of: &dyn Fn(&Self) -> &[&'static str]) -> Vec<&'static str> {
        let mut names = vec![];
        match self {
            Self::All(needs) | Self::Any(needs) => {
                for name in needs.iter().flat_map(|need| need.collect(of)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            one => names.extend_from_slice(of(one)),
        }
        names
    }

    /// Whether every name here is one that a token and a challenge can carry.
    pub(crate) const fn is_sound(&self) -> bool {
        match self {
            Self::Scope(name) | Self::Granted(name) => is_token(name),
            Self::Permission(name) => !name.is_empty(),
            Self::Claim { name, .. } => !name.is_empty(),
            Self::Acr(values) => {
                let mut index = 0;
                while index < values.len() {
                    if !is_token(values[index]) {
                        return false;
                    }
                    index += 1;
                }
                !values.is_empty()
            }
            Self::SignedInWithin(_) => true,
            Self::All(needs) => all_sound(needs),
            Self::Any(needs) => all_sound(needs) && !needs.is_empty(),
        }
    }
}

const fn all_sound(needs: &[Needs]) -> bool {
    let mut index = 0;
    while index < needs.len() {
        if !needs[index].is_sound() {
            return false;
        }
        index += 1;
    }
    true
}

/// What was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A scope, a permission or a claim.
    Grant,
    /// A sign-in that is strong or recent enough.
    SignIn,
}

/// A scope-token (RFC 6749 §3.3): printable, without a space, a quote or a backslash.
pub(crate) const fn is_token(name: &str) -> bool {
    let octets = name.as_bytes();
    let mut index = 0;
    while index < octets.len() {
        if !matches!(octets[index], 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        index += 1;
    }
    !octets.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sign_in_is_recent_to_the_second_and_the_leeway() {
        const SIGNED_IN: f64 = 1_800_000_000.0;
        let fresh = Needs::SignedInWithin(Duration::from_secs(60));
        for (leeway, now, verdict) in [
            (0, SIGNED_IN, Ok(())),
            (0, SIGNED_IN + 60.0, Ok(())),
            (0, SIGNED_IN + 60.001, Err(Unmet::SignIn)),
            (0, SIGNED_IN + 61.0, Err(Unmet::SignIn)),
            (5, SIGNED_IN + 65.0, Ok(())),
            (5, SIGNED_IN + 66.0, Err(Unmet::SignIn)),
            // Nobody signs in tomorrow.
            (0, SIGNED_IN - 0.001, Err(Unmet::SignIn)),
            (5, SIGNED_IN - 5.0, Ok(())),
            (5, SIGNED_IN - 6.0, Err(Unmet::SignIn)),
        ] {
            for auth_time in [json!(SIGNED_IN), json!(SIGNED_IN as u64)] {
                let claims = json!({ "iss": "i", "exp": 0, "auth_time": auth_time });
                let claims: Claims = serde_json::from_value(claims).unwrap();
                let judged = fresh.check(&claims, now, Duration::from_secs(leeway));
                assert_eq!(judged, verdict, "leeway {leeway}, {} after it", now - SIGNED_IN);
            }
        }
    }
}
