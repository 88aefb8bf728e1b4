//! Findings on names of claims, in `forward.headers` and `roles`: those that probably no token has.

use super::finding::{Finding, quoted, warning};
use crate::config::{Config, Issuer};

/// The findings on what a gateway is told.
pub(super) fn of_headers(config: &Config) -> Vec<Finding> {
    let names = config.forward_headers.iter().map(|header| header.claim.as_str());
    names.filter_map(|name| finding("forward.headers", name)).collect()
}

/// The findings on where an issuer's tokens say roles.
pub(super) fn of_roles(issuer: &Issuer) -> Vec<Finding> {
    let names = issuer.roles.iter().map(ToString::to_string);
    names.filter_map(|name| finding("roles", &name)).collect()
}

fn finding(key: &str, name: &str) -> Option<Finding> {
    // `https://example.com/roles` and `urn:zitadel:…` are names; a pointer begins with `/`.
    let is_path = name.contains(['.', '/']) && !name.contains(':') && !name.starts_with('/');
    is_path.then(|| {
        let pointer = format!("/{}", name.replace('.', "/"));
        warning(
            format!("`{key}` names the claim {}, which probably no token has", quoted(name)),
            format!("write a member of a claim as a JSON pointer: {}", quoted(&pointer)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_meant_as_a_path_is_found() {
        for (name, pointer) in [
            ("roles", None),
            ("/realm_access/roles", None),
            ("https://example.com/roles", None),
            ("urn:zitadel:iam:org:project:roles", None),
            ("cognito:groups", None),
            ("realm_access.roles", Some("\"/realm_access/roles\"")),
            ("realm_access/roles", Some("\"/realm_access/roles\"")),
            ("resource_access.api.roles", Some("\"/resource_access/api/roles\"")),
        ] {
            let found = finding("roles", name);
            let is_so = match pointer {
                None => found.is_none(),
                Some(cure) => found.as_ref().is_some_and(|it| it.cure.ends_with(cure)),
            };
            assert!(is_so, "{name}: {found:?}");
        }
    }
}
