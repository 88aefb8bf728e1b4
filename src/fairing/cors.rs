//! CORS: which origins' pages may call the app and read its answers (the Fetch standard).

use rocket::http::{Method, Status};
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Response;
use rocket::{Route, State, options, routes};

use crate::config::Config;
use crate::dpop::DpopMode;

/// How long a browser may remember a preflight answer, in seconds.
const MAX_AGE: &str = "600";

/// The rank of the preflight route: before all routes but the two of `/auth`, where 204 has another
/// meaning.
const RANK: isize = isize::MIN + 2;

/// The origins whose pages may call the app.
#[derive(Debug, Clone)]
pub(super) struct Cors {
    origins: Vec<String>,
    /// The headers that a page may read.
    exposed: &'static str,
}

impl Cors {
    /// `None` where no origin is configured.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let exposed = match config.dpop.mode {
            DpopMode::Off => "WWW-Authenticate, Retry-After",
            _ => "WWW-Authenticate, Retry-After, DPoP-Nonce",
        };
        let origins = config.cors_origins.clone();
        (!origins.is_empty()).then_some(Self { origins, exposed })
    }

    /// The request's `Origin`, if it is one and an allowed one.
    fn allowed<'r>(&self, request: &'r Request<'_>) -> Option<&'r str> {
        let mut origins = request.headers().get("Origin");
        let origin = origins.next().filter(|origin| self.origins.iter().any(|it| it == origin))?;
        origins.next().is_none().then_some(origin)
    }

    /// Adds the headers by which a browser hands the answer to its page, refusals too.
    pub(super) fn tell(&self, request: &Request<'_>, response: &mut Response<'_>) {
        response.adjoin_raw_header("Vary", "Origin");
        let Some(origin) = self.allowed(request) else { return };
        response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
        if is_preflight(request) {
            response.set_raw_header("Access-Control-Allow-Methods", "*");
            // The wildcard does not include `Authorization`.
            response.set_raw_header("Access-Control-Allow-Headers", "Authorization, *");
            response.set_raw_header("Access-Control-Max-Age", MAX_AGE);
        } else {
            response.adjoin_raw_header("Access-Control-Expose-Headers", self.exposed);
        }
    }
}

fn is_preflight(request: &Request<'_>) -> bool {
    let has = |name| request.headers().contains(name);
    request.method() == Method::Options && has("Origin") && has("Access-Control-Request-Method")
}

/// The route that answers preflight requests before any other route and its guards.
pub(super) fn preflights() -> Vec<Route> {
    let mut routes = routes![preflight];
    routes.iter_mut().for_each(|route| route.rank = RANK);
    routes
}

#[options("/<_..>")]
fn preflight(_answered: Preflight) -> Status {
    Status::NoContent
}

/// A preflight request of an allowed origin.
struct Preflight;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Preflight {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if !is_preflight(request) {
            return Outcome::Forward(Status::NotFound);
        }
        let cors = try_outcome!(<&State<Cors>>::from_request(request).await);
        match cors.allowed(request) {
            Some(_) => Outcome::Success(Self),
            None => Outcome::Error((Status::Forbidden, ())),
        }
    }
}
