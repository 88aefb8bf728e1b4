//! `jsonwebtoken::decode` beside us: what it reads, and what it alone accepts.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{DecodingKey, Validation, decode};
use rocket_bearer::keys::{KeySet, KeySetError, Reason};
use rocket_bearer::testing::{Key, TestIssuer, Token};
use rocket_bearer::{Algorithm, Rejection, Verifier};
use serde_json::{Value, json};

use crate::support::{but, now};

const PAGE: &str = include_str!("../../docs/from-jsonwebtoken.md");
const ISSUER: &str = "https://one.test/";

fn issuer(algorithm: Algorithm) -> TestIssuer {
    TestIssuer::named(ISSUER, "image").with_key(Key::of(algorithm).with_kid("k"))
}

/// What `decode` says, with the settings of its own documentation.
fn decoded(token: &str, jwk: &Value, algorithm: Algorithm) -> jsonwebtoken::errors::Result<Value> {
    let jwk: Jwk = serde_json::from_value(jwk.clone())?;
    let mut rules = Validation::new(algorithm.name().parse()?);
    rules.set_audience(&["image"]);
    rules.set_issuer(&[ISSUER]);
    decode(token, &DecodingKey::from_jwk(&jwk)?, &rules).map(|token| token.claims)
}

/// The first and the last cell of each row under this heading.
fn rows(heading: &str) -> Vec<(&'static str, &'static str)> {
    let (_, section) = PAGE.split_once(heading).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0], cells[cells.len() - 1].trim_matches('`'))
    })
    .collect()
}

#[test]
fn it_reads_what_the_kit_signs() {
    for algorithm in Algorithm::ALL {
        if algorithm.name().parse::<jsonwebtoken::Algorithm>().is_err() {
            let unnamed = ["ES512", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];
            assert!(unnamed.contains(&algorithm.name()), "{algorithm}");
            continue;
        }
        let issuer = issuer(algorithm);
        let judge = |token: Token| decoded(&token.to_string(), &issuer.key().jwk(), algorithm);
        let claims = judge(issuer.token().scope("a b")).unwrap();
        assert_eq!((&claims["sub"], &claims["scope"]), (&json!("alice"), &json!("a b")));
        assert!(judge(issuer.token().forged()).is_err(), "{algorithm}");
    }
}

