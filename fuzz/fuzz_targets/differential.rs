//! Three readers of one token: we, josekit and jsonwebtoken. Where we and one of the others disagree,
//! the reason is in its list.

#![no_main]

mod common;

use std::collections::HashMap;
use std::sync::LazyLock;

use common::{AUDIENCE, ISSUER, KEYS, NOW, Object, at, judge, read, token_of};
use josekit::jwt::{self, JwtPayload, JwtPayloadValidator};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use libfuzzer_sys::fuzz_target;
use rocket_bearer::Rejection;
use serde_json::{Map, Value};

/// josekit's verdict.
fn by_josekit(token: &str) -> Option<JwtPayload> {
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

/// What jsonwebtoken verifies with, by `kid`.
static RULES: LazyLock<HashMap<&str, (DecodingKey, Validation)>> = LazyLock::new(|| {
    let rules = KEYS.iter().map(|key| {
        let jwk = serde_json::from_value(key.public.clone()).unwrap();
        let algorithm: Algorithm = key.alg.parse().unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Its clock is the machine's; the instant here is another.
        validation.validate_exp = false;
        (key.alg, (DecodingKey::from_jwk(&jwk).unwrap(), validation))
    });
    rules.collect()
});

/// jsonwebtoken's verdict, but for the times.
fn by_jsonwebtoken(token: &str) -> Option<Map<String, Value>> {
    let kid = decode_header(token).ok()?.kid?;
    let (key, validation) = RULES.get(kid.as_str())?;
    decode(token, key, validation).ok().map(|token| token.claims)
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
    let accepted = ours.as_ref().ok().map(|it| serde_json::from_str(&it.payload()).unwrap());
    let accepted: Option<&Map<String, Value>> = accepted.as_ref().and_then(Value::as_object);

    match (accepted, by_josekit(&token)) {
        (Some(ours), Some(theirs)) => assert_eq!(ours, theirs.claims_set(), "{token}"),
        (Some(_), None) => assert!(is_known_strictness_of_josekit(&header, &claims), "{token}"),
        (None, Some(_)) => {
            assert!(is_known_leniency_of_josekit(&header, &claims), "{ours:?}: {token}")
        }
        (None, None) => {}
    }
    match (accepted, by_jsonwebtoken(&token)) {
        (Some(ours), Some(theirs)) => assert_eq!(ours, &theirs, "{token}"),
        (Some(_), None) => assert!(is_known_strictness_of_jsonwebtoken(&header), "{token}"),
        (None, Some(_)) => {
            let why = ours.as_ref().map(drop).unwrap_err();
            assert!(is_known_leniency_of_jsonwebtoken(*why, &header, &claims), "{why:?}: {token}")
        }
        (None, None) => {}
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

/// What we take, and jsonwebtoken does not.
fn is_known_strictness_of_jsonwebtoken(header: &Object) -> bool {
    // Members that we never read have to have their types, and `b64` must not be false.
    let unread = ["jku", "x5u", "cty", "url", "x5t", "x5t#S256", "nonce", "x5c", "jwk"];
    unread.iter().chain(&["enc", "zip", "b64"]).any(|name| header.has(name))
        // RFC 9864's name of EdDSA is unknown to it.
        || header.text("alg") == Some("Ed25519")
}

/// What jsonwebtoken takes, and we do not.
fn is_known_leniency_of_jsonwebtoken(why: Rejection, header: &Object, claims: &Object) -> bool {
    use Rejection::*;
    let is_null = |name: &str| header.members.get(name) == Some(&Value::Null);
    let is_no_text = |name: &&str| claims.has(name) && claims.text(name).is_none();
    let is_no_number = |name: &&str| claims.has(name) && claims.number(name).is_none();
    match why {
        // Its times were not asked about.
        Expired | NotYetValid | IssuedInFuture => true,
        // Of two members of one name it takes the last, but where it reads both.
        Malformed if header.is_ambiguous || claims.is_ambiguous => true,
        // It takes names that serde_json keeps for itself, and reads their values as JSON text.
        Malformed if header.has_reserved_name || claims.has_reserved_name => true,
        // It reads `"alg":{"ES256":null}` as it reads `"alg":"ES256"`, and `null` as no `typ`.
        Malformed => header.text("alg").is_none() || is_null("typ"),
        // It takes `null` for no `crit`, and knows `b64` where it is true (RFC 7797).
        CriticalExtension => {
            is_null("crit") || header.members.get("b64") == Some(&Value::Bool(true))
        }
        // It does not judge `typ`.
        WrongType => true,
        // One `iss` of several is enough for it, and these it does not judge.
        MalformedClaim => {
            ["iss", "sub", "jti"].iter().any(is_no_text) || ["nbf", "iat"].iter().any(is_no_number)
        }
        // It knows no sender-constrained tokens (RFC 9449, RFC 8705).
        SenderConstrained => true,
        _ => false,
    }
}
