//! Settings → [`Config`]: what each says, what is missing, what contradicts.

use std::ffi::OsString;

use rocket::figment::Figment;

use super::env::{self, Names};
use super::schema::SOURCES;
use super::setting::Setting;
use super::settings::Settings;
use super::{Config, Issuer, Jwks, Source, value};
use crate::error::Error;
use crate::rejection::StatusTable;
use crate::token::header::TokenType;

/// Reads what `figment` says under `bearer`, and `variables` over it.
pub(crate) fn read(
    figment: &Figment,
    variables: impl Iterator<Item = (OsString, OsString)>,
    names: Names,
) -> Result<Config, Error> {
    let mut settings = Settings::of(figment)?;
    settings.override_with(env::settings(variables, names)?)?;
    settings.config(figment.profile().as_str().as_str(), names)
}

/// What `figment` says of everything but issuers, for this one.
#[cfg(feature = "testing")]
pub(crate) fn read_for(issuer: Issuer, figment: &Figment) -> Result<Config, Error> {
    let settings = Settings::of(figment)?;
    let issuer = settings.with_token_type("", issuer)?;
    settings.common(Config::new(issuer))
}

impl Settings {
    fn config(&self, profile: &str, names: Names) -> Result<Config, Error> {
        let mut config = self.issuer("", profile)?.map(Config::new);
        for (name, said) in &self.issuers {
            let Some(issuer) = self.issuer(&format!("issuers.{name}."), profile)? else {
                let problem = format!("leaves issuer `{name}` without a key source");
                return Err(said.error(&problem, "give it a `domain`, or an `issuer`"));
            };
            let issuer = said.checked(issuer.named(name))?;
            config = Some(match config {
                None => Config::new(issuer),
                Some(config) => said.checked(config.also(issuer))?,
            });
        }
        self.common(config.ok_or_else(|| no_source(profile, names))?)
    }

    /// What is the same for every issuer.
    fn common(&self, mut config: Config) -> Result<Config, Error> {
        if let Some(it) = self.get("", "leeway") {
            config = it.checked(config.leeway(it.whole_number()?))?;
        }
        if let Some(it) = self.get("", "max_age") {
            config = it.checked(config.max_age(it.whole_number()?))?;
        }
        if let Some(it) = self.get("", "max_token_bytes") {
            config = it.checked(config.max_token_bytes(it.whole_number()?))?;
        }
        if let Some(it) = self.get("cache.", "tokens") {
            config = it.checked(config.cache_tokens(it.whole_number()?))?;
        }
        if let Some(it) = self.get("", "realm") {
            config = it.checked(config.realm(&it.text()?))?;
        }
        if let Some(it) = self.get("", "resource") {
            config = it.checked(config.resource(&it.text()?))?;
        }
        if let Some(it) = self.get("", "errors") {
            config = config.errors(match it.text()?.as_str() {
                "rfc6750" => StatusTable::Rfc6750,
                "auth0" => StatusTable::Auth0,
                _ => return Err(it.error("is no status table", "write `rfc6750` or `auth0`")),
            });
        }
        if let Some(it) = self.get("metrics.", "address") {
            config = config.metrics(it.checked(value::socket(&it.text()?))?);
        }
        if let Some(it) = self.get("log.", "sub") {
            config = config.log_sub(it.flag()?);
        }
        if let Some(it) = self.get("forward.", "headers") {
            config = it.checked(config.forward_headers(it.list()?))?;
        }
        if let Some(it) = self.get("cors.", "origins") {
            config = it.checked(config.cors_origins(it.list()?))?;
        }
        let jwks = self.jwks()?;
        // The defaults go together, so where they do not one of these was said.
        match self.get("jwks.", "stale").or_else(|| self.get("jwks.", "refresh")) {
            Some(it) => config = it.checked(config.jwks(jwks))?,
            None => config.jwks = jwks,
        }
        let variables = self.by_key.values().filter_map(|setting| setting.variable.clone());
        config.taken_from = variables.filter(|name| env::is_the_tutorials(name)).collect();
        Ok(config)
    }

    fn jwks(&self) -> Result<Jwks, Error> {
        let mut jwks = Jwks::default();
        if let Some(it) = self.get("jwks.", "refresh") {
            jwks = it.checked(jwks.refresh(it.whole_number()?))?;
        }
        if let Some(it) = self.get("jwks.", "cooldown") {
            jwks = it.checked(jwks.cooldown(it.whole_number()?))?;
        }
        if let Some(it) = self.get("jwks.", "stale") {
            jwks = it.checked(jwks.stale(it.whole_number()?))?;
        }
        if let Some(it) = self.get("jwks.", "timeout") {
            jwks = it.checked(jwks.timeout(it.whole_number()?))?;
        }
        if let Some(it) = self.get("jwks.", "max_bytes") {
            jwks = it.checked(jwks.max_bytes(it.whole_number()?))?;
        }
        if let Some(it) = self.get("jwks.", "ca_file") {
            let path = it.path()?;
            let said = it.naming(&path);
            jwks = jwks.ca_file(path);
            jwks.ca_file_said = said;
        }
        if let Some(it) = self.get("jwks.", "proxy") {
            jwks = it.checked(jwks.proxy(&it.text()?))?;
        }
        if let Some(it) = self.get("jwks.", "watch") {
            jwks = jwks.watch(it.flag()?);
        }
        Ok(jwks)
    }

