//! The lines of a report about a proof of possession (RFC 9449): each check, the expected value and the
//! value found. Nothing is used up.

use super::proof_case::ProofCase;
use super::proof_faults;
use super::reading::Reading;
use super::report::{Diagnosis, Outcome, Step};
use super::words::{either, moment, shown, shown_time};
use crate::dpop::{Demand, MOST_BYTES, ProofCheck, ProofVerifier, Scheme, Target, token_hash};
use crate::rejection::Rejection;
use crate::verifier::verified::Verified;

/// A proof as it came with a request.
pub(crate) struct SentProof {
    pub(crate) proof: String,
    /// The method of the request.
    pub(crate) method: String,
    /// Its URL, or its path alone; `None` where it is not known.
    pub(crate) url: Option<String>,
}

/// What is told of a bound token beside what is told of the token.
pub(super) struct Possession {
    pub(super) verdict: Result<(), Rejection>,
    pub(super) steps: Vec<Step>,
    pub(super) diagnoses: Vec<Diagnosis>,
}

/// Every check of a proof in its order, and its name in a report.
const CHECKS: [(ProofCheck, &str); ProofCheck::Time as usize + 1] = [
    (ProofCheck::Size, "proof size"),
    (ProofCheck::Shape, "proof shape"),
    (ProofCheck::Type, "proof typ"),
    (ProofCheck::Algorithm, "proof alg"),
    (ProofCheck::Claims, "proof claims"),
    (ProofCheck::Key, "proof jwk"),
    (ProofCheck::Binding, "proof key"),
    (ProofCheck::Signature, "proof signature"),
    (ProofCheck::Method, "htm"),
    (ProofCheck::Url, "htu"),
    (ProofCheck::TokenHash, "ath"),
    (ProofCheck::Nonce, "proof nonce"),
    (ProofCheck::Time, "proof iat"),
];

/// Judges what an accepted token and its proof have to do with each other, at `now` in seconds since the
/// epoch.
pub(super) fn judge(
    proofs: &ProofVerifier,
    verified: &Verified,
    scheme: Scheme,
    sent: Option<&SentProof>,
    now: f64,
) -> Possession {
    let bound_to = verified.bound_to();
    let scheme_step = |outcome| Step {
        check: "scheme",
        outcome,
        expected: match (bound_to, proofs.is_required) {
            (Some(_), _) => "`DPoP`, since the token is bound to a key".to_owned(),
            (None, true) => "`DPoP`, and a token that is bound to a key".to_owned(),
            (None, false) => "`Bearer`, since the token is bound to no key".to_owned(),
        },
        found: if scheme == Scheme::Dpop { "`DPoP`" } else { "`Bearer`" }.to_owned(),
    };
    if let Err(rejection) = proofs.check_scheme(scheme, bound_to) {
        let steps = vec![scheme_step(Outcome::Refused)];
        let diagnoses = vec![proof_faults::of_scheme(rejection, proofs.is_required)];
        return Possession { verdict: Err(rejection), steps, diagnoses };
    }
    let Some(bound_to) = bound_to else {
        return Possession { verdict: Ok(()), steps: vec![], diagnoses: vec![] };
    };
    let header_step = |outcome, found: &str| Step {
        check: "proof",
        outcome,
        expected: "one header, `DPoP: <proof>`".to_owned(),
        found: found.to_owned(),
    };
    let mut steps = vec![scheme_step(Outcome::Passed)];
    let sent = sent.map(|sent| (sent, sent.proof.trim_ascii()));
    let Some((sent, proof)) = sent.filter(|(_, proof)| !proof.is_empty()) else {
        steps.push(header_step(Outcome::Refused, "none was given"));
        return Possession {
            verdict: Err(Rejection::ProofMissing),
            steps,
            diagnoses: vec![proof_faults::missing()],
        };
    };
    if proof.contains(',') {
        steps.push(header_step(Outcome::Refused, "several"));
        return Possession {
            verdict: Err(Rejection::SeveralProofs),
            steps,
            diagnoses: vec![proof_faults::several()],
        };
    }
    steps.push(header_step(Outcome::Passed, "one proof"));

    let mut reached = vec![];
    let target = match sent.url.as_deref() {
        None => Target::Any,
        Some(path) if path.starts_with('/') => Target::Path { path, host: None },
        Some(url) => Target::Url(url),
    };
    let demand = Demand { method: &sent.method, target, token: verified.token(), bound_to };
    let verdict = proofs.check(proof, &demand, now, &mut |check| reached.push(check)).map(|_| ());
    let (reading, last) = (Reading::of(proof), reached.last().copied());
    let case = ProofCase { proofs, demand: &demand, proof, reading: &reading, last, now };
    // The key is parsed once it is known to be that of the token.
    let refusing = verdict.err().and_then(|rejection| match rejection {
        Rejection::BadProofKey => Some(ProofCheck::Key),
        _ => last,
    });
    let mut is_passed = true;
    steps.extend(CHECKS.into_iter().map(|(check, name)| {
        let is_refusing = refusing == Some(check);
        let outcome = match (is_refusing, is_passed) {
            (true, _) => Outcome::Refused,
            (false, true) => Outcome::Passed,
            (false, false) => Outcome::NotReached,
        };
        is_passed &= !is_refusing;
        let (expected, found) = case.compared(check, outcome);
        Step { check: name, outcome, expected, found }
    }));
    let diagnoses = verdict.err().map(|rejection| case.diagnosis(rejection));
    Possession { verdict, steps, diagnoses: diagnoses.into_iter().collect() }
}

