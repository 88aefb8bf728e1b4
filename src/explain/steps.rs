//! The lines of a report, one for each check: the expected value and the value found.

use super::case::Case;
use super::reading::Part::{NotBase64, NotJson, Object};
use super::report::{Outcome, Step};
use super::words::{either, moment, printable, shown, shown_time, span};
use crate::keys::{KeyIds, VerifyingKey};
use crate::rejection::Rejection;
use crate::token::header::TokenType;
use crate::verifier::checks::Check;
use crate::verifier::issuer::TrustedIssuer;

/// Every check in its order, and its name in a report. The last variant gives their number.
const CHECKS: [(Check, &str); Check::Revocation as usize + 1] = [
    (Check::Size, "size"),
    (Check::Shape, "shape"),
    (Check::Algorithm, "alg"),
    (Check::Critical, "crit"),
    (Check::Type, "typ"),
    (Check::KeyId, "kid"),
    (Check::Issuer, "iss"),
    (Check::Key, "key"),
    (Check::Signature, "signature"),
    (Check::Types, "types"),
    (Check::Expiry, "exp"),
    (Check::NotBefore, "nbf"),
    (Check::IssuedAt, "iat"),
    (Check::Age, "max_age"),
    (Check::Audience, "aud"),
    (Check::Client, "client"),
    (Check::Claims, "claims"),
    (Check::Subject, "sub"),
    (Check::Sender, "cnf"),
    (Check::Profile, "token_type"),
    (Check::Revocation, "revocation"),
];

/// The most keys that a line names.
const MOST_KEYS: usize = 8;

