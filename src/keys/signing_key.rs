//! Claims + private key → token.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::token::algorithm::Algorithm;

/// A private key that can sign tokens of one algorithm.
#[derive(Clone)]
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    pair: KeyPair,
}

#[derive(Clone)]
enum KeyPair {
    Rsa(Arc<RsaKeyPair>, &'static dyn RsaEncoding),
    Ecdsa(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// The file holds no private key that can sign with the algorithm.
#[derive(Debug, thiserror::Error)]
#[error("no PEM of a private key for {}", .0.map_or("RS256, ES256, ES384 or EdDSA", Algorithm::name))]
pub(crate) struct NoKey(Option<Algorithm>);

/// How an algorithm signs.
enum Way {
    Rsa(&'static dyn RsaEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Ed25519,
}

fn way(algorithm: Algorithm) -> Way {
    match algorithm {
        Algorithm::RS256 => Way::Rsa(&signature::RSA_PKCS1_SHA256),
        Algorithm::RS384 => Way::Rsa(&signature::RSA_PKCS1_SHA384),
        Algorithm::RS512 => Way::Rsa(&signature::RSA_PKCS1_SHA512),
        Algorithm::PS256 => Way::Rsa(&signature::RSA_PSS_SHA256),
        Algorithm::PS384 => Way::Rsa(&signature::RSA_PSS_SHA384),
        Algorithm::PS512 => Way::Rsa(&signature::RSA_PSS_SHA512),
        Algorithm::ES256 => Way::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::ES384 => Way::Ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::EdDSA => Way::Ed25519,
    }
}

impl SigningKey {
    /// A new one; RSA has 2048 bits.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Unspecified> {
        let pair = match way(algorithm) {
            Way::Rsa(encoding) => {
                KeyPair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?.into(), encoding)
            }
            Way::Ecdsa(curve) => KeyPair::Ecdsa(EcdsaKeyPair::generate(curve)?.into()),
            Way::Ed25519 => KeyPair::Ed25519(Ed25519KeyPair::generate()?.into()),
        };
        Ok(Self { algorithm, pair })
    }

    /// Reads a PEM, PKCS#8 or the older forms that `openssl` writes.
    pub(crate) fn from_pem(pem: &[u8], algorithm: Algorithm) -> Result<Self, NoKey> {
        let pair = PrivateKeyDer::from_pem_slice(pem).ok().and_then(|der| pair(&der, algorithm));
        Ok(Self { algorithm, pair: pair.ok_or(NoKey(Some(algorithm)))? })
    }

    /// The same for a key that nothing is known of.
    #[cfg(feature = "cli")]
    pub(crate) fn of_any_type(pem: &[u8]) -> Result<Self, NoKey> {
        use Algorithm::{ES256, ES384, EdDSA, RS256};
        let mut known = [RS256, ES256, ES384, EdDSA].into_iter();
        known.find_map(|algorithm| Self::from_pem(pem, algorithm).ok()).ok_or(NoKey(None))
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The same pair for another algorithm of its type.
    #[cfg(feature = "testing")]
    pub(crate) fn signing(self, algorithm: Algorithm) -> Self {
        let pair = match (self.pair, way(algorithm)) {
            (KeyPair::Rsa(pair, _), Way::Rsa(encoding)) => KeyPair::Rsa(pair, encoding),
            (pair, _) => pair,
        };
        Self { algorithm, pair }
    }

    /// The public half as a JWK for this algorithm (RFC 7517).
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let mut jwk = match &self.pair {
            KeyPair::Rsa(pair, _) => {
                // RSAPublicKey: a sequence of two integers (RFC 8017 §A.1.1).
                let (sequence, _) = element(pair.public_key().as_ref());
                let (n, rest) = element(sequence);
                let (e, _) = element(rest);
                // A leading zero keeps a DER integer from being negative; `n` has none (RFC 7518 §6.3.1.1).
                json!({ "kty": "RSA", "n": text(n.strip_prefix(&[0]).unwrap_or(n)), "e": text(e) })
            }
            KeyPair::Ecdsa(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": crv, "x": text(x), "y": text(y) })
            }
            KeyPair::Ed25519(pair) => {
                let x = text(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
            }
        };
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk
    }

    /// The pair as PKCS#8, not encrypted, in lines of 64 characters (RFC 7468 §3, §10).
    pub(crate) fn pem(&self) -> Result<String, Unspecified> {
        let pkcs8 = match &self.pair {
            KeyPair::Rsa(pair, _) => AsDer::<Pkcs8V1Der<'_>>::as_der(&**pair)?.as_ref().to_vec(),
            KeyPair::Ecdsa(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
            KeyPair::Ed25519(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
        };
        let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
        for (index, character) in STANDARD.encode(pkcs8).chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                pem.push('\n');
            }
            pem.push(character);
        }
        Ok(pem + "\n-----END PRIVATE KEY-----\n")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        const SIGNS: &str = "a key that could be read can sign";
        match &self.pair {
            KeyPair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(*encoding, &SystemRandom::new(), message, &mut signature);
                signed.expect(SIGNS);
                signature
            }
            KeyPair::Ecdsa(pair) => {
                pair.sign(&SystemRandom::new(), message).expect(SIGNS).as_ref().to_vec()
            }
            KeyPair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The compact serialisation (RFC 7515 §7.1). The header is taken as it is, right or wrong.
    #[cfg(feature = "cli")]
    pub(crate) fn token(
        &self,
        header: &serde_json::Map<String, Value>,
        claims: &serde_json::Map<String, Value>,
    ) -> String {
        let text =
            |members: &serde_json::Map<String, Value>| Value::Object(members.clone()).to_string();
        self.token_of(text(header).as_bytes(), text(claims).as_bytes())
    }

    /// The same for a header and a payload that may be anything.
    pub(crate) fn token_of(&self, header: &[u8], payload: &[u8]) -> String {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let signing_input = format!("{}.{}", text(header), text(payload));
        format!("{signing_input}.{}", text(&self.sign(signing_input.as_bytes())))
    }
}

/// The content of the DER element that a text of our own begins with, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = match der[1] {
        long @ 0x81.. => {
            let (octets, rest) = der[2..].split_at(usize::from(long & 0x7f));
            (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
        }
        short => (usize::from(short), &der[2..]),
    };
    rest.split_at(length)
}

fn pair(der: &PrivateKeyDer<'_>, algorithm: Algorithm) -> Option<KeyPair> {
    use PrivateKeyDer::{Pkcs1, Pkcs8, Sec1};
    Some(match (way(algorithm), der) {
        (Way::Rsa(encoding), Pkcs8(_)) => {
            KeyPair::Rsa(RsaKeyPair::from_pkcs8(der.secret_der()).ok()?.into(), encoding)
        }
        (Way::Rsa(encoding), Pkcs1(_)) => {
            KeyPair::Rsa(RsaKeyPair::from_der(der.secret_der()).ok()?.into(), encoding)
        }
        (Way::Ecdsa(curve), Pkcs8(_) | Sec1(_)) => {
            let pair = EcdsaKeyPair::from_private_key_der(curve, der.secret_der());
            KeyPair::Ecdsa(pair.ok()?.into())
        }
        (Way::Ed25519, Pkcs8(_)) => {
            KeyPair::Ed25519(Ed25519KeyPair::from_pkcs8(der.secret_der()).ok()?.into())
        }
        _ => return None,
    })
}
