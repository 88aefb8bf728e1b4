//! Every guard judges a proof, and the verdict on one request stays, whatever asks again.

use rocket::http::{Method, Status};
use rocket::{Request, catch, catchers, get, post, routes};
use rocket_bearer::{AuthedUser, Authorized, McpNeeds, McpTools, Needs, OptionalUser, Requirement};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Anything {}

struct Nothing;

impl Requirement for Nothing {
    const NEEDS: Needs = Needs::All(&[]);
}

struct Tools;

impl McpNeeds for Tools {
    const TOOLS: &'static [(&'static str, Needs)] = &[("read", Needs::All(&[]))];
}

#[get("/plain")]
fn plain(_user: AuthedUser) -> &'static str {
    "in"
}

#[get("/typed")]
fn typed(_user: AuthedUser<Anything>) -> &'static str {
    "in"
}

#[get("/optional")]
fn optional(user: OptionalUser) -> &'static str {
    if user.user().is_some() { "in" } else { "anonymous" }
}

#[get("/option")]
fn option(user: Option<AuthedUser>) -> &'static str {
    if user.is_some() { "in" } else { "out" }
}

#[get("/result")]
fn result(user: Result<AuthedUser, Rejection>) -> &'static str {
    if user.is_ok() { "in" } else { "out" }
}

#[get("/authorized")]
fn authorized(_user: Authorized<Nothing>) -> &'static str {
    "in"
}

#[get("/second", rank = 2)]
fn second(_user: AuthedUser) -> &'static str {
    "in"
}

/// Forwards, so that the next route is asked.
#[get("/second", rank = 1)]
fn first(_user: Option<AuthedUser>, _forward: &rocket::http::Accept) -> &'static str {
    "in"
}

#[post("/tools", data = "<_call>")]
fn tools(_call: McpTools<Tools>) -> &'static str {
    "in"
}

#[catch(401)]
async fn asks_again(request: &Request<'_>) -> (Status, &'static str) {
    let user = request.guard::<AuthedUser>().await;
    let other = request.guard::<AuthedUser<Anything>>().await;
    let is_in = user.is_success() || other.is_success();
    (Status::Unauthorized, if is_in { "in" } else { "out" })
}

const PATHS: [(Method, &str); 8] = [
    (Method::Get, "/plain"),
    (Method::Get, "/typed"),
    (Method::Get, "/optional"),
    (Method::Get, "/option"),
    (Method::Get, "/result"),
    (Method::Get, "/authorized"),
    (Method::Get, "/second"),
    (Method::Post, "/tools"),
];

/// What a route says to this token and proof.
fn said(client: &Client, method: Method, path: &str, lines: &[(&'static str, String)]) -> String {
    let mut request = client.req(method, path.to_owned());
    for (name, value) in lines {
        request.add_header(Header::new(*name, value.clone()));
    }
    if method == Method::Post {
        request.add_header(rocket::http::ContentType::JSON);
        request.set_body(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{}}}"#,
        );
    }
    request.dispatch().into_string().unwrap_or_default()
}

#[test]
fn every_guard_judges_the_proof_and_uses_it_once() {
    let routes =
        || routes![plain, typed, optional, option, result, authorized, first, second, tools];
    let usual = app(config(allowed())).mount("/", routes());
    let again =
        app(config(allowed())).mount("/", routes()).register("/plain", catchers![asks_again]);
    for client in [usual, again].map(|app| Client::untracked(app).unwrap()) {
        let token = bound();
        for (method, path) in PATHS {
            let made = || {
                let proof = key().proof(method.as_str(), &format!("{BASE}{path}"));
                proof.for_token(&token)
            };
            let used = lines(&token, made());
            assert_eq!(said(&client, method, path, &used), "in", "{path}");
            let bearer =
                [("Authorization", format!("Bearer {token}")), ("DPoP", made().to_string())];
            for (name, stolen) in [
                ("used", used.to_vec()),
                ("no proof", used[..1].to_vec()),
                ("as Bearer", bearer.to_vec()),
                ("as Bearer without a proof", bearer[..1].to_vec()),
                ("by a stranger", lines(&token, made().by_stranger()).to_vec()),
                ("forged", lines(&token, made().forged()).to_vec()),
                ("for another route", lines(&token, made().claim("htu", URL)).to_vec()),
            ] {
                let said = said(&client, method, path, &stolen);
                assert!(!["in", "anonymous"].contains(&said.as_str()), "{path} {name}: {said}");
            }
        }
    }
}
