//! Why: the walk of a token told check by check, the answer it gets, and what to do about it.
//!
//! The verdict is the verifier's own, watched; what is told beside it comes from a lenient reading
//! that nothing trusts. A signature is never shown, nor a text that may be a secret.

mod diagnosis;
mod likeness;
mod malformed;
mod reading;
mod steps;
mod symptoms;
mod words;

use std::borrow::Cow;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Value, json};

use crate::guard::bearer;
use crate::guard::refusal::{Answers, Body};
use crate::rejection::Rejection;
use crate::verifier::checks::{Check, Observer};
use crate::verifier::issuer::TrustedIssuer;
use crate::verifier::{Verifier, seconds_since_epoch};
use diagnosis::Diagnosis;
use malformed::Form;
use reading::Reading;

/// All there is to say of one token at one instant.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) accepted: bool,
    /// When it was judged.
    pub(crate) at: String,
    pub(crate) checks: Vec<Step>,
    pub(crate) answer: Answer,
    pub(crate) diagnoses: Vec<Finding>,
}

/// One check.
#[derive(Serialize)]
pub(crate) struct Step {
    pub(crate) check: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) expected: String,
    /// What the token seems to say. Before the signature has passed, anyone may have written it.
    pub(crate) found: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Passed,
    Refused,
    NotReached,
}

/// What `GET /headers` answers.
#[derive(Serialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) www_authenticate: Option<String>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

/// What is behind it, and the cure.
#[derive(Serialize)]
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    pub(crate) says: String,
    pub(crate) cure: String,
}

/// A token on its walk.
struct Case<'a> {
    verifier: &'a Verifier,
    headers: &'a [&'a str],
    /// The credential, or what comes nearest to one.
    token: &'a str,
    reading: Reading,
    /// The configured issuer that the token names.
    issuer: Option<&'a TrustedIssuer>,
    now: f64,
    verdict: Result<(), Rejection>,
    reached: Vec<Check>,
}

impl Observer for Vec<Check> {
    fn at(&mut self, check: Check) {
        self.push(check);
    }
}

/// Judges a request with these `Authorization` headers at `now`, by the keys at hand.
pub(crate) fn explain(
    verifier: &Verifier,
    answers: &Answers,
    headers: &[&str],
    now: SystemTime,
) -> Report {
    let mut reached = vec![];
    let credential = bearer::credential(headers.iter().copied());
    let verdict =
        credential.and_then(|token| verifier.check(token, now, &mut reached).map(|_verified| ()));
    let token = credential.unwrap_or_else(|_| longest_word(headers));
    let reading = Reading::of(token);
    let names =
        |issuer: &&TrustedIssuer| Some(issuer.rules.issuer.as_str()) == reading.claim_text("iss");
    let issuer = verifier.issuers().iter().find(names);
    let now = seconds_since_epoch(now);
    let case = Case { verifier, headers, token, reading, issuer, now, verdict, reached };
    Report {
        accepted: verdict.is_ok(),
        at: words::moment(now),
        checks: case.steps(),
        answer: Answer::to(verdict, answers),
        diagnoses: case.diagnoses().iter().map(Diagnosis::finding).collect(),
    }
}

/// The same for what somebody has pasted: a token, or already the whole header value.
pub(crate) fn explain_input(
    verifier: &Verifier,
    answers: &Answers,
    input: &str,
    now: SystemTime,
) -> Report {
    let header = authorization(input);
    let mut report = explain(verifier, answers, &[&header], now);
    let mut words = input.split_ascii_whitespace();
    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("bearer"))
        && words.next().is_some()
    {
        report.diagnoses.push(Diagnosis::Form(Form::BearerPasted).finding());
    }
    report
}

/// The `Authorization` header that a client sends with this input, which is a token, or already the
/// whole value.
fn authorization(input: &str) -> String {
    let input = input.trim_matches(['\r', '\n']);
    let mut words = input.split([' ', '\t']).filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some(word), None) if !word.eq_ignore_ascii_case("bearer") => format!("Bearer {word}"),
        _ => input.to_owned(),
    }
}

fn longest_word<'a>(headers: &[&'a str]) -> &'a str {
    let words = headers.iter().flat_map(|header| header.split([' ', '\t']));
    words.max_by_key(|word| word.len()).unwrap_or_default()
}

impl Answer {
    fn to(verdict: Result<(), Rejection>, answers: &Answers) -> Self {
        let Err(rejection) = verdict else {
            let body = json!("Access Granted");
            return Self { status: 200, www_authenticate: None, retry_after: None, body };
        };
        let retry_after = match rejection {
            Rejection::KeysUnavailable { retry_after } => Some(retry_after.as_secs()),
            _ => None,
        };
        Self {
            status: rejection.status(answers.errors),
            www_authenticate: answers.challenge(&rejection.into()).map(Cow::into_owned),
            retry_after,
            body: json!(Body::from(rejection)),
        }
    }
}

impl<'a> Case<'a> {
    /// The issuer that the token names, else all there are.
    fn issuers(&self) -> &'a [TrustedIssuer] {
        self.issuer.map_or(self.verifier.issuers(), std::slice::from_ref)
    }

    fn leeway(&self) -> f64 {
        self.verifier.issuers().first().map_or(0.0, |issuer| issuer.rules.leeway.as_secs_f64())
    }

    /// What every issuer in question says, without repetition.
    fn all<T: PartialEq>(&self, of: impl Fn(&'a TrustedIssuer) -> Vec<T>) -> Vec<T> {
        let mut all = vec![];
        for it in self.issuers().iter().flat_map(of) {
            if !all.contains(&it) {
                all.push(it);
            }
        }
        all
    }

    fn audiences(&self) -> Vec<&'a str> {
        self.all(|issuer| issuer.rules.audience.iter().map(String::as_str).collect())
    }

    fn algorithms(&self) -> Vec<&'static str> {
        self.all(|issuer| issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect())
    }
}
