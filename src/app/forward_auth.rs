//! `/auth`: a gateway asks here whether it may pass a request on to another service.

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};
use rocket::{Ignite, Rocket, Route, Sentinel, get, options, routes};

use crate::config::IdentityHeader;
use crate::guard::refusal::Refusal;
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
fn auth(caller: Forwarded) -> Identity {
    caller.0
}

/// The same for a gateway that keeps its client's method. The 204 of a CORS preflight would tell the
/// gateway that the client may pass.
#[options("/auth")]
fn auth_by_options(caller: Forwarded) -> Identity {
    caller.0
}

pub(crate) fn routes() -> Vec<Route> {
    let mut by_options = routes![auth_by_options];
    by_options.iter_mut().for_each(|route| route.rank = isize::MIN);
    [routes![auth], by_options].concat()
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
    let scopes = required_scopes(request)
        .map_err(|detail| Refusal::because(Rejection::BadGatewayRequest, detail))?;
    let user = AuthedUser::<Claims>::authenticate(request).await?;
    let claims = user.claims();
    let has = |name: &String| claims.has_scope(name) || claims.has_permission(name);
    if !scopes.iter().all(has) {
        return Err(Refusal { scopes, ..Rejection::InsufficientScope { needs: None }.into() });
    }
    let headers: Option<&Vec<IdentityHeader>> = request.rocket().state();
    let identity = Identity::of(claims, headers.ok_or(Rejection::Misconfigured)?);
    identity.map(Forwarded).map_err(|detail| Refusal::because(Rejection::IdentityTooLarge, detail))
}

/// The scopes that the gateway asks for, or what is wrong with its request.
fn required_scopes(request: &Request<'_>) -> Result<Vec<String>, &'static str> {
    // `//auth` and `/%61uth` lead here too; a gateway that writes them matches other paths likewise.
    if !request.uri().path().as_str().starts_with("/auth") {
        return Err("a gateway asks for `/auth` by another path that leads there");
    }
    let query = request.uri().query().map(|query| query.as_str());
    let scopes = query.map_or(Some(vec![]), required);
    scopes.ok_or("a gateway asks `/auth` for something else than `?scope=…`")
}

/// The status of a refusal at a gateway, which knows these: nginx makes a 500 of any other.
fn status(rejection: Rejection) -> Status {
    match rejection.status(StatusTable::Rfc6750) {
        400 => Status::Unauthorized,
        500 => Status::ServiceUnavailable,
        code => Status::new(code),
    }
}

/// The longest query that is read; the client is not known yet.
const MOST_OCTETS: usize = 1_000;

/// The scopes that a query names; `None` where it holds anything else.
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

/// How many bytes one identity header may have, its name included, and how many all may: nginx, for
/// one, takes a longer head for the failure of a server, and stops asking it.
const MOST_BYTES_OF_ONE: usize = 2_048;
const MOST_BYTES_OF_ALL: usize = 3_072;

/// The answer to a gateway that may let its client pass: header lines that name the caller.
struct Identity(Vec<(String, String)>);

impl Identity {
    /// The error says which header is too large, or that all are.
    fn of(claims: &Claims, headers: &[IdentityHeader]) -> Result<Self, String> {
        let mut lines = vec![];
        let mut all = 0;
        for header in headers {
            let (name, value) = (header.name.clone(), header.value(claims));
            let bytes = name.len() + value.len();
            if bytes > MOST_BYTES_OF_ONE {
                let most = MOST_BYTES_OF_ONE;
                return Err(format!("`{name}` would have {bytes} bytes, and {most} are the most"));
            }
            all += bytes;
            lines.push((name, value));
        }
        if all > MOST_BYTES_OF_ALL {
            let most = MOST_BYTES_OF_ALL;
            return Err(format!(
                "the identity headers would have {all} bytes, and {most} are the most"
            ));
        }
        Ok(Self(lines))
    }
}

impl<'r> Responder<'r, 'static> for Identity {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(Status::NoContent).raw_header("Cache-Control", "no-store");
        for (name, value) in self.0 {
            response.raw_header(name, value);
        }
        response.ok()
    }
}

impl IdentityHeader {
    /// The claim's text, or the texts of its list, separated by spaces. The header is sent even where
    /// it is empty: a gateway might keep the header that its client sent.
    ///
    /// Every octet that is not visible ASCII is percent-encoded, and so are the space and `%`. So no
    /// claim can break out of the header, and two different texts differ in it.
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