impl ProofCase<'_> {
    fn compared(&self, check: ProofCheck, outcome: Outcome) -> (String, String) {
        let claim = |name: &str| shown(self.reading.claim(name));
        match check {
            ProofCheck::Size => {
                (format!("at most {MOST_BYTES} bytes"), format!("{} bytes", self.proof.len()))
            }
            ProofCheck::Shape => {
                let found = match outcome {
                    Outcome::Refused => {
                        self.bad_header().unwrap_or_else(|| "not so to the letter".to_owned())
                    }
                    _ => format!("{} parts", self.reading.parts),
                };
                ("header.claims.signature, base64url, JSON".to_owned(), found)
            }
            ProofCheck::Type => {
                let crit = self.reading.header("crit").map_or("", |_| ", and `crit`");
                let found = format!("{}{crit}", shown(self.reading.header("typ")));
                ("dpop+jwt, and no `crit`".to_owned(), found)
            }
            ProofCheck::Algorithm => {
                let names: Vec<_> = self.proofs.algorithms.iter().map(|it| it.name()).collect();
                (either(&names), shown(self.reading.header("alg")))
            }
            ProofCheck::Claims => {
                let found = match (outcome, self.bad_claim()) {
                    (Outcome::NotReached, _) => "not judged".to_owned(),
                    (Outcome::Refused, Some((claim, problem))) => format!("`{claim}` {problem}"),
                    (Outcome::Refused, None) => "not so to the letter".to_owned(),
                    (Outcome::Passed, _) => "as expected".to_owned(),
                };
                ("jti, htm, htu, iat and ath of their types".to_owned(), found)
            }
            ProofCheck::Key => {
                let found = match outcome {
                    Outcome::Refused => self.bad_key().to_owned(),
                    Outcome::Passed => "as expected".to_owned(),
                    Outcome::NotReached => "not judged".to_owned(),
                };
                ("a public key for that alg, in `jwk`".to_owned(), found)
            }
            ProofCheck::Binding => {
                let found = match outcome {
                    Outcome::Refused => "another key".to_owned(),
                    Outcome::Passed => "that key".to_owned(),
                    Outcome::NotReached => "not judged".to_owned(),
                };
                (format!("the key of the token, {}", self.thumbprint()), found)
            }
            ProofCheck::Signature => {
                let found = match outcome {
                    Outcome::Refused => "it is not",
                    Outcome::Passed => "as expected",
                    Outcome::NotReached => "not judged",
                };
                ("made by that key".to_owned(), found.to_owned())
            }
            ProofCheck::Method => (self.demand.method.to_owned(), claim("htm")),
            ProofCheck::Url => (self.expected_url(), claim("htu")),
            ProofCheck::TokenHash => {
                (format!("{}, of this token", token_hash(self.demand.token)), claim("ath"))
            }
            ProofCheck::Nonce => {
                let expected =
                    match (self.proofs.nonces.are_needed(), self.proofs.nonces.are_known()) {
                        (false, _) => "not asked for",
                        (true, true) => "one of the server, at most 2 min old",
                        (true, false) => "one of the server, whose secret is its own: not judged",
                    };
                (expected.to_owned(), claim("nonce"))
            }
            ProofCheck::Time => {
                let first = moment(self.now - self.proofs.max_age.as_secs_f64());
                let last = moment(self.now + self.proofs.leeway.as_secs_f64());
                let iat = shown_time(self.reading.claim("iat"));
                let found = match (outcome, self.bad_time()) {
                    (Outcome::Refused, name @ ("exp" | "nbf")) => {
                        format!("{iat}, and `{name}` {}", shown_time(self.reading.claim(name)))
                    }
                    _ => iat,
                };
                (format!("from {first} to {last}"), found)
            }
        }
    }
}
