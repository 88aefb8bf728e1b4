//! A proof brings its own key: none but a sound one of the right type counts, and only the one that the
//! token is bound to.

use super::*;
use crate::support::but;

/// The encodings of the points of Ed25519 whose order is 8 or less, those that are not reduced included. A
/// signature of zeros would hold for some messages by each.
const SMALL_ORDER: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

fn octets_of(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// A token that is bound to this very key, and a proof that carries it under a signature by another one.
fn with_key(
    alg: &str,
    jwk: Value,
    required: &str,
    signature: &[u8],
) -> [(&'static str, String); 2] {
    let token = bound_to(&thumbprint(required));
    let proof = proof(&token).header("alg", alg).header("jwk", jwk).to_string();
    let signed = proof.rsplit_once('.').unwrap().0;
    lines(&token, format!("{signed}.{}", encode(signature)))
}

#[test]
fn a_token_that_is_bound_to_a_broken_key_opens_nothing() {
    let client = client(allowed());
    let mut identity = vec![1];
    identity.resize(64, 0);
    for hex in SMALL_ORDER {
        let x = encode(octets_of(hex));
        let required = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}");
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        for signature in [&identity[..], &[0; 64]] {
            let sent = with_key("EdDSA", jwk.clone(), &required, signature);
            assert_eq!(reason(&get(&client, &sent)), "BadProofKey", "{hex}");
        }
    }
    let modulus = |octets: usize| {
        let mut modulus = vec![0xc5; octets];
        modulus[octets - 1] |= 1;
        modulus
    };
    let huge = modulus(256);
    for (name, n, e) in [
        ("an exponent of 1", modulus(256), vec![1]),
        ("an even exponent", modulus(256), vec![2]),
        ("no exponent", modulus(256), vec![]),
        ("a huge exponent", modulus(256), huge.clone()),
        ("an exponent of five octets", modulus(256), vec![1, 0, 0, 0, 1]),
        ("a short modulus", modulus(255), vec![1, 0, 1]),
        ("a long modulus", modulus(513), vec![1, 0, 1]),
        ("an even modulus", vec![0xc4; 256], vec![1, 0, 1]),
        ("a zero before it", [&[0][..], &huge].concat(), vec![1, 0, 1]),
        ("a zero before the exponent", huge.clone(), vec![0, 1, 0, 1]),
    ] {
        let (n, e) = (encode(n), encode(e));
        let required = format!("{{\"e\":\"{e}\",\"kty\":\"RSA\",\"n\":\"{n}\"}}");
        for alg in ["RS256", "PS256"] {
            let jwk = json!({ "kty": "RSA", "n": n, "e": e });
            let sent = with_key(alg, jwk, &required, &[1; 256]);
            assert_eq!(reason(&get(&client, &sent)), "BadProofKey", "{name} {alg}");
        }
    }
    for (name, crv, alg, x, y) in [
        ("zeros", "P-256", "ES256", vec![0; 32], vec![0; 32]),
        ("ones", "P-256", "ES256", vec![0xff; 32], vec![0xff; 32]),
        ("no point", "P-384", "ES384", vec![1; 48], vec![1; 48]),
        ("no point", "P-521", "ES512", [&[0][..], &[1; 65]].concat(), vec![0; 66]),
        ("short", "P-256", "ES256", vec![1; 31], vec![1; 32]),
        ("long", "P-256", "ES256", vec![0; 33], vec![1; 32]),
        ("empty", "P-256", "ES256", vec![], vec![]),
        ("of another curve", "P-256", "ES256", vec![1; 48], vec![1; 48]),
    ] {
        let (x, y) = (encode(x), encode(y));
        let required = format!("{{\"crv\":\"{crv}\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        let jwk = json!({ "kty": "EC", "crv": crv, "x": x, "y": y });
        let sent = with_key(alg, jwk, &required, &[0; 64]);
        assert_eq!(reason(&get(&client, &sent)), "BadProofKey", "{name} {crv}");
    }
}

#[test]
fn a_key_counts_as_what_it_is_and_by_its_thumbprint() {
    let client = client(allowed());
    let keys =
        [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA, Algorithm::RS256];
    for bound_for in keys.map(Key::of) {
        let token = TestIssuer::new().token().bound_to(&bound_for);
        let good = bound_for.proof("GET", URL).for_token(&token);
        for named in Algorithm::ALL {
            let is_of_type = |rsa: &str| bound_for.algorithm().name().ends_with(rsa);
            let is_same_rsa = is_of_type("RS256") && ["RS", "PS"].contains(&&named.name()[..2]);
            if named == bound_for.algorithm() {
                continue;
            }
            let found =
                reason(&get(&client, &lines(&token, good.clone().header("alg", named.name()))));
            let expected = match named.name().starts_with("ML-DSA") {
                true => "ForbiddenProofAlgorithm",
                // One key serves several algorithms, and the signature is by another.
                false if is_same_rsa => "BadProofSignature",
                false => "BadProofKey",
            };
            assert_eq!(found, expected, "{} as {named}", bound_for.algorithm());
        }
        // The name of another type on the same numbers.
        let jwk = parts(&good)[0]["jwk"].clone();
        for members in [json!({ "kty": "EC" }), json!({ "kty": "OKP" }), json!({ "kty": "RSA" })] {
            if members["kty"] == jwk["kty"] {
                continue;
            }
            let sent = lines(&token, good.clone().header("jwk", but(jwk.clone(), members)));
            assert_eq!(reason(&get(&client, &sent)), "BadProofKey");
        }
        // Members that are not required do not make another key.
        let more = but(jwk, json!({ "kid": "a", "x5t": "b", "z": { "y": 1 } }));
        let sent = lines(&token, good.clone().header("jwk", more));
        assert_eq!(get(&client, &sent).status().code, 200, "{}", bound_for.algorithm());
    }
}

#[test]
fn only_the_thumbprint_of_rfc_7638_binds() {
    let client = client(allowed());
    let jwk = parts(&proof(&bound()))[0]["jwk"].clone();
    let x = jwk["x"].as_str().unwrap();
    let right = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}");
    for (name, required, expected) in [
        ("as it should be", right.clone(), ""),
        (
            "another order",
            format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{x}\"}}"),
            "OtherKey",
        ),
        ("white space", right.replace(',', ", "), "OtherKey"),
        ("with alg", right.replacen('{', "{\"alg\":\"EdDSA\",", 1), "OtherKey"),
        ("the number alone", x.to_owned(), "OtherKey"),
    ] {
        let token = bound_to(&thumbprint(&required));
        let found = reason(&get(&client, &lines(&token, proof(&token))));
        assert_eq!(found, expected, "{name}");
    }
    // The token of the client itself, or one that its issuer signs, is no proof.
    let token = bound();
    assert_eq!(reason(&get(&client, &lines(&token, &token))), "MalformedProof");
    let as_proof = TestIssuer::new().token().header("typ", "dpop+jwt").header("jwk", jwk);
    let as_proof =
        as_proof.claim("htm", "GET").claim("htu", URL).claim("jti", "1").claim("ath", "a");
    assert_eq!(reason(&get(&client, &lines(&token, as_proof))), "BadProofKey");
}
