//! A proof that was used comes again: in another spelling, or beside others that should crowd it out.

use super::*;
use crate::support::but;

/// The signature `(r, n - s)` holds where `(r, s)` does: ECDSA on P-256 has two for each message.
fn mirrored(proof: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let mut signature = support::octets(signature);
    let mut borrowed = 0;
    for (octet, of_order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(of_order) - i16::from(*octet) - borrowed;
        borrowed = i16::from(difference < 0);
        *octet = difference.rem_euclid(256) as u8;
    }
    format!("{signed}.{}", encode(signature))
}

#[test]
fn no_other_spelling_makes_a_used_proof_new() {
    let key = Key::of(Algorithm::ES256);
    let (token, other) = (
        || TestIssuer::new().token().bound_to(&key),
        |sub: &str| TestIssuer::new().token().bound_to(&key).subject(sub),
    );
    let client = client(allowed());
    let token = token();
    let good = key.proof("GET", URL).for_token(&token).claim("jti", "abc-1");
    let [header, claims] = parts(&good);
    let text = good.to_string();
    let used = get(&client, &lines(&token, &text));
    assert_eq!(used.status().code, 200);

    let (header_text, claims_text) = (header.to_string(), claims.to_string());
    let signed = |header: &str, claims: &str| key.token(header, claims);
    let with_claims =
        |members: Value| signed(&header_text, &but(claims.clone(), members).to_string());
    let with_header =
        |members: Value| signed(&but(header.clone(), members).to_string(), &claims_text);
    let jwk = &header["jwk"];
    let reordered = format!(
        "{{\"jwk\":{{\"y\":{},\"x\":{},\"crv\":\"P-256\",\"kty\":\"EC\"}},\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}}",
        jwk["y"], jwk["x"]
    );
    let iat = claims["iat"].as_u64().unwrap();
    for (name, again) in [
        ("the same", text.clone()),
        ("signed again", signed(&header_text, &claims_text)),
        ("the other signature", mirrored(&text)),
        ("white space", signed(&format!(" {header_text}\n"), &format!("\t{claims_text} "))),
        ("members in another order", signed(&reordered, &claims_text)),
        ("an escape in jti", signed(&header_text, &claims_text.replace("abc-1", "\\u0061bc-1"))),
        (
            "an escape in the name",
            signed(&header_text, &claims_text.replace("\"jti\"", "\"\\u006ati\"")),
        ),
        ("one second older", with_claims(json!({ "iat": iat - 1 }))),
        ("half a second older", with_claims(json!({ "iat": iat as f64 - 0.5 }))),
        ("the oldest there is", with_claims(json!({ "iat": iat - 290 }))),
        ("in the future", with_claims(json!({ "iat": iat + 25 }))),
        ("with exp", with_claims(json!({ "exp": iat + 100 }))),
        ("with a nonce", with_claims(json!({ "nonce": "a" }))),
        ("with a claim", with_claims(json!({ "x": 1 }))),
        (
            "another spelling of htu",
            with_claims(json!({ "htu": "HTTPS://api.example:443/%68eaders?a#b" })),
        ),
        ("another typ", with_header(json!({ "typ": "application/DPoP+JWT" }))),
        ("a kid", with_header(json!({ "kid": "1" }))),
        (
            "a member of the key",
            with_header(json!({ "jwk": but(jwk.clone(), json!({ "use": "sig" })) })),
        ),
    ] {
        assert_eq!(reason(&get(&client, &lines(&token, again))), "ReplayedProof", "{name}");
    }
    // Another token of the same client.
    let bob = other("bob");
    let again = key.proof("GET", URL).for_token(&bob).claim("jti", "abc-1");
    assert_eq!(reason(&get(&client, &lines(&bob, again))), "ReplayedProof");
    // A text that decodes likewise is no base64url.
    for ending in ["=", "==", "\u{9}", ".", "%3D"] {
        let again = format!("{text}{ending}");
        assert!(!reason(&get(&client, &lines(&token, again))).is_empty(), "{ending:?}");
    }
    let last = text.chars().last().unwrap();
    for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']) {
        let again = format!("{}{other}", &text[..text.len() - 1]);
        let expected = if other == last { "ReplayedProof" } else { "" };
        let found = reason(&get(&client, &lines(&token, again)));
        assert!(
            !found.is_empty() && (expected.is_empty() || found == expected),
            "{other}: {found}"
        );
    }
    // What is another `jti` is another proof.
    for jti in ["ABC-1", "abc-1 ", "abc-1\0", "abc-\u{2071}", " abc-1"] {
        let fresh = with_claims(json!({ "jti": jti }));
        assert_eq!(get(&client, &lines(&token, fresh)).status().code, 200, "{jti:?}");
    }
}

/// What is refused takes nothing of the share of the key whose name was used, nor of the memory.
#[test]
fn refused_proofs_take_no_room() {
    let client = client(allowed().entries(200).unwrap());
    let token = bound();
    let first = proof(&token).to_string();
    assert_eq!(get(&client, &lines(&token, &first)).status().code, 200);
    for number in 0..20 {
        let stranger = Key::generate(Algorithm::EdDSA);
        let strangers = stranger.proof("GET", URL).for_token(&token);
        let jwk = parts(&proof(&token))[0]["jwk"].clone();
        for (again, expected) in [
            (first.clone(), "ReplayedProof"),
            (strangers.to_string(), "OtherKey"),
            (strangers.header("jwk", jwk).to_string(), "BadProofSignature"),
            (proof(&token).forged().to_string(), "BadProofSignature"),
            (proof(&token).old().to_string(), "ProofTooOld"),
            (proof(&token).claim("htu", BASE).to_string(), "WrongUrl"),
        ] {
            assert_eq!(reason(&get(&client, &lines(&token, again))), expected, "{number}");
        }
    }
    // 19 of the 20 are left.
    for number in 1..20 {
        let status = get(&client, &lines(&token, proof(&token))).status().code;
        assert_eq!(status, 200, "{number}");
    }
    assert_eq!(reason(&get(&client, &lines(&token, proof(&token)))), "TooManyProofs");
}
