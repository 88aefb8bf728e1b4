//! Events → stderr: one logger for ours, which are `tracing`'s, and for Rocket's, which are `log`'s.
//!
//! JSON for programs, or readable in the debug profile and on a terminal. `tracing-subscriber` and
//! `tracing-log` could do it too, with half a dozen crates more; but Rocket's launch lines, which
//! are warnings so that its own logger shows them, would stay warnings.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::time::{Instant, SystemTime};

use rocket::config::LogLevel;
use rocket::figment::Profile;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

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

/// What Rocket tells of its launch, and we of ours.
fn is_of_the_launch(target: &str) -> bool {
    target.starts_with("rocket::launch")
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

/// One event, whoever tells it.
struct Line {
    level: log::Level,
    target: String,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    fn new(level: log::Level, target: &str) -> Self {
        let level = if is_of_the_launch(target) { level.max(log::Level::Info) } else { level };
        Self { level, target: target.to_owned(), message: String::new(), fields: vec![] }
    }

    fn json(&self, now: SystemTime) -> String {
        let time = humantime::format_rfc3339_millis(now);
        let mut text = format!(
            "{{\"time\":\"{time}\",\"level\":\"{}\",\"target\":{},\"message\":{}",
            self.level,
            Value::from(self.target.as_str()),
            Value::from(self.message.as_str()),
        );
        for (name, value) in &self.fields {
            let _ = write!(text, ",\"{name}\":{value}");
        }
        text + "}"
    }

    fn readable(&self, now: SystemTime, colours: bool) -> String {
        let time = humantime::format_rfc3339_seconds(now).to_string();
        let time = &time["1970-01-01T".len()..time.len() - 1];
        let level = format!("{:5}", self.level);
        let level =
            if colours { format!("\u{1b}[{}m{level}\u{1b}[0m", self.colour()) } else { level };
        let indent = if self.target.ends_with("::_") { "  " } else { "" };
        let mut text = format!("{time} {level} {indent}");
        for character in self.message.chars() {
            match character.is_control() {
                true => text.extend(character.escape_default()),
                false => text.push(character),
            }
        }
        for (name, value) in &self.fields {
            let is_word = |text: &&str| {
                text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
            };
            let _ = match value.as_str().filter(is_word) {
                Some(word) => write!(text, " {name}={word}"),
                None => write!(text, " {name}={value}"),
            };
        }
        text
    }

    fn colour(&self) -> u8 {
        match self.level {
            log::Level::Error => 31,
            log::Level::Warn => 33,
            log::Level::Info => 34,
            log::Level::Debug | log::Level::Trace => 2,
        }
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

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => self.fields.push((name, text.into())),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }
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
    use std::time::UNIX_EPOCH;

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

    #[test]
    fn a_line_is_one_line_in_both_formats() {
        let mut line = Line::new(Warn, "rocket_bearer::refusal");
        line.message = "request\r\nrefused \u{1b}[2J".to_owned();
        line.fields = vec![
            ("status", 401.into()),
            ("kid", "a-b".into()),
            ("sub", "Ada \"the\nfirst\"".into()),
        ];
        let readable = "00:00:00 WARN  request\\r\\nrefused \\u{1b}[2J status=401 \
                        kid=a-b sub=\"Ada \\\"the\\nfirst\\\"\"";
        assert_eq!(line.readable(UNIX_EPOCH, false), readable);
        assert_eq!(line.readable(UNIX_EPOCH, true).matches('\u{1b}').count(), 2);
        let json: Value = serde_json::from_str(&line.json(UNIX_EPOCH)).unwrap();
        let expected = serde_json::json!({
            "time": "1970-01-01T00:00:00.000Z",
            "level": "WARN",
            "target": "rocket_bearer::refusal",
            "message": "request\r\nrefused \u{1b}[2J",
            "status": 401,
            "kid": "a-b",
            "sub": "Ada \"the\nfirst\"",
        });
        assert_eq!(json, expected);
        assert_eq!(Line::new(Warn, "rocket::launch").level, Info, "a launch is no warning");
    }
}
