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
    // A transaction that was not carried out has the errors of its commands.
    let errors = error.clone().into_server_errors();
    let words = errors.iter().flat_map(|errors| errors.iter()).map(|(_, error)| error.code());
    if let Some(known) = words.filter_map(by_word).next() {
        return known;
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => Unavailable::Auth,
        ErrorKind::Io => Unavailable::Unreachable,
        // What a script is refused has no word of its own.
        _ if error.to_string().contains("The user executing the script can't") => {
            Unavailable::Permission
        }
        _ => Unavailable::Refused,
    }
}

fn by_word(word: &str) -> Option<Unavailable> {
    Some(match word {
        "NOAUTH" | "WRONGPASS" => Unavailable::Auth,
        "NOPERM" => Unavailable::Permission,
        // A replica that has lost its primary says the other.
        "READONLY" | "MASTERDOWN" => Unavailable::ReadOnly,
        "MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN" => Unavailable::Cluster,
        "OOM" => Unavailable::Full,
        "LOADING" => Unavailable::Loading,
        // A script runs, which nothing can be asked beside.
        "BUSY" => Unavailable::Timeout,
        _ => return None,
    })
}
