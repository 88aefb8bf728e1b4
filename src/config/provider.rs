//! What is known of the tokens of well-known providers: the key `provider`.

use std::fmt;
use std::str::FromStr;

use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};

use super::setting::Setting;
use crate::error::{Invalid, invalid};

/// A provider of tokens, and with it the settings that all its tokens need.
///
/// They are settings as any other, written as lines of [`fills`](Self::fills) in `docs/issuers.md`, which
/// are the whole of a preset. `provider = "…"` in a file fills those that are not set;
/// [`Issuer::provider`](crate::Issuer::provider) does it in code.
///
/// ```
/// use rocket_bearer::Provider;
///
/// let provider: Provider = "cognito".parse().expect("a known name");
/// assert!(provider.fills().contains(&r#"roles = ["cognito:groups"]"#));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Auth0, by `domain` or by its issuer.
    Auth0,
    /// Microsoft Entra ID, its v2.0 tokens, of one tenant or of many.
    Entra,
    /// Access tokens of an Amazon Cognito user pool.
    Cognito,
    /// A realm of Keycloak.
    Keycloak,
    /// A custom authorization server of Okta.
    Okta,
    /// ID tokens of Google.
    Google,
    /// ID tokens of Firebase Authentication.
    Firebase,
    /// ID tokens of workflows of GitHub Actions.
    GithubActions,
    /// Service accounts of a Kubernetes cluster.
    Kubernetes,
    /// Supabase Auth, with asymmetric signing keys.
    Supabase,
    /// Session tokens of Clerk.
    Clerk,
    /// Zitadel, with JWT as the type of access tokens.
    Zitadel,
    /// Ory Hydra, with JWT as the strategy for access tokens.
    Hydra,
}

use Provider::{
    Auth0, Clerk, Cognito, Entra, Firebase, GithubActions, Google, Hydra, Keycloak, Kubernetes,
    Okta, Supabase, Zitadel,
};

impl Provider {
    /// All of them, in the order of `docs/issuers.md`.
    pub const ALL: [Self; 13] = [
        Auth0,
        Entra,
        Cognito,
        Keycloak,
        Okta,
        Google,
        Firebase,
        GithubActions,
        Kubernetes,
        Supabase,
        Clerk,
        Zitadel,
        Hydra,
    ];

