//! Which rule of RFC 7515 or RFC 7519 a token breaks that can almost be read: the member, by its name.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::words::printable;
use crate::json::raw::members;
use crate::json::{RESERVED, Skimmed};

/// A fault, in words that follow `this is no strict JWT:`.
pub(super) struct Fault {
    pub(super) says: String,
    /// Whether text is missing at the end, as in a token that was cut off.
    pub(super) is_at_the_end: bool,
}

fn fault(says: impl Into<String>) -> Fault {
    Fault { says: says.into(), is_at_the_end: false }
}

/// The first fault of a token of three parts; `None` where none is found.
pub(super) fn of_token(token: &str) -> Option<Fault> {
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let of_part = |part: &str, what: &str| part_of(part, what).err();
    of_part(header, "header")
        .or_else(|| header_of(header))
        .or_else(|| of_part(claims, "claims"))
        .or_else(|| URL_SAFE_NO_PAD.decode(signature).err().map(|_| no_base64url("signature")))
}

/// The text of a part, which is one JSON object with each name once.
fn part_of(part: &str, what: &str) -> Result<String, Fault> {
    let octets = URL_SAFE_NO_PAD.decode(part).map_err(|_| no_base64url(what))?;
    let text = String::from_utf8(octets)
        .map_err(|_| fault(format!("its {what} {} no UTF-8", are(what))))?;
    if text.starts_with('\u{feff}') {
        return Err(fault(format!("a byte-order mark stands before its {what}")));
    }
    if let Some(fault) = value_fault(&text, what) {
        return Err(fault);
    }
    let value =
        serde_json::from_str::<Value>(&text).map_err(|error| no_json(&text, what, &error))?;
    if !value.is_object() {
        return Err(fault(format!("its {what} {} JSON, and no object", are(what))));
    }
    let Names(mut names) =
        serde_json::from_str(&text).map_err(|error| no_json(&text, what, &error))?;
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(fault(format!("`{}` stands twice in its {what}", printable(&pair[0])))),
        None => Ok(text),
    }
}

/// A member of the header that is missing or has a wrong type.
fn header_of(part: &str) -> Option<Fault> {
    let header: Value = serde_json::from_str(&part_of(part, "header").ok()?).ok()?;
    ["alg", "kid", "typ"].iter().find_map(|name| match header.get(name) {
        None if *name == "alg" => Some(fault("`alg` is missing from its header")),
        None | Some(Value::String(_)) => None,
        Some(other) => {
            Some(fault(format!("`{name}` in its header is {}, and no text", kind(other))))
        }
    })
}

fn no_base64url(what: &str) -> Fault {
    fault(format!(
        "its {what} {} no base64url (RFC 7515 §2): a stray character, or stray bits at its end",
        are(what)
    ))
}

/// Says what is no JSON. A message of serde_json about syntax repeats nothing of the text.
fn no_json(text: &str, what: &str, error: &serde_json::Error) -> Fault {
    let at = error.column().saturating_sub(1);
    let rest = text.get(at.min(text.len())..).unwrap_or_default();
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let is_there = |name: &str| {
        rest.starts_with(name) || before.ends_with(&name[..1]) && rest.starts_with(&name[1..])
    };
    let named = ["NaN", "Infinity", "-Infinity"].into_iter().find(|name| is_there(name));
    let message = error.to_string();
    let says = match named {
        Some(name) => {
            format!("at octet {at} of its {what} stands {name}, which is no number of JSON")
        }
        None => format!("its {what} {} no JSON: {message}", are(what)),
    };
    Fault { says, is_at_the_end: error.is_eof() }
}

/// The first member with a value that no strict reader takes, in words; the place counts from 0.
fn value_fault(json: &str, what: &str) -> Option<Fault> {
    members(json).into_iter().find_map(|(name, value)| {
        let value = value.get();
        let name = printable(&name);
        let Err(error) = serde_json::from_str::<Skimmed<'_>>(value) else {
            let is_reserved = name.starts_with(RESERVED);
            return is_reserved
                .then(|| fault(format!("`{name}` in its {what} is a reserved name")));
        };
        let within = offset(value, &error);
        let (problem, start) = if let Some(start) = number_beyond_a_double(value, within) {
            ("a number that no double holds", start)
        } else if error.is_data() {
            ("a member whose name is reserved", within)
        } else if let Some(start) = escape_before(value, within) {
            ("half of a surrogate pair, which is no character", start)
        } else {
            ("lists or objects that are nested too deep", within)
        };
        let octet = value.as_ptr().addr() - json.as_ptr().addr() + start - 1;
        let is = if value.starts_with(['{', '[', '"']) { "holds" } else { "is" };
        Some(fault(format!("`{name}` in its {what} {is} {problem} (at octet {octet})")))
    })
}

