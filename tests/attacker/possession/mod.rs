//! Bound tokens under attack (RFC 9449): a token without the key of its client opens nothing, and a proof
//! serves once, however it is spelled.

mod challenges;
mod changes;
mod explained;
mod guards;
mod keys;
mod replays;
#[cfg(unix)]
mod shared;
mod wire;

use aws_lc_rs::digest::{SHA256, digest};
use rocket::fairing::AdHoc;
use rocket::http::Header;
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Rocket};
use rocket_bearer::testing::{Key, Proof, TestIssuer, Token};
use rocket_bearer::{Algorithm, Bearer, Config, Dpop, DpopMode, Rejection};
use serde_json::{Value, json};

use crate::support::bound::{BASE, URL, allowed, bound, config, key, proof};
use crate::support::{self, encode};

/// The program's app, whose answers say in `X-Reason` why a request was refused.
fn app(config: Config) -> Rocket<Build> {
    let reasons = AdHoc::on_response("Reasons", |request, response| {
        Box::pin(async move {
            if let Some(rejection) = Rejection::of(response.status(), request) {
                let reason = format!("{rejection:?}");
                let reason = reason.split(' ').next().unwrap_or_default().to_owned();
                response.set_raw_header("X-Reason", reason);
            }
        })
    });
    rocket_bearer::app::mounted_on(support::rocket()).attach(Bearer::with(config)).attach(reasons)
}

fn client(dpop: Dpop) -> Client {
    Client::untracked(app(config(dpop))).unwrap()
}

/// `GET /headers` with these lines.
fn get<'c>(client: &'c Client, lines: &[(&'static str, String)]) -> LocalResponse<'c> {
    let mut request = client.get("/headers");
    for (name, value) in lines {
        request.add_header(Header::new(*name, value.clone()));
    }
    request.dispatch()
}

/// The lines of a request with this token and this proof.
fn lines(token: &Token, proof: impl std::fmt::Display) -> [(&'static str, String); 2] {
    [("Authorization", format!("DPoP {token}")), ("DPoP", proof.to_string())]
}

/// Why an answer is a refusal; empty for one that is none.
fn reason(response: &LocalResponse<'_>) -> String {
    response.headers().get_one("X-Reason").unwrap_or_default().to_owned()
}

/// The SHA-256 thumbprint (RFC 7638) of a key whose required members stand here in their order.
fn thumbprint(required: &str) -> String {
    encode(digest(&SHA256, required.as_bytes()))
}

/// The header and the claims of a proof.
fn parts(proof: &Proof) -> [Value; 2] {
    let text = proof.to_string();
    let mut parts = text.split('.').map(support::decoded);
    [parts.next().unwrap(), parts.next().unwrap()]
}

/// A token that is bound to the key of this thumbprint.
fn bound_to(thumbprint: &str) -> Token {
    TestIssuer::new().token().claim("cnf", json!({ "jkt": thumbprint }))
}
