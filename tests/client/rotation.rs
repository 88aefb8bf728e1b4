//! Keys that change while tokens come, at the issuer and in a file.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rocket::local::blocking::Client;
use rocket_bearer::{Algorithm, Config, Issuer, KeyFetching};
use serde_json::json;
use tempfile::TempDir;

use crate::remote::{PATH, config, readiness};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::server::Server;
use crate::support::{AUDIENCE, ISSUER, Signer, but, good_claims};
use crate::{client, verdict};

/// At the first try and with the longest of waits: the launch was a moment ago.
#[test]
fn a_token_of_a_new_key_is_accepted_in_the_request_that_brings_it() {
    let old = Signer::of("ES256");
    let unknown = (401, "Unable to find the appropriate key.".to_owned());
    let forged = (401, "Unable to parse authentication token.".to_owned());
    for (name, new, withdrawn) in [
        ("a new kid", Signer::of("EdDSA"), &unknown),
        ("the same kid", Signer::stranger("ES256").with_kid(&old.kid), &forged),
        ("the same kid, another algorithm", Signer::of("EdDSA").with_kid(&old.kid), &forged),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, IssuerAnswer::keys(&[&old]));
        let client = client(config(
            &issuer.url,
            KeyFetching::default().cooldown(Duration::from_secs(600)).unwrap(),
        ));
        assert_eq!(verdict(&client, &old.good()).0, 200, "{name}");
        issuer.answers(PATH, IssuerAnswer::keys(&[&new]));
        assert_eq!(verdict(&client, &new.good()).0, 200, "{name}");
        assert_eq!(issuer.asked(PATH), 2, "{name}");
        assert_eq!(&verdict(&client, &old.good()), withdrawn, "{name}");
    }
}

#[test]
fn a_bad_signature_stays_one_whatever_its_fetch_did() {
    let key = Signer::of("ES256");
    let forged = Signer::stranger("ES256").with_kid(&key.kid);
    let mismatched = Signer::of("EdDSA").with_kid(&key.kid);
    let other = Signer::of("EdDSA");
    for (name, answer) in [
        ("the same keys", IssuerAnswer::keys(&[&key])),
        ("an error", IssuerAnswer::status(500)),
        ("no key of the kid", IssuerAnswer::keys(&[&other])),
        ("another key of the kid", IssuerAnswer::keys(&[&Signer::of("ES384").with_kid(&key.kid)])),
    ] {
        for token in [forged.good(), mismatched.good()] {
            let issuer = MockIssuer::start();
            issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
            let client = client(config(&issuer.url, KeyFetching::default()));
            issuer.answers(PATH, answer.clone());
            let row = (401, "Unable to parse authentication token.".to_owned());
            assert_eq!(verdict(&client, &token), row, "{name}");
            assert_eq!(issuer.asked(PATH), 2, "{name}");
        }
    }
}

#[test]
fn a_guess_at_the_next_kid_delays_it_by_one_wait() {
    let (old, next) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let guess = Signer::stranger("ES256").with_kid(&next.kid);
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::keys(&[&old]));
    let fetching = KeyFetching::default().cooldown(Duration::from_secs(600)).unwrap();
    let client = client(config(&issuer.url, fetching));
    assert_eq!(verdict(&client, &guess.good()).0, 401);
    issuer.answers(PATH, IssuerAnswer::keys(&[&old, &next]));
    let rotated = Instant::now();
    while verdict(&client, &next.good()).0 != 200 {
        assert!(rotated.elapsed() < Duration::from_secs(5), "the wait is 1 s");
        thread::yield_now();
    }
}

#[test]
fn a_token_that_expires_while_it_waits_for_its_key_is_expired() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::keys(&[&old]));
    let jwks = KeyFetching::default().cooldown(Duration::from_secs(1)).unwrap();
    let client = client(config(&issuer.url, jwks).leeway(Duration::ZERO).unwrap());
    let late =
        IssuerAnswer::Late(Duration::from_millis(1_200), Box::new(IssuerAnswer::keys(&[&new])));
    issuer.answers(PATH, late);
    let mut last = (0, String::new());
    while issuer.asked(PATH) < 2 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let exp = now.as_secs_f64() + 1.0;
        let token = new.token(&new.header(), &but(good_claims(), json!({ "exp": exp })));
        last = verdict(&client, &token);
        thread::yield_now();
    }
    assert_eq!(last, (401, "Token expired.".into()));
    assert_eq!(verdict(&client, &new.good()).0, 200);
}

#[test]
fn while_the_issuer_fails_an_unknown_kid_is_503_and_a_known_one_served() {
    let (known, unknown) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::keys(&[&known]));
    let client = client(config(
        &issuer.url,
        KeyFetching::default().cooldown(Duration::from_secs(1)).unwrap(),
    ));
    assert_eq!(verdict(&client, &known.good()).0, 200);
    issuer.answers(PATH, IssuerAnswer::status(500));
    assert_eq!(verdict(&client, &unknown.good()).0, 503);
    assert_eq!(verdict(&client, &known.good()).0, 200);
    let (status, body) = readiness(&client);
    assert_eq!((status, &body["issuers"][0]["error"]), (200, &json!("status")));
}

