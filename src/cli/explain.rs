//! `explain`: why a token is accepted or refused.

use std::env;
use std::io::{self, IsTerminal, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use rocket::{Phase, Rocket};
use serde_json::{Value, json};

use super::configuration::{ProfileArgument, bearer_config, rocket_config};
use super::key_age;
use super::output::{CommandFailure, say_as_it_is, shown_text, tell};
use crate::explain::{Diagnosis, Outcome, Report, Step, explain, explain_input};
use crate::guard::Policy;
use crate::guard::policy::trust;
use crate::guard::refusal::Answers;
use crate::verifier::Verifier;

/// Say why a token is accepted or refused, check by check, and what to do about it.
///
/// It is judged as a freshly started server would. Without TOKEN it is read from stdin, which
/// keeps it out of the shell's history. Neither the signature nor what may be a secret is shown.
#[derive(Args)]
#[command(after_help = "Example:\n  rocket-bearer token | rocket-bearer explain\n  \
    rocket-bearer explain --profile auth0 --at 2026-05-01T12:00:00Z \"$TOKEN\"\n\nExit code 0: \
    accepted; 1: refused; 2: it could not be judged.")]
pub(super) struct ExplainArguments {
    /// The token, or the whole value of an `Authorization` header [default: stdin]
    token: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    profile: ProfileArgument,
    /// Judge at this time, RFC 3339 or seconds since 1970 [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<SystemTime>,
    /// Fetch nothing: without a key set at hand, signature and claims stay open
    #[arg(long)]
    offline: bool,
}

/// The widest value, in characters, behind which the expected values are aligned.
const WIDEST: usize = 44;

/// The most bytes that are read from stdin; no token is longer.
const MOST_BYTES: u64 = 1_048_576;

pub(super) fn run(arguments: &ExplainArguments) -> Result<(), CommandFailure> {
    let is_accepted = judge(arguments).map_err(CommandFailure::undecided)?;
    if is_accepted { Ok(()) } else { Err(CommandFailure::Told) }
}

/// Prints the report; true where the token is accepted.
fn judge(arguments: &ExplainArguments) -> Result<bool, CommandFailure> {
    let figment = arguments.profile.figment();
    rocket_config(&figment)?;
    let config = bearer_config(&figment)?;
    config.tell_what_it_took();
    let verifier = Verifier::trusting(&config, trust(&figment))?;
    let token = match &arguments.token {
        Some(token) => token.clone(),
        None => piped().map_err(|error| format!("cannot read the token: {error}"))?,
    };
    if !arguments.offline {
        rocket::execute(verifier.refresh());
    }
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let header = config.token_header.as_deref();
    let report = explain_input(&verifier, &Answers::of(&config), header, &token, now);

    let judged_by = report.judged_by.as_ref().filter(|_| !arguments.offline);
    let issuer = judged_by.and_then(|name| config.issuers.iter().find(|it| it.name == *name));
    let keys = issuer.and_then(|issuer| key_age::told(&issuer.source, &config.fetching));

    let profile = shown_text(figment.profile().as_str().as_str());
    if arguments.json {
        let mut report_json = json!(report);
        report_json["profile"] = json!(profile);
        report_json["offline"] = json!(arguments.offline);
        report_json["keys"] = json!(keys);
        say_as_it_is(&format!("{report_json:#}"))?;
    } else {
        let wants_none = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = io::stdout().is_terminal() && !wants_none;
        let fetched = if arguments.offline { ", nothing fetched (offline)" } else { "" };
        let head = format!("profile {profile}, at {}{fetched}", report.at);
        say_as_it_is(&told(&report, head, keys.as_deref(), &Paint { colour }))?;
    }
    Ok(report.accepted)
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
    let header = policy.token_header();
    json!(explain(&policy.verifier, &policy.answers, header, headers, SystemTime::now()))
}

/// The report as text, below this head; `keys` tells how old those of a running server may be.
fn told(report: &Report, head: String, keys: Option<&str>, paint: &Paint) -> String {
    let mut lines = vec![head, String::new()];
    let widest = report.checks.iter().map(|step| step.found.chars().count().min(WIDEST)).max();
    lines.extend(report.checks.iter().map(|step| paint.step(step, widest.unwrap_or_default())));
    lines.push(String::new());

    let answer = &report.answer;
    let verdict = if report.accepted { "accepted" } else { "refused" };
    let verdict = paint.verdict(report.accepted, verdict);
    lines.push(format!("{verdict}: GET /headers answers {}", answer.status));
    if let Some(challenge) = &answer.www_authenticate {
        lines.push(format!("  WWW-Authenticate: {challenge}"));
    }
    if let Some(seconds) = answer.retry_after {
        lines.push(format!("  Retry-After: {seconds}"));
    }
    let body = answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned);
    lines.push(format!("  {body}"));
    lines.extend(keys.map(|keys| format!("  by keys {keys}")));
    for Diagnosis { name, says, cure } in &report.diagnoses {
        lines.push(String::new());
        lines.push(format!("{}: {says}", paint.bold(name)));
        lines.push(format!("  {cure}"));
    }
    lines.push(String::new());
    lines.push(paint.dim(
        "What was found is the token's own word, proved only where `signature` has passed. The \
         signature is not shown. A server logs of all this the `kid` at most, and no claim but `sub`, \
         where `log.sub` asks for it.",
    ));
    lines.join("\n")
}

/// Writes in colours on a terminal, without any in a pipe.
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, code: u8, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with(1, text)
    }

    fn dim(&self, text: &str) -> String {
        self.with(2, text)
    }

    fn verdict(&self, is_good: bool, text: &str) -> String {
        self.with(if is_good { 32 } else { 31 }, text)
    }

    fn step(&self, step: &Step, widest: usize) -> String {
        let Step { check, expected, found, outcome } = step;
        let line = format!("{check:10}  {found:widest$}");
        let expected = format!("  expected: {expected}");
        match outcome {
            Outcome::Passed => format!("{} {line}{}", self.verdict(true, "✓"), self.dim(&expected)),
            Outcome::Refused => self.verdict(false, &format!("✗ {line}{expected}")),
            Outcome::NotReached => self.dim(&format!("· {line}{expected}")),
        }
    }
}

/// Reads RFC 3339, or seconds since 1970.
fn instant(text: &str) -> Result<SystemTime, String> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let at = match seconds {
        Some(seconds) => UNIX_EPOCH.checked_add(seconds),
        None => humantime::parse_rfc3339_weak(text).ok(),
    };
    at.ok_or_else(|| "write a time like `2026-05-01T12:00:00Z` or `1777636800`".to_owned())
}
