//! The guards: from a request to its user, and what a client is told that has none.

pub(crate) mod asked;
pub(crate) mod authorized;
pub(crate) mod bearer;
pub(crate) mod catchers;
pub(crate) mod mcp;
pub(crate) mod policy;
mod record;
pub(crate) mod refusal;
pub(crate) mod requirement;
pub(crate) mod sentinel;
pub(crate) mod user;

pub(crate) use policy::Policy;
pub(crate) use record::{answered, is_head_with_form, note_head_with_form};
