//! Header → key: the keys of an issuer, and where they come from.

mod file;
mod jwk;
mod set;
mod store;

pub use jwk::Reason;
pub(crate) use set::Trust;
pub use set::{Error, KeySet, PassedOver};
pub(crate) use store::KeyStore;
