//! PEM of a public key or of a certificate → JWK.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use serde_json::{Value, json};

use crate::cli::der::{SEQUENCE, element, from_validity, tagged};
use crate::token::algorithm::Algorithm;

/// A public key that was read: the members of its JWK, and the algorithms that it can serve.
pub(super) struct PublicPem {
    pub(super) members: Value,
    pub(super) algorithms: &'static [Algorithm],
}

/// Why there is none.
#[derive(Debug, PartialEq)]
pub(super) enum NoPublicKey {
    Private,
    NoPem,
    Unreadable,
    OtherType,
}

const OID: u8 = 0x06;
const BIT_STRING: u8 = 0x03;

/// The object identifiers of the types of keys (RFC 8017 §A.1, RFC 5480 §2.1, RFC 8410 §3, RFC 9881 §2).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11];
const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12];
const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x13];

/// Reads the first public key of a file: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`.
pub(super) fn read(pem: &[u8]) -> Result<PublicPem, NoPublicKey> {
    let text = String::from_utf8_lossy(pem);
    if text.contains("PRIVATE KEY-----") {
        return Err(NoPublicKey::Private);
    }
    if let Some(pkcs1) = section(&text, "RSA PUBLIC KEY") {
        return rsa(&pkcs1.ok_or(NoPublicKey::Unreadable)?);
    }
    if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem) {
        return public_key(&key);
    }
    let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| NoPublicKey::NoPem)?;
    let of_certificate = || {
        let rest = from_validity(&certificate)?;
        // The validity and the subject stand before the key.
        let (_, _, rest) = element(rest)?;
        element(rest).map(|(_, _, rest)| rest)
    };
    public_key(of_certificate().ok_or(NoPublicKey::Unreadable)?)
}

/// The octets of the section of this name, if there is one; rustls-pki-types knows not all names.
fn section(text: &str, name: &str) -> Option<Option<Vec<u8>>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {name}-----"))?;
    let body = rest.split("-----END").next().unwrap_or_default();
    let body: String = body.chars().filter(|it| !it.is_whitespace()).collect();
    Some(STANDARD.decode(body).ok())
}

/// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
fn public_key(der: &[u8]) -> Result<PublicPem, NoPublicKey> {
    let parts = || {
        let (info, _) = tagged(der, SEQUENCE)?;
        let (algorithm, rest) = tagged(info, SEQUENCE)?;
        let (oid, parameters) = tagged(algorithm, OID)?;
        let (bits, _) = tagged(rest, BIT_STRING)?;
        let (unused, key) = bits.split_first()?;
        let curve = tagged(parameters, OID).map_or(&[][..], |(curve, _)| curve);
        (*unused == 0).then_some((oid, curve, key))
    };
    let (oid, curve, key) = parts().ok_or(NoPublicKey::Unreadable)?;
    let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let point = |crv: &str, length: usize, algorithms| match key {
        // Not compressed (SEC 1 §2.3.3).
        [4, xy @ ..] if xy.len() == 2 * length => {
            let (x, y) = xy.split_at(length);
            let members = json!({ "kty": "EC", "crv": crv, "x": text(x), "y": text(y) });
            Ok(PublicPem { members, algorithms })
        }
        _ => Err(NoPublicKey::Unreadable),
    };
    let akp = |algorithms: &'static [Algorithm; 1]| {
        let members = json!({ "kty": "AKP", "alg": algorithms[0].name(), "pub": text(key) });
        Ok(PublicPem { members, algorithms })
    };
    match (oid, curve) {
        (RSA, _) => rsa(key),
        (EC, P256) => point("P-256", 32, &[Algorithm::ES256]),
        (EC, P384) => point("P-384", 48, &[Algorithm::ES384]),
        (EC, P521) => point("P-521", 66, &[Algorithm::ES512]),
        (ED25519, _) => {
            let members = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key) });
            Ok(PublicPem { members, algorithms: &[Algorithm::EdDSA] })
        }
        (ML_DSA_44, _) => akp(&[Algorithm::MlDsa44]),
        (ML_DSA_65, _) => akp(&[Algorithm::MlDsa65]),
        (ML_DSA_87, _) => akp(&[Algorithm::MlDsa87]),
        _ => Err(NoPublicKey::OtherType),
    }
}

/// Reads an RSAPublicKey (RFC 8017 §A.1.1).
fn rsa(der: &[u8]) -> Result<PublicPem, NoPublicKey> {
    let utils = &DEFAULT_PROVIDER.key_utils;
    let (n, e) =
        (utils.rsa_pub_components_from_public_key)(der).map_err(|_| NoPublicKey::Unreadable)?;
    let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let members = json!({ "kty": "RSA", "n": text(&n), "e": text(&e) });
    Ok(PublicPem { members, algorithms: &Algorithm::RSA })
}
