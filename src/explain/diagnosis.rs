//! Each refusal → its likely causes, each with a cure.

use serde_json::Value;

use super::case::Case;
use super::malformed::{is_unset, unset};
use super::report::Diagnosis;
use super::words::{either, plain};
use crate::rejection::Rejection;
use crate::token::algorithm::Algorithm;
use crate::verifier::checks::Check;

impl Case<'_> {
    /// The likely causes of the verdict, the likeliest first; at least one for a refused token.
    pub(super) fn diagnoses(&self) -> Vec<Diagnosis> {
        let Err(rejection) = self.verdict else { return vec![] };
        let mut found = self.mangled();
        let is_about_form = matches!(
            rejection,
            Rejection::Malformed | Rejection::OtherScheme | Rejection::SeveralWords
        );
        if found.is_empty() || !is_about_form {
            found.extend(self.causes_of(rejection));
        }
        let is_judged_later = !self.reached.contains(&Check::Types);
        if is_judged_later && self.issuer.is_some() {
            found.extend(self.expired());
        }
        found
    }

    fn causes_of(&self, rejection: Rejection) -> Vec<Diagnosis> {
        use Rejection as R;
        let cause = match rejection {
            R::HeaderMissing => Diagnosis::new(
                "nothing_sent",
                "There is no credential.",
                format!("Send {}; a proxy may strip the header on the way.", self.header_line()),
            ),
            R::TokenMissing => Diagnosis::new(
                "bearer_alone",
                "`Bearer` stands there without a token.",
                "Look where the client takes the token from: the variable is empty.",
            ),
            R::SeveralHeaders => Diagnosis::new(
                "several_headers",
                format!("There is more than one `{}` header.", self.header_name()),
                "Send one; look for a proxy or a client library that adds its own.",
            ),
            R::OtherScheme if !self.token.starts_with("eyJ") => Diagnosis::new(
                "other_scheme",
                "The header does not begin with `Bearer`.",
                "Send the access token as `Authorization: Bearer <token>`; nothing else is taken here.",
            ),
            R::SeveralWords if self.token_header.is_some() => Diagnosis::new(
                "white_space",
                "There is white space within: a token that was wrapped, two tokens, or `Bearer` before it.",
                format!(
                    "Send one token, in one piece and without any other word: {}.",
                    self.header_line()
                ),
            ),
            R::SeveralWords if is_unset(self.token) => unset(),
            R::SeveralWords | R::OtherScheme => Diagnosis::new(
                "white_space",
                "There is white space within: a token that was wrapped, two tokens, or a word too many.",
                "Send one token, in one piece, after one `Bearer`.",
            ),
            R::TooLong => Diagnosis::new(
                "too_long",
                "The token is longer than `max_token_bytes`.",
                "Have the issuer put less into it (groups, roles), or raise `max_token_bytes`.",
            ),
            R::Malformed => self.malformed(),
            R::ForbiddenAlgorithm => self.forbidden_algorithm(),
            R::CriticalExtension => Diagnosis::new(
                "critical_extension",
                "The header has `crit`: its issuer demands an extension that is not known here.",
                "Have the issuer leave it out of access tokens.",
            ),
            R::WrongType => self.wrong_type(),
            R::KeyIdMissing => Diagnosis::new(
                "no_kid",
                "The header names no key (`kid`).",
                "Have the issuer write it; tokens signed by a shared secret or by hand often lack it. Where \
                 its set has one key for each `alg`, `kid = \"optional\"` does without.",
            ),
            R::WrongIssuer => return self.wrong_issuer(),
            R::UnknownKey => self.unknown_key(),
            R::KeysUnavailable { .. } => self.no_keys(),
            R::MismatchedAlgorithm => Diagnosis::new(
                "other_algorithm_of_key",
                format!(
                    "The key of this `kid` does not serve {}.",
                    plain(self.reading.header("alg"))
                ),
                "Have the issuer write the key's own algorithm into `alg`; a token that says another \
                 was made by hand, or to deceive.",
            ),
            R::BadSignature if self.reading.header("nonce").is_some() => self.graph(),
            R::BadSignature => Diagnosis::new(
                "bad_signature",
                "The signature does not fit: the token was changed or cut off, or another key of the \
                 same name signed it.",
                "Copy it again; if it fails again, compare the issuer's key with the one here \
                 (`rocket-bearer check`).",
            ),
            R::MalformedClaim | R::ClaimMissing => self.wrong_claim(),
            R::Expired => return self.expired().into_iter().collect(),
            R::NotYetValid | R::IssuedInFuture => self.too_early(),
            R::TooOld => self.too_old(),
            R::WrongAudience => self.wrong_audience(),
            R::AnonymousSession => Diagnosis::new(
                "anonymous_session",
                "The token is of an anonymous session of Auth0 (`sub` begins with `anon@`): it proves no user.",
                "Have the user sign in, or set `anonymous = true` if visitors may call this API.",
            ),
            R::ClaimMismatch => self.claim_mismatch(),
            R::WrongClient => self.wrong_client(),
            R::SenderConstrained if self.reading.claim("cnf").is_some_and(Value::is_null) => {
                Diagnosis::new(
                    "cnf_null",
                    "`cnf` is null, and its presence says that the token is bound to a key.",
                    "Have the issuer leave the claim out of tokens that are not bound.",
                )
            }
            R::SenderConstrained => Diagnosis::new(
                "sender_constrained",
                "The token is bound to a key of its client (`cnf`, by DPoP or mutual TLS) and is no \
                 bearer token.",
                "Have the client ask for a plain bearer token, or send it where DPoP is spoken.",
            ),
            R::Revoked => self.revoked(),
            R::StoreUnavailable { .. } => Diagnosis::new(
                "rules_unknown",
                "Whether the token is revoked is not known: the rules in Redis could not be read.",
                "Bring Redis back; `rocket-bearer check` says what is wrong with it.",
            ),
            // Routes, the app itself and proofs are refused by these, after the token was accepted.
            R::BoundToken
            | R::BearerToken
            | R::UnboundToken
            | R::OtherKey
            | R::ProofMissing
            | R::SeveralProofs
            | R::MalformedProof
            | R::ForbiddenProofAlgorithm
            | R::BadProofKey
            | R::BadProofSignature
            | R::WrongMethod
            | R::WrongUrl
            | R::WrongTokenHash
            | R::NonceRequired
            | R::ProofTooOld
            | R::ProofFromFuture
            | R::ReplayedProof
            | R::TooManyProofs { .. }
            | R::InsufficientScope { .. }
            | R::InsufficientAuthentication { .. }
            | R::IdentityTooLarge
            | R::BadGatewayRequest
            | R::Misconfigured => return vec![],
        };
        vec![cause]
    }

    fn wrong_type(&self) -> Diagnosis {
        let typ = self.reading.header_text("typ").unwrap_or("JWT");
        // `token_type` chooses between these two, and nothing else is an access token.
        let cure = match typ.eq_ignore_ascii_case("jwt")
            || typ.eq_ignore_ascii_case("application/jwt")
        {
            true => {
                "Set `token_type = \"any\"`, or have the issuer write `at+jwt` (at Auth0 by the API's profile \
                 RFC 9068)."
            }
            false => {
                "Send an access token. If it is one, have the issuer write `JWT` or `at+jwt`, or leave `typ` \
                 out."
            }
        };
        let is = match typ {
            "" => "an empty text".to_owned(),
            _ => plain(self.reading.header("typ")),
        };
        Diagnosis::new(
            "wrong_type",
            format!("`typ` is {is}: another kind of token. Wanted: {}.", either(&self.types())),
            cure,
        )
    }

    fn forbidden_algorithm(&self) -> Diagnosis {
        let alg = plain(self.reading.header("alg"));
        match self.reading.header_text("alg").unwrap_or_default() {
            none if none.trim().eq_ignore_ascii_case("none") => Diagnosis::new(
                "unsigned",
                "`alg` is `none`: nobody has signed this token.",
                "No setting accepts it; have the issuer sign.",
            ),
            hmac if hmac.starts_with("HS") => Diagnosis::new(
                "shared_secret",
                format!(
                    "It is signed with {alg}, a shared secret: whoever can check it could forge it."
                ),
                "Let the issuer sign with RS256; in Auth0 that is the API's setting Signing Algorithm.",
            ),
            _ => Diagnosis::new(
                "algorithm_not_allowed",
                format!(
                    "It is signed with {alg}, and `algorithms` allows {}.",
                    either(&self.algorithms())
                ),
                format!(
                    "Add the algorithm to `algorithms` if the issuer means it and it can be verified \
                     here: {}.",
                    Algorithm::NAMES
                ),
            ),
        }
    }
}
