//! What a client sees.

#[path = "../support/attacks/mod.rs"]
mod attacks;
#[path = "../support/mod.rs"]
mod support;

mod algorithms;
mod app;
mod cache;
mod challenges;
mod claims;
mod cors;
mod decode;
mod discovery;
mod dpop;
mod explained;
mod forward;
mod guards;
mod issuers;
mod key_numbers;
mod kit;
mod launch;
mod load;
mod logout;
mod mcp;
mod metadata;
mod policies;
mod providers;
mod recipes;
mod refusals;
mod remote;
mod revocation;
#[cfg(unix)]
mod revocation_attacks;
#[cfg(unix)]
mod revocation_outages;
mod rotation;
mod scope_hierarchy;
mod shape;
mod signatures;
mod tenants;
mod token_file;
mod token_header;
mod transport;
mod unserved;
mod wire;

use rocket::http::{Header, Method, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket_bearer::{Bearer, Config};

/// The app with this configuration.
fn client(config: Config) -> Client {
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    Client::untracked(rocket.attach(Bearer::with(config))).expect("the app launches")
}

/// `GET /headers` with this token.
fn get<'c>(client: &'c Client, token: &str) -> LocalResponse<'c> {
    request(client, Method::Get, "/headers", &[&format!("Bearer {token}")])
}

fn request<'c>(
    client: &'c Client,
    method: Method,
    path: &'c str,
    authorization: &[&str],
) -> LocalResponse<'c> {
    let mut request = client.req(method, path);
    for value in authorization {
        request = request.header(Header::new("Authorization", (*value).to_owned()));
    }
    request.dispatch()
}

/// The status and the description of the answer to a token.
fn verdict(client: &Client, token: &str) -> (u16, String) {
    let response = get(client, token);
    let status = response.status();
    let body = response.into_string().unwrap_or_default();
    if status == Status::Ok {
        return (200, body);
    }
    let body: serde_json::Value = serde_json::from_str(&body).expect("a refusal is JSON");
    (status.code, body["description"].as_str().expect("a description").to_owned())
}

const GRANTED: (u16, &str) = (200, "Access Granted");
const UNPARSABLE: (u16, &str) = (401, "Unable to parse authentication token.");
const NO_KEY: (u16, &str) = (401, "Unable to find the appropriate key.");
const WRONG_CLAIMS: (u16, &str) = (401, "Incorrect claims. Please, check the audience and issuer.");

/// Sends every token of the table and compares the answers.
#[track_caller]
fn assert_verdicts<'t>(
    client: &Client,
    cases: impl IntoIterator<Item = (&'t str, String, (u16, &'static str))>,
) {
    for (name, token, (status, description)) in cases {
        assert_eq!(verdict(client, &token), (status, description.to_owned()), "{name}: {token}");
    }
}
