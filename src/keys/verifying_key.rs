//! A key that verifies signatures.

use jsonwebtoken::signature::Verifier as _;

use super::public_key::ParsedKey;
use crate::token::algorithm::Algorithm;
use crate::token::tenant;

/// A public key, and the one algorithm that it verifies.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(in crate::keys) thumbprint: [u8; 32],
    /// Equal for keys with the same secret: one private half serves them all.
    pub(in crate::keys) secret_of: [u8; 32],
    /// The only issuer whose tokens it verifies, perhaps a template; Microsoft Entra writes it.
    pub(in crate::keys) issuer: Option<String>,
    pub(in crate::keys) key: ParsedKey,
}

/// Two keys are equal if their thumbprints (RFC 7638), their algorithms and their issuers are.
impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl VerifyingKey {
    /// What makes two keys one: equal keys have it equal.
    pub(in crate::keys) fn identity(&self) -> (Algorithm, &[u8; 32], Option<&str>) {
        (self.algorithm, &self.thumbprint, self.issuer.as_deref())
    }

    /// Whether the key verifies tokens of this `iss`.
    pub(crate) fn is_for(&self, iss: &str) -> bool {
        let is_issuer = |own: &str| own == iss || tenant::of(iss, own).is_some();
        self.issuer.as_deref().is_none_or(is_issuer)
    }

    /// The only issuer whose tokens it verifies, perhaps a template.
    #[cfg(feature = "cli")]
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether this key made the signature of the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, &signature).is_ok()
    }
}
