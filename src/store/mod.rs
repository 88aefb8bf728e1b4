//! What the instances of an app share, in Redis: which proofs were used, a secret, and rules.
//!
//! No request waits longer than [`deadline`](StoreSettings::deadline) for it. A question that has no
//! answer is [`Unavailable`], and the caller decides what that means.

#[cfg(not(feature = "redis"))]
mod absent;
mod health;
#[cfg(feature = "redis")]
mod redis;
mod settings;
mod stored_rule;
mod unavailable;

#[cfg(feature = "redis")]
pub(crate) use self::redis::{RuleLog, Store};
#[cfg(not(feature = "redis"))]
pub(crate) use absent::{RuleLog, Store};
#[cfg(feature = "cli")]
pub(crate) use health::StoreState;
pub(crate) use settings::OnOutage;
pub use settings::StoreSettings;
pub(crate) use stored_rule::StoredRule;
pub(crate) use unavailable::Unavailable;
