//! The examples of RFC 7515, RFC 7520, RFC 8037 and RFC 9964: their keys, their tokens, and new
//! tokens by their private keys.
//!
//! None of their tokens can be accepted: they lack a `kid` and an `aud`, or carry a sentence where
//! we want claims. So each is judged alone, for what it lacks first, and with claims for its
//! payload, for what it lacks next; and the keys are judged by new tokens that lack nothing.

mod jose;
mod rfc7515;
mod rfc7520;
mod rfc8037;
mod rfc9964;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use rocket_bearer::keys::{KeySet, KeySetError, PassedOver, Reason};
use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier};
use serde_json::{Value, json};

use self::jose::{decode, encode, holds, jwk, sign};

/// What RFC 7515 A.6 calls the keys of its A.2 and A.3.
const A2_KID: &str = "2010-12-29";
const A3_KID: &str = "e9bc097a-ce51-4036-9562-d2ade882db0d";
const BILBO: &str = "bilbo.baggins@hobbiton.example";
/// The thumbprints of RFC 9964's keys.
const ML_DSA_44_KID: &str = "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o";
const ML_DSA_65_KID: &str = "Suiu29qbfuaBaR4Ats-c6XQBePB_OpAxAwcTR_0KXVM";
const ML_DSA_87_KID: &str = "tRn1JNIkgMsABVQBlXeDHxAIcclh-2IX0UdDEzPt5XU";

/// `exp` in the payload of RFC 7515 A.1.
const EXP: u64 = 1_300_819_380;
/// That payload, but for us.
const CLAIMS: &str =
    r#"{"iss":"joe","exp":1300819380,"http://example.com/is_root":true,"aud":"api"}"#;

/// Who may sign, how, and under which `kid`.
const SIGNERS: [(&str, &str, &str); 9] = [
    ("RS256", A2_KID, rfc7515::A2_KEY),
    ("ES256", A3_KID, rfc7515::A3_KEY),
    ("RS256", BILBO, rfc7520::RSA_PRIVATE_KEY),
    ("PS384", BILBO, rfc7520::RSA_PRIVATE_KEY),
    ("EdDSA", rfc8037::A3_THUMBPRINT, rfc8037::A1_KEY),
    ("ES512", BILBO, rfc7520::EC_PRIVATE_KEY),
    ("ML-DSA-44", ML_DSA_44_KID, rfc9964::ML_DSA_44_KEY),
    ("ML-DSA-65", ML_DSA_65_KID, rfc9964::ML_DSA_65_KEY),
    ("ML-DSA-87", ML_DSA_87_KID, rfc9964::ML_DSA_87_KEY),
];

#[test]
fn the_vectors_hold_by_themselves() {
    for (key, token) in [
        (rfc7515::A1_KEY, rfc7515::A1_TOKEN),
        (rfc7515::A2_KEY, rfc7515::A2_TOKEN),
        (rfc7515::A3_KEY, rfc7515::A3_TOKEN),
        (rfc7515::A4_KEY, rfc7515::A4_TOKEN),
        (rfc7520::RSA_PUBLIC_KEY, rfc7520::RS256_TOKEN),
        (rfc7520::RSA_PUBLIC_KEY, rfc7520::PS384_TOKEN),
        (rfc7520::EC_PUBLIC_KEY, rfc7520::ES512_TOKEN),
        (rfc7520::MAC_KEY, rfc7520::HS256_TOKEN),
        (rfc8037::A2_KEY, rfc8037::A4_TOKEN),
        (rfc9964::ML_DSA_44_KEY, rfc9964::ML_DSA_44_TOKEN),
        (rfc9964::ML_DSA_65_KEY, rfc9964::ML_DSA_65_TOKEN),
        (rfc9964::ML_DSA_87_KEY, rfc9964::ML_DSA_87_TOKEN),
    ] {
        assert!(holds(&jwk(key), token), "{token} by {key}");
    }
    let thumbprint = digest::digest(&digest::SHA256, jwk(rfc8037::A2_KEY).to_string().as_bytes());
    assert_eq!(encode(thumbprint), rfc8037::A3_THUMBPRINT);
}

