//! How the store is, for operators: at launch, in `/readyz` and in `check`.

use std::fmt;
use std::time::Duration;

use super::unavailable::Unavailable;

/// How the store is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreState {
    /// Why it gives no answers; `None` where it does.
    pub(crate) fault: Option<Unavailable>,
    /// How long that has been so.
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
    /// The code in `/readyz`.
    pub(crate) fn code(&self) -> &'static str {
        self.fault.map_or("ok", Unavailable::code)
    }
}

impl ServerFacts {
    /// What is wrong with the policy by which the server makes room, if anything.
    pub(crate) fn eviction_warning(&self) -> Option<String> {
        let is_known = !self.eviction.is_empty();
        (is_known && self.eviction != "noeviction").then(|| {
            format!(
                "Redis forgets proofs and rules when its memory is full: `maxmemory-policy` is `{}`",
                crate::printable::escaped(&self.eviction, 40)
            )
        })
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
