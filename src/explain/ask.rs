//! How a client gets a token for this API: each provider has words of its own for it.

use super::case::Case;
use super::kind;
use super::offered;
use super::words::{plain, printable};
use crate::config::Provider;

/// Audiences that no single API has: tokens for them are for whole realms, for the issuer itself, or for
/// another API that all applications call.
const SHARED: [&str; 8] = [
    "account",
    // Keycloak's own clients, which every realm has.
    "account-console",
    "broker",
    "realm-management",
    "security-admin-console",
    "*",
    "00000003-0000-0000-c000-000000000000",
    "https://graph.microsoft.com",
];

impl Case<'_> {
    /// The provider of the token: as configured, by its issuer's name, or by its claims.
    pub(super) fn provider(&self) -> Option<Provider> {
        let configured = self.issuer.and_then(|issuer| issuer.provider);
        let named = || kind::of_issuer(self.reading.claim_text("iss")?);
        configured.or_else(named).or_else(|| kind::of_claims(&self.reading))
    }

    /// The advice for a client that has no access token for this API.
    pub(super) fn ask(&self) -> String {
        let audience = self.audience_to_ask_for();
        if audience.is_empty() {
            return "Have the client ask for an access token.".to_owned();
        }
        // Without a token that can be read, the configured issuer tells its provider.
        let configured = self.issuers().first();
        let configured =
            configured.and_then(|it| it.provider.or(kind::of_issuer(&it.rules.issuer)));
        self.ask_of(self.provider().or(configured), &audience)
    }

    /// The same for a client of this provider.
    pub(super) fn ask_of(&self, provider: Option<Provider>, audience: &str) -> String {
        match provider {
            None => {
                let ask = format!(
                    "Have the client ask for the token with `audience={audience}`, or with \
                     `resource={audience}` where the issuer follows RFC 8707."
                );
                match self.reading.client() {
                    Some(_) if self.reading.claim("aud").is_none() => format!(
                        "{ask} If the issuer never writes `aud`, name the clients that may call, {} if it is \
                         yours: `clients = […]` with `audience = false`.",
                        self.asking_client()
                    ),
                    _ => ask,
                }
            }
            Some(Provider::Auth0 | Provider::Hydra) => {
                format!("Have the client ask for the token with `audience={audience}`.")
            }
            Some(Provider::Entra) => format!(
                "Have the client ask for the token with `scope={}/.default`, or with a scope of this API.",
                application(audience)
            ),
            Some(Provider::Keycloak) => format!(
                "Give the client {} of Keycloak an audience mapper: Client scopes, a scope of the client, \
                 Add mapper, Audience, Included Custom Audience `{audience}`; then get a new token.",
                self.asking_client()
            ),
            Some(Provider::Cognito) => format!(
                "Cognito writes `aud` only for a resource server that the client asks for with \
                 `resource={audience}`. Else name the app clients that may call, {} if it is yours: \
                 `clients = […]` with `audience = false`.",
                self.asking_client()
            ),
            Some(Provider::Clerk) => format!(
                "Clerk's session tokens have no `aud`: name the origins of your pages, {} if it is yours, \
                 as `clients = […]` with `audience = false`; or write `\"aud\": \"{audience}\"` into the \
                 claims of the session token.",
                self.asking_client()
            ),
            Some(Provider::Okta) => format!(
                "Have the client ask the authorization server whose audience is {audience} (Security, API, \
                 Authorization Servers)."
            ),
            Some(Provider::Zitadel) => format!(
                "Have the client ask for the scope `urn:zitadel:iam:org:project:id:{audience}:aud`."
            ),
            Some(Provider::Kubernetes) => {
                format!("Project the service account's token with `audience: {audience}`.")
            }
            Some(Provider::GithubActions) => format!(
                "Have the workflow ask for the token with the audience {audience}: \
                 `core.getIDToken('{audience}')`."
            ),
            Some(Provider::Google | Provider::Firebase | Provider::Supabase) => {
                format!("Send a token that was issued for {audience}.")
            }
        }
    }

    /// The one audience of the token that may be that of this API. `check` finds no fault with it.
    pub(super) fn offerable_audience(&self) -> Option<&str> {
        let is_of_issuer = |audience: &str| {
            let iss = self.reading.claim_text("iss").into_iter();
            let mut issuers = iss.chain(self.issuer.map(|issuer| issuer.rules.issuer.as_str()));
            issuers.any(|it| it.trim_end_matches('/') == audience.trim_end_matches('/'))
        };
        let is_shared = |audience: &str| {
            SHARED.contains(&audience.trim_end_matches('/'))
                || self.reading.is_a_client(audience)
                || offered::is_client_id(audience)
                || audience.ends_with("/userinfo")
                || audience.contains(".auth0.com/api/v2")
                || audience.contains(['{', '}', '<', '>', '*', '\''])
                || audience.to_lowercase().starts_with("your")
                || audience.trim() != audience
                || audience.is_empty()
                || is_of_issuer(audience)
        };
        let mut offerable = self.reading.audience().into_iter().filter(|it| !is_shared(it));
        let audience = offerable.next().filter(|_| offerable.next().is_none());
        audience.and_then(offered::setting)
    }

    /// The client that the token names, for a sentence.
    fn asking_client(&self) -> String {
        match self.reading.client() {
            Some((_, client)) => plain(Some(client)),
            None => "that asked".to_owned(),
        }
    }

    /// The audience that a client has to ask its issuer for.
    pub(super) fn audience_to_ask_for(&self) -> String {
        self.audiences().first().copied().map(printable).unwrap_or_default()
    }
}

/// The Application ID URI of an API of Entra: usually `api://` and its id.
fn application(audience: &str) -> String {
    if audience.contains("://") { audience.to_owned() } else { format!("api://{audience}") }
}