#[test]
fn a_key_of_the_rfcs_is_taken_or_passed_over_for_what_it_is() {
    for (key, expected) in [
        (jwk(rfc7515::A1_KEY), Err(Reason::Symmetric)),
        (jwk(rfc7515::A2_KEY), Err(Reason::Private)),
        (without_private_members(rfc7515::A2_KEY), Err(Reason::NoKeyId)),
        (public(rfc7515::A2_KEY, A2_KID), Ok(A2_KID)),
        (jwk(rfc7515::A3_KEY), Err(Reason::Private)),
        (public(rfc7515::A3_KEY, A3_KID), Ok(A3_KID)),
        (public(rfc7515::A4_KEY, "P-521"), Ok("P-521")),
        (jwk(rfc7520::EC_PUBLIC_KEY), Ok(BILBO)),
        (jwk(rfc7520::EC_PRIVATE_KEY), Err(Reason::Private)),
        (jwk(rfc7520::RSA_PUBLIC_KEY), Ok(BILBO)),
        (jwk(rfc7520::RSA_PRIVATE_KEY), Err(Reason::Private)),
        (jwk(rfc7520::MAC_KEY), Err(Reason::Symmetric)),
        (jwk(rfc8037::A1_KEY), Err(Reason::Private)),
        (jwk(rfc8037::A2_KEY), Err(Reason::NoKeyId)),
        (public(rfc8037::A2_KEY, rfc8037::A3_THUMBPRINT), Ok(rfc8037::A3_THUMBPRINT)),
        (jwk(rfc9964::ML_DSA_44_KEY), Err(Reason::Private)),
        (without_private_members(rfc9964::ML_DSA_44_KEY), Ok(ML_DSA_44_KID)),
        (without_private_members(rfc9964::ML_DSA_65_KEY), Ok(ML_DSA_65_KID)),
        (without_private_members(rfc9964::ML_DSA_87_KEY), Ok(ML_DSA_87_KID)),
    ] {
        let kid = key["kid"].as_str().map(str::to_owned);
        match (set(&[&key]), expected) {
            (Ok(keys), Ok(kid)) => {
                assert!(keys.kids().eq([kid]), "{key}");
                assert_eq!(keys.passed_over(), [], "{key}");
            }
            (Err(KeySetError::NoUsableKey(keys)), Err(reason)) => {
                assert_eq!(keys, [PassedOver { kid, reason }], "{key}");
            }
            (found, _) => panic!("{key}: {found:?}, not {expected:?}"),
        }
    }
}

#[test]
fn an_example_is_refused_for_what_it_lacks_first_and_then_for_what_it_lacks_next() {
    use Rejection::{BadSignature, ForbiddenAlgorithm, KeyIdMissing, Malformed};
    for (token, alone, with_claims) in [
        (rfc7515::A1_TOKEN, ForbiddenAlgorithm, ForbiddenAlgorithm),
        (rfc7515::A2_TOKEN, KeyIdMissing, KeyIdMissing),
        (rfc7515::A3_TOKEN, KeyIdMissing, KeyIdMissing),
        (rfc7515::A4_TOKEN, Malformed, KeyIdMissing),
        (rfc7515::A5_TOKEN, ForbiddenAlgorithm, ForbiddenAlgorithm),
        (rfc7515::E_TOKEN, Malformed, ForbiddenAlgorithm),
        (rfc7520::RS256_TOKEN, Malformed, BadSignature),
        (rfc7520::PS384_TOKEN, Malformed, BadSignature),
        (rfc7520::ES512_TOKEN, Malformed, BadSignature),
        (rfc7520::HS256_TOKEN, Malformed, ForbiddenAlgorithm),
        (rfc7520::DETACHED_TOKEN, Malformed, ForbiddenAlgorithm),
        (rfc8037::A4_TOKEN, Malformed, KeyIdMissing),
        (rfc9964::ML_DSA_44_TOKEN, Malformed, BadSignature),
        (rfc9964::ML_DSA_65_TOKEN, Malformed, BadSignature),
        (rfc9964::ML_DSA_87_TOKEN, Malformed, BadSignature),
    ] {
        assert_eq!(judge(token), Err(alone), "{token}");
        let token = with_payload(token, CLAIMS);
        assert_eq!(judge(&token), Err(with_claims), "{token}");
    }
}

