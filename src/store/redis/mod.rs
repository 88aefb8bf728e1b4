//! Redis, by one connection that is made anew whenever it breaks.

mod connection;
mod failure;
mod link;
mod rule_log;
mod rules;
mod store;
#[cfg(test)]
mod tests;
mod tls;

pub(crate) use rule_log::RuleLog;
pub(crate) use store::Store;