/// The octet of an error, counted from 1.
fn offset(json: &str, error: &serde_json::Error) -> usize {
    let before = json.split_inclusive('\n').take(error.line().saturating_sub(1));
    let before: usize = before.map(str::len).sum();
    (before + error.column()).clamp(1, json.len().max(1))
}

/// Where the number around this octet begins, if no double holds it.
fn number_beyond_a_double(json: &str, octet: usize) -> Option<usize> {
    let is_of_number = |it: &u8| it.is_ascii_digit() || b"+-.eE".contains(it);
    let octets = json.as_bytes();
    let start = octets[..octet - 1].iter().rposition(|it| !is_of_number(it)).map_or(0, |at| at + 1);
    let length = octets[start..].iter().take_while(|it| is_of_number(it)).count();
    let is_beyond = json[start..start + length].parse::<f64>().is_ok_and(f64::is_infinite);
    is_beyond.then_some(start + 1)
}

/// Where the last `\u` of the escapes begins that a fault at this octet may lie in: two at most.
fn escape_before(json: &str, octet: usize) -> Option<usize> {
    let from = octet.saturating_sub(13);
    let escapes = json.as_bytes()[from..octet].windows(2);
    Some(from + escapes.rev().position(|it| it == br"\u").map(|at| octet - from - 2 - at)? + 1)
}

fn are(what: &str) -> &'static str {
    if what.ends_with('s') { "are" } else { "is" }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The names of the members of an object, each as often as it stands there.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collecting;

        impl<'de> Visitor<'de> for Collecting {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Names, A::Error> {
                let mut names = vec![];
                while let Some((name, IgnoredAny)) = object.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(Collecting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Unverified;

    #[test]
    fn a_fault_is_told_by_the_name_of_its_member() {
        let good = r#"{"alg":"RS256","kid":"a"}"#;
        for (header, claims, says) in [
            (good, r#"{"aud":"a","aud":"b"}"#, "`aud` stands twice in its claims"),
            (good, r#"{"aud":"a","\u0061ud":"b"}"#, "`aud` stands twice in its claims"),
            (r#"{"alg":"a","alg":"b"}"#, "{}", "`alg` stands twice in its header"),
            (r#"{"alg":"RS256","kid":7}"#, "{}", "`kid` in its header is a number, and no text"),
            (r#"{"alg":"RS256","typ":null}"#, "{}", "`typ` in its header is null, and no text"),
            (r#"{"kid":"a"}"#, "{}", "`alg` is missing from its header"),
            (
                good,
                r#"{"a":NaN}"#,
                "at octet 5 of its claims stands NaN, which is no number of JSON",
            ),
            (
                good,
                r#"{"a":1,"b":1e400}"#,
                "`b` in its claims is a number that no double holds (at octet 11)",
            ),
            (good, r#"{"a":{"b":[-1e999]}}"#, "`a` in its claims holds a number that no double"),
            (
                good,
                r#"{"a":"\ud800"}"#,
                "`a` in its claims holds half of a surrogate pair, which is no character (at octet 6)",
            ),
            (good, r#"{"a":{"$serde_json::private::Number":"1"}}"#, "whose name is reserved"),
            (good, r#"{"$serde_json::private::RawValue":"1"}"#, "is a reserved name"),
            (good, "\u{feff}{}", "a byte-order mark stands before its claims"),
            (good, "[]", "its claims are JSON, and no object"),
        ] {
            let token =
                [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".") + ".AAAA";
            let found = of_token(&token).map(|fault| fault.says).unwrap_or_default();
            assert!(found.contains(says), "{claims}: {found}");
            assert!(
                Unverified::read(&token, |_| Ok(())).is_err(),
                "the server refuses it: {token}"
            );
        }
        assert!(of_token("e30.e30.AA=").is_some());
    }
    #[test]
    fn what_the_server_takes_has_no_fault() {
        for claims in [
            "{}",
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":1e300,"b":"\ud83d\ude00","c":[[[]]]}"#,
            r#"{"sub":7,"cnf":null}"#,
        ] {
            let part = |text| URL_SAFE_NO_PAD.encode(text);
            let token = format!("{}.{}.AAAA", part(r#"{"alg":"RS256"}"#), part(claims));
            assert!(Unverified::read(&token, |_| Ok(())).is_ok(), "{claims}");
            assert!(of_token(&token).is_none(), "{claims}");
        }
    }
}
