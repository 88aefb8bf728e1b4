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

/// Whether two values are of one type and equal; `1` and `1.0` are one number. Whole numbers are
/// compared exactly: `9007199254740993` is not `9007199254740992.0`, the nearest double.
fn are_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || whole(one).is_some_and(|number| whole(other) == Some(number))
        }
        _ => one == other,
    }
}

/// The value of a whole number, however it is written.
fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    exact.or_else(|| {
        let double = number.as_f64()?;
        // A double of this size is far within an `i128`.
        (double.fract() == 0.0 && double.abs() < 1e30).then_some(double as i128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_their_value_and_never_with_another_type() {
        for (wanted, found, is_met) in [
            ("1", "1", true),
            ("1", "1.0", true),
            ("1.0", "1", true),
            ("1", "1e0", true),
            ("1", "1.5", false),
            ("1", "\"1\"", false),
            ("1", "true", false),
            ("0", "-0.0", true),
            ("0", "false", false),
            ("0", "null", false),
            ("true", "true", true),
            ("true", "\"true\"", false),
            ("1.5", "1.5", true),
            ("-1", "18446744073709551615", false),
            ("18446744073709551615", "18446744073709551615", true),
            ("18446744073709551615", "18446744073709551616", false),
            ("9007199254740993", "9007199254740993", true),
            ("9007199254740993", "9007199254740992", false),
            ("9007199254740993", "9007199254740992.0", false),
            ("9007199254740992", "9007199254740992.0", true),
            ("1e300", "1e300", true),
            ("1e300", "1e299", false),
            ("\"a\"", "[\"b\",\"a\"]", true),
            ("\"a\"", "[[\"a\"]]", false),
            ("\"a\"", "{\"a\":\"a\"}", false),
            ("\"a\"", "[]", false),
        ] {
            let value = |json| serde_json::from_str::<Value>(json).unwrap();
            let required = RequiredClaim::new("claim", vec![value(wanted)]).unwrap();
            assert_eq!(required.is_met_by(Some(&value(found))), is_met, "{wanted} and {found}");
            assert!(!required.is_met_by(None), "{wanted}");
        }
    }
}
