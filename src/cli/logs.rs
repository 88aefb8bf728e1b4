//! Events → lines on stderr: ours come through `tracing`, Rocket's through `log`.
//!
//! The lines are JSON, or plain text in the `debug` profile and on a terminal.

use std::fmt::{self, Debug};
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use rocket::config::LogLevel;
use rocket::figment::Profile;
use tracing::Level;
use tracing::field::Field;
use tracing::subscriber::set_global_default;
use tracing_log::LogTracer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::printable::needs_escape;
use crate::refusal_log::Throttle;

/// Installs the subscriber and the logger of this process, filtered by Rocket's `log_level`.
pub(super) fn install(config: &rocket::Config, profile: &Profile) {
    let level = config.log_level;
    let filter = filter_fn(move |event| shows(level, *event.level(), event.target()));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let is_terminal = io::stderr().is_terminal();
    // An error means that the process has a subscriber already; that one stays.
    let _ = if is_terminal || *profile == rocket::Config::DEBUG_PROFILE {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let layer = layer.with_ansi(is_terminal && config.cli_colors && !no_color);
        set_global_default(registry.with(layer.fmt_fields(debug_fn(readable))))
    } else {
        let layer = layer.json().flatten_event(true).with_writer(|| Inert(io::stderr()));
        let layer = layer.with_current_span(false).with_span_list(false);
        set_global_default(registry.with(layer))
    };
    if log::set_boxed_logger(Box::new(Bridge::new(level))).is_ok() {
        log::set_max_level(level.into());
    }
}

fn shows(log_level: LogLevel, level: Level, target: &str) -> bool {
    match log_level {
        LogLevel::Off => false,
        LogLevel::Debug => true,
        _ if is_of_the_launch(target) => true,
        LogLevel::Normal => level <= Level::INFO,
        // Targets of Rocket's indented lines about one request: which guard failed, which catcher
        // answered. The refusal log has a line of its own for that, and is throttled.
        LogLevel::Critical if target.ends_with("::_") => false,
        LogLevel::Critical if target.starts_with("rocket_bearer::") => level <= Level::INFO,
        LogLevel::Critical => level <= Level::WARN,
    }
}

/// Lines about the launch, Rocket's and ours.
fn is_of_the_launch(target: &str) -> bool {
    target.starts_with("rocket::launch")
}

/// Rocket's warnings about odd requests, which any client can send, and about connections, which fail
/// four times a second while file handles are short. A flood of one kind hides no other.
const OF_CLIENTS: [&[&str]; 2] = [&["rocket::server", "rocket::request"], &["rocket_http::"]];

/// Which of these kinds the target is of.
fn kind_of_clients(target: &str) -> Option<usize> {
    OF_CLIENTS.iter().position(|kind| kind.iter().any(|begin| target.starts_with(begin)))
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

/// Writes the message, which comes first, or a field, and keeps the line one line.
fn readable(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let text = match field.name() {
        "message" => format!("{value:?}"),
        // The line begins with the target.
        "log.target" => return Ok(()),
        name => format!(" {name}={value:?}"),
    };
    text.chars().try_for_each(|character| match needs_escape(character) {
        true => write!(writer, "{}", character.escape_default()),
        false => writer.write_char(character),
    })
}

/// Writes lines of JSON with the numbers of characters that act on a terminal. In JSON such characters
/// stand within texts only.
struct Inert<W>(W);

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut inert = String::with_capacity(lines.len());
        for character in String::from_utf8_lossy(lines).chars() {
            match needs_escape(character) && character != '\n' {
                true => inert.push_str(&format!("\\u{:04x}", u32::from(character))),
                false => inert.push(character),
            }
        }
        self.0.write_all(inert.as_bytes()).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Passes the records of `log`, most of which are Rocket's, on to `tracing`.
struct Bridge {
    tracer: LogTracer,
    level: LogLevel,
    throttle: Throttle<{ OF_CLIENTS.len() }>,
}

impl Bridge {
    fn new(level: LogLevel) -> Self {
        Self { tracer: LogTracer::new(), level, throttle: Throttle::new() }
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
        if is_of_the_launch(target) {
            // Rocket logs these as warnings only so that its own logger shows them.
            level = level.max(log::Level::Info);
        }
        if let Some(kind) = kind_of_clients(target) {
            if !self.admits(kind, Instant::now()) {
                return;
            }
            message = without_queries(&message);
        }
        // The record's place in Rocket's source is left out.
        let mut told = log::Record::builder();
        told.level(level).target(target);
        self.tracer.log(&told.args(format_args!("{message}")).build());
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_level_decides_and_at_critical_what_a_request_can_cause_is_ours_alone() {
        let [ours, refusal] = ["rocket_bearer::keys::store", "rocket_bearer::refusal"];
        let [guard, catcher] = ["rocket_bearer::app::_", "rocket::server::_"];
        let [server, launch] = ["rocket::server", "rocket::launch"];
        let all = [
            (Level::INFO, ours),
            (Level::INFO, refusal),
            (Level::WARN, guard),
            (Level::WARN, catcher),
            (Level::ERROR, catcher),
            (Level::WARN, server),
            (Level::ERROR, server),
            (Level::WARN, launch),
            (Level::WARN, "reqwest::connect"),
            (Level::DEBUG, "hyper::proto"),
        ];
        let critical = [
            (Level::INFO, ours),
            (Level::INFO, refusal),
            (Level::WARN, server),
            (Level::ERROR, server),
            (Level::WARN, launch),
            (Level::WARN, "reqwest::connect"),
        ];
        for (level, shown) in [
            (LogLevel::Off, &[][..]),
            (LogLevel::Critical, &critical),
            (LogLevel::Normal, &all[..9]),
            (LogLevel::Debug, &all),
        ] {
            let is_shown = |(of, target): &(Level, &str)| shows(level, *of, target);
            let shows: Vec<_> = all.into_iter().filter(is_shown).collect();
            assert_eq!(shows, shown, "{level:?}");
        }
    }

    #[test]
    fn a_flood_that_clients_cause_is_bounded_in_production_and_hides_no_other() {
        let (requests, connections) = (Some(0), Some(1));
        for (target, kind) in [
            ("rocket::server", requests),
            ("rocket::request::request", requests),
            ("rocket_http::listener", connections),
            ("rocket_http::tls::listener", connections),
            ("rocket::launch", None),
            ("rocket_bearer::refusal", None),
        ] {
            assert_eq!(kind_of_clients(target), kind, "{target}");
        }
        let start = Instant::now();
        for (level, lines_a_minute) in [(LogLevel::Critical, 20), (LogLevel::Normal, 240)] {
            let bridge = Bridge::new(level);
            for (kind, targets) in OF_CLIENTS.iter().enumerate() {
                // Ten minutes, at four a second.
                let instants = (0..2_400).map(|it| start + Duration::from_millis(it * 250));
                let lines = instants.filter(|now| bridge.admits(kind, *now)).count();
                assert_eq!(lines, 10 * lines_a_minute, "{level:?}: {targets:?}");
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
