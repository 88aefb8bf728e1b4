//! The provider that issued a token: by its preset, by its name, or by what its claims are called.

use url::Url;

use super::reading::Reading;
use crate::config::Provider;

/// The domains of Amazon's services.
const AMAZON: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// The provider of an issuer, by its host and path. A host that only begins like a provider's is none of
/// its hosts.
pub(crate) fn of_issuer(issuer: &str) -> Option<Provider> {
    let url = Url::parse(issuer).ok().filter(Url::has_host);
    let url = url.or_else(|| Url::parse(&format!("https://{issuer}")).ok())?;
    let host = url.host_str()?;
    let is_within = |domain: &str| host.strip_suffix(domain).is_some_and(|it| it.ends_with('.'));
    let is_any_within = |domains: &[&str]| domains.iter().any(|domain| is_within(domain));
    let found = match host {
        "accounts.google.com" => Provider::Google,
        "securetoken.google.com" => Provider::Firebase,
        "sts.windows.net" => Provider::Entra,
        "login.microsoftonline.com"
        | "login.microsoftonline.us"
        | "login.partner.microsoftonline.cn" => Provider::Entra,
        "token.actions.githubusercontent.com" => Provider::GithubActions,
        _ if is_any_within(&["ciamlogin.com", "b2clogin.com"]) => Provider::Entra,
        _ if is_within("auth0.com") => Provider::Auth0,
        _ if host.contains("cognito-idp") && is_any_within(&AMAZON) => Provider::Cognito,
        _ if is_any_within(&["okta.com", "oktapreview.com", "okta-emea.com"]) => Provider::Okta,
        _ if host.starts_with("token.actions.") && is_within("ghe.com") => Provider::GithubActions,
        _ if host.starts_with("kubernetes.default") => Provider::Kubernetes,
        _ if host.starts_with("oidc.eks.") && is_any_within(&AMAZON) => Provider::Kubernetes,
        _ if is_within("supabase.co") => Provider::Supabase,
        _ if is_within("clerk.accounts.dev") || host.starts_with("clerk.") => Provider::Clerk,
        _ if is_within("zitadel.cloud") => Provider::Zitadel,
        _ if url.path().contains("/realms/") => Provider::Keycloak,
        _ => return None,
    };
    Some(found)
}

/// The provider whose tokens have claims of these names.
pub(super) fn of_claims(reading: &Reading) -> Option<Provider> {
    let has = |name: &str| reading.claim(name).is_some();
    let is_page = reading.claim_text("azp").is_some_and(|azp| azp.starts_with("https://"));
    let found = [
        (has("realm_access") || has("resource_access"), Provider::Keycloak),
        (has("token_use") || has("cognito:groups"), Provider::Cognito),
        (has("tid") && (has("oid") || has("ver") || has("azpacr")), Provider::Entra),
        (has("cid") && has("uid"), Provider::Okta),
        (has("kubernetes.io"), Provider::Kubernetes),
        (has("firebase"), Provider::Firebase),
        (has("urn:zitadel:iam:user:resourceowner:id"), Provider::Zitadel),
        (has("repository") && has("job_workflow_ref"), Provider::GithubActions),
        (has("app_metadata") && has("session_id"), Provider::Supabase),
        (has("sid") && is_page, Provider::Clerk),
        (has("gty"), Provider::Auth0),
    ];
    found.into_iter().find(|(is_so, _)| *is_so).map(|(_, provider)| provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_tells_its_provider() {
        for (issuer, provider) in [
            ("https://tenant.eu.auth0.com/", Some(Provider::Auth0)),
            ("tenant.auth0.com", Some(Provider::Auth0)),
            ("https://auth0.com.test/", None),
            ("https://login.microsoftonline.com/a/v2.0", Some(Provider::Entra)),
            ("https://sts.windows.net/a/", Some(Provider::Entra)),
            ("https://acme.b2clogin.com/a/v2.0/", Some(Provider::Entra)),
            ("https://cognito-idp.eu-west-1.amazonaws.com/a", Some(Provider::Cognito)),
            ("http://kc.example/realms/x", Some(Provider::Keycloak)),
            ("https://acme.okta.com", Some(Provider::Okta)),
            ("accounts.google.com", Some(Provider::Google)),
            ("https://token.actions.githubusercontent.com/acme", Some(Provider::GithubActions)),
            ("https://clerk.example.com", Some(Provider::Clerk)),
            ("https://oidc.eks.eu-west-1.amazonaws.com/id/A", Some(Provider::Kubernetes)),
            ("https://token.actions.acme.ghe.com", Some(Provider::GithubActions)),
            ("https://login.microsoftonline.us/a/v2.0", Some(Provider::Entra)),
            ("https://login.microsoftonline.example/a/v2.0", None),
            ("https://login.microsoftonline.com.example/a/v2.0", None),
            ("https://token.actions.example", None),
            ("https://token.actions.githubusercontent.com.example", None),
            ("https://cognito-idp.example/a", None),
            ("https://oidc.eks.example/a", None),
            ("https://issuer.example/", None),
            ("", None),
        ] {
            assert_eq!(of_issuer(issuer), provider, "{issuer}");
        }
    }
}
