//! The claims' rules, each at its named instant.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rocket_bearer::{Config, Rejection, TokenType, Verifier};
use serde_json::{Value, json};

use crate::support::{self, AUDIENCE, Signer, but, claims_at};

/// The instant at which most tokens here are issued.
const T: u64 = 1_800_000_000;

fn at(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

fn judge(config: &Config, key: &Signer, claims: &Value, now: f64) -> Result<(), Rejection> {
    let token = key.token(&key.header(), claims);
    Verifier::new(config).unwrap().verify(&token, at(now)).map(drop)
}

#[test]
fn times_hold_to_the_second_and_the_leeway() {
    let key = Signer::of("EdDSA");
    let t = T as f64;
    let exp = t + 600.0;
    let rows = [
        // leeway, claims over the good ones, now, verdict
        (0, json!({}), exp - 1.0, Ok(())),
        (0, json!({}), exp - 0.001, Ok(())),
        (0, json!({}), exp, Err(Rejection::Expired)),
        (5, json!({}), exp + 4.0, Ok(())),
        (5, json!({}), exp + 5.0, Err(Rejection::Expired)),
        (300, json!({}), exp + 299.0, Ok(())),
        (300, json!({}), exp + 300.0, Err(Rejection::Expired)),
        (0, json!({ "exp": exp + 0.5 }), exp + 0.25, Ok(())),
        (0, json!({ "exp": exp + 0.5 }), exp + 0.5, Err(Rejection::Expired)),
        (0, json!({ "exp": -1 }), t, Err(Rejection::Expired)),
        // 9999-12-31T23:59:59Z is the last date; milliseconds make a later one.
        (0, json!({ "exp": 253_402_300_799_u64 }), t, Ok(())),
        (0, json!({ "exp": 253_402_300_799.5 }), t, Ok(())),
        (0, json!({ "exp": 253_402_300_800_u64 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "exp": (T + 600) * 1_000 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "exp": 1e300 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "exp": u64::MAX }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "iat": T * 1_000 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "iat": 1e300 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "nbf": T * 1_000 }), t, Err(Rejection::MalformedClaim)),
        (0, json!({ "nbf": 253_402_300_799_u64 }), t, Err(Rejection::NotYetValid)),
        // A claim that RFC 7519 does not register may count as it likes.
        (0, json!({ "auth_time": T * 1_000 }), t, Ok(())),
        (0, json!({ "nbf": T + 60 }), t + 59.0, Err(Rejection::NotYetValid)),
        (0, json!({ "nbf": T + 60 }), t + 60.0, Ok(())),
        (5, json!({ "nbf": T + 60 }), t + 54.0, Err(Rejection::NotYetValid)),
        (5, json!({ "nbf": T + 60 }), t + 55.0, Ok(())),
        (0, json!({ "nbf": t + 0.5 }), t + 0.25, Err(Rejection::NotYetValid)),
        (0, json!({ "nbf": -1 }), t, Ok(())),
        (0, json!({ "iat": T + 60 }), t + 59.0, Err(Rejection::IssuedInFuture)),
        (0, json!({ "iat": T + 60 }), t + 60.0, Ok(())),
        (5, json!({ "iat": T + 60 }), t + 54.0, Err(Rejection::IssuedInFuture)),
        (5, json!({ "iat": T + 60 }), t + 55.0, Ok(())),
        (0, json!({ "iat": null }), t, Ok(())),
    ];
    for (leeway, members, now, verdict) in rows {
        let config = support::config(key.set()).leeway(Duration::from_secs(leeway)).unwrap();
        let judged = judge(&config, &key, &but(claims_at(T), members.clone()), now);
        assert_eq!(judged, verdict, "leeway {leeway}, {members}, now {now}");
    }
}

#[test]
fn a_token_older_than_max_age_is_refused_or_of_no_known_age() {
    let key = Signer::of("EdDSA");
    let t = T as f64;
    for (leeway, members, now, verdict) in [
        (0, json!({}), t + 60.0, Ok(())),
        (0, json!({}), t + 61.0, Err(Rejection::TooOld)),
        (5, json!({}), t + 65.0, Ok(())),
        (5, json!({}), t + 66.0, Err(Rejection::TooOld)),
        (0, json!({ "iat": t + 0.5 }), t + 60.5, Ok(())),
        (0, json!({ "iat": null }), t, Err(Rejection::TooOld)),
    ] {
        let config = support::config(key.set())
            .leeway(Duration::from_secs(leeway))
            .unwrap()
            .max_age(Duration::from_secs(60))
            .unwrap();
        let judged = judge(&config, &key, &but(claims_at(T), members.clone()), now);
        assert_eq!(judged, verdict, "leeway {leeway}, {members}, now {now}");
    }
}