#[test]
fn two_thousand_tokens_that_no_key_signed_cause_the_fetches_of_the_wait_and_no_more() {
    let key = Signer::of("ES256");
    let invented = |connection: i32, number: i32| {
        let kid = json!({ "kid": format!("invented-{connection}-{number}") });
        key.token(&but(key.header(), kid), &good_claims())
    };
    let stranger = Signer::stranger("ES256").with_kid(&key.kid);
    let forged = |_, _| stranger.good();
    for (name, token) in [
        ("invented kids", &invented as &(dyn Fn(i32, i32) -> String + Sync)),
        ("forged signatures", &forged),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
        let begun = Instant::now();
        let server = Server::start(config(
            &issuer.url,
            KeyFetching::default().cooldown(Duration::from_secs(600)).unwrap(),
        ));
        thread::scope(|scope| {
            for connection in 0..32 {
                let (server, key) = (&server, &key);
                scope.spawn(move || {
                    let mut stream = server.connect();
                    for number in 0..63 {
                        assert_eq!(stream.bearer(&token(connection, number)), 401, "{name}");
                    }
                    assert_eq!(stream.bearer(&key.good()), 200, "{name}");
                });
            }
        });
        // One at launch, and then after 0, 1, 3, 7, … seconds.
        let most = 2 + (begun.elapsed().as_secs() + 1).ilog2() as usize;
        assert!(issuer.asked(PATH) <= most, "{name}: {} fetches", issuer.asked(PATH));
    }
}

#[test]
fn sixty_four_first_requests_cause_one_fetch_and_a_warm_path_none() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let server = Server::start(config(&issuer.url, KeyFetching::default()));
    for _ in 0..2 {
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| assert_eq!(server.connect().bearer(&key.good()), 200));
            }
        });
        assert_eq!(issuer.asked(PATH), 1);
    }
}

fn set_of(key: &Signer) -> String {
    json!({ "keys": [key.jwk] }).to_string()
}

/// A folder, a file in it with the set of this key, and an app with the keys of that file.
fn with_file_of(key: &Signer) -> (TempDir, PathBuf, Client) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, set_of(key)).unwrap();
    let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
    let client = client(Config::new(issuer.algorithms(Algorithm::ALL).unwrap()));
    (folder, path, client)
}

#[test]
fn a_token_of_a_new_key_in_a_file_is_accepted_without_a_wait() {
    let old = Signer::of("ES256");
    for (name, new) in [
        ("a new kid", Signer::of("EdDSA")),
        ("the same kid", Signer::stranger("ES256").with_kid(&old.kid)),
    ] {
        let (_folder, path, client) = with_file_of(&old);
        std::fs::write(&path, set_of(&new)).unwrap();
        assert_eq!(verdict(&client, &new.good()).0, 200, "{name}");
    }
}

#[test]
fn a_file_that_changes_is_loaded_and_a_broken_one_is_not() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let (folder, path, client) = with_file_of(&old);
    let until = |key: &Signer, status: u16| {
        let begun = Instant::now();
        while verdict(&client, &key.good()).0 != status {
            assert!(begun.elapsed() < Duration::from_secs(10), "{} is not {status}", key.kid);
            thread::yield_now();
        }
    };
    until(&old, 200);

    // Half-written, deleted, useless or public: the old set stays, and the new key is 503.
    let halves = set_of(&new);
    for broken in [&halves[..halves.len() / 2], "", "{\"keys\":[]}"] {
        std::fs::write(&path, broken).unwrap();
        until(&new, 503);
        assert_eq!(verdict(&client, &old.good()).0, 200, "{broken}");
    }
    std::fs::remove_file(&path).unwrap();
    until(&new, 503);
    assert_eq!(verdict(&client, &old.good()).0, 200);

    // An editor's way: a new file renamed over the old name.
    std::fs::write(folder.path().join("new"), set_of(&new)).unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    until(&new, 200);
    assert_eq!(verdict(&client, &old.good()).0, 401);

    // Kubernetes' way: a symlink to a folder is swapped.
    #[cfg(unix)]
    {
        std::fs::remove_file(&path).unwrap();
        for (name, key) in [("v1", &new), ("v2", &old)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("jwks.json"), set_of(key)).unwrap();
        }
        std::os::unix::fs::symlink("v1", folder.path().join("data")).unwrap();
        std::os::unix::fs::symlink("data/jwks.json", &path).unwrap();
        until(&new, 200);
        std::os::unix::fs::symlink("v2", folder.path().join("next")).unwrap();
        std::fs::rename(folder.path().join("next"), folder.path().join("data")).unwrap();
        until(&old, 200);
        assert_eq!(verdict(&client, &new.good()).0, 401);
    }
}
