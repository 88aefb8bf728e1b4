//! Signatures that are none, and algorithms that are not the key's.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket_bearer::Algorithm;
use rocket_bearer::Rejection::{
    BadSignature, ForbiddenAlgorithm, Malformed, MismatchedAlgorithm, UnknownKey,
};
use serde_json::json;

use super::encoding::{decode, der, hex, minus, pem, pem_of_pkcs1, spki};
use super::ml_dsa;
use super::{Row, Signer, Target, but, encode, good_claims, row};

pub(super) fn rows(target: &Target<'_>) -> Vec<Row> {
    [
        unsigned(target),
        by_hmac(target),
        altered(target),
        by_another_algorithm(target),
        by_a_key_brought_along(target),
        if target.key.alg.starts_with("ES") { ecdsa(target) } else { vec![] },
        if target.key.alg == "EdDSA" { ed25519(target) } else { vec![] },
        if target.key.alg.starts_with("ML") { ml_dsa::signatures(target) } else { vec![] },
    ]
    .concat()
}

fn unsigned(target: &Target<'_>) -> Vec<Row> {
    let claims = encode(good_claims().to_string());
    let genuine = encode(target.key.sign(target.input().as_bytes()));
    let mut rows = vec![];
    for alg in ["none", "None", "NONE", "nOnE", "", " none", "none\u{0}", "null"] {
        let source = "CVE-2015-2951, RFC 8725 §3.2";
        let header = encode(but(target.key.header(), json!({ "alg": alg })).to_string());
        for (name, token, why) in [
            ("empty signature", format!("{header}.{claims}."), ForbiddenAlgorithm),
            ("kept signature", format!("{header}.{claims}.{genuine}"), ForbiddenAlgorithm),
            ("no last dot", format!("{header}.{claims}"), Malformed),
        ] {
            rows.push(row(format!("alg {alg:?}, {name}"), source, token, Err(why)));
        }
    }
    let stripped = format!("{}.", target.input());
    rows.push(row("signature stripped", "CVE-2020-28042", stripped, Err(BadSignature)));
    rows
}

/// The public key as the secret of a MAC, in every form a server may keep it in.
fn by_hmac(target: &Target<'_>) -> Vec<Row> {
    let spki = spki(&target.key.jwk);
    let pem = pem("PUBLIC KEY", &spki);
    // The inner structure of an RSA key; for the others the same octets under a wrong name.
    let pkcs1 = pem_of_pkcs1(&spki);
    let member = ["n", "x", "pub"].iter().find_map(|name| target.key.jwk[name].as_str()).unwrap();
    let secrets = [
        ("PEM", "CVE-2015-9235", pem.clone().into_bytes()),
        ("PEM, last newline gone", "CVE-2016-10555", pem.trim_end().into()),
        ("PEM of PKCS #1", "CVE-2023-48223", pkcs1.clone().into_bytes()),
        ("PEM after white space", "CVE-2026-34950", format!("\n {pkcs1}").into_bytes()),
        ("OpenSSH form", "CVE-2022-29217", format!("ssh-rsa {member}").into_bytes()),
        ("DER", "RFC 8725 §2.1", spki),
        ("number", "RFC 8725 §2.1", decode(member)),
        ("number in base64url", "RFC 8725 §2.1", member.into()),
        ("JWK", "CVE-2026-22817", target.key.jwk.to_string().into_bytes()),
        ("nothing", "CVE-2019-20933", vec![]),
    ];
    let mut rows = vec![];
    for (name, source, secret) in &secrets {
        for (alg, algorithm, why) in [
            ("HS256", hmac::HMAC_SHA256, ForbiddenAlgorithm),
            ("HS384", hmac::HMAC_SHA384, ForbiddenAlgorithm),
            ("HS512", hmac::HMAC_SHA512, ForbiddenAlgorithm),
            (target.key.alg, hmac::HMAC_SHA256, BadSignature),
        ] {
            let header = but(target.key.header(), json!({ "alg": alg })).to_string();
            let input = format!("{}.{}", encode(header), encode(good_claims().to_string()));
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
            let token = format!("{input}.{}", encode(tag));
            rows.push(row(format!("MAC by {name} as {alg}"), source, token, Err(why)));
        }
    }
    rows
}

