//! What an accepted token takes in memory, about.

use serde_json::{Map, Value};

use crate::token::claims::Claims;

/// What the allocator adds to each piece.
const OVERHEAD: usize = 16;

/// A node of a `BTreeMap` has room for eleven members and is often half empty.
const NODE: usize = 11 * size_of::<(String, Value)>() + OVERHEAD;

/// What the texts and the other claims take, besides the struct itself.
pub(crate) fn claims_bytes(claims: &Claims) -> usize {
    let own = [&claims.sub, &claims.jti, &claims.azp, &claims.client_id, &claims.scope];
    let texts = own.into_iter().flatten().chain([&claims.iss]);
    let listed = claims.aud.iter().chain(&claims.permissions);
    let listed = listed.map(|text| size_of::<String>() + text_bytes(text));
    texts.map(|text| text_bytes(text)).chain(listed).sum::<usize>() + object_bytes(&claims.other)
}

fn object_bytes(object: &Map<String, Value>) -> usize {
    let members = object.iter().map(|(name, value)| text_bytes(name) + value_bytes(value));
    object.len().div_ceil(6) * NODE + members.sum::<usize>()
}

fn text_bytes(text: &str) -> usize {
    text.len() + OVERHEAD
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text_bytes(text),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(value_bytes).sum::<usize>()
        }
        Value::Object(object) => object_bytes(object),
        _ => 0,
    }
}
