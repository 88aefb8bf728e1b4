//! `explain`: why a token is accepted or refused.

mod needs;
mod route;
mod told;

use std::io::{self, IsTerminal, Read};
use std::time::SystemTime;

use clap::Args;
use rocket::{Phase, Rocket};
use serde_json::{Value, json};

use super::configuration::{ProfileArgument, bearer_config, rocket_config};
use super::key_age;
use super::output::{CommandFailure, say, say_as_it_is, shown_text, tell};
use super::proof::method;
use super::times;
use super::wrapping::columns_of_stdout;
use crate::config::Config;
use crate::dpop::url::HttpUrl;
use crate::error::Error;
use crate::explain::{Asked, Report, SentProof, explain, explain_input, json_lines, unproved};
use crate::guard::Policy;
use crate::guard::policy::trust;
use crate::guard::refusal::Answers;
use crate::rejection::needs::Needs;
use crate::verifier::Verifier;
use told::{Head, Paint, told};

/// Say why a token is accepted or refused, check by check, and what to do about it.
///
/// It is judged as a freshly started server would. Without TOKEN it is read from stdin, which
/// keeps it out of the shell's history.
#[derive(Args)]
#[command(after_help = "Example:\n  rocket-bearer token | rocket-bearer explain\n  \
    rocket-bearer explain --profile auth0 --at 2026-05-01T12:00:00Z \"$TOKEN\"\n  \
    rocket-bearer explain --needs 'read:messages' \"$TOKEN\"\n  \
    rocket-bearer explain --needs 'scope:read or role:admin max-age:5m' \"$TOKEN\"\n  \
    rocket-bearer explain --route 'GET /messages' \"$TOKEN\"\n  \
    rocket-bearer explain --proof \"$PROOF\" \\\n    --url https://api.example.com/headers \"$TOKEN\"\n\n\
    NEEDS are words by spaces, and all are needed; `or` between two makes them alternatives:\n  \
    read:messages       a scope or a permission of this name\n  \
    scope:NAME          a scope\n  \
    permission:NAME     a permission (Auth0's RBAC)\n  \
    role:NAME           a role, in the claims that the key `roles` names\n  \
    org:ID              Auth0's organization\n  \
    actor:NAME          who acts for the subject (`act.sub`)\n  \
    claim:NAME=VALUE    a claim that is this text, or a list that holds it\n  \
    acr:CLASS,CLASS     a sign-in of one of these classes\n  \
    max-age:5m          a sign-in at most so long ago, by `auth_time`\n\
    A scope whose name begins so is asked for as `scope:role:x`; a name with spaces stands in double \
    quotes: `role:\"Site Admin\"`.\n\n\
    Header and claims are shown, as proved where the signature holds; the signature is not. Of all this \
    a server logs the `kid` at most, and `sub` where `log.sub` asks for it. Without any \
    configuration the token is decoded, and nothing is judged.\n\n\
    Exit code 0: accepted; 1: refused, or a need is not met; 2: it could not be judged.")]
pub(super) struct ExplainArguments {
    /// The token, or the whole value of an `Authorization` header [default: stdin]
    token: Option<String>,
    /// Judge as a route that needs this beyond a token, and say what is missing and who grants it
    #[arg(long, value_name = "NEEDS", value_parser = needs::needs, conflicts_with = "route")]
    needs: Option<Needs>,
    /// Judge as this route of `rocket-bearer serve`: `GET /messages`
    #[arg(long)]
    route: Option<String>,
    /// The DPoP proof that came along, judged but not used up
    #[arg(long)]
    proof: Option<String>,
    /// The method of the request that the proof is for
    #[arg(long, default_value = "GET", requires = "proof", value_parser = method)]
    method: String,
    /// Its URL, or its path alone [default: `htu` of the proof is shown, not judged]
    #[arg(long, requires = "proof", value_parser = url_or_path)]
    url: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    profile: ProfileArgument,
    /// Judge at this time, RFC 3339 or seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = times::instant)]
    at: Option<SystemTime>,
    /// Fetch nothing: without a key set at hand, signature and claims stay open
    #[arg(long)]
    offline: bool,
}

/// The most bytes that are read from stdin; no token is longer.
const MOST_BYTES: u64 = 1_048_576;

pub(super) fn run(arguments: &ExplainArguments) -> Result<(), CommandFailure> {
    let is_accepted = judge(arguments).map_err(CommandFailure::undecided)?;
    if is_accepted { Ok(()) } else { Err(CommandFailure::Told) }
}

