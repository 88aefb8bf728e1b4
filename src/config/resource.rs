//! The URL that clients know the app by: the key `resource`.

use crate::address::{Purpose, trusted};
use crate::error::{Invalid, ensure};

/// A protected resource (RFC 9728 §1.2), as clients write it.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) identifier: String,
    /// Where its metadata is: what comes before the path, and the path (RFC 9728 §3).
    pub(crate) origin: String,
    pub(crate) path: String,
}

impl Resource {
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let url = trusted(text, Purpose::Resource)?;
        // A parser of URLs passes over it; clients compare texts.
        ensure(text.trim() == text, "has white space at its start or end", "remove it")?;
        ensure(
            url.query().is_none() && url.fragment().is_none(),
            "has a query or a fragment",
            "write the URL of the API up to its path, for instance `https://api.example.com`",
        )?;
        let suffix = if url.path() == "/" { "" } else { url.path() };
        Ok(Self {
            identifier: text.to_owned(),
            origin: url.origin().ascii_serialization(),
            path: format!("/.well-known/oauth-protected-resource{suffix}"),
        })
    }

    /// The address of its metadata.
    pub(crate) fn metadata(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}
