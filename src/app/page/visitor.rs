//! Guards of the page: a browser on this machine may see it, and only the page itself may use it.

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Orbit, Rocket};

use crate::address::is_loopback_host;
use crate::guard::Policy;

/// A request whose `Host` is a loopback name. Any other name may be DNS rebinding.
pub(super) struct Visitor;

/// A [`Visitor`]'s request that comes from the page, not from another site.
pub(super) struct OfThePage;

/// A proof that the page would send with a request; it comes in the header that it is sent in.
pub(super) struct OfferedProof<'r>(pub(super) &'r str);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OfferedProof<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.headers().get_one("DPoP") {
            Some(proof) => Outcome::Success(Self(proof)),
            None => Outcome::Forward(Status::NotFound),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match host(request) {
            _ if !is_for_development(request.rocket()) => Outcome::Forward(Status::NotFound),
            Some(_) => Outcome::Success(Self),
            None => Outcome::Error((Status::Forbidden, ())),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OfThePage {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        Visitor::from_request(request).await.and_then(|_visitor| {
            if is_same_origin(request) {
                Outcome::Success(Self)
            } else {
                Outcome::Error((Status::Forbidden, ()))
            }
        })
    }
}

/// Whether the bundled keys are in force, in a profile and on an address where they may be.
pub(super) fn is_for_development(rocket: &Rocket<Orbit>) -> bool {
    Policy::of(rocket).is_some_and(|policy| {
        policy.verifier.uses_development_keys() && policy.is_in_place(rocket.config())
    })
}

/// The only `Host`, where it is a loopback name with any port or none.
fn host<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    let mut hosts = request.headers().get("Host");
    let host = hosts.next().filter(|_| hosts.next().is_none())?;
    is_loopback_host(host).then_some(host)
}

/// Whether `Origin` or `Sec-Fetch-Site` says that the page made the request. Browsers send them, and no
/// script can change them; a client that sends neither can use the command line.
fn is_same_origin(request: &Request<'_>) -> bool {
    let own = host(request).map(|host| format!("http://{host}"));
    let (mut has_told, mut is_same) = (false, true);
    for origin in request.headers().get("Origin") {
        has_told = true;
        is_same &= Some(origin) == own.as_deref();
    }
    for site in request.headers().get("Sec-Fetch-Site") {
        has_told = true;
        is_same &= site == "same-origin";
    }
    has_told && is_same
}
