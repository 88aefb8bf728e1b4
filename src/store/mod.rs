//! What the instances of an app share, in Redis: which proofs were used, a secret, and rules.
//!
//! No request waits longer than [`deadline`](StoreSettings::deadline) for it. A question that has no
//! answer is [`Unavailable`], and the caller decides what that means.

#[cfg(not(feature = "redis"))]
mod absent;
#[cfg(feature = "redis")]
mod redis;
mod settings;
mod state;
mod unavailable;

#[cfg(feature = "redis")]
pub(crate) use self::redis::{RuleLog, Store};
#[cfg(not(feature = "redis"))]
pub(crate) use absent::{RuleLog, Store};
pub(crate) use settings::OnOutage;
pub use settings::StoreSettings;
pub(crate) use state::{ServerFacts, StoreState};
pub(crate) use unavailable::Unavailable;

/// The target of all log lines about the store.
pub(crate) const TARGET: &str = "rocket_bearer::store";

/// A rule as the store keeps it, which reads neither part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRule {
    /// What the rule is about; there is one of each, and none is empty.
    pub(crate) field: Vec<u8>,
    /// What the rule says; never empty.
    pub(crate) value: Vec<u8>,
}

/// What [`RuleLog::changes`] brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// All changes since the last call, in their order; perhaps none.
    Rules(Vec<StoredRule>),
    /// Something was missed, or Redis was emptied: take a snapshot again.
    Missed,
}
