//! All rules, and then each change of them, by a connection of its own: a reader waits in Redis.

use std::future::Future;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, RedisResult, Value, cmd};
use tokio::time::timeout;

use super::connection::Connected;
use super::failure::Failure;
use super::rules::NUMBER;
use super::store::Store;
use crate::store::stored_rule::StoredRule;
use crate::store::unavailable::{TARGET, Unavailable};

/// How long a reader waits in Redis for a change: half of the shortest `revocation.max_age`.
const BLOCK: Duration = Duration::from_millis(500);

/// What an answer may take beyond that, at least.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many rules or changes come in one answer, about.
const BATCH: usize = 1_000;

/// The rules in Redis and their changes. After an error it is of no more use: open another.
pub(crate) struct RuleLog {
    connected: Connected,
    rules: String,
    log: String,
    patience: Duration,
    /// The last entry of the stream that was read, and its number.
    after: Vec<u8>,
    number: u64,
}

/// The number of the last change and the last entry of the stream, in one step.
const END: &str = "\
return {redis.call('HGET', KEYS[1], ''), redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)}";

/// The number of the last change and the entries after one, in one step.
const LOOK: &str = "\
local entries = redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])
return {redis.call('HGET', KEYS[1], ''), entries}";

/// What such a look finds: the number in the hash, where there is one, and entries of the stream.
type End = (Option<u64>, Vec<Entry>);

/// An entry of the stream: its id, and names and values in turn.
type Entry = (Vec<u8>, Vec<Vec<u8>>);

impl Store {
    /// Opens a log, which begins with [`snapshot`](RuleLog::snapshot). It takes a second at most or, where
    /// it is longer, the deadline.
    pub(crate) async fn rule_log(&self) -> Result<RuleLog, Unavailable> {
        let connected = self.0.connector.connect().await.map_err(|failure| failure.fault)?;
        Ok(RuleLog {
            connected,
            rules: self.rules_key(),
            log: self.log_key(),
            patience: self.0.deadline.max(PATIENCE),
            after: vec![],
            number: 0,
        })
    }
}

impl RuleLog {
    /// All rules there are. A rule may come twice; what changes meanwhile comes by
    /// [`changes`](Self::changes).
    pub(crate) async fn snapshot(&mut self) -> Result<Vec<StoredRule>, Unavailable> {
        // The end of the stream comes first: what is published from here on is read from there.
        let mut end = cmd("EVAL");
        end.arg(END).arg(2).arg(&self.rules).arg(&self.log);
        let (number, last): End = self.ask(&end, Duration::ZERO).await?;
        self.number = number.unwrap_or(0);
        self.after = last.into_iter().next().map_or(b"0-0".to_vec(), |(id, _)| id);
        let (mut rules, mut cursor) = (vec![], 0);
        loop {
            let mut scan = cmd("HSCAN");
            scan.arg(&self.rules).arg(cursor).arg("COUNT").arg(BATCH);
            let (next, parts): (u64, Vec<Vec<u8>>) = self.ask(&scan, Duration::ZERO).await?;
            rules.extend(pairs(parts).filter(|rule| rule.field != NUMBER));
            cursor = next;
            if cursor == 0 {
                return Ok(rules);
            }
        }
    }

    /// All changes since the snapshot or the last call, in their order; perhaps none. Waits for one, up to
    /// half a second. `None`: something was missed, or Redis was emptied, so take a snapshot again.
    pub(crate) async fn changes(&mut self) -> Result<Option<Vec<StoredRule>>, Unavailable> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(BATCH).arg("BLOCK").arg(BLOCK.as_millis() as u64);
        read.arg("STREAMS").arg(&self.log).arg(&self.after);
        let streams: Option<Vec<(Value, Vec<Entry>)>> = self.ask(&read, BLOCK).await?;
        match streams.unwrap_or_default().pop() {
            Some((_, entries)) => Ok(self.taken(entries)),
            None => self.looked().await,
        }
    }

    /// What a look without waiting finds: nothing, changes, or that something was missed.
    async fn looked(&mut self) -> Result<Option<Vec<StoredRule>>, Unavailable> {
        let mut look = cmd("EVAL");
        look.arg(LOOK).arg(2).arg(&self.rules).arg(&self.log);
        look.arg([b"(", &self.after[..]].concat()).arg(BATCH);
        let (number, entries): End = self.ask(&look, Duration::ZERO).await?;
        if entries.is_empty() && number.unwrap_or(0) != self.number {
            return Ok(None);
        }
        Ok(self.taken(entries))
    }

    /// The rules of these entries, if each follows the one before it.
    fn taken(&mut self, entries: Vec<Entry>) -> Option<Vec<StoredRule>> {
        let mut rules = vec![];
        for (id, parts) in entries {
            self.after = id;
            let Some((number, rule)) = change(parts) else { continue };
            if number == self.number + 1 {
                self.number = number;
                rules.push(rule);
            } else {
                return None;
            }
        }
        Some(rules)
    }

    async fn ask<T: FromRedisValue>(
        &mut self,
        cmd: &Cmd,
        wait: Duration,
    ) -> Result<T, Unavailable> {
        let connection: &mut MultiplexedConnection = &mut self.connected.connection;
        within(wait + self.patience, cmd.query_async(connection)).await
    }
}

async fn within<T>(
    limit: Duration,
    question: impl Future<Output = RedisResult<T>>,
) -> Result<T, Unavailable> {
    match timeout(limit, question).await {
        Ok(answer) => answer.map_err(|error| {
            let Failure { fault, text } = error.into();
            tracing::debug!(target: TARGET, code = fault.code(), "rules cannot be read: {text}");
            fault
        }),
        Err(_) => Err(Unavailable::Timeout),
    }
}

fn pairs(parts: Vec<Vec<u8>>) -> impl Iterator<Item = StoredRule> {
    let mut parts = parts.into_iter();
    std::iter::from_fn(move || Some(StoredRule { field: parts.next()?, value: parts.next()? }))
}

/// The number and the rule of an entry; `None` for one that is not ours.
fn change(parts: Vec<Vec<u8>>) -> Option<(u64, StoredRule)> {
    let [f, field, v, value, n, number] = <[Vec<u8>; 6]>::try_from(parts).ok()?;
    let is_ours = f == b"f" && v == b"v" && n == b"n";
    let number = str::from_utf8(&number).ok()?.parse().ok()?;
    is_ours.then_some((number, StoredRule { field, value }))
}
