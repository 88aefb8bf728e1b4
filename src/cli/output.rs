//! What a command prints, and how it fails.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::wrapping::{columns_of_stderr, columns_of_stdout, wrapped};
use crate::printable::{escaped_but_quotes, inert};

/// How many characters of a text of the user's are repeated.
const LONGEST_SHOWN: usize = 200;

/// Why a command failed.
pub(super) enum CommandFailure {
    /// The reason was printed already.
    Told,
    /// The reason is printed on stderr.
    Because(String),
    /// `explain` could not judge; the exit code is 2, for 1 means that the token is refused.
    Undecided(String),
}

/// Prints an answer on stdout, within the columns of a terminal. Nothing in it acts on one.
pub(super) fn say(text: &str) -> Result<(), CommandFailure> {
    say_as_it_is(&fitting(inert_lines(text), columns_of_stdout()))
}

/// The same for what has colours, for JSON, and for lines to copy. A closed pipe is not an error: its reader has
/// read enough.
pub(super) fn say_as_it_is(text: &str) -> Result<(), CommandFailure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandFailure::Because(format!("cannot write the answer: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a remark on stderr. A closed pipe must not stop a command half done.
pub(super) fn tell(text: &str) {
    tell_as_it_is(&fitting(inert_lines(text), columns_of_stderr()));
}

/// The same for lines to copy.
pub(super) fn tell_as_it_is(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn fitting(text: String, columns: Option<usize>) -> String {
    match columns {
        Some(columns) => wrapped(&text, columns),
        None => text,
    }
}

fn inert_lines(text: &str) -> String {
    text.split('\n').map(inert).collect::<Vec<_>>().join("\n")
}

/// A name or another text of the user's, for a message. It ends no line.
pub(super) fn shown_text(text: &str) -> String {
    escaped_but_quotes(text, LONGEST_SHOWN)
}

/// A path, for a message.
pub(super) fn shown_path(path: &Path) -> String {
    shown_text(&path.to_string_lossy())
}

impl CommandFailure {
    pub(super) fn undecided(self) -> Self {
        match self {
            Self::Because(text) => Self::Undecided(text),
            other => other,
        }
    }

    /// Prints the reason, unless it was printed already, and gives the exit code.
    pub(super) fn exit_code(self) -> ExitCode {
        let (text, code) = match self {
            Self::Told => return ExitCode::FAILURE,
            Self::Because(text) => (text, ExitCode::FAILURE),
            Self::Undecided(text) => (text, ExitCode::from(2)),
        };
        tell(&format!("rocket-bearer: {text}"));
        code
    }
}

impl From<String> for CommandFailure {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

impl From<crate::Error> for CommandFailure {
    fn from(error: crate::Error) -> Self {
        Self::Because(error.report())
    }
}
