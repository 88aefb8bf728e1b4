//! Where a missing right is granted: the words of each kind of issuer.

use std::borrow::Cow;

use url::Url;

use super::kind;
use crate::config::Provider;
use crate::verifier::issuer::TrustedIssuer;

/// A kind of issuer, by its name in `iss`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grantor {
    /// A key pair on this machine signs, as `rocket-bearer token` does.
    Own,
    Auth0,
    Entra,
    Keycloak,
    Cognito,
    Okta,
    Other,
}

impl Grantor {
    pub(super) fn of(issuer: &TrustedIssuer, iss: &str) -> Self {
        // An issuer of the preset `auth0`, or with `domain`, may have a domain of its own.
        match issuer.provider {
            _ if issuer.rules.refuses_anonymous => Self::Auth0,
            Some(provider) => Self::of_provider(provider),
            None => Self::named(iss),
        }
    }

    fn named(iss: &str) -> Self {
        let url = Url::parse(iss).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        if host.ends_with(".localhost") {
            return Self::Own;
        }
        kind::of_issuer(iss).map_or(Self::Other, Self::of_provider)
    }

    fn of_provider(provider: Provider) -> Self {
        match provider {
            Provider::Auth0 => Self::Auth0,
            Provider::Entra => Self::Entra,
            Provider::Keycloak => Self::Keycloak,
            Provider::Cognito => Self::Cognito,
            Provider::Okta => Self::Okta,
            _ => Self::Other,
        }
    }

    pub(super) fn scope(self, name: &str) -> String {
        match self {
            Self::Own => format!("Make a token with it: `rocket-bearer token --scope '{name}'`."),
            Self::Auth0 => format!(
                "The issuer grants it. Define {name} at the API (Applications > APIs > Permissions) and \
                 have the client ask with `scope={name}` beside `audience`; a machine gets it by its \
                 grant (Machine to Machine Applications), and where RBAC is on, a user by a role with \
                 that permission. Then get a new token."
            ),
            Self::Entra => format!(
                "The issuer grants it. Define {name} under Expose an API, have the client ask with \
                 `scope=<Application ID URI>/{name}`, and let the user or an administrator consent. A \
                 machine has app roles (`roles`) and no scopes."
            ),
            Self::Keycloak => format!(
                "The issuer grants it. Make a client scope {name}, add it to the client (Clients > \
                 Client scopes), and where it is optional there, have the client ask with `scope={name}`."
            ),
            Self::Cognito => format!(
                "The issuer grants it. Define it at a resource server, whose name and a slash begin the \
                 scope's name, allow it to the app client, and have that ask with `scope={name}`."
            ),
            Self::Okta => format!(
                "The issuer grants it. Add {name} to the authorization server (Scopes), let an access \
                 policy allow it to the client, and have the client ask with `scope={name}`."
            ),
            Self::Other => format!(
                "The issuer grants it. Define {name} for this API there, have the client ask with \
                 `scope={name}`, and let the user, or the client's own grant, allow it."
            ),
        }
    }

    pub(super) fn permission(self, name: &str) -> String {
        match self {
            Self::Own => {
                format!("Make a token with it: `rocket-bearer token --permission '{name}'`.")
            }
            Self::Auth0 => format!(
                "The issuer grants it. Turn on RBAC and Add Permissions in the Access Token at the API, \
                 and give the user a role with {name}, or the machine its grant. Then get a new token."
            ),
            _ => format!(
                "`permissions` is a claim of Auth0: have this issuer write it as a list of texts, or let \
                 the route ask for a scope or a role {name}."
            ),
        }
    }

    /// Where the issuer says roles; how they come to be read.
    pub(super) fn roles_key(self) -> &'static str {
        match self {
            Self::Own | Self::Entra => "Set `roles = [\"roles\"]` for this issuer. ",
            Self::Keycloak => "Set `roles = [\"/realm_access/roles\"]` for this issuer. ",
            Self::Cognito => "Set `roles = [\"cognito:groups\"]` for this issuer. ",
            Self::Okta => "Set `roles = [\"groups\"]` for this issuer. ",
            Self::Auth0 | Self::Other => {
                "Set `roles` for this issuer to the claim in which it says roles. "
            }
        }
    }

    pub(super) fn role(self, name: &str) -> String {
        let how = match self {
            Self::Own => {
                return format!(
                    "Make a token with {name} in that claim: `rocket-bearer token --claim \
                     'roles=[\"{name}\"]'` where it is `roles`."
                );
            }
            Self::Auth0 => {
                "assign it (User Management > Roles), and let an Action write it into that claim"
            }
            Self::Entra => {
                "assign the app role to the user, the group or the machine (Enterprise applications)"
            }
            Self::Keycloak => {
                "assign the role to the user, or to the client's service account (Role mapping)"
            }
            Self::Cognito => "put the user into that group",
            Self::Okta => {
                "put the user into that group, and let a claim of the authorization server write groups"
            }
            Self::Other => "assign it there, and let it stand in that claim",
        };
        format!("The issuer grants the role {name}: {how}. Then get a new token.")
    }

    pub(super) fn claim(self, name: &str) -> Cow<'static, str> {
        let how = match self {
            Self::Own => "`rocket-bearer token --claim NAME=VALUE` does",
            Self::Auth0 => "an Action writes it",
            Self::Entra => "an optional claim or a claims mapping policy writes it",
            Self::Keycloak => "a mapper writes it, with Add to access token on",
            Self::Cognito => "a pre token generation trigger writes it",
            Self::Okta => "a claim of the authorization server writes it",
            Self::Other => "a setting of the issuer writes it",
        };
        format!("Have the issuer say {name} in its access tokens: {how}.").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_known_by_its_host_or_path() {
        for (iss, kind) in [
            ("https://tenant.eu.auth0.com/", Grantor::Auth0),
            ("https://issuer.localhost/", Grantor::Own),
            ("https://login.microsoftonline.com/tid/v2.0", Grantor::Entra),
            ("https://sts.windows.net/tid/", Grantor::Entra),
            ("https://sso.example/realms/a", Grantor::Keycloak),
            ("https://cognito-idp.eu-west-1.amazonaws.com/p", Grantor::Cognito),
            ("https://dev-1.okta.com/oauth2/default", Grantor::Okta),
            ("https://auth0.com.example/", Grantor::Other),
            ("https://issuer.example/", Grantor::Other),
            ("accounts.example", Grantor::Other),
        ] {
            assert_eq!(Grantor::named(iss), kind, "{iss}");
        }
    }
}
