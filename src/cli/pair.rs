//! A key pair that nobody has yet.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::keys::KeySet;

/// What is published of it, and what is not.
pub(super) struct Pair {
    pub(super) kid: String,
    pub(super) jwk: Value,
    /// PKCS#8 as PEM (RFC 7468 §10).
    pub(super) pem: String,
}

impl Pair {
    /// Makes one; without a `kid` it is named by its thumbprint (RFC 7638).
    pub(super) fn generate(algorithm: Algorithm, kid: Option<&str>) -> Result<Self, Unspecified> {
        let (mut jwk, pkcs8) = match algorithm {
            Algorithm::ES256 => ec("P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)?,
            Algorithm::ES384 => ec("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)?,
            Algorithm::EdDSA => ed25519()?,
            _ => rsa()?,
        };
        jwk["alg"] = json!(algorithm.name());
        jwk["use"] = json!("sig");
        jwk["kid"] = json!("unnamed");
        let set = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes());
        let set = set.expect("the reader takes what is made here");
        let thumbprint = || URL_SAFE_NO_PAD.encode(set.thumbprint("unnamed"));
        let kid = kid.map_or_else(thumbprint, str::to_owned);
        jwk["kid"] = json!(kid);
        Ok(Self { kid, jwk, pem: pem(&pkcs8) })
    }
}

type Halves = (Value, Vec<u8>);

fn rsa() -> Result<Halves, Unspecified> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let jwk = json!({ "kty": "RSA", "n": text(&public.n), "e": text(&public.e) });
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok((jwk, pkcs8.as_ref().to_vec()))
}

fn ec(crv: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Result<Halves, Unspecified> {
    let pair = EcdsaKeyPair::generate(algorithm)?;
    // An uncompressed point: a four, then both coordinates (SEC 1 §2.3.3).
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let jwk = json!({ "kty": "EC", "crv": crv, "x": text(x), "y": text(y) });
    Ok((jwk, pair.to_pkcs8v1()?.as_ref().to_vec()))
}

fn ed25519() -> Result<Halves, Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) });
    Ok((jwk, pair.to_pkcs8v1()?.as_ref().to_vec()))
}

fn text(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// Lines of 64 characters (RFC 7468 §3).
fn pem(pkcs8: &[u8]) -> String {
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for (index, character) in STANDARD.encode(pkcs8).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem + "\n-----END PRIVATE KEY-----\n"
}
