//! One line of the log, in both of its formats.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use serde_json::Value;
use tracing::field::{Field, Visit};

/// One event, whoever tells it.
pub(super) struct Line {
    level: log::Level,
    target: String,
    pub(super) message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    pub(super) fn new(level: log::Level, target: &str) -> Self {
        let level = if is_of_the_launch(target) { level.max(log::Level::Info) } else { level };
        Self { level, target: target.to_owned(), message: String::new(), fields: vec![] }
    }

    pub(super) fn json(&self, now: SystemTime) -> String {
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

    pub(super) fn readable(&self, now: SystemTime, colours: bool) -> String {
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

/// What Rocket tells of its launch, and we of ours.
pub(super) fn is_of_the_launch(target: &str) -> bool {
    target.starts_with("rocket::launch")
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use log::Level::{Info, Warn};

    use super::*;

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
