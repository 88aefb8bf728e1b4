//! How an event is written as a line, of text or of JSON. No character in it acts on a terminal.

use std::fmt::{self, Debug};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::levels::is_of_the_launch;
use crate::cli::wrapping::wrapped;
use crate::printable::{inert, needs_escape};

/// Writes the message, which comes first, or a field, and keeps the line one line.
pub(super) fn readable(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    match field.name() {
        "message" => writer.write_str(&inert(&format!("{value:?}"))),
        name if is_of_the_bridge(name) => Ok(()),
        name => write!(writer, " {name}={}", inert(&format!("{value:?}"))),
    }
}

/// The fields that `tracing-log` adds to a record of `log`. The line has its target already.
fn is_of_the_bridge(name: &str) -> bool {
    name.starts_with("log.")
}

/// Writes an event for people: `timestamp`, `level`, `target` and the message with its fields. Of the
/// launch the message is enough, and on a terminal it wraps between words.
pub(super) struct TextLine {
    usual: Format<Full>,
    columns: Option<usize>,
}

impl TextLine {
    /// For a terminal with so many columns; `None` where lines stay whole.
    pub(super) fn of_a_terminal(columns: Option<usize>) -> Self {
        Self { usual: tracing_subscriber::fmt::format(), columns }
    }
}

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let of_the_record = event.normalized_metadata();
        let metadata = of_the_record.as_ref().unwrap_or_else(|| event.metadata());
        let (target, level) = (metadata.target(), *metadata.level());
        if !is_of_the_launch(target) || level < Level::INFO {
            return self.usual.format_event(context, writer, event);
        }
        let mut message = String::new();
        context.field_format().format_fields(Writer::new(&mut message), event)?;
        let indent = if target.ends_with("::_") { "  " } else { "" };
        let line = format!("{indent}{}", message.trim());
        match self.columns {
            Some(columns) => writeln!(writer, "{}", wrapped(&line, columns)),
            None => writeln!(writer, "{line}"),
        }
    }
}

/// Writes an event as one object: `timestamp`, `level`, its fields, `target`.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let of_the_record = event.normalized_metadata();
        let metadata = of_the_record.as_ref().unwrap_or_else(|| event.metadata());
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;

        let mut line = Members(String::new());
        line.add("timestamp", timestamp.into());
        line.add("level", metadata.level().as_str().into());
        event.record(&mut line);
        line.add("target", metadata.target().into());

        writer.write_char('{')?;
        // Such characters stand in texts only.
        for character in line.0.chars() {
            match needs_escape(character) {
                true => write!(writer, "\\u{:04x}", u32::from(character))?,
                false => writer.write_char(character)?,
            }
        }
        writer.write_str("}\n")
    }
}

/// The members of an object, as JSON.
struct Members(String);

impl Members {
    fn add(&mut self, name: &str, value: Value) {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0.push_str(&format!("{comma}{}:{value}", Value::from(name)));
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !is_of_the_bridge(field.name()) {
            self.add(field.name(), value.into());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value.into());
    }
}
