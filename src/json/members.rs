//! A JSON object read member by member, each name once (RFC 7515 §4, RFC 7519 §4): two readers of
//! one token must not see two tokens.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::json::{RESERVED, Text};
use crate::rejection::Rejection;

/// What is read from an object.
pub(crate) trait Members<'de>: Sized {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error>;
}

/// Reads the text of an object.
pub(crate) fn read<'t, T: Members<'t>>(json: &'t str) -> Result<T, Rejection> {
    let Object(it) = serde_json::from_str(json).map_err(|_| Rejection::Malformed)?;
    Ok(it)
}

/// Tells the name of every member, and takes its value from the object.
pub(crate) fn each<'de, A: MapAccess<'de>>(
    mut object: A,
    mut take: impl FnMut(&str, &mut A) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    let mut names = Names::default();
    while let Some(Name(name)) = object.next_key()? {
        take(&name, &mut object)?;
        names.add(name)?;
    }
    Ok(())
}

/// A member's name, and none that serde_json keeps for itself.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(name) = Text::deserialize(deserializer)?;
        if name.starts_with(RESERVED) {
            Err(de::Error::custom("a reserved name"))
        } else {
            Ok(Self(name))
        }
    }
}

/// The names so far.
#[derive(Default)]
struct Names<'de> {
    /// A bit for each. Most names find theirs unset, and need not be compared.
    marks: u64,
    /// The first ones, without an allocation.
    few: [&'de str; 16],
    count: usize,
    more: BTreeSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    fn add<E: de::Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
        let mark = mark(&name);
        if self.marks & mark != 0 && self.contains(&name) {
            return Err(E::custom("a member stands twice"));
        }
        self.marks |= mark;
        match (name, self.few.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(place)) => {
                *place = name;
                self.count += 1;
            }
            (name, _) => self.add_to_more(name),
        }
        Ok(())
    }

    #[cold]
    fn contains(&self, name: &str) -> bool {
        self.few[..self.count].contains(&name) || self.more.contains(name)
    }

    #[cold]
    fn add_to_more(&mut self, name: Cow<'de, str>) {
        self.more.insert(name);
    }
}

/// One of 64 bits, the same for the same name.
fn mark(name: &str) -> u64 {
    match name.as_bytes() {
        [first, .., last] => 1 << ((2 * u32::from(*first) + u32::from(*last)) % 64),
        _ => 1,
    }
}

/// What stands in an object.
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
