//! For the operator: why we will not start, and what to do about it.

use std::error::Error as StdError;

/// Why a configuration cannot be served.
///
/// Its text names the key, the place it came from and the cure; the chain of
/// [`source`](StdError::source)s has the rest. It never holds the value of a variable.
#[derive(Debug, thiserror::Error)]
#[error("{what}; {cure}")]
pub struct Error {
    what: String,
    cure: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn setting(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { what: what.into(), cure: cure.into(), source: None }
    }

    pub(crate) fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(crate) fn unreadable(said: &str, source: std::io::Error) -> Self {
        let cure =
            "write the path of a readable JWK set, or make one with `rocket-bearer keys new`";
        Self::setting(format!("{said} cannot be read"), cure).because(source)
    }

    pub(crate) fn useless(said: &str, source: crate::keys::Error) -> Self {
        let cure =
            "put an RSA (2048 bits and up), P-256, P-384 or Ed25519 public key with a `kid` in it";
        Self::setting(format!("{said} gives no key"), cure).because(source)
    }

    /// The error with all its causes, one a line.
    pub fn report(&self) -> String {
        let mut report = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            report.push_str(&format!("\n  because: {error}"));
            cause = error.source();
        }
        report
    }
}
