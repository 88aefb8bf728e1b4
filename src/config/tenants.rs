//! The tenants of an issuer whose name is a template: Microsoft Entra's multi-tenant apps.

use std::fmt;

use crate::error::{Invalid, invalid};
use crate::token::tenant::PLACEHOLDER;

/// The tenants whose tokens count.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tenants {
    Any,
    /// Their ids in lower case.
    Listed(Vec<String>),
}

impl Tenants {
    /// Whether tokens of this tenant count; its id is in lower case.
    pub(crate) fn accept(&self, tenant: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(listed) => listed.iter().any(|it| it == tenant),
        }
    }
}

impl fmt::Display for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any (whoever has a tenant can get a token)"),
            Self::Listed(listed) => f.write_str(&listed.join(", ")),
        }
    }
}

/// Refuses braces in an issuer, but `{tenantid}` as one whole segment of its path.
pub(super) fn check_braces(issuer: &str) -> Result<(), Invalid> {
    let (before, after) = issuer.split_once(PLACEHOLDER).unwrap_or((issuer, ""));
    let has_braces = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains(['{', '}']) || text.contains("%7b") || text.contains("%7d")
    };
    // `https://host/` has three slashes.
    let is_segment = before.ends_with('/')
        && before.matches('/').count() >= 3
        && (after.is_empty() || after.starts_with('/'))
        && !before.contains(['?', '#']);
    let is_template = before.len() < issuer.len();
    if has_braces(before) || has_braces(after) || is_template && !is_segment {
        return Err(invalid(
            "has a placeholder in braces, which no token carries",
            "write the id of a tenant in its place, or `{tenantid}` as one whole segment of the path \
             with `tenants` beside it",
        ));
    }
    Ok(())
}
