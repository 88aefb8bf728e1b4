//! `/auth`: a gateway asks here whether it may pass a request on to another service.

mod identity;
mod original;
mod question;

use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Route, Sentinel, get, routes};

use crate::config::{IdentityHeader, OriginalRequest};
use crate::guard::refusal::Refusal;
use crate::guard::sentinel::{self, Admits};
use crate::guard::user::AuthedUser;
use crate::guard::{self, Policy};
use crate::rejection::{Rejection, StatusTable};
use crate::token::claims::Claims;
use identity::Identity;
use question::Question;

/// 204 with the caller's identity in headers, or a refusal.
///
/// `?scope=read:messages` asks for a scope or permission of that name, `?role=admin` for a role; several,
/// by spaces or as several parameters, are asked for all. Only the query and the token are read.
#[get("/auth")]
fn auth(caller: Forwarded) -> Identity {
    caller.0
}

/// The same with 200 for 204, for a gateway that appends its client's path and query, as Envoy does.
///
/// Neither is read; the headers `X-Auth-Require-Scope` and `X-Auth-Require-Role` ask for more.
#[get("/auth/<_..>")]
fn auth_of_path(caller: Forwarded) -> Identity {
    caller.0
}

/// The methods that a gateway may keep of its client. Rocket answers HEAD by GET.
const METHODS: [Method; 8] = [
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Delete,
    Method::Options,
    Method::Trace,
    Method::Connect,
    Method::Patch,
];

/// The routes stand before those of CORS, whose 204 would tell the gateway that the client may pass.
pub(crate) fn routes() -> Vec<Route> {
    let mut all = vec![];
    for (rank, route) in (isize::MIN..).zip(routes![auth, auth_of_path]) {
        for method in METHODS {
            let mut route = route.clone();
            (route.method, route.rank) = (method, rank);
            all.push(route);
        }
    }
    all
}

/// The guard of `/auth`: a caller that the gateway may let pass.
pub(crate) struct Forwarded(Identity);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Forwarded {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        match authorize(request).await {
            Ok(caller) => Outcome::Success(caller),
            Err(refusal) => {
                let status = status(refusal.rejection);
                refusal.refuse_as(status, request)
            }
        }
    }
}

async fn authorize(request: &Request<'_>) -> Result<Forwarded, Refusal> {
    let bad = |detail| Refusal::because(Rejection::BadGatewayRequest, detail);
    let Question { scopes, roles, has_path } = Question::of(request).map_err(bad)?;
    if !roles.is_empty() && !has_role_sources(request) {
        return Err(bad("a gateway asks for a role, and `roles` is not set"));
    }
    let unknown = judge_proofs_for_original(request);
    let user = match (AuthedUser::<Claims>::authenticate(request).await, unknown) {
        (Ok(user), _) => user,
        (Err(refusal), Some(problem)) if refusal.rejection == Rejection::BadGatewayRequest => {
            return Err(bad(problem));
        }
        (Err(refusal), _) => return Err(refusal.asking_scopes(scopes)),
    };
    let claims = user.claims();
    let policy = Policy::of(request.rocket()).ok_or(Rejection::Misconfigured)?;
    let may = |name: &String| {
        policy.scope_hierarchy().grants(claims, name) || claims.has_permission(name)
    };
    if !scopes.iter().all(may) || !roles.iter().all(|role| claims.has_role(role)) {
        let refusal = Refusal::from(Rejection::InsufficientScope { needs: None });
        return Err(refusal.asking_scopes(scopes));
    }
    let headers: Option<&Vec<IdentityHeader>> = request.rocket().state();
    let headers = headers.ok_or(Rejection::Misconfigured)?;
    // nginx takes any of the two for yes, Envoy 200 alone.
    let status = if has_path { Status::Ok } else { Status::NoContent };
    let identity = Identity::of(claims, headers, status);
    identity.map(Forwarded).map_err(|detail| Refusal::because(Rejection::IdentityTooLarge, detail))
}

/// Has a proof judged for the request that the gateway asks about, where proofs are taken; returns why that
/// request is not known.
fn judge_proofs_for_original(request: &Request<'_>) -> Option<&'static str> {
    Policy::of(request.rocket())?.verifier.proofs()?;
    let told: Option<&OriginalRequest> = request.rocket().state();
    let original = original::original(request, told.copied().unwrap_or_default());
    let unknown = original.as_ref().err().copied();
    guard::judge_for(request, original.ok());
    unknown
}

/// Whether the tokens of any issuer may say roles.
fn has_role_sources(request: &Request<'_>) -> bool {
    let issuers = Policy::of(request.rocket()).map(|policy| policy.verifier.issuers());
    issuers.unwrap_or_default().iter().any(|issuer| !issuer.roles.is_empty())
}

/// The status of a refusal at a gateway, which knows these: nginx makes a 500 of any other.
fn status(rejection: Rejection) -> Status {
    match rejection.status(StatusTable::Rfc6750) {
        400 => Status::Unauthorized,
        429 | 500 => Status::ServiceUnavailable,
        code => Status::new(code),
    }
}

impl Sentinel for Forwarded {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort::<Self>(rocket, Admits::TokensOnly)
    }
}
