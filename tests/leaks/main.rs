//! No answer and no line of the log tells a token, a claim, a key or a path.
//!
//! At the level `normal`, at which Rocket and we say the most of a request but for `debug`, which
//! prints whole requests and warns of it. The program's own lines are in `tests/cli/leaks.rs`.

#[path = "../support/attacks/mod.rs"]
#[allow(dead_code, reason = "their tokens are all that is sent")]
mod attacks;
#[path = "../support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use attacks::Corpus;
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::testing::Key;
use rocket_bearer::{Algorithm, AuthedUser, Bearer, Config, Issuer, OptionalUser, Verifier};
use serde_json::{Value, json};
use support::{AUDIENCE, ISSUER, Signer, but, good_claims};

/// Stands in every claim, name and path that nobody may see.
const SECRET: &str = "s3cr3t";

static LOG: Log = Log(Mutex::new(String::new()));

struct Log(Mutex<String>);

impl Log {
    fn text(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(self.text(), "{}: {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// As much of a part of a token, or of a number of a key, as nothing else says by chance.
const TELLING: usize = 20;

/// The beginnings of all that must not be seen of these tokens and keys.
fn secrets<'t>(tokens: impl Iterator<Item = &'t str>, jwks: &Value) -> HashSet<Vec<u8>> {
    let keys = jwks["keys"].as_array().unwrap().iter();
    let numbers = keys.flat_map(|jwk| ["n", "x", "y"].map(|name| jwk[name].as_str()));
    let texts = tokens.flat_map(|token| token.split('.')).chain(numbers.flatten());
    let beginnings = texts.filter_map(|text| text.as_bytes().get(..TELLING));
    // A run of one character is nobody's secret, and may stand anywhere.
    beginnings.filter(|it| it.iter().any(|octet| *octet != it[0])).map(<[u8]>::to_vec).collect()
}

#[track_caller]
fn assert_untold(secrets: &HashSet<Vec<u8>>, text: &str, whose: &str) {
    for line in text.lines() {
        let mut runs = line.as_bytes().windows(TELLING);
        let is_told = line.contains(SECRET) || runs.any(|run| secrets.contains(run));
        assert!(!is_told, "{whose} tells of it: {line}");
    }
}

#[test]
fn neither_answers_nor_the_log_tell_what_was_sent_or_what_is_kept() {
    log::set_logger(&LOG).unwrap();
    let Corpus { jwks, attacks } = Corpus::luring_to("http://127.0.0.1:9");
    let folder = tempfile::Builder::new().prefix(SECRET).tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks.to_string()).unwrap();
    let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
    let config = Config::new(issuer.algorithms(Algorithm::ALL).unwrap());
    let rocket = rocket_bearer::app::mounted_on(rocket::custom(support::figment()));
    let client = Client::untracked(rocket.attach(Bearer::with(config))).unwrap();
    // Rocket's `normal`, which it leaves to the logger that was there first.
    log::set_max_level(log::LevelFilter::Info);

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
    let secrets = secrets(tokens.clone(), &jwks);
    assert!(secrets.len() > 1_000);

    let mut answers = String::new();
    let mut send = |method, path, headers: Vec<(&'static str, String)>| {
        let mut request = client.req(method, path);
        for (name, value) in headers {
            request = request.header(Header::new(name, value));
        }
        let response = request.dispatch();
        write!(answers, "\n{method} {path} {}", response.status()).unwrap();
        for header in response.headers().iter() {
            write!(answers, "\n{header}").unwrap();
        }
        writeln!(answers, "\n{}", response.into_string().unwrap_or_default()).unwrap();
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
    assert_untold(&secrets, &answers, "an answer");

    let log = LOG.text();
    assert!(log.contains("refused"), "refusals are logged: {log}");
    assert_untold(&secrets, &log, "the log");
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
        rocket::custom(support::figment()).attach(Bearer::with(config)).mount("/", routes![debug]),
    );
    let authorization = Header::new("Authorization", format!("Bearer {token}"));
    let client = client.unwrap();
    let debug = client.get("/debug").header(authorization).dispatch().into_string().unwrap();
    assert!(debug.starts_with("AuthedUser"), "{debug}");
    let mut secrets = secrets([&*token].into_iter(), &json!({ "keys": [key.jwk] }));
    secrets.extend(
        kit.pem()
            .lines()
            .skip(1)
            .filter_map(|line| line.as_bytes().get(..TELLING))
            .map(<[u8]>::to_vec),
    );
    for text in printed.iter().chain([&debug]) {
        assert_untold(&secrets, text, "a `Debug`");
    }
}
