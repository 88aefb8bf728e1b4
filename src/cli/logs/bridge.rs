//! The records of `log`, most of which are Rocket's → events of `tracing`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use rocket::config::LogLevel;
use tracing_log::LogTracer;

use super::levels::is_of_the_launch;
use crate::refusal_log::Throttle;

/// Rocket's lines about odd requests, which any client can send, and about connections, which fail
/// four times a second while file handles are short.
const OF_CLIENTS: [&[&str]; 2] = [&["rocket::server", "rocket::request"], &["rocket_http::"]];

/// A flood of one kind hides no other, and a flood of warnings no error: that a route panicked is one.
const KINDS: usize = 2 * OF_CLIENTS.len();

/// Which of these kinds a line is of.
fn kind_of_clients(target: &str, level: log::Level) -> Option<usize> {
    let is_kind = |begins: &&[&str]| begins.iter().any(|begin| target.starts_with(begin));
    let kind = OF_CLIENTS.iter().position(is_kind)?;
    Some(2 * kind + usize::from(level == log::Level::Error))
}

/// Removes ANSI colours. They are off, but Rocket's `Content-Type` parser turns them on for the whole
/// process when it reports an error, and any client can send such a header.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';');
        match rest.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.extend(["\u{1b}[", piece]),
        }
    }
    plain
}

/// Cuts the queries off the paths in a message: they may hold tokens.
fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((path, _)) if path.trim_start_matches('"').starts_with('/') => format!("{path}?…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What Rocket tells last of a launch.
const LAUNCHED: &str = "Rocket has launched from";

/// What is to be done below that line.
static AFTER_THE_LAUNCH: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// Does this once Rocket has told that it has launched.
pub(crate) fn after_the_launch(act: impl FnOnce() + Send + 'static) {
    *AFTER_THE_LAUNCH.lock() = Some(Box::new(act));
}

/// Rocket's lists at a launch. `Bearer` lists the routes in the `debug` profile, with their guards.
const LISTS: [&str; 4] = ["Routes:", "Catchers:", "Fairings:", "Shield:"];

/// Passes the records of `log`, most of which are Rocket's, on to `tracing`.
pub(super) struct Bridge {
    tracer: LogTracer,
    level: LogLevel,
    throttle: Throttle<KINDS>,
    /// Whether Rocket's lists are left out.
    is_brief: bool,
    is_in_a_list: AtomicBool,
}

impl Bridge {
    /// Leaves out Rocket's lists in the `debug` profile, but not at the level `debug`.
    pub(super) fn new(level: LogLevel, is_debug: bool) -> Self {
        Self {
            tracer: LogTracer::new(),
            level,
            throttle: Throttle::new(),
            is_brief: is_debug && level != LogLevel::Debug,
            is_in_a_list: AtomicBool::new(false),
        }
    }

    /// Whether this is a line of a list of Rocket's: its heading, or an item.
    fn is_listed(&self, target: &str, message: &str) -> bool {
        if !target.ends_with("::_") {
            let is_heading = LISTS.contains(&message.trim());
            self.is_in_a_list.store(is_heading, Ordering::Relaxed);
        }
        self.is_in_a_list.load(Ordering::Relaxed)
    }

    /// Whether a line gets through that is of this kind of lines that clients cause.
    fn admits(&self, kind: usize, now: Instant) -> bool {
        self.level != LogLevel::Critical || self.throttle.admits(kind, now)
    }
}

impl log::Log for Bridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.tracer.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let (mut level, target) = (record.level(), record.target());
        let mut message = without_colours(&record.args().to_string());
        let is_of_rocket = is_of_the_launch(target) || target.starts_with("rocket::shield");
        if self.is_brief && is_of_rocket && self.is_listed(target, &message) {
            return;
        }
        if is_of_the_launch(target) {
            // Rocket logs these as warnings only so that its own logger shows them.
            level = level.max(log::Level::Info);
        }
        if let Some(kind) = kind_of_clients(target, level) {
            if !self.admits(kind, Instant::now()) {
                return;
            }
            message = without_queries(&message);
        }
        // The record's place in Rocket's source is left out.
        let mut told = log::Record::builder();
        told.level(level).target(target);
        self.tracer.log(&told.args(format_args!("{message}")).build());
        if is_of_the_launch(target)
            && message.contains(LAUNCHED)
            && let Some(act) = AFTER_THE_LAUNCH.lock().take()
        {
            act();
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_that_clients_cause_is_bounded_in_production_and_hides_no_other() {
        let [warning, error] = [log::Level::Warn, log::Level::Error];
        for (target, level, kind) in [
            ("rocket::server", warning, Some(0)),
            ("rocket::server", error, Some(1)),
            ("rocket::request::request", warning, Some(0)),
            ("rocket_http::listener", warning, Some(2)),
            ("rocket_http::tls::listener", error, Some(3)),
            ("rocket::launch", warning, None),
            ("rocket_bearer::refusal", warning, None),
        ] {
            assert_eq!(kind_of_clients(target, level), kind, "{target}");
        }
        let start = Instant::now();
        for (level, lines_a_minute) in [(LogLevel::Critical, 20), (LogLevel::Normal, 240)] {
            let bridge = Bridge::new(level, false);
            for kind in 0..KINDS {
                // Ten minutes, at four a second.
                let instants = (0..2_400).map(|it| start + Duration::from_millis(it * 250));
                let lines = instants.filter(|now| bridge.admits(kind, *now)).count();
                assert_eq!(lines, 10 * lines_a_minute, "{level:?}: {kind}");
            }
        }
    }

    #[test]
    fn a_query_is_left_out() {
        for (text, expected) in [
            ("GET /a?access_token=x:", "GET /a?…"),
            (
                "No matching routes for GET /a/b?c=d&e text/plain.",
                "No matching routes for GET /a/b?… text/plain.",
            ),
            ("URI validity discord: \"/a|b?c=d\"", "URI validity discord: \"/a|b?…"),
            ("\u{1b}[32mGET\u{1b}[0m \u{1b}[34m/a?c=d\u{1b}[0m:", "GET /a?…"),
            ("\u{1b}[1;34m/a?c=d\u{1b}[0m \u{1b}[2J", "/a?… \u{1b}[2J"),
            ("Why? GET /a:", "Why? GET /a:"),
        ] {
            assert_eq!(without_queries(&without_colours(text)), expected);
        }
    }
}
