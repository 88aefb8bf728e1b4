//! Which rule of RFC 7515 or RFC 7519 a token breaks that can almost be read: the member, by its name.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::words::printable;

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
        None if message.starts_with("number out of range") => {
            format!("at octet {at} of its {what} stands a number that no double holds")
        }
        None => format!("its {what} {} no JSON: {message}", are(what)),
    };
    Fault { says, is_at_the_end: error.is_eof() }
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
            (good, r#"{"a":1e400}"#, "that no double holds"),
            (good, "{\"a\":\"\\ud800\"}", "its claims are no JSON: "),
            (good, "\u{feff}{}", "a byte-order mark stands before its claims"),
            (good, "[]", "its claims are JSON, and no object"),
        ] {
            let token =
                [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".") + ".AAAA";
            let found = of_token(&token).map(|fault| fault.says).unwrap_or_default();
            assert!(found.contains(says), "{claims}: {found}");
        }
        assert!(of_token("e30.e30.AA=").is_some());
    }
}
