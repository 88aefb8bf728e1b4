//! The checks of the walk, in their order, and how to watch it go.

use crate::keys::Snapshot;
use crate::verifier::issuer::Issuer;

/// A check that every token comes to, unless an earlier one refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// `max_token_bytes`.
    Size,
    /// Three parts of base64url, two of them JSON objects.
    Shape,
    /// `alg` is allowed.
    Algorithm,
    /// There is no `crit`.
    Critical,
    /// `typ` is that of an access token.
    Type,
    /// There is a `kid`.
    KeyId,
    /// `iss` is configured, and its issuer allows this `alg` and `typ`.
    Issuer,
    /// The issuer has a key of this `kid`, for this `alg`.
    Key,
    /// The signature holds.
    Signature,
    /// Every registered claim has its type, and `iss` and `exp` are there.
    Types,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `max_age`.
    Age,
    /// `aud`.
    Audience,
    /// There is no `cnf`.
    Sender,
    /// The claims that `token_type` demands.
    Profile,
}

/// Told of each check before it is made: the last one it hears of is the one that refused.
pub(crate) trait Watch {
    fn at(&mut self, check: Check);

    /// Told whose token it says it is, once that is a configured issuer.
    fn issuer(&mut self, _issuer: &Issuer) {}

    /// Told where no key of this `kid` in `keys` made the signature, before the token is refused for it.
    fn lacks(&mut self, _issuer: &Issuer, _keys: &Snapshot<'_>, _kid: &str) {}
}

/// Nobody watches, and nothing is left of it in the compiled walk.
impl Watch for () {
    fn at(&mut self, _: Check) {}
}
