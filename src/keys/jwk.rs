//! JWK → verifying keys: which ones we accept, and why not the others (RFC 7517 §4, RFC 7518 §6).

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::algorithm::Algorithm;

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not an object, a member twice, or a member of the wrong type.
    #[error("is not a JWK (RFC 7517 §4)")]
    NotAKey,
    /// `kid` is absent or empty.
    #[error("has no `kid` that a token could name")]
    NoKeyId,
    /// `kty` is `oct`: whoever can verify with it can sign with it.
    #[error("is symmetric")]
    Symmetric,
    /// It carries private members, so it is no longer a secret.
    #[error("is a private key in a published set: replace it")]
    Private,
    /// `use` is not `sig`, or `key_ops` lacks `verify`.
    #[error("is not for verifying signatures (`use`, `key_ops`)")]
    OtherUse,
    /// `kty` or `crv` is one we do not verify with.
    #[error("has a `kty` or `crv` that we do not verify with")]
    OtherType,
    /// `alg` is unknown, or does not go with `kty` and `crv`.
    #[error("has an `alg` that we do not verify, or that its `kty` and `crv` cannot serve")]
    OtherAlgorithm,
    /// One of the keys published with our source.
    #[error("is a development key that everybody has")]
    Development,
    /// An RSA modulus under 2048 or over 8192 bits.
    #[error("is an RSA key under 2048 or over 8192 bits")]
    Size,
    /// A member is no base64url, has the wrong length, or the numbers are no such key.
    #[error("is broken: its numbers are no key of its type")]
    Broken,
}

/// One public key, and the one algorithm it verifies.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(super) thumbprint: [u8; 32],
    /// Whoever has this one's private half has the private half of every key with the same.
    pub(crate) secret_of: [u8; 32],
    key: ParsedPublicKey,
}

/// The same key for the same algorithm (RFC 7638).
impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        (self.algorithm, self.thumbprint) == (other.algorithm, other.thumbprint)
    }
}

impl VerifyingKey {
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// The members we read. Certificates (`x5c` and the like) are not among them.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    public_key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    // Their values are of no interest: that they are there is the fault.
    d: Option<Box<RawValue>>,
    p: Option<Box<RawValue>>,
    q: Option<Box<RawValue>>,
    dp: Option<Box<RawValue>>,
    dq: Option<Box<RawValue>>,
    qi: Option<Box<RawValue>>,
    oth: Option<Box<RawValue>>,
    k: Option<Box<RawValue>>,
}

impl Jwk {
    /// One key for each algorithm that `kty`, `crv` and `alg` leave.
    pub(super) fn verifying_keys(self) -> Result<(String, Vec<VerifyingKey>), Reason> {
        if self.kty == "oct" {
            return Err(Reason::Symmetric);
        }
        if self.has_private_members() {
            return Err(Reason::Private);
        }
        let Some(kid) = self.kid.clone().filter(|kid| !kid.is_empty()) else {
            return Err(Reason::NoKeyId);
        };
        let for_signatures = self.public_key_use.as_deref().is_none_or(|what| what == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures {
            return Err(Reason::OtherUse);
        }
        let public = self.public_key()?;
        let algorithms = match &self.alg {
            None => public.algorithms().to_vec(),
            Some(name) => vec![name.parse().map_err(|_| Reason::OtherAlgorithm)?],
        };
        let (thumbprint, secret_of) = (public.thumbprint(), public.secret_of());
        let keys = algorithms
            .into_iter()
            .map(|algorithm| {
                let key = public.parse(algorithm)?;
                Ok(VerifyingKey { algorithm, thumbprint, secret_of, key })
            })
            .collect::<Result<_, Reason>>()?;
        Ok((kid, keys))
    }

    fn has_private_members(&self) -> bool {
        let members = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k];
        members.iter().any(|member| member.is_some())
    }

    fn public_key(&self) -> Result<PublicKey, Reason> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => PublicKey::rsa(octets(&self.n)?, octets(&self.e)?),
            ("EC", Some("P-256")) => {
                Ok(PublicKey::P256(point(octets(&self.x)?, octets(&self.y)?, 32)?))
            }
            ("EC", Some("P-384")) => {
                Ok(PublicKey::P384(point(octets(&self.x)?, octets(&self.y)?, 48)?))
            }
            ("OKP", Some("Ed25519")) => {
                let x = octets(&self.x)?;
                if x.len() != 32 || has_small_order(&x) {
                    return Err(Reason::Broken);
                }
                Ok(PublicKey::Ed25519(x))
            }
            _ => Err(Reason::OtherType),
        }
    }
}

/// Verification refuses longer public exponents, so loading does.
const MOST_EXPONENT_OCTETS: usize = 4;

