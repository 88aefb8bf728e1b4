//! Why not: every refusal, and the one place that knows what a client is told of it.

pub(crate) mod needs;
mod reason;

use std::fmt;
use std::time::Duration;

use crate::rejection::needs::Needs;

/// Why a request was refused.
///
/// Grouped by whose fault it is: the request's form, the token's form, its signature, its claims,
/// the caller's rights, or ours. The texts are fixed: no value of a token ever reaches a client
/// through a rejection. Matching on it needs no wildcard: a new way to refuse is a breaking change.
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
    /// The token is bound to a key of its sender (`cnf`), and came as a plain bearer token.
    SenderConstrained,

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

    /// There are no signing keys to judge by.
    KeysUnavailable {
        /// How long until the next attempt to get them, in whole seconds, at least 1 s.
        retry_after: Duration,
    },
    /// Nothing can be judged: [`Bearer`](crate::Bearer) is not attached, a later fairing moved the
    /// development keys out of the `debug` profile or off loopback, `Host` is another machine's where
    /// they are in force, or a gateway asked `/auth` for what it does not know.
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

/// What the challenge of a refusal says (RFC 6750 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// No challenge: not the caller's fault.
    None,
    /// `realm` alone: a request without credentials is not told what is wrong with them.
    Bare,
    /// `error="…"`.
    Error(&'static str),
}

/// All that a refusal says, before its status is looked up in a table.
struct Answer {
    code: &'static str,
    description: &'static str,
    auth0: u16,
    rfc6750: u16,
    challenge: Challenge,
}

impl Rejection {
    /// The one `match` that knows codes, texts and statuses.
    fn answer(self) -> Answer {
        use Challenge::{Bare, Error, None};
        let (code, description, auth0, rfc6750, challenge) = match self {
            Self::HeaderMissing => (
                "authorization_header_missing",
                "Authorization header is expected.",
                401,
                401,
                Bare,
            ),
            Self::OtherScheme => (
                "invalid_header",
                "Authorization header must start with \"Bearer\".",
                401,
                401,
                Bare,
            ),
            Self::TokenMissing => {
                ("invalid_header", "Token not found.", 401, 400, Error("invalid_request"))
            }
            Self::SeveralWords | Self::SeveralHeaders => (
                "invalid_header",
                "Authorization header must be bearer token.",
                401,
                400,
                Error("invalid_request"),
            ),
            Self::KeyIdMissing => {
                ("invalid_header", "Authorization malformed.", 401, 401, Error("invalid_token"))
            }
            Self::TooLong
            | Self::Malformed
            | Self::ForbiddenAlgorithm
            | Self::CriticalExtension
            | Self::WrongType
            | Self::MismatchedAlgorithm
            | Self::BadSignature => (
                "invalid_header",
                "Unable to parse authentication token.",
                400,
                401,
                Error("invalid_token"),
            ),
            Self::UnknownKey => (
                "invalid_header",
                "Unable to find the appropriate key.",
                400,
                401,
                Error("invalid_token"),
            ),
            Self::Expired => ("token_expired", "Token expired.", 401, 401, Error("invalid_token")),
            Self::MalformedClaim
            | Self::ClaimMissing
            | Self::NotYetValid
            | Self::IssuedInFuture
            | Self::TooOld
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::SenderConstrained => (
                "invalid_claims",
                "Incorrect claims. Please, check the audience and issuer.",
                401,
                401,
                Error("invalid_token"),
            ),
            Self::InsufficientScope { .. } => (
                "insufficient_scope",
                "Insufficient permissions.",
                403,
                403,
                Error("insufficient_scope"),
            ),
            Self::InsufficientAuthentication { .. } => (
                "insufficient_user_authentication",
                "A more recent or stronger sign-in is required.",
                401,
                401,
                Error("insufficient_user_authentication"),
            ),
            Self::KeysUnavailable { .. } => {
                ("keys_unavailable", "Signing keys are unavailable.", 503, 503, None)
            }
            Self::Misconfigured => {
                ("internal_server_error", "The server is misconfigured.", 500, 500, None)
            }
        };
        Answer { code, description, auth0, rfc6750, challenge }
    }

    /// The `code` of the JSON body.
    pub fn code(self) -> &'static str {
        self.answer().code
    }

    /// The `description` of the JSON body.
    pub fn description(self) -> &'static str {
        self.answer().description
    }

    /// The HTTP status, by the table in force.
    pub fn status(self, table: StatusTable) -> u16 {
        let answer = self.answer();
        match table {
            StatusTable::Auth0 => answer.auth0,
            StatusTable::Rfc6750 => answer.rfc6750,
        }
    }

    pub(crate) fn challenge(self) -> Challenge {
        self.answer().challenge
    }
}

/// The fixed description, as a client reads it.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for Rejection {}
