//! One judged token: its request, the verdict, and the lenient reading.

use super::reading::Reading;
use crate::rejection::Rejection;
use crate::revocation::Fit;
use crate::token::header::TokenType;
use crate::token::required_claim::RequiredClaim;
use crate::verifier::Verifier;
use crate::verifier::checks::Check;
use crate::verifier::issuer::TrustedIssuer;

/// A judged token.
pub(super) struct Case<'a> {
    pub(super) verifier: &'a Verifier,
    /// The header that holds the token alone; `None` for `Authorization`.
    pub(super) token_header: Option<&'a str>,
    /// The values of that header.
    pub(super) headers: &'a [&'a str],
    /// The credential; without one, the longest word of the headers.
    pub(super) token: &'a str,
    pub(super) reading: Reading,
    /// The configured issuer that the token names.
    pub(super) issuer: Option<&'a TrustedIssuer>,
    /// In seconds since the epoch.
    pub(super) now: f64,
    pub(super) verdict: Result<(), Rejection>,
    /// The checks that were begun, in order; the last one refused, if one did.
    pub(super) reached: Vec<Check>,
    /// The rule by which the token is revoked.
    pub(super) revoked_by: Option<Fit>,
}

impl<'a> Case<'a> {
    /// The name of the header that is read.
    pub(super) fn header_name(&self) -> &'a str {
        self.token_header.unwrap_or("Authorization")
    }

    /// The line that a client has to send.
    pub(super) fn header_line(&self) -> String {
        let scheme = if self.token_header.is_none() { "Bearer " } else { "" };
        format!("`{}: {scheme}<token>`", self.header_name())
    }

    /// The issuer that the token names, else all configured ones.
    pub(super) fn issuers(&self) -> &'a [TrustedIssuer] {
        self.issuer.map_or(self.verifier.issuers(), std::slice::from_ref)
    }

    /// The name of the issuer whose keys were looked at, where it has some.
    pub(super) fn judged_by(&self) -> Option<String> {
        let issuer = self.issuer.filter(|_| self.reached.contains(&Check::Key))?;
        issuer.is_ready().then(|| issuer.name.clone())
    }

    /// Whether the signature was judged and holds.
    pub(super) fn is_proved(&self) -> bool {
        let is_last = self.reached.last() == Some(&Check::Signature);
        self.reached.contains(&Check::Signature) && !(is_last && self.verdict.is_err())
    }

    /// In seconds; all issuers have the same.
    pub(super) fn leeway(&self) -> f64 {
        self.verifier.issuers().first().map_or(0.0, |issuer| issuer.rules.leeway.as_secs_f64())
    }

    /// The values of [`issuers`](Self::issuers), without repetition.
    pub(super) fn all<T: PartialEq>(&self, of: impl Fn(&'a TrustedIssuer) -> Vec<T>) -> Vec<T> {
        let mut all = vec![];
        for it in self.issuers().iter().flat_map(of) {
            if !all.contains(&it) {
                all.push(it);
            }
        }
        all
    }

    pub(super) fn audiences(&self) -> Vec<&'a str> {
        self.all(|issuer| issuer.rules.audience.iter().map(String::as_str).collect())
    }

    pub(super) fn clients(&self) -> Vec<&'a str> {
        self.all(|issuer| issuer.rules.clients.iter().map(String::as_str).collect())
    }

    pub(super) fn required_claims(&self) -> Vec<&'a RequiredClaim> {
        self.all(|issuer| issuer.rules.claims.iter().collect())
    }

    pub(super) fn algorithms(&self) -> Vec<&'static str> {
        self.all(|issuer| issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect())
    }

    /// The accepted values of `typ`, in words.
    pub(super) fn types(&self) -> Vec<&'static str> {
        self.all(|issuer| match issuer.rules.token_type {
            TokenType::Any => vec!["absent, JWT or at+jwt"],
            TokenType::AtJwt => vec!["at+jwt"],
        })
    }
}