impl Case<'_> {
    pub(super) fn steps(&self) -> Vec<Step> {
        let expected = match self.token_header {
            None if self.verifier.proofs().is_some() => {
                "one header, `Bearer <token>` or `DPoP <token>`".to_owned()
            }
            None => "one header, `Bearer <token>`".to_owned(),
            Some(_) => format!("one header, {}", self.header_line()),
        };
        let outcome = if self.reached.is_empty() { Outcome::Refused } else { Outcome::Passed };
        let header = Step { check: "header", outcome, expected, found: self.header() };
        let checks = CHECKS.into_iter().map(|(check, name)| {
            let outcome = self.outcome(check);
            let (expected, found) = self.compared(check, outcome);
            Step { check: name, outcome, expected, found }
        });
        std::iter::once(header).chain(checks).collect()
    }

    fn outcome(&self, check: Check) -> Outcome {
        if !self.reached.contains(&check) {
            Outcome::NotReached
        } else if self.refusing() == Some(check) {
            Outcome::Refused
        } else {
            Outcome::Passed
        }
    }

    /// The check that refused: the last one that was begun. But what one issuer wants of a header, and
    /// another does not, is known only when the issuer is.
    fn refusing(&self) -> Option<Check> {
        let rejection = self.verdict.err()?;
        let last = *self.reached.last()?;
        Some(match rejection {
            Rejection::ForbiddenAlgorithm if last == Check::Issuer => Check::Algorithm,
            Rejection::WrongType if last == Check::Issuer => Check::Type,
            Rejection::KeyIdMissing if last == Check::Issuer => Check::KeyId,
            _ => last,
        })
    }

    fn header(&self) -> String {
        match self.verdict {
            Err(Rejection::HeaderMissing) => "none, or an empty one".to_owned(),
            Err(Rejection::OtherScheme) => "another scheme, or none".to_owned(),
            Err(Rejection::TokenMissing) => "`Bearer` and nothing after it".to_owned(),
            Err(Rejection::SeveralWords) if self.token_header.is_some() => {
                "more than one word".to_owned()
            }
            Err(Rejection::SeveralWords) => "more than one word after `Bearer`".to_owned(),
            Err(Rejection::SeveralHeaders) => format!("{} headers", self.headers.len()),
            _ => "one token".to_owned(),
        }
    }

    fn compared(&self, check: Check, outcome: Outcome) -> (String, String) {
        let header = |name: &str| shown(self.reading.header(name));
        let time = |name: &str| shown_time(self.reading.claim(name));
        let in_force = moment(self.now + self.leeway()) + &self.allowance();
        match check {
            Check::Size => (
                format!("at most {} bytes", self.verifier.max_token_bytes()),
                match outcome {
                    Outcome::NotReached => "not judged".to_owned(),
                    _ => format!("{} bytes", self.token.len()),
                },
            ),
            Check::Shape => {
                ("header.claims.signature, base64url, JSON".to_owned(), self.shape(outcome))
            }
            Check::Algorithm => (either(&self.algorithms()), header("alg")),
            Check::Critical => ("absent".to_owned(), header("crit")),
            Check::Type => (either(&self.types()), header("typ")),
            Check::KeyId => {
                let needs_one = |it: &TrustedIssuer| it.kids == KeyIds::Required;
                let is_needed = self.issuers().iter().all(needs_one);
                let name = "the name of a key";
                let expected =
                    if is_needed { name.to_owned() } else { format!("absent, or {name}") };
                (expected, header("kid"))
            }
            Check::Issuer => {
                let issuers = self.all(|issuer| issuer.rules.spellings().collect());
                (either(&issuers), shown(self.reading.claim("iss")))
            }
            Check::Key => self.key(),
            Check::Signature => ("made by that key".to_owned(), judged(outcome, "it is not")),
            Check::Types => {
                let problem =
                    self.reading.bad_claim().map(|(claim, problem)| format!("{claim} {problem}"));
                let found = judged(outcome, &problem.unwrap_or_default());
                ("registered claims of their types; iss, exp".to_owned(), found)
            }
            Check::Expiry => {
                let earliest = moment(self.now - self.leeway());
                (format!("after {earliest}{}", self.allowance()), time("exp"))
            }
            Check::NotBefore => (format!("absent, or until {in_force}"), time("nbf")),
            Check::IssuedAt => (format!("absent, or until {in_force}"), time("iat")),
            Check::Age => match self.issuers().first().and_then(|issuer| issuer.rules.max_age) {
                Some(age) => (format!("issued within {}", span(age.as_secs_f64())), time("iat")),
                None => ("any".to_owned(), "not asked for".to_owned()),
            },
            Check::Audience => (either_or_any(&self.audiences()), shown(self.reading.claim("aud"))),
            Check::Claims => self.claims(),
            // The subject itself stands among the claims.
            Check::Subject => {
                let refuses = |it: &TrustedIssuer| it.rules.refuses_anonymous;
                let expected =
                    if self.issuers().iter().any(refuses) { "not `anon@…`" } else { "any" };
                (expected.to_owned(), judged(outcome, "an anonymous session"))
            }
            Check::Client => (either_or_any(&self.clients()), self.client()),
            Check::Sender => {
                let expected = match self.verifier.proofs() {
                    None => "absent",
                    Some(_) => "absent, or the thumbprint of a key (`jkt`)",
                };
                (expected.to_owned(), shown(self.reading.claim("cnf")))
            }
            Check::Profile => {
                let found = judged(outcome, "one is missing, or no text");
                (either(&self.all(|it| vec![profile(it)])), found)
            }
            Check::Revocation => {
                let found = match self.revoked_by {
                    Some(fit) => format!("a rule by `{}`", fit.kind),
                    None => "rules that are not known".to_owned(),
                };
                ("no rule that fits".to_owned(), judged(outcome, &found))
            }
        }
    }

    /// The clock skew that is in an expected time.
    fn allowance(&self) -> String {
        match self.leeway() {
            0.0 => String::new(),
            leeway => format!(" (leeway {})", span(leeway)),
        }
    }

    /// The claim that names the client.
    fn client(&self) -> String {
        match self.reading.client() {
            Some((name, value)) => format!("{name} {}", shown(Some(value))),
            None => shown(None),
        }
    }

    /// The required claims, and what the token says of them.
    fn claims(&self) -> (String, String) {
        let required = self.required_claims();
        if required.is_empty() {
            return ("any".to_owned(), "not asked for".to_owned());
        }
        let expected: Vec<_> = required.iter().map(|it| printable(&it.to_string())).collect();
        let found = required.iter().map(|it| {
            format!("{} {}", printable(&it.path.to_string()), shown(self.reading.at(&it.path)))
        });
        (expected.join(", "), found.collect::<Vec<_>>().join(", "))
    }

    fn shape(&self, outcome: Outcome) -> String {
        let reading = &self.reading;
        let what = match (&reading.header, &reading.claims) {
            _ if reading.parts != 3 => "",
            (NotBase64, _) => ", the first no base64url",
            (NotJson, _) => ", the first no JSON object",
            (Object(_), NotBase64) => ", the second no base64url",
            (Object(_), NotJson) => ", the second no JSON object",
            _ if outcome == Outcome::Refused => ", but not to the letter",
            _ => "",
        };
        format!("{} part{}{what}", reading.parts, if reading.parts == 1 { "" } else { "s" })
    }

    fn key(&self) -> (String, String) {
        let alg = self.reading.header_text("alg").map(printable).unwrap_or_default();
        let Some(issuer) = self.issuer else {
            return ("a key of the issuer".to_owned(), "no issuer to ask".to_owned());
        };
        let now = issuer.keys.current();
        let Some(keys) = now.keys() else {
            let why = now.failure().map_or("none was loaded", |failure| failure.text.as_str());
            return (format!("a key for {alg}"), format!("no keys: {why}"));
        };
        let iss = self.reading.claim_text("iss").unwrap_or_default();
        let counts = |key: &&VerifyingKey| issuer.counts(key, iss);
        let kids: Vec<_> = keys.kids().take(MOST_KEYS).map(printable).collect();
        let expected = format!("for {alg}, one of {}", kids.join(", "));
        if self.reading.header("kid").is_none() {
            let fitting = keys.candidates("").filter(counts);
            let fitting = fitting.filter(|key| key.algorithm.name() == alg).count();
            return (
                format!("exactly one key for {alg}"),
                format!("{fitting} without asking `kid`"),
            );
        }
        let found = match self.reading.header_text("kid").and_then(|kid| keys.with_kid(kid)) {
            Some(keys) if !keys.iter().any(|key| counts(&key)) => {
                "a key for another issuer (its member `issuer`)".to_owned()
            }
            Some(keys) => {
                let algorithms: Vec<_> =
                    keys.iter().filter(counts).map(|key| key.algorithm.name()).collect();
                format!("a key for {}", algorithms.join(", "))
            }
            None => "no key of this `kid`".to_owned(),
        };
        (expected, found)
    }
}

/// Alternatives, where an empty list leaves it open.
fn either_or_any(names: &[&str]) -> String {
    if names.is_empty() { "any".to_owned() } else { either(names) }
}

fn judged(outcome: Outcome, problem: &str) -> String {
    match outcome {
        Outcome::Passed => "as expected".to_owned(),
        Outcome::Refused => problem.to_owned(),
        Outcome::NotReached => "not judged".to_owned(),
    }
}

fn profile(issuer: &TrustedIssuer) -> &'static str {
    match issuer.rules.token_type {
        TokenType::Any => "any",
        TokenType::AtJwt => "at+jwt: sub, client_id, iat, jti",
    }
}
