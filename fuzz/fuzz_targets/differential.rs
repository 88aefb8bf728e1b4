//! Two readers of one token: we and josekit. Where only one accepts, the reason is in the list.

#![no_main]

mod common;

use common::{AUDIENCE, ISSUER, KEYS, NOW, Object, at, judge, read, token_of};
use josekit::jwt::{self, JwtPayload, JwtPayloadValidator};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// josekit's verdict.
fn theirs(token: &str) -> Option<JwtPayload> {
    let by_kid = |header: &josekit::jws::JwsHeader| {
        let key = KEYS.iter().find(|key| header.key_id() == Some(key.alg));
        Ok(key.map(|key| &*key.verifier))
    };
    let (payload, _) = jwt::decode_with_verifier_selector(token, by_kid).ok()?;
    let mut validator = JwtPayloadValidator::new();
    validator.set_base_time(at(NOW));
    validator.set_max_issued_time(at(NOW));
    validator.set_issuer(ISSUER);
    validator.set_audience(AUDIENCE);
    validator.validate(&payload).is_ok().then_some(payload)
}

fuzz_target!(|input: &[u8]| {
    let Some((_, token)) = token_of(input) else { return };
    let ours = judge(&token);
    let Some((header, claims)) = read(&token) else {
        assert!(ours.is_err(), "{token}");
        return;
    };
    // josekit panics where a time that it refuses lies beyond the year 9999.
    let is_beyond = |name: &&str| claims.number(name).is_some_and(|it| it > 253_402_300_799.0);
    if ["exp", "nbf", "iat"].iter().any(is_beyond) {
        return;
    }
    match (ours, theirs(&token)) {
        (Ok(ours), Some(theirs)) => {
            let ours: Value = serde_json::from_str(&ours.payload()).unwrap();
            assert_eq!(ours.as_object(), Some(theirs.claims_set()), "{token}");
        }
        (Ok(_), None) => assert!(is_known_strictness_of_josekit(&header, &claims), "{token}"),
        (Err(why), Some(_)) => {
            assert!(is_known_leniency_of_josekit(&header, &claims), "{why:?}: {token}")
        }
        (Err(_), None) => {}
    }
});

/// What we take, and josekit does not.
fn is_known_strictness_of_josekit(header: &Object, claims: &Object) -> bool {
    // Members that we never read have to have their types: a malformed `jwk` refuses.
    let unread = ["jku", "x5u", "cty", "url", "x5t", "x5t#S256", "nonce", "x5c", "jwk"];
    unread.iter().any(|name| header.has(name))
        // RFC 9864's name of EdDSA is unknown to it.
        || header.text("alg") == Some("Ed25519")
        // NumericDates before 1970.
        || ["nbf", "iat"].iter().any(|name| claims.number(name).is_some_and(|it| it < 0.0))
}

/// What josekit takes, and we do not.
fn is_known_leniency_of_josekit(header: &Object, claims: &Object) -> bool {
    let types = ["jwt", "at+jwt", "application/at+jwt"];
    // Of two members of one name it takes the last.
    header.is_ambiguous
        || claims.is_ambiguous
        // It takes names that serde_json keeps for itself, and reads their values as JSON text.
        || header.has_reserved_name
        || claims.has_reserved_name
        // It takes an empty `crit`, which RFC 7515 §4.1.11 forbids.
        || header.members.get("crit").is_some_and(|crit| *crit == Value::Array(vec![]))
        // It does not judge `typ`.
        || header.text("typ").is_some_and(|typ| !types.contains(&&*typ.to_ascii_lowercase()))
        // It asks for neither an `exp` nor an `aud`.
        || !claims.has("exp")
        || !claims.has("aud")
        // It knows no sender-constrained tokens (RFC 9449, RFC 8705).
        || claims.has("cnf")
}
