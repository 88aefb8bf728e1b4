//! Tokens that are bound to a key, and the proofs that come with them (RFC 9449).

mod binding;
mod forward;
mod nonces;
mod proofs;
mod replays;
mod urls;

use rocket::http::{Header, Method};
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{Build, Rocket};
use rocket_bearer::testing::{Key, Proof, Token};
use rocket_bearer::{Algorithm, Bearer, Config, Dpop, DpopMode};

use crate::support::bound::{BASE, URL, allowed, bound, config, key, proof};
use crate::support::leaks;

fn required() -> Dpop {
    allowed().mode(DpopMode::Required)
}

fn app(config: Config) -> Rocket<Build> {
    let figment = crate::support::figment();
    rocket_bearer::app::mounted_on(leaks::watched(figment)).attach(Bearer::with(config))
}

fn client(dpop: Dpop) -> Client {
    Client::untracked(app(config(dpop))).unwrap()
}

/// A request for `/headers` with these headers.
fn get<'c>(client: &'c Client, headers: Vec<Header<'static>>) -> LocalResponse<'c> {
    send(client, Method::Get, "/headers", headers)
}

fn send<'c>(
    client: &'c Client,
    method: Method,
    path: &str,
    headers: Vec<Header<'static>>,
) -> LocalResponse<'c> {
    let mut request = client.req(method, path.to_owned());
    for header in headers {
        request.add_header(header);
    }
    request.dispatch()
}

/// The status, and the member `code` of the body.
fn answered(response: LocalResponse<'_>) -> (u16, String) {
    let status = response.status().code;
    let body = response.into_string().unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    (status, json["code"].as_str().unwrap_or_default().to_owned())
}

fn challenges(response: &LocalResponse<'_>) -> Vec<String> {
    response.headers().get("WWW-Authenticate").map(str::to_owned).collect()
}