#[test]
fn the_first_failure_answers() {
    let key = Signer::of("EdDSA");
    let (past, future) = (json!(1), json!(T + 9_999));
    for (members, verdict) in [
        (json!({ "exp": past, "aud": "other" }), Rejection::Expired),
        (json!({ "exp": past, "nbf": future }), Rejection::Expired),
        (json!({ "exp": past, "sub": 7 }), Rejection::MalformedClaim),
        (json!({ "exp": past, "iss": "other" }), Rejection::WrongIssuer),
        (json!({ "exp": past, "aud": null }), Rejection::Expired),
        (json!({ "exp": past, "cnf": {} }), Rejection::Expired),
        (json!({ "nbf": future, "iat": future, "aud": "other" }), Rejection::NotYetValid),
        (json!({ "iat": future, "aud": "other" }), Rejection::IssuedInFuture),
        (json!({ "aud": "other", "cnf": {} }), Rejection::WrongAudience),
    ] {
        let judged =
            judge(&support::config(key.set()), &key, &but(claims_at(T), members.clone()), T as f64);
        assert_eq!(judged, Err(verdict), "{members}");
    }
}

#[test]
fn iss_is_matched_byte_for_byte_and_aud_one_of_ours() {
    let key = Signer::of("EdDSA");
    let aud = |aud: Value| (json!({ "aud": aud }), Ok(()));
    let not = |aud: Value| (json!({ "aud": aud }), Err(Rejection::WrongAudience));
    let iss = |iss: &str| (json!({ "iss": iss }), Err(Rejection::WrongIssuer));
    for (members, verdict) in [
        aud(json!(AUDIENCE)),
        aud(json!([AUDIENCE])),
        aud(json!(["other", AUDIENCE])),
        aud(json!(["also"])),
        not(json!("imag")),
        not(json!("image ")),
        not(json!("Image")),
        not(json!("image also")),
        not(json!([])),
        not(json!("")),
        not(json!(["image,also"])),
        iss("https://issuer.localhost"),
        iss("https://issuer.localhost//"),
        iss("https://issuer.localhost/ "),
        iss("HTTPS://issuer.localhost/"),
        iss("https://issuer.localhost:443/"),
        iss(""),
        iss("https://issuer.localhost/\u{0}"),
    ] {
        let issuer =
            rocket_bearer::Issuer::with_keys(support::ISSUER, key.set(), ["image", "also"]);
        let issuer = issuer.unwrap().algorithms(rocket_bearer::Algorithm::ALL).unwrap();
        let config = Config::new(issuer);
        let judged = judge(&config, &key, &but(claims_at(T), members.clone()), T as f64);
        assert_eq!(judged, verdict, "{members}");
    }
}

#[test]
fn every_registered_claim_has_its_type_and_no_other_has_one() {
    let key = Signer::of("EdDSA");
    let values = [
        ("null", "null"),
        ("boolean", "true"),
        ("number", "1"),
        ("string", "\"text\""),
        ("array", "[]"),
        ("array of strings", "[\"image\"]"),
        ("array with a number", "[\"image\", 1]"),
        ("nested array", "[[\"image\"]]"),
        ("object", "{}"),
    ];
    let mut cases = 0;
    for (claim, fitting) in [
        ("iss", &["string"][..]),
        ("sub", &["string"]),
        ("jti", &["string"]),
        ("exp", &["number"]),
        ("nbf", &["number"]),
        ("iat", &["number"]),
        ("aud", &["string", "array", "array of strings"]),
        ("scope", &values.map(|(name, _)| name)),
        ("permissions", &values.map(|(name, _)| name)),
        ("azp", &values.map(|(name, _)| name)),
        ("client_id", &values.map(|(name, _)| name)),
        ("https://example.com/roles", &values.map(|(name, _)| name)),
    ] {
        for (name, json) in values {
            // The text itself is signed: `null` has to stand there, not be left out.
            let mut claims = claims_at(T);
            claims.as_object_mut().unwrap().remove(claim);
            let rest = claims.to_string();
            let payload = format!("{{\"{claim}\":{json},{}", &rest[1..]);
            let token = key.token_of(key.header().to_string(), payload);
            let config = support::config(key.set());
            let judged = Verifier::new(&config).unwrap().verify(&token, at(T as f64)).map(drop);
            let is_wrong_type = judged == Err(Rejection::MalformedClaim);
            assert_eq!(is_wrong_type, !fitting.contains(&name), "{claim}: {json}: {judged:?}");
            cases += 1;
        }
    }
    assert_eq!(cases, 12 * 9);
}

