//! Strict JSON: an object is an object, whatever the names of its members.
//!
//! `serde_json::Value` reads an object with one of its reserved names as a number, or as JSON text
//! that it parses again with a fresh recursion limit. In a token from an unknown sender that is type
//! confusion and a stack overflow.

pub(crate) mod members;
#[cfg(feature = "cli")]
pub(crate) mod raw;
mod seen_names;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use seen_names::SeenNames;

/// How the member names begin that serde_json reserves for itself.
pub(crate) const RESERVED: &str = "$serde_json::private::";

/// A value without reserved names and without numbers that no double can hold.
pub(crate) struct Strict(pub(crate) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

/// A value that was checked like [`Strict`] and dropped, unless it is a string.
pub(crate) struct Skimmed<'de>(pub(crate) Option<Cow<'de, str>>);

impl<'de> Deserialize<'de> for Skimmed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Skimming::<false>.deserialize(deserializer).map(Self)
    }
}

/// The same, where each name of an object occurs once, at any depth: for JSON from an unknown sender of
/// which another parser reads the rest.
pub(crate) struct Distinct<'de>(pub(crate) Option<Cow<'de, str>>);

impl<'de> Deserialize<'de> for Distinct<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Skimming::<true>.deserialize(deserializer).map(Self)
    }
}

/// A string, borrowed from the JSON where it has no escapes.
pub(crate) struct JsonString<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for JsonString<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Skimmed(string) = Skimmed::deserialize(deserializer)?;
        string.map(Self).ok_or_else(|| de::Error::custom("not a string"))
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        let number = Number::from_f64(number);
        number.map(Value::Number).ok_or_else(|| E::custom("a number beyond a double"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = vec![];
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.starts_with(RESERVED) {
                // With the feature `arbitrary_precision`, which any dependency may switch on,
                // serde_json passes every number as an object with a reserved name.
                return members.next_value::<NumberText>()?.number().map(Value::Number);
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Checks a value like [`Strict`] and keeps nothing of it but a string; if `ONCE`, each name of an object
/// may occur once only, at any depth.
#[derive(Clone, Copy)]
struct Skimming<const ONCE: bool>;

impl<'de, const ONCE: bool> DeserializeSeed<'de> for Skimming<ONCE> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, const ONCE: bool> Visitor<'de> for Skimming<ONCE> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        StrictVisitor.visit_f64(number).map(|_| None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut seen = ONCE.then(SeenNames::default);
        while let Some(JsonString(name)) = object.next_key()? {
            if name.starts_with(RESERVED) {
                object.next_value::<NumberText>()?.number()?;
                return Ok(None);
            }
            object.next_value_seed(self)?;
            if let Some(seen) = &mut seen {
                seen.add(name)?;
            }
        }
        Ok(None)
    }
}

/// A number as serde_json passes it with `arbitrary_precision`: an owned string.
///
/// A string in the JSON itself arrives as `&str` and is refused, so no object can imitate a number.
pub(crate) struct NumberText(String);

impl NumberText {
    pub(crate) fn number<E: de::Error>(&self) -> Result<Number, E> {
        let number = self.0.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.and_then(|_| self.0.parse().ok());
        number.ok_or_else(|| E::custom("a number beyond a double"))
    }
}

impl<'de> Deserialize<'de> for NumberText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Owned;

        impl Visitor<'_> for Owned {
            type Value = NumberText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no reserved name")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<NumberText, E> {
                Err(E::custom("a reserved name"))
            }

            fn visit_string<E>(self, text: String) -> Result<NumberText, E> {
                Ok(NumberText(text))
            }
        }

        deserializer.deserialize_any(Owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Value> {
        serde_json::from_str(json).ok().map(|Strict(value)| value)
    }

    #[test]
    fn what_is_plain_json_is_read_as_it_stands() {
        for json in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "0.5",
            "\"a\"",
            "[1,[2],{}]",
            r#"{"a":{"b":[null]}}"#,
        ] {
            assert_eq!(read(json), serde_json::from_str(json).ok(), "{json}");
        }
    }

    #[test]
    fn a_reserved_name_is_refused_at_any_depth_and_in_any_spelling() {
        for name in ["RawValue", "Number", "anything"] {
            for spelled in [
                format!("$serde_json::private::{name}"),
                format!("\\u0024serde_json::private::{name}"),
            ] {
                for value in ["\"1\"", "\"\\u0031\"", "1", "\"[]\"", "null"] {
                    let object = format!(r#"{{"{spelled}":{value}}}"#);
                    assert_eq!(read(&object), None, "{object}");
                    assert_eq!(read(&format!(r#"[{{"a":{object}}}]"#)), None, "{object}");
                }
            }
        }
    }

    #[test]
    fn a_number_beyond_a_double_is_refused() {
        for json in ["1e400", "-1e400", "[1e400]", r#"{"a":[1e400]}"#] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
