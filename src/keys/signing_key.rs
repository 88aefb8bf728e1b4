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
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, OctetKeyPairParameters,
    RSAKeyParameters,
};
use jsonwebtoken::signature::{self as jose, Signer};
use jsonwebtoken::{EncodingKey, errors};
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

/// A private key, as its signer takes it.
#[derive(Clone)]
enum KeyPair {
    Rsa(RsaSigner),
    /// PKCS#8 of an ECDSA key.
    Ecdsa(EncodingKey),
    /// PKCS#8 of an Ed25519 key.
    Ed25519(EncodingKey),
}

/// An RSA pair that is parsed once.
///
/// jsonwebtoken's RSA signer parses and checks its key for each signature. One of 2048 bits then
/// takes 0.9 ms instead of 0.4, and 2.1 in a debug build, in which tests sign.
#[derive(Clone)]
struct RsaSigner {
    pair: Arc<RsaKeyPair>,
    encoding: &'static dyn RsaEncoding,
}

impl Signer<Vec<u8>> for RsaSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, jose::Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(self.encoding, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(jose::Error::from_source)
    }
}

/// The file holds no private key that can sign with the algorithm.
#[derive(Debug, thiserror::Error)]
#[error("no PEM of a private key for {}", .0.map_or("RS256, ES256, ES384 or EdDSA", Algorithm::name))]
pub(crate) struct NoKey(Option<Algorithm>);

/// How an algorithm signs.
enum Scheme {
    Rsa(&'static dyn RsaEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Ed25519,
}

impl Scheme {
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256 => Self::Rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => Self::Rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => Self::Rsa(&signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => Self::Rsa(&signature::RSA_PSS_SHA256),
            Algorithm::PS384 => Self::Rsa(&signature::RSA_PSS_SHA384),
            Algorithm::PS512 => Self::Rsa(&signature::RSA_PSS_SHA512),
            Algorithm::ES256 => Self::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => Self::Ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDSA => Self::Ed25519,
        }
    }
}

