//! Which tokens of an issuer count, beyond those for our audience.

use std::collections::HashSet;

use serde_json::Value;

use super::trusted_issuer::{Issuer, check_issuer};
use crate::error::{Invalid, ensure, invalid};
use crate::keys::KeyIds;
use crate::token::required_claim::RequiredClaim;
use crate::token::tenant::PLACEHOLDER;

impl Issuer {
    /// The clients whose tokens are accepted, by their ids; all of them if nothing is said.
    ///
    /// The first claim that is present of `azp`, `client_id`, `cid` and `appid` has to be one of them; one
    /// that is no text is none. Refuses an empty list, and an empty id.
    pub fn clients(mut self, ids: impl IntoIterator<Item: Into<String>>) -> Result<Self, Invalid> {
        self.clients = texts(ids, "write the ids of the clients whose tokens count")?;
        Ok(self)
    }

    /// The same for an issuer whose access tokens carry no `aud` of an API, as those of Amazon Cognito and
    /// Clerk do: `aud` is no longer looked at, whatever was said of it before.
    pub fn clients_alone(
        self,
        ids: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let mut issuer = self.clients(ids)?;
        issuer.audience.clear();
        Ok(issuer)
    }

    /// Other spellings of this very issuer in `iss`, such as `accounts.google.com`: their tokens are
    /// verified by its keys and rules. They are never used for fetching. [`Claims`](crate::Claims) carry
    /// `iss` as it was signed.
    ///
    /// Refuses an empty list, an alias that is empty or that no token could carry, `{tenantid}` included,
    /// and one that is the issuer itself or stands twice.
    pub fn aliases(
        mut self,
        aliases: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let aliases =
            texts(aliases, "write other spellings of `iss`, exactly as tokens carry them")?;
        aliases.iter().try_for_each(|alias| check_issuer(alias))?;
        ensure(
            !aliases.iter().any(|alias| alias.contains(PLACEHOLDER)),
            "has an alias with `{tenantid}`, which no token carries",
            "write each tenant's own spelling, or an issuer of its own with `tenants`",
        )?;
        let mut seen = HashSet::from([self.issuer.as_str()]);
        ensure(
            aliases.iter().all(|alias| seen.insert(alias)),
            "has an alias that is the issuer itself, or stands twice",
            "remove it, and the key with the last one",
        )?;
        self.aliases = aliases;
        Ok(self)
    }

    /// Every `iss` that is this issuer's own.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.issuer).chain(&self.aliases).map(String::as_str)
    }

    /// Accepts tokens without `kid` too: such a token is verified where exactly one key of the set fits its
    /// `alg`, keys without `kid` included.
    pub fn kid_optional(mut self) -> Self {
        self.kids = KeyIds::Optional;
        self
    }

    /// The same by its name, which a file has.
    pub(super) fn kid_named(mut self, name: String) -> Result<Self, Invalid> {
        self.kids = match name.as_str() {
            "required" => KeyIds::Required,
            "optional" => KeyIds::Optional,
            _ => return Err(invalid("is no rule for `kid`", "write `required` or `optional`")),
        };
        Ok(self)
    }

    /// Whether tokens of Auth0's anonymous sessions are accepted, whose `sub` begins with `anon@`: they
    /// prove no user. Those of an [Auth0 tenant](Self::auth0) are refused if nothing is said; other
    /// issuers have none.
    pub fn anonymous(mut self, accepted: bool) -> Self {
        self.anonymous = Some(accepted);
        self
    }

    /// A claim that every token has to carry: it is one of these texts, numbers or flags, or a list that
    /// holds one. Values of different types are never equal. Another call asks for one more claim.
    ///
    /// A name that begins with `/` is a JSON pointer (RFC 6901), any other the name of a claim. Refuses a
    /// broken pointer, an empty name, no value, and an empty one.
    pub fn claim<V: Into<Value>>(
        mut self,
        name: &str,
        one_of: impl IntoIterator<Item = V>,
    ) -> Result<Self, Invalid> {
        let one_of = one_of.into_iter().map(Into::into).collect();
        self.required_claims.push(RequiredClaim::new(name, one_of)?);
        Ok(self)
    }

    /// [`claim`](Self::claim) for each of a table.
    pub(super) fn claims(self, table: Vec<(String, Vec<Value>)>) -> Result<Self, Invalid> {
        let cure = "write it as `{ token_use = \"access\" }`, or leave it out";
        ensure(!table.is_empty(), "is an empty table", cure)?;
        table.into_iter().try_fold(self, |issuer, (name, one_of)| issuer.claim(&name, one_of))
    }
}

/// A list of at least one text, none of them empty.
fn texts(
    texts: impl IntoIterator<Item: Into<String>>,
    cure: &'static str,
) -> Result<Vec<String>, Invalid> {
    let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    let is_said = !texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty());
    ensure(is_said, "is empty", cure).map(|()| texts)
}
