//! A request → its user: the guards, and what a client is told that they refuse.

pub(crate) mod authorized;
pub(crate) mod bearer;
pub(crate) mod catchers;
pub(crate) mod policy;
pub(crate) mod refusal;
pub(crate) mod sentinel;
mod typed_claims;
pub(crate) mod user;
pub(crate) mod verdict;
