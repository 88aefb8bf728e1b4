//! What a route asks of its caller beyond a token, and whether a token's claims meet it.

use std::time::Duration;

use serde_json::Value;

use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::token::claims::Claims;
use crate::token::scope_hierarchy::ScopeHierarchy;

/// What a route asks of its caller beyond an accepted token; a type of your own implements it.
///
/// A route asks for it with the guard [`Authorized<Self>`](crate::Authorized). `C` is the type of the
/// claims, [`Claims`] by default.
///
/// ```
/// use rocket::get;
/// use rocket_bearer::{Authorized, Needs, Requirement};
///
/// struct ReadMessages;
///
/// impl Requirement for ReadMessages {
///     const NEEDS: Needs = Needs::Granted("read:messages");
/// }
///
/// #[get("/messages")]
/// fn messages(reader: Authorized<ReadMessages>) -> String {
///     format!("hello {:?}", reader.claims().sub)
/// }
/// ```
///
/// [`requirement!`](crate::requirement) writes such a type in a line. A pair or a triple of requirements asks for all of them. What a [`Needs`] cannot say, [`admits`]
/// can, over typed claims:
///
/// ```
/// use rocket::serde::Deserialize;
/// use rocket::get;
/// use rocket_bearer::{Authorized, Requirement};
///
/// #[derive(Deserialize)]
/// #[serde(crate = "rocket::serde")]
/// struct Member {
///     #[serde(rename = "https://example.com/age")]
///     age: u8,
/// }
///
/// struct Adult;
///
/// impl Requirement<Member> for Adult {
///     fn admits(member: &Member) -> bool {
///         member.age >= 18
///     }
/// }
///
/// #[get("/bar")]
/// fn bar(_guest: Authorized<Adult, Member>) -> &'static str {
///     "welcome"
/// }
/// ```
///
/// [`admits`]: Requirement::admits
pub trait Requirement<C = Claims>: 'static {
    /// What the token must grant; nothing by default.
    const NEEDS: Needs = Needs::All(&[]);

    /// Whether the claims are enough; `false` is answered with 403 `insufficient_scope`. `true` by
    /// default.
    fn admits(claims: &C) -> bool {
        let _ = claims;
        true
    }
}

/// Makes a type that is a [`Requirement`]: of the scope or permission of a name, or of other
/// [`Needs`](crate::Needs).
///
/// ```
/// use rocket::{get, routes};
/// use rocket_bearer::{Authorized, Needs, requirement};
///
/// requirement!(ReadMessages = "read:messages");
/// requirement!(
///     /// Those who may see everything.
///     pub Auditor = Needs::Any(&[Needs::Role("auditor"), Needs::Scope("read:all")])
/// );
///
/// #[get("/messages")]
/// fn messages(_reader: Authorized<ReadMessages>) {}
///
/// #[get("/audit")]
/// fn audit(_auditor: Authorized<Auditor>) {}
///
/// let routes = routes![messages, audit];
/// ```
#[macro_export]
macro_rules! requirement {
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $granted:literal) => {
        $crate::requirement!(
            $(#[$attribute])* $visibility $name = $crate::Needs::Granted($granted)
        );
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $needs:expr) => {
        $(#[$attribute])*
        $visibility struct $name;

        impl $crate::Requirement for $name {
            const NEEDS: $crate::Needs = $needs;
        }
    };
}

impl<C, A: Requirement<C>, B: Requirement<C>> Requirement<C> for (A, B) {
    const NEEDS: Needs = Needs::All(&[A::NEEDS, B::NEEDS]);

    fn admits(claims: &C) -> bool {
        A::admits(claims) && B::admits(claims)
    }
}

impl<C, R: Requirement<C>, S: Requirement<C>, T: Requirement<C>> Requirement<C> for (R, S, T) {
    const NEEDS: Needs = Needs::All(&[R::NEEDS, S::NEEDS, T::NEEDS]);

    fn admits(claims: &C) -> bool {
        R::admits(claims) && S::admits(claims) && T::admits(claims)
    }
}

impl Needs {
    /// Judges claims in these circumstances; the first unmet need answers.
    pub(crate) fn check(&self, claims: &Claims, at: &Circumstances<'_>) -> Result<(), Unmet> {
        let Circumstances { now, leeway, scopes } = *at;
        let granted = |is_met: bool| if is_met { Ok(()) } else { Err(Unmet::Grant) };
        let signed_in = |is_met: bool| if is_met { Ok(()) } else { Err(Unmet::SignIn) };
        match self {
            Self::Scope(name) => granted(scopes.grants(claims, name)),
            Self::Permission(name) => granted(claims.has_permission(name)),
            Self::Granted(name) => {
                granted(scopes.grants(claims, name) || claims.has_permission(name))
            }
            Self::Claim { name, value } => granted(claims.texts(name).any(|text| text == *value)),
            Self::Acr(values) => signed_in(claims.texts("acr").any(|acr| values.contains(&acr))),
            Self::SignedInWithin(time) => signed_in(claims.auth_time().is_some_and(|at| {
                let leeway = leeway.as_secs_f64();
                at <= now + leeway && now - at <= time.as_secs_f64() + leeway
            })),
            Self::Role(name) => granted(claims.has_role(name)),
            Self::Organization(id) => {
                granted(claims.get("org_id").and_then(Value::as_str) == Some(id))
            }
            Self::Actor(name) => granted(claims.actor() == Some(name)),
            Self::All(needs) => needs.iter().try_for_each(|need| need.check(claims, at)),
            Self::Any(needs) => {
                let unmet: Result<Vec<_>, ()> =
                    needs.iter().map(|need| need.check(claims, at).err().ok_or(())).collect();
                match unmet {
                    Err(()) => Ok(()),
                    // A sign-in is what the caller can do about it.
                    Ok(unmet) if unmet.contains(&Unmet::SignIn) => Err(Unmet::SignIn),
                    Ok(_) => Err(Unmet::Grant),
                }
            }
        }
    }
}

/// What claims are judged by, beside the needs.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances<'c> {
    /// Seconds since the epoch.
    pub(crate) now: f64,
    /// The allowed clock skew.
    pub(crate) leeway: Duration,
    /// Which scopes imply which.
    pub(crate) scopes: &'c ScopeHierarchy,
}

/// What a caller lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A scope, a permission or a claim.
    Grant,
    /// A sign-in that is strong or recent enough.
    SignIn,
}

impl Unmet {
    /// The refusal of a caller that does not meet `needs`.
    pub(crate) fn refusal(self, needs: &'static Needs) -> Rejection {
        match self {
            Self::Grant => Rejection::InsufficientScope { needs: Some(needs) },
            Self::SignIn => Rejection::InsufficientAuthentication { needs },
        }
    }
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
            // A sign-in that is still to come is none.
            (0, SIGNED_IN - 0.001, Err(Unmet::SignIn)),
            (5, SIGNED_IN - 5.0, Ok(())),
            (5, SIGNED_IN - 6.0, Err(Unmet::SignIn)),
        ] {
            for auth_time in [json!(SIGNED_IN), json!(SIGNED_IN as u64)] {
                let claims = json!({ "iss": "i", "exp": 0, "auth_time": auth_time });
                let claims: Claims = serde_json::from_value(claims).unwrap();
                let scopes = &ScopeHierarchy::default();
                let at = Circumstances { now, leeway: Duration::from_secs(leeway), scopes };
                let judged = fresh.check(&claims, &at);
                assert_eq!(judged, verdict, "leeway {leeway}, {} after it", now - SIGNED_IN);
            }
        }
    }
}