impl SigningKey {
    /// Makes a new key; RSA has 2048 bits.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Unspecified> {
        let pair = match Scheme::of(algorithm) {
            Scheme::Rsa(encoding) => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?.into();
                KeyPair::Rsa(RsaSigner { pair, encoding })
            }
            Scheme::Ecdsa(curve) => KeyPair::ecdsa(&EcdsaKeyPair::generate(curve)?)?,
            Scheme::Ed25519 => KeyPair::ed25519(&Ed25519KeyPair::generate()?)?,
        };
        Ok(Self { algorithm, pair })
    }

    /// Reads a PEM, PKCS#8 or the older forms that `openssl` writes.
    pub(crate) fn from_pem(pem: &[u8], algorithm: Algorithm) -> Result<Self, NoKey> {
        let der = PrivateKeyDer::from_pem_slice(pem).ok();
        let pair = der.and_then(|der| KeyPair::read(&der, algorithm));
        Ok(Self { algorithm, pair: pair.ok_or(NoKey(Some(algorithm)))? })
    }

    /// Reads a PEM of a key whose type is not known.
    #[cfg(feature = "cli")]
    pub(crate) fn of_any_type(pem: &[u8]) -> Result<Self, NoKey> {
        use Algorithm::{ES256, ES384, EdDSA, RS256};
        let mut known = [RS256, ES256, ES384, EdDSA].into_iter();
        known.find_map(|algorithm| Self::from_pem(pem, algorithm).ok()).ok_or(NoKey(None))
    }

    /// The algorithm that the key signs by.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The same pair for another algorithm of its type.
    #[cfg(feature = "testing")]
    pub(crate) fn signing(self, algorithm: Algorithm) -> Self {
        let pair = match (self.pair, Scheme::of(algorithm)) {
            (KeyPair::Rsa(signer), Scheme::Rsa(encoding)) => {
                KeyPair::Rsa(RsaSigner { encoding, ..signer })
            }
            (pair, _) => pair,
        };
        Self { algorithm, pair }
    }

    /// The public half as a JWK for this algorithm (RFC 7517).
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let members = self.public_members().expect("a key that could be read has a public half");
        let mut jwk = json!(members);
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk
    }

    /// `kty` and the numbers of the public half (RFC 7518 §6).
    fn public_members(&self) -> Result<AlgorithmParameters, errors::Error> {
        let text = |octets| URL_SAFE_NO_PAD.encode::<Vec<u8>>(octets);
        let utils = &DEFAULT_PROVIDER.key_utils;
        Ok(match &self.pair {
            KeyPair::Rsa(signer) => {
                let der = signer.pair.public_key().as_ref();
                let (n, e) = (utils.rsa_pub_components_from_public_key)(der)?;
                let (n, e) = (text(n), text(e));
                AlgorithmParameters::RSA(RSAKeyParameters { n, e, ..Default::default() })
            }
            KeyPair::Ecdsa(key) => {
                let (der, algorithm) = (key.as_bytes(), self.algorithm.jose());
                let (curve, x, y) = (utils.ec_pub_components_from_private_key)(der, algorithm)?;
                let (x, y) = (text(x), text(y));
                let point = EllipticCurveKeyParameters { curve, x, y, ..Default::default() };
                AlgorithmParameters::EllipticCurve(point)
            }
            KeyPair::Ed25519(key) => {
                let (der, curve) = (key.as_bytes(), EllipticCurve::Ed25519);
                let x = text((utils.ed_pub_components_from_private_key)(der, &curve)?);
                let point = OctetKeyPairParameters { curve, x, ..Default::default() };
                AlgorithmParameters::OctetKeyPair(point)
            }
        })
    }

    /// The pair as PKCS#8, not encrypted, in lines of 64 characters (RFC 7468 §3, §10).
    pub(crate) fn pem(&self) -> Result<String, Unspecified> {
        let pkcs8 = match &self.pair {
            KeyPair::Rsa(signer) => {
                STANDARD.encode(AsDer::<Pkcs8V1Der<'_>>::as_der(&*signer.pair)?.as_ref())
            }
            KeyPair::Ecdsa(key) | KeyPair::Ed25519(key) => STANDARD.encode(key.as_bytes()),
        };
        let lines = pkcs8.as_bytes().chunks(64);
        let lines = lines.map(|line| str::from_utf8(line).expect("base64 is ASCII"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        Ok(format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"))
    }

    /// The signature of these octets, as a JWS carries it (RFC 7518 §3).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        const SIGNS: &str = "a key that could be read can sign";
        let signer: Box<dyn Signer<Vec<u8>>> = match &self.pair {
            KeyPair::Rsa(signer) => Box::new(signer.clone()),
            KeyPair::Ecdsa(key) | KeyPair::Ed25519(key) => {
                (DEFAULT_PROVIDER.signer_factory)(&self.algorithm.jose(), key).expect(SIGNS)
            }
        };
        signer.try_sign(message).expect(SIGNS)
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

impl KeyPair {
    /// The private key of a PEM, if it can sign by this algorithm.
    fn read(der: &PrivateKeyDer<'_>, algorithm: Algorithm) -> Option<Self> {
        use PrivateKeyDer::{Pkcs1, Pkcs8, Sec1};
        let octets = der.secret_der();
        match (Scheme::of(algorithm), der) {
            (Scheme::Rsa(encoding), Pkcs8(_)) => {
                let pair = RsaKeyPair::from_pkcs8(octets).ok()?.into();
                Some(Self::Rsa(RsaSigner { pair, encoding }))
            }
            (Scheme::Rsa(encoding), Pkcs1(_)) => {
                let pair = RsaKeyPair::from_der(octets).ok()?.into();
                Some(Self::Rsa(RsaSigner { pair, encoding }))
            }
            (Scheme::Ecdsa(curve), Pkcs8(_) | Sec1(_)) => {
                Self::ecdsa(&EcdsaKeyPair::from_private_key_der(curve, octets).ok()?).ok()
            }
            (Scheme::Ed25519, Pkcs8(_)) => {
                Self::ed25519(&Ed25519KeyPair::from_pkcs8(octets).ok()?).ok()
            }
            _ => None,
        }
    }

    fn ecdsa(pair: &EcdsaKeyPair) -> Result<Self, Unspecified> {
        Ok(Self::Ecdsa(EncodingKey::from_ec_der(pair.to_pkcs8v1()?.as_ref())))
    }

    fn ed25519(pair: &Ed25519KeyPair) -> Result<Self, Unspecified> {
        Ok(Self::Ed25519(EncodingKey::from_ed_der(pair.to_pkcs8v1()?.as_ref())))
    }
}
