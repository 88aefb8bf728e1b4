//! Rules as the shared store keeps them: by the issuer's `iss`, so that apps with names of their own for
//! it share its rules, and apps with other issuers do not.

use serde::{Deserialize, Serialize};

use super::named::Named;
use super::rule::{Kind, Selector, Span};
use crate::store::StoredRule;
use crate::token::claims::YEAR_10000;

/// What the store says of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Rule(Span),
    /// The rule was removed. It has this end, and the mark stays until then: an instance that still knows
    /// the rule must not write it back.
    Removed(u64),
}

/// The value in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    until: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
}

impl Said {
    /// What a value says; `None` for any other value, and for times that no rule has.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let StoredValue { before, until, removed } = serde_json::from_slice(value).ok()?;
        if until.max(before.unwrap_or(0)) >= YEAR_10000 as u64 {
            return None;
        }
        Some(if removed { Self::Removed(until) } else { Self::Rule(Span::new(before, until)) })
    }

    pub(super) fn value(self) -> Vec<u8> {
        let value = match self {
            Self::Rule(span) => {
                StoredValue { before: span.before(), until: span.until, removed: false }
            }
            Self::Removed(until) => StoredValue { before: None, until, removed: true },
        };
        serde_json::to_vec(&value).expect("numbers and a flag are JSON")
    }

    pub(super) fn until(self) -> u64 {
        match self {
            Self::Rule(span) => span.until,
            Self::Removed(until) => until,
        }
    }
}

/// The field of a rule: `["sub","https://issuer.example/","auth0|1"]`.
pub(super) fn field(issuer: &Named, selector: &Selector) -> Vec<u8> {
    let parts = [selector.name(), &issuer.iss].into_iter().chain(selector.value());
    serde_json::to_vec(&parts.collect::<Vec<_>>()).expect("texts are JSON")
}

/// The rule of a field and its value; `None` where it is of no issuer here, or of another version.
pub(super) fn read(rule: &StoredRule, issuers: &[Named]) -> Option<(usize, Selector, Said)> {
    let parts: Vec<String> = serde_json::from_slice(&rule.field).ok()?;
    let mut parts = parts.into_iter();
    let (kind, iss, value) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let issuer = issuers.iter().position(|issuer| issuer.iss == iss)?;
    let selector = match (kind.as_str(), value) {
        ("all", None) => Selector::All,
        (kind, Some(value)) => {
            Selector::Of(Kind::ALL.into_iter().find(|known| known.name() == kind)?, value)
        }
        _ => return None,
    };
    Some((issuer, selector.checked().ok()?, Said::parse(&rule.value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again_by_the_issuer_whatever_its_name() {
        let named = |name: &str, iss: &str| Named { name: name.to_owned(), iss: iss.to_owned() };
        let here = [named("default", "https://a.test/"), named("b", "https://b.test/|\"")];
        let there = [named("other", "https://b.test/|\"")];
        for said in
            [Said::Rule(Span::new(Some(7), 9)), Said::Rule(Span::new(None, 9)), Said::Removed(9)]
        {
            let selectors = Kind::ALL.map(|kind| Selector::Of(kind, "a|\"\u{0}".to_owned()));
            for selector in selectors.into_iter().chain([Selector::All]) {
                let field = field(&here[1], &selector);
                let stored = StoredRule { field, value: said.value() };
                assert_eq!(read(&stored, &there), Some((0, selector.clone(), said)));
                assert_eq!(read(&stored, &here), Some((1, selector, said)));
                assert_eq!(read(&stored, &here[..1]), None);
            }
        }
    }

    #[test]
    fn anything_else_is_no_rule() {
        let here = [Named { name: "a".to_owned(), iss: "i".to_owned() }];
        for (field, value) in [
            ("", "{\"until\":9}"),
            ("[]", "{\"until\":9}"),
            ("[\"sub\",\"i\"]", "{\"until\":9}"),
            ("[\"all\",\"i\",\"a\"]", "{\"until\":9}"),
            ("[\"sub\",\"i\",\"a\",\"b\"]", "{\"until\":9}"),
            ("[\"org\",\"i\",\"a\"]", "{\"until\":9}"),
            ("[\"sub\",\"i\",\"\"]", "{\"until\":9}"),
            ("[\"sub\",\"i\",\"a\"]", "{}"),
            ("[\"sub\",\"i\",\"a\"]", "{\"until\":9,\"x\":1}"),
            ("[\"sub\",\"i\",\"a\"]", "{\"until\":-1}"),
            ("[\"sub\",\"i\",\"a\"]", "{\"until\":253402300800}"),
            ("[\"sub\",\"i\",\"a\"]", "{\"until\":18446744073709551615}"),
            ("[\"sub\",\"i\",\"a\"]", "{\"until\":9,\"before\":18446744073709551615}"),
            ("[\"sub\",\"i\",\"a\"]", "\u{1}"),
        ] {
            let rule = StoredRule { field: field.into(), value: value.into() };
            assert_eq!(read(&rule, &here), None, "{field} {value}");
        }
    }
}
