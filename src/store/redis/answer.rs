//! What an error of Redis means.

use redis::{ErrorKind, RedisError};

use crate::printable::escaped_but_quotes;
use crate::store::unavailable::{TARGET, Unavailable};

/// The most characters of an error text.
const LONGEST_TEXT: usize = 300;

/// Why there is no connection or no answer, for the log; the text holds no password.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) fault: Unavailable,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(fault: Unavailable, text: &str) -> Self {
        Self { fault, text: escaped_but_quotes(text, LONGEST_TEXT) }
    }

    /// Logs it.
    pub(super) fn warn(&self) {
        let Self { fault, text } = self;
        tracing::warn!(target: TARGET, code = fault.code(), "Redis is {fault}: {text}");
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::new(meaning(&error), &error.to_string())
    }
}

/// The meaning of an error, by its first word where the server sent it.
fn meaning(error: &RedisError) -> Unavailable {
    match (error.code(), error.kind()) {
        (Some("NOAUTH" | "WRONGPASS"), _) | (_, ErrorKind::AuthenticationFailed) => {
            Unavailable::Auth
        }
        (Some("NOPERM"), _) => Unavailable::Permission,
        (Some("READONLY"), _) => Unavailable::ReadOnly,
        (Some("MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN"), _) => Unavailable::Cluster,
        (Some("OOM"), _) => Unavailable::Full,
        (Some("LOADING" | "MASTERDOWN" | "BUSY"), _) => Unavailable::Loading,
        (None, ErrorKind::Io) => Unavailable::Unreachable,
        // What a script is refused has no word of its own.
        _ if error.to_string().contains("The user executing the script can't") => {
            Unavailable::Permission
        }
        _ => Unavailable::Refused,
    }
}
