//! How the store is, for operators: at launch, in `/readyz` and in `check`.

use std::fmt;
use std::time::Duration;

use super::unavailable::{TARGET, Unavailable};
use crate::printable::escaped;

/// The most characters of a word of the server.
const LONGEST_WORD: usize = 40;

/// How the store is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreState {
    /// Why it gives no answers; `None` where it does.
    pub(crate) fault: Option<Unavailable>,
    /// The last error in the words of the system or of Redis, for the log and `check`.
    pub(crate) text: String,
    /// How long it has been in reach, or out of it.
    pub(crate) since: Duration,
    /// What the server said of itself at the last connection.
    pub(crate) server: ServerFacts,
}

/// What a Redis says of itself by `INFO`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerFacts {
    /// Empty where the user may not ask.
    pub(crate) version: String,
    /// The `maxmemory-policy`; empty where the user may not ask.
    pub(crate) eviction: String,
}

impl StoreState {
    /// The entry of `/readyz`. It holds a code, but no address or error text.
    pub(crate) fn readiness(&self) -> serde_json::Value {
        let state = self.fault.map_or("ok", Unavailable::code);
        serde_json::json!({ "state": state, "since": self.since.as_secs() })
    }

    /// Logs what is wrong at launch. Later changes are logged when they come.
    pub(crate) fn warn_of_faults(&self) {
        if let Some(fault) = self.fault {
            tracing::warn!(target: TARGET, code = fault.code(), "Redis is {fault}: {}", self.text);
        }
        self.server.warn();
    }
}

impl ServerFacts {
    /// What is wrong with the way in which the server makes room, if anything.
    pub(crate) fn eviction_fault(&self) -> Option<String> {
        let policy = Some(self.eviction.as_str()).filter(|it| !["", "noeviction"].contains(it))?;
        let policy = escaped(policy, LONGEST_WORD);
        Some(format!(
            "`maxmemory-policy` of the Redis is `{policy}`: when its memory is full it forgets proofs and \
             rules that are in force"
        ))
    }

    /// Logs what is wrong with it.
    pub(crate) fn warn(&self) {
        if let Some(fault) = self.eviction_fault() {
            tracing::warn!(target: TARGET, "{fault}; set it to `noeviction`");
        }
    }
}

/// For the line of the launch.
impl fmt::Display for StoreState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Some(fault) => write!(f, "{fault}, asking again until it answers"),
            None if self.server.version.is_empty() => f.write_str("in reach"),
            None => {
                write!(
                    f,
                    "in reach, version {}",
                    crate::printable::escaped(&self.server.version, 40)
                )
            }
        }
    }
}