fn altered(target: &Target<'_>) -> Vec<Row> {
    let input = target.input();
    let signature = target.key.sign(input.as_bytes());
    let with = |octets: &[u8]| format!("{input}.{}", encode(octets));
    let flipped = |at: usize, bit: u8| {
        let mut octets = signature.clone();
        octets[at] ^= bit;
        with(&octets)
    };
    let length = signature.len();
    let bad = |name, token| row(name, "RFC 7515 §5.2", token, Err(BadSignature));
    let (header, payload) = input.split_once('.').unwrap();
    let genuine = encode(&signature);
    let sub = encode(but(good_claims(), json!({ "sub": "mallory" })).to_string());
    let typ = encode(but(target.key.header(), json!({ "typ": "JWT" })).to_string());
    let one = [vec![0; length - 1], vec![1]].concat();
    vec![
        row("a good token", "RFC 7519 §3.1", with(&signature), Ok(())),
        bad("one octet short", with(&signature[..length - 1])),
        bad("first octet gone", with(&signature[1..])),
        bad("half", with(&signature[..length / 2])),
        bad("a zero after", with(&[&signature[..], &[0]].concat())),
        bad("a zero before", with(&[&[0], &signature[..]].concat())),
        bad("twice", with(&signature.repeat(2))),
        bad("oversized, 4 kB", with(&signature.repeat((4096 / length).max(2)))),
        bad("first bit", flipped(0, 0x80)),
        bad("last bit", flipped(length - 1, 1)),
        bad("middle bit", flipped(length / 2, 0x10)),
        bad("zero", with(&vec![0; length])),
        bad("one", with(&one)),
        bad("all ones", with(&vec![0xff; length])),
        bad("a stranger's", with(&target.mallory.sign(input.as_bytes()))),
        bad("of other claims", with(&target.key.sign(format!("{header}.{sub}").as_bytes()))),
        bad("of the claims alone", with(&target.key.sign(payload.as_bytes()))),
        bad("claims changed", format!("{header}.{sub}.{genuine}")),
        bad("header changed", format!("{typ}.{payload}.{genuine}")),
        row("parts swapped", "RFC 7515 §5.2", format!("{payload}.{header}.{genuine}"), {
            Err(Malformed)
        }),
    ]
}

