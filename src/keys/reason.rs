//! Why a key of a set is not used.

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The entry is no object, or no strict one.
    #[error("is not a JWK, a JSON object (RFC 7517 §4)")]
    NotAKey,
    /// The entry lacks this member.
    #[error("is not a JWK of its type (RFC 7518 §6): `{0}` is missing")]
    Missing(&'static str),
    /// The entry has this member twice.
    #[error("is not a JWK (RFC 7517 §4): `{0}` stands twice")]
    Twice(&'static str),
    /// This member of the entry has another type than its standard says.
    #[error("is not a JWK (RFC 7517 §4): `{0}` has a wrong type")]
    WrongType(&'static str),
    /// This member is no base64url: it has padding, `+`, `/` or white space, or stray bits.
    #[error("is broken: its `{0}` is no base64url without padding (RFC 7515 §2)")]
    NotBase64Url(&'static str),
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
    /// A number has the wrong length, or the numbers are no key of this type.
    #[error("is broken: its numbers are no key of its type")]
    Broken,
}
