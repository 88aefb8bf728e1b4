//! A report as text for a terminal, and as JSON.

use std::env;
use std::io::{self, IsTerminal};

use crate::cli::wrapping::{width, wrapped};
use crate::explain::{Diagnosis, Outcome, Report, Step};

/// The widest value, in characters, behind which the expected values are aligned.
const WIDEST: usize = 44;

/// The same on a terminal: a time with its date fits, and leaves room for what was expected.
const WIDEST_ON_A_TERMINAL: usize = 33;

/// The width of the names of checks, where no longer one is among them.
const WIDTH_OF_NAMES: usize = 10;

/// What is told above a report, and whether routes of the program's own app are named.
pub(super) struct Head {
    pub(super) profile: String,
    pub(super) is_offline: bool,
    pub(super) is_ours: bool,
}

/// The report as text, within the columns of a terminal; `keys` tells how old those of a running server
/// may be.
pub(super) fn told(
    report: &Report,
    head: &Head,
    keys: Option<&str>,
    paint: &Paint,
    columns: Option<usize>,
) -> String {
    let (above, below) = (above(report, head), below(report, head, keys, paint));
    let checks = match columns {
        None => in_lines(&report.checks, paint),
        Some(columns) => in_columns(&report.checks, columns, paint),
    };
    let fitting = |text: String| match columns {
        Some(columns) => wrapped(&text, columns),
        None => text,
    };
    [fitting(above.join("\n")), checks.join("\n"), fitting(below.join("\n"))].join("\n\n")
}

/// What was judged, and when: the profile, and the members of the token.
fn above(report: &Report, head: &Head) -> Vec<String> {
    let fetched = if head.is_offline { ", nothing fetched (offline)" } else { "" };
    let mut lines = vec![format!("profile {}, at {}{fetched}", head.profile, report.at)];
    if report.shown.has_members() {
        lines.push(String::new());
        lines.extend(report.shown.lines());
    }
    lines
}

/// The verdict and the diagnoses.
fn below(report: &Report, head: &Head, keys: Option<&str>, paint: &Paint) -> Vec<String> {
    let mut lines = verdict(report, head.is_ours, paint);
    lines.extend(keys.map(|keys| format!("  by keys {keys}")));
    for Diagnosis { name, says, cure } in &report.diagnoses {
        lines.push(String::new());
        lines.push(format!("{}: {says}", paint.bold(name)));
        lines.push(format!("  {cure}"));
    }
    lines
}

/// A line for each check.
fn in_lines(checks: &[Step], paint: &Paint) -> Vec<String> {
    let widest = checks.iter().map(|step| width(&step.found).min(WIDEST)).max().unwrap_or_default();
    let names = width_of_names(checks);
    let line = |step: &Step| {
        let found = format!("{:widest$}", step.found);
        paint.step(step, &name(step, names), &found, &format!("  expected: {}", step.expected))
    };
    checks.iter().map(line).collect()
}

/// The checks as a table, in whose cells words wrap.
fn in_columns(checks: &[Step], columns: usize, paint: &Paint) -> Vec<String> {
    let fitting = checks.iter().map(|step| width(&step.found));
    let fitting = fitting.filter(|width| *width <= WIDEST_ON_A_TERMINAL).max();
    let widest = fitting.unwrap_or_default().max("found".len());
    let names = width_of_names(checks);
    let indent = 2 + names + 2;
    let second = indent + widest + 2;
    let mut lines =
        vec![paint.dim(&format!("  {:names$}  {:widest$}  expected", "check", "found"))];
    for step in checks {
        let found = wrapped(&step.found, widest);
        let mut found: Vec<_> = found.lines().map(str::trim_start).collect();
        let expected = wrapped(&step.expected, columns.saturating_sub(second).max(16));
        let mut expected: Vec<_> = expected.lines().map(str::trim_start).collect();
        if let Some(last) = found.iter().rposition(|line| width(line) > widest) {
            // What was expected stands below what leaves no room for it.
            expected.splice(..0, vec![""; last + 1]);
        }
        found.resize(found.len().max(expected.len()), "");
        expected.resize(found.len(), "");
        for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
            let name = if at == 0 { name(step, names) } else { " ".repeat(indent) };
            let (found, expected) = match expected {
                "" => ((*found).to_owned(), String::new()),
                expected => (format!("{found:widest$}"), format!("  {expected}")),
            };
            lines.push(paint.step(step, &name, &found, &expected));
        }
    }
    lines
}

/// The width of the column of names.
fn width_of_names(checks: &[Step]) -> usize {
    checks.iter().map(|step| step.check.len()).max().unwrap_or_default().max(WIDTH_OF_NAMES)
}

/// The mark of the outcome and the name of the check, up to the column of values.
fn name(step: &Step, width: usize) -> String {
    let mark = match step.outcome {
        Outcome::Passed => '✓',
        Outcome::Refused => '✗',
        Outcome::NotReached => '·',
    };
    format!("{mark} {:width$}  ", step.check)
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

    /// A line of a check: its name, what was found, and what was expected.
    fn step(&self, step: &Step, name: &str, found: &str, expected: &str) -> String {
        match (step.outcome, name.strip_prefix('✓')) {
            (Outcome::Passed, Some(name)) => {
                format!("{}{name}{found}{}", self.verdict(true, "✓"), self.dim(expected))
            }
            (Outcome::Passed, None) => format!("{name}{found}{}", self.dim(expected)),
            (Outcome::Refused, _) => self.verdict(false, &format!("{name}{found}{expected}")),
            (Outcome::NotReached, _) => self.dim(&format!("{name}{found}{expected}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(check: &'static str, found: &str, expected: &str) -> Step {
        let (found, expected) = (found.to_owned(), expected.to_owned());
        Step { check, outcome: Outcome::Refused, expected, found }
    }

    #[test]
    fn a_table_fits_80_columns_and_breaks_between_words() {
        let long =
            "https://tenant.eu.auth0.com/a/very/long/path/of/an/issuer/that/is/wide/".repeat(2);
        let checks = [
            step("size", "539 bytes", "at most 16384 bytes"),
            step(
                "exp",
                "1796100446 (2026-12-01T04:47:26Z)",
                "after 2026-12-01T03:47:21Z (leeway 5 s)",
            ),
            step(
                "iss",
                &long,
                "one of these, which are many: https://a.example/ or https://b.example/",
            ),
            step("kid", "a name of several words that need more than one line", "short"),
        ];
        let lines = in_columns(&checks, 80, &Paint { colour: false });
        assert_eq!(lines[0], "  check       found                              expected");
        assert_eq!(
            lines[1],
            "✗ size        539 bytes                          at most 16384 bytes"
        );
        let too_long: Vec<_> = lines.iter().filter(|line| width(line) > 80).collect();
        assert_eq!(too_long, [&format!("✗ iss         {long}")], "{lines:#?}");
        let said = lines.join(" ");
        for step in &checks {
            let mut words = step.found.split(' ').chain(step.expected.split(' '));
            assert!(words.all(|word| said.contains(word)), "{}: {lines:#?}", step.check);
        }
    }
}
