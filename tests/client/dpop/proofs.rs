//! Proofs that are right but for one thing: the rows of OpenID's conformance suite for FAPI 2.0, and the
//! mistakes of other implementations.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket_bearer::testing::TestIssuer;
use serde_json::{Value, json};

use super::*;
use crate::support;

/// Which answer a proof gets, and as which reason it is counted.
const GOOD: &str = "";

fn header_of(proof: &Proof, name: &str) -> Value {
    part(proof, 0)[name].clone()
}

fn part(proof: &Proof, number: usize) -> Value {
    let text = proof.to_string();
    let part = URL_SAFE_NO_PAD.decode(text.split('.').nth(number).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// A proof of these two texts, right or wrong.
fn proof_of(header: &str, claims: &str) -> String {
    key().token(header, claims)
}

/// The reason, as the metrics have it, for which a proof is refused; empty for one that is accepted.
fn reason(client: &Client, token: &Token, proofs: &[String]) -> String {
    use rocket_bearer::Rejection;
    let mut headers = vec![token.clone().into()];
    headers.extend(proofs.iter().map(|proof| Header::new("DPoP", proof.clone())));
    let response = send(client, Method::Get, "/reason", headers);
    let text = response.into_string().unwrap();
    assert_ne!(text, format!("{:?}", Rejection::HeaderMissing));
    text
}

#[rocket::get("/reason")]
fn reason_route(user: Result<rocket_bearer::AuthedUser, rocket_bearer::Rejection>) -> String {
    user.map_or_else(|rejection| format!("{rejection:?}"), |_| String::new())
}

fn told(dpop: Dpop) -> Client {
    let app = app(config(dpop)).mount("/", rocket::routes![reason_route]);
    Client::untracked(app).unwrap()
}

const REASON_URL: &str = "https://api.example/reason";

#[test]
fn a_proof_with_one_fault_is_refused_for_it() {
    let client = told(allowed());
    let token = bound();
    let good = || key().proof("GET", REASON_URL).for_token(&token);
    let jwk = header_of(&good(), "jwk");
    let with_jwk = |members: Value| good().header("jwk", support::but(jwk.clone(), members));
    let (header, claims) = (part(&good(), 0).to_string(), || part(&good(), 1).to_string());
    let long = "a".repeat(9_000);
    let now = support::now();
    let rows: Vec<(&str, String, &str)> = vec![
        ("good", good().to_string(), GOOD),
        ("typ in capitals", good().header("typ", "DPoP+JWT").to_string(), GOOD),
        ("typ in full", good().header("typ", "application/dpop+jwt").to_string(), GOOD),
        (
            "more members",
            good().header("kid", "a").claim("iss", 7).claim("x", json!({})).to_string(),
            GOOD,
        ),
        (
            "iat 10 s ahead",
            good().made(SystemTime::now() + Duration::from_secs(10)).to_string(),
            GOOD,
        ),
        (
            "iat 10 s behind",
            good().made(SystemTime::now() - Duration::from_secs(10)).to_string(),
            GOOD,
        ),
        ("iat with a fraction", good().claim("iat", now as f64 + 0.25).to_string(), GOOD),
        ("exp ahead", good().claim("exp", now + 5).to_string(), GOOD),
        ("nbf within the leeway", good().claim("nbf", now + 20).to_string(), GOOD),
        ("a nonce that none asked for", good().nonce("a").to_string(), GOOD),
        ("a jti of 256 bytes", good().claim("jti", "j".repeat(256)).to_string(), GOOD),
        ("alg EdDSA as Ed25519", good().header("alg", "Ed25519").to_string(), GOOD),
        (
            "jwk that is for signatures",
            with_jwk(json!({"use": "sig", "key_ops": ["verify"], "kid": "a", "alg": "EdDSA"}))
                .to_string(),
            GOOD,
        ),
        // The form.
        ("empty", String::new(), "ProofMissing"),
        ("not a JWT", "abc".to_owned(), "MalformedProof"),
        ("two parts", "a.b".to_owned(), "MalformedProof"),
        ("four parts", format!("{}.a", good()), "MalformedProof"),
        (
            "no signature",
            format!("{}.", good().to_string().rsplit_once('.').unwrap().0),
            "BadProofSignature",
        ),
        ("padding", format!("{}=", good()), "MalformedProof"),
        ("too long", good().claim("x", long).to_string(), "MalformedProof"),
        ("header is no object", proof_of("[]", &claims()), "MalformedProof"),
        ("claims are no object", proof_of(&header, "7"), "MalformedProof"),
        (
            "a member twice",
            proof_of(&header, &claims().replacen('{', "{\"htm\":\"GET\",", 1)),
            "MalformedProof",
        ),
        (
            "a header member twice",
            proof_of(&header.replacen('{', "{\"typ\":\"dpop+jwt\",", 1), &claims()),
            "MalformedProof",
        ),
        (
            "a jwk member twice",
            proof_of(&header.replacen("\"kty\"", "\"kty\":\"OKP\",\"kty\"", 1), &claims()),
            "MalformedProof",
        ),
        (
            "a number beyond a double",
            proof_of(&header, &claims().replacen('{', "{\"x\":1e999,", 1)),
            "MalformedProof",
        ),
        (
            "no typ",
            proof_of(&support::but(part(&good(), 0), json!({"typ": null})).to_string(), &claims()),
            "MalformedProof",
        ),
        ("typ JWT", good().header("typ", "JWT").to_string(), "MalformedProof"),
        ("typ at+jwt", good().header("typ", "at+jwt").to_string(), "MalformedProof"),
        ("typ is no text", good().header("typ", 7).to_string(), "MalformedProof"),
        ("crit", good().header("crit", ["x"]).to_string(), "MalformedProof"),
        (
            "no alg",
            proof_of(&support::but(part(&good(), 0), json!({"alg": null})).to_string(), &claims()),
            "MalformedProof",
        ),
        // The algorithm and the key.
        ("alg none", good().header("alg", "none").to_string(), "ForbiddenProofAlgorithm"),
        ("alg HS256", good().header("alg", "HS256").to_string(), "ForbiddenProofAlgorithm"),
        (
            "alg in small letters",
            good().header("alg", "eddsa").to_string(),
            "ForbiddenProofAlgorithm",
        ),
        ("alg of ML-DSA", good().header("alg", "ML-DSA-44").to_string(), "ForbiddenProofAlgorithm"),
        ("alg of another type", good().header("alg", "ES256").to_string(), "BadProofKey"),
        (
            "no jwk",
            proof_of(&support::but(part(&good(), 0), json!({"jwk": null})).to_string(), &claims()),
            "BadProofKey",
        ),
        ("jwk is a text", good().header("jwk", "a").to_string(), "MalformedProof"),
        (
            "jwk by reference",
            good().header("jku", "https://evil.example").header("jwk", json!({})).to_string(),
            "BadProofKey",
        ),
        ("a private jwk", with_jwk(json!({"d": "AAAA"})).to_string(), "BadProofKey"),
        ("a private member of another type", with_jwk(json!({"k": 7})).to_string(), "BadProofKey"),
        (
            "a private member of ML-DSA",
            with_jwk(json!({"priv": "AAAA"})).to_string(),
            "BadProofKey",
        ),
        ("a jwk for encryption", with_jwk(json!({"use": "enc"})).to_string(), "BadProofKey"),
        (
            "a jwk that does not verify",
            with_jwk(json!({"key_ops": ["sign"]})).to_string(),
            "BadProofKey",
        ),
        ("a jwk of another alg", with_jwk(json!({"alg": "ES256"})).to_string(), "BadProofKey"),
        ("a symmetric jwk", good().header("jwk", json!({"kty": "oct"})).to_string(), "BadProofKey"),
        (
            "a jwk with padding",
            with_jwk(json!({"x": format!("{}=", jwk["x"].as_str().unwrap())})).to_string(),
            "BadProofKey",
        ),
        ("a jwk of zeros", with_jwk(json!({"x": "A".repeat(43)})).to_string(), "BadProofKey"),
        ("another key", good().by_stranger().to_string(), "OtherKey"),
        ("another signature", good().forged().to_string(), "BadProofSignature"),
        // The claims.
        ("no jti", good().without("jti").to_string(), "MalformedProof"),
        ("an empty jti", good().claim("jti", "").to_string(), "MalformedProof"),
        ("a long jti", good().claim("jti", "j".repeat(257)).to_string(), "MalformedProof"),
        ("jti is a number", good().claim("jti", 7).to_string(), "MalformedProof"),
        ("no htm", good().without("htm").to_string(), "MalformedProof"),
        ("htm is a list", good().claim("htm", ["GET"]).to_string(), "MalformedProof"),
        ("another method", good().claim("htm", "POST").to_string(), "WrongMethod"),
        ("the method in small letters", good().claim("htm", "get").to_string(), "WrongMethod"),
        ("the method with a space", good().claim("htm", "GET ").to_string(), "WrongMethod"),
        ("no htu", good().without("htu").to_string(), "MalformedProof"),
        ("htu is null", good().claim("htu", json!(null)).to_string(), "MalformedProof"),
        ("another URL", good().claim("htu", "https://api.example/other").to_string(), "WrongUrl"),
        ("no ath", key().proof("GET", REASON_URL).to_string(), "MalformedProof"),
        ("ath of another token", good().for_token("x").to_string(), "WrongTokenHash"),
        (
            "ath with padding",
            good()
                .claim("ath", format!("{}=", part(&good(), 1)["ath"].as_str().unwrap()))
                .to_string(),
            "WrongTokenHash",
        ),
        ("no iat", good().without("iat").to_string(), "MalformedProof"),
        ("iat is a text", good().claim("iat", now.to_string()).to_string(), "MalformedProof"),
        ("iat in milliseconds", good().claim("iat", now * 1_000).to_string(), "MalformedProof"),
        ("an hour ago", good().old().to_string(), "ProofTooOld"),
        (
            "302 s ago",
            good().made(SystemTime::now() - Duration::from_secs(302)).to_string(),
            "ProofTooOld",
        ),
        ("in an hour", good().from_future().to_string(), "ProofFromFuture"),
        (
            "in 35 s",
            good().made(SystemTime::now() + Duration::from_secs(35)).to_string(),
            "ProofFromFuture",
        ),
        ("exp has passed", good().claim("exp", now - 1).to_string(), "ProofTooOld"),
        ("exp is a text", good().claim("exp", "a").to_string(), "MalformedProof"),
        ("nbf is far", good().claim("nbf", now + 40).to_string(), "ProofFromFuture"),
        ("nbf is null", good().claim("nbf", json!(null)).to_string(), "MalformedProof"),
        ("nonce is a number", good().claim("nonce", 7).to_string(), "MalformedProof"),
        ("two in one line", format!("{}, {}", good(), good()), "SeveralProofs"),
        ("the token", token.to_string(), "MalformedProof"),
    ];
    for (name, proof, expected) in rows {
        assert_eq!(reason(&client, &token, &[proof]), expected, "{name}");
        // After each a good one still works.
        assert_eq!(reason(&client, &token, &[good().to_string()]), GOOD, "after {name}");
    }
    let two = [good().to_string(), good().to_string()];
    assert_eq!(reason(&client, &token, &two), "SeveralProofs");
    let two = [String::new(), good().to_string()];
    assert_eq!(reason(&client, &token, &two), "ProofMissing");
    assert_eq!(reason(&client, &token, &[]), "ProofMissing");
}

/// A key of each type signs proofs, where `dpop.algorithms` has its algorithm.
#[test]
fn every_algorithm_but_ml_dsa_makes_proofs() {
    let (all, one) = (told(allowed()), told(allowed().algorithms([Algorithm::ES256]).unwrap()));
    for algorithm in Algorithm::ALL {
        if algorithm.name().starts_with("ML-DSA") {
            continue;
        }
        let key = Key::of(algorithm);
        let token = TestIssuer::new().token().bound_to(&key);
        let proof = || key.proof("GET", REASON_URL).for_token(&token).to_string();
        assert_eq!(reason(&all, &token, &[proof()]), GOOD, "{algorithm}");
        let expected = if algorithm == Algorithm::ES256 { GOOD } else { "ForbiddenProofAlgorithm" };
        assert_eq!(reason(&one, &token, &[proof()]), expected, "{algorithm}");
    }
}

/// A number that could be written in two ways would give one key two thumbprints.
#[test]
fn a_key_has_one_spelling() {
    let client = told(allowed());
    for (algorithm, members) in
        [(Algorithm::RS256, vec!["n", "e"]), (Algorithm::ES256, vec!["x", "y"])]
    {
        let key = Key::of(algorithm);
        let token = TestIssuer::new().token().bound_to(&key);
        let good = || key.proof("GET", REASON_URL).for_token(&token);
        let jwk = header_of(&good(), "jwk");
        for member in members {
            let octets = URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
            for changed in [[&[0], &octets[..]].concat(), octets[1..].to_vec()] {
                let mut jwk = jwk.clone();
                jwk[member] = json!(URL_SAFE_NO_PAD.encode(changed));
                let found = reason(&client, &token, &[good().header("jwk", jwk).to_string()]);
                assert!(["BadProofKey", "OtherKey"].contains(&found.as_str()), "{member} {found}");
            }
        }
    }
}

#[test]
fn head_and_the_method_of_a_form_are_what_the_proof_names() {
    use rocket::http::ContentType;
    use rocket::{put, routes};

    #[put("/thing")]
    fn thing(_user: rocket_bearer::AuthedUser) {}

    let client = Client::untracked(app(config(allowed())).mount("/", routes![thing])).unwrap();
    let token = bound();
    for (method, named, expected) in [
        (Method::Head, "HEAD", 200),
        (Method::Head, "GET", 401),
        (Method::Get, "HEAD", 401),
        (Method::Get, "GET", 200),
    ] {
        let proof = key().proof(named, URL).for_token(&token);
        let headers = vec![token.clone().into(), proof.into()];
        let status = send(&client, method, "/headers", headers).status().code;
        assert_eq!(status, expected, "{method} {named}");
    }
    for (named, expected) in [("PUT", 200), ("POST", 401)] {
        let proof = key().proof(named, "https://api.example/thing").for_token(&token);
        let mut request = client.post("/thing").header(ContentType::Form).body("_method=put");
        request.add_header(token.clone());
        request.add_header(proof);
        assert_eq!(request.dispatch().status().code, expected, "{named}");
    }
}

/// RFC 9449 §7.1 has a request for a protected resource with its proof.
#[test]
fn the_proof_of_rfc_9449_is_one() {
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    // Its proof is of 2019, so it is too old; everything before its time holds, for a token with that key.
    let rfc = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    let dpop =
        Dpop::default().mode(DpopMode::Allowed).base(["https://resource.example.org"]).unwrap();
    let app = app(config(dpop)).mount("/", rocket::routes![protected]);
    let client = Client::untracked(app).unwrap();
    let token = TestIssuer::new().token().claim("cnf", json!({ "jkt": jkt }));
    let headers =
        vec![Header::new("Authorization", format!("DPoP {token}")), Header::new("DPoP", rfc)];
    // The RFC's token is no JWT: with another the digest is the first that does not fit.
    let response = send(&client, Method::Get, "/protectedresource", headers);
    assert_eq!(response.into_string().unwrap(), "WrongTokenHash");
    assert_eq!(part_of(rfc, 0)["jwk"]["x"], jwk["x"]);
    assert_eq!(part_of(rfc, 1)["ath"], ath);
}

fn part_of(token: &str, number: usize) -> Value {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[rocket::get("/protectedresource")]
fn protected(user: Result<rocket_bearer::AuthedUser, rocket_bearer::Rejection>) -> String {
    user.map_or_else(|rejection| format!("{rejection:?}"), |_| String::new())
}
