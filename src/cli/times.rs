//! Times and spans of time in arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads RFC 3339, or seconds since 1970.
pub(super) fn instant(text: &str) -> Result<SystemTime, String> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let at = match seconds {
        Some(seconds) => UNIX_EPOCH.checked_add(seconds),
        None => humantime::parse_rfc3339_weak(text).ok().or_else(|| with_offset(text)),
    };
    at.ok_or_else(|| "write a time like `2026-05-01T12:00:00Z` or `1777636800`".to_owned())
}

/// Reads RFC 3339 with an offset, as `date --iso-8601=seconds` writes it.
fn with_offset(text: &str) -> Option<SystemTime> {
    let (local, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    let digits = |range| {
        let digits: &str = offset.get(range)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<u64>().ok()).flatten()
    };
    let (hours, minutes) = (digits(1..3)?, digits(4..6)?);
    let is_whole = local.ends_with(|last: char| last.is_ascii_digit());
    if offset.as_bytes()[3] != b':' || hours > 23 || minutes > 59 || !is_whole {
        return None;
    }
    let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let ahead = Duration::from_secs(3_600 * hours + 60 * minutes);
    match offset.as_bytes()[0] {
        b'+' => local.checked_sub(ahead),
        b'-' => local.checked_add(ahead),
        _ => None,
    }
}

/// The same, or `now`.
pub(super) fn instant_or_now(text: &str) -> Result<SystemTime, String> {
    match text {
        "now" => Ok(SystemTime::now()),
        text => instant(text).map_err(|cure| format!("{cure}, or `now`")),
    }
}

/// Reads a span of time, from one second, that ends at a time that can be told.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let cure = "write a span of time like `30d`, `12h` or `90s`";
    let span = humantime::parse_duration(text).map_err(|error| format!("{error}; {cure}"))?;
    let has_end = SystemTime::now().checked_add(span).is_some();
    if span < Duration::from_secs(1) || !has_end { Err(cure.to_owned()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_offset() {
        for (text, seconds) in [
            ("1777636800", Some(1_777_636_800)),
            ("2026-05-01T12:00:00Z", Some(1_777_636_800)),
            ("2026-05-01T14:00:00+02:00", Some(1_777_636_800)),
            ("2026-05-01T06:30:00-05:30", Some(1_777_636_800)),
            ("2026-05-01T12:00:00.25+00:00", Some(1_777_636_800)),
            ("2026-05-01T14:00:00+2:00", None),
            ("2026-05-01T14:00:00++2:00", None),
            ("2026-05-01T14:00:00+02-00", None),
            ("2026-05-01T14:00:00+24:00", None),
            ("2026-05-01T14:00:00+02:60", None),
            ("2026-05-01T14:00:00Z+02:00", None),
            ("2026-05-01+02:00", None),
            ("\u{e4}+02:00", None),
            ("+02:00", None),
            ("\u{e4}\u{e4}\u{e4}", None),
            ("18446744073709551615", None),
        ] {
            let read = instant(text).ok();
            let read = read.map(|at| at.duration_since(UNIX_EPOCH).unwrap().as_secs());
            assert_eq!(read, seconds, "{text}");
        }
    }

    #[test]
    fn a_span_has_a_second_at_least_and_an_end() {
        for (text, seconds) in [
            ("1s", Some(1)),
            ("30d", Some(2_592_000)),
            ("999ms", None),
            ("-1d", None),
            ("400000000000y", None),
            ("99999999999999999999y", None),
        ] {
            assert_eq!(span(text).ok().map(|span| span.as_secs()), seconds, "{text}");
        }
    }
}
