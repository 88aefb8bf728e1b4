//! Claims + private key → token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;

/// A private key that can sign tokens of one algorithm.
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    key: EncodingKey,
}

/// The file holds no private key that can sign with the algorithm.
#[derive(Debug, thiserror::Error)]
#[error("no PEM of a private key for {}", .0.map_or("RS256, ES256, ES384 or EdDSA", Algorithm::name))]
pub(crate) struct NoKey(Option<Algorithm>);

impl SigningKey {
    /// Reads a PEM, PKCS#8 or the older forms that `openssl` writes.
    pub(crate) fn from_pem(pem: &[u8], algorithm: Algorithm) -> Result<Self, NoKey> {
        let key = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem),
            _ => EncodingKey::from_rsa_pem(pem),
        };
        let key = Self { algorithm, key: key.map_err(|_| NoKey(Some(algorithm)))? };
        // The curve shows only when the key is used.
        key.sign(b"").ok_or(NoKey(Some(algorithm)))?;
        Ok(key)
    }

    /// The same for a key that nothing is known of.
    pub(crate) fn of_any_type(pem: &[u8]) -> Result<Self, NoKey> {
        use Algorithm::{ES256, ES384, EdDSA, RS256};
        let mut known = [RS256, ES256, ES384, EdDSA].into_iter();
        known.find_map(|algorithm| Self::from_pem(pem, algorithm).ok()).ok_or(NoKey(None))
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        use jsonwebtoken::Algorithm as Jose;
        let algorithm = match self.algorithm {
            Algorithm::RS256 => Jose::RS256,
            Algorithm::RS384 => Jose::RS384,
            Algorithm::RS512 => Jose::RS512,
            Algorithm::PS256 => Jose::PS256,
            Algorithm::PS384 => Jose::PS384,
            Algorithm::PS512 => Jose::PS512,
            Algorithm::ES256 => Jose::ES256,
            Algorithm::ES384 => Jose::ES384,
            Algorithm::EdDSA => Jose::EdDSA,
        };
        // Named, not looked up: the process-wide default panics where a dependency adds a second.
        let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm, &self.key).ok()?;
        signer.try_sign(message).ok()
    }

    /// The compact serialisation (RFC 7515 §7.1). The header is taken as it is, right or wrong.
    pub(crate) fn token(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
        let part = |members: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(Value::Object(members.clone()).to_string())
        };
        let signing_input = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(signing_input.as_bytes());
        let signature = signature.expect("a key that has signed once signs again");
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
