//! An `iss` that is not configured, compared with the configured ones.

use url::Url;

use super::case::Case;
use super::report::Diagnosis;
use super::words::{plain, printable};
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
        let cause = likeness.diagnosis(&printable(iss), &printable(nearest));
        std::iter::once(cause).chain(self.id_token()).collect()
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
        "Configure `issuer` as the token has it, or with `{tenantid}` in the place of the tenant's id and \
         `tenants` beside it.",
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
        let is_auth0 = |host: &str| host.ends_with(".auth0.com");
        let parent = |host: &str| host.split_once('.').map(|(_, parent)| parent.to_owned());
        let have_one_parent = parent(&found.0).is_some_and(|it| it.contains('.'))
            && parent(&found.0) == parent(&configured.0);
        match (is_auth0(&found.0), is_auth0(&configured.0)) {
            _ if found == configured => Self::Spelling,
            _ if found.0 == configured.0 || have_one_parent => Self::Tenant,
            (true, true) => Self::Tenant,
            (true, false) | (false, true) => Self::Auth0AndOther,
            (false, false) => Self::None,
        }
    }

    fn diagnosis(self, found: &str, configured: &str) -> Diagnosis {
        match self {
            Self::Slash => Diagnosis::new(
                "issuer_slash",
                format!("`iss` is {found} and {configured} is configured: only a slash is amiss."),
                format!("Configure `issuer = \"{found}\"`, every byte of it."),
            ),
            Self::Spelling => Diagnosis::new(
                "issuer_spelling",
                format!(
                    "`iss` is {found} and {configured} is configured: the same host, spelled \
                     differently."
                ),
                format!(
                    "Configure `issuer = \"{found}\"` if both are the same issuer; every byte counts."
                ),
            ),
            Self::Tenant => Diagnosis::new(
                "other_tenant",
                format!("`iss` is {found}, another tenant than the configured {configured}."),
                "Let client and API use one tenant; look for the settings of another environment.",
            ),
            Self::Auth0AndOther => Diagnosis::new(
                "custom_domain",
                format!(
                    "`iss` is {found} and {configured} is configured: one of them may be the custom \
                     domain of the other."
                ),
                "Auth0 writes the domain into `iss` at which the client asked: configure that one as \
                 `domain`, or have clients ask at the configured one.",
            ),
            Self::None => Diagnosis::new(
                "other_issuer",
                format!("`iss` is {found}, and configured is {configured}."),
                "Get the token from the configured issuer, or add this one as `issuers.<name>`.",
            ),
        }
    }
}
