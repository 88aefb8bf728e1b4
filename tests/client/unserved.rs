//! A set whose keys serve no algorithm of the issuers that use it.

use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::{Algorithm, Config, Issuer};
use serde_json::json;

use crate::remote::{PATH, readiness};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{AUDIENCE, ISSUER, Signer, but, good_claims, leaks};
use crate::{client, verdict};

#[test]
fn a_set_that_serves_no_algorithm_is_a_failed_load_at_launch_and_later() {
    let (good, unfit) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let text = |key: &Signer| json!({ "keys": [key.jwk] }).to_string();
    let issuer = MockIssuer::start();
    let allow = |issuer: Issuer| Config::new(issuer.algorithms([Algorithm::ES256]).unwrap());
    let fetched = || {
        let uri = format!("{}{PATH}", issuer.url);
        client(allow(Issuer::with_uri(ISSUER, &uri, [AUDIENCE]).unwrap()))
    };

    issuer.answers(PATH, IssuerAnswer::keys(&[&unfit]));
    let at_launch = fetched();
    assert_eq!(verdict(&at_launch, &good.good()).0, 503);
    assert_eq!(readiness(&at_launch).1["issuers"][0]["error"], "no_key");

    issuer.answers(PATH, IssuerAnswer::keys(&[&good]));
    std::fs::write(&path, text(&good)).unwrap();
    let file = client(allow(Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap()));
    let unknown = good.clone().with_kid("unknown");
    let clients = [("a fetched set", fetched()), ("a file", file)];
    for (name, client) in &clients {
        assert_eq!(verdict(client, &good.good()).0, 200, "{name}");
        issuer.answers(PATH, IssuerAnswer::keys(&[&unfit]));
        std::fs::write(&path, text(&unfit)).unwrap();
        assert_eq!(verdict(client, &unknown.good()).0, 503, "{name}");
        assert_eq!(verdict(client, &good.good()).0, 200, "{name}: the last good set stays");
        let (status, body) = readiness(client);
        let expected = (200, &json!("no_key"), &json!([good.kid]));
        let told = &body["issuers"][0];
        assert_eq!((status, &told["error"], &told["keys"]), expected, "{name}");
    }
    let begun = Instant::now();
    let is_told = |(level, target, text): &(log::Level, String, String)| {
        (*level, target.as_str()) == (log::Level::Warn, "rocket_bearer::keys")
            && text.contains("no key verifies ES256")
            && text.contains("offer EdDSA")
    };
    while leaks::logged().iter().filter(|line| is_told(line)).count() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", leaks::logged());
        thread::yield_now();
    }
}

/// Else the keys that one of them has withdrawn would serve on for a fault of the other.
#[test]
fn a_shared_set_that_serves_one_of_its_issuers_is_taken() {
    let (one, other) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let mock = MockIssuer::start();
    mock.answers(PATH, IssuerAnswer::keys(&[&one, &other]));
    let url = format!("{}{PATH}", mock.url);
    let issuer = |name: &str, algorithm| {
        let issuer =
            Issuer::with_uri(&format!("https://{name}.example/"), &url, [AUDIENCE]).unwrap();
        issuer.named(name).unwrap().algorithms([algorithm]).unwrap()
    };
    let config = Config::new(issuer("one", Algorithm::ES256));
    let client = client(config.also(issuer("other", Algorithm::EdDSA)).unwrap());
    let token = |key: &Signer, name: &str| {
        let iss = json!({ "iss": format!("https://{name}.example/") });
        key.token(&key.header(), &but(good_claims(), iss))
    };
    assert_eq!(verdict(&client, &token(&other, "other")).0, 200);
    assert_eq!(readiness(&client).0, 200);

    let next = Signer::stranger("ES256").with_kid("next");
    mock.answers(PATH, IssuerAnswer::keys(&[&next]));
    assert_eq!(verdict(&client, &token(&next, "one")).0, 200);
    assert_eq!(verdict(&client, &token(&one, "one")).0, 401, "it is withdrawn");
    assert_eq!(verdict(&client, &token(&other, "other")).0, 401);
    let (status, body) = readiness(&client);
    let errors = [&body["issuers"][0]["error"], &body["issuers"][1]["error"]];
    assert_eq!((status, errors), (503, [&json!(null), &json!("no_key")]));
}
