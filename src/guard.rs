//! Accepted → route: the guards, and what they leave behind for catchers and fairing.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel};
use serde::de::DeserializeOwned;

use crate::bearer;
use crate::claims::Claims;
use crate::fairing::Gate;
use crate::rejection::Rejection;
use crate::verifier::Verified;

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
pub struct AuthedUser<C = Claims> {
    claims: Arc<C>,
    verified: Verified,
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

    /// The JSON text that was signed, all of it.
    pub fn payload(&self) -> &str {
        self.verified.payload()
    }
}

#[rocket::async_trait]
impl<'r, C: DeserializeOwned + Send + Sync + 'static> FromRequest<'r> for AuthedUser<C> {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let user = verdict(request).await.and_then(|verified| {
            let claims = claims_as(&verified)?;
            Ok(Self { claims, verified })
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
        if verdict(request).await.is_err_and(|rejection| rejection == Rejection::HeaderMissing) {
            return Outcome::Success(Self(None));
        }
        AuthedUser::from_request(request).await.map(|user| Self(Some(user)))
    }
}

/// The default claims are shared, others are read from what was signed.
fn claims_as<C: DeserializeOwned + Send + Sync + 'static>(
    verified: &Verified,
) -> Result<Arc<C>, Rejection> {
    let claims: Arc<dyn Any + Send + Sync> = verified.claims().clone();
    claims.downcast().or_else(|_| {
        serde_json::from_str(verified.payload())
            .map(Arc::new)
            .map_err(|_| Rejection::MalformedClaim)
    })
}

/// The verdict on a request; there is one, however many guards ask.
async fn verdict(request: &Request<'_>) -> Result<Verified, Rejection> {
    let Some(gate) = request.rocket().state::<Gate>() else {
        tracing::error!("a route asks for an `AuthedUser`, but `Bearer` is not attached");
        return Err(Rejection::Misconfigured);
    };
    if !gate.trust.fits(request.rocket().config()) {
        tracing::error!("development keys, but not the `debug` profile on a loopback `address`");
        return Err(Rejection::Misconfigured);
    }
    let judged = async { Verdict(judge(request, gate, SystemTime::now()).await) };
    request.local_cache_async(judged).await.0.clone()
}

/// In the request-local cache, under a name that nobody else can write.
struct Verdict(Result<Verified, Rejection>);

async fn judge(request: &Request<'_>, gate: &Gate, now: SystemTime) -> Result<Verified, Rejection> {
    let token = bearer::credential(request.headers().get("Authorization"))?;
    gate.verifier.authenticate(token, now).await
}

/// What was last said no to in a request. The request-local cache itself is write-once.
#[derive(Default)]
struct LastRefusal(Mutex<Option<Rejection>>);

fn last_refusal<'r>(request: &'r Request<'_>) -> MutexGuard<'r, Option<Rejection>> {
    let last = request.local_cache(LastRefusal::default);
    last.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rejection {
    /// Refuses a request from within a guard of your own: status, body and challenge follow.
    ///
    /// ```
    /// # use rocket::{async_trait, request::{FromRequest, Outcome, Request}, outcome::try_outcome};
    /// # use rocket_bearer::{AuthedUser, Rejection};
    /// struct Editor;
    ///
    /// #[async_trait]
    /// impl<'r> FromRequest<'r> for Editor {
    ///     type Error = Rejection;
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
    ///         let user: AuthedUser = try_outcome!(AuthedUser::from_request(request).await);
    ///         if user.claims().permissions.iter().any(|it| it == "edit:pages") {
    ///             return Outcome::Success(Self);
    ///         }
    ///         Rejection::InsufficientScope { scope: None }.refuse(request)
    ///     }
    /// }
    /// ```
    pub fn refuse<T>(self, request: &Request<'_>) -> Outcome<T, Self> {
        *last_refusal(request) = Some(self);
        let table = request.rocket().state::<Gate>().map(|gate| gate.errors).unwrap_or_default();
        Outcome::Error((Status::new(self.status(table)), self))
    }

    /// Why one of our guards refused this request, for a catcher of your own.
    ///
    /// `None` if the request fails for another reason, which shows in its `status`.
    pub fn of(status: Status, request: &Request<'_>) -> Option<Self> {
        let gate = request.rocket().state::<Gate>()?;
        let rejection = (*last_refusal(request))?;
        (rejection.status(gate.errors) == status.code).then_some(rejection)
    }
}

impl<C> Sentinel for AuthedUser<C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        let gate = rocket.state::<Gate>();
        gate.is_none_or(|gate| !gate.trust.fits(rocket.config()))
    }
}

impl<C> Sentinel for OptionalUser<C> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        AuthedUser::<C>::abort(rocket)
    }
}

/// Lets Rocket see through an alias of `Result<AuthedUser, Rejection>`.
impl Sentinel for Rejection {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        AuthedUser::<Claims>::abort(rocket)
    }
}

/// Neither token nor claims.
impl<C> fmt::Debug for AuthedUser<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthedUser").finish_non_exhaustive()
    }
}
