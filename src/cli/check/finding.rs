//! What is odd about a configuration that is valid: each finding with its cure.

use std::time::SystemTime;

use super::published::Published;
use crate::config;
use crate::verifier::issuer::Issuer;

/// Something that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) weight: Weight,
    pub(super) what: String,
    pub(super) cure: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Good tokens are refused for it.
    Error,
    Warning,
    /// As it may well be meant.
    Note,
}

pub(super) fn error(what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding { weight: Weight::Error, what: what.into(), cure: cure.into() }
}

pub(super) fn warning(what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding { weight: Weight::Warning, what: what.into(), cure: cure.into() }
}

/// One issuer as it is configured, as it is loaded, and as it shows itself.
pub(super) struct Subject<'s> {
    pub(super) configured: &'s config::Issuer,
    pub(super) loaded: &'s Issuer,
    pub(super) published: &'s Published,
    /// Clock skew that is allowed, in seconds.
    pub(super) leeway: u64,
    pub(super) now: SystemTime,
}

/// Another party's words, short and harmless for a terminal.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    format!("\"{}\"", short.escape_debug())
}
