//! The guard that asks for more than a token: what a caller must have been granted, or have done.

use std::fmt;
use std::marker::PhantomData;

use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel};
use serde::de::DeserializeOwned;

use super::policy::Policy;
use super::refusal::Refusal;
use super::requirement::Requirement;
use super::sentinel::{self, Admits};
use super::user::AuthedUser;
use crate::rejection::Rejection;
use crate::token::claims::Claims;

/// The user of a request that meets the requirement `R`.
///
/// Refuses as [`AuthedUser`] does, then with 403 a caller without the right, and with 401 a caller that
/// has to sign in again (RFC 9470). The token of a request is verified once, however many guards ask.
///
/// The challenge of each 401 and 403 names the scopes of the requirement, so that a client asks for the
/// right token at its first try: all of [`Needs::All`](crate::Needs::All), of [`Needs::Any`](crate::Needs::Any)
/// those of the first that scopes alone can meet. The first guard that refuses answers, so `Authorized`
/// stands before an `AuthedUser` of the same route, which knows of no scopes.
///
/// The requirement judges the claims that the guard has:
///
/// ```compile_fail
/// use rocket::serde::Deserialize;
/// use rocket::{get, routes};
/// use rocket_bearer::{Authorized, Requirement};
/// #[derive(Deserialize)]
/// #[serde(crate = "rocket::serde")]
/// struct Member { age: u8 }
///
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
        match authorize::<R, C>(request).await {
            Ok(user) => Outcome::Success(Self { user, requirement: PhantomData }),
            Err(refusal) => refusal.refuse(request),
        }
    }
}

/// The user of this request, whose claims meet the requirement.
async fn authorize<R, C>(request: &Request<'_>) -> Result<AuthedUser<C>, Refusal>
where
    R: Requirement<C>,
    C: DeserializeOwned + Send + Sync + 'static,
{
    let needs = const { &R::NEEDS };
    let user = AuthedUser::<C>::authenticate(request).await;
    let user = user.map_err(|refusal| refusal.asking(needs))?;
    let policy = Policy::of(request.rocket()).ok_or(Rejection::Misconfigured)?;
    match needs.check(user.verified.claims(), &policy.circumstances(user.at)) {
        Ok(()) if R::admits(user.claims()) => Ok(user),
        Ok(()) => Err(Rejection::InsufficientScope { needs: None }.into()),
        Err(unmet) => Err(unmet.refusal(needs).into()),
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
