//! Why a key of a set is not used.

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The entry is no object, lacks a member, or has one twice or of the wrong type.
    #[error("is not a JWK (RFC 7517 §4)")]
    NotAKey,
    /// `kid` is absent or empty.
    #[error("has no `kid` that a token could name")]
    NoKeyId,
    /// `kty` is `oct`: a key that verifies with it can also sign.
    #[error("is symmetric")]
    Symmetric,
    /// The key carries private members, so its secret is published.
    #[error("is a private key in a published set: replace it")]
    Private,
    /// `use` is not `sig`, or `key_ops` lacks `verify`.
    #[error("is not for verifying signatures (`use`, `key_ops`)")]
    OtherUse,
    /// No algorithm is verified with this `kty` or `crv`.
    #[error("has a `kty` or `crv` that we do not verify with")]
    OtherType,
    /// `kty` is `AKP`, and `alg` is absent, which says what such a key is for (RFC 9964 §3).
    #[error("is an `AKP` key without the `alg` that says what it is for (RFC 9964 §3)")]
    NoAlgorithm,
    /// `alg` is unknown, or does not go with `kty` and `crv`.
    #[error("has an `alg` that we do not verify, or that its `kty` and `crv` cannot serve")]
    OtherAlgorithm,
    /// The key is one of the development keys, which are published with the source.
    #[error("is a development key that everybody has")]
    Development,
    /// The RSA modulus has under 2048 or over 8192 bits.
    #[error("is an RSA key under 2048 or over 8192 bits")]
    Size,
    /// `pub` of an `AKP` key is longer or shorter than the public keys of its `alg` (FIPS 204 §4).
    #[error("is broken: its `pub` has not the length that its `alg` demands (FIPS 204 §4)")]
    Length,
    /// A member is no base64url or has the wrong length, or the numbers are no key of this type.
    #[error("is broken: its numbers are no key of its type")]
    Broken,
}
