//! Keys and signatures that RFC 9964 and FIPS 204 rule out.

use rocket_bearer::Rejection::BadSignature;
use serde_json::{Value, json};

use super::encoding::{decode, spki};
use super::{Row, Signer, Target, encode, row};

pub(super) fn keys(key: &Signer) -> Vec<(&'static str, &'static str, Value)> {
    let octets = decode(key.jwk["pub"].as_str().unwrap());
    let smaller = if key.alg == "ML-DSA-44" { "ML-DSA-65" } else { "ML-DSA-44" };
    let other = Signer::of(smaller).jwk["pub"].clone();
    vec![
        ("alg absent", "RFC 9964 §3", json!({ "alg": null })),
        ("alg of another set", "RFC 9964 §3", json!({ "alg": smaller })),
        ("alg EdDSA", "RFC 9964 §3", json!({ "alg": "EdDSA" })),
        ("alg in another case", "RFC 9964 §3", json!({ "alg": key.alg.to_ascii_lowercase() })),
        ("pub of another set", "FIPS 204 §4", json!({ "pub": other })),
        ("pub one octet short", "FIPS 204 §4", json!({ "pub": encode(&octets[1..]) })),
        (
            "pub one octet long",
            "FIPS 204 §4",
            json!({ "pub": encode([&octets[..], &[0]].concat()) }),
        ),
        ("pub empty", "FIPS 204 §4", json!({ "pub": "" })),
        ("pub in SPKI", "RFC 9964 §3", json!({ "pub": encode(spki(&key.jwk)) })),
        ("pub absent", "RFC 9964 §3", json!({ "pub": null, "x": key.jwk["pub"] })),
        ("kty OKP", "RFC 8037 §2", json!({ "kty": "OKP", "crv": key.alg, "x": key.jwk["pub"] })),
    ]
}

pub(super) fn signatures(target: &Target<'_>) -> Vec<Row> {
    let input = target.input();
    let signature = target.key.sign(input.as_bytes());
    let length = signature.len();
    // What ends a signature: ω indices of hints, of which few are used, then the k numbers of them.
    let (omega, k) = match target.key.alg {
        "ML-DSA-44" => (80, 4),
        "ML-DSA-65" => (55, 6),
        _ => (75, 8),
    };
    let hints = length - omega - k;
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut octets = signature.clone();
        change(&mut octets);
        format!("{input}.{}", encode(octets))
    };
    let bad = |name, token| row(name, "FIPS 204 §7.2", token, Err(BadSignature));
    let mut rows = vec![
        bad("hints: one that none counts", with(&|it| it[length - k - 1] ^= 1)),
        bad("hints: one less than there are", with(&|it| it[length - 1] -= 1)),
        bad("hints: more than there may be", with(&|it| it[length - 1] = omega as u8 + 1)),
        bad("hints: two in the other order", with(&|it| it.swap(hints, hints + 1))),
        bad("hints: none", with(&|it| it[hints..].fill(0))),
        bad("response of all ones", with(&|it| it[length / 2..hints].fill(0xff))),
    ];
    for other in ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] {
        if other != target.key.alg {
            let mut octets = Signer::of(other).sign(input.as_bytes());
            octets.resize(length, 0);
            let token = format!("{input}.{}", encode(octets));
            rows.push(row(format!("by {other}, of this length"), "RFC 9964 §5", token, {
                Err(BadSignature)
            }));
        }
    }
    rows
}
