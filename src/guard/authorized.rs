//! The guard that asks for more than a token: what a caller must have been granted, or have done.

use std::fmt;
use std::marker::PhantomData;

use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel};
use serde::de::DeserializeOwned;

use super::policy::Policy;
use super::requirement::Requirement;
use super::sentinel::{self, Admits};
use super::user::AuthedUser;
use crate::rejection::Rejection;
use crate::token::claims::Claims;
use crate::verifier::seconds_since_epoch;

/// The user of a request that meets the requirement `R`.
///
/// Refuses as [`AuthedUser`] does, then with 403 a caller without the right, and with 401 a caller that
/// has to sign in again (RFC 9470). The token of a request is verified once, however many guards ask.
///
/// The requirement judges the claims that the guard has:
///
/// ```compile_fail
/// # use rocket::{get, routes, serde::Deserialize};
/// # use rocket_bearer::{Authorized, Requirement};
/// # #[derive(Deserialize)]
/// # #[serde(crate = "rocket::serde")]
/// # struct Member { age: u8 }
/// struct Adult;
///
/// impl Requirement<Member> for Adult {
///     fn admits(member: &Member) -> bool { member.age >= 18 }
/// }
///
/// #[get("/bar")]
/// fn bar(_guest: Authorized<Adult>) {}
/// # let _ = routes![bar];
/// ```
///
/// In an OpenAPI document its security scheme is `{"type": "http", "scheme": "bearer",
/// "bearerFormat": "JWT"}`, and a route's `security` lists the scopes of its requirement.
pub struct Authorized<R, C = Claims> {
    user: AuthedUser<C>,
    requirement: PhantomData<fn() -> R>,
}

impl<R, C> Authorized<R, C> {
    /// The claims of the token.
    pub fn claims(&self) -> &C {
        self.user.claims()
    }

    /// The user.
    pub fn user(&self) -> &AuthedUser<C> {
        &self.user
    }

    /// The user, by value.
    pub fn into_user(self) -> AuthedUser<C> {
        self.user
    }
}

#[rocket::async_trait]
impl<'r, R, C> FromRequest<'r> for Authorized<R, C>
where
    R: Requirement<C>,
    C: DeserializeOwned + Send + Sync + 'static,
{
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        const {
            assert!(
                R::NEEDS.is_sound(),
                "a name in `Needs` is empty, or holds a space, a quote or a backslash"
            )
        };
        let user = try_outcome!(AuthedUser::<C>::from_request(request).await);
        match authorize::<R, C>(request, &user) {
            Ok(()) => Outcome::Success(Self { user, requirement: PhantomData }),
            Err(rejection) => rejection.refuse(request),
        }
    }
}

/// Judges the claims of a user by a requirement.
fn authorize<R: Requirement<C>, C>(
    request: &Request<'_>,
    user: &AuthedUser<C>,
) -> Result<(), Rejection> {
    let policy = Policy::of(request.rocket()).ok_or(Rejection::Misconfigured)?;
    let now = seconds_since_epoch(user.at);
    let needs = const { &R::NEEDS };
    match needs.check(user.verified.claims(), now, policy.leeway) {
        Ok(()) if R::admits(user.claims()) => Ok(()),
        Ok(()) => Err(Rejection::InsufficientScope { needs: None }),
        Err(unmet) => Err(unmet.refusal(needs)),
    }
}

impl<R: Requirement<C>, C> Sentinel for Authorized<R, C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        if let Some(policy) = Policy::of(rocket).filter(|_| R::NEEDS.is_sound()) {
            policy.note_scopes(R::NEEDS.scopes());
        }
        sentinel::abort_asking::<Self>(rocket, Admits::TokensOnly, const { &R::NEEDS })
    }
}

/// Neither token nor claims.
impl<R, C> fmt::Debug for Authorized<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized").finish_non_exhaustive()
    }
}
