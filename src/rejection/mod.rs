//! Why a request is refused: every reason there is. What is said of each stands in `table.rs`.

pub(crate) mod needs;
mod table;

use std::fmt;
use std::time::Duration;

use needs::Needs;
pub(crate) use table::{Challenge, Level, Told};

/// Why a request was refused.
///
/// The variants are grouped by whose fault it is: the request's form, the token's form, its
/// signature, its claims, the caller's rights, or the server's. The texts are fixed, so no value of
/// a token reaches a client through a rejection. A `match` needs no wildcard: a new variant is a
/// breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// No `Authorization` header, or an empty one.
    HeaderMissing,
    /// The scheme is not `Bearer`.
    OtherScheme,
    /// `Bearer`, and nothing after it.
    TokenMissing,
    /// More than one word after `Bearer`.
    SeveralWords,
    /// More than one `Authorization` header.
    SeveralHeaders,

    /// The token is longer than `max_token_bytes`.
    TooLong,
    /// Not a JWS in compact form, not strict base64url, or not the JSON it should be.
    Malformed,
    /// The header's `alg` is not in the allow-list.
    ForbiddenAlgorithm,
    /// The header has a `crit`; we implement no extension (RFC 7515 §4.1.11).
    CriticalExtension,
    /// The header's `typ` is not one of an access token.
    WrongType,
    /// The header has no `kid`.
    KeyIdMissing,

    /// No key of the issuer has this `kid`.
    UnknownKey,
    /// The key with this `kid` does not verify this `alg`.
    MismatchedAlgorithm,
    /// The signature does not hold.
    BadSignature,

    /// A registered claim has the wrong JSON type, or the claims do not fit the type of the guard.
    MalformedClaim,
    /// A claim that has to be there is not.
    ClaimMissing,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come.
    NotYetValid,
    /// `iat` lies in the future.
    IssuedInFuture,
    /// `iat` is older than `max_age`.
    TooOld,
    /// `iss` is not a configured issuer.
    WrongIssuer,
    /// `aud` is absent, or names none of our audiences.
    WrongAudience,
    /// The token was issued to a client that is not one of `clients`, or names none.
    WrongClient,
    /// A claim that `claims` asks for is absent, or has another value.
    ClaimMismatch,
    /// The token is of an anonymous session of Auth0, and `anonymous` is not set.
    AnonymousSession,
    /// The token is bound to a key of its sender (`cnf`), and no proof is taken here: `dpop.mode` is
    /// `off`, or the binding is none by a thumbprint (`jkt`).
    SenderConstrained,
    /// The token is revoked: a rule fits it.
    Revoked,

    /// The token is bound to a key, and came as a plain bearer token.
    BoundToken,
    /// The token came as a plain bearer token, and only bound ones are taken.
    BearerToken,
    /// The token came as `DPoP`, and is bound to no key.
    UnboundToken,
    /// The proof is by another key than the one that the token is bound to.
    OtherKey,
    /// A bound token came without a DPoP proof.
    ProofMissing,
    /// More than one DPoP proof.
    SeveralProofs,
    /// The proof is no JWS in compact form of type `dpop+jwt`, is longer than 8192 bytes, or lacks what
    /// RFC 9449 §4.2 asks for.
    MalformedProof,
    /// The proof's `alg` is not one of `dpop.algorithms`.
    ForbiddenProofAlgorithm,
    /// The proof's `jwk` is no public key for its `alg`.
    BadProofKey,
    /// The signature of the proof does not hold.
    BadProofSignature,
    /// The proof is for another method (`htm`).
    WrongMethod,
    /// The proof is for another URL (`htu`).
    WrongUrl,
    /// The proof is for another token (`ath`).
    WrongTokenHash,
    /// The proof has no nonce that holds, and one is required (RFC 9449 §9).
    NonceRequired,
    /// The proof was made too long ago, or its `exp` has passed.
    ProofTooOld,
    /// The proof is dated into the future.
    ProofFromFuture,
    /// The proof was used before.
    ReplayedProof,
    /// One key has made more than its share of the proofs that can be remembered.
    TooManyProofs {
        /// How long until some of them are forgotten, in whole seconds, at least 1 s.
        retry_after: Duration,
    },
    /// It cannot be known whether the proof was used before, or whether the token is revoked: the store is
    /// full or out of reach.
    StoreUnavailable {
        /// How long until it is worth another try, in whole seconds, at least 1 s.
        retry_after: Duration,
    },

    /// The caller is known, but may not do this (RFC 6750 §3.1).
    InsufficientScope {
        /// What is required; `None` where it cannot be said.
        needs: Option<&'static Needs>,
    },
    /// The caller is known, but has to sign in again or more strongly (RFC 9470).
    InsufficientAuthentication {
        /// What is required.
        needs: &'static Needs,
    },

    /// The identity headers that `/auth` would write for this token are too large for a gateway.
    IdentityTooLarge,
    /// A gateway asked `/auth` for something that it does not know, or by another path.
    BadGatewayRequest,

    /// There are no signing keys to judge by.
    KeysUnavailable {
        /// How long until the next attempt to get them, in whole seconds, at least 1 s.
        retry_after: Duration,
    },
    /// Nothing can be judged: [`Bearer`](crate::Bearer) is not attached, a later fairing moved the
    /// development keys out of the `debug` profile or off loopback, or a request that is not of this
    /// machine came where these keys are in force.
    Misconfigured,
}

/// Which statuses refusals get: the key `errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusTable {
    /// Every refused token is 401, so that clients which refresh on 401 do.
    #[default]
    Rfc6750,
    /// The Flask tutorial's own table: 400 for a token that cannot be parsed or verified or has an
    /// unknown key.
    Auth0,
}

/// The fixed description, as a client reads it.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for Rejection {}
