//! A JSON object read member by member; a name that occurs twice is an error (RFC 7515 §4, RFC 7519
//! §4), because two parsers could choose different values.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::seen_names::SeenNames;
use crate::json::{JsonString, RESERVED, Strict};

/// A type that is read from the members of a JSON object.
pub(crate) trait Members<'de>: Sized {
    /// Reads all members, by [`each`].
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error>;
}

/// Reads a JSON text that is one object.
pub(crate) fn read<'t, T: Members<'t>>(json: &'t str) -> serde_json::Result<T> {
    serde_json::from_str(json).map(|Object(members)| members)
}

/// All members of an object, each name once.
impl<'de> Members<'de> for Map<String, Value> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut all = Self::new();
        each(object, |name, object| {
            let Strict(value) = object.next_value()?;
            all.insert(name.to_owned(), value);
            Ok(())
        })?;
        Ok(all)
    }
}

/// Calls `take` with the name of every member; `take` reads the value from the object.
pub(crate) fn each<'de, A: MapAccess<'de>>(
    mut object: A,
    mut take: impl FnMut(&str, &mut A) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    let mut seen = SeenNames::default();
    while let Some(Name(name)) = object.next_key()? {
        take(&name, &mut object)?;
        seen.add(name)?;
    }
    Ok(())
}

/// The name of a member, which is none of serde_json's reserved names.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let JsonString(name) = JsonString::deserialize(deserializer)?;
        if name.starts_with(RESERVED) {
            Err(de::Error::custom("a reserved name"))
        } else {
            Ok(Self(name))
        }
    }
}

/// A JSON object, read as `T`.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Members<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Members<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Object<T>, A::Error> {
        T::read(object).map(Object)
    }
}
