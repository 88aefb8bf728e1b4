//! Rejection → one word: the stable names that logs and metrics use.

use crate::rejection::Rejection;

impl Rejection {
    /// Every way to refuse: finer than [`code`](Self::code), and not for clients.
    pub(crate) const REASONS: [&'static str; 27] = [
        "header_missing",
        "other_scheme",
        "token_missing",
        "several_words",
        "several_headers",
        "too_long",
        "malformed",
        "forbidden_algorithm",
        "critical_extension",
        "wrong_type",
        "key_id_missing",
        "unknown_key",
        "mismatched_algorithm",
        "bad_signature",
        "malformed_claim",
        "claim_missing",
        "expired",
        "not_yet_valid",
        "issued_in_future",
        "too_old",
        "wrong_issuer",
        "wrong_audience",
        "sender_constrained",
        "insufficient_scope",
        "insufficient_authentication",
        "keys_unavailable",
        "misconfigured",
    ];

    /// Its place among the [`REASONS`](Self::REASONS), which are in the order of the variants.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::HeaderMissing => 0,
            Self::OtherScheme => 1,
            Self::TokenMissing => 2,
            Self::SeveralWords => 3,
            Self::SeveralHeaders => 4,
            Self::TooLong => 5,
            Self::Malformed => 6,
            Self::ForbiddenAlgorithm => 7,
            Self::CriticalExtension => 8,
            Self::WrongType => 9,
            Self::KeyIdMissing => 10,
            Self::UnknownKey => 11,
            Self::MismatchedAlgorithm => 12,
            Self::BadSignature => 13,
            Self::MalformedClaim => 14,
            Self::ClaimMissing => 15,
            Self::Expired => 16,
            Self::NotYetValid => 17,
            Self::IssuedInFuture => 18,
            Self::TooOld => 19,
            Self::WrongIssuer => 20,
            Self::WrongAudience => 21,
            Self::SenderConstrained => 22,
            Self::InsufficientScope { .. } => 23,
            Self::InsufficientAuthentication { .. } => 24,
            Self::KeysUnavailable { .. } => 25,
            Self::Misconfigured => 26,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::Needs;
    use crate::rejection::{Challenge, StatusTable};

    const NEEDS: &Needs = &Needs::Granted("a");

    fn all() -> [Rejection; Rejection::REASONS.len()] {
        [
            Rejection::HeaderMissing,
            Rejection::OtherScheme,
            Rejection::TokenMissing,
            Rejection::SeveralWords,
            Rejection::SeveralHeaders,
            Rejection::TooLong,
            Rejection::Malformed,
            Rejection::ForbiddenAlgorithm,
            Rejection::CriticalExtension,
            Rejection::WrongType,
            Rejection::KeyIdMissing,
            Rejection::UnknownKey,
            Rejection::MismatchedAlgorithm,
            Rejection::BadSignature,
            Rejection::MalformedClaim,
            Rejection::ClaimMissing,
            Rejection::Expired,
            Rejection::NotYetValid,
            Rejection::IssuedInFuture,
            Rejection::TooOld,
            Rejection::WrongIssuer,
            Rejection::WrongAudience,
            Rejection::SenderConstrained,
            Rejection::InsufficientScope { needs: None },
            Rejection::InsufficientAuthentication { needs: NEEDS },
            Rejection::KeysUnavailable { retry_after: 1 },
            Rejection::Misconfigured,
        ]
    }

    fn variant(rejection: Rejection) -> String {
        format!("{rejection:?}").split(' ').next().unwrap().to_owned()
    }

    #[test]
    fn a_reason_is_the_name_of_its_variant() {
        for (number, rejection) in all().into_iter().enumerate() {
            let name = variant(rejection);
            let reason = Rejection::REASONS[rejection.number()].replace('_', "");
            assert_eq!((name.to_lowercase(), number), (reason, rejection.number()));
        }
    }

    #[test]
    fn every_refusal_stands_in_the_reference_as_it_is_answered() {
        let reference = include_str!("../docs/refusals.md");
        for rejection in all() {
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
