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

/// The value by which a known rule is in force again; `None` where it is, or was removed.
pub(super) fn restored(stored: Option<Said>, known: Span) -> Option<Vec<u8>> {
    match stored {
        Some(Said::Removed(_)) => None,
        Some(Said::Rule(span)) if span.joined(known) == span => None,
        Some(Said::Rule(span)) => Some(Said::Rule(span.joined(known)).value()),
        None => Some(Said::Rule(known).value()),
    }
}

/// The rule that is in force at `now`: that of the store or, where the store has lost it, the `known` one of
/// this process.
fn in_force(stored: Option<Said>, known: Option<Span>, now: f64) -> Option<Span> {
    let there = match stored {
        Some(Said::Removed(_)) => None,
        Some(Said::Rule(span)) => Some(span),
        None => known,
    };
    there.filter(|span| !span.is_past(now))
}

/// A new rule, joined with the one in force.
pub(super) fn joined(stored: Option<Said>, known: Option<Span>, span: Span, now: f64) -> Span {
    in_force(stored, known, now).map_or(span, |there| there.joined(span))
}

/// The mark of a removed rule; `None` where there is nothing to remove.
pub(super) fn removed(stored: Option<Said>, known: Option<Span>, now: f64) -> Option<Said> {
    in_force(stored, known, now).map(|span| Said::Removed(span.until))
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

    #[test]
    fn a_known_rule_is_written_back_unless_it_was_removed() {
        let known = Span::new(Some(5), 9);
        for (stored, expected) in [
            (None, Some(known)),
            (Some(Said::Removed(9)), None),
            (Some(Said::Rule(known)), None),
            (Some(Said::Rule(Span::new(None, 9))), None),
            (Some(Said::Rule(Span::new(Some(4), 8))), Some(known)),
            (Some(Said::Rule(Span::new(Some(6), 8))), Some(Span::new(Some(6), 9))),
        ] {
            let expected = expected.map(|span| Said::Rule(span).value());
            assert_eq!(restored(stored, known), expected, "{stored:?}");
        }
    }

    #[test]
    fn a_new_rule_joins_the_one_in_force_also_where_the_store_has_lost_it() {
        let (new, wide, narrow) =
            (Span::new(Some(5), 9), Span::new(None, 8), Span::new(Some(3), 7));
        for (stored, known, expected) in [
            (None, None, new),
            (None, Some(wide), Span::new(None, 9)),
            (None, Some(Span::new(None, 1)), new),
            (Some(Said::Rule(narrow)), None, new),
            (Some(Said::Rule(wide)), Some(narrow), Span::new(None, 9)),
            // What another instance has changed since counts.
            (Some(Said::Rule(narrow)), Some(wide), new),
            (Some(Said::Removed(8)), Some(wide), new),
        ] {
            assert_eq!(joined(stored, known, new, 2.0), expected, "{stored:?} {known:?}");
        }
    }

    #[test]
    fn what_is_removed_is_marked_until_it_would_have_ended() {
        let span = Span::new(None, 9);
        for (stored, known, expected) in [
            (None, None, None),
            (None, Some(span), Some(Said::Removed(9))),
            (Some(Said::Rule(span)), None, Some(Said::Removed(9))),
            (Some(Said::Rule(Span::new(None, 1))), None, None),
            (Some(Said::Removed(9)), Some(span), None),
        ] {
            assert_eq!(removed(stored, known, 2.0), expected, "{stored:?} {known:?}");
        }
    }
}
