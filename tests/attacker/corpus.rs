//! Nothing forged gets in: every row of the corpus, over HTTP and without it.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::time::SystemTime;

use crate::attacks::{Attack, Corpus, Verdict};
use crate::support::{self, encode, good_claims};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket_bearer::keys::KeySet;
use rocket_bearer::{Bearer, Config, Rejection, Verifier};
use serde_json::{Value, json};

/// The corpus, the configuration for it, and the listener that its headers lure to.
static STAGE: LazyLock<(Vec<Attack>, Config, TcpListener)> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let Corpus { jwks, attacks } =
        Corpus::luring_to(&format!("http://{}", listener.local_addr().unwrap()));
    let keys = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
    (attacks, support::config(keys), listener)
});

fn client(config: Config) -> Client {
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    Client::untracked(rocket.attach(Bearer::with(config))).unwrap()
}

fn answer(client: &Client, token: &str) -> (u16, String) {
    let authorization = Header::new("Authorization", format!("Bearer {token}"));
    let response = client.get("/headers").header(authorization).dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

#[test]
fn every_attack_is_answered_as_the_table_says() {
    let (attacks, config, listener) = &*STAGE;
    let verifier = Verifier::new(config).unwrap();
    let client = client(config.clone());
    let mut wrong = vec![];
    for Attack { name, source, token, expected } in attacks {
        let verdict = verifier.verify(token, SystemTime::now()).map(drop);
        let answer = answer(&client, token);
        if (verdict, &answer) != (*expected, &answer_to(*expected)) {
            wrong.push(format!("{name} ({source}): {expected:?}, not {verdict:?}, {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), attacks.len(), wrong.join("\n"));
    // Whoever had connected would be waiting there.
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// `explain` walks as the server does; what it says of each check is tried in `tests/client`.
#[test]
fn explain_says_of_every_attack_what_the_server_answers() {
    let (attacks, config, _) = &*STAGE;
    let client = client(config.clone());
    let mut wrong = vec![];
    for Attack { name, token, expected, .. } in attacks {
        let report = rocket_bearer::cli::explained(client.rocket(), &[&format!("Bearer {token}")]);
        let (status, body) = answer_to(*expected);
        let body: Value = serde_json::from_str(&body).unwrap_or(json!(body));
        let says = (&report["answer"]["status"], &report["answer"]["body"], &report["accepted"]);
        if says != (&json!(status), &body, &json!(expected.is_ok())) {
            wrong.push(format!("{name}: {says:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), attacks.len(), wrong.join("\n"));
}

#[test]
fn a_small_token_cannot_make_the_reader_descend_without_end() {
    let key = support::Signer::of("ES256");
    let config = support::config(key.set()).max_token_bytes(100_000).unwrap();
    let client = client(config);
    // serde_json reads such an object as text to be parsed again, with a new recursion limit.
    let mut nested = format!("{}{}", "[".repeat(118), "]".repeat(118));
    for _ in 0..15 {
        let text = nested.replace('\\', r"\u005c").replace('"', r"\u0022");
        nested = format!(
            r#"{}{{"$serde_json::private::RawValue":"{text}"}}{}"#,
            "[".repeat(118),
            "]".repeat(118)
        );
    }
    let claims = format!(r#"{{"x":{nested}}}"#);
    let header = format!(r#"{{"alg":"ES256","kid":"{}","x":{nested}}}"#, key.kid);
    for token in [
        format!("{}.{}.AAAA", encode(key.header().to_string()), encode(&claims)),
        key.token_of(key.header().to_string(), &claims),
        key.token_of(header, good_claims().to_string()),
    ] {
        assert_eq!(answer(&client, &token), answer_to(Err(Rejection::Malformed)));
    }
}

/// Status and body, by the table `rfc6750`.
fn answer_to(verdict: Verdict) -> (u16, String) {
    use Rejection::*;
    let (code, description) = match verdict {
        Ok(()) => return (200, "Access Granted".to_owned()),
        Err(KeyIdMissing) => ("invalid_header", "Authorization malformed."),
        Err(UnknownKey) => ("invalid_header", "Unable to find the appropriate key."),
        Err(Expired) => ("token_expired", "Token expired."),
        Err(
            TooLong | Malformed | ForbiddenAlgorithm | CriticalExtension | WrongType
            | MismatchedAlgorithm | BadSignature,
        ) => ("invalid_header", "Unable to parse authentication token."),
        Err(_) => ("invalid_claims", "Incorrect claims. Please, check the audience and issuer."),
    };
    (401, format!(r#"{{"code":"{code}","description":"{description}"}}"#))
}

#[test]
fn every_known_advisory_has_a_row_on_every_type_of_key() {
    let (attacks, ..) = &*STAGE;
    for advisory in [
        "CVE-2015-9235",
        "CVE-2016-10555",
        "CVE-2018-0114",
        "CVE-2020-28042",
        "CVE-2022-29217",
        "CVE-2023-48223",
        "CVE-2025-27144",
        "CVE-2025-30204",
        "CVE-2025-59420",
        "CVE-2026-25537",
        "CVE-2026-34950",
    ] {
        for key in crate::attacks::KEY_TYPES {
            let has_row = |attack: &Attack| {
                attack.source.contains(advisory) && attack.name.starts_with(&format!("{key}: "))
            };
            assert!(attacks.iter().any(has_row), "{advisory} on {key}");
        }
    }
    // Only ECDSA has signatures of zeros to fear.
    assert!(attacks.iter().any(|attack| attack.source.contains("CVE-2022-21449")));
    let names: BTreeSet<_> = attacks.iter().map(|attack| &attack.name).collect();
    assert_eq!(names.len(), attacks.len(), "a name is there twice");
}
