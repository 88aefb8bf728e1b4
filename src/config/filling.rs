//! The key `provider` of an issuer → the settings that its preset fills.

use super::key_table::{self, OF_EACH_ISSUER, OF_ONE_ISSUER};
#[cfg(feature = "cli")]
use super::provider::Preset;
use super::provider::Provider;
use super::setting::Setting;
use super::trusted_issuer::Issuer;
use crate::error::Error;

/// The key `provider` of an issuer, with the settings that it fills.
pub(super) struct Filling<'s> {
    provider: Provider,
    said: &'s Setting,
    settings: Vec<(&'static str, &'static str, Setting)>,
}

impl<'s> Filling<'s> {
    /// What this `provider` fills where `set` says nothing of a key. Places of keys and other spellings
    /// are those of its own issuer: they are of no use to another, nor beside another source.
    pub(super) fn of(
        said: &'s Setting,
        has_source: bool,
        set: impl Fn(&str) -> Option<&'s Setting>,
    ) -> Result<Self, Error> {
        let provider: Provider = said.checked(said.text()?.parse())?;
        let issuer = set("issuer").map(Setting::text).transpose()?;
        let is_another = issuer.is_some_and(|issuer| provider.issuers()[0] != issuer);
        let is_filled = |key: &str| match key {
            "jwks_uri" => !has_source && !is_another,
            "aliases" => set(key).is_none() && !is_another,
            _ => set(key).is_none(),
        };
        let settings = provider.settings().filter(|(key, ..)| is_filled(key)).collect();
        Ok(Self { provider, said, settings })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|(filled, ..)| *filled == key).map(|(.., setting)| setting)
    }

    /// What it has filled, for `check`.
    #[cfg(feature = "cli")]
    pub(super) fn preset(&self) -> Preset {
        let filled = self.settings.iter().map(|(_, line, _)| *line).collect();
        Preset { provider: self.provider, filled }
    }

    /// Refuses a provider that nothing says the issuer of, and one that is not Auth0 beside a `domain`.
    pub(super) fn check_issuer(
        &self,
        issuer: Option<&Setting>,
        domain: Option<&Setting>,
    ) -> Result<(), Error> {
        let Self { provider, said, .. } = self;
        let line = format!("`issuer = \"{}\"`", provider.issuers()[0]);
        match (issuer, domain, provider) {
            (_, Some(domain), provider) if *provider != Provider::Auth0 => Err(domain.error(
                &format!("is Auth0's shorthand, and `provider` is `{provider}`"),
                format!("write {line} instead"),
            )),
            (None, None, Provider::Auth0) => Err(said.error(
                "is `auth0` without a tenant",
                "write beside it `domain = \"<tenant>.<region>.auth0.com\"`",
            )),
            (None, None, provider) => {
                let problem = format!("is `{provider}` without an `issuer`");
                Err(said.error(&problem, format!("write beside it {line}")))
            }
            _ => Ok(()),
        }
    }

    /// Nothing says which tokens of the provider count.
    pub(super) fn no_audience(&self) -> Error {
        let problem = format!("is `{}` without an `audience` or `clients`", self.provider);
        self.said.error(&problem, format!("write beside it `{}`", self.provider.audience_line()))
    }
}

impl Issuer {
    /// Sets what all tokens of this provider need: what its [lines](Provider::fills) say of `claims`,
    /// `roles`, `algorithms`, `aliases` and `anonymous`. Call it before the setters that say otherwise.
    ///
    /// Issuer, keys and audience stay as they are, and other spellings of another issuer are not taken.
    pub fn provider(self, provider: Provider) -> Result<Self, Error> {
        let is_another = self.issuer != provider.issuers()[0];
        let filled = provider.settings().filter(|(key, ..)| *key != "aliases" || !is_another);
        let filled: Vec<_> = filled.map(|(key, _, setting)| (key, setting)).collect();
        let said = |key| filled.iter().find(|(it, _)| *it == key).map(|(_, setting)| setting);
        let issuer = key_table::set(OF_ONE_ISSUER, self, said)?;
        key_table::set(OF_EACH_ISSUER, issuer, said)
    }
}
