//! Why a rule was not made or removed.

use crate::error::Invalid;

/// Why a rule was not made or removed. Nothing has changed then; only where Redis did not answer in time, the
/// change may be made all the same.
///
/// Its text names what was wrong, never a value of a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The rule names no configured issuer, or none where there are several.
    #[error("{0}")]
    UnknownIssuer(String),
    /// The rule cannot be meant.
    #[error("this {0}")]
    Invalid(#[from] Invalid),
    /// There are as many rules as `revocation.rules` allows; those that are there stay.
    #[error(
        "there are {most} rules, and no more are allowed; raise `revocation.rules`, or remove some"
    )]
    Full {
        /// The number that is allowed.
        most: usize,
    },
    /// The rule cannot be written where it is to be kept.
    #[error("{0}")]
    Unwritten(String),
}
