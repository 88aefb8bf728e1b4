//! Events → stderr: one logger for ours, which are `tracing`'s, and for Rocket's, which are `log`'s.
//!
//! JSON for programs, or readable in the debug profile and on a terminal. `tracing-subscriber` and
//! `tracing-log` could do it too, with half a dozen crates more; but Rocket's launch lines, which
//! are warnings so that its own logger shows them, would stay warnings.

use std::io::{self, IsTerminal, Write as _};
use std::time::{Instant, SystemTime};

use rocket::config::LogLevel;
use rocket::figment::Profile;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::line::{Line, is_of_the_launch};
use crate::throttle::Throttle;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Readable { colours: bool },
    Json,
}

struct Logger {
    level: LogLevel,
    format: Format,
    throttle: Throttle<1>,
}

/// Takes all events of this process, as far as Rocket's `log_level` lets them pass.
pub(super) fn install(config: &rocket::Config, profile: &Profile) {
    let is_terminal = io::stderr().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_readable = is_terminal || *profile == rocket::Config::DEBUG_PROFILE;
    let format = match is_readable {
        true => Format::Readable { colours: is_terminal && config.cli_colors && !no_color },
        false => Format::Json,
    };
    let logger = || Logger { level: config.log_level, format, throttle: Throttle::new() };
    // Whoever was first stays.
    if log::set_boxed_logger(Box::new(logger())).is_ok() {
        log::set_max_level(config.log_level.into());
    }
    let _ = tracing::subscriber::set_global_default(logger());
}

/// Where Rocket warns of requests that are odd, which anyone can send.
fn is_of_requests(target: &str) -> bool {
    target.starts_with("rocket::server") || target.starts_with("rocket::request")
}

impl Logger {
    fn shows(&self, level: log::Level, target: &str) -> bool {
        use log::Level::{Info, Warn};
        match self.level {
            LogLevel::Off => false,
            LogLevel::Debug => true,
            _ if is_of_the_launch(target) => true,
            LogLevel::Normal => level <= Info,
            // Rocket indents what it tells of a single request: which guard refused it, which
            // catcher answered. We have said so in one line, and not without end.
            LogLevel::Critical if target.ends_with("::_") => false,
            LogLevel::Critical if target.starts_with("rocket_bearer::") => level <= Info,
            LogLevel::Critical => level <= Warn,
        }
    }

    /// In one piece, so that no other line gets in between.
    fn write(&self, line: &Line) {
        let now = SystemTime::now();
        let mut text = match self.format {
            Format::Readable { colours } => line.readable(now, colours),
            Format::Json => line.json(now),
        };
        text.push('\n');
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// People put tokens there.
fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((path, _)) if path.starts_with('/') => format!("{path}?…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.shows(metadata.level(), metadata.target())
    }

    fn log(&self, record: &log::Record<'_>) {
        let target = record.target();
        let is_limited = self.level == LogLevel::Critical && is_of_requests(target);
        if self.shows(record.level(), target)
            && (!is_limited || self.throttle.admits(0, Instant::now()))
        {
            let mut line = Line::new(record.level(), target);
            line.message = record.args().to_string();
            if is_of_requests(target) {
                line.message = without_queries(&line.message);
            }
            self.write(&line);
        }
    }

    fn flush(&self) {}
}

impl Subscriber for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.shows(level(metadata), metadata.target())
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line::new(level(metadata), metadata.target());
        event.record(&mut line);
        self.write(&line);
    }

    // Spans are not shown, so one is like the other.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn level(metadata: &Metadata<'_>) -> log::Level {
    match *metadata.level() {
        tracing::Level::ERROR => log::Level::Error,
        tracing::Level::WARN => log::Level::Warn,
        tracing::Level::INFO => log::Level::Info,
        tracing::Level::DEBUG => log::Level::Debug,
        tracing::Level::TRACE => log::Level::Trace,
    }
}

#[cfg(test)]
mod tests {
    use log::Level::{Debug, Error, Info, Warn};

    use super::*;

    #[test]
    fn the_level_decides_and_at_critical_what_a_request_can_cause_is_ours_alone() {
        let [ours, refusal] = ["rocket_bearer::keys::store", "rocket_bearer::refusal"];
        let [guard, catcher] = ["rocket_bearer::app::_", "rocket::server::_"];
        let [server, launch] = ["rocket::server", "rocket::launch"];
        let all = [
            (Info, ours),
            (Info, refusal),
            (Warn, guard),
            (Warn, catcher),
            (Error, catcher),
            (Warn, server),
            (Error, server),
            (Warn, launch),
            (Warn, "reqwest::connect"),
            (Debug, "hyper::proto"),
        ];
        let critical = [
            (Info, ours),
            (Info, refusal),
            (Warn, server),
            (Error, server),
            (Warn, launch),
            (Warn, "reqwest::connect"),
        ];
        for (level, shown) in [
            (LogLevel::Off, &[][..]),
            (LogLevel::Critical, &critical),
            (LogLevel::Normal, &all[..9]),
            (LogLevel::Debug, &all),
        ] {
            let logger = Logger { level, format: Format::Json, throttle: Throttle::new() };
            let shows: Vec<_> =
                all.into_iter().filter(|(level, target)| logger.shows(*level, target)).collect();
            assert_eq!(shows, shown, "{level:?}");
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
            ("Why? GET /a:", "Why? GET /a:"),
        ] {
            assert_eq!(without_queries(text), expected);
        }
    }
}
