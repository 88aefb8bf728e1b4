//! The service: what `rocket-bearer serve` mounts and catches.

pub(crate) mod forward_auth;
mod messages;
#[cfg(feature = "cli")]
pub(crate) mod page;
mod uncached;

use rocket::http::Status;
use rocket::{Build, Request, Rocket, State, catch, catchers, get, routes};
use serde_json::json;

use crate::guard::Policy;
use crate::guard::catchers::JsonError;
use crate::guard::user::AuthedUser;
use crate::verifier::issuer::TrustedIssuer;
use messages::Messages;
use uncached::UncachedJson;

/// The app's routes and catchers on this Rocket, which still needs a [`Bearer`](crate::Bearer).
pub fn mounted_on(rocket: Rocket<Build>) -> Rocket<Build> {
    rocket
        .manage(Messages::default())
        .mount("/", routes![headers, me, messages::read, messages::write])
        .mount("/", forward_auth::routes())
        .mount("/", routes![healthz, readyz])
        .register("/", crate::catchers())
        .register("/", catchers![anything_else])
}

#[get("/headers")]
fn headers(_user: AuthedUser) -> &'static str {
    "Access Granted"
}

#[get("/me")]
fn me(user: AuthedUser) -> UncachedJson {
    user.payload().into()
}

#[get("/healthz")]
fn healthz() -> &'static str {
    "ok"
}

/// Codes and ages only: paths, addresses and error texts are in the log.
#[get("/readyz")]
fn readyz(policy: &State<Policy>) -> (Status, UncachedJson) {
    let issuers: Vec<_> = policy.verifier.issuers().iter().map(TrustedIssuer::readiness).collect();
    let body = json!({ "issuers": issuers }).to_string();
    let is_ready = policy.verifier.issuers().iter().all(TrustedIssuer::is_ready);
    (if is_ready { Status::Ok } else { Status::ServiceUnavailable }, body.into())
}

#[catch(default)]
fn anything_else(status: Status, _request: &Request<'_>) -> JsonError {
    JsonError::neutral(status)
}
