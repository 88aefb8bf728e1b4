//! A JSON object as it stands, with repeated names and values of any kind: for messages, never for a
//! decision.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, up to the first fault of its syntax.
pub(crate) fn members(json: &str) -> Vec<(String, &RawValue)> {
    let mut members = vec![];
    // What comes after a fault has no name that could be told.
    let _ = serde_json::Deserializer::from_str(json).deserialize_map(Collector(&mut members));
    members
}

struct Collector<'m, 't>(&'m mut Vec<(String, &'t RawValue)>);

impl<'t> Visitor<'t> for Collector<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(member) = object.next_entry()? {
            self.0.push(member);
        }
        Ok(())
    }
}
