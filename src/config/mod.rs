//! What an operator may say, parsed once into types that cannot be wrong.

mod builder;
mod env;
mod identity_headers;
mod issuer_rules;
mod precedence;
mod read;
mod resource;
mod role_sources;
mod setting;
mod table;
mod trusted_issuer;

pub use builder::Config;
pub(crate) use env::VariableNames;
pub(crate) use identity_headers::IdentityHeader;
pub(crate) use read::read;
#[cfg(feature = "testing")]
pub(crate) use read::read_for;
pub(crate) use resource::Resource;
pub use trusted_issuer::Issuer;
