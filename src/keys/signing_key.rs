//! Claims + private key → token.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::errors;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, OctetKeyPairParameters,
    RSAKeyParameters,
};
use jsonwebtoken::signature::Signer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::key_pair::KeyPair;
use crate::token::algorithm::Algorithm;

/// A private key that can sign tokens of one algorithm.
#[derive(Clone)]
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    pair: KeyPair,
}

/// The file holds no private key that can sign with the algorithm.
#[derive(Debug, thiserror::Error)]
#[error("no PEM of a private key for {}", .0.map_or_else(any_type, |it| it.name().to_owned()))]
pub(crate) struct NoKey(Option<Algorithm>);

/// One algorithm of each type of key, in the order in which a PEM of unknown type is tried.
const OF_EACH_TYPE: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
    Algorithm::MlDsa44,
    Algorithm::MlDsa65,
    Algorithm::MlDsa87,
];

fn any_type() -> String {
    OF_EACH_TYPE.map(Algorithm::name).join(", ")
}

impl SigningKey {
    /// Makes a new key; RSA has 2048 bits.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Unspecified> {
        Ok(Self { algorithm, pair: KeyPair::generate(algorithm)? })
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
        let mut algorithms = OF_EACH_TYPE.into_iter();
        algorithms.find_map(|algorithm| Self::from_pem(pem, algorithm).ok()).ok_or(NoKey(None))
    }

    /// The algorithm that the key signs by.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The same pair for another algorithm of its type.
    #[cfg(feature = "testing")]
    pub(crate) fn signing(self, algorithm: Algorithm) -> Self {
        Self { algorithm, pair: self.pair.signing(algorithm) }
    }

    /// The public half as a JWK for this algorithm (RFC 7517).
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = self.public_jwk();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk
    }

    /// The public half as a JWK of the members that make its thumbprint (RFC 7638), and `crv` of its curve.
    pub(crate) fn public_jwk(&self) -> Value {
        self.public_members().expect("a key that could be read has a public half")
    }

    /// `kty` and the numbers of the public half (RFC 7518 §6, RFC 9964 §3).
    fn public_members(&self) -> Result<Value, errors::Error> {
        let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let point = |curve, x: &[u8], y: &[u8]| {
            let (x, y) = (text(x), text(y));
            let members = EllipticCurveKeyParameters { curve, x, y, ..Default::default() };
            AlgorithmParameters::EllipticCurve(members)
        };
        let utils = &DEFAULT_PROVIDER.key_utils;
        let parameters = match &self.pair {
            KeyPair::Rsa(signer) => {
                let der = signer.pair.public_key().as_ref();
                let (n, e) = (utils.rsa_pub_components_from_public_key)(der)?;
                let (n, e) = (text(&n), text(&e));
                AlgorithmParameters::RSA(RSAKeyParameters { n, e, ..Default::default() })
            }
            KeyPair::Ecdsa(key) => {
                let (der, algorithm) = (key.as_bytes(), self.jose());
                let (curve, x, y) = (utils.ec_pub_components_from_private_key)(der, algorithm)?;
                point(curve, &x, &y)
            }
            KeyPair::P521(signer) => {
                // The first octet says that the point is not compressed (SEC 1 §2.3.3).
                let (x, y) = signer.0.public_key().as_ref()[1..].split_at(66);
                point(EllipticCurve::P521, x, y)
            }
            KeyPair::Ed25519(key) => {
                let (der, curve) = (key.as_bytes(), EllipticCurve::Ed25519);
                let x = text(&(utils.ed_pub_components_from_private_key)(der, &curve)?);
                let point = OctetKeyPairParameters { curve, x, ..Default::default() };
                AlgorithmParameters::OctetKeyPair(point)
            }
            KeyPair::MlDsa(signer) => {
                return Ok(json!({ "kty": "AKP", "pub": text(signer.0.public_key().as_ref()) }));
            }
        };
        Ok(json!(parameters))
    }

    /// The algorithm of a key that jsonwebtoken signs with.
    fn jose(&self) -> jsonwebtoken::Algorithm {
        self.algorithm.jose().expect("it signs with P-256, P-384 and Ed25519")
    }

    /// The pair as PKCS#8, not encrypted, in lines of 64 characters (RFC 7468 §3, §10).
    pub(crate) fn pem(&self) -> Result<String, Unspecified> {
        let pkcs8 = match &self.pair {
            KeyPair::Rsa(signer) => {
                STANDARD.encode(AsDer::<Pkcs8V1Der<'_>>::as_der(&*signer.pair)?.as_ref())
            }
            KeyPair::Ecdsa(key) | KeyPair::Ed25519(key) => STANDARD.encode(key.as_bytes()),
            KeyPair::P521(signer) => STANDARD.encode(signer.0.to_pkcs8v1()?),
            KeyPair::MlDsa(signer) => STANDARD.encode(signer.0.to_pkcs8v1()?),
        };
        let lines = pkcs8.as_bytes().chunks(64);
        let lines = lines.map(|line| str::from_utf8(line).expect("base64 is ASCII"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        Ok(format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"))
    }

    /// The signature of these octets, as a JWS carries it (RFC 7518 §3, RFC 9964 §5).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        const SIGNS: &str = "a key that could be read can sign";
        let signer: Box<dyn Signer<Vec<u8>>> = match &self.pair {
            KeyPair::Rsa(signer) => Box::new(signer.clone()),
            KeyPair::Ecdsa(key) | KeyPair::Ed25519(key) => {
                (DEFAULT_PROVIDER.signer_factory)(&self.jose(), key).expect(SIGNS)
            }
            KeyPair::P521(signer) => Box::new(signer.clone()),
            KeyPair::MlDsa(signer) => Box::new(signer.clone()),
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
