//! For the operator: why there is no launch, which value is wrong, and what to do about it.

use std::error::Error as StdError;
use std::time::Duration;

use crate::printable::inert;

/// Why a configuration cannot be served.
///
/// Its text names the key, the place it came from and the cure; the chain of
/// [`source`](StdError::source)s has the rest. It never holds the value of a variable, but for the path
/// of a file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{what}; {cure}")]
pub struct Error {
    what: String,
    cure: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Whether nothing is configured, rather than something wrong.
    #[cfg(feature = "cli")]
    is_absence: bool,
}

impl Error {
    pub(crate) fn setting(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cure: cure.into(),
            source: None,
            #[cfg(feature = "cli")]
            is_absence: false,
        }
    }

    /// The error of a configuration that names no key source at all.
    pub(crate) fn no_source(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            #[cfg(feature = "cli")]
            is_absence: true,
            ..Self::setting(what, cure)
        }
    }

    /// Whether nothing is configured, rather than something wrong.
    #[cfg(feature = "cli")]
    pub(crate) fn is_absence(&self) -> bool {
        self.is_absence
    }

    pub(crate) fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The error with all its causes, one a line; a name in it that acts on a terminal is escaped.
    pub fn report(&self) -> String {
        let mut report = inert(&self.to_string());
        let mut cause = self.source();
        while let Some(error) = cause {
            report.push_str(&format!("\n  because: {}", inert(&error.to_string())));
            cause = error.source();
        }
        report
    }
}

/// A value that cannot be what its key needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {cure}")]
pub struct Invalid {
    pub(crate) problem: &'static str,
    pub(crate) cure: &'static str,
}

/// The longest time; an instant that is moved by it still exists.
const MOST_SECONDS: u64 = 100 * 365 * 86_400;

pub(crate) const fn invalid(problem: &'static str, cure: &'static str) -> Invalid {
    Invalid { problem, cure }
}

/// Refuses a value, with this problem and cure, unless its rule `holds`.
pub(crate) fn ensure(
    holds: bool,
    problem: &'static str,
    cure: &'static str,
) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(invalid(problem, cure)) }
}

pub(crate) fn not_empty<T>(list: Vec<T>) -> Result<Vec<T>, Invalid> {
    ensure(!list.is_empty(), "is an empty list", "name at least one").map(|()| list)
}

/// A size that is not 0; the cure names the default.
pub(crate) fn bytes(bytes: u64, cure: &'static str) -> Result<usize, Invalid> {
    match usize::try_from(bytes) {
        Ok(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(invalid("is no size", cure)),
    }
}

/// Whole seconds, from 1 to 100 years.
pub(crate) fn seconds(time: Duration) -> Result<Duration, Invalid> {
    let is_some_time = (1..=MOST_SECONDS).contains(&time.as_secs());
    whole_seconds(time)?;
    ensure(is_some_time, "is 0, or over 100 years", "write a whole number of seconds, from 1")?;
    Ok(time)
}

/// Whole seconds, which files can say and clients read.
pub(crate) fn whole_seconds(time: Duration) -> Result<Duration, Invalid> {
    let is_whole = time.subsec_nanos() == 0;
    ensure(is_whole, "has a fraction of a second", "round it to whole seconds").map(|()| time)
}
