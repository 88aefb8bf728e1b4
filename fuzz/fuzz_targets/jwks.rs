//! Any octets → key set: it never panics, and uses no key that another reading says is none.

#![no_main]

mod common;

use common::{AUDIENCE, ISSUER, NOW, at};
use libfuzzer_sys::fuzz_target;
use rocket_bearer::keys::KeySet;
use rocket_bearer::{Algorithm, Config, Issuer, Verifier};
use serde_json::Value;

fuzz_target!(|document: &[u8]| {
    let Ok(set) = KeySet::parse(document) else { return };
    let document: Value = match serde_json::from_slice(document) {
        Ok(document) => document,
        // A key that we pass over may hold what is no JSON value, such as 1e400.
        Err(_) => return,
    };
    let keys = document["keys"].as_array().expect("a set is an object with a list");
    for kid in set.kids() {
        let is_usable = |key: &&Value| {
            let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
            // `null` stands for an absent member.
            let has = |name: &str| !key[name].is_null();
            key["kid"] == kid
                && ["RSA", "EC", "OKP", "AKP"].iter().any(|kty| key["kty"] == *kty)
                && (!has("use") || key["use"] == "sig")
                && (!has("key_ops")
                    || key["key_ops"]
                        .as_array()
                        .is_some_and(|ops| ops.iter().any(|op| op == "verify")))
                && !private.iter().any(|name| has(name))
        };
        assert!(!kid.is_empty() && keys.iter().any(|key| is_usable(&key)), "{kid:?}");
    }
    assert!(set.kids().count() + set.passed_over().len() <= keys.len());

    // Keys that are taken can be tried.
    let kid = set.kids().next().map(str::to_owned).expect("a set has a usable key");
    let issuer = Issuer::with_keys(ISSUER, set, [AUDIENCE]).unwrap();
    let config = Config::new(issuer.algorithms(Algorithm::ALL).unwrap());
    let Ok(verifier) = Verifier::new(&config) else { return };
    for algorithm in Algorithm::ALL {
        let header = serde_json::json!({ "alg": algorithm.name(), "kid": kid }).to_string();
        let claims = format!(r#"{{"iss":"{ISSUER}"}}"#);
        let token = format!("{}.{}.AAAA", common::encode(header), common::encode(claims));
        assert!(verifier.verify(&token, at(NOW)).is_err());
    }
});
