//! Proof of possession (RFC 9449): whether a request was made by the holder of the key that its token is
//! bound to.
//!
//! A token says which key that is, by its thumbprint. Each request then carries a proof, a small JWT that
//! is signed by that key for this method, this URL and this token, and that serves once.

mod base;
mod demand;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) mod draft;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod nonce;
mod nonces;
mod proof;
mod proof_key;
mod proof_verifier;
mod replay;
mod settings;
mod shared_nonces;
pub(crate) mod url;

pub(crate) use demand::{Demand, Scheme, Target};
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) use proof::token_hash;
#[cfg(feature = "cli")]
pub(crate) use proof::{MOST_BYTES, ProofCheck};
#[cfg(feature = "cli")]
pub(crate) use proof_key::PRIVATE_MEMBERS;
pub(crate) use proof_verifier::ProofVerifier;
pub use settings::{Dpop, DpopMode};
