//! No answer and no line of the log tells a token, a claim, a key or a path.
//!
//! Every test that goes through `tests/support` asks this of what it sends; here is sent what none
//! of them does, and what is told of is a secret in every place. The program's own lines are in
//! `tests/operator/logs.rs`.

use std::time::SystemTime;

use crate::attacks::Corpus;
use crate::support::{self, AUDIENCE, ISSUER, Signer, but, good_claims, leaks};
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::testing::Key;
use rocket_bearer::{Algorithm, AuthedUser, Bearer, Config, Issuer, OptionalUser, Verifier};
use serde_json::{Value, json};

/// Stands in every claim, name and path that nobody may see.
const SECRET: &str = "s3cr3t";

#[test]
fn neither_answers_nor_the_log_tell_what_was_sent_or_what_is_kept() {
    let Corpus { jwks, attacks } = Corpus::luring_to("http://127.0.0.1:9");
    let folder = tempfile::Builder::new().prefix(SECRET).tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks.to_string()).unwrap();
    let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
    let config = Config::new(issuer.algorithms(Algorithm::ALL).unwrap());
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    let client = Client::untracked(rocket.attach(Bearer::with(config))).unwrap();
    for jwk in jwks["keys"].as_array().unwrap() {
        ["n", "x", "y"].iter().filter_map(|name| jwk[*name].as_str()).for_each(leaks::keep);
    }

    let key = Signer::of("ES256");
    let private = |members: Value| but(good_claims(), members);
    let own = [
        key.token(&key.header(), &private(json!({ "sub": SECRET, "email": SECRET }))),
        key.token(&key.header(), &private(json!({ "sub": SECRET, "exp": 1 }))),
        key.token(&key.header(), &private(json!({ "aud": SECRET }))),
        key.token(&key.header(), &private(json!({ "iss": SECRET }))),
        key.token(&key.header(), &private(json!({ "sub": [SECRET] }))),
        key.token(&key.header(), &private(json!({ "scope": SECRET, SECRET: SECRET }))),
        key.token(
            &but(key.header(), json!({ "kid": "other" })),
            &private(json!({ "sub": SECRET })),
        ),
        key.token(&but(key.header(), json!({ "typ": SECRET, "alg": SECRET })), &good_claims()),
        SECRET.to_owned(),
    ];
    // Our own first: of each reason only so many are logged one by one.
    let tokens = own.iter().chain(attacks.iter().map(|attack| &attack.token)).map(|it| &**it);
    let send = |method, path, headers: Vec<(&'static str, String)>| {
        let mut request = client.req(method, path);
        for (name, value) in headers {
            request = request.header(Header::new(name, value));
        }
        let response = request.dispatch();
        let head = response.headers().iter().map(|header| format!("{header}\n"));
        let answer = head.collect::<String>() + &response.into_string().unwrap_or_default();
        assert!(!answer.contains(SECRET), "{method} {path}: {answer}");
    };
    for (number, token) in tokens.enumerate() {
        let authorization = vec![("Authorization", format!("Bearer {token}"))];
        send(Method::Get, "/headers", authorization.clone());
        // All of them there, and one in ten elsewhere.
        if number % 10 == 0 || number < own.len() {
            send(Method::Head, "/headers", authorization.clone());
            send(Method::Get, "/messages", authorization.clone());
            send(Method::Post, "/messages", authorization.clone());
            send(Method::Get, "/auth?scope=read", authorization.clone());
            send(Method::Get, "/nowhere", authorization);
        }
    }
    let good = &own[0];
    send(Method::Get, "/headers", vec![("Authorization", good.clone())]);
    send(Method::Get, "/headers", vec![("Authorization", format!("Bearer {good} {good}"))]);
    send(Method::Get, "/headers", vec![("Authorization", format!("Basic {SECRET}"))]);
    send(Method::Get, "/headers", vec![("Cookie", format!("session={SECRET}"))]);
    send(
        Method::Get,
        "/headers",
        vec![
            ("Authorization", format!("Bearer {good}")),
            ("Authorization", format!("Bearer {good}")),
            ("X-Request-Id", format!("{SECRET}/{good}")),
        ],
    );
    send(Method::Get, "/readyz", vec![]);
    send(Method::Get, "/healthz", vec![]);
    let refusals = leaks::logged().into_iter().filter(|(_, target, _)| target.ends_with("refusal"));
    let told: Vec<_> = refusals.map(|(.., text)| text).collect();
    assert!(told.len() > 50 && !told.concat().contains(SECRET), "{told:#?}");
}

#[test]
fn what_holds_a_token_or_a_key_does_not_print_it() {
    #[get("/debug")]
    fn debug(user: AuthedUser, optional: OptionalUser, typed: AuthedUser<Value>) -> String {
        format!("{user:?} {user:#?} {optional:?} {typed:?}")
    }
    let key = Signer::of("RS256");
    let token = key.token(&key.header(), &but(good_claims(), json!({ "sub": SECRET })));
    let config = support::config(key.set());
    let verifier = Verifier::new(&config).unwrap();
    let verified = verifier.verify(&token, SystemTime::now()).unwrap();
    let kit = Key::of(Algorithm::RS256);
    let printed = [
        format!("{config:?} {:?}", key.set()),
        format!("{verifier:?} {verified:?} {verified:#?}"),
        format!("{kit:?} {:?}", Bearer::with(config.clone())),
    ];
    let client = Client::untracked(
        support::rocket().attach(Bearer::with(config)).mount("/", routes![debug]),
    );
    let authorization = Header::new("Authorization", format!("Bearer {token}"));
    let client = client.unwrap();
    let debug = client.get("/debug").header(authorization).dispatch().into_string().unwrap();
    assert!(debug.starts_with("AuthedUser"), "{debug}");
    leaks::keep_token(&token);
    leaks::keep_key(&kit);
    for text in printed.iter().chain([&debug]) {
        assert!(!text.contains(SECRET), "{text}");
        leaks::assert_untold(text);
    }
}
