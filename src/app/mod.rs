//! The app that `rocket-bearer serve` runs: its routes and catchers.

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

/// Mounts the app's routes and catchers; a [`Bearer`](crate::Bearer) has to be attached as well.
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

/// The state of each issuer's keys and of the store, as codes and ages. Paths, addresses and error texts
/// are in the log.
#[get("/readyz")]
fn readyz(policy: &State<Policy>) -> (Status, UncachedJson) {
    let issuers: Vec<_> = policy.verifier.issuers().iter().map(TrustedIssuer::readiness).collect();
    let mut body = json!({ "issuers": issuers });
    if let Some(store) = policy.verifier.store() {
        body["store"] = store.state().readiness();
    }
    let revocations = policy.verifier.revocations();
    if let Some(readiness) = revocations.readiness() {
        body["revocations"] = readiness;
    }
    let body = body.to_string();
    let has_keys = policy.verifier.issuers().iter().all(TrustedIssuer::is_ready);
    let is_ready = has_keys && revocations.is_ready();
    (if is_ready { Status::Ok } else { Status::ServiceUnavailable }, body.into())
}

#[catch(default)]
fn anything_else(status: Status, _request: &Request<'_>) -> JsonError {
    JsonError::neutral(status)
}