#[test]
fn at_jwt_wants_what_rfc_9068_requires() {
    let key = Signer::of("EdDSA");
    let complete = || but(claims_at(T), json!({ "client_id": "app", "jti": "1" }));
    let typ = |typ: &str| but(key.header(), json!({ "typ": typ }));
    let rows = [
        (typ("at+jwt"), complete(), Ok(())),
        (typ("AT+JWT"), complete(), Ok(())),
        (typ("application/at+jwt"), complete(), Ok(())),
        (typ("JWT"), complete(), Err(Rejection::WrongType)),
        (key.header(), complete(), Err(Rejection::WrongType)),
        (typ("at+jwt"), but(complete(), json!({ "sub": null })), Err(Rejection::ClaimMissing)),
        (typ("at+jwt"), but(complete(), json!({ "iat": null })), Err(Rejection::ClaimMissing)),
        (typ("at+jwt"), but(complete(), json!({ "jti": null })), Err(Rejection::ClaimMissing)),
        (
            typ("at+jwt"),
            but(complete(), json!({ "client_id": null })),
            Err(Rejection::ClaimMissing),
        ),
        (typ("at+jwt"), but(complete(), json!({ "client_id": 7 })), Err(Rejection::MalformedClaim)),
        (typ("at+jwt"), but(complete(), json!({ "aud": "other" })), Err(Rejection::WrongAudience)),
    ];
    let issuer = rocket_bearer::Issuer::with_keys(support::ISSUER, key.set(), [AUDIENCE]).unwrap();
    let issuer = issuer.algorithms([rocket_bearer::Algorithm::EdDSA]).unwrap();
    let verifier = Verifier::new(&Config::new(issuer.token_type(TokenType::AtJwt))).unwrap();
    for (header, claims, verdict) in rows {
        let judged = verifier.verify(&key.token(&header, &claims), at(T as f64)).map(drop);
        assert_eq!(judged, verdict, "{header} {claims}");
    }
}

#[test]
fn any_takes_the_types_of_access_tokens_and_no_other() {
    let key = Signer::of("EdDSA");
    let verifier = Verifier::new(&support::config(key.set())).unwrap();
    for (typ, verdict) in [
        (Value::Null, Ok(())),
        (json!("JWT"), Ok(())),
        (json!("jwt"), Ok(())),
        (json!("at+jwt"), Ok(())),
        (json!("At+Jwt"), Ok(())),
        (json!("application/at+jwt"), Ok(())),
        (json!("application/jwt"), Ok(())),
        (json!("Application/JWT"), Ok(())),
        (json!("application/at+jwt;v=1"), Err(Rejection::WrongType)),
        (json!("text/jwt"), Err(Rejection::WrongType)),
        (json!("application/"), Err(Rejection::WrongType)),
        (json!("application/application/jwt"), Err(Rejection::WrongType)),
        (json!("dpop+jwt"), Err(Rejection::WrongType)),
        (json!("logout+jwt"), Err(Rejection::WrongType)),
        (json!("JWT "), Err(Rejection::WrongType)),
        (json!(""), Err(Rejection::WrongType)),
        (json!(7), Err(Rejection::Malformed)),
        (json!(["JWT"]), Err(Rejection::Malformed)),
    ] {
        let header = but(key.header(), json!({ "typ": typ }));
        let judged = verifier.verify(&key.token(&header, &claims_at(T)), at(T as f64)).map(drop);
        assert_eq!(judged, verdict, "{typ}");
    }
}

#[test]
fn what_is_not_registered_keeps_its_value_whatever_its_type() {
    let key = Signer::of("EdDSA");
    let verifier = Verifier::new(&support::config(key.set())).unwrap();
    let odd = json!({ "scope": ["a"], "azp": 7, "permissions": "read", "roles": ["r"] });
    let claims = but(claims_at(T), odd.clone());
    let verified = verifier.verify(&key.token(&key.header(), &claims), at(T as f64)).unwrap();
    let claims = verified.claims();
    assert_eq!(Value::Object(claims.other.clone()), odd);
    assert_eq!((&claims.scope, &claims.azp, claims.permissions.len()), (&None, &None, 0));

    let fitting = json!({ "scope": "a b", "azp": "app", "permissions": ["read"] });
    let claims = but(claims_at(T), fitting);
    let verified = verifier.verify(&key.token(&key.header(), &claims), at(T as f64)).unwrap();
    let claims = verified.claims();
    assert_eq!(claims.scope.as_deref(), Some("a b"));
    assert_eq!(claims.azp.as_deref(), Some("app"));
    assert_eq!(claims.permissions, ["read"]);
    assert!(claims.other.is_empty());
}
