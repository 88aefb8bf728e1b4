//! What a command prints, and how it fails.

use std::io::{self, Write};
use std::process::ExitCode;

/// Why a command failed.
pub(super) enum CommandFailure {
    /// The reason was printed already.
    Told,
    /// The reason is printed on stderr.
    Because(String),
    /// `explain` could not judge; the exit code is 2, for 1 means that the token is refused.
    Undecided(String),
}

/// Prints an answer on stdout. A closed pipe is not an error: its reader has read enough.
pub(super) fn say(text: &str) -> Result<(), CommandFailure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandFailure::Because(format!("cannot write the answer: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a remark on stderr. A closed pipe must not stop a command half done.
pub(super) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
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
