//! Numbers and keys in DER, PEM and base64url.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// SubjectPublicKeyInfo (RFC 5280 §4.1): everything before the key is the same for all of a type.
pub(super) fn spki(jwk: &Value) -> Vec<u8> {
    let member = |name: &str| decode(jwk[name].as_str().unwrap());
    match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => [
            hex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100"),
            member("n"),
            hex("0203010001"),
        ]
        .concat(),
        (_, Some("P-256")) => [
            hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
            member("x"),
            member("y"),
        ]
        .concat(),
        (_, Some("P-384")) => {
            [hex("3076301006072a8648ce3d020106052b8104002203620004"), member("x"), member("y")]
                .concat()
        }
        (_, Some("P-521")) => {
            let prefix = "30819b301006072a8648ce3d020106052b810400230381860004";
            [hex(prefix), member("x"), member("y")].concat()
        }
        (Some("AKP"), _) => {
            let prefix = match jwk["alg"].as_str() {
                Some("ML-DSA-44") => "30820532300b060960864801650304031103820521",
                Some("ML-DSA-65") => "308207b2300b0609608648016503040312038207a1",
                _ => "30820a32300b060960864801650304031303820a21",
            };
            [hex(prefix), vec![0], member("pub")].concat()
        }
        _ => [hex("302a300506032b6570032100"), member("x")].concat(),
    }
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|it| str::from_utf8(it).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(super) fn pem_of_pkcs1(spki: &[u8]) -> String {
    pem("RSA PUBLIC KEY", &spki[24.min(spki.len() - 32)..])
}

/// An ASN.1 SEQUENCE of two INTEGERs (RFC 3279 §2.2.3).
pub(super) fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let mut octets: Vec<_> = number.iter().copied().skip_while(|octet| *octet == 0).collect();
        if octets.first().is_none_or(|first| first & 0x80 != 0) {
            octets.insert(0, 0);
        }
        [vec![2, octets.len() as u8], octets].concat()
    };
    let both = [integer(r), integer(s)].concat();
    let length = if both.len() < 128 { vec![] } else { vec![0x81] };
    [vec![0x30], length, vec![both.len() as u8], both].concat()
}

/// The greater number less the smaller, octet by octet, the most significant first.
pub(super) fn minus(greater: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let octets = greater.iter().zip(smaller).rev().map(|(one, other)| {
        let difference = i16::from(*one) - i16::from(*other) - borrow;
        borrow = i16::from(difference < 0);
        difference.rem_euclid(256) as u8
    });
    let mut octets: Vec<_> = octets.collect();
    octets.reverse();
    octets
}

pub(super) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(super) fn hex(text: &str) -> Vec<u8> {
    let octet = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(octet).collect()
}
