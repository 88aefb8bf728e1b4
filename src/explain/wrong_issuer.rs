//! An `iss` that is not configured, compared with the configured ones.

use url::Url;

use super::case::Case;
use super::entra;
use super::kind;
use super::offered;
use super::report::Diagnosis;
use super::words::{plain, printable};
use crate::address::{Purpose, trusted};
use crate::config::{Issuer, Provider};
use crate::token::tenant;

/// What an `iss` and a configured one have in common, the likest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Slash,
    Spelling,
    Tenant,
    Auth0AndOther,
    None,
}

impl Case<'_> {
    pub(super) fn wrong_issuer(&self) -> Vec<Diagnosis> {
        let iss = self.reading.claim_text("iss").unwrap_or_default();
        if let Some(tenant) = self.wrong_tenant(iss) {
            return vec![tenant];
        }
        let configured = self.verifier.issuers().iter().flat_map(|issuer| issuer.rules.spellings());
        let nearest = configured.min_by_key(|configured| Likeness::of(iss, configured));
        let Some(nearest) = nearest else { return vec![] };
        let likeness = Likeness::of(iss, nearest);
        if let Some(development_key) = self.development_key()
            && likeness >= Likeness::Auth0AndOther
        {
            return vec![development_key];
        }
        if likeness == Likeness::Tenant && stands_for_many(nearest) {
            return vec![many_tenants(iss, nearest)];
        }
        let cause = match likeness {
            Likeness::Slash => self.other_spelling("issuer_slash", iss, nearest),
            Likeness::Spelling => self.other_spelling("issuer_spelling", iss, nearest),
            _ if is_development(nearest) => self.development_configuration(iss),
            Likeness::Tenant => other_tenant(iss, nearest),
            Likeness::Auth0AndOther => Diagnosis::new(
                "custom_domain",
                format!(
                    "`iss` is {} and {} is configured: one of them may be the custom domain of the other.",
                    printable(iss),
                    printable(nearest)
                ),
                "Auth0 writes the domain into `iss` at which the client asked: configure that one as \
                 `domain`, or have clients ask at the configured one.",
            ),
            Likeness::None => Diagnosis::new(
                "other_issuer",
                format!("`iss` is {}, and configured is {}.", printable(iss), printable(nearest)),
                "Get the token from the configured issuer, or add this one as `issuers.<name>`.",
            ),
        };
        std::iter::once(cause).chain(self.id_token()).collect()
    }

    /// For an `iss` that differs from a configured issuer by a slash or by its scheme.
    fn other_spelling(&self, name: &'static str, iss: &str, configured: &str) -> Diagnosis {
        let (found, ours) = (printable(iss), printable(configured));
        let how = match name {
            "issuer_slash" => "only a slash is amiss",
            _ => "the same host, spelled differently",
        };
        let mut issuers = self.verifier.issuers().iter();
        let issuer = issuers.find(|issuer| issuer.rules.spellings().any(|it| it == configured));
        let is_fetched = issuer.is_some_and(|issuer| issuer.source == "uri");
        let keys_at = issuer.and_then(|issuer| issuer.keys.keys_at());
        let cure = match (offered::issuer(iss), keys_at) {
            (None, _) => {
                "It is too long, or nothing that a configuration takes: have the issuer write its own name, to the \
                          letter, or look for who made the token."
                    .to_owned()
            }
            // Metadata may have the configured spelling only: under another one it is not found.
            (Some(iss), Some(uri)) if offered::setting(uri.as_str()).is_some() => format!(
                "If both are the same issuer, configure what tokens carry, `issuer = \"{iss}\"`, and \
                 beside it where its keys are, `jwks_uri = \"{uri}\"`."
            ),
            (Some(iss), _) if is_fetched && trusted(iss, Purpose::Issuer).is_err() => {
                format!("If both are the same issuer, write beside it `aliases = [\"{iss}\"]`.")
            }
            (Some(iss), _) => format!(
                "Configure `issuer = \"{iss}\"` if both are the same issuer, every byte of it."
            ),
        };
        Diagnosis::new(name, format!("`iss` is {found} and {ours} is configured: {how}."), cure)
    }

    /// For a token of a real issuer where only the development issuer is configured. What the token says
    /// stands in the line for a shell only if it acts on none.
    fn development_configuration(&self, iss: &str) -> Diagnosis {
        let audience = self.offerable_audience().and_then(offered::variable);
        let audience = audience.unwrap_or("<identifier of your API>");
        let domain = iss.strip_prefix("https://").and_then(|it| it.strip_suffix('/'));
        let domain = domain.filter(|_| kind::of_issuer(iss) == Some(Provider::Auth0));
        let domain = domain.filter(|domain| Issuer::auth0(domain, ["any"]).is_ok());
        let issuer = offered::issuer(iss).and_then(offered::variable);
        let issuer = issuer.filter(|iss| Issuer::discovered(iss, ["any"]).is_ok());
        let start = match (domain, issuer) {
            (Some(domain), _) => {
                Some(format!("ROCKET_PROFILE=auth0 AUTH0_DOMAIN={domain} API_AUDIENCE={audience}"))
            }
            (None, Some(iss)) => Some(format!(
                "ROCKET_PROFILE=default BEARER_ISSUER={iss} BEARER_AUDIENCE={audience}"
            )),
            (None, None) => None,
        };
        Diagnosis::new(
            "development_configuration",
            format!(
                "`iss` is {}, and this configuration trusts its development issuer only.",
                printable(iss)
            ),
            match start {
                Some(start) => format!("Start the server for that issuer: `{start} cargo run`."),
                None => "Configure that issuer in [default.bearer], with the `jwks_uri` of its keys and the \
                         `audience` of your API, and start the server with `ROCKET_PROFILE=default`."
                    .to_owned(),
            },
        )
    }

    /// For an `iss` that fits a template with `{tenantid}`, but for its tenant.
    fn wrong_tenant(&self, iss: &str) -> Option<Diagnosis> {
        let templates = || {
            let issuers = self.verifier.issuers().iter().map(|issuer| &issuer.rules);
            issuers.filter(|rules| rules.tenants.is_some()).map(|rules| rules.issuer.as_str())
        };
        let tenant_of = |iss: &str| templates().find_map(|it| tenant::of(iss, it).map(printable));
        if let Some(tenant) = tenant_of(iss) {
            return Some(if self.reading.claim_text("tid") == Some(tenant.as_str()) {
                Diagnosis::new(
                    "tenant_not_listed",
                    format!("The token is of the tenant {tenant}, which `tenants` does not name."),
                    "Add its id to `tenants` if its users and apps may call this API.",
                )
            } else {
                let tid = plain(self.reading.claim("tid"));
                Diagnosis::new(
                    "tenant_mismatch",
                    format!("`iss` names the tenant {tenant}, and `tid` is {tid}."),
                    "Get an access token from the issuer itself, which writes the same id into both, in \
                     lower case.",
                )
            });
        }
        let is_spelled_otherwise = tenant_of(&iss.to_ascii_lowercase()).is_some();
        (is_spelled_otherwise || templates().any(|template| template == iss)).then(|| {
            Diagnosis::new(
                "tenant_spelling",
                format!(
                    "`iss` is {}: no id of a tenant in lower case stands in it.",
                    printable(iss)
                ),
                "Have the issuer write the tenant's own id, to the letter.",
            )
        })
    }
}

