//! Where a claim stands: by its name, or by a JSON pointer (RFC 6901).

use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "cli")]
use serde_json::Map;
use serde_json::Value;

use crate::error::{Invalid, ensure};
use crate::token::claims::Claims;

/// The name of a claim, or the JSON pointer to a value within one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClaimPath {
    text: String,
    /// The claim at the top level.
    name: String,
    /// The pointer from there on; empty for the claim itself.
    rest: String,
}

impl ClaimPath {
    /// A text that begins with `/` is a pointer, any other a name: `https://example.com/roles` is one.
    ///
    /// Refuses an empty text, and a `~` that is not followed by `0` or `1`.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let cure = "write the name of a claim, or a pointer like `/realm_access/roles`";
        ensure(!text.trim().is_empty(), "names no claim", cure)?;
        let Some(pointer) = text.strip_prefix('/') else {
            return Ok(Self { text: text.to_owned(), name: text.to_owned(), rest: String::new() });
        };
        let escapes = pointer.split('~').skip(1);
        ensure(
            escapes.into_iter().all(|after| after.starts_with(['0', '1'])),
            "has a broken JSON pointer",
            "write `~0` for `~` and `~1` for `/` in it (RFC 6901)",
        )?;
        let (name, rest) = pointer.find('/').map_or((pointer, ""), |at| pointer.split_at(at));
        Ok(Self { text: text.to_owned(), name: unescaped(name), rest: rest.to_owned() })
    }

    /// The value in these claims.
    pub(crate) fn value<'c>(&self, claims: &'c Claims) -> Option<Cow<'c, Value>> {
        match claims.value(&self.name)? {
            Cow::Borrowed(value) => value.pointer(&self.rest).map(Cow::Borrowed),
            Cow::Owned(value) if self.rest.is_empty() => Some(Cow::Owned(value)),
            Cow::Owned(value) => value.pointer(&self.rest).cloned().map(Cow::Owned),
        }
    }

    /// The value in an object of claims.
    #[cfg(feature = "cli")]
    pub(crate) fn value_in<'o>(&self, claims: &'o Map<String, Value>) -> Option<&'o Value> {
        claims.get(&self.name)?.pointer(&self.rest)
    }

    /// Puts a value there, within objects that are made where they are missing.
    #[cfg(feature = "cli")]
    pub(crate) fn put(&self, claims: &mut Map<String, Value>, value: Value) {
        let mut place = claims.entry(self.name.clone()).or_insert(Value::Null);
        for step in self.rest.split('/').skip(1) {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[unescaped(step)];
        }
        *place = value;
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_claim_or_into_one() {
        let claims = r#"{"iss":"i","exp":1,"sub":"s","aud":["a","b"],"permissions":["p"],
            "a":{"b":["c",{"d":true}],"e/f":1,"g~h":2,"":3},"https://a.b/c":4,"m~n":5}"#;
        let claims = Claims::parse(claims).unwrap();
        for (path, expected) in [
            ("sub", Some(r#""s""#)),
            ("/sub", Some(r#""s""#)),
            ("exp", Some("1.0")),
            ("aud", Some(r#"["a","b"]"#)),
            ("/aud/1", Some(r#""b""#)),
            ("/permissions/0", Some(r#""p""#)),
            ("/a/b/0", Some(r#""c""#)),
            ("/a/b/1/d", Some("true")),
            ("/a/e~1f", Some("1")),
            ("/a/g~0h", Some("2")),
            ("/a/", Some("3")),
            ("https://a.b/c", Some("4")),
            ("m~n", Some("5")),
            ("/m~0n", Some("5")),
            ("a/b", None),
            ("a.b", None),
            ("/a/b/00", None),
            ("/a/b/-", None),
            ("/a/b/2", None),
            ("/sub/0", None),
            ("/nbf", None),
            ("/", None),
            ("jti", None),
        ] {
            let found = ClaimPath::parse(path).unwrap().value(&claims).map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        for broken in ["", " ", "/~", "/a~", "/a/~2b", "/~01~"] {
            assert!(ClaimPath::parse(broken).is_err(), "{broken}");
        }
    }
}