/// Public key material whose form has been checked.
enum PublicKey {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// The library takes 512-bit, even and `e` = 1 keys without a word, so we look ourselves.
    fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, Reason> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(Reason::Size);
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        if !is_odd(&n) || !is_odd(&e) || e == [1] || e.len() > MOST_EXPONENT_OCTETS {
            return Err(Reason::Broken);
        }
        Ok(Self::Rsa(RsaPublicKeyComponents { n, e }))
    }

    /// The SHA-256 thumbprint of RFC 7638: the required members only, in lexicographic order.
    fn thumbprint(&self) -> [u8; 32] {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let curve = |crv: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
        };
        let canonical = match self {
            Self::Rsa(RsaPublicKeyComponents { n, e }) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
            }
            Self::P256(point) => curve("P-256", point),
            Self::P384(point) => curve("P-384", point),
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        };
        sha256(canonical.as_bytes())
    }

    /// Names the secret behind the key, which another exponent, or the mirrored point, shares.
    fn secret_of(&self) -> [u8; 32] {
        match self {
            Self::Rsa(RsaPublicKeyComponents { n, .. }) => sha256(n),
            Self::P256(point) | Self::P384(point) => sha256(&point[1..=point.len() / 2]),
            Self::Ed25519(x) => sha256(&without_sign(x)),
        }
    }

    fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::Rsa(_) => &Algorithm::RSA,
            Self::P256(_) => &[Algorithm::ES256],
            Self::P384(_) => &[Algorithm::ES384],
            Self::Ed25519(_) => &[Algorithm::EdDSA],
        }
    }

    /// This key for this algorithm, unless the two do not go together.
    fn parse(&self, algorithm: Algorithm) -> Result<ParsedPublicKey, Reason> {
        use Algorithm::*;
        let parsed = match (self, algorithm) {
            (Self::Rsa(key), RS256) => {
                key.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
            }
            (Self::Rsa(key), RS384) => {
                key.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA384)
            }
            (Self::Rsa(key), RS512) => {
                key.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA512)
            }
            (Self::Rsa(key), PS256) => {
                key.to_parsed_public_key(&signature::RSA_PSS_2048_8192_SHA256)
            }
            (Self::Rsa(key), PS384) => {
                key.to_parsed_public_key(&signature::RSA_PSS_2048_8192_SHA384)
            }
            (Self::Rsa(key), PS512) => {
                key.to_parsed_public_key(&signature::RSA_PSS_2048_8192_SHA512)
            }
            (Self::P256(point), ES256) => {
                ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
            }
            (Self::P384(point), ES384) => {
                ParsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point)
            }
            (Self::Ed25519(point), EdDSA) => ParsedPublicKey::new(&signature::ED25519, point),
            _ => return Err(Reason::OtherAlgorithm),
        };
        parsed.map_err(|_| Reason::Broken)
    }
}

fn octets(member: &Option<String>) -> Result<Vec<u8>, Reason> {
    let text = member.as_ref().ok_or(Reason::NotAKey)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::Broken)
}

/// RFC 7518 §6.3.1.1 forbids them in `n` and tells of libraries that write one; it changes nothing.
fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|octet| *octet == 0).collect()
}

/// An uncompressed point (SEC 1 §2.3.3); the full length is required (RFC 7518 §6.2.1.2).
fn point(x: Vec<u8>, y: Vec<u8>, length: usize) -> Result<Vec<u8>, Reason> {
    if x.len() != length || y.len() != length {
        return Err(Reason::Broken);
    }
    Ok([vec![4], x, y].concat())
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, octets);
    hash.as_ref().try_into().expect("SHA-256 has 32 octets")
}

/// The y-coordinate of an Ed25519 point; the topmost bit is the sign of x (RFC 8032 §5.1.2).
fn without_sign(point: &[u8]) -> Vec<u8> {
    let mut y = point.to_vec();
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    y
}

/// Under a key of small order anyone can sign. These are the y-coordinates of the eight such points
/// (RFC 7748 §7), and p and p + 1, which stand for 0 and 1.
fn has_small_order(point: &[u8]) -> bool {
    const ORDER_8: [&str; 2] = [
        "JuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/AU",
        "xxdqcD1N2E+6PAt2DRBnDyogU/osOczGTsf9d5KsA3o",
    ];
    let y = without_sign(point);
    let is_near_p = y[1..31].iter().all(|octet| *octet == 0xff) && y[31] == 0x7f && y[0] >= 0xec;
    let is_0_or_1 = y[1..].iter().all(|octet| *octet == 0) && y[0] <= 1;
    is_near_p || is_0_or_1 || ORDER_8.contains(&STANDARD_NO_PAD.encode(y).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638_and_rfc_8037() {
        let rsa = r#"{"kty":"RSA","kid":"a","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}"#;
        let ed25519 = r#"{"kty":"OKP","kid":"a","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        for (jwk, thumbprint) in [
            (rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (ed25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            let (_, keys) = serde_json::from_str::<Jwk>(jwk).unwrap().verifying_keys().unwrap();
            assert_eq!(URL_SAFE_NO_PAD.encode(keys[0].thumbprint), thumbprint);
        }
    }

    #[test]
    fn no_point_of_small_order_is_a_key() {
        let mut points: Vec<Vec<u8>> = vec![vec![0; 32], vec![0; 32]];
        points[1][0] = 1;
        for low in [0xec, 0xed, 0xee] {
            let mut point = vec![0xff; 32];
            (point[0], point[31]) = (low, 0x7f);
            points.push(point);
        }
        for order_8 in [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ] {
            let octet = |at: usize| u8::from_str_radix(&order_8[at..at + 2], 16).unwrap();
            points.push((0..32).map(|index| octet(2 * index)).collect());
        }
        for mut point in points {
            for sign in [0, 0x80] {
                point[31] = point[31] & 0x7f | sign;
                assert!(has_small_order(&point), "{point:?}");
            }
        }
        assert!(!has_small_order(&[9; 32]));
    }
}