    /// The name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Auth0 => "auth0",
            Entra => "entra",
            Cognito => "cognito",
            Keycloak => "keycloak",
            Okta => "okta",
            Google => "google",
            Firebase => "firebase",
            GithubActions => "github-actions",
            Kubernetes => "kubernetes",
            Supabase => "supabase",
            Clerk => "clerk",
            Zitadel => "zitadel",
            Hydra => "hydra",
        }
    }

    /// The settings that it fills, each a line as a file would say it.
    pub fn fills(self) -> &'static [&'static str] {
        match self {
            Auth0 => &["anonymous = false"],
            // Access tokens alone say how their client has proved itself.
            Entra => &[r#"claims = { azpacr = ["0", "1", "2"] }"#, r#"roles = ["roles"]"#],
            Cognito => &[r#"claims = { token_use = "access" }"#, r#"roles = ["cognito:groups"]"#],
            // ID tokens say `ID`, and tokens that are bound to a key `DPoP`.
            Keycloak => {
                &[r#"claims = { typ = ["Bearer", "DPoP"] }"#, r#"roles = ["/realm_access/roles"]"#]
            }
            Okta => &[r#"roles = ["groups"]"#],
            Google => &[
                r#"issuer = "https://accounts.google.com""#,
                r#"jwks_uri = "https://www.googleapis.com/oauth2/v3/certs""#,
                r#"aliases = ["accounts.google.com"]"#,
                r#"algorithms = ["RS256"]"#,
            ],
            Firebase => &[r#"algorithms = ["RS256"]"#],
            GithubActions => &[
                r#"issuer = "https://token.actions.githubusercontent.com""#,
                r#"jwks_uri = "https://token.actions.githubusercontent.com/.well-known/jwks""#,
                r#"algorithms = ["RS256"]"#,
            ],
            Kubernetes => &[r#"algorithms = ["RS256"]"#],
            Supabase => &[
                r#"audience = ["authenticated"]"#,
                r#"algorithms = ["ES256", "RS256"]"#,
                "claims = { is_anonymous = false }",
                r#"roles = ["role", "/app_metadata/roles"]"#,
            ],
            Clerk => &[r#"algorithms = ["RS256"]"#, r#"roles = ["/o/rol", "org_role"]"#],
            Zitadel => {
                &[r#"algorithms = ["RS256"]"#, r#"roles = ["urn:zitadel:iam:org:project:roles"]"#]
            }
            Hydra => &[r#"algorithms = ["RS256"]"#],
        }
    }

    /// The forms of its issuers, `<…>` for what differs; the first is the usual one.
    pub(crate) fn issuers(self) -> &'static [&'static str] {
        match self {
            Auth0 => &["https://<tenant>.<region>.auth0.com/", "https://<custom domain>/"],
            Entra => &[
                "https://login.microsoftonline.com/<tenant id>/v2.0",
                "https://login.microsoftonline.us/<tenant id>/v2.0",
                "https://login.partner.microsoftonline.cn/<tenant id>/v2.0",
                "https://<tenant>.ciamlogin.com/<tenant id>/v2.0",
            ],
            Cognito => &[
                "https://cognito-idp.<region>.amazonaws.com/<pool>",
                "https://cognito-idp.<region>.amazonaws.com.cn/<pool>",
                "https://cognito-idp-fips.<region>.amazonaws.com/<pool>",
                "https://issuer-cognito-idp.<region>.amazonaws.com/<pool>",
            ],
            Keycloak => &["https://<host>/realms/<realm>", "https://<host>/<path>/realms/<realm>"],
            Okta => {
                &["https://<org>.okta.com/oauth2/<server id>", "https://<host>/oauth2/<server id>"]
            }
            Google => &["https://accounts.google.com"],
            Firebase => &["https://securetoken.google.com/<project id>"],
            GithubActions => &[
                "https://token.actions.githubusercontent.com",
                "https://token.actions.githubusercontent.com/<enterprise>",
                "https://token.actions.<subdomain>.ghe.com",
            ],
            Kubernetes => &["https://kubernetes.default.svc.cluster.local"],
            Supabase => {
                &["https://<project ref>.supabase.co/auth/v1", "https://<custom domain>/auth/v1"]
            }
            Clerk => &["https://<slug>.clerk.accounts.dev", "https://clerk.<domain>"],
            Zitadel => &["https://<instance>.zitadel.cloud", "https://<custom domain>"],
            Hydra => &["https://<public URL of Hydra>/"],
        }
    }

    /// The line that says whose tokens count.
    pub(super) fn audience_line(self) -> &'static str {
        match self {
            Auth0 => r#"audience = "<identifier of the API>""#,
            Entra => r#"audience = "<application (client) id of the API>""#,
            Cognito => r#"clients = ["<id of an app client>"]"#,
            Keycloak => r#"audience = "<what an audience mapper adds for this API>""#,
            Okta => r#"audience = "<audience of the authorization server>""#,
            Google => r#"audience = "<client id>.apps.googleusercontent.com""#,
            Firebase => r#"audience = "<project id>""#,
            GithubActions => r#"audience = "<what workflows ask for>""#,
            Kubernetes => r#"audience = "<what the projected token asks for>""#,
            Supabase => r#"audience = "authenticated""#,
            Clerk => r#"clients = ["<origin of the app, as https://app.example.com>"]"#,
            Zitadel => r#"audience = "<project id>""#,
            Hydra => r#"audience = "<what clients ask for with audience=>""#,
        }
    }

    /// The settings that it fills, each by its key and its line.
    pub(super) fn settings(self) -> impl Iterator<Item = (&'static str, &'static str, Setting)> {
        self.fills().iter().map(move |line| {
            let (key, _) = line.split_once(" = ").expect("a line sets a key");
            let value = Figment::from(Toml::string(line)).find_value(key);
            let value = value.expect("a line of a preset is TOML");
            let name = format!("`{key}` of the preset `{self}`");
            (key, *line, Setting::of_preset(name, value))
        })
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|provider| provider.name() == name);
        known.ok_or(invalid(
            "is no provider with a preset",
            "write auth0, entra, cognito, keycloak, okta, google, firebase, github-actions, kubernetes, \
             supabase, clerk, zitadel or hydra, or leave the key out: any issuer can be configured \
             without one",
        ))
    }
}

/// What the preset of an issuer has filled.
#[cfg(feature = "cli")]
#[derive(Debug, Clone)]
pub(crate) struct Preset {
    pub(crate) provider: Provider,
    /// Its lines in force; the keys of the others were set.
    pub(crate) filled: Vec<&'static str>,
}
