//! Where a missing right is granted: the words of each kind of issuer.

use std::borrow::Cow;

use url::Url;

use super::kind;
use crate::config::Provider;
use crate::verifier::issuer::TrustedIssuer;

/// Who grants what a token says, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grantor {
    /// A key pair on this machine signs, as `rocket-bearer token` does.
    Own,
    Known(Provider),
    Other,
}

use Grantor::{Known, Other, Own};
use Provider::{Auth0, Clerk, Cognito, Entra, Hydra, Keycloak, Okta, Supabase, Zitadel};

impl Grantor {
    pub(super) fn of(issuer: &TrustedIssuer, iss: &str) -> Self {
        // An issuer of the preset `auth0`, or with `domain`, may have a domain of its own.
        match issuer.provider {
            _ if issuer.rules.refuses_anonymous => Known(Auth0),
            Some(provider) => Known(provider),
            None => Self::named(iss),
        }
    }

    fn named(iss: &str) -> Self {
        let url = Url::parse(iss).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        if host.ends_with(".localhost") {
            return Own;
        }
        kind::of_issuer(iss).map_or(Other, Known)
    }

    pub(super) fn scope(self, name: &str) -> String {
        match self {
            Own => format!("Make a token with it: `rocket-bearer token --scope '{name}'`."),
            Known(Auth0) => format!(
                "The issuer grants it. Define {name} at the API (Applications > APIs > Permissions) and \
                 have the client ask with `scope={name}` beside `audience`; a machine gets it by its \
                 grant (Machine to Machine Applications), and where RBAC is on, a user by a role with \
                 that permission. Then get a new token."
            ),
            Known(Entra) => format!(
                "The issuer grants it. Define {name} under Expose an API, have the client ask with \
                 `scope=<Application ID URI>/{name}`, and let the user or an administrator consent. A \
                 machine has app roles (`roles`) and no scopes."
            ),
            Known(Keycloak) => format!(
                "The issuer grants it. Make a client scope {name}, add it to the client (Clients > \
                 Client scopes), and where it is optional there, have the client ask with `scope={name}`."
            ),
            Known(Cognito) => format!(
                "The issuer grants it. Define it at a resource server, whose name and a slash begin the \
                 scope's name, allow it to the app client, and have that ask with `scope={name}`."
            ),
            Known(Okta) => format!(
                "The issuer grants it. Add {name} to the authorization server (Scopes), let an access \
                 policy allow it to the client, and have the client ask with `scope={name}`."
            ),
            Known(_) | Other => format!(
                "The issuer grants it. Define {name} for this API there, have the client ask with \
                 `scope={name}`, and let the user, or the client's own grant, allow it."
            ),
        }
    }

    pub(super) fn permission(self, name: &str) -> String {
        match self {
            Own => {
                format!("Make a token with it: `rocket-bearer token --permission '{name}'`.")
            }
            Known(Auth0) => format!(
                "The issuer grants it. Turn on RBAC and Add Permissions in the Access Token at the API, \
                 and give the user a role with {name}, or the machine its grant. Then get a new token."
            ),
            _ => format!(
                "`permissions` is a claim of Auth0: have this issuer write it as a list of texts, or let \
                 the route ask for a scope or a role {name}."
            ),
        }
    }

    /// The line that has roles read, where the issuer says them.
    pub(super) fn roles_line(self) -> Option<&'static str> {
        match self {
            Own => Some("roles = [\"roles\"]"),
            Known(provider) => {
                provider.fills().iter().find(|line| line.starts_with("roles = ")).copied()
            }
            Other => None,
        }
    }

    pub(super) fn role(self, name: &str) -> String {
        let how = match self {
            Own => {
                return format!(
                    "Make a token with {name} in that claim: `rocket-bearer token --claim \
                     'roles=[\"{name}\"]'` where it is `roles`."
                );
            }
            Known(Auth0) => {
                "assign it (User Management > Roles), and let an Action write it into that claim"
            }
            Known(Entra) => {
                "assign the app role to the user, the group or the machine (Enterprise applications)"
            }
            Known(Keycloak) => {
                "assign the role to the user, or to the client's service account (Role mapping)"
            }
            Known(Cognito) => "put the user into that group",
            Known(Okta) => {
                "put the user into that group, and let a claim of the authorization server write groups"
            }
            Known(Supabase) => {
                "write it into `roles` of the user's `app_metadata`, by the Admin API"
            }
            Known(Clerk) => {
                "give the user that role in the organization, and let that be the active one of the session"
            }
            Known(Zitadel) => {
                "authorize the user or the machine for that role of the project, and have the client ask \
                 with the scope `urn:zitadel:iam:org:projects:roles`"
            }
            Known(Hydra) => "the consent app writes it into the session of the access token",
            Known(_) | Other => "assign it there, and let it stand in that claim",
        };
        format!("The issuer grants the role {name}: {how}. Then get a new token.")
    }

    pub(super) fn claim(self, name: &str) -> Cow<'static, str> {
        let how = match self {
            Own => "`rocket-bearer token --claim NAME=VALUE` does",
            Known(Auth0) => "an Action writes it",
            Known(Entra) => "an optional claim or a claims mapping policy writes it",
            Known(Keycloak) => "a mapper writes it, with Add to access token on",
            Known(Cognito) => "a pre token generation trigger writes it",
            Known(Okta) => "a claim of the authorization server writes it",
            Known(_) | Other => "a setting of the issuer writes it",
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
            ("https://tenant.eu.auth0.com/", Known(Auth0)),
            ("https://issuer.localhost/", Own),
            ("https://login.microsoftonline.com/tid/v2.0", Known(Entra)),
            ("https://sts.windows.net/tid/", Known(Entra)),
            ("https://sso.example/realms/a", Known(Keycloak)),
            ("https://cognito-idp.eu-west-1.amazonaws.com/p", Known(Cognito)),
            ("https://dev-1.okta.com/oauth2/default", Known(Okta)),
            ("https://auth0.com.example/", Other),
            ("https://issuer.example/", Other),
            ("accounts.example", Other),
        ] {
            assert_eq!(Grantor::named(iss), kind, "{iss}");
        }
    }
}
