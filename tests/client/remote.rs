//! Keys from an issuer that may do anything.

use std::thread;
use std::time::{Duration, Instant};

use rocket::http::Method;
use rocket_bearer::{Algorithm, Config, Issuer, KeyFetching};
use serde_json::{Value, json};

use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{AUDIENCE, ISSUER, Signer, but, good_claims};
use crate::{client, request, verdict};

pub(crate) const PATH: &str = "/jwks.json";

const SECOND: Duration = Duration::from_secs(1);

/// Tokens of [`ISSUER`], keys from there, with this patience.
pub(crate) fn config(url: &str, jwks: KeyFetching) -> Config {
    let issuer = Issuer::with_uri(ISSUER, &format!("{url}{PATH}"), [AUDIENCE]).unwrap();
    Config::new(issuer.algorithms(Algorithm::ALL).unwrap()).key_fetching(jwks).unwrap()
}

pub(crate) fn impatient() -> KeyFetching {
    KeyFetching::default().timeout(SECOND).unwrap()
}

pub(crate) fn readiness(client: &rocket::local::blocking::Client) -> (u16, Value) {
    let response = request(client, Method::Get, "/readyz", &[]);
    let status = response.status().code;
    (status, serde_json::from_str(&response.into_string().unwrap()).unwrap())
}

#[test]
fn what_is_no_key_set_leaves_the_app_answering_503_and_saying_why() {
    let key = Signer::of("ES256");
    let good = json!({ "keys": [key.jwk] }).to_string();
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[1; 50]].concat();
    let octets =
        |body: Vec<u8>| IssuerAnswer::Body { status: 200, headers: "X: y".to_owned(), body };
    for (name, answer, code) in [
        ("500", IssuerAnswer::status(500), "status"),
        ("404", IssuerAnswer::status(404), "status"),
        ("203 with keys", IssuerAnswer::text(203, "X: y", &good), "status"),
        ("redirect", IssuerAnswer::text(302, "Location: /elsewhere", &good), "status"),
        ("HTML", IssuerAnswer::text(200, "Content-Type: text/html", "<html>"), "no_key"),
        ("nothing", IssuerAnswer::text(200, "X: y", ""), "no_key"),
        ("half of it", IssuerAnswer::text(200, "X: y", &good[..good.len() / 2]), "no_key"),
        ("an empty set", IssuerAnswer::json(&json!({ "keys": [] })), "no_key"),
        ("no set", IssuerAnswer::json(&json!({ "error": "down" })), "no_key"),
        ("a set of nulls", IssuerAnswer::json(&json!({ "keys": [null, 7, "x"] })), "no_key"),
        (
            "private keys",
            IssuerAnswer::json(&json!({ "keys": [but(key.jwk.clone(), json!({"d": "AA"}))] })),
            "no_key",
        ),
        ("development keys", IssuerAnswer::keys(&[&Signer::dev("dev-rs256")]), "no_key"),
        ("gzip that nobody asked for", octets(gzip), "no_key"),
        (
            "fewer octets than announced",
            IssuerAnswer::Truncated(good.clone().into_bytes()),
            "unreachable",
        ),
        ("a closed connection", IssuerAnswer::Close, "unreachable"),
        ("no end", IssuerAnswer::Endless, "too_large"),
        ("too much", octets(vec![b' '; 600_000]), "too_large"),
        ("silence", IssuerAnswer::Hang, "timeout"),
        ("a drip", IssuerAnswer::Drip, "timeout"),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, answer);
        issuer.answers("/elsewhere", IssuerAnswer::keys(&[&key]));
        // Once in three times a machine that stands still lets it.
        let mut launches = (0..3).map(|_| {
            let begun = Instant::now();
            (client(config(&issuer.url, impatient())), begun.elapsed())
        });
        let in_time = launches.find(|(_, took)| *took < Duration::from_millis(1_900));
        let (client, _) = in_time.unwrap_or_else(|| panic!("{name}: launch is not blocked"));

        let response = crate::get(&client, &key.good());
        assert_eq!(response.status().code, 503, "{name}");
        let wait = response.headers().get_one("Retry-After").unwrap().parse::<u64>().unwrap();
        assert!((1..=30).contains(&wait), "{name}: {wait}");
        assert_eq!(response.headers().get_one("WWW-Authenticate"), None, "{name}");
        let (status, body) = readiness(&client);
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!(code)), "{name}");
        assert_eq!(issuer.asked("/elsewhere"), 0, "{name}: no redirect is followed");
        let taken = issuer.sent() / issuer.asked(PATH);
        assert!(taken < 10_000_000, "{name}: {taken} octets were taken in one fetch");
    }
}

