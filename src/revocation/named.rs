//! The issuers as rules name them.

use super::error::RevocationError;
use super::rule::{Rule, Selector};
use super::rule_set::RuleSet;

/// An issuer, by its name in the configuration and by its `iss`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) iss: String,
}

/// The number of the issuer that the rule names.
pub(super) fn number(issuers: &[Named], rule: &Rule) -> Result<usize, RevocationError> {
    let names = || issuers.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = |problem: &str| {
        Err(RevocationError::UnknownIssuer(format!("{problem}; the issuers are {}", names())))
    };
    match &rule.issuer {
        None if issuers.len() == 1 => Ok(0),
        None => unknown("the rule does not say of which issuer it is"),
        Some(name) => match issuers.iter().position(|issuer| issuer.name == *name) {
            Some(number) => Ok(number),
            None => unknown("no issuer has the name that the rule says"),
        },
    }
}

/// The rules in the order of their issuers, kinds and values.
pub(super) fn listed(issuers: &[Named], rules: &RuleSet) -> Vec<Rule> {
    let mut rules: Vec<_> = rules.iter().collect();
    rules.sort_by(|one, other| (one.0, order(&one.1)).cmp(&(other.0, order(&other.1))));
    let rules = rules.into_iter().map(|(issuer, selector, span)| Rule {
        selector,
        issuer: Some(issuers[issuer].name.clone()),
        before: span.before(),
        until: Some(span.until),
    });
    rules.collect()
}

fn order(selector: &Selector) -> (&'static str, &str) {
    (selector.name(), selector.value().unwrap_or_default())
}
