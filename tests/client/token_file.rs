//! Issuers that show their keys to the authenticated only, as the API server of Kubernetes does.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::{Algorithm, Config, Issuer};
use serde_json::json;
use tempfile::TempDir;

use crate::remote::{PATH, impatient, readiness};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{AUDIENCE, ISSUER, Signer, but, good_claims, leaks};
use crate::{client, verdict};

const OPENID: &str = "/.well-known/openid-configuration";

/// A token that no line of a log may have a piece of.
const TOKEN: &str = "serviceaccount-token-0123456789abcdef";

fn token_file(content: &str) -> (TempDir, std::path::PathBuf) {
    leaks::keep(content.trim());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sa-token");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn eager(issuer: Issuer) -> Config {
    let fetching = impatient().cooldown(Duration::from_secs(1)).unwrap();
    Config::new(issuer.algorithms(Algorithm::ALL).unwrap()).key_fetching(fetching).unwrap()
}

fn by_uri(url: &str) -> Issuer {
    Issuer::with_uri(ISSUER, &format!("{url}{PATH}"), [AUDIENCE]).unwrap()
}

/// The `Authorization` of each request for this path.
fn sent(issuer: &MockIssuer, path: &str) -> Vec<Option<String>> {
    let heads = issuer.heads().into_iter().filter(|head| head.split(' ').nth(1) == Some(path));
    let line =
        |head: &str| head.lines().find(|it| it.starts_with("authorization:")).map(str::to_owned);
    heads.map(|head| line(&head)).collect()
}

/// Publishes this key, at the address of the metadata's own.
fn publish(issuer: &MockIssuer, key: &Signer, jwks_uri: &str) {
    issuer.answers(
        OPENID,
        IssuerAnswer::json(&json!({ "issuer": issuer.url, "jwks_uri": jwks_uri })),
    );
    issuer.answers(PATH, IssuerAnswer::keys(&[key]));
}

#[test]
fn the_token_of_the_file_goes_with_each_request_to_the_issuer() {
    let key = Signer::of("ES256");
    let with_token = Some(format!("authorization: Bearer {TOKEN}"));
    for content in [TOKEN.to_owned(), format!("{TOKEN}\n"), format!("{TOKEN} \r\n\n")] {
        let (_folder, path) = token_file(&content);
        let issuer = MockIssuer::start_guarded(TOKEN);
        publish(&issuer, &key, &format!("{}{PATH}", issuer.url));
        let of_issuer = key.token(&key.header(), &but(good_claims(), json!({ "iss": issuer.url })));
        for (configured, token, requests) in [
            (Issuer::discovered(&issuer.url, [AUDIENCE]).unwrap(), of_issuer, [1, 1]),
            (by_uri(&issuer.url), key.good(), [1, 2]),
        ] {
            let with = client(eager(configured.clone().jwks_token_file(&path).unwrap()));
            assert_eq!(verdict(&with, &token).0, 200, "{content:?} {configured:?}");
            assert_eq!(sent(&issuer, OPENID), vec![with_token.clone(); requests[0]]);
            assert_eq!(sent(&issuer, PATH), vec![with_token.clone(); requests[1]]);
        }
        // Without it the answer is 403, at launch and later.
        let without = client(eager(by_uri(&issuer.url)));
        let (status, body) = readiness(&without);
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!("status")));
        assert_eq!(sent(&issuer, PATH).last(), Some(&None));
    }
}

#[test]
fn a_token_that_is_replaced_in_its_file_is_sent_with_the_next_fetch() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let next = "serviceaccount-token-of-the-next-hour";
    let (_folder, path) = token_file(TOKEN);
    leaks::keep(next);
    let issuer = MockIssuer::start_guarded(TOKEN);
    issuer.answers(PATH, IssuerAnswer::keys(&[&old]));
    let client = client(eager(by_uri(&issuer.url).jwks_token_file(&path).unwrap()));
    assert_eq!(verdict(&client, &old.good()).0, 200);

    issuer.expects(next);
    issuer.answers(PATH, IssuerAnswer::keys(&[&new]));
    fs::write(&path, next).unwrap();
    assert_eq!(verdict(&client, &new.good()).0, 200);
    let all = [TOKEN, next].map(|token| Some(format!("authorization: Bearer {token}")));
    assert_eq!(sent(&issuer, PATH), all);
}

