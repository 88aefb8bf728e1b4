//! The key `tenants` of an issuer whose name is a template.

use super::tenants::Tenants;
use super::trusted_issuer::Issuer;
use crate::error::{Invalid, ensure};
use crate::token::tenant::{self, PLACEHOLDER};

impl Issuer {
    /// The tenants whose tokens are accepted, by their ids, or `["any"]`, for an issuer that has
    /// `{tenantid}` in its name: `https://login.microsoftonline.com/{tenantid}/v2.0`.
    ///
    /// A token's `iss` has to be that name with the token's own `tid` in it, a GUID in lower case. Keys are
    /// discovered with `common` in that place. Refuses what is no GUID, an empty list, and an issuer
    /// without `{tenantid}`.
    pub fn tenants(mut self, ids: impl IntoIterator<Item: Into<String>>) -> Result<Self, Invalid> {
        ensure(
            self.issuer.contains(PLACEHOLDER),
            "is of no use: `issuer` has no `{tenantid}`",
            "remove it, or write `{tenantid}` into `issuer` in the place of the tenant's id",
        )?;
        let ids = ids.into_iter().map(|id| Into::<String>::into(id).to_ascii_lowercase());
        let ids: Vec<_> = ids.collect();
        if ids == ["any"] {
            self.tenants = Some(Tenants::Any);
            return Ok(self);
        }
        let are_guids = !ids.is_empty() && ids.iter().all(|id| tenant::is_lower_guid(id));
        let cure = "write the ids of the tenants (GUIDs), or `\"any\"` for every tenant there is";
        ensure(are_guids, "names what is no tenant's id", cure)?;
        self.tenants = Some(Tenants::Listed(ids));
        Ok(self)
    }

    /// Whether all is said of this issuer that it needs.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        ensure(
            self.tenants.is_some() || !self.issuer.contains(PLACEHOLDER),
            "has `{tenantid}` without `tenants`",
            "write as `tenants` the ids of those whose tokens count, or `\"any\"`",
        )?;
        // As an alias, such a spelling would count whatever `tid` says.
        ensure(
            !self.aliases.iter().any(|alias| tenant::of(alias, &self.issuer).is_some()),
            "has an alias that is the issuer of one of its tenants",
            "remove the alias, and `aliases` with the last one: a tenant is named in `tenants` alone",
        )
    }

    /// The `iss` of its tokens, or those of each listed tenant; none where any tenant counts, for there
    /// is no end of them.
    pub(crate) fn issuers(&self) -> Vec<String> {
        match &self.tenants {
            None => vec![self.issuer.clone()],
            Some(Tenants::Any) => vec![],
            Some(Tenants::Listed(listed)) => {
                listed.iter().map(|tenant| self.issuer.replace(PLACEHOLDER, tenant)).collect()
            }
        }
    }

    /// An `iss` of its tokens, and the tenant in it.
    #[cfg(feature = "cli")]
    pub(crate) fn sample(&self) -> (String, Option<String>) {
        let tenant = match &self.tenants {
            None => return (self.issuer.clone(), None),
            Some(Tenants::Listed(listed)) => listed[0].clone(),
            Some(Tenants::Any) => "00000000-0000-0000-0000-000000000000".to_owned(),
        };
        (self.issuer.replace(PLACEHOLDER, &tenant), Some(tenant))
    }

    /// Whether a tenant that the one names is an issuer of its own in the other.
    pub(super) fn shares_a_tenant_with(&self, other: &Self) -> bool {
        let lists = |template: &Self, iss: &str| {
            let Some(Tenants::Listed(listed)) = &template.tenants else { return false };
            let tenant = tenant::of(iss, &template.issuer);
            tenant.is_some_and(|tenant| listed.iter().any(|it| it == tenant))
        };
        self.spellings().any(|iss| lists(other, iss))
            || other.spellings().any(|iss| lists(self, iss))
    }
}
