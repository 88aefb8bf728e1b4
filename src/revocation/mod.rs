//! Revocation before expiry: rules by which accepted tokens are refused, and where rules come from.
//!
//! Rules are exact, and asked of this process's memory: no request waits for a disk or a network.

mod current;
mod error;
mod feed;
mod file;
mod in_file;
mod in_store;
mod line;
mod named;
mod rule;
mod rule_set;
mod shards;
mod shared;
mod sources;
mod stored;

#[cfg(feature = "cli")]
pub(crate) use current::Fit;
pub use current::Revocations;
pub use error::RevocationError;
pub(crate) use named::Named;
pub use rule::Rule;
pub(crate) use rule::USUAL_LIFE;
pub(crate) use sources::Sources;
