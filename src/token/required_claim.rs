//! A claim that every token has to carry, with the values that it may have.

use std::fmt;

use serde_json::{Number, Value};

use crate::error::{Invalid, ensure, not_empty};
use crate::token::claim_path::ClaimPath;

/// A claim, and its accepted values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequiredClaim {
    pub(crate) path: ClaimPath,
    pub(crate) one_of: Vec<Value>,
}

impl RequiredClaim {
    /// Refuses no value, an empty text, and what is no text, number or flag.
    pub(crate) fn new(path: &str, one_of: Vec<Value>) -> Result<Self, Invalid> {
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let cure = "write a text, a number, a flag, or a list of them";
        ensure(one_of.iter().all(is_plain), "asks a claim for what it cannot be", cure)?;
        let is_empty = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
        ensure(!one_of.iter().any(is_empty), "asks a claim for an empty text", cure)?;
        Ok(Self { path: ClaimPath::parse(path)?, one_of: not_empty(one_of)? })
    }

    /// Whether the claim is one of the values, or a list that holds one.
    pub(crate) fn is_met_by(&self, found: Option<&Value>) -> bool {
        let is_accepted = |found: &Value| self.one_of.iter().any(|wanted| are_same(wanted, found));
        match found {
            Some(Value::Array(list)) => list.iter().any(is_accepted),
            found => found.is_some_and(is_accepted),
        }
    }
}

/// `token_use = "access"`, or one of a list.
impl fmt::Display for RequiredClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_of: Vec<_> = self.one_of.iter().map(Value::to_string).collect();
        write!(f, "{} = {}", self.path, one_of.join(" or "))
    }
}

/// Whether two values are of one type and equal; `1` and `1.0` are one number.
fn are_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let is_whole = |number: &Number| number.is_i64() || number.is_u64();
            one == other || !(is_whole(one) && is_whole(other)) && one.as_f64() == other.as_f64()
        }
        _ => one == other,
    }
}