#[test]
fn a_set_is_fetched_politely_and_served_whatever_its_content_type() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    let good = json!({ "keys": [{ "kty": "AKP" }, key.jwk] }).to_string();
    issuer.answers(PATH, IssuerAnswer::text(200, "Content-Type: application/octet-stream", &good));
    let client = client(config(&issuer.url, KeyFetching::default()));
    assert_eq!(verdict(&client, &key.good()).0, 200);

    let head = issuer.heads()[0].to_ascii_lowercase();
    let agent = concat!("user-agent: rocket-bearer/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(head.contains(agent), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
    let (status, body) = readiness(&client);
    assert_eq!(status, 200);
    let keys = json!([key.kid]);
    let expected = json!({ "name": "default", "source": "uri", "keys": keys, "error": null });
    assert_eq!(but(body["issuers"][0].clone(), json!({ "age": null })), expected);
}

#[test]
fn readiness_repeats_no_more_of_a_set_than_a_reader_takes_in() {
    let key = Signer::of("ES256");
    let long = "k".repeat(100_000);
    for (kids, told, last) in [
        (vec![long.clone()], 1, format!("{}…", &long[..64])),
        ((0..30).map(|number| format!("{number}{long}")).collect(), 21, "and 10 more".to_owned()),
    ] {
        let issuer = MockIssuer::start();
        let named: Vec<_> = kids.iter().map(|kid| key.clone().with_kid(kid)).collect();
        issuer.answers(PATH, IssuerAnswer::keys(&named.iter().collect::<Vec<_>>()));
        let jwks = KeyFetching::default().max_bytes(10_000_000).unwrap();
        let client = client(config(&issuer.url, jwks));
        let (status, body) = readiness(&client);
        let keys = body["issuers"][0]["keys"].as_array().unwrap();
        assert_eq!((status, keys.len()), (200, told));
        assert_eq!(keys.last().unwrap(), &last);
        assert!(body.to_string().len() < 3_000, "{body}");
    }
}

#[test]
fn a_development_key_in_a_fetched_set_does_not_cost_the_good_one_of_its_kid() {
    let (dev, good) =
        (Signer::dev("dev-es256").with_kid("same"), Signer::of("ES256").with_kid("same"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::keys(&[&dev, &good]));
    let client = client(config(&issuer.url, KeyFetching::default()));
    assert_eq!(verdict(&client, &good.good()).0, 200);
    assert_eq!(verdict(&client, &dev.good()).0, 401);
}

#[test]
fn an_issuer_that_is_down_at_launch_is_found_when_it_comes_back() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::status(500));
    let client = client(config(&issuer.url, KeyFetching::default().cooldown(SECOND).unwrap()));
    assert_eq!(verdict(&client, &key.good()).0, 503);
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let begun = Instant::now();
    // Nobody has to send a request for it.
    while readiness(&client).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not found");
        thread::yield_now();
    }
    assert_eq!(verdict(&client, &key.good()).0, 200);
}

#[test]
fn issuers_that_share_a_url_share_its_store() {
    let key = Signer::of("ES256");
    let mock = MockIssuer::start();
    mock.answers(PATH, IssuerAnswer::keys(&[&key]));
    let url = format!("{}{PATH}", mock.url);
    let issuer = |name: &str, audience: &str| {
        let issuer =
            Issuer::with_uri(&format!("https://{name}.example/"), &url, [audience]).unwrap();
        issuer.named(name).unwrap().algorithms([Algorithm::ES256]).unwrap()
    };
    let config = Config::new(issuer("one", "a")).also(issuer("two", "b")).unwrap();
    let client = client(config);
    for (iss, aud, status) in
        [("one", "a", 200), ("two", "b", 200), ("one", "b", 401), ("two", "a", 401)]
    {
        let claims = json!({ "iss": format!("https://{iss}.example/"), "aud": aud });
        let token = key.token(&key.header(), &but(good_claims(), claims));
        assert_eq!(verdict(&client, &token).0, status, "{iss} {aud}");
    }
    assert_eq!(mock.asked(PATH), 1);
}

#[test]
fn an_issuer_nobody_configured_costs_no_fetch() {
    let key = Signer::of("ES256");
    let mock = MockIssuer::start();
    mock.answers(PATH, IssuerAnswer::keys(&[&key]));
    let client = client(config(&mock.url, KeyFetching::default().cooldown(SECOND).unwrap()));
    let header = but(key.header(), json!({ "kid": "unknown" }));
    let near_ours = format!("{ISSUER}x");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1_200) {
        for iss in ["https://mallory.example/", &near_ours, &ISSUER[..ISSUER.len() - 1]] {
            let claims = but(good_claims(), json!({ "iss": iss }));
            assert_eq!(verdict(&client, &key.token(&header, &claims)).0, 401, "{iss}");
        }
    }
    assert_eq!(mock.asked(PATH), 1);
}
