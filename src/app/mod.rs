//! The service: what `rocket-bearer serve` mounts and catches.

pub(crate) mod forward_auth;
mod messages;
#[cfg(feature = "cli")]
pub(crate) mod page;

use rocket::http::{Header, Status};
use rocket::{Build, Request, Responder, Rocket, State, catch, catchers, get, routes};
use serde_json::json;

use crate::guard::catchers::Refusal;
use crate::guard::policy::Gate;
use crate::guard::user::AuthedUser;
use crate::verifier::issuer::TrustedIssuer;
use messages::Messages;

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
fn readyz(gate: &State<Gate>) -> (Status, UncachedJson) {
    let issuers: Vec<_> = gate.verifier.issuers().iter().map(TrustedIssuer::readiness).collect();
    let body = json!({ "issuers": issuers }).to_string();
    let is_ready = gate.verifier.issuers().iter().all(TrustedIssuer::is_ready);
    (if is_ready { Status::Ok } else { Status::ServiceUnavailable }, body.into())
}

#[catch(default)]
fn anything_else(status: Status, _request: &Request<'_>) -> Refusal {
    Refusal::neutral(status)
}

/// JSON that no cache may keep.
#[derive(Responder)]
#[response(content_type = "json")]
pub(crate) struct UncachedJson {
    body: String,
    cache_control: Header<'static>,
}

impl From<String> for UncachedJson {
    fn from(body: String) -> Self {
        Self { body, cache_control: Header::new("Cache-Control", "no-store") }
    }
}