#[test]
fn no_other_origin_gets_the_token_wherever_metadata_or_an_answer_leads() {
    let key = Signer::of("ES256");
    let (_folder, path) = token_file(TOKEN);
    let elsewhere = MockIssuer::start();
    elsewhere.answers(PATH, IssuerAnswer::keys(&[&key]));
    let issuer = MockIssuer::start_guarded(TOKEN);
    let verdict_of = || {
        let configured = Issuer::discovered(&issuer.url, [AUDIENCE]).unwrap();
        let client = client(eager(configured.jwks_token_file(&path).unwrap()));
        let claims = but(good_claims(), json!({ "iss": issuer.url }));
        (verdict(&client, &key.token(&key.header(), &claims)).0, readiness(&client).1)
    };

    publish(&issuer, &key, &format!("{}{PATH}", elsewhere.url));
    assert_eq!(verdict_of().0, 200);
    assert_eq!(sent(&elsewhere, PATH), [None]);
    assert_eq!(sent(&issuer, PATH), []);

    // Another name of the same machine and port: it refuses, and is told apart from a wrong token.
    publish(&issuer, &key, &format!("{}{PATH}", issuer.url.replace("127.0.0.1", "localhost")));
    let (status, body) = verdict_of();
    assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!("status")));
    assert!(sent(&issuer, PATH).iter().all(Option::is_none), "{:?}", issuer.heads());

    // A redirect is not followed.
    let target = format!("Location: {}{PATH}", elsewhere.url);
    issuer.answers(OPENID, IssuerAnswer::text(307, &target, ""));
    assert_eq!(verdict_of().0, 503);
    assert_eq!(elsewhere.heads().len(), 1);

    // Nor does the issuer get what is for its `jwks_uri`.
    let configured = Issuer::with_uri(&issuer.url, &format!("{}{PATH}", elsewhere.url), [AUDIENCE]);
    let asked = issuer.heads().len();
    client(eager(configured.unwrap().jwks_token_file(&path).unwrap()));
    assert_eq!(sent(&elsewhere, PATH), [None, Some(format!("authorization: Bearer {TOKEN}"))]);
    assert_eq!(issuer.heads().len(), asked);
}

#[test]
fn a_file_that_gives_no_token_is_a_failed_load_until_it_does() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start_guarded(TOKEN);
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let (folder, path) = token_file(TOKEN);
    let launched = |path: &Path| client(eager(by_uri(&issuer.url).jwks_token_file(path).unwrap()));
    for (name, content) in [
        ("empty", String::new()),
        ("white space", "\n \n".to_owned()),
        ("the scheme with it", format!("Bearer {TOKEN}")),
        ("two lines", format!("{TOKEN}\n{TOKEN}\n")),
        ("a header more", format!("{TOKEN}\r\nX-Evil: 1")),
        ("white space before it", format!(" {TOKEN}")),
        ("a byte-order mark", format!("\u{feff}{TOKEN}")),
        ("no ASCII", format!("{TOKEN}é")),
        ("a control", format!("{TOKEN}\u{1b}")),
        ("too much", "a".repeat(16_385)),
    ] {
        fs::write(&path, content).unwrap();
        let (status, body) = readiness(&launched(&path));
        let code = json!("unusable_token_file");
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &code), "{name}");
    }
    let absent = folder.path().join("absent");
    for path in [&absent, folder.path()] {
        let (status, body) = readiness(&launched(path));
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!("unusable_token_file")));
    }
    assert_eq!(issuer.heads(), [""; 0], "nothing was asked without it");

    let client = launched(&absent);
    assert_eq!(verdict(&client, &key.good()).0, 503);
    fs::write(&absent, TOKEN).unwrap();
    let begun = Instant::now();
    while verdict(&client, &key.good()).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not recover");
        thread::yield_now();
    }
}

#[test]
fn issuers_of_one_jwks_uri_do_not_share_a_token() {
    let key = Signer::of("ES256");
    let (_folder, path) = token_file(TOKEN);
    let issuer = MockIssuer::start_guarded(TOKEN);
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let other = "https://other.test/";
    let with = by_uri(&issuer.url).jwks_token_file(&path).unwrap();
    let without = Issuer::with_uri(other, &format!("{}{PATH}", issuer.url), [AUDIENCE]).unwrap();
    let without = without.named("other").unwrap().algorithms(Algorithm::ALL).unwrap();
    let client = client(eager(with).also(without).unwrap());
    assert_eq!(verdict(&client, &key.good()).0, 200);
    let of_other = key.token(&key.header(), &but(good_claims(), json!({ "iss": other })));
    assert_eq!(verdict(&client, &of_other).0, 503);
}

#[test]
fn a_token_file_is_for_keys_that_are_fetched_and_is_no_token() {
    let keys = Signer::of("ES256").set();
    for issuer in [
        Issuer::with_keys(ISSUER, keys, [AUDIENCE]).unwrap(),
        Issuer::with_file(ISSUER, "jwks.json", [AUDIENCE]).unwrap(),
    ] {
        let error = issuer.jwks_token_file("token").unwrap_err().to_string();
        assert!(error.contains("not fetched") && error.contains("`jwks_uri`"), "{error}");
    }
    let error = by_uri("https://a.test").jwks_token_file("eyJh.eyJz.c2ln").unwrap_err();
    assert_eq!(error.to_string(), "is a token; write the path of a file that holds it");
    // Names that only look like one.
    for path in ["eyJ", "eyJ.token", "/var/run/eyJ.a.b/token", "token.a.b"] {
        assert!(by_uri("https://a.test").jwks_token_file(path).is_ok(), "{path}");
    }
}
