//! Findings on key sets, cured by their issuers or by a line of the configuration.

use rocket_bearer::Algorithm;
use rocket_bearer::testing::Key;
use serde_json::{Value, json};

use super::assert_cured;
use super::publisher::{Case, Publisher, assert_all_cured, set};
use crate::program::Pair;
use crate::support::issuer::IssuerAnswer;
use crate::support::{Signer, but};

#[test]
fn keys_that_are_passed_over_are_cured_by_what_their_issuer_is_told() {
    let good = Signer::of("ES256").jwk;
    let other = Key::generate(Algorithm::ES256).with_kid("other").jwk();
    let with = |members: Value| but(other.clone(), members);
    let without = |member: &str| {
        let mut key = other.clone();
        key.as_object_mut().unwrap().remove(member);
        key
    };
    let weak = json!({ "kty": "RSA", "kid": "other", "n": "_".repeat(172), "e": "AQAB" });
    let correct = "have the issuer correct it";
    let cases = [
        (weak, "passed over", "replace it by one of 2048 bits or more"),
        (with(json!({ "d": "AA" })), "private", "replace the key, then remove it"),
        (
            json!({ "kty": "oct", "kid": "other", "k": "AA" }),
            "symmetric",
            "sign with an asymmetric key instead",
        ),
        (Signer::dev("dev-es256").jwk, "passed over", "have the issuer replace it"),
        (without("kid"), "has no `kid`", "have the issuer name it"),
        (without("x"), "`x` is missing", "have the issuer write it"),
        (
            with(json!({ "x": format!("{}=", other["x"].as_str().unwrap()) })),
            "base64url",
            "have the issuer write base64url",
        ),
        (json!(7), "is not a JWK", correct),
        (with(json!({ "key_ops": "verify" })), "wrong type", correct),
        (json!({ "kty": "AKP", "kid": "other", "pub": "AAAA" }), "passed over", correct),
        (with(json!({ "alg": "ES256K" })), "passed over", correct),
        (with(json!({ "x": "AAAA" })), "passed over", correct),
        (with(json!({ "x": other["y"] })), "passed over", correct),
    ];
    for (key, what, cure) in cases {
        assert_all_cured(&[Case {
            faulty: (set(&[&good, &key]), ""),
            what,
            cure,
            cured: (set(&[&good, &other]), ""),
        }]);
    }
    // A member that stands twice is in no `Value`.
    let issuer = Publisher::new();
    let twice = set(&[&good, &other]).to_string();
    let twice = twice.replacen("\"kid\":\"other\"", "\"kid\":\"other\",\"kid\":\"a\"", 1);
    let before = issuer.findings(IssuerAnswer::text(200, "X: y", &twice), "");
    assert_cured(
        "stands twice",
        correct,
        &before,
        &issuer.findings(IssuerAnswer::keys([good, other]), ""),
    );
}

#[test]
fn algorithms_and_keys_are_made_to_go_together_as_is_said() {
    let (es, ed) = (Signer::of("ES256").jwk, Signer::of("EdDSA").jwk);
    assert_all_cured(&[
        Case {
            faulty: (set(&[&ed]), "algorithms = ['ES256', 'PS512']"),
            what: "no key verifies ES256, PS512",
            cure: "allow in `algorithms` what the keys offer: EdDSA",
            cured: (set(&[&ed]), "algorithms = ['EdDSA']"),
        },
        Case {
            faulty: (set(&[&es]), "algorithms = ['ES256', 'EdDSA']"),
            what: "allows what no key offers: EdDSA",
            cure: "remove it",
            cured: (set(&[&es]), "algorithms = ['ES256']"),
        },
        Case {
            faulty: (set(&[&es, &ed]), ""),
            what: "allows nothing that key \"test-eddsa\" signs",
            cure: "allow its algorithm",
            cured: (set(&[&es, &ed]), "algorithms = ['ES256', 'EdDSA']"),
        },
        Case {
            faulty: (set(&[]), ""),
            what: "no keys, every token gets 503",
            cure: "let it sign with asymmetric keys",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "crv": "secp256k1", "alg": "ES256K" }))]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer sign with a key that counts here",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "x": "AA==" }))]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer write base64url",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "exp": 1_700_000_000 }))]), ""),
            what: "has expired on 2023-11-14",
            cure: "have the issuer rotate it",
            cured: (set(&[&but(es.clone(), json!({ "exp": 9_700_000_000_u64 }))]), ""),
        },
    ]);
}

/// The set of another kind, and what its own text says to do with it.
#[test]
fn a_document_that_is_no_key_set_is_cured_by_what_is_said_of_it() {
    let pair = Pair::new("mine");
    let key = pair.jwk.to_string();
    let good = pair.set();
    for (document, told) in [
        (key.clone(), "it is a single JWK: write it as `{\"keys\": [ … ]}`"),
        (format!("[{key}]"), "it is a list: write it as `{\"keys\": [ … ]}`"),
        ("{\"keys\":{}}".to_owned(), "its `keys` is no list"),
        ("<html>".to_owned(), "name the address of the key set itself"),
        (
            "{\"issuer\":\"a\",\"jwks_uri\":\"b\"}".to_owned(),
            "the key set is where its `jwks_uri` leads",
        ),
    ] {
        let issuer = Publisher::new();
        let before = issuer.findings(IssuerAnswer::text(200, "X: y", &document), "");
        assert!(before.iter().any(|it| it.what.contains(told)), "{told}: {before:#?}");
        let cured = match told.contains("write it as") {
            true => format!("{{\"keys\":[{}]}}", document.trim_matches(['[', ']'])),
            false => good.clone(),
        };
        let after = issuer.findings(IssuerAnswer::text(200, "X: y", &cured), "");
        assert_cured("no keys, every token gets 503", "", &before, &after);
    }
}