    /// The issuer that the keys of one scope describe; `None` where they name no source.
    fn issuer(&self, scope: &str, profile: &str) -> Result<Option<Issuer>, Error> {
        let issuer = self.get(scope, "issuer");
        let said = |key| self.get(scope, key).map(|setting| (key, setting));
        let sources: Vec<_> = SOURCES.into_iter().filter_map(said).collect();
        if issuer.is_none() && sources.is_empty() {
            return Ok(None);
        }
        let audience = self.inherited(scope, "audience").ok_or_else(|| no_audience(profile))?;
        let audience = audience.checked(value::audience(audience.list()?))?;

        let mut issuer = match (issuer, &sources[..]) {
            (None, [("domain", domain)]) => {
                domain.checked(Issuer::auth0(&domain.text()?, audience))?
            }
            (Some(issuer), []) => issuer.checked(Issuer::discovered(&issuer.text()?, audience))?,
            (Some(issuer), [("jwks_uri", uri)]) => {
                let name = issuer.checked(value::issuer(&issuer.text()?))?;
                uri.checked(Issuer::with_uri(&name, &uri.text()?, audience))?
            }
            (Some(issuer), [("jwks_file", file)]) => {
                let path = file.path()?;
                let said = file.naming(&path);
                let mut issuer =
                    issuer.checked(Issuer::with_file(&issuer.text()?, &path, audience))?;
                issuer.source = Source::File { path, said };
                issuer
            }
            (None, [(_, keys)]) => {
                let cure = "write `issuer` beside it, exactly as tokens carry it in `iss`";
                return Err(keys.error("has no `issuer`", cure));
            }
            _ => return Err(two_sources(issuer, &sources)),
        };

        if let Some(it) = self.inherited(scope, "algorithms") {
            let algorithms = it.checked(value::algorithms(&it.list()?))?;
            issuer = it.checked(issuer.algorithms(algorithms))?;
        }
        self.with_token_type(scope, issuer).map(Some)
    }

    fn with_token_type(&self, scope: &str, issuer: Issuer) -> Result<Issuer, Error> {
        let Some(it) = self.inherited(scope, "token_type") else { return Ok(issuer) };
        Ok(issuer.token_type(match it.text()?.as_str() {
            "any" => TokenType::Any,
            "at+jwt" => TokenType::AtJwt,
            _ => return Err(it.error("is no token type", "write `any` or `at+jwt`")),
        }))
    }
}

fn two_sources(issuer: Option<&Setting>, sources: &[(&str, &Setting)]) -> Error {
    let said = sources.iter().map(|(_, setting)| *setting).chain(issuer);
    let names: Vec<_> = said.map(|setting| setting.name.as_str()).collect();
    Error::setting(
        format!("{} name more than one key source", names.join(" and ")),
        "keep one: `domain`, or `issuer` with `jwks_file`, or `issuer` with `jwks_uri`, or `issuer` \
         alone",
    )
}

fn no_source(profile: &str, names: Names) -> Error {
    let [domain, audience] = match names {
        Names::Ours => ["BEARER_DOMAIN", "BEARER_AUDIENCE"],
        Names::OursAndTheTutorials => ["AUTH0_DOMAIN", "API_AUDIENCE"],
    };
    Error::setting(
        format!("profile `{profile}` says nowhere where signing keys come from"),
        format!(
            "for Auth0 set `{domain}` and `{audience}` (or `domain` and `audience` in \
             [{profile}.bearer]); for a key set of your own write `issuer` and `jwks_file`, and \
             make its key with `rocket-bearer keys new`; for another profile set `ROCKET_PROFILE`"
        ),
    )
}

fn no_audience(profile: &str) -> Error {
    Error::setting(
        format!("`audience` is missing from [{profile}.bearer]"),
        "write the identifier of your API there, or set `BEARER_AUDIENCE`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_of_variables_that_it_reads() {
        let said =
            |names| read(&Figment::new(), std::iter::empty(), names).unwrap_err().to_string();
        for (names, told) in [
            (Names::Ours, "`BEARER_DOMAIN` and `BEARER_AUDIENCE`"),
            (Names::OursAndTheTutorials, "`AUTH0_DOMAIN` and `API_AUDIENCE`"),
        ] {
            assert!(said(names).contains(told), "{}", said(names));
        }
    }
}
