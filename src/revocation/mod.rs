//! Revocation before expiry: rules by which accepted tokens are refused, and where rules come from.
//!
//! Rules are exact, and asked of this process's memory: no request waits for a disk or a network.

mod current;
mod error;
mod rule;
mod rule_set;

pub use current::Revocations;
pub(crate) use current::{Fit, Named};
pub use error::RevocationError;
pub use rule::Rule;
