//! The keys of an issuer: what they are, where they come from, and which serve now.

pub(crate) mod current;
pub(crate) mod development;
#[cfg(fuzzing)]
pub mod fuzzing;
mod jwk;
pub(crate) mod jwk_set;
#[cfg(any(feature = "cli", feature = "testing"))]
mod key_pair;
mod no_set;
mod public_key;
mod reason;
#[cfg(any(feature = "cli", feature = "testing"))]
mod signers;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) mod signing_key;
pub(crate) mod source;
#[cfg(all(test, any(feature = "cli", feature = "testing")))]
mod tests;
mod verifying_key;

pub(crate) use current::state::{Lookup, Snapshot};
pub(crate) use current::{KeyStore, MissingKey};
pub(crate) use development::Trust;
pub(crate) use jwk_set::{KeyIds, shown, told};
pub use jwk_set::{KeySet, KeySetError, PassedOver};
pub use no_set::NoSet;
pub(crate) use public_key::{ParsedKey, PublicKey};
pub use reason::Reason;
pub(crate) use verifying_key::VerifyingKey;