fn by_another_algorithm(target: &Target<'_>) -> Vec<Row> {
    let key = target.key;
    let mut rows = vec![];
    // Known and allowed, but not this key's: of another hash, another padding, another curve.
    for alg in Algorithm::ALL.map(Algorithm::name) {
        if alg == key.alg {
            continue;
        }
        let source = "CVE-2016-10555, RFC 8725 §3.1";
        let header = but(key.header(), json!({ "alg": alg }));
        let named = key.token(&header, &good_claims());
        rows.push(row(format!("called {alg}"), source, named, Err(MismatchedAlgorithm)));
        if key.jwk["kty"] == "RSA" && (alg.starts_with("RS") || alg.starts_with("PS")) {
            let really = Signer::of(alg);
            let (named, unnamed) = (
                really.token(&header, &good_claims()),
                really.token(&key.header(), &good_claims()),
            );
            rows.push(row(format!("signed {alg}"), source, named, Err(MismatchedAlgorithm)));
            let name = format!("signed {alg}, called {}", key.alg);
            rows.push(row(name, source, unnamed, Err(BadSignature)));
        }
    }
    for other in target.keys.iter().filter(|other| other.alg != key.alg) {
        let source = "RFC 8725 §3.1";
        let token = other.token(&key.header(), &good_claims());
        let name = format!("by the {} key of the set", other.alg);
        rows.push(row(name, source, token, Err(BadSignature)));
        let header = but(other.header(), json!({ "kid": key.kid }));
        let token = other.token(&header, &good_claims());
        let name = format!("by the {} key of the set, called so", other.alg);
        rows.push(row(name, source, token, Err(MismatchedAlgorithm)));
    }
    for alg in [
        "ES256K",
        "Ed448",
        "RS1",
        "RS224",
        "dir",
        "RSA-OAEP",
        "A256GCM",
        "HS256/64",
        "ML-DSA",
        "ml-dsa-44",
        "MLDSA44",
        "ML-DSA-44-ES256",
        "rs256",
        "Rs256",
        "RS256 ",
        "ES-256",
        "eddsa",
        "ED25519",
        "*",
        "any",
        "RS256,none",
    ] {
        let token = target.with_header(json!({ "alg": alg }));
        rows.push(row(format!("alg {alg:?}"), "RFC 8725 §3.1", token, Err(ForbiddenAlgorithm)));
    }
    for alg in ["null", "1", "true", "[]", "[\"RS256\"]", "{}"] {
        let text = format!(r#"{{"alg":{alg},"kid":"{}"}}"#, key.kid);
        let token = target.with_header_text(text);
        rows.push(row(format!("alg {alg}"), "RFC 7515 §4.1.1", token, Err(Malformed)));
    }
    let none = target.with_header(json!({ "alg": null }));
    rows.push(row("alg absent", "RFC 7515 §4.1.1", none, Err(Malformed)));
    rows
}

/// A key in the header, or the address of one: a forger's token, and a genuine one.
fn by_a_key_brought_along(target: &Target<'_>) -> Vec<Row> {
    let (url, mallory) = (target.url, &target.mallory);
    let mut rows = vec![];
    for (name, source, members) in [
        ("jwk", "CVE-2018-0114", json!({ "jwk": mallory.jwk })),
        ("jwk that is none", "CVE-2018-0114", json!({ "jwk": 7 })),
        ("jku", "RFC 8725 §3.10", json!({ "jku": format!("{url}/jwks.json") })),
        ("jku past the issuer's name", "RFC 8725 §3.10", {
            json!({ "jku": url.replace("://", "://issuer.localhost@") })
        }),
        ("x5u", "RFC 8725 §3.10", json!({ "x5u": format!("{url}/cert.pem") })),
        ("x5c", "RFC 7515 §4.1.6", json!({ "x5c": [STANDARD.encode(spki(&mallory.jwk))] })),
        ("x5c that is none", "RFC 7515 §4.1.6", json!({ "x5c": "no list" })),
        ("x5t", "RFC 7515 §4.1.7", json!({ "x5t": "AAAA", "x5t#S256": "AAAA" })),
        ("all of them", "RFC 8725 §3.10", {
            json!({ "jwk": mallory.jwk, "jku": url, "x5u": url, "x5c": [], "jwks_uri": url })
        }),
    ] {
        let forged = |kid: &str| {
            let header = but(json!({ "alg": target.key.alg, "kid": kid }), members.clone());
            mallory.token(&header, &good_claims())
        };
        rows.extend([
            row(format!("{name}, forged"), source, forged(&target.key.kid), Err(BadSignature)),
            row(format!("{name}, own kid"), source, forged(&mallory.kid), Err(UnknownKey)),
            row(format!("{name}, genuine"), source, target.with_header(members), Ok(())),
        ]);
    }
    rows.push(row(
        "kid is an address",
        "RFC 8725 §3.10",
        mallory.clone().with_kid(&format!("{url}/jwks.json")).good(),
        Err(UnknownKey),
    ));
    rows
}

fn ecdsa(target: &Target<'_>) -> Vec<Row> {
    let input = target.input();
    let n = hex(match target.key.alg {
        "ES256" => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ES384" => {
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
        }
        _ => {
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        }
    });
    let low = std::iter::repeat_with(|| target.key.sign(input.as_bytes()))
        .find(|signature| signature[n.len()] <= (n[0] - 1) / 2)
        .unwrap();
    let (r, s) = low.split_at(n.len());
    let (zero, one) = (vec![0; n.len()], [vec![0; n.len() - 1], vec![1]].concat());
    let pair = |r: &[u8], s: &[u8]| format!("{input}.{}", encode([r, s].concat()));
    let zeroed = |name, token| row(name, "CVE-2022-21449", token, Err(BadSignature));
    let bad = |name, token| row(name, "RFC 7518 §3.4", token, Err(BadSignature));
    vec![
        zeroed("r = s = 0", pair(&zero, &zero)),
        zeroed("r = 0", pair(&zero, s)),
        zeroed("s = 0", pair(r, &zero)),
        zeroed("r = 0, s = 1", pair(&zero, &one)),
        zeroed("r = s = 1", pair(&one, &one)),
        zeroed("r = s = n", pair(&n, &n)),
        zeroed("r = n, s = 0", pair(&n, &zero)),
        bad("s = n", pair(r, &n)),
        bad("r and s swapped", pair(s, r)),
        bad("little-endian", {
            let reversed = |half: &[u8]| half.iter().rev().copied().collect::<Vec<_>>();
            pair(&reversed(r), &reversed(s))
        }),
        bad("in DER", format!("{input}.{}", encode(der(r, s)))),
        bad("oversized, each half a zero longer", {
            pair(&[&[0], r].concat(), &[&[0], s].concat())
        }),
        // The same message by the same key: ECDSA has two signatures for each, and JWS takes both.
        row("s high", "RFC 7518 §3.4", pair(r, &minus(&n, s)), Ok(())),
    ]
}

fn ed25519(target: &Target<'_>) -> Vec<Row> {
    let input = target.input();
    let signature = target.key.sign(input.as_bytes());
    let (r, s) = signature.split_at(32);
    // The order of the group, the smallest number first (RFC 8032 §5.1).
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    let plus: Vec<u8> = s
        .iter()
        .zip(&order)
        .map(|(one, other)| {
            let sum = u16::from(*one) + u16::from(*other) + carry;
            carry = sum >> 8;
            sum as u8
        })
        .collect();
    let mut identity = vec![0; 32];
    identity[0] = 1;
    let pair = |r: &[u8], s: &[u8]| format!("{input}.{}", encode([r, s].concat()));
    let bad = |name, token| row(name, "RFC 8032 §5.1.7", token, Err(BadSignature));
    vec![
        bad("S + L for S", pair(r, &plus)),
        bad("S = L", pair(r, &order)),
        bad("R the identity, S = 0", pair(&identity, &[0; 32])),
        bad("S with its top bits set", pair(r, &[&s[..31], &[s[31] | 0xe0]].concat())),
    ]
}
