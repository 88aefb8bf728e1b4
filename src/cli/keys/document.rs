//! A JWK set as it stands in its file, whose unknown members are kept.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::Strict;
use crate::keys::KeySet;

/// The text of a JWK set: its keys, and its other members as they were written.
#[derive(Default)]
pub(super) struct KeySetDocument {
    keys: Vec<Box<RawValue>>,
    others: BTreeMap<String, Box<RawValue>>,
}

impl KeySetDocument {
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let mut others: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json).ok()?;
        let keys = serde_json::from_str(others.remove("keys")?.get()).ok()?;
        Some(Self { keys, others })
    }

    /// The keys as a server reads them, if there is a usable one.
    pub(super) fn keys(&self) -> Option<KeySet> {
        KeySet::parse(self.to_string().as_bytes()).ok()
    }

    pub(super) fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| is_named(key, kid))
    }

    /// Whether a key of it has the key material of this one, under any name.
    pub(super) fn publishes(&self, jwk: &Value) -> bool {
        let is_same =
            |key: &Value, member: &str| key.get(member).is_some_and(|it| *it == jwk[member]);
        let keys = self.keys.iter().filter_map(|key| serde_json::from_str(key.get()).ok());
        keys.into_iter()
            .any(|key: Value| ["n", "x", "pub"].iter().any(|member| is_same(&key, member)))
    }

    /// Adds a key as the first. `token` signs with the first key whose private half is at hand.
    pub(super) fn add(&mut self, jwk: &Value) {
        let text = format!("{jwk:#}").replace('\n', "\n    ");
        self.keys.insert(0, RawValue::from_string(text).expect("a JSON value is JSON"));
    }

    pub(super) fn remove(&mut self, kid: &str) {
        self.keys.retain(|key| !is_named(key, kid));
    }
}

fn is_named(key: &RawValue, kid: &str) -> bool {
    #[derive(Deserialize)]
    struct Named {
        kid: Strict,
    }
    serde_json::from_str(key.get()).is_ok_and(|named: Named| named.kid.0 == kid)
}

impl fmt::Display for KeySetDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys.iter().map(|key| key.get()).collect();
        write!(f, "{{\n  \"keys\": [\n    {}\n  ]", keys.join(",\n    "))?;
        for (name, value) in &self.others {
            write!(f, ",\n  {}: {value}", Value::from(name.as_str()))?;
        }
        f.write_str("\n}\n")
    }
}
