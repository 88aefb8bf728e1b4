//! One rule as a line of JSON: in the file, in `revocations list --json`, and wherever a rule is shown.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::named::Named;
use super::rule::{Kind, Rule, Selector, Span};
use crate::json::members;
use crate::token::claims::YEAR_10000;

/// `{"issuer":"default","sub":"auth0|1","before":1790000000,"until":1790086400}`, times in seconds since
/// the epoch; `before` and `until` only where they are said.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        if let Some(issuer) = &self.issuer {
            members.serialize_entry("issuer", issuer)?;
        }
        match &self.selector {
            Selector::All => members.serialize_entry("all", &true)?,
            Selector::Of(kind, value) => members.serialize_entry(kind.name(), value)?,
        }
        if let Some(before) = self.before {
            members.serialize_entry("before", &before)?;
        }
        if let Some(until) = self.until {
            members.serialize_entry("until", &until)?;
        }
        members.end()
    }
}

/// Reads a line: the number of its issuer, what it names, and its times. The error says what is wrong
/// with it, without a value.
pub(super) fn parse(
    line: &str,
    issuers: &[Named],
) -> Result<(usize, Selector, Span), &'static str> {
    let members: Map<String, Value> = members::read(line)
        .map_err(|_| "is no JSON object, or has a member twice, or a number out of range")?;
    let (mut issuer, mut selector, mut before, mut until) = (None, None, None, None);
    for (name, value) in members {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let named = match (kind, name.as_str(), value) {
            (Some(kind), _, Value::String(value)) => Selector::Of(kind, value),
            (Some(_), ..) => return Err("names a claim by what is no text"),
            (None, "all", Value::Bool(true)) => Selector::All,
            (None, "all", _) => return Err("has an `all` that is not `true`"),
            (None, "issuer", Value::String(name)) => {
                issuer = Some(name);
                continue;
            }
            (None, "issuer", _) => return Err("has an `issuer` that is no text"),
            (None, "before", value) => {
                before = Some(seconds(&value)?);
                continue;
            }
            (None, "until", value) => {
                until = Some(seconds(&value)?);
                continue;
            }
            _ => {
                return Err(
                    "has a member that is none of issuer, jti, sid, sub, client, all, before, until",
                );
            }
        };
        if selector.replace(named).is_some() {
            return Err("has more than one of jti, sid, sub, client, all");
        }
    }
    let selector = selector.ok_or("has none of jti, sid, sub, client, all")?;
    let selector = selector.checked().map_err(|invalid| invalid.problem)?;
    let until = until.ok_or("has no `until`")?;
    let number = match (issuer, issuers) {
        (None, [_]) => 0,
        (None, _) => return Err("has no `issuer`, and there are several"),
        (Some(name), issuers) => issuers
            .iter()
            .position(|issuer| issuer.name == name)
            .ok_or("names an `issuer` that is not configured")?,
    };
    Ok((number, selector, Span::new(before, until)))
}

fn seconds(value: &Value) -> Result<u64, &'static str> {
    let seconds = value.as_u64().filter(|seconds| *seconds < YEAR_10000 as u64);
    seconds.ok_or("has a time that is no whole number of seconds, or after the year 9999")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuers(names: &[&str]) -> Vec<Named> {
        let named = |name: &&str| Named { name: (*name).to_owned(), iss: String::new() };
        names.iter().map(named).collect()
    }

    #[test]
    fn a_line_is_a_rule_to_the_letter() {
        let one = issuers(&["default"]);
        let of = |kind, value: &str| Selector::Of(kind, value.to_owned());
        for (line, expected) in [
            (r#"{"sub":"auth0|1","until":9}"#, (0, of(Kind::Sub, "auth0|1"), Span::new(None, 9))),
            (
                r#" {"issuer":"default", "jti":"\u0061", "before":0, "until":9} "#,
                (0, of(Kind::Jti, "a"), Span::new(Some(0), 9)),
            ),
            (r#"{"all":true,"until":9}"#, (0, Selector::All, Span::new(None, 9))),
        ] {
            assert_eq!(parse(line, &one), Ok(expected), "{line}");
        }
        let several = issuers(&["default", "acme"]);
        let line = r#"{"client":"c","issuer":"acme","until":9}"#;
        assert_eq!(parse(line, &several), Ok((1, of(Kind::Client, "c"), Span::new(None, 9))));
        for (line, problem) in [
            (r#"{"sub":"a","until":9}"#, "has no `issuer`"),
            (r#"{"issuer":"beta","sub":"a","until":9}"#, "not configured"),
        ] {
            assert!(parse(line, &several).unwrap_err().contains(problem), "{line}");
        }
    }

    #[test]
    fn anything_else_is_none_and_no_value_is_told() {
        let one = issuers(&["default"]);
        for (line, problem) in [
            ("s3cr3t", "no JSON object"),
            ("[]", "no JSON object"),
            (r#"{"sub":"s3cr3t""#, "no JSON object"),
            (r#"{"sub":"s3cr3t","until":9} {}"#, "no JSON object"),
            (r#"{"sub":"s3cr3t","sub":"b","until":9}"#, "twice"),
            (r#"{"sub":"s3cr3t"}"#, "no `until`"),
            (r#"{"until":9}"#, "none of jti"),
            (r#"{"sub":"s3cr3t","sid":"b","until":9}"#, "more than one"),
            (r#"{"sub":"s3cr3t","all":true,"until":9}"#, "more than one"),
            (r#"{"all":false,"until":9}"#, "`all`"),
            (r#"{"all":1,"until":9}"#, "`all`"),
            (r#"{"sub":7,"until":9}"#, "no text"),
            (r#"{"sub":null,"until":9}"#, "no text"),
            (r#"{"sub":"","until":9}"#, "empty text"),
            (r#"{"sub":"s3cr3t","until":"9"}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":9.5}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":1e1}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":-1}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":1790086400000}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":9,"before":null}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":9,"before":253402300800}"#, "whole number"),
            (r#"{"sub":"s3cr3t","until":9,"reason":"s3cr3t"}"#, "member that is none"),
            (r#"{"Sub":"s3cr3t","until":9}"#, "member that is none"),
            (r#"{"issuer":7,"sub":"s3cr3t","until":9}"#, "`issuer`"),
            (r#"{"issuer":"s3cr3t","sub":"a","until":9}"#, "not configured"),
        ] {
            let said = parse(line, &one).unwrap_err();
            assert!(said.contains(problem) && !said.contains("s3cr3t"), "{line}: {said}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let one = issuers(&["default"]);
        for selector in [Selector::All, Selector::Of(Kind::Sid, "\"\\\u{2028}ä\n".to_owned())] {
            let rule = Rule {
                issuer: Some("default".to_owned()),
                before: Some(7),
                until: Some(9),
                ..Rule::of(selector.clone())
            };
            let line = serde_json::to_string(&rule).unwrap();
            assert!(!line.contains('\n') && line.ends_with(r#","before":7,"until":9}"#), "{line}");
            assert_eq!(parse(&line, &one), Ok((0, selector, Span::new(Some(7), 9))));
        }
    }
}
