//! A report as text for a terminal, and as JSON.

use std::env;
use std::io::{self, IsTerminal};

use serde_json::Value;

use crate::cli::output::inert_json;
use crate::explain::{Diagnosis, Outcome, Report, Step};

/// The widest value, in characters, behind which the expected values are aligned.
const WIDEST: usize = 44;

/// What is told above a report, and whether routes of the program's own app are named.
pub(super) struct Head {
    pub(super) profile: String,
    pub(super) is_offline: bool,
    pub(super) is_ours: bool,
}

/// The report as text; `keys` tells how old those of a running server may be.
pub(super) fn told(report: &Report, head: &Head, keys: Option<&str>, paint: &Paint) -> String {
    let fetched = if head.is_offline { ", nothing fetched (offline)" } else { "" };
    let mut lines = vec![format!("profile {}, at {}{fetched}", head.profile, report.at)];
    if report.shown.has_members() {
        lines.push(String::new());
        lines.extend(report.shown.lines());
    }
    lines.push(String::new());
    let widest = report.checks.iter().map(|step| step.found.chars().count().min(WIDEST)).max();
    lines.extend(report.checks.iter().map(|step| paint.step(step, widest.unwrap_or_default())));
    lines.push(String::new());

    lines.extend(verdict(report, head.is_ours, paint));
    lines.extend(keys.map(|keys| format!("  by keys {keys}")));
    for Diagnosis { name, says, cure } in &report.diagnoses {
        lines.push(String::new());
        lines.push(format!("{}: {says}", paint.bold(name)));
        lines.push(format!("  {cure}"));
    }
    lines.join("\n")
}

/// The answer of the route that was asked about, else of any route that is guarded so.
fn verdict(report: &Report, is_ours: bool, paint: &Paint) -> Vec<String> {
    let answer = &report.answer;
    let word = if report.accepted { "accepted" } else { "refused" };
    let word = paint.verdict(report.accepted, word);
    let whose = match report.route.as_deref().filter(|_| is_ours) {
        Some(route) => route,
        None if report.checks.iter().any(|step| step.check == "needs") => {
            "a route with these needs"
        }
        None => "a guarded route",
    };
    if report.accepted && !(is_ours && answer.body.is_string()) {
        return vec![format!("{word}: {whose} lets it in")];
    }
    let mut lines = vec![format!("{word}: {whose} answers {}", answer.status)];
    if let Some(challenge) = &answer.www_authenticate {
        lines.push(format!("  WWW-Authenticate: {challenge}"));
    }
    if let Some(seconds) = answer.retry_after {
        lines.push(format!("  Retry-After: {seconds}"));
    }
    let body = answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned);
    lines.push(format!("  {body}"));
    lines
}

/// The same value as JSON in which no character acts on a terminal.
pub(super) fn json_lines(value: &Value) -> String {
    inert_json(&format!("{value:#}"))
}

/// Writes in colours on a terminal, without any in a pipe.
pub(super) struct Paint {
    colour: bool,
}

impl Paint {
    /// Colours where stdout is a terminal and `NO_COLOR` is not set.
    pub(super) fn of_stdout() -> Self {
        let wants_none = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: io::stdout().is_terminal() && !wants_none }
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::printable::needs_escape;

    #[test]
    fn json_keeps_every_value_and_acts_on_no_terminal() {
        let value = json!({ "a\u{9b}": ["\u{202e}\u{2028}", "\u{7f}\n\u{1b}é漢", { "b": 1.5 }] });
        let lines = json_lines(&value);
        assert!(lines.chars().all(|it| it == '\n' || !needs_escape(it)), "{lines:?}");
        assert_eq!(serde_json::from_str::<Value>(&lines).unwrap(), value);
    }
}
