//! What is odd about a configuration that is valid: each finding with its cure.

use std::time::SystemTime;

use super::published::Published;
use super::{audience, issuer, keys};
use crate::config;
use crate::printable::escaped;
use crate::verifier::issuer::TrustedIssuer;

/// Something that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) weight: Weight,
    pub(crate) what: String,
    pub(crate) cure: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
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
pub(crate) struct Subject<'s> {
    pub(crate) configured: &'s config::Issuer,
    pub(crate) loaded: &'s TrustedIssuer,
    pub(crate) published: &'s Published,
    /// Clock skew that is allowed, in seconds.
    pub(crate) leeway: u64,
    pub(crate) now: SystemTime,
}

/// More of one weight nobody reads, and an issuer may write as many keys as it likes.
const MOST: usize = 20;

/// The findings, the weightiest first.
pub(crate) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = issuer::findings(subject);
    findings.extend(keys::findings(subject));
    let audience = &subject.configured.audience;
    findings
        .extend(audience.iter().filter_map(|it| audience::finding(it, &subject.configured.issuer)));
    findings.sort_by_key(|finding| finding.weight);
    findings.chunk_by(|one, next| one.weight == next.weight).flat_map(few).collect()
}

fn few(findings: &[Finding]) -> Vec<Finding> {
    let mut few = findings.to_vec();
    few.truncate(MOST);
    let more = findings.len() - few.len();
    few.extend((more > 0).then(|| Finding {
        weight: findings[0].weight,
        what: format!("and {more} more"),
        cure: "look at the key set itself for the rest".to_owned(),
    }));
    few
}

/// Another party's words, short and harmless for a terminal.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, 200))
}
