//! Any header and any claims, truly signed → verifier: what it takes keeps every rule, by another
//! reading of the same text.

#![no_main]

mod common;

use common::{AUDIENCE, ISSUER, NOW, judge, read, token_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((key, token)) = token_of(input) else { return };
    let Ok(verified) = judge(&token) else { return };
    assert_eq!(verified.token(), token);
    let (header, claims) = read(&token).expect("what is accepted is JSON");

    let alg = header.text("alg").unwrap();
    assert!(alg == key.alg || (alg == "Ed25519" && key.alg == "EdDSA"), "{token}");
    assert_eq!(header.text("kid"), Some(key.alg));
    assert!(!header.has("crit") && !header.is_ambiguous && !claims.is_ambiguous, "{token}");
    if header.has("typ") {
        let typ = header.text("typ").unwrap().to_ascii_lowercase();
        assert!(["jwt", "at+jwt", "application/at+jwt"].contains(&typ.as_str()), "{token}");
    }

    let now = NOW as f64;
    assert_eq!(claims.text("iss"), Some(ISSUER));
    assert!(claims.audience().unwrap().contains(&AUDIENCE), "{token}");
    assert!(claims.number("exp").unwrap() > now, "{token}");
    for name in ["nbf", "iat"] {
        assert!(!claims.has(name) || claims.number(name).unwrap() <= now, "{token}");
    }
    for name in ["sub", "jti"] {
        assert!(!claims.has(name) || claims.text(name).is_some(), "{token}");
    }
    assert!(!claims.has("cnf"), "{token}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&verified.payload()).ok(), {
        Some(serde_json::Value::Object(claims.members))
    });
});
