//! `/auth`, as a gateway sees it.

mod behind;
mod headers;
mod question;
mod wire;

use rocket::http::{Method, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket_bearer::StatusTable;
use serde_json::{Value, json};

use crate::support::server::Server;
use crate::support::{self, Signer, but, good_claims};
use crate::{client, request};

fn key() -> Signer {
    Signer::of("EdDSA")
}

fn app() -> Client {
    client(support::config(key().set()))
}

/// A good token with these claims over the usual ones.
fn token(members: Value) -> String {
    key().token(&key().header(), &but(good_claims(), members))
}

/// The methods that Rocket knows; a gateway may keep that of its client.
const METHODS: [Method; 9] = [
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Delete,
    Method::Options,
    Method::Head,
    Method::Trace,
    Method::Connect,
    Method::Patch,
];

fn ask<'c>(client: &'c Client, path: &'c str, token: &str) -> LocalResponse<'c> {
    request(client, Method::Get, path, &[&format!("Bearer {token}")])
}

/// Every header whose name begins with `X-Auth-` or `Remote-`, in order.
fn identity(response: &LocalResponse<'_>) -> Vec<(String, String)> {
    let headers = response.headers().iter();
    let mut identity: Vec<_> = headers
        .map(|header| (header.name().to_string(), header.value().to_owned()))
        .filter(|(name, _)| name.starts_with("X-Auth-") || name.starts_with("Remote-"))
        .collect();
    identity.sort();
    identity
}

/// A request as a gateway asks that appends its client's path: with these headers beside the token.
fn asks<'c>(
    client: &'c Client,
    method: Method,
    path: &'c str,
    headers: &[(&'static str, &'static str)],
    token: &str,
) -> LocalResponse<'c> {
    let mut request = client.req(method, path);
    let authorization = format!("Bearer {token}");
    request = request.header(rocket::http::Header::new("Authorization", authorization));
    for (name, value) in headers {
        request = request.header(rocket::http::Header::new(*name, *value));
    }
    request.dispatch()
}

#[test]
fn refusals_have_the_statuses_that_gateways_know_in_either_table() {
    let good = key().good();
    let expired = token(json!({ "exp": 1 }));
    let unknown = key().token(&but(key().header(), json!({ "kid": "x" })), &good_claims());
    let invalid = |error: &str, text: &str| {
        format!(r#"Bearer realm="api", error="{error}", error_description="{text}""#)
    };
    let bare = || "Bearer realm=\"api\"".to_owned();
    let one = "Authorization header must be bearer token.";
    let cases = [
        (vec![], 401, "authorization_header_missing", bare()),
        (vec!["Basic YTpi".to_owned()], 401, "invalid_header", bare()),
        (
            vec!["Bearer".to_owned()],
            401,
            "invalid_header",
            invalid("invalid_request", "Token not found."),
        ),
        (
            vec![format!("Bearer {good} {good}")],
            401,
            "invalid_header",
            invalid("invalid_request", one),
        ),
        (
            vec![format!("Bearer {good}"), format!("Bearer {good}")],
            401,
            "invalid_header",
            invalid("invalid_request", one),
        ),
        (
            vec!["Bearer garbage".to_owned()],
            401,
            "invalid_header",
            invalid("invalid_token", "Unable to parse authentication token."),
        ),
        (
            vec![format!("Bearer {unknown}")],
            401,
            "invalid_header",
            invalid("invalid_token", "Unable to find the appropriate key."),
        ),
        (
            vec![format!("Bearer {expired}")],
            401,
            "token_expired",
            invalid("invalid_token", "Token expired."),
        ),
        (
            vec![format!("Bearer {good}")],
            403,
            "insufficient_scope",
            invalid("insufficient_scope", "Insufficient permissions."),
        ),
    ];
    for table in [StatusTable::Auth0, StatusTable::Rfc6750] {
        let client = client(support::config(key().set()).errors(table));
        for (headers, status, code, challenge) in &cases {
            for method in METHODS {
                let case = format!("{headers:?} by {method} in {table:?}");
                let headers: Vec<_> = headers.iter().map(String::as_str).collect();
                let response = request(&client, method, "/auth?scope=read:messages", &headers);
                assert_eq!(response.status().code, *status, "{case}");
                let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
                // What the gateway asks for is told whatever is missing.
                let challenge = format!("{challenge}, scope=\"read:messages\"");
                assert_eq!(challenges, [challenge], "{case}");
                assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"), "{case}");
                assert_eq!(identity(&response), [], "{case}");
                let body = response.into_string().unwrap_or_default();
                match method {
                    Method::Head => assert_eq!(body, "", "{case}"),
                    _ => assert_eq!(
                        serde_json::from_str::<Value>(&body).unwrap()["code"],
                        json!(code),
                        "{case}"
                    ),
                }
            }
        }
    }
}

#[test]
fn without_keys_a_gateway_is_told_to_come_again() {
    let config = rocket_bearer::Issuer::discovered("http://127.0.0.1:9/", ["image"]).unwrap();
    let client = client(rocket_bearer::Config::new(config));
    let token = key().token(
        &but(key().header(), json!({ "alg": "RS256" })),
        &but(good_claims(), json!({ "iss": "http://127.0.0.1:9/" })),
    );
    let response = ask(&client, "/auth", &token);
    assert_eq!(response.status(), Status::ServiceUnavailable);
    assert!(response.headers().get_one("Retry-After").is_some());
    assert!(response.into_string().unwrap().contains("keys_unavailable"));
}
