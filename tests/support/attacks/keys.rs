//! Keys that a set must not have, and names that are not keys'.

use aws_lc_rs::digest;
use rocket_bearer::Rejection::{
    BadSignature, KeyIdMissing, Malformed, MismatchedAlgorithm, UnknownKey,
};
use serde_json::{Value, json};

use super::encoding::decode;
use super::ml_dsa;
use super::{Row, Signer, Target, but, encode, good_claims, row};

/// The unusable keys, to stand in the set beside the good ones, and the attacks.
pub(super) fn rows(target: &Target<'_>) -> (Vec<Value>, Vec<Row>) {
    let mut jwks = vec![];
    let mut rows = names(target);
    let key = target.key;
    let others: Vec<(&str, &str, Value)> = match key.alg {
        "RS256" | "PS256" => rsa(key),
        "ES256" | "ES384" | "ES512" => elliptic(key),
        "EdDSA" => edwards(),
        _ => ml_dsa::keys(key),
    };
    // Each is signed by the true private key: that its public half may not be used is all there is.
    for (name, source, members) in misplaced(key).into_iter().chain(others) {
        let kid = format!("{}-{name}", key.kid);
        let renamed = key.clone().with_kid(&kid);
        jwks.push(but(renamed.jwk.clone(), members));
        rows.push(row(format!("key: {name}"), source, renamed.good(), Err(UnknownKey)));
    }
    // A key that may be used, but not for this.
    let (kid, free) = (format!("{}-free", key.kid), format!("{}-other", key.kid));
    match key.alg {
        "RS256" | "PS256" => {
            let unpinned = but(key.clone().with_kid(&kid).jwk, json!({ "alg": null }));
            let header = json!({ "alg": key.alg, "kid": kid });
            let other = if key.alg == "RS256" { "PS256" } else { "RS256" };
            let mixed = Signer::of(other).token(&header, &good_claims());
            rows.push(row(
                "padding of the other scheme",
                "RFC 8725 §3.1",
                mixed,
                Err(BadSignature),
            ));
            let restricted = but(key.clone().with_kid(&free).jwk, json!({ "alg": "RS384" }));
            let token = key.clone().with_kid(&free).good();
            let why = Err(MismatchedAlgorithm);
            rows.push(row("key: of another hash", "RFC 7517 §4.4", token, why));
            jwks.extend([unpinned, restricted]);
        }
        "EdDSA" => rows.push(small_order(key, &mut jwks)),
        _ => {}
    }
    if key.alg == "RS256" {
        rows.extend([rsa_1024(&mut jwks), exponent_1(key, &mut jwks)]);
    }
    (jwks, rows)
}

/// Faults that a key of any type can have.
fn misplaced(key: &Signer) -> Vec<(&'static str, &'static str, Value)> {
    let other = if key.alg == "ES256" { "ES384" } else { "ES256" };
    vec![
        ("use enc", "RFC 7517 §4.2", json!({ "use": "enc" })),
        ("use in capitals", "RFC 7517 §4.2", json!({ "use": "SIG" })),
        ("use a list", "RFC 7517 §4.2", json!({ "use": ["sig"] })),
        ("key_ops none", "RFC 7517 §4.3", json!({ "key_ops": [] })),
        ("key_ops sign", "RFC 7517 §4.3", json!({ "key_ops": ["sign"] })),
        ("key_ops encrypt", "RFC 7517 §4.3", json!({ "key_ops": ["encrypt", "wrapKey"] })),
        ("key_ops no list", "RFC 7517 §4.3", json!({ "key_ops": "verify" })),
        ("alg of another type", "RFC 7517 §4.4", json!({ "alg": other })),
        ("alg HS256", "RFC 7517 §4.4", json!({ "alg": "HS256" })),
        ("alg none", "RFC 7517 §4.4", json!({ "alg": "none" })),
        ("alg RSA-OAEP", "RFC 7517 §4.4", json!({ "alg": "RSA-OAEP" })),
        ("alg empty", "RFC 7517 §4.4", json!({ "alg": "" })),
        ("kty oct", "RFC 7518 §6.4", json!({ "kty": "oct", "k": "AAAA" })),
        ("kty in another case", "RFC 7517 §4.1", json!({ "kty": "rsa" })),
        ("kty unknown", "RFC 7517 §4.1", json!({ "kty": "KEM" })),
        ("kty absent", "RFC 7517 §4.1", json!({ "kty": null })),
        ("private half in it", "RFC 7517 §9.2", json!({ "d": "AAAA" })),
        ("seed in it", "RFC 9964 §3", json!({ "priv": "AAAA" })),
    ]
}

