//! Findings on what clients learn from the app's own metadata (RFC 9728), and what MCP asks of it.

use super::finding::{Finding, Weight, quoted, warning};
use crate::config::{Config, Issuer, Resource};
use crate::fairing::resource_metadata::authorization_servers;

/// A client asks for it of itself; it opens nothing here.
const OFFLINE_ACCESS: &str = "offline_access";

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<_> = offline_access(config).into_iter().collect();
    let Some(resource) = &config.resource else { return findings };
    findings.extend(slash(resource));
    findings.extend(no_authorization_server(config));
    let issuers = config.issuers.iter();
    findings.extend(issuers.filter_map(|issuer| other_audience(issuer, resource)));
    findings.sort_by_key(|finding| finding.weight);
    findings
}

/// Clients send `resource` to the issuer (RFC 8707), which writes it into `aud`.
fn other_audience(issuer: &Issuer, resource: &Resource) -> Option<Finding> {
    let ours = resource.identifier.as_str();
    let audience = &issuer.audience;
    if audience.iter().any(|it| it == ours) {
        return None;
    }
    let of = format!("of {}", quoted(&issuer.issuer));
    if audience.is_empty() {
        return Some(Finding {
            weight: Weight::Note,
            what: format!(
                "`aud` of the tokens {of} is not looked at, and MCP wants it to name `resource`"
            ),
            cure: format!("write `audience = {}` if the issuer writes that", quoted(ours)),
        });
    }
    let preset = issuer.preset.as_ref();
    if preset.is_some_and(|it| it.filled.iter().any(|line| line.starts_with("audience = "))) {
        return Some(Finding {
            weight: Weight::Note,
            what: format!("the preset's `audience` of the tokens {of} is not `resource`"),
            cure: format!(
                "this provider writes no other; write `audience = {}` if its tokens carry that",
                quoted(ours)
            ),
        });
    }
    let is_slash = audience.iter().any(|it| it.trim_end_matches('/') == ours.trim_end_matches('/'));
    let what = if is_slash {
        "differs from `resource` by a slash at its end"
    } else {
        "is not `resource`"
    };
    Some(warning(
        format!(
            "`audience` of the tokens {of} {what}: clients ask for a token for {}",
            quoted(ours)
        ),
        "leave `audience` out, and `resource` is the audience; keep it if the issuer writes another name into `aud`",
    ))
}

fn slash(resource: &Resource) -> Option<Finding> {
    let bare = resource.identifier.strip_suffix('/')?;
    Some(warning(
        "`resource` has a slash at its end: clients, MCP's above all, write the URL without it",
        format!(
            "write `resource = {}`, and the same as `audience` where that is set, unless the issuer knows the API \
             by that slash",
            quoted(bare)
        ),
    ))
}

fn no_authorization_server(config: &Config) -> Option<Finding> {
    authorization_servers(config).is_empty().then(|| {
        warning(
            "the metadata of `resource` names no authorization server: no `issuer` is a URL that clients can \
             discover",
            "write an `issuer` with `https://`, for Entra its `tenants`; or leave `resource` out, and write its value \
             as `audience` where that is not set",
        )
    })
}

fn offline_access(config: &Config) -> Option<Finding> {
    config.scope_hierarchy.names(OFFLINE_ACCESS).then(|| {
        warning(
            "`scopes.implies` names `offline_access`, which is about refresh tokens and opens no API",
            "remove it, and whatever is empty then: a client asks the issuer for it by itself",
        )
    })
}