#[test]
fn each_token_of_the_page_is_accepted_by_it_and_refused_by_us() {
    let issuer = issuer(Algorithm::RS256);
    let (key, now) = (issuer.key(), now());
    let header = json!({ "alg": "RS256", "kid": "k" });
    let good = json!({ "iss": ISSUER, "aud": "image", "sub": "a", "exp": now + 600 });
    let claims = |members| key.token(header.to_string(), but(good.clone(), members).to_string());
    let set = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.token(header.to_string(), claims.to_string())
    };
    let header_of = |text: &str| key.token(text, good.to_string());
    let verifier = Verifier::new(&issuer.config()).unwrap();
    let twice = format!(r#"{},"scope":"a","scope":"b"}}"#, good.to_string().trim_end_matches('}'));
    let tokens = [
        claims(json!({ "aud": null })),
        set("aud", Value::Null),
        claims(json!({ "iss": null })),
        set("iss", Value::Null),
        set("iss", json!(["https://two.test/", ISSUER])),
        set("exp", json!(now - 30)),
        set("exp", json!((now + 600) * 1000)),
        set("nbf", json!(now + 3600)),
        set("nbf", json!("now")),
        set("iat", json!(now + 3600)),
        set("iat", json!("now")),
        set("sub", json!(7)),
        set("jti", json!(7)),
        set("cnf", json!({ "jkt": "x" })),
        key.token(header.to_string(), twice),
        key.token(header.to_string(), json!([now + 600, 0, "a", ISSUER, "image"]).to_string()),
        header_of(r#"{"alg":"RS256","kid":"k","typ":"logout+jwt"}"#),
        header_of(r#"{"alg":"RS256","kid":"k","crit":["b64"],"b64":true}"#),
        header_of(r#"{"alg":"RS256","kid":"k","crit":null}"#),
        header_of(r#"{"alg":"RS256","kid":"k","typ":null}"#),
        header_of(r#"{"alg":{"RS256":null},"kid":"k"}"#),
        header_of(r#"{"alg":"RS256","kid":"k","x":1,"x":2}"#),
        header_of(r#"{"alg":"RS256"}"#),
        header_of(r#"{"alg":"RS256","kid":"other"}"#),
        set("text", json!("a".repeat(1_000_000))),
    ];
    let rows = rows("## Tokens");
    assert_eq!(rows.len(), tokens.len());
    for ((row, here), token) in rows.into_iter().zip(&tokens) {
        let theirs = decoded(token, &key.jwk(), Algorithm::RS256);
        assert!(theirs.is_ok(), "{row}: {theirs:?}");
        let ours = verifier.verify(token, SystemTime::now()).map(drop);
        assert_eq!(ours.map_err(|it| format!("{it:?}")), Err(here.to_owned()), "{row}");
    }
    let judged = verifier.verify(&claims(json!({})), SystemTime::now()).map(drop);
    assert_eq!(judged, Ok::<(), Rejection>(()), "the rows have one fault each");
}

#[test]
fn each_key_of_the_page_is_taken_by_it_and_passed_over_by_us() {
    use Algorithm::{ES256, EdDSA, RS256};
    let jwk = |algorithm| but(issuer(algorithm).key().jwk(), json!({ "use": null, "alg": null }));
    // Its neutral element: R is it and S is 0, whatever the message.
    let neutral = URL_SAFE_NO_PAD.encode([&[1][..], &[0; 31]].concat());
    let small = but(jwk(EdDSA), json!({ "x": neutral }));
    let keys = [
        (RS256, but(jwk(RS256), json!({ "use": "enc" }))),
        (RS256, but(jwk(RS256), json!({ "key_ops": ["encrypt"] }))),
        (RS256, but(jwk(RS256), json!({ "alg": "RSA-OAEP" }))),
        (RS256, but(jwk(RS256), json!({ "alg": { "RS256": null } }))),
        (RS256, but(jwk(RS256), json!({ "d": "AQAB" }))),
        (RS256, but(jwk(RS256), json!({ "kid": null }))),
        (ES256, but(jwk(ES256), json!({ "crv": "P-384" }))),
        (EdDSA, small),
    ];
    let rows = rows("## Keys of a set");
    assert_eq!(rows.len(), keys.len());
    for ((row, here), (algorithm, jwk)) in rows.into_iter().zip(&keys) {
        let mut token = issuer(*algorithm).token().to_string();
        if here == "Broken" && *algorithm == EdDSA {
            let signature = URL_SAFE_NO_PAD.encode([&[1][..], &[0; 63]].concat());
            token = format!("{}.{signature}", token.rsplit_once('.').unwrap().0);
        }
        let theirs = decoded(&token, jwk, *algorithm);
        assert!(theirs.is_ok(), "{row}: {theirs:?}");
        assert_eq!(format!("{:?}", passed_over(jwk)), here, "{row}");
    }
}

/// Why we do not use this key.
fn passed_over(jwk: &Value) -> Reason {
    match KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()) {
        Err(KeySetError::NoUsableKey(keys)) => keys[0].reason,
        other => panic!("{jwk}: {other:?}"),
    }
}

#[test]
fn a_broken_entry_costs_its_whole_set_and_of_ours_itself_alone() {
    let set = json!({ "keys": [issuer(Algorithm::RS256).key().jwk(), { "kty": "RSA", "kid": 7 }] });
    assert!(serde_json::from_value::<JwkSet>(set.clone()).is_err());
    assert_eq!(KeySet::parse(set.to_string().as_bytes()).unwrap().passed_over().len(), 1);
}
