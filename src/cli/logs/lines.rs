//! How an event is written as a line, of text or of JSON.

use std::fmt::{self, Debug};
use std::io::{self, Write};

use tracing::field::Field;
use tracing_subscriber::fmt::format::Writer;

use crate::printable::needs_escape;

/// Writes the message, which comes first, or a field, and keeps the line one line.
pub(super) fn readable(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
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
pub(super) struct Inert<W>(pub(super) W);

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
