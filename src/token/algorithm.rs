//! The signature algorithms, by their JOSE names.

use std::fmt;
use std::str::FromStr;

/// A signature algorithm that a token may use (RFC 7518 §3.1, RFC 8037, RFC 9964).
///
/// All of them are asymmetric: `none` and `HS256` do not exist here and cannot be allowed by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA with P-256 and SHA-256.
    ES256,
    /// ECDSA with P-384 and SHA-384.
    ES384,
    /// ECDSA with P-521 and SHA-512.
    ES512,
    /// Ed25519; the name `Ed25519` of RFC 9864 is accepted too.
    EdDSA,
    /// ML-DSA-44 of FIPS 204, pure and without context.
    MlDsa44,
    /// ML-DSA-65 of FIPS 204, pure and without context.
    MlDsa65,
    /// ML-DSA-87 of FIPS 204, pure and without context.
    MlDsa87,
}

impl Algorithm {
    /// Every algorithm that can be verified.
    pub const ALL: [Self; 13] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// Their names, in a message that says which may be chosen.
    pub(crate) const NAMES: &str = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, \
                                    EdDSA (or Ed25519), ML-DSA-44, ML-DSA-65 or ML-DSA-87";

    /// The algorithms that an RSA key can serve.
    pub(crate) const RSA: [Self; 6] =
        [Self::RS256, Self::RS384, Self::RS512, Self::PS256, Self::PS384, Self::PS512];

    /// The name in a token's `alg` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }

    /// The same algorithm as jsonwebtoken names it, where it does.
    #[cfg(any(feature = "cli", feature = "testing"))]
    pub(crate) fn jose(self) -> Option<jsonwebtoken::Algorithm> {
        use jsonwebtoken::Algorithm as Jose;
        Some(match self {
            Self::RS256 => Jose::RS256,
            Self::RS384 => Jose::RS384,
            Self::RS512 => Jose::RS512,
            Self::PS256 => Jose::PS256,
            Self::PS384 => Jose::PS384,
            Self::PS512 => Jose::PS512,
            Self::ES256 => Jose::ES256,
            Self::ES384 => Jose::ES384,
            Self::EdDSA => Jose::EdDSA,
            Self::ES512 | Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => return None,
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no [`Algorithm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no algorithm we verify")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// JOSE names are case-sensitive (RFC 7515 §4.1.1): `rs256` is unknown.
    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        if name == "Ed25519" {
            return Ok(Self::EdDSA);
        }
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}
