//! The names of an object's members: one that occurs twice is an error.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::de;

/// The names that have occurred in an object.
#[derive(Default)]
pub(super) struct SeenNames<'de> {
    /// The [`mark`]s of all names. A new name whose bit is unset needs no comparison.
    marks: u64,
    /// The first names, kept without an allocation.
    few: [&'de str; 16],
    count: usize,
    /// The names beyond `few`, and those with escapes.
    more: BTreeSet<Cow<'de, str>>,
}

impl<'de> SeenNames<'de> {
    pub(super) fn add<E: de::Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
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

/// One of 64 bits, chosen by the first and the last octet of the name.
fn mark(name: &str) -> u64 {
    match name.as_bytes() {
        [first, .., last] => 1 << ((2 * u32::from(*first) + u32::from(*last)) % 64),
        _ => 1,
    }
}