fn rsa(key: &Signer) -> Vec<(&'static str, &'static str, Value)> {
    let n = decode(key.jwk["n"].as_str().unwrap());
    let mut even = n.clone();
    *even.last_mut().unwrap() &= 0xfe;
    let modulus = |n: &[u8]| json!({ "n": encode(n) });
    vec![
        ("modulus even", "RFC 8017 §3.1", modulus(&even)),
        ("modulus 2047 bits", "RFC 7518 §3.3", modulus(&[&[n[0] & 0x7f], &n[1..]].concat())),
        ("modulus 8193 bits", "RFC 7518 §3.3", modulus(&[&[1], &n.repeat(4)[..]].concat())),
        ("modulus zero", "RFC 7518 §6.3.1", modulus(&[0; 256])),
        ("modulus padded", "RFC 7518 §6.3.1", {
            json!({ "n": format!("{}==", key.jwk["n"].as_str().unwrap()) })
        }),
        ("modulus absent", "RFC 7518 §6.3.1", json!({ "n": null })),
        ("exponent 2", "RFC 8017 §3.1", json!({ "e": "Ag" })),
        ("exponent 65536", "RFC 8017 §3.1", json!({ "e": "AQAA" })),
        ("exponent zero", "RFC 8017 §3.1", json!({ "e": "AA" })),
        ("exponent empty", "RFC 7518 §6.3.1", json!({ "e": "" })),
        ("exponent of 64 bits", "RFC 8017 §3.1", json!({ "e": "AQAAAAAAAAAB" })),
        ("exponent absent", "RFC 7518 §6.3.1", json!({ "e": null })),
        ("certificate only", "RFC 7517 §4.7", json!({ "n": null, "e": null, "x5c": ["MIIB"] })),
    ]
}

fn elliptic(key: &Signer) -> Vec<(&'static str, &'static str, Value)> {
    let [one, other] = match key.alg {
        "ES256" => ["P-384", "P-521"],
        "ES384" => ["P-256", "P-521"],
        _ => ["P-256", "P-384"],
    };
    let (x, y) = (&key.jwk["x"], &key.jwk["y"]);
    let zero = vec![0; decode(x.as_str().unwrap()).len()];
    vec![
        ("crv of another length", "RFC 7518 §6.2.1", json!({ "crv": one })),
        ("crv of a third length", "RFC 7518 §6.2.1", json!({ "crv": other })),
        ("crv secp256k1", "RFC 8812 §3.1", json!({ "crv": "secp256k1" })),
        ("crv absent", "RFC 7518 §6.2.1", json!({ "crv": null })),
        ("point off the curve", "CVE-2015-7940", json!({ "x": y, "y": x })),
        ("point at infinity", "CVE-2015-7940", json!({ "x": encode(&zero), "y": encode(&zero) })),
        ("x one octet short", "RFC 7518 §6.2.1.2", json!({ "x": encode(&zero[1..]) })),
        ("x one octet long", "RFC 7518 §6.2.1.2", {
            json!({ "x": encode([&[0], &decode(x.as_str().unwrap())[..]].concat()) })
        }),
        ("y absent", "RFC 7518 §6.2.1", json!({ "y": null })),
    ]
}

fn edwards() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("crv X25519", "RFC 8037 §3.2", json!({ "crv": "X25519" })),
        ("crv Ed448", "RFC 8037 §3.1", json!({ "crv": "Ed448" })),
        ("kty EC", "RFC 8037 §2", json!({ "kty": "EC", "crv": "Ed25519" })),
        ("x zero", "RFC 8032 §5.1.7", json!({ "x": encode([0; 32]) })),
        ("x short", "RFC 8037 §2", json!({ "x": encode([9; 31]) })),
        ("x absent", "RFC 8037 §2", json!({ "x": null })),
    ]
}

