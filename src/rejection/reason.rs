//! Rejection → one word: the stable names that logs and metrics use.

#[cfg(test)]
use std::time::Duration;

use crate::rejection::Rejection;
#[cfg(test)]
use crate::rejection::needs::Needs;

/// One row a refusal: its variant, as a test writes one, and its word. The numbers follow.
macro_rules! reasons {
    ($($variant:ident $({ $field:ident: $value:expr })? => $reason:literal,)*) => {
        impl Rejection {
            /// Every way to refuse: finer than [`code`](Self::code), and not for clients.
            pub(crate) const REASONS: [&'static str; [$($reason),*].len()] = [$($reason),*];

            /// Its place among the [`REASONS`](Self::REASONS).
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
            [$(Rejection::$variant $({ $field: $value })?,)*];
    };
}

reasons! {
    HeaderMissing => "header_missing",
    OtherScheme => "other_scheme",
    TokenMissing => "token_missing",
    SeveralWords => "several_words",
    SeveralHeaders => "several_headers",
    TooLong => "too_long",
    Malformed => "malformed",
    ForbiddenAlgorithm => "forbidden_algorithm",
    CriticalExtension => "critical_extension",
    WrongType => "wrong_type",
    KeyIdMissing => "key_id_missing",
    UnknownKey => "unknown_key",
    MismatchedAlgorithm => "mismatched_algorithm",
    BadSignature => "bad_signature",
    MalformedClaim => "malformed_claim",
    ClaimMissing => "claim_missing",
    Expired => "expired",
    NotYetValid => "not_yet_valid",
    IssuedInFuture => "issued_in_future",
    TooOld => "too_old",
    WrongIssuer => "wrong_issuer",
    WrongAudience => "wrong_audience",
    SenderConstrained => "sender_constrained",
    InsufficientScope { needs: None } => "insufficient_scope",
    InsufficientAuthentication { needs: &Needs::Granted("a") } => "insufficient_authentication",
    KeysUnavailable { retry_after: Duration::from_secs(1) } => "keys_unavailable",
    Misconfigured => "misconfigured",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::{Challenge, StatusTable};

    fn variant(rejection: Rejection) -> String {
        format!("{rejection:?}").split(' ').next().unwrap().to_owned()
    }

    #[test]
    fn a_reason_is_the_name_of_its_variant() {
        for rejection in ALL {
            let reason = Rejection::REASONS[rejection.number()].replace('_', "");
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
