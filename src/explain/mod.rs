//! Why a token is accepted or refused: each check, the HTTP answer, and the likely causes.
//!
//! The verdict is the verifier's own. The values beside it come from a lenient reading, which no
//! decision uses. A report never holds the signature, nor a text that may be a secret.

mod ask;
mod case;
mod diagnosis;
mod entra;
pub(crate) mod kind;
mod malformed;
pub(crate) mod offered;
mod reading;
mod report;
mod steps;
mod words;
mod wrong_claims;
mod wrong_issuer;
mod wrong_key;

use std::borrow::Cow;
use std::time::SystemTime;

use serde_json::json;

use crate::guard::bearer;
use crate::guard::refusal::{Answers, Body};
use crate::rejection::Rejection;
use crate::verifier::checks::{Check, Observer};
use crate::verifier::{Verifier, seconds_since_epoch};
use case::Case;
use reading::Reading;
pub(crate) use report::{Diagnosis, HttpAnswer, Outcome, Report, Step};

impl Observer for Vec<Check> {
    fn at(&mut self, check: Check) {
        self.push(check);
    }
}

/// Judges a request with these values of its header for a token at `now`, by the keys at hand. The header
/// is `token_header`, or else `Authorization`.
pub(crate) fn explain(
    verifier: &Verifier,
    answers: &Answers,
    token_header: Option<&str>,
    headers: &[&str],
    now: SystemTime,
) -> Report {
    let mut reached = vec![];
    let values = headers.iter().copied();
    let credential = match token_header {
        None => bearer::credential(values),
        Some(_) => bearer::bare_token(values),
    };
    let verdict =
        credential.and_then(|token| verifier.check(token, now, &mut reached).map(|_verified| ()));
    let token = credential.unwrap_or_else(|_| longest_word(headers));
    let reading = Reading::of(token);
    let issuer = reading
        .claim_text("iss")
        .and_then(|iss| verifier.issuer(iss, || reading.claim_text("tid")));
    let now = seconds_since_epoch(now);
    let case =
        Case { verifier, token_header, headers, token, reading, issuer, now, verdict, reached };
    Report {
        accepted: verdict.is_ok(),
        at: words::moment(now),
        checks: case.steps(),
        answer: http_answer(verdict, answers),
        diagnoses: case.diagnoses(),
        judged_by: case.judged_by(),
    }
}

/// Judges a pasted text: a token, or a whole header value.
pub(crate) fn explain_input(
    verifier: &Verifier,
    answers: &Answers,
    token_header: Option<&str>,
    input: &str,
    now: SystemTime,
) -> Report {
    let header = match token_header {
        None => authorization(input),
        Some(_) => input.trim_matches(['\r', '\n']).to_owned(),
    };
    let mut report = explain(verifier, answers, token_header, &[&header], now);
    if token_header.is_some() {
        return report;
    }
    let mut words = input.split_ascii_whitespace();
    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("bearer"))
        && words.next().is_some()
    {
        report.diagnoses.push(Diagnosis::new(
            "bearer_pasted",
            "`Bearer` was pasted along, so this was read as the whole header.",
            "Give a client that adds `Bearer` itself the token alone: with the word twice, every \
             token is refused.",
        ));
    }
    report
}

/// The value of the `Authorization` header that a client sends with a pasted text.
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

fn http_answer(verdict: Result<(), Rejection>, answers: &Answers) -> HttpAnswer {
    let Err(rejection) = verdict else {
        let body = json!("Access Granted");
        return HttpAnswer { status: 200, www_authenticate: None, retry_after: None, body };
    };
    let retry_after = match rejection {
        Rejection::KeysUnavailable { retry_after } => Some(retry_after.as_secs()),
        _ => None,
    };
    HttpAnswer {
        status: rejection.status(answers.errors),
        www_authenticate: answers.challenge(&rejection.into()).map(Cow::into_owned),
        retry_after,
        body: json!(Body::from(rejection)),
    }
}
