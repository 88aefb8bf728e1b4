//! `explain` says of every fault of a proof what the server answers, and names the check that refused.

use std::time::{Duration, SystemTime};

use super::*;
use crate::support::but;

/// The checks of a proof, each with the reasons that the server has to refuse at it.
const REASONS: [(&str, &[&str]); 15] = [
    ("scheme", &["BoundToken", "UnboundToken", "BearerToken"]),
    ("proof", &["ProofMissing", "SeveralProofs"]),
    ("proof size", &["MalformedProof"]),
    ("proof shape", &["MalformedProof"]),
    ("proof typ", &["MalformedProof"]),
    ("proof alg", &["ForbiddenProofAlgorithm"]),
    ("proof claims", &["MalformedProof"]),
    ("proof jwk", &["BadProofKey"]),
    ("proof key", &["OtherKey"]),
    ("proof signature", &["BadProofSignature"]),
    ("htm", &["WrongMethod"]),
    ("htu", &["WrongUrl"]),
    ("ath", &["WrongTokenHash"]),
    ("proof nonce", &["NonceRequired"]),
    ("proof iat", &["ProofTooOld", "ProofFromFuture"]),
];

/// A fault, the header of the token, the proof if there is one, the check that refuses, and words that the
/// report has on it.
type Row = (&'static str, String, Option<String>, &'static str, &'static str);

#[test]
fn explain_names_the_check_that_refuses_a_proof() {
    let client = client(allowed());
    for row in rows() {
        assert_agreed(&client, &row);
    }
}

#[test]
fn explain_names_a_missing_nonce() {
    let client = client(allowed().require_nonce(true));
    let token = bound();
    let sent = format!("DPoP {token}");
    for (name, proof, says) in [
        ("none", proof(&token), "absent"),
        ("one of another server", proof(&token).nonce("AWNvbWU"), "AWNvbWU"),
    ] {
        let row = (name, sent.clone(), Some(proof.to_string()), "proof nonce", says);
        assert_agreed(&client, &row);
    }
}

#[track_caller]
fn assert_agreed(client: &Client, (name, token, proof, check, says): &Row) {
    let mut lines = vec![("Authorization", token.clone())];
    lines.extend(proof.as_ref().map(|proof| ("DPoP", proof.clone())));
    let response = get(client, &lines);
    let reason = reason(&response);
    let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
    let (status, challenges) = (response.status().code, challenges.join(", "));
    let body = response.into_string().unwrap();

    let sent = proof.as_ref().map(|proof| [proof.as_str(), "GET", URL]);
    let report = rocket_bearer::cli::explained_with_proof(client.rocket(), token, sent);
    let answer = &report["answer"];
    assert_eq!(answer["status"], status, "{name}: {reason}");
    assert_eq!(report["accepted"], status == 200, "{name}");
    assert_eq!(answer["www_authenticate"].as_str().unwrap_or_default(), challenges, "{name}");
    let expected = serde_json::from_str(&body).unwrap_or(json!(body));
    assert_eq!(answer["body"], expected, "{name}");

    let checks = report["checks"].as_array().unwrap();
    let refused = checks.iter().position(|it| it["outcome"] == "refused");
    let refused_at = refused.map(|at| checks[at]["check"].as_str().unwrap());
    assert_eq!(refused_at.unwrap_or_default(), *check, "{name}: {reason}");
    let Some(refused) = refused else {
        assert_eq!((status, reason.as_str()), (200, ""), "{name}");
        return;
    };
    let (_, reasons) = REASONS.iter().find(|(at, _)| at == check).unwrap();
    assert!(reasons.contains(&reason.as_str()), "{name}: {reason} at `{check}`");
    for (at, it) in checks.iter().enumerate().filter(|(at, _)| *at != refused) {
        let outcome = if at < refused { "passed" } else { "not_reached" };
        assert_eq!(it["outcome"], outcome, "{name}: {it}");
    }
    let found = checks[refused]["found"].as_str().unwrap();
    assert!(!["as expected", "not judged", "that key"].contains(&found), "{name}: {found}");
    let diagnoses = report["diagnoses"].as_array().unwrap();
    assert_eq!(diagnoses.len(), 1, "{name}: {diagnoses:?}");
    let said = format!("{found}\n{}", diagnoses[0]["says"].as_str().unwrap());
    assert!(said.contains(says), "{name}: {says:?} is not in {said:?}");
}

fn rows() -> Vec<Row> {
    let token = bound();
    let good = || proof(&token);
    let sent = format!("DPoP {token}");
    let ([header, claims], now) = (parts(&good()), support::now());
    let signed =
        |header: &Value, claims: &Value| key().token(header.to_string(), claims.to_string());
    let with_header = |members: Value| signed(&but(header.clone(), members), &parts(&good())[1]);
    let with_jwk =
        |members: Value| with_header(json!({ "jwk": but(header["jwk"].clone(), members) }));
    let later = |seconds| SystemTime::now() + Duration::from_secs(seconds);
    let earlier = |seconds| SystemTime::now() - Duration::from_secs(seconds);

    // A point that is not on the curve, and a token that is bound to it.
    let zeros = "A".repeat(43);
    let no_point = thumbprint(&format!(
        "{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{zeros}\",\"y\":\"{zeros}\"}}"
    ));
    let to_no_point = bound_to(&no_point);
    let by_no_point = proof(&to_no_point)
        .header("alg", "ES256")
        .header("jwk", json!({ "kty": "EC", "crv": "P-256", "x": zeros, "y": zeros }));
    let unbound = TestIssuer::new().token();
    let twice = claims.to_string().replacen('{', "{\"htm\":\"GET\",", 1);

    let of_token = vec![
        (
            "bound, as Bearer",
            format!("Bearer {token}"),
            Some(good().to_string()),
            "scheme",
            "Bearer",
        ),
        ("unbound, as DPoP", format!("DPoP {unbound}"), Some(good().to_string()), "scheme", "DPoP"),
        (
            "a token for no point",
            format!("DPoP {to_no_point}"),
            Some(by_no_point.to_string()),
            "proof jwk",
            "no point",
        ),
        ("none", sent.clone(), None, "proof", "none"),
    ];
    let of_proof: Vec<(&str, String, &str, &str)> = vec![
        ("good", good().to_string(), "", ""),
        ("empty", String::new(), "proof", "none"),
        ("two in one line", format!("{}, {}", good(), good()), "proof", "several"),
        ("two by a space", format!("{} {}", good(), good()), "proof shape", "three parts"),
        ("too long", good().claim("x", "a".repeat(9_000)).to_string(), "proof size", "8192 bytes"),
        ("one part", "abc".to_owned(), "proof shape", "three parts"),
        ("four parts", format!("{}.a", good()), "proof shape", "three parts"),
        ("padding", format!("{}=", good()), "proof shape", "base64url"),
        ("no JSON", key().token("{", claims.to_string()), "proof shape", "JSON"),
        ("a member twice", key().token(header.to_string(), twice), "proof shape", "once"),
        ("typ is no text", with_header(json!({ "typ": 7 })), "proof shape", "`typ` is no text"),
        ("no alg", with_header(json!({ "alg": null })), "proof shape", "`alg` is missing"),
        ("alg is no text", with_header(json!({ "alg": 7 })), "proof shape", "`alg` is no text"),
        ("jwk is a text", with_header(json!({ "jwk": "a" })), "proof shape", "`jwk` is no object"),
        ("kty is no text", with_jwk(json!({ "kty": 7 })), "proof shape", "`kty` of its `jwk`"),
        ("use is no text", with_jwk(json!({ "use": 7 })), "proof shape", "`use` of its `jwk`"),
        ("no typ", with_header(json!({ "typ": null })), "proof typ", "absent"),
        ("typ JWT", with_header(json!({ "typ": "JWT" })), "proof typ", "JWT"),
        ("crit", with_header(json!({ "crit": ["x"] })), "proof typ", "crit"),
        ("alg none", with_header(json!({ "alg": "none" })), "proof alg", "none"),
        ("alg HS256", with_header(json!({ "alg": "HS256" })), "proof alg", "HS256"),
        ("no jti", good().without("jti").to_string(), "proof claims", "`jti` is missing"),
        ("an empty jti", good().claim("jti", "").to_string(), "proof claims", "1 to 256"),
        ("jti null", good().claim("jti", json!(null)).to_string(), "proof claims", "`jti` is no"),
        ("no htm", good().without("htm").to_string(), "proof claims", "`htm` is missing"),
        ("no htu", good().without("htu").to_string(), "proof claims", "`htu` is missing"),
        ("no ath", good().without("ath").to_string(), "proof claims", "`ath` is missing"),
        ("no iat", good().without("iat").to_string(), "proof claims", "`iat` is missing"),
        ("iat is a text", good().claim("iat", "1").to_string(), "proof claims", "`iat` is no"),
        ("milliseconds", good().claim("iat", now * 1_000).to_string(), "proof claims", "9999"),
        ("exp is null", good().claim("exp", json!(null)).to_string(), "proof claims", "`exp`"),
        ("nbf is huge", good().claim("nbf", 1e300).to_string(), "proof claims", "`nbf`"),
        ("nonce is a list", good().claim("nonce", [7]).to_string(), "proof claims", "`nonce`"),
        ("no jwk", with_header(json!({ "jwk": null })), "proof jwk", "no `jwk`"),
        ("a private jwk", with_jwk(json!({ "d": 7 })), "proof jwk", "private"),
        ("a jwk to encrypt", with_jwk(json!({ "use": "enc" })), "proof jwk", "`use`"),
        ("a jwk to sign", with_jwk(json!({ "key_ops": ["sign"] })), "proof jwk", "`key_ops`"),
        ("key_ops is no list", with_jwk(json!({ "key_ops": 7 })), "proof jwk", "`key_ops`"),
        ("a jwk of an alg", with_jwk(json!({ "alg": "ES256" })), "proof jwk", "another `alg`"),
        (
            "a jwk to verify, of a kty",
            with_jwk(json!({ "key_ops": ["verify"], "kty": "oct" })),
            "proof jwk",
            "`kty`",
        ),
        (
            "a jwk to verify, of a curve",
            with_jwk(json!({ "key_ops": ["verify"], "crv": "Ed448" })),
            "proof jwk",
            "not a key for this `alg`",
        ),
        ("another type", with_header(json!({ "alg": "ES256" })), "proof jwk", "this `alg`"),
        ("another key", good().by_stranger().to_string(), "proof key", "another key"),
        ("another signature", good().forged().to_string(), "proof signature", "not"),
        ("another method", good().claim("htm", "POST").to_string(), "htm", "POST"),
        ("another URL", good().claim("htu", BASE).to_string(), "htu", BASE),
        ("no URL", good().claim("htu", "/headers").to_string(), "htu", "/headers"),
        ("another token", good().for_token("x").to_string(), "ath", "another token"),
        ("old", good().made(earlier(400)).to_string(), "proof iat", " s behind"),
        ("of the future", good().made(later(100)).to_string(), "proof iat", "ahead of"),
        ("expired", good().claim("exp", now - 9).to_string(), "proof iat", "`exp`"),
        ("not yet", good().claim("nbf", now + 99).to_string(), "proof iat", "`nbf`"),
    ];
    let of_proof = of_proof
        .into_iter()
        .map(|(name, proof, check, says)| (name, sent.clone(), Some(proof), check, says));
    of_token.into_iter().chain(of_proof).collect()
}