/// Prints the report; true where the request is let in.
fn judge(arguments: &ExplainArguments) -> Result<bool, CommandFailure> {
    let asked = asked(arguments)?;
    let figment = arguments.profile.figment();
    rocket_config(&figment)?;
    let config = match bearer_config(&figment) {
        Err(error) if error.is_absence() => {
            show_unjudged(&token_of(arguments)?, &error, arguments.json)?;
            return Err(error.into());
        }
        config => config?,
    };
    config.tell_what_it_took();
    let mut verifier = Verifier::trusting(&config, trust(&figment))?;
    if arguments.proof.is_some() && verifier.proofs().is_none() {
        return Err(CommandFailure::Because(
            "`dpop.mode` is `off`, so no proof is judged; set it to `allowed` or `required`, and \
             `dpop.base` to the public origin of the API"
                .to_owned(),
        ));
    }
    verifier.leave_nonces_open();
    let token = token_of(arguments)?;
    if !arguments.offline {
        rocket::execute(verifier.refresh());
    }
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let header = config.token_header.as_deref();
    let report = explain_input(&verifier, &Answers::of(&config), header, &token, now, &asked);
    let keys = keys(&report, &config).filter(|_| !arguments.offline);

    let profile = shown_text(figment.profile().as_str().as_str());
    if arguments.json {
        let mut report_json = json!(report);
        report_json["profile"] = json!(profile);
        report_json["offline"] = json!(arguments.offline);
        report_json["keys"] = json!(keys);
        say_as_it_is(&json_lines(&report_json))?;
    } else {
        // The bundled keys serve the program's own app alone.
        let is_ours = arguments.route.is_some() || verifier.uses_development_keys();
        let head = Head { profile, is_offline: arguments.offline, is_ours };
        let (paint, columns) = (Paint::of_stdout(), columns_of_stdout());
        say_as_it_is(&told(&report, &head, keys.as_deref(), &paint, columns))?;
    }
    Ok(report.accepted)
}

/// What the token has to grant beside being accepted.
fn asked(arguments: &ExplainArguments) -> Result<Asked, CommandFailure> {
    let mut asked = match &arguments.route {
        Some(route) => route::asked_by(route)?,
        None => Asked::default(),
    };
    if let Some(needs) = arguments.needs {
        asked.needs = Some(Box::leak(Box::new(needs)));
    }
    asked.proof = arguments.proof.as_ref().map(|proof| SentProof {
        proof: without_name(proof).to_owned(),
        method: arguments.method.clone(),
        url: arguments.url.clone(),
    });
    Ok(asked)
}

/// A URL that a proof can be for, or the path of a request.
fn url_or_path(text: &str) -> Result<String, String> {
    match text.starts_with('/') || HttpUrl::parse(text).is_some() {
        true => Ok(text.to_owned()),
        false => {
            Err("write it in full, as `https://api.example.com/headers`, or its path".to_owned())
        }
    }
}

/// A proof that was pasted with the name of its header, without it.
fn without_name(proof: &str) -> &str {
    let (name, value) = proof.split_once(':').unwrap_or(("", proof));
    if name.trim_ascii().eq_ignore_ascii_case("dpop") { value } else { proof }
}

fn token_of(arguments: &ExplainArguments) -> Result<String, CommandFailure> {
    match &arguments.token {
        Some(token) => Ok(token.clone()),
        None => Ok(piped().map_err(|error| format!("cannot read the token: {error}"))?),
    }
}

/// Shows a token that nothing can judge; a text that cannot be read is not repeated.
fn show_unjudged(token: &str, error: &Error, as_json: bool) -> Result<(), CommandFailure> {
    const SAYS: &str = "Nothing was judged: there is no configuration.";
    let shown = unproved(token);
    if as_json {
        let mut report = json!(shown);
        report["accepted"] = json!(false);
        let cure = error.report();
        report["diagnoses"] = json!([{ "name": "not_configured", "says": SAYS, "cure": cure }]);
        return say_as_it_is(&json_lines(&report));
    }
    if !shown.has_members() {
        return Ok(());
    }
    say(&format!("{}\n\nnot_configured: {SAYS}", shown.lines().join("\n")))
}

/// How old the keys of a running server may be, where keys have judged the token.
fn keys(report: &Report, config: &Config) -> Option<String> {
    let name = report.judged_by.as_ref()?;
    let issuer = config.issuers.iter().find(|it| it.name == *name)?;
    key_age::told(&issuer.source, &config.fetching)
}

fn piped() -> io::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        tell("rocket-bearer: paste the token, then press Enter and Ctrl-D");
    }
    let mut token = String::new();
    stdin.lock().take(MOST_BYTES).read_to_string(&mut token)?;
    Ok(token)
}

/// The report on a request to this app with these values of its header for a token. For tests.
#[doc(hidden)]
pub fn explained<P: Phase>(rocket: &Rocket<P>, headers: &[&str]) -> Value {
    let policy = Policy::of(rocket).expect("`Bearer` is attached");
    let (now, asked) = (SystemTime::now(), Asked::default());
    let header = policy.token_header();
    json!(explain(&policy.verifier, &policy.answers, header, headers, now, &asked))
}

/// The same of a bound token, with the proof, the method and the URL of the request. For tests.
#[doc(hidden)]
pub fn explained_with_proof<P: Phase>(
    rocket: &Rocket<P>,
    header: &str,
    sent: Option<[&str; 3]>,
) -> Value {
    let policy = Policy::of(rocket).expect("`Bearer` is attached");
    let proof = sent.map(|sent| {
        let [proof, method, url] = sent.map(str::to_owned);
        SentProof { proof, method, url: Some(url) }
    });
    let (now, asked) = (SystemTime::now(), Asked { proof, ..Asked::default() });
    json!(explain(&policy.verifier, &policy.answers, None, &[header], now, &asked))
}
