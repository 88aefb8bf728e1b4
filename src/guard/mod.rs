//! The guards: from a request to its user, and what a client is told that has none.

pub(crate) mod asked;
pub(crate) mod authorized;
pub(crate) mod bearer;
pub(crate) mod catchers;
pub(crate) mod mcp;
pub(crate) mod policy;
mod possession;
mod record;
pub(crate) mod refusal;
pub(crate) mod requirement;
pub(crate) mod sentinel;
pub(crate) mod user;

pub(crate) use policy::Policy;
pub(crate) use possession::Original;
pub(crate) use record::{answered, judge_for, needs_new_nonce, note_head, sent_method, was_head};
