//! The lines of a report about a proof of possession (RFC 9449): each check, the expected value and the
//! value found. Nothing is used up.

use serde_json::Value;

use super::proof_faults;
use super::reading::Reading;
use super::report::{Diagnosis, Outcome, Step};
use super::words::{either, moment, plain, shown, shown_time, span};
use crate::dpop::{Demand, MOST_BYTES, ProofCheck, ProofVerifier, Scheme, Target};
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
const CHECKS: [(ProofCheck, &str); ProofCheck::SingleUse as usize] = [
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
    let Some(sent) = sent else {
        steps.push(header_step(Outcome::Refused, "none was given"));
        let rejection = Rejection::ProofMissing;
        return Possession {
            verdict: Err(rejection),
            steps,
            diagnoses: vec![proof_faults::missing()],
        };
    };
    let proof = sent.proof.as_str();
    if proof.contains(',') || proof.split_ascii_whitespace().count() > 1 {
        steps.push(header_step(Outcome::Refused, "several"));
        let rejection = Rejection::SeveralProofs;
        return Possession {
            verdict: Err(rejection),
            steps,
            diagnoses: vec![proof_faults::several()],
        };
    }
    let proof = proof.trim_ascii();
    steps.push(header_step(Outcome::Passed, "one proof"));

    let mut reached = vec![];
    let target = match sent.url.as_deref() {
        None => Target::Any,
        Some(path) if path.starts_with('/') => Target::Path { path, host: None },
        Some(url) => Target::Url(url),
    };
    let demand = Demand { method: &sent.method, target, token: verified.token(), bound_to };
    let judged = proofs.check(proof, &demand, now, &mut |check| reached.push(check));
    let verdict = judged.map(|_| ());
    let reading = Reading::of(proof);
    let case = ProofCase { proofs, demand: &demand, sent, proof, reading: &reading, now };
    steps.extend(CHECKS.into_iter().map(|(check, name)| {
        let outcome = match reached.iter().position(|it| *it == check) {
            None => Outcome::NotReached,
            Some(at) if at + 1 == reached.len() && verdict.is_err() => Outcome::Refused,
            Some(_) => Outcome::Passed,
        };
        let (expected, found) = case.compared(check, outcome);
        Step { check: name, outcome, expected, found }
    }));
    let last = reached.last().copied();
    let diagnoses = verdict.err().map(|rejection| case.diagnosis(rejection, last));
    Possession { verdict, steps, diagnoses: diagnoses.into_iter().collect() }
}

/// A proof, the request that it has to be for, and the lenient reading.
pub(super) struct ProofCase<'a> {
    pub(super) proofs: &'a ProofVerifier,
    pub(super) demand: &'a Demand<'a>,
    pub(super) sent: &'a SentProof,
    pub(super) proof: &'a str,
    pub(super) reading: &'a Reading,
    pub(super) now: f64,
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
                    Outcome::Refused => "not so to the letter".to_owned(),
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
                    (_, Some((claim, problem))) => format!("`{claim}` {problem}"),
                    (_, None) => "as expected".to_owned(),
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
            ProofCheck::Method => (self.sent.method.clone(), claim("htm")),
            ProofCheck::Url => (self.expected_url(), claim("htu")),
            ProofCheck::TokenHash => (self.token_hash(), claim("ath")),
            ProofCheck::Nonce => {
                let expected = match (self.proofs.needs_nonce(), self.proofs.knows_its_nonces()) {
                    (false, _) => "not asked for",
                    (true, true) => "one of the server, at most 2 min old",
                    (true, false) => "one of the server, whose secret is its own: not judged",
                };
                (expected.to_owned(), claim("nonce"))
            }
            ProofCheck::Time | ProofCheck::SingleUse => {
                let first = moment(self.now - self.proofs.max_age.as_secs_f64());
                let last = moment(self.now + self.proofs.leeway.as_secs_f64());
                (format!("from {first} to {last}"), shown_time(self.reading.claim("iat")))
            }
        }
    }

    /// The first claim of a proof that is missing, or is not what it should be (RFC 9449 §4.2).
    pub(super) fn bad_claim(&self) -> Option<(&'static str, &'static str)> {
        let texts = ["jti", "htm", "htu", "ath", "nonce"].into_iter().map(|name| {
            let is_needed = name != "nonce";
            match self.reading.claim(name) {
                None if is_needed => Some((name, "is missing")),
                Some(Value::String(text)) if name == "jti" && !(1..=256).contains(&text.len()) => {
                    Some((name, "is not of 1 to 256 bytes"))
                }
                None | Some(Value::String(_)) => None,
                Some(_) => Some((name, "is no text")),
            }
        });
        let times = ["iat", "exp", "nbf"].into_iter().map(|name| match self.reading.claim(name) {
            None if name == "iat" => Some((name, "is missing")),
            Some(value) if !value.is_number() => Some((name, "is no number")),
            _ => None,
        });
        texts.chain(times).flatten().next()
    }

    /// What is wrong with the key that the proof carries.
    pub(super) fn bad_key(&self) -> &'static str {
        let Some(Value::Object(jwk)) = self.reading.header("jwk") else {
            return "no `jwk`, or no JSON object";
        };
        let kty = jwk.get("kty").and_then(Value::as_str);
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]
            .iter()
            .any(|it| jwk.contains_key(*it))
        {
            "a key with private members: its secret was sent along"
        } else if jwk.get("use").is_some_and(|it| it != "sig") || jwk.contains_key("key_ops") {
            "a key that is not for verifying (`use`, `key_ops`)"
        } else if !matches!(kty, Some("RSA" | "EC" | "OKP")) {
            "a `kty` that proofs are not made with"
        } else {
            "not a key for this `alg` that is written as RFC 7518 has it (RSA 2048 to 4096 bits)"
        }
    }

    /// The thumbprint that the token names.
    pub(super) fn thumbprint(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.demand.bound_to)
    }

    /// The URLs that a proof for this request may name.
    pub(super) fn expected_url(&self) -> String {
        match self.demand.target {
            Target::Any => "the URL of the request, which was not given (`--url`)".to_owned(),
            Target::Url(url) => plain(Some(&Value::from(url))),
            Target::Path { path, .. } => {
                let urls: Vec<_> = self.proofs.bases.iter().map(|base| base.url(path)).collect();
                either(&urls)
            }
        }
    }

    fn token_hash(&self) -> String {
        use base64::Engine as _;
        let hash =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.demand.token.as_bytes());
        let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
        format!("{hash}, of this token")
    }

    /// How far the proof's clock is from this one, where it says.
    pub(super) fn offset(&self) -> Option<String> {
        let iat = self.reading.time("iat")?;
        let direction = if iat < self.now { "behind" } else { "ahead of" };
        Some(format!("{} {direction} this machine's clock", span(iat - self.now)))
    }
}
