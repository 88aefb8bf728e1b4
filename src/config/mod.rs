//! What an operator may say, parsed once into types that cannot be wrong.

mod algorithms;
mod builder;
mod env;
mod filling;
mod identity_headers;
mod issuer_rules;
mod issuer_tenants;
mod issuer_token;
mod key_table;
mod logout;
mod logout_rules;
mod missing;
mod original_request;
mod precedence;
mod provider;
mod read;
mod resource;
mod revocation;
mod role_sources;
mod scopes;
mod setting;
mod tenants;
mod trusted_issuer;
mod unreadable;

pub use builder::Config;
pub(crate) use env::VariableNames;
pub(crate) use identity_headers::IdentityHeader;
pub(crate) use logout::LogoutBy;
pub use original_request::OriginalRequest;
#[cfg(feature = "cli")]
pub(crate) use provider::Preset;
pub use provider::Provider;
pub(crate) use read::read;
#[cfg(feature = "testing")]
pub(crate) use read::read_for;
pub(crate) use resource::Resource;
#[cfg(feature = "cli")]
pub(crate) use role_sources::is_role_source;
pub(crate) use tenants::Tenants;
pub use trusted_issuer::Issuer;
#[cfg(feature = "cli")]
pub(crate) use unreadable::unreadable;
