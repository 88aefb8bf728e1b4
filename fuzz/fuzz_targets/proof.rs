//! Any header and any claims, truly signed → the check of a DPoP proof: what it takes keeps every rule,
//! by another reading of the same text. The octets are judged as a proof too.

#![no_main]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Key, NOW, read, token_of};
use libfuzzer_sys::fuzz_target;
use rocket_bearer::fuzzing::judge_proof;
use serde_json::Value;
use url::Url;

const TOKEN: &str = "token";

/// The digest of `TOKEN`.
const ATH: &str = "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A";

/// The thumbprint of a key, as RFC 8037 A.3 and a reckoning elsewhere have it.
fn thumbprint(key: &Key) -> [u8; 32] {
    let text = match key.alg {
        "EdDSA" => "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "ES256" => "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
        _ => "IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8",
    };
    URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
}

/// Whether a browser reads this as the URL of the request, once no unreserved character is escaped.
fn is_of_request(htu: &str) -> bool {
    let mut url = Url::parse(htu).unwrap();
    url.set_query(None);
    url.set_fragment(None);
    let mut path = url.path().to_owned();
    for octet in
        (b'-'..=b'~').filter(|octet| octet.is_ascii_alphanumeric() || b"-._~".contains(octet))
    {
        for escape in [format!("%{octet:02X}"), format!("%{octet:02x}")] {
            path = path.replace(&escape, &char::from(octet).to_string());
        }
    }
    url.set_path(&path);
    url.as_str() == "https://api.example/a"
}

fuzz_target!(|input: &[u8]| {
    let Some((key, proof)) = token_of(input) else { return };
    let bound_to = thumbprint(key);
    if let Ok(text) = str::from_utf8(input) {
        assert!(judge_proof(text, TOKEN, bound_to, NOW as f64).is_err(), "{text}");
    }
    let verdict = judge_proof(&proof, TOKEN, bound_to, NOW as f64);
    assert!(judge_proof(&proof, "another", bound_to, NOW as f64).is_err(), "{proof}");
    assert!(judge_proof(&proof, TOKEN, [0; 32], NOW as f64).is_err(), "{proof}");
    if verdict.is_err() {
        return;
    }
    let (header, claims) = read(&proof).expect("what is accepted is JSON");
    assert!(!header.is_ambiguous && !claims.is_ambiguous && !header.has("crit"), "{proof}");

    let typ = header.text("typ").unwrap().to_ascii_lowercase();
    assert!(["dpop+jwt", "application/dpop+jwt"].contains(&typ.as_str()), "{proof}");
    let alg = header.text("alg").unwrap();
    assert!(alg == key.alg || (alg == "Ed25519" && key.alg == "EdDSA"), "{proof}");
    let jwk = header.members["jwk"].as_object().unwrap();
    for name in ["kty", "crv", "n", "e", "x", "y"] {
        // `crv` of an RSA key, for one, is read by nobody.
        let is_read = key.public.get(name).is_some();
        assert!(!is_read || jwk.get(name) == key.public.get(name), "{proof}");
    }
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        assert!(!jwk.contains_key(name), "{proof}");
    }

    let now = NOW as f64;
    assert_eq!(claims.text("htm"), Some("GET"));
    assert_eq!(claims.text("ath"), Some(ATH));
    assert!((1..=256).contains(&claims.text("jti").unwrap().len()), "{proof}");
    assert!(is_of_request(claims.text("htu").unwrap()), "{proof}");
    let iat = claims.number("iat").unwrap();
    assert!(now - iat <= 300.0 && iat - now <= 30.0, "{proof}");
    assert!(!claims.has("exp") || claims.number("exp").unwrap() > now, "{proof}");
    assert!(!claims.has("nbf") || claims.number("nbf").unwrap() <= now + 30.0, "{proof}");
    assert!(matches!(claims.members.get("nonce"), None | Some(Value::String(_))), "{proof}");
});