#[test]
fn a_jws_in_json_serialization_is_malformed() {
    for json in [rfc7515::A6_JSON, rfc7515::A7_JSON] {
        assert_eq!(judge(json), Err(Rejection::Malformed), "{json}");
    }
}

#[test]
fn what_a_private_key_of_the_rfcs_signs_is_accepted_by_its_public_key() {
    for (alg, kid, key) in SIGNERS {
        assert_eq!(judge(&sign(alg, kid, key, CLAIMS)), Ok(CLAIMS.to_owned()), "{alg} by {kid}");
    }
}

/// The payload with its CRLFs, as RFC 7515 A.2 signs it; a `kid` in the header is all we add.
#[test]
fn the_claims_of_rfc_7515_lack_an_audience_and_expire_when_they_say() {
    let payload = decode(rfc7515::A2_TOKEN.split('.').nth(1).unwrap());
    let payload = String::from_utf8(payload).unwrap();
    let verifier = verifier();
    for (alg, kid, key) in &SIGNERS[..2] {
        let token = sign(alg, kid, key, &payload);
        for (now, expected) in [(EXP - 1, Rejection::WrongAudience), (EXP, Rejection::Expired)] {
            let verdict = verifier.verify(&token, at(now));
            assert_eq!(verdict.unwrap_err(), expected, "{alg} by {kid} at {now}");
        }
    }
}

/// The verdict one second before `exp`: the payload that was signed, or why not.
fn judge(token: &str) -> Result<String, Rejection> {
    verifier().verify(token, at(EXP - 1)).map(|verified| verified.payload())
}

/// Takes every algorithm and every key of the RFCs that can be taken. A key of P-521 shares its `kid`
/// with an RSA key; they are told apart by `alg` and `kty`.
fn verifier() -> Verifier {
    let keys = set(&[
        &public(rfc7515::A2_KEY, A2_KID),
        &public(rfc7515::A3_KEY, A3_KID),
        &jwk(rfc7520::RSA_PUBLIC_KEY),
        &jwk(rfc7520::EC_PUBLIC_KEY),
        &public(rfc8037::A2_KEY, rfc8037::A3_THUMBPRINT),
        &without_private_members(rfc9964::ML_DSA_44_KEY),
        &without_private_members(rfc9964::ML_DSA_65_KEY),
        &without_private_members(rfc9964::ML_DSA_87_KEY),
    ]);
    let issuer = Issuer::with_keys("joe", keys.unwrap(), ["api"]).unwrap();
    let config =
        Config::new(issuer.algorithms(Algorithm::ALL).unwrap()).leeway(Duration::ZERO).unwrap();
    Verifier::new(&config).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn set(jwks: &[&Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(json!({ "keys": jwks }).to_string().as_bytes())
}

fn without_private_members(json: &str) -> Value {
    let mut key = jwk(json);
    let private = ["d", "p", "q", "dp", "dq", "qi", "priv"];
    key.as_object_mut().unwrap().retain(|name, _| !private.contains(&name.as_str()));
    key
}

/// As an issuer would publish it.
fn public(json: &str, kid: &str) -> Value {
    let mut key = without_private_members(json);
    key["kid"] = json!(kid);
    key
}

/// Another payload under the same header and the same signature.
fn with_payload(token: &str, payload: &str) -> String {
    let [header, _, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts: {token}")
    };
    format!("{header}.{}.{signature}", encode(payload))
}
