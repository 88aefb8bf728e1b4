//! The guards that ask for a token.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel};
use serde::de::DeserializeOwned;

use super::record::{Record, Verdict, verdict};
use super::refusal::Refusal;
use super::sentinel::{self, Admits};
use crate::printable::escaped;
use crate::rejection::Rejection;
use crate::token::claims::Claims;
use crate::verifier::verified::Verified;

/// The user of a request with an accepted token.
///
/// Only the request guard makes one, so an `AuthedUser` is the proof that the request was authorised.
/// A request without an accepted token is refused with a [`Rejection`] before it enters a route that
/// takes `AuthedUser`; a route that takes `Result<AuthedUser, Rejection>` is told why. An app with such
/// a route and no [`Bearer`](crate::Bearer) attached does not launch.
///
/// `C` may be any type that the claims deserialise to; a token that does not fit is refused with
/// [`Rejection::MalformedClaim`].
///
/// ```
/// use rocket::serde::Deserialize;
/// use rocket::get;
/// use rocket_bearer::AuthedUser;
///
/// #[derive(Deserialize)]
/// #[serde(crate = "rocket::serde")]
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
/// ```
///
/// Other code cannot make one:
///
/// ```compile_fail
/// use rocket_bearer::{AuthedUser, Claims};
/// fn forge(claims: Claims) -> AuthedUser {
///     AuthedUser(claims)
/// }
/// ```
pub struct AuthedUser<C = Claims> {
    claims: Arc<C>,
    pub(super) verified: Verified,
    /// When the token was judged.
    pub(super) at: SystemTime,
}

impl<C> AuthedUser<C> {
    /// The claims of the token.
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims of the token, by value.
    pub fn into_claims(self) -> C
    where
        C: Clone,
    {
        Arc::unwrap_or_clone(self.claims)
    }

    /// The token as it was sent, for calls to other services in the user's name. Keep it out of logs.
    pub fn token(&self) -> &str {
        self.verified.token()
    }

    /// When the token expires, without the `leeway` that is allowed on it.
    ///
    /// A guard judges a request at its start. A stream or a WebSocket lives on after that, so it has to end
    /// by itself; the client comes again with a new token.
    ///
    /// ```
    /// use rocket::get;
    /// use std::time::{Duration, SystemTime};
    ///
    /// use rocket::response::stream::{Event, EventStream};
    /// use rocket::tokio::{select, time};
    /// use rocket_bearer::AuthedUser;
    ///
    /// #[get("/events")]
    /// fn events(user: AuthedUser) -> EventStream![] {
    ///     let left = user.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
    ///     EventStream! {
    ///         let mut end = Box::pin(time::sleep(left));
    ///         let mut ticks = time::interval(Duration::from_secs(1));
    ///         loop {
    ///             select! {
    ///                 _ = &mut end => break,
    ///                 _ = ticks.tick() => yield Event::data("tick"),
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    pub fn expires_at(&self) -> SystemTime {
        // A time before the epoch, which a `leeway` alone could still accept, is the epoch.
        UNIX_EPOCH + Duration::from_secs_f64(self.verified.claims().exp.max(0.0))
    }

    /// The SHA-256 thumbprint (RFC 7638), in base64url, of the key that the token is bound to; the caller
    /// has proved to hold it (RFC 9449). `None` for a bearer token.
    pub fn key_thumbprint(&self) -> Option<String> {
        self.verified.key_thumbprint()
    }

    /// The whole JSON text that was signed. It is decoded at each call.
    pub fn payload(&self) -> String {
        self.verified.payload()
    }
}

impl<C: DeserializeOwned + Send + Sync + 'static> AuthedUser<C> {
    /// The user of this request, or why it has none; nothing is told of a refusal yet.
    pub(crate) async fn authenticate(request: &Request<'_>) -> Result<Self, Refusal> {
        let Verdict { judged, at, .. } = verdict(request).await?;
        let verified = judged.clone()?;
        let claims = claims_as(&verified)
            .map_err(|detail| Refusal::because(Rejection::MalformedClaim, detail))?;
        Record::of(request).overcome();
        Ok(Self { claims, verified, at: *at })
    }
}

#[rocket::async_trait]
impl<'r, C: DeserializeOwned + Send + Sync + 'static> FromRequest<'r> for AuthedUser<C> {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        match Self::authenticate(request).await {
            Ok(user) => Outcome::Success(user),
            Err(refusal) => refusal.refuse(request),
        }
    }
}

/// The user of a request, or none where the request carries no credentials.
///
/// Bad credentials are refused; `Option<AuthedUser>` would take them for none.
///
/// ```
/// use rocket::get;
/// use rocket_bearer::OptionalUser;
///
/// #[get("/greeting")]
/// fn greeting(user: OptionalUser) -> String {
///     match user.user() {
///         Some(user) => format!("Welcome back, {:?}", user.claims().sub),
///         None => "Hello".to_owned(),
///     }
/// }
/// ```
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

/// The claims as a `C`: [`Claims`](crate::Claims) are shared, other types are read from the signed
/// payload. The error says which claim does not fit.
fn claims_as<C: DeserializeOwned + Send + Sync + 'static>(
    verified: &Verified,
) -> Result<Arc<C>, String> {
    let claims: Arc<dyn Any + Send + Sync> = verified.claims().clone();
    claims.downcast().or_else(|_| {
        let claims = read(&verified.payload()).map(Arc::new);
        claims.map_err(|claim| format!("claims do not fit {} at `{claim}`", type_name::<C>()))
    })
}

/// The error is the name of the top-level claim that does not fit. The text of serde's own error
/// repeats values, and names further down are often personal data.
fn read<C: DeserializeOwned>(payload: &str) -> Result<C, String> {
    let mut json = serde_json::Deserializer::from_str(payload);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let claim = match error.path().iter().next() {
            Some(claim) => claim.to_string(),
            // A missing claim has no path. The error names it, as the type does.
            None => {
                let text = error.inner().to_string();
                let name = text.strip_prefix("missing field `").and_then(|it| it.split('`').next());
                name.unwrap_or_default().to_owned()
            }
        };
        escaped(&claim, 64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claim_that_does_not_fit_is_named_and_its_value_is_not() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only reading it is of interest")]
        struct Member {
            sub: String,
            #[serde(rename = "https://example.com/roles")]
            roles: Vec<String>,
            address: Option<Address>,
        }

        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only reading it is of interest")]
        struct Address {
            street: String,
        }

        for (payload, claim) in [
            (r#"{"https://example.com/roles":[]}"#, "sub"),
            (r#"{"sub":"s3cr3t"}"#, "https://example.com/roles"),
            (r#"{"sub":"a","https://example.com/roles":"s3cr3t"}"#, "https://example.com/roles"),
            (
                r#"{"sub":"a","https://example.com/roles":["s3cr3t",7]}"#,
                "https://example.com/roles",
            ),
            (r#"{"sub":["s3cr3t"]}"#, "sub"),
            (r#"{"sub":"a","address":{"s3cr3t":"b"}}"#, "address"),
            (r#"{"sub":"a","address":{"street":7}}"#, "address"),
        ] {
            assert_eq!(read::<Member>(payload).unwrap_err(), claim, "{payload}");
        }
    }
}
