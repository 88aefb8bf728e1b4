//! Why a token is accepted or refused: each check, the HTTP answer, and the likely causes.
//!
//! The verdict is the verifier's own. The values beside it come from a lenient reading, which no
//! decision uses. A report never holds the signature, nor a text that may be a secret. It holds the
//! claims, personal ones included, for the owner of the token: no report is ever logged.

mod ask;
mod case;
mod diagnosis;
pub(crate) mod entra;
mod fault;
mod grantor;
pub(crate) mod kind;
mod malformed;
mod needs;
pub(crate) mod offered;
mod possession;
mod proof_case;
mod proof_faults;
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

use crate::dpop::Scheme;
use crate::guard::bearer::{self, Credential};
use crate::guard::refusal::{Answers, Body, Refusal};
use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::verifier::checks::{Check, Observer};
use crate::verifier::{Verifier, seconds_since_epoch};
use case::Case;
pub(crate) use needs::Asked;
use needs::Caller;
pub(crate) use possession::SentProof;
use reading::Reading;
pub(crate) use report::{Diagnosis, HttpAnswer, Outcome, Report, Step};
pub(crate) use shown::{Shown, unproved};
pub(crate) use words::json_lines;

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
        None => bearer::credential(values, verifier.proofs().is_some()),
        Some(_) => {
            bearer::bare_token(values).map(|token| Credential { scheme: Scheme::Bearer, token })
        }
    };
    let scheme = credential.map_or(Scheme::Bearer, |credential| credential.scheme);
    let credential = credential.map(|credential| credential.token);
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
    let proof = asked.proof.as_ref();
    let possession = match (&verified, verifier.proofs()) {
        (Ok(verified), Some(proofs)) => {
            Some(possession::judge(proofs, verified, scheme, proof, now))
        }
        _ => None,
    };
    let mut possessed = Ok(());
    if let Some(possession) = possession {
        checks.extend(possession.steps);
        diagnoses.extend(possession.diagnoses);
        possessed = possession.verdict;
    }
    let mut granted = Ok(());
    if let Some(needs) = asked.needs {
        checks.extend(needs::steps(needs, caller.as_ref()));
        if let Some(caller) = &caller {
            diagnoses.extend(caller.unmet(needs));
            granted = caller.grant(needs);
        }
    }
    let answered = verdict.and(possessed).and(granted);
    let used = bearer::scheme(headers.iter().copied());
    let is_proved = case.is_proved();
    let is_plain = asked.needs.is_none();
    let route = asked.route.clone().or_else(|| is_plain.then(|| PLAIN_ROUTE.to_owned()));
    Report {
        accepted: answered.is_ok(),
        at: words::moment(now),
        checks,
        answer: http_answer(answered, answers, used, route.as_deref(), asked.needs),
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
        None => authorization(input, is_bound(verifier, input, asked)),
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
fn authorization(input: &str, is_bound: bool) -> String {
    let input = input.trim_matches(['\r', '\n']);
    let mut words = input.split([' ', '\t']).filter(|word| !word.is_empty());
    let scheme = if is_bound { "DPoP" } else { "Bearer" };
    let is_scheme = |word: &str| ["bearer", "dpop"].iter().any(|it| word.eq_ignore_ascii_case(it));
    match (words.next(), words.next()) {
        (Some(word), None) if !is_scheme(word) => format!("{scheme} {word}"),
        _ => input.to_owned(),
    }
}

/// Whether a client would send a pasted token as `DPoP`: a proof is given, or the token says that it is
/// bound to a key.
fn is_bound(verifier: &Verifier, input: &str, asked: &Asked) -> bool {
    let says_so = || {
        let cnf = Reading::of(longest_word(&[input])).claim("cnf").cloned();
        cnf.is_some_and(|cnf| cnf.get("jkt").is_some())
    };
    verifier.proofs().is_some() && (asked.proof.is_some() || says_so())
}

fn longest_word<'a>(headers: &[&'a str]) -> &'a str {
    let words = headers.iter().flat_map(|header| header.split([' ', '\t']));
    words.max_by_key(|word| word.len()).unwrap_or_default()
}

/// Challenges as one list; a server sends a line for each (RFC 9110 §11.6.1).
fn listed(challenges: [Option<Cow<'_, str>>; 2]) -> Option<String> {
    let challenges: Vec<_> = challenges.into_iter().flatten().collect();
    (!challenges.is_empty()).then(|| challenges.join(", "))
}

fn http_answer(
    verdict: Result<(), Rejection>,
    answers: &Answers,
    used: Option<Scheme>,
    route: Option<&str>,
    needs: Option<&'static Needs>,
) -> HttpAnswer {
    let Err(rejection) = verdict else {
        let body = json!((route == Some(PLAIN_ROUTE)).then_some("Access Granted"));
        return HttpAnswer { status: 200, www_authenticate: None, retry_after: None, body };
    };
    let retry_after = rejection.retry_after().map(|time| time.as_secs());
    let refusal = Refusal::from(rejection);
    let refusal = match needs {
        Some(needs) => refusal.asking(needs),
        None => refusal,
    };
    HttpAnswer {
        status: rejection.status(answers.errors),
        www_authenticate: listed(answers.challenges(&refusal, used)),
        retry_after,
        body: json!(Body::from(rejection)),
    }
}
