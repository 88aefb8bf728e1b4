//! Times and spans of time in arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads RFC 3339, or seconds since 1970.
pub(super) fn instant(text: &str) -> Result<SystemTime, String> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let at = match seconds {
        Some(seconds) => UNIX_EPOCH.checked_add(seconds),
        None => humantime::parse_rfc3339_weak(text).ok(),
    };
    at.ok_or_else(|| "write a time like `2026-05-01T12:00:00Z` or `1777636800`".to_owned())
}

/// The same, or `now`.
pub(super) fn instant_or_now(text: &str) -> Result<SystemTime, String> {
    match text {
        "now" => Ok(SystemTime::now()),
        text => instant(text).map_err(|cure| format!("{cure}, or `now`")),
    }
}

/// Reads a span of time, from one second.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let cure = "write a span of time like `30d`, `12h` or `90s`";
    let span = humantime::parse_duration(text).map_err(|error| format!("{error}; {cure}"))?;
    if span < Duration::from_secs(1) { Err(cure.to_owned()) } else { Ok(span) }
}
