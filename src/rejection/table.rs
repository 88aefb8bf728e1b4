//! What is said of each rejection: to the client, and to the operator.

use std::time::Duration;

#[cfg(test)]
use super::needs::Needs;
use super::{Rejection, StatusTable};

/// What the challenge of a refusal says (RFC 6750 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// The answer has no challenge: the fault is not the caller's.
    None,
    /// The challenge has no `error`: the request carried no bearer token.
    Bare,
    /// The challenge has `error="…"`.
    Error(&'static str),
}

/// The level of the log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

/// When a refusal is counted and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// As soon as a guard refuses, whatever the app answers then.
    AtOnce,
    /// Only if the request is answered with it: routes may well serve anonymous requests, or ask
    /// for a right that a caller lacks.
    AsTheAnswer,
}

/// What a client is told.
struct Answer {
    code: &'static str,
    description: &'static str,
    /// The status in the tutorial's table.
    auth0: u16,
    /// The status in the table of RFC 6750.
    rfc6750: u16,
    challenge: Challenge,
}

const NOTHING_SENT: Answer = Answer {
    code: "authorization_header_missing",
    description: "Authorization header is expected.",
    auth0: 401,
    rfc6750: 401,
    challenge: Challenge::Bare,
};
const NOT_BEARER: Answer = Answer {
    code: "invalid_header",
    description: "Authorization header must start with \"Bearer\".",
    ..NOTHING_SENT
};
const NO_TOKEN: Answer = Answer {
    code: "invalid_header",
    description: "Token not found.",
    auth0: 401,
    rfc6750: 400,
    challenge: Challenge::Error("invalid_request"),
};
const NOT_ONE_TOKEN: Answer =
    Answer { description: "Authorization header must be bearer token.", ..NO_TOKEN };
const NO_KEY_ID: Answer = Answer {
    code: "invalid_header",
    description: "Authorization malformed.",
    auth0: 401,
    rfc6750: 401,
    challenge: Challenge::Error("invalid_token"),
};
const UNPARSABLE: Answer =
    Answer { description: "Unable to parse authentication token.", auth0: 400, ..NO_KEY_ID };
const NO_KEY: Answer = Answer { description: "Unable to find the appropriate key.", ..UNPARSABLE };
const EXPIRED: Answer =
    Answer { code: "token_expired", description: "Token expired.", ..NO_KEY_ID };
const WRONG_CLAIMS: Answer = Answer {
    code: "invalid_claims",
    description: "Incorrect claims. Please, check the audience and issuer.",
    ..NO_KEY_ID
};
const REVOKED: Answer =
    Answer { code: "token_revoked", description: "Token revoked.", ..NO_KEY_ID };
const WRONG_BINDING: Answer = Answer {
    code: "invalid_token_binding",
    description: "The token is bound to another key or scheme.",
    ..NO_KEY_ID
};
const BAD_PROOF: Answer = Answer {
    code: "invalid_dpop_proof",
    description: "DPoP proof is missing or invalid.",
    challenge: Challenge::Error("invalid_dpop_proof"),
    ..NO_KEY_ID
};
const NO_NONCE: Answer = Answer {
    code: "use_dpop_nonce",
    description: "A DPoP nonce is required.",
    challenge: Challenge::Error("use_dpop_nonce"),
    ..NO_KEY_ID
};
const NO_RIGHT: Answer = Answer {
    code: "insufficient_scope",
    description: "Insufficient permissions.",
    auth0: 403,
    rfc6750: 403,
    challenge: Challenge::Error("insufficient_scope"),
};
const WEAK_SIGN_IN: Answer = Answer {
    code: "insufficient_user_authentication",
    description: "A more recent or stronger sign-in is required.",
    auth0: 401,
    rfc6750: 401,
    challenge: Challenge::Error("insufficient_user_authentication"),
};
const LARGE_IDENTITY: Answer = Answer {
    code: "identity_too_large",
    description: "The token's claims are too large for this gateway.",
    auth0: 403,
    rfc6750: 403,
    challenge: Challenge::Error("invalid_token"),
};
const NO_KEYS: Answer = Answer {
    code: "keys_unavailable",
    description: "Signing keys are unavailable.",
    auth0: 503,
    rfc6750: 503,
    challenge: Challenge::None,
};
const MANY_PROOFS: Answer = Answer {
    code: "too_many_proofs",
    description: "Too many proofs.",
    auth0: 429,
    rfc6750: 429,
    challenge: Challenge::None,
};
const NO_STORE: Answer = Answer {
    code: "store_unavailable",
    description: "The shared store is unavailable.",
    ..NO_KEYS
};
const MISCONFIGURED: Answer = Answer {
    code: "internal_server_error",
    description: "The server is misconfigured.",
    auth0: 500,
    rfc6750: 500,
    challenge: Challenge::None,
};