/// Whether this is an issuer for development, as the bundled one is.
fn is_development(issuer: &str) -> bool {
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host.ends_with(".localhost"))
}

/// For an `iss` of the same host or provider as a configured issuer.
fn other_tenant(iss: &str, configured: &str) -> Diagnosis {
    if let Some(of_entra) = entra::other_version_or_policy(iss, configured) {
        return of_entra;
    }
    let (found, ours) = (printable(iss), printable(configured));
    match (kind::of_issuer(iss), offered::issuer(iss)) {
        (Some(Provider::GithubActions), Some(iss)) => Diagnosis::new(
            "other_tenant",
            format!(
                "`iss` is {found}, and {ours} is configured: an enterprise of GitHub may have an issuer of \
                 its own."
            ),
            format!("Configure `issuer = \"{iss}\"` if that enterprise is yours."),
        ),
        (Some(Provider::Keycloak), _) => Diagnosis::new(
            "other_tenant",
            format!("`iss` is {found}, another realm or host than the configured {ours}."),
            "Let client and API use one realm under one host name; look for the settings of another \
             environment.",
        ),
        _ => Diagnosis::new(
            "other_tenant",
            format!("`iss` is {found}, another tenant than the configured {ours}."),
            "Let client and API use one tenant; look for the settings of another environment.",
        ),
    }
}

/// Whether this is Microsoft Entra's address for more than one tenant, which is in no token.
fn stands_for_many(issuer: &str) -> bool {
    issuer.split('/').any(|segment| ["common", "organizations", "consumers"].contains(&segment))
}

fn many_tenants(iss: &str, configured: &str) -> Diagnosis {
    Diagnosis::new(
        "many_tenants",
        format!(
            "`iss` is {}, of one tenant, and {} is configured, which stands for many and is in no token.",
            printable(iss),
            printable(configured)
        ),
        "If that tenant is yours, configure `issuer` as the token has it, or with `{tenantid}` in the place \
         of the tenant's id and `tenants` beside it.",
    )
}

impl Likeness {
    fn of(iss: &str, configured: &str) -> Self {
        if iss.trim_end_matches('/') == configured.trim_end_matches('/') {
            return Self::Slash;
        }
        let parsed = |text: &str| {
            let url = Url::parse(text).ok().filter(Url::has_host);
            let url = url.or_else(|| Url::parse(&format!("https://{text}")).ok())?;
            let path = url.path().trim_end_matches('/').to_ascii_lowercase();
            Some((url.host_str()?.to_owned(), path))
        };
        let (Some(found), Some(configured)) = (parsed(iss), parsed(configured)) else {
            return Self::None;
        };
        let provider = |(host, path): &(String, String)| kind::of_issuer(&format!("{host}{path}"));
        match [&found, &configured].map(provider) {
            _ if found == configured => Self::Spelling,
            _ if found.0 == configured.0 => Self::Tenant,
            [Some(one), Some(other)] if one == other => Self::Tenant,
            [Some(Provider::Auth0), _] | [_, Some(Provider::Auth0)] => Self::Auth0AndOther,
            _ => Self::None,
        }
    }
}
