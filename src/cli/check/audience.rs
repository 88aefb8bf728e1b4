//! Findings on `audience`: values that no access token for this API carries, or every one of a tenant.

use super::finding::{Finding, warning};
use crate::config::Issuer;
use crate::explain::offered::is_client_id;

const CURE: &str = "write the identifier of your API, to the letter as tokens carry it in `aud`";

/// Microsoft Graph, by its id and by its name.
const GRAPH: [&str; 2] = ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"];

/// The findings on the accepted audiences of an issuer.
pub(super) fn findings(issuer: &Issuer) -> Vec<Finding> {
    issuer.audience.iter().filter_map(|audience| finding(audience, issuer)).collect()
}

fn finding(audience: &str, issuer: &Issuer) -> Option<Finding> {
    let is_in = |character: char| audience.contains(character);
    let what = if audience.trim() != audience || is_in('"') || is_in('\'') {
        "has white space or quotes around it"
    } else if is_in('<') || is_in('>') || is_in('{') || audience.to_lowercase().starts_with("your")
    {
        "is a placeholder"
    } else if audience.contains('*') {
        "has a `*`, which stands for itself and for nothing else"
    } else if audience.trim_end_matches('/') == issuer.issuer.trim_end_matches('/') {
        "is the issuer itself: its tokens are for whoever issued them"
    } else if audience.ends_with("/userinfo") {
        let cure = match issuer.audience.len() {
            1 => "write the identifier of your API in its place: Auth0 puts it beside that",
            _ => "remove it: Auth0 puts it beside the identifier of your API, which is enough",
        };
        return Some(warning(
            "`audience` takes tokens for the issuer's user info, which all its applications get",
            cure,
        ));
    } else if audience == "account" {
        if !issuer.clients.is_empty() {
            return None;
        }
        return Some(warning(
            "`audience` is `account`, which tokens of every application of a Keycloak realm carry",
            "give this API a name of its own by an audience mapper in Keycloak, and write that; or name in \
             `clients` the applications that may call",
        ));
    } else if GRAPH.contains(&audience.trim_end_matches('/')) {
        "is that of Microsoft Graph, whose tokens no other API can verify"
    } else if audience.contains(".auth0.com/api/v2") {
        "is that of Auth0's own Management API"
    } else if is_client_id(audience) {
        "looks like the client id of an application: ID tokens carry that, access tokens do not"
    } else {
        return None;
    };
    Some(warning(format!("`audience` {what}"), CURE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_that_is_none_is_found() {
        for (audience, expected) in [
            ("image", None),
            ("https://api.example/", None),
            ("api://8c7f6e5d-0000-4000-8000-000000000000", None),
            ("6731de76-14a6-49ae-97bc-6eba6914391e", None),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", None),
            (" image", Some("white space")),
            ("'image'", Some("quotes")),
            ("YOUR_API_IDENTIFIER", Some("placeholder")),
            ("<audience>", Some("placeholder")),
            ("https://*.example", Some("`*`")),
            ("https://tenant.eu.auth0.com", Some("the issuer itself")),
            ("https://tenant.eu.auth0.com/", Some("the issuer itself")),
            ("https://tenant.eu.auth0.com/userinfo", Some("user info")),
            ("https://tenant.eu.auth0.com/api/v2/", Some("Management")),
            ("account", Some("every application of a Keycloak realm")),
            ("account-api", None),
            ("00000003-0000-0000-c000-000000000000", Some("Microsoft Graph")),
            ("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF", Some("client id")),
        ] {
            let issuer = Issuer::discovered("https://tenant.eu.auth0.com/", [audience]).unwrap();
            let found = findings(&issuer).pop().map(|it| it.what);
            let is_so = match expected {
                None => found.is_none(),
                Some(text) => found.as_ref().is_some_and(|it| it.contains(text)),
            };
            assert!(is_so, "{audience}: {found:?}");
        }
    }
}
