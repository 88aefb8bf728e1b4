//! Rules in Redis: a hash with each rule, and a stream with each change, both numbered.
//!
//! Each change counts up the number in the field [`NUMBER`] of the hash, and stands in the stream with
//! that number. A reader that finds a gap has missed something, whatever the reason: the stream was
//! trimmed, or one of the two was emptied.

use redis::{Value, cmd};

use super::failure::Failure;
use super::store::Store;
use crate::store::unavailable::Unavailable;

/// The field of the hash with the number of the last change. No rule has it.
pub(super) const NUMBER: &[u8] = b"";

/// How many changes the stream keeps, about.
const KEPT: usize = 10_000;

/// How often a change is tried anew that another instance was quicker than.
const ATTEMPTS: usize = 100;

/// Writes a rule where its field still has the value that was seen (empty for none), and else gives the
/// value that it has. One script is one step, which fails as a whole.
const EXCHANGE: &str = "\
local value = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if value ~= ARGV[2] then return value end
local number = redis.call('HINCRBY', KEYS[1], '', 1)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'f', ARGV[1], 'v', ARGV[3], 'n', number)
return false";

/// Removes a rule where its field still has this value.
const FORGET: &str = "\
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return false";

impl Store {
    /// Changes the rule of `field` in one step and tells every [`RuleLog`](super::RuleLog) of it.
    ///
    /// `change` gets the value that is stored now and gives the one to store, or `None` to leave it. It is
    /// called again where another instance was quicker. Once this returns, the value is stored.
    pub(crate) async fn publish(
        &self,
        field: &[u8],
        change: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<(), Unavailable> {
        let mut seen = match self.ask(cmd("HGET").arg(self.rules_key()).arg(field)).await? {
            Value::Nil => vec![],
            Value::BulkString(value) => value,
            _ => return Err(Unavailable::Refused),
        };
        for _ in 0..ATTEMPTS {
            let stored = Some(seen.as_slice()).filter(|seen| !seen.is_empty());
            let Some(value) = change(stored) else { return Ok(()) };
            let mut exchange = cmd("EVAL");
            exchange.arg(EXCHANGE).arg(2).arg(self.rules_key()).arg(self.log_key());
            exchange.arg(field).arg(&seen).arg(&value).arg(KEPT);
            seen = match self.ask(&exchange).await? {
                Value::Nil => return Ok(()),
                Value::BulkString(value) => value,
                _ => return Err(Unavailable::Refused),
            };
        }
        Failure::new(Unavailable::Refused, "others change one rule all the time").warn();
        Err(Unavailable::Refused)
    }

    /// Removes the rule of `field` where it still has this value. No log tells of it: each instance
    /// forgets a rule by itself when its time is over.
    pub(crate) async fn forget(&self, field: &[u8], value: &[u8]) -> Result<(), Unavailable> {
        let mut forget = cmd("EVAL");
        forget.arg(FORGET).arg(1).arg(self.rules_key()).arg(field).arg(value);
        self.ask(&forget).await.map(|_| ())
    }

    pub(super) fn rules_key(&self) -> String {
        self.key("rules")
    }

    pub(super) fn log_key(&self) -> String {
        self.key("log")
    }
}
