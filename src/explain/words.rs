//! Values and times as text that is safe to print.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::printable::{escaped_but_quotes, inert_json};
use crate::token::claims::YEAR_10000;

/// How much of a value is shown.
const MOST_CHARACTERS: usize = 120;

/// A text for a terminal.
pub(super) fn printable(text: &str) -> String {
    escaped_but_quotes(text, MOST_CHARACTERS)
}

/// A value of a token as JSON.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| printable(&value.to_string()))
}

/// A value of a token as JSON, a text without its quotes.
pub(super) fn plain(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).map_or_else(|| shown(value), printable)
}

/// The same value as JSON in which no character acts on a terminal.
pub(crate) fn json_lines(value: &Value) -> String {
    inert_json(&format!("{value:#}"))
}

/// A NumericDate of a token: the number, and the instant in RFC 3339.
pub(super) fn shown_time(value: Option<&Value>) -> String {
    match value.and_then(Value::as_f64).and_then(instant) {
        Some(instant) => format!("{} ({instant})", shown(value)),
        None => shown(value),
    }
}

/// Seconds since the epoch as `2026-05-01T12:00:00Z`; `None` before 1970 and after 9999.
fn instant(seconds: f64) -> Option<String> {
    let is_dated = (0.0..YEAR_10000).contains(&seconds);
    is_dated.then(|| {
        let instant = UNIX_EPOCH + Duration::from_secs_f64(seconds);
        humantime::format_rfc3339_seconds(instant).to_string()
    })
}

/// Seconds since the epoch as `2026-05-01T12:00:00Z`; the number itself before 1970 and after 9999.
pub(super) fn moment(seconds: f64) -> String {
    instant(seconds).unwrap_or_else(|| seconds.to_string())
}

/// A length of time in its two greatest units: `43 s`, `1 h 3 min`, `12 d`.
pub(super) fn span(seconds: f64) -> String {
    let seconds = seconds.abs().round() as u64;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let told = parts[first..].iter().take(2).filter(|(count, _)| *count > 0 || seconds == 0);
    let told: Vec<_> = told.map(|(count, unit)| format!("{count} {unit}")).collect();
    told.join(" ")
}

/// Alternatives as `a`, `a or b`, `a, b or c`.
pub(super) fn either<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::printable::needs_escape;

    #[test]
    fn a_span_is_told_in_its_two_greatest_units() {
        for (seconds, told) in [
            (0.0, "0 s"),
            (43.0, "43 s"),
            (-60.0, "1 min"),
            (3_783.0, "1 h 3 min"),
            (86_400.0, "1 d"),
            (86_405.0, "1 d"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(span(seconds), told, "{seconds}");
        }
    }

    #[test]
    fn no_value_speaks_to_the_terminal() {
        let value = Value::from("a\u{1b}[31m\u{202e}\u{7f}\u{9b}\nb");
        let shown = shown(Some(&value));
        assert!(shown.chars().all(|it| (' '..='~').contains(&it)), "{shown:?}");
        assert_eq!(printable(&"a".repeat(500)).chars().count(), MOST_CHARACTERS + 1);
    }

    #[test]
    fn json_keeps_every_value_and_acts_on_no_terminal() {
        let value = json!({ "a\u{9b}": ["\u{202e}\u{2028}", "\u{7f}\n\u{1b}é漢", { "b": 1.5 }] });
        let lines = json_lines(&value);
        assert!(lines.chars().all(|it| it == '\n' || !needs_escape(it)), "{lines:?}");
        assert_eq!(serde_json::from_str::<Value>(&lines).unwrap(), value);
    }
}
