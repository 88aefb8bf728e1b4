//! Microsoft Entra: versions of tokens, policies, and keys of one application.
//!
//! What a cure has the operator write comes from the configuration, or is of the configured tenant: a
//! token may name any other.

use url::Url;

use super::kind;
use super::offered;
use super::report::Diagnosis;
use super::words::printable;
use crate::config::Provider;
use crate::token::tenant::is_lower_guid;
use crate::verifier::issuer::TrustedIssuer;

/// An issuer of Entra, by the host and the first segment of its path.
fn of(issuer: &str) -> Option<(String, String)> {
    if kind::of_issuer(issuer) != Some(Provider::Entra) {
        return None;
    }
    let url = Url::parse(issuer).ok()?;
    let tenant = url.path_segments()?.next().filter(|segment| !segment.is_empty())?;
    Some((url.host_str()?.to_owned(), tenant.to_owned()))
}

/// For an `iss` of the same tenant as the configured issuer, in tokens of the other version, or of the same
/// host with a policy of Azure AD B2C.
pub(super) fn other_version_or_policy(iss: &str, configured: &str) -> Option<Diagnosis> {
    let ((host, tenant), (our_host, our_tenant)) = (of(iss)?, of(configured)?);
    let is_v1 = |host: &str| host == "sts.windows.net";
    let (found, ours) = (printable(iss), printable(configured));
    let is_ours = tenant == our_tenant;
    if is_v1(&host) && !is_v1(&our_host) && (is_ours || configured.contains('{')) {
        return Some(Diagnosis::new(
            "entra_version",
            format!(
                "`iss` is {found}: a v1.0 token of Entra. {ours} is configured, for v2.0 tokens."
            ),
            "Set `requestedAccessTokenVersion` to 2 in the manifest of the API's app registration and get a \
             new token; its `aud` is then the application's id without `api://`.",
        ));
    }
    let iss = offered::issuer(iss)?;
    if !is_v1(&host) && is_v1(&our_host) && is_ours {
        return Some(Diagnosis::new(
            "entra_version",
            format!(
                "`iss` is {found}: a v2.0 token of Entra. {ours} is configured, for v1.0 tokens."
            ),
            format!(
                "Configure `issuer = \"{iss}\"`, and as `audience` the application's id without `api://`."
            ),
        ));
    }
    let is_b2c = host == our_host && host.ends_with(".b2clogin.com");
    let policy = configured.trim_end_matches('/').trim_end_matches("/v2.0");
    let policy = offered::setting(policy).filter(|_| is_b2c)?;
    Some(Diagnosis::new(
        "b2c_policy",
        format!(
            "`iss` is {found}, and {ours} is configured: Azure AD B2C leaves the policy out of it."
        ),
        format!(
            "Configure `issuer = \"{iss}\"`, and beside it the key set that the metadata of the policy \
             names: `jwks_uri = \"{policy}/discovery/v2.0/keys\"`."
        ),
    ))
}

/// The cure that names the keys of one application of this issuer, beside those of its tenant. `found` is the
/// audience of the token.
pub(super) fn keys_of_the_application(issuer: &TrustedIssuer, found: &[&str]) -> Option<String> {
    let rules = &issuer.rules;
    let (host, tenant) = of(&rules.issuer).filter(|_| rules.tenants.is_none())?;
    let keys = format!("https://{}/{tenant}/discovery/v2.0/keys?appid=", host_of_version_2(&host));
    Some(match application(&rules.audience, found) {
        Some(id) => format!("Configure `jwks_uri = \"{keys}{id}\"`"),
        None => format!(
            "Configure `jwks_uri = \"{keys}<client id>\"`, with the application (client) id of the API in its place"
        ),
    })
}

/// The id of this API's application, by its configured audience; of several the one that the token is for.
fn application<'a>(configured: &'a [String], found: &[&str]) -> Option<&'a str> {
    // The audience of an application is its id, `api://` and its id, or a name of its own.
    let id = |audience: &'a String| {
        let id = audience.strip_prefix("api://").unwrap_or(audience);
        is_lower_guid(&id.to_ascii_lowercase()).then_some(id)
    };
    let only_one = |audiences: &mut dyn Iterator<Item = &'a String>| {
        let mut ids = audiences.filter_map(id);
        let first = ids.next()?;
        ids.all(|it| it == first).then_some(first)
    };
    let is_found = |audience: &&String| found.contains(&audience.as_str());
    only_one(&mut configured.iter()).or_else(|| only_one(&mut configured.iter().filter(is_found)))
}

/// The issuer of the v2.0 tokens of the tenant that this one names by its id.
pub(crate) fn of_version_2(issuer: &str) -> Option<String> {
    let (host, tenant) = of(issuer).filter(|(_, tenant)| is_lower_guid(tenant))?;
    Some(format!("https://{}/{tenant}/v2.0", host_of_version_2(&host)))
}

fn host_of_version_2(host: &str) -> &str {
    if host == "sts.windows.net" { "login.microsoftonline.com" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cure_names_a_tenant_or_a_host_that_is_not_the_configured_one() {
        for (iss, configured, expected) in [
            ("https://sts.windows.net/a/", "https://login.microsoftonline.com/a/v2.0", true),
            ("https://sts.windows.net/b/", "https://login.microsoftonline.com/a/v2.0", false),
            ("https://login.microsoftonline.com/a/v2.0", "https://sts.windows.net/a/", true),
            ("https://login.microsoftonline.com/b/v2.0", "https://sts.windows.net/a/", false),
            ("https://login.microsoftonline.example/a/v2.0", "https://sts.windows.net/a/", false),
            ("https://login.microsoftonline.com/a/\"v2.0", "https://sts.windows.net/a/", false),
            ("https://login.microsoftonline.com/a/v2.0 ", "https://sts.windows.net/a/", false),
            ("https://x.b2clogin.com/1/v2.0/", "https://x.b2clogin.com/x/b2c_1/v2.0/", true),
            ("https://y.b2clogin.com/1/v2.0/", "https://x.b2clogin.com/x/b2c_1/v2.0/", false),
            ("https://issuer.example/", "https://sts.windows.net/a/", false),
        ] {
            let found = other_version_or_policy(iss, configured);
            assert_eq!(found.is_some(), expected, "{iss} {configured}");
        }
    }
}
