//! Accepted → another service: `/auth`, which a gateway asks before it passes a request on.

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};
use rocket::{Ignite, Rocket, Route, Sentinel, get, options, routes};

use crate::config::IdentityHeader;
use crate::fairing::refusal_log;
use crate::guard::policy::Gate;
use crate::guard::sentinel::{self, Admits};
use crate::guard::user::AuthedUser;
use crate::rejection::needs::is_token;
use crate::rejection::{Rejection, StatusTable};
use crate::token::claims::Claims;

/// 204 with the caller's identity in headers, or a refusal.
///
/// `?scope=read:messages` asks for a scope or permission of that name; several, by spaces or as
/// several parameters, are asked for all. Only the query and `Authorization` are read.
#[get("/auth")]
fn auth(caller: Forwarded) -> Forwarded {
    caller
}

/// The same for a gateway that asks by its client's method: what tells a browser that it may ask would
/// tell the gateway that its client may pass.
#[options("/auth")]
fn auth_by_options(caller: Forwarded) -> Forwarded {
    caller
}

pub(crate) fn routes() -> Vec<Route> {
    let mut by_options = routes![auth_by_options];
    by_options.iter_mut().for_each(|route| route.rank = isize::MIN);
    [routes![auth], by_options].concat()
}

/// A caller whom a gateway may let pass.
pub(crate) struct Forwarded(AuthedUser);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Forwarded {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let refuse = |rejection: Rejection| rejection.refuse_as(status(rejection), request);
        let query = request.uri().query().map(|query| query.as_str());
        let Some(scopes) = query.map_or(Some(vec![]), required) else {
            refusal_log::note(request, "a gateway asks `/auth` for something else than `?scope=…`");
            return refuse(Rejection::Misconfigured);
        };
        let user = match AuthedUser::<Claims>::from_request(request).await {
            Outcome::Success(user) => user,
            Outcome::Error((_, rejection)) => return refuse(rejection),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        let claims = user.claims();
        if scopes.iter().all(|name| claims.has_scope(name) || claims.has_permission(name)) {
            return Outcome::Success(Self(user));
        }
        request.local_cache(|| Missed(scopes));
        refuse(Rejection::InsufficientScope { needs: None })
    }
}

/// Gateways know these statuses; nginx makes a 500 of any other.
fn status(rejection: Rejection) -> Status {
    match rejection.status(StatusTable::Rfc6750) {
        400 => Status::Unauthorized,
        500 => Status::ServiceUnavailable,
        code => Status::new(code),
    }
}

/// What was asked for and not met.
#[derive(Default)]
struct Missed(Vec<String>);

/// What `/auth` adds to the challenge of this request: no [`Needs`](crate::Needs) names its scopes.
pub(crate) fn missed(request: &Request<'_>) -> String {
    match &request.local_cache(Missed::default).0 {
        scopes if scopes.is_empty() => String::new(),
        scopes => format!(", scope=\"{}\"", scopes.join(" ")),
    }
}

/// No gateway asks for more, and whoever asks is not known yet.
const MOST_OCTETS: usize = 1_000;

/// The scopes that a query names; `None` where it says anything that is not the name of one.
fn required(query: &str) -> Option<Vec<String>> {
    if query.len() > MOST_OCTETS {
        return None;
    }
    let mut names = vec![];
    for parameter in query.split('&') {
        let value = decoded(parameter.strip_prefix("scope=")?)?;
        for name in value.split(' ') {
            if !is_token(name) {
                return None;
            }
            if !names.iter().any(|it| it == name) {
                names.push(name.to_owned());
            }
        }
    }
    Some(names)
}

/// A value of a form (`application/x-www-form-urlencoded`), every octet a character.
fn decoded(value: &str) -> Option<String> {
    let mut octets = value.bytes();
    let mut text = String::new();
    while let Some(octet) = octets.next() {
        text.push(match octet {
            b'+' => ' ',
            b'%' => {
                let mut digit = || char::from(octets.next()?).to_digit(16);
                char::from_u32(digit()? * 16 + digit()?)?
            }
            octet => char::from(octet),
        });
    }
    Some(text)
}

impl<'r> Responder<'r, 'static> for Forwarded {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let gate = request.rocket().state::<Gate>().ok_or(Status::ServiceUnavailable)?;
        let mut response = Response::build();
        response.status(Status::NoContent).raw_header("Cache-Control", "no-store");
        for header in &gate.forward_headers {
            response.raw_header(header.name.clone(), header.value(self.0.claims()));
        }
        response.ok()
    }
}

impl IdentityHeader {
    /// The claim's text, or the texts of its list, separated by spaces; empty where there are none,
    /// for a gateway may keep a client's own header where we send none.
    ///
    /// Every octet that is not visible ASCII is percent-encoded, the space and `%` too: nothing can
    /// break out of the header, and no two texts look the same in it.
    fn value(&self, claims: &Claims) -> String {
        let texts: Vec<_> = match self.claim.as_str() {
            "scope" => claims.scopes().map(encoded).collect(),
            name => claims.texts(name).map(encoded).collect(),
        };
        texts.join(" ")
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        match octet {
            b'%' => encoded.push_str("%25"),
            b'!'..=b'~' => encoded.push(char::from(octet)),
            _ => encoded.push_str(&format!("%{octet:02X}")),
        }
    }
    encoded
}

impl Sentinel for Forwarded {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        sentinel::abort::<Self>(rocket, Admits::TokensOnly)
    }
}