/// Under the identity as a key, the identity and zero sign everything.
fn small_order(key: &Signer, jwks: &mut Vec<Value>) -> Row {
    let mut identity = [0; 32];
    identity[0] = 1;
    let weak = key.clone().with_kid("ed25519-identity");
    jwks.push(but(weak.jwk.clone(), json!({ "x": encode(identity) })));
    let good = weak.good();
    let (input, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", encode([identity, [0; 32]].concat()));
    row("key: of small order, forged", "RFC 8032 §5.1.7", forged, Err(UnknownKey))
}

/// A key of 1024 bits and a token it has signed until 2286.
fn rsa_1024(jwks: &mut Vec<Value>) -> Row {
    let n = "7H43cFC3A9WQ3ifEwJQ-yAtB-4H3Ei4cNPqgu-VAoZLm8huRL8hRksH7a5qHL5QPjoX0tIzVEaDwz_N3I4dyLMw\
             rFwWc2CPIkhXTVYbRbdP7sPa9ZJBn8mDdBXgaMc3Nqr3OmH2HqPEMZPBytMUUxNpzF6y2QrzOdV-Mlgret-E";
    let header = r#"{"alg":"RS256","kid":"rsa-1024"}"#;
    let claims = r#"{"iss":"https://issuer.localhost/","aud":"image","exp":9999999999}"#;
    let signature = "Lvr0EuRxXIheM_zS8H_bI-ILw8WHvYX1mwwem9auDvkMmLccbGW6lKmJrGP0LbwbR9t1qKaR2XfqWVCcsh7fKA6Zysm\
         Yt_R0fVl-DqQvvzXSMy4y6XXL_yxF3dff27rBVnIsVCKUhD0Z74pJ1-OeI5pmA_jnWoX0_6eJqXb8sWE";
    jwks.push(json!({ "kty": "RSA", "kid": "rsa-1024", "n": n, "e": "AQAB" }));
    let token = format!("{}.{}.{signature}", encode(header), encode(claims));
    row("key: RSA 1024, its token", "RFC 7518 §3.3", token, Err(UnknownKey))
}

/// Under the exponent 1 the padded hash is its own signature.
fn exponent_1(key: &Signer, jwks: &mut Vec<Value>) -> Row {
    let weak = key.clone().with_kid("rsa-exponent-1");
    jwks.push(but(weak.jwk.clone(), json!({ "e": "AQ" })));
    let good = weak.good();
    let (input, _) = good.rsplit_once('.').unwrap();
    let hash = digest::digest(&digest::SHA256, input.as_bytes());
    // EMSA-PKCS1-v1_5 (RFC 8017 §9.2).
    let info = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let padded = [&[0, 1][..], &[0xff; 202], &[0], &info, hash.as_ref()].concat();
    let forged = format!("{input}.{}", encode(padded));
    row("key: exponent 1, forged", "RFC 8017 §3.1", forged, Err(UnknownKey))
}

/// `kid` is a name to compare, and nothing to open, ask or run.
fn names(target: &Target<'_>) -> Vec<Row> {
    let own = &target.key.kid;
    let mut rows = vec![];
    for (name, source, kid) in [
        ("path", "RFC 8725 §3.10", "../../../../dev/null".to_owned()),
        ("path of a key", "RFC 8725 §3.10", format!("keys/{own}.pem")),
        ("SQL", "RFC 8725 §3.10", "' UNION SELECT 'secret' --".to_owned()),
        ("SQL on its own", "RFC 8725 §3.10", format!("{own}' OR '1'='1")),
        ("LDAP", "RFC 8725 §3.10", "*)(uid=*))(|(uid=*".to_owned()),
        ("command", "RFC 8725 §3.10", "|touch /tmp/in".to_owned()),
        ("format", "RFC 8725 §3.10", "%s%n{0}${jndi:ldap://a/}".to_owned()),
        ("line ends", "RFC 8725 §3.10", "a\r\nSet-Cookie: a=b\r\n\r\n".to_owned()),
        ("NUL", "RFC 8725 §3.10", "\u{0}".to_owned()),
        ("NUL at its end", "RFC 8725 §3.10", format!("{own}\u{0}")),
        ("10 kB", "RFC 8725 §3.10", "k".repeat(10_000)),
        ("empty", "RFC 7515 §4.1.4", String::new()),
        ("white space after", "RFC 7515 §4.1.4", format!("{own} ")),
        ("white space before", "RFC 7515 §4.1.4", format!("\t{own}")),
        ("in capitals", "RFC 7515 §4.1.4", own.to_ascii_uppercase()),
        ("a prefix", "RFC 7515 §4.1.4", own[..own.len() - 1].to_owned()),
        ("another script's letter", "RFC 8725 §3.10", own.replacen('e', "\u{435}", 1)),
    ] {
        let token = target.with_header(json!({ "kid": kid }));
        rows.push(row(format!("kid: {name}"), source, token, Err(UnknownKey)));
    }
    for kid in ["null", "true", "0", "1e1", "[]", "{}"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("[\"{own}\"]"), format!("{{\"$ne\":\"{own}\"}}")])
    {
        let text = format!(r#"{{"alg":"{}","kid":{kid}}}"#, target.key.alg);
        let token = target.with_header_text(text);
        rows.push(row(format!("kid: {kid}"), "RFC 7515 §4.1.4", token, Err(Malformed)));
    }
    let absent = target.with_header(json!({ "kid": null }));
    rows.push(row("kid: absent", "RFC 7515 §4.1.4", absent, Err(KeyIdMissing)));
    rows
}
