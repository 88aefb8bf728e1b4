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

/// All that is known of one provider.
struct ProviderRow {
    provider: Provider,
    /// Its name in a file.
    name: &'static str,
    /// The forms of its issuers, `<…>` for what differs; the first is the usual one.
    issuers: &'static [&'static str],
    /// The line that says whose tokens count.
    audience_line: &'static str,
    /// The settings that it fills, each a line as a file would say it.
    fills: &'static [&'static str],
}

/// In the order of the enum.
const ROWS: [ProviderRow; 13] = [
    ProviderRow {
        provider: Auth0,
        name: "auth0",
        issuers: &["https://<tenant>.<region>.auth0.com/", "https://<custom domain>/"],
        audience_line: r#"audience = "<identifier of the API>""#,
        fills: &["anonymous = false"],
    },
    ProviderRow {
        provider: Entra,
        name: "entra",
        issuers: &[
            "https://login.microsoftonline.com/<tenant id>/v2.0",
            "https://login.microsoftonline.us/<tenant id>/v2.0",
            "https://login.partner.microsoftonline.cn/<tenant id>/v2.0",
            "https://<tenant>.ciamlogin.com/<tenant id>/v2.0",
        ],
        audience_line: r#"audience = "<application (client) id of the API>""#,
        // Access tokens alone say how their client has proved itself.
        fills: &[r#"claims = { azpacr = ["0", "1", "2"] }"#, r#"roles = ["roles"]"#],
    },
    ProviderRow {
        provider: Cognito,
        name: "cognito",
        issuers: &[
            "https://cognito-idp.<region>.amazonaws.com/<pool>",
            "https://cognito-idp.<region>.amazonaws.com.cn/<pool>",
            "https://cognito-idp-fips.<region>.amazonaws.com/<pool>",
            "https://issuer-cognito-idp.<region>.amazonaws.com/<pool>",
        ],
        audience_line: r#"clients = ["<id of an app client>"]"#,
        fills: &[r#"claims = { token_use = "access" }"#, r#"roles = ["cognito:groups"]"#],
    },
    ProviderRow {
        provider: Keycloak,
        name: "keycloak",
        issuers: &["https://<host>/realms/<realm>", "https://<host>/<path>/realms/<realm>"],
        audience_line: r#"audience = "<what an audience mapper adds for this API>""#,
        // ID tokens say `ID`, and tokens that are bound to a key `DPoP`.
        fills: &[r#"claims = { typ = ["Bearer", "DPoP"] }"#, r#"roles = ["/realm_access/roles"]"#],
    },
    ProviderRow {
        provider: Okta,
        name: "okta",
        issuers: &[
            "https://<org>.okta.com/oauth2/<server id>",
            "https://<host>/oauth2/<server id>",
        ],
        audience_line: r#"audience = "<audience of the authorization server>""#,
        fills: &[r#"roles = ["groups"]"#],
    },
    ProviderRow {
        provider: Google,
        name: "google",
        issuers: &["https://accounts.google.com"],
        audience_line: r#"audience = "<client id>.apps.googleusercontent.com""#,
        fills: &[
            r#"issuer = "https://accounts.google.com""#,
            r#"jwks_uri = "https://www.googleapis.com/oauth2/v3/certs""#,
            r#"aliases = ["accounts.google.com"]"#,
            r#"algorithms = ["RS256"]"#,
        ],
    },
    ProviderRow {
        provider: Firebase,
        name: "firebase",
        issuers: &["https://securetoken.google.com/<project id>"],
        audience_line: r#"audience = "<project id>""#,
        fills: &[r#"algorithms = ["RS256"]"#],
    },
    ProviderRow {
        provider: GithubActions,
        name: "github-actions",
        issuers: &[
            "https://token.actions.githubusercontent.com",
            "https://token.actions.githubusercontent.com/<enterprise>",
            "https://token.actions.<subdomain>.ghe.com",
        ],
        audience_line: r#"audience = "<what workflows ask for>""#,
        fills: &[
            r#"issuer = "https://token.actions.githubusercontent.com""#,
            r#"jwks_uri = "https://token.actions.githubusercontent.com/.well-known/jwks""#,
            r#"algorithms = ["RS256"]"#,
        ],
    },
    ProviderRow {
        provider: Kubernetes,
        name: "kubernetes",
        issuers: &["https://kubernetes.default.svc.cluster.local"],
        audience_line: r#"audience = "<what the projected token asks for>""#,
        fills: &[r#"algorithms = ["RS256"]"#],
    },
    ProviderRow {
        provider: Supabase,
        name: "supabase",
        issuers: &["https://<project ref>.supabase.co/auth/v1", "https://<custom domain>/auth/v1"],
        audience_line: r#"audience = "authenticated""#,
        fills: &[
            r#"audience = ["authenticated"]"#,
            r#"algorithms = ["ES256", "RS256"]"#,
            "claims = { is_anonymous = false }",
            r#"roles = ["role", "/app_metadata/roles"]"#,
        ],
    },
    ProviderRow {
        provider: Clerk,
        name: "clerk",
        issuers: &["https://<slug>.clerk.accounts.dev", "https://clerk.<domain>"],
        audience_line: r#"clients = ["<origin of the app, as https://app.example.com>"]"#,
        fills: &[r#"algorithms = ["RS256"]"#, r#"roles = ["/o/rol", "org_role"]"#],
    },
    ProviderRow {
        provider: Zitadel,
        name: "zitadel",
        issuers: &["https://<instance>.zitadel.cloud", "https://<custom domain>"],
        audience_line: r#"audience = "<project id>""#,
        fills: &[r#"algorithms = ["RS256"]"#, r#"roles = ["urn:zitadel:iam:org:project:roles"]"#],
    },
    ProviderRow {
        provider: Hydra,
        name: "hydra",
        issuers: &["https://<public URL of Hydra>/"],
        audience_line: r#"audience = "<what clients ask for with audience=>""#,
        fills: &[r#"algorithms = ["RS256"]"#],
    },
];

impl Provider {
    /// All of them, in the order of `docs/issuers.md`.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Auth0; ROWS.len()];
        let mut number = 0;
        while number < ROWS.len() {
            all[number] = ROWS[number].provider;
            assert!(all[number] as usize == number, "the rows are in the order of the enum");
            number += 1;
        }
        all
    };

    fn row(self) -> &'static ProviderRow {
        &ROWS[self as usize]
    }

    /// The name in a file.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The settings that it fills, each a line as a file would say it.
    pub fn fills(self) -> &'static [&'static str] {
        self.row().fills
    }

    /// The forms of its issuers, `<…>` for what differs; the first is the usual one.
    pub(crate) fn issuers(self) -> &'static [&'static str] {
        self.row().issuers
    }

    /// The line that says whose tokens count.
    pub(super) fn audience_line(self) -> &'static str {
        self.row().audience_line
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
