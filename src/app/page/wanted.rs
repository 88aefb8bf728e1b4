//! What the page asks of a token that is made for it.

use serde::Deserialize;

/// What a made token says; what is empty or absent is as `rocket-bearer token` has it by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(crate) sub: String,
    /// Scopes, separated by spaces.
    pub(crate) scope: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) roles: Vec<String>,
    /// Seconds from now; negative for an expired token.
    pub(crate) expires_in: Option<i32>,
    /// An audience that is not the configured one.
    pub(crate) audience: String,
    /// The thumbprint of the page's key, for a token that is bound to it (RFC 9449).
    pub(crate) jkt: String,
}

impl Wanted {
    /// Reads the body of a request; an empty one wants nothing. `None` for anything else than such JSON.
    pub(super) fn parse(body: &str) -> Option<Self> {
        if body.is_empty() { Some(Self::default()) } else { serde_json::from_str(body).ok() }
    }
}
