//! Numbers → public key: the checks of the numbers, the parsed key, and its thumbprint.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jsonwebtoken::signature::{self as jose, Verifier};

use super::reason::Reason;
use crate::token::algorithm::Algorithm;

/// aws-lc-rs refuses longer public exponents when it verifies, so they are refused at load.
const MOST_EXPONENT_OCTETS: usize = 4;

/// The numbers of a public key; their form has been checked.
pub(crate) enum PublicKey {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    P521(Vec<u8>),
    Ed25519(Vec<u8>),
    MlDsa44(Vec<u8>),
    MlDsa65(Vec<u8>),
    MlDsa87(Vec<u8>),
}

/// A public key, parsed once, for one algorithm.
///
/// It is a `Verifier` of jsonwebtoken and no `JwtVerifier`: that trait asks for one of jsonwebtoken's
/// algorithms, and ES512 and ML-DSA are none, and for signatures in a `Vec`.
#[derive(Clone)]
pub(crate) struct ParsedKey(ParsedPublicKey);

/// The signature of a token is a slice of the stack.
impl<S: AsRef<[u8]>> Verifier<S> for ParsedKey {
    fn verify(&self, message: &[u8], signature: &S) -> Result<(), jose::Error> {
        self.0.verify_sig(message, signature.as_ref()).map_err(|_| jose::Error::new())
    }
}

impl PublicKey {
    /// Checks size, parity and exponent: aws-lc-rs parses a key of 512 bits, an even `n` and `e` = 1.
    pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, Reason> {
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

    pub(crate) fn p256(x: Vec<u8>, y: Vec<u8>) -> Result<Self, Reason> {
        point(&x, &y, 32).map(Self::P256)
    }

    pub(crate) fn p384(x: Vec<u8>, y: Vec<u8>) -> Result<Self, Reason> {
        point(&x, &y, 48).map(Self::P384)
    }

    pub(crate) fn p521(x: Vec<u8>, y: Vec<u8>) -> Result<Self, Reason> {
        point(&x, &y, 66).map(Self::P521)
    }

    pub(crate) fn ed25519(x: Vec<u8>) -> Result<Self, Reason> {
        if x.len() != 32 || has_small_order(&x) {
            return Err(Reason::Broken);
        }
        Ok(Self::Ed25519(x))
    }

    /// An `AKP` key of this `alg` (RFC 9964 §3). The lengths are checked: aws-lc-rs takes a key of any
    /// parameter set, and also one in SPKI.
    pub(crate) fn akp(alg: &str, octets: Vec<u8>) -> Result<Self, Reason> {
        type Make = fn(Vec<u8>) -> PublicKey;
        let (length, make): (usize, Make) = match alg.parse() {
            Ok(Algorithm::MlDsa44) => (1312, Self::MlDsa44),
            Ok(Algorithm::MlDsa65) => (1952, Self::MlDsa65),
            Ok(Algorithm::MlDsa87) => (2592, Self::MlDsa87),
            _ => return Err(Reason::OtherAlgorithm),
        };
        if octets.len() == length { Ok(make(octets)) } else { Err(Reason::Length) }
    }

    /// The SHA-256 thumbprint of RFC 7638: the required members only, in lexicographic order.
    /// `Jwk::thumbprint` of jsonwebtoken asks for the provider of the process.
    pub(crate) fn thumbprint(&self) -> [u8; 32] {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let curve = |crv: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
        };
        // `alg` is one of the required members of an `AKP` key (RFC 9964 §6).
        let akp = |alg: Algorithm, octets: &[u8]| {
            format!(r#"{{"alg":"{alg}","kty":"AKP","pub":"{}"}}"#, text(octets))
        };
        let canonical = match self {
            Self::Rsa(RsaPublicKeyComponents { n, e }) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
            }
            Self::P256(point) => curve("P-256", point),
            Self::P384(point) => curve("P-384", point),
            Self::P521(point) => curve("P-521", point),
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
            Self::MlDsa44(octets) => akp(Algorithm::MlDsa44, octets),
            Self::MlDsa65(octets) => akp(Algorithm::MlDsa65, octets),
            Self::MlDsa87(octets) => akp(Algorithm::MlDsa87, octets),
        };
        sha256(canonical.as_bytes())
    }

    /// A digest of what depends on the private half alone: another exponent, or the mirrored point,
    /// has the same.
    pub(in crate::keys) fn secret_of(&self) -> [u8; 32] {
        match self {
            Self::Rsa(RsaPublicKeyComponents { n, .. }) => sha256(n),
            Self::P256(point) | Self::P384(point) | Self::P521(point) => {
                sha256(&point[1..=point.len() / 2])
            }
            Self::Ed25519(x) => sha256(&without_sign(x)),
            Self::MlDsa44(octets) | Self::MlDsa65(octets) | Self::MlDsa87(octets) => sha256(octets),
        }
    }

    /// The algorithms that the type of the key can serve.
    pub(crate) fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::Rsa(_) => &Algorithm::RSA,
            Self::P256(_) => &[Algorithm::ES256],
            Self::P384(_) => &[Algorithm::ES384],
            Self::P521(_) => &[Algorithm::ES512],
            Self::Ed25519(_) => &[Algorithm::EdDSA],
            Self::MlDsa44(_) => &[Algorithm::MlDsa44],
            Self::MlDsa65(_) => &[Algorithm::MlDsa65],
            Self::MlDsa87(_) => &[Algorithm::MlDsa87],
        }
    }

    /// Parses the key for this algorithm. Refuses one that the type of the key cannot serve.
    pub(crate) fn parse(&self, algorithm: Algorithm) -> Result<ParsedKey, Reason> {
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
            (Self::P521(point), ES512) => {
                ParsedPublicKey::new(&signature::ECDSA_P521_SHA512_FIXED, point)
            }
            (Self::Ed25519(point), EdDSA) => ParsedPublicKey::new(&signature::ED25519, point),
            (Self::MlDsa44(key), MlDsa44) => ParsedPublicKey::new(&signature::ML_DSA_44, key),
            (Self::MlDsa65(key), MlDsa65) => ParsedPublicKey::new(&signature::ML_DSA_65, key),
            (Self::MlDsa87(key), MlDsa87) => ParsedPublicKey::new(&signature::ML_DSA_87, key),
            _ => return Err(Reason::OtherAlgorithm),
        };
        parsed.map(ParsedKey).map_err(|_| Reason::Broken)
    }
}

/// RFC 7518 §6.3.1.1 forbids leading zeros in `n` and warns of libraries that write one. The value is
/// the same without them, so they are dropped.
fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|octet| *octet == 0).collect()
}

/// An uncompressed point (SEC 1 §2.3.3).
///
/// RFC 7518 §6.2.1.2 demands coordinates of full length. Some issuers leave out leading zeros, which
/// one key in 128 has; to add them changes no number.
fn point(x: &[u8], y: &[u8], length: usize) -> Result<Vec<u8>, Reason> {
    let mut point = vec![4];
    for coordinate in [x, y] {
        let zeros = length.checked_sub(coordinate.len()).ok_or(Reason::Broken)?;
        point.resize(point.len() + zeros, 0);
        point.extend_from_slice(coordinate);
    }
    Ok(point)
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

/// Whether the point has small order: a signature under such a key needs no secret. The y-coordinates
/// of the eight points are known (RFC 7748 §7); p and p + 1 stand for 0 and 1.
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
