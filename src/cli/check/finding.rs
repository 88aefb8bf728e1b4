//! A finding of `check`, its cure, and the issuer that it is about.

use std::time::SystemTime;

use super::published::Published;
use crate::config;
use crate::keys::source::{Location, Source};
use crate::printable::escaped;
use crate::verifier::issuer::TrustedIssuer;

/// A likely mistake in a valid configuration, or in what an issuer publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    pub(super) what: String,
    pub(super) cure: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Good tokens are refused because of it.
    Error,
    Warning,
    /// Probably intended.
    Note,
}

pub(super) fn error(what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding { weight: Weight::Error, what: what.into(), cure: cure.into() }
}

pub(super) fn warning(what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding { weight: Weight::Warning, what: what.into(), cure: cure.into() }
}

/// One issuer as configured, as loaded by the verifier, and as published.
pub(super) struct Subject<'s> {
    pub(super) configured: &'s config::Issuer,
    pub(super) loaded: &'s TrustedIssuer,
    /// Every issuer of the configuration, as loaded.
    pub(super) all: &'s [TrustedIssuer],
    pub(super) published: &'s Published,
    /// The allowed clock skew, in seconds.
    pub(super) leeway: u64,
    pub(super) now: SystemTime,
}

impl Subject<'_> {
    /// Whether the issuer alone says where its keys are, so that `domain` may stand in its place.
    pub(super) fn is_discovered(&self) -> bool {
        matches!(self.configured.source, Source::Remote(Location::Discovery { .. }, _))
    }
}

/// A text of an issuer in quotes: 200 characters at most, and safe for a terminal.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, 200))
}
