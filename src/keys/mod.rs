//! Header → key: the keys of an issuer, and where they come from.

mod development;
mod discovery;
mod file;
mod jwk;
mod load;
mod progress;
mod public_key;
#[cfg(feature = "cli")]
mod published;
mod remote;
mod set;
mod snapshot;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use development::Trust;
#[cfg(feature = "cli")]
pub(crate) use discovery::Metadata;
#[cfg(fuzzing)]
pub(crate) use discovery::fuzzed_jwks_uri;
pub use jwk::Reason;
#[cfg(feature = "cli")]
pub(crate) use published::Published;
pub use set::{Error, KeySet, PassedOver};
#[cfg(feature = "cli")]
pub(crate) use set::{shown, told};
pub(crate) use state::Lookup;
pub(crate) use store::KeyStore;
