//! Why a token is accepted or refused: each check, the HTTP answer, and the likely causes.
//!
//! The verdict is the verifier's own. The values beside it come from a lenient reading, which no
//! decision uses. A report never holds the signature, nor a text that may be a secret. It holds the
//! claims, personal ones included, for the owner of the token: no report is ever logged.

mod ask;
mod case;
mod diagnosis;
mod entra;
mod fault;
mod grantor;
pub(crate) mod kind;
mod malformed;
mod needs;
pub(crate) mod offered;
mod reading;
mod report;
mod revoked;
mod shown;
mod steps;
mod unmet;
mod words;
mod wrong_claims;
mod wrong_issuer;
mod wrong_key;

use std::borrow::Cow;
use std::time::SystemTime;

use serde_json::json;

use crate::guard::bearer;
use crate::guard::refusal::{Answers, Body, Refusal};
use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::verifier::checks::{Check, Observer};
use crate::verifier::{Verifier, seconds_since_epoch};
use case::Case;
pub(crate) use needs::Asked;
use needs::Caller;
use reading::Reading;
pub(crate) use report::{Diagnosis, HttpAnswer, Outcome, Report, Step};
pub(crate) use shown::{Shown, unproved};

impl Observer for Vec<Check> {
    fn at(&mut self, check: Check) {
        self.push(check);
    }
}

/// The route of the program's own app that asks for an accepted token and nothing more.
pub(crate) const PLAIN_ROUTE: &str = "GET /headers";

/// Judges a request with these values of its header for a token at `now`, by the keys at hand. The header
/// is `token_header`, or else `Authorization`.
pub(crate) fn explain(
    verifier: &Verifier,
    answers: &Answers,
    token_header: Option<&str>,
    headers: &[&str],
    now: SystemTime,
    asked: &Asked,
) -> Report {
    let mut reached = vec![];
    let values = headers.iter().copied();
    let credential = match token_header {
        None => bearer::credential(values),
        Some(_) => bearer::bare_token(values),
    };
    let judged = credential.and_then(|token| verifier.check(token, now, &mut reached));
    let revoked_by = judged.as_ref().ok().and_then(|it| verifier.revoking(it, now));
    let verified = judged.and_then(|it| verifier.unrevoked(it, now, &mut reached));
    let verdict = verified.as_ref().map(|_| ()).map_err(|rejection| *rejection);
    let token = credential.unwrap_or_else(|_| longest_word(headers));
    let reading = Reading::of(token);
    let issuer = reading
        .claim_text("iss")
        .and_then(|iss| verifier.issuer(iss, || reading.claim_text("tid")));
    let now = seconds_since_epoch(now);
    let case = Case {
        verifier,
        token_header,
        headers,
        token,
        reading,
        issuer,
        now,
        verdict,
        reached,
        revoked_by,
    };
    let caller = verified.as_ref().ok().map(|verified| {
        let issuer = &verifier.issuers()[verified.issuer()];
        let at = answers.circumstances(now, issuer.rules.leeway);
        Caller { claims: verified.claims(), issuer, at }
    });
    let (mut checks, mut diagnoses) = (case.steps(), case.diagnoses());
    let mut granted = Ok(());
    if let Some(needs) = asked.needs {
        checks.extend(needs::steps(needs, caller.as_ref()));
        if let Some(caller) = &caller {
            diagnoses.extend(caller.unmet(needs));
            granted = caller.grant(needs);
        }
    }
    let answered = verdict.and(granted);
    let is_proved = case.is_proved();
    let is_plain = asked.needs.is_none();
    let route = asked.route.clone().or_else(|| is_plain.then(|| PLAIN_ROUTE.to_owned()));
    Report {
        accepted: answered.is_ok(),
        at: words::moment(now),
        checks,
        answer: http_answer(answered, answers, route.as_deref(), asked.needs),
        route,
        diagnoses,
        judged_by: case.judged_by(),
        shown: Shown::of(case.reading, is_proved),
    }
}

/// Judges a pasted text: a token, or a whole header value.
pub(crate) fn explain_input(
    verifier: &Verifier,
    answers: &Answers,
    token_header: Option<&str>,
    input: &str,
    now: SystemTime,
    asked: &Asked,
) -> Report {
    let header = match token_header {
        None => authorization(input),
        Some(_) => input.trim_matches(['\r', '\n']).to_owned(),
    };
    let mut report = explain(verifier, answers, token_header, &[&header], now, asked);
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

fn http_answer(
    verdict: Result<(), Rejection>,
    answers: &Answers,
    route: Option<&str>,
    needs: Option<&'static Needs>,
) -> HttpAnswer {
    let Err(rejection) = verdict else {
        let body = json!((route == Some(PLAIN_ROUTE)).then_some("Access Granted"));
        return HttpAnswer { status: 200, www_authenticate: None, retry_after: None, body };
    };
    let retry_after = rejection.retry_after().map(|wait| wait.as_secs());
    let refusal = Refusal::from(rejection);
    let refusal = match needs {
        Some(needs) => refusal.asking(needs),
        None => refusal,
    };
    HttpAnswer {
        status: rejection.status(answers.errors),
        www_authenticate: answers.challenge(&refusal).map(Cow::into_owned),
        retry_after,
        body: json!(Body::from(rejection)),
    }
}
