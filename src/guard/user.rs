//! Accepted → route: the guards.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel};
use serde::de::DeserializeOwned;

use crate::fairing::refusal_log;
use crate::guard::authorized::Requirement;
use crate::guard::policy::Gate;
use crate::guard::sentinel::{self, Admits};
use crate::guard::typed_claims::claims_as;
use crate::guard::verdict::{Verdict, last_refusal, verdict};
use crate::rejection::Rejection;
use crate::rejection::needs::Unmet;
use crate::token::claims::Claims;
use crate::verifier::seconds_since_epoch;
use crate::verifier::verified::Verified;

/// A request that carried a token we accept.
///
/// Only the request guard makes one, so to hold it is to be authorised; pass it on, do not rebuild
/// it. Refuses everything else with a [`Rejection`]: a route that takes `AuthedUser` is not entered
/// without one, and `Result<AuthedUser, Rejection>` tells a route why. A launch with such a route
/// and no [`Bearer`](crate::Bearer) attached fails.
///
/// Any type that the claims deserialise to can stand for [`Claims`]; a token that does not fit is
/// refused as [`Rejection::MalformedClaim`].
///
/// ```
/// # use rocket::{get, routes, serde::Deserialize};
/// use rocket_bearer::AuthedUser;
///
/// #[derive(Deserialize)]
/// # #[serde(crate = "rocket::serde")]
/// struct Member {
///     sub: String,
///     #[serde(rename = "https://example.com/roles", default)]
///     roles: Vec<String>,
/// }
///
/// #[get("/roles")]
/// fn roles(user: AuthedUser<Member>) -> String {
///     format!("{}: {}", user.claims().sub, user.claims().roles.join(", "))
/// }
/// # let _ = routes![roles];
/// ```
///
/// There is no other way to one:
///
/// ```compile_fail
/// # use rocket_bearer::{AuthedUser, Claims};
/// fn forge(claims: Claims) -> AuthedUser {
///     AuthedUser(claims)
/// }
/// ```
pub struct AuthedUser<C = Claims> {
    claims: Arc<C>,
    verified: Verified,
    /// When it was judged.
    at: SystemTime,
}

impl<C> AuthedUser<C> {
    /// What the token says.
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims alone.
    pub fn into_claims(self) -> C
    where
        C: Clone,
    {
        Arc::unwrap_or_clone(self.claims)
    }

    /// The token as it came, for calls in the caller's name. Keep it out of logs.
    pub fn token(&self) -> &str {
        self.verified.token()
    }

    /// The JSON text that was signed, all of it; decoded at each call.
    pub fn payload(&self) -> String {
        self.verified.payload()
    }
}

#[rocket::async_trait]
impl<'r, C: DeserializeOwned + Send + Sync + 'static> FromRequest<'r> for AuthedUser<C> {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let user = verdict(request).await.and_then(|Verdict { judged, at, .. }| {
            let verified = judged.clone()?;
            let claims = claims_as(&verified).map_err(|detail| {
                refusal_log::note(request, detail);
                Rejection::MalformedClaim
            })?;
            Ok(Self { claims, verified, at: *at })
        });
        match user {
            Ok(user) => {
                // What an earlier guard said no to is not why this request fails later.
                *last_refusal(request) = None;
                Outcome::Success(user)
            }
            Err(rejection) => rejection.refuse(request),
        }
    }
}

/// A request that carried a token we accept, or no credentials at all.
///
/// Bad credentials are refused like everywhere; `Option<AuthedUser>` could not tell the two apart.
#[derive(Debug)]
pub struct OptionalUser<C = Claims>(Option<AuthedUser<C>>);

impl<C> OptionalUser<C> {
    /// The user, unless the request is anonymous.
    pub fn user(&self) -> Option<&AuthedUser<C>> {
        self.0.as_ref()
    }

    /// The user, unless the request is anonymous.
    pub fn into_user(self) -> Option<AuthedUser<C>> {
        self.0
    }
}

#[rocket::async_trait]
impl<'r, C: DeserializeOwned + Send + Sync + 'static> FromRequest<'r> for OptionalUser<C> {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let verdict = verdict(request).await;
        if verdict.is_ok_and(|verdict| matches!(verdict.judged, Err(Rejection::HeaderMissing))) {
            return Outcome::Success(Self(None));
        }
        AuthedUser::from_request(request).await.map(|user| Self(Some(user)))
    }
}

/// A request whose caller may do this: `R` says what that takes.
///
/// Refuses like [`AuthedUser`], and then with 403 who lacks a grant, or with 401 who has to sign in
/// again (RFC 9470). However many guards a route has, its token is verified once.
///
/// The claims of the guard are those that the requirement judges:
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
    /// What the token says.
    pub fn claims(&self) -> &C {
        self.user.claims()
    }

    /// Who it is.
    pub fn user(&self) -> &AuthedUser<C> {
        &self.user
    }

    /// Who it is.
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
        match permitted::<R, C>(request, &user) {
            Ok(()) => Outcome::Success(Self { user, requirement: PhantomData }),
            Err(rejection) => rejection.refuse(request),
        }
    }
}

fn permitted<R: Requirement<C>, C>(
    request: &Request<'_>,
    user: &AuthedUser<C>,
) -> Result<(), Rejection> {
    let gate = request.rocket().state::<Gate>().ok_or(Rejection::Misconfigured)?;
    let now = seconds_since_epoch(user.at);
    let needs = const { &R::NEEDS };
    match needs.check(user.verified.claims(), now, gate.leeway) {
        Ok(()) if R::admits(user.claims()) => Ok(()),
        Ok(()) => Err(Rejection::InsufficientScope { needs: None }),
        Err(Unmet::Grant) => Err(Rejection::InsufficientScope { needs: Some(needs) }),
        Err(Unmet::SignIn) => Err(Rejection::InsufficientAuthentication { needs }),
    }
}

impl<C> Sentinel for AuthedUser<C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort::<Self>(rocket, Admits::TokensOnly)
    }
}

impl<C> Sentinel for OptionalUser<C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort::<Self>(rocket, Admits::Anonymous)
    }
}

impl<R: Requirement<C>, C> Sentinel for Authorized<R, C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        let metadata = rocket.state::<Gate>().and_then(|gate| gate.metadata.as_ref());
        if let Some(metadata) = metadata.filter(|_| R::NEEDS.is_sound()) {
            metadata.add(R::NEEDS.scopes());
        }
        sentinel::abort::<Self>(rocket, Admits::TokensOnly)
    }
}

/// Lets Rocket see through an alias of `Result<AuthedUser, Rejection>`.
impl Sentinel for Rejection {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        AuthedUser::<Claims>::abort(rocket)
    }
}

/// Neither token nor claims.
impl<R, C> fmt::Debug for Authorized<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized").finish_non_exhaustive()
    }
}

/// Neither token nor claims.
impl<C> fmt::Debug for AuthedUser<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthedUser").finish_non_exhaustive()
    }
}