/// Makes of one row a rejection its place, its reason, its answer, its level and its time.
macro_rules! table {
    ($($variant:ident $({ $field:ident: $sample:expr })?
        | $reason:literal | $answer:ident | $level:ident | $told:ident)*) => {
        impl Rejection {
            /// The reasons, finer than [`code`](Self::code), in which logs and metrics tell refusals.
            pub(crate) const REASONS: [&'static str; [$($reason),*].len()] = [$($reason),*];

            const ANSWERS: [&'static Answer; Self::REASONS.len()] = [$(&$answer),*];
            const LEVELS: [Level; Self::REASONS.len()] = [$(Level::$level),*];
            const TOLD: [Told; Self::REASONS.len()] = [$(Told::$told),*];

            /// The place of the rejection among the [`REASONS`](Self::REASONS).
            pub(crate) fn number(self) -> usize {
                enum Number {
                    $($variant,)*
                }
                match self {
                    $(Self::$variant { .. } => Number::$variant as usize,)*
                }
            }
        }

        #[cfg(test)]
        const ALL: [Rejection; Rejection::REASONS.len()] =
            [$(Rejection::$variant $({ $field: $sample })?,)*];
    };
}

// rejection          | word in logs and metrics | answer       | level | counted and logged
table! {
    HeaderMissing       | "header_missing"       | NOTHING_SENT  | Info  | AsTheAnswer
    OtherScheme         | "other_scheme"         | NOT_BEARER    | Info  | AsTheAnswer
    TokenMissing        | "token_missing"        | NO_TOKEN      | Info  | AtOnce
    SeveralWords        | "several_words"        | NOT_ONE_TOKEN | Info  | AtOnce
    SeveralHeaders      | "several_headers"      | NOT_ONE_TOKEN | Info  | AtOnce
    TooLong             | "too_long"             | UNPARSABLE    | Info  | AtOnce
    Malformed           | "malformed"            | UNPARSABLE    | Info  | AtOnce
    ForbiddenAlgorithm  | "forbidden_algorithm"  | UNPARSABLE    | Info  | AtOnce
    CriticalExtension   | "critical_extension"   | UNPARSABLE    | Info  | AtOnce
    WrongType           | "wrong_type"           | UNPARSABLE    | Info  | AtOnce
    KeyIdMissing        | "key_id_missing"       | NO_KEY_ID     | Info  | AtOnce
    UnknownKey          | "unknown_key"          | NO_KEY        | Info  | AtOnce
    MismatchedAlgorithm | "mismatched_algorithm" | UNPARSABLE    | Info  | AtOnce
    BadSignature        | "bad_signature"        | UNPARSABLE    | Info  | AtOnce
    MalformedClaim      | "malformed_claim"      | WRONG_CLAIMS  | Info  | AtOnce
    ClaimMissing        | "claim_missing"        | WRONG_CLAIMS  | Info  | AtOnce
    Expired             | "expired"              | EXPIRED       | Info  | AtOnce
    NotYetValid         | "not_yet_valid"        | WRONG_CLAIMS  | Info  | AtOnce
    IssuedInFuture      | "issued_in_future"     | WRONG_CLAIMS  | Info  | AtOnce
    TooOld              | "too_old"              | WRONG_CLAIMS  | Info  | AtOnce
    WrongIssuer         | "wrong_issuer"         | WRONG_CLAIMS  | Info  | AtOnce
    WrongAudience       | "wrong_audience"       | WRONG_CLAIMS  | Info  | AtOnce
    WrongClient         | "wrong_client"         | WRONG_CLAIMS  | Info  | AtOnce
    ClaimMismatch       | "claim_mismatch"       | WRONG_CLAIMS  | Info  | AtOnce
    AnonymousSession    | "anonymous_session"    | WRONG_CLAIMS  | Info  | AtOnce
    SenderConstrained   | "sender_constrained"   | WRONG_CLAIMS  | Info  | AtOnce
    Revoked             | "revoked"              | REVOKED       | Info  | AtOnce
    BoundToken          | "bound_token"          | WRONG_BINDING | Info  | AtOnce
    BearerToken         | "bearer_token"         | WRONG_BINDING | Info  | AtOnce
    UnboundToken        | "unbound_token"        | WRONG_BINDING | Info  | AtOnce
    OtherKey            | "other_key"            | WRONG_BINDING | Info  | AtOnce
    ProofMissing        | "proof_missing"        | BAD_PROOF     | Info  | AtOnce
    SeveralProofs       | "several_proofs"       | BAD_PROOF     | Info  | AtOnce
    MalformedProof      | "malformed_proof"      | BAD_PROOF     | Info  | AtOnce
    ForbiddenProofAlgorithm
                        | "forbidden_proof_algorithm" | BAD_PROOF | Info | AtOnce
    BadProofKey         | "bad_proof_key"        | BAD_PROOF     | Info  | AtOnce
    BadProofSignature   | "bad_proof_signature"  | BAD_PROOF     | Info  | AtOnce
    WrongMethod         | "wrong_method"         | BAD_PROOF     | Info  | AtOnce
    WrongUrl            | "wrong_url"            | BAD_PROOF     | Info  | AtOnce
    WrongTokenHash      | "wrong_token_hash"     | BAD_PROOF     | Info  | AtOnce
    NonceRequired       | "nonce_required"       | NO_NONCE      | Info  | AtOnce
    ProofTooOld         | "proof_too_old"        | BAD_PROOF     | Info  | AtOnce
    ProofFromFuture     | "proof_from_future"    | BAD_PROOF     | Info  | AtOnce
    ReplayedProof       | "replayed_proof"       | BAD_PROOF     | Info  | AtOnce
    TooManyProofs { retry_after: Duration::from_secs(1) }
                        | "too_many_proofs"      | MANY_PROOFS   | Warn  | AtOnce
    StoreUnavailable { retry_after: Duration::from_secs(1) }
                        | "store_unavailable"    | NO_STORE      | Warn  | AtOnce
    InsufficientScope { needs: None }
                        | "insufficient_scope"   | NO_RIGHT      | Info  | AsTheAnswer
    InsufficientAuthentication { needs: &Needs::Granted("a") }
                        | "insufficient_authentication" | WEAK_SIGN_IN | Info | AsTheAnswer
    IdentityTooLarge    | "identity_too_large"   | LARGE_IDENTITY | Info | AtOnce
    BadGatewayRequest   | "bad_gateway_request"  | MISCONFIGURED | Warn  | AtOnce
    KeysUnavailable { retry_after: Duration::from_secs(1) }
                        | "keys_unavailable"     | NO_KEYS       | Warn  | AtOnce
    Misconfigured       | "misconfigured"        | MISCONFIGURED | Error | AtOnce
}

impl Rejection {
    fn answer(self) -> &'static Answer {
        Self::ANSWERS[self.number()]
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
        match table {
            StatusTable::Auth0 => self.answer().auth0,
            StatusTable::Rfc6750 => self.answer().rfc6750,
        }
    }

    pub(crate) fn challenge(self) -> Challenge {
        self.answer().challenge
    }

    /// How long a client should wait before it comes again.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::KeysUnavailable { retry_after }
            | Self::TooManyProofs { retry_after }
            | Self::StoreUnavailable { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    /// The word that logs and metrics use.
    pub(crate) fn reason(self) -> &'static str {
        Self::REASONS[self.number()]
    }

    pub(crate) fn level(self) -> Level {
        Self::LEVELS[self.number()]
    }

    pub(crate) fn told(self) -> Told {
        Self::TOLD[self.number()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(rejection: Rejection) -> String {
        format!("{rejection:?}").split(' ').next().unwrap().to_owned()
    }

    #[test]
    fn a_reason_is_the_name_of_its_variant() {
        for rejection in ALL {
            let reason = rejection.reason().replace('_', "");
            assert_eq!(variant(rejection).to_lowercase(), reason);
        }
    }

    #[test]
    fn every_refusal_stands_in_the_reference_as_it_is_answered() {
        let reference = include_str!("../../docs/refusals.md");
        for rejection in ALL {
            let name = format!("`{}`", variant(rejection));
            let row = reference.lines().find(|line| line.starts_with('|') && line.contains(&name));
            let row = row.unwrap_or_else(|| panic!("no row of {name}"));
            let statuses =
                [StatusTable::Auth0, StatusTable::Rfc6750].map(|table| rejection.status(table));
            let status = match statuses {
                [one, same] if one == same => format!("| {one} "),
                [auth0, rfc6750] => format!("| {auth0} / {rfc6750} "),
            };
            let challenge = match rejection.challenge() {
                Challenge::None => "| none |".to_owned(),
                Challenge::Bare => "| bare |".to_owned(),
                Challenge::Error(error) => format!("| `{error}`"),
            };
            let code = format!("`{}`", rejection.code());
            for text in [&code, rejection.description(), &status, &challenge] {
                assert!(row.contains(text), "{text} is not in {row}");
            }
        }
    }
}
