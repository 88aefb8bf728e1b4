//! The [`Config`] that the settings describe: what is set, what is missing, what contradicts.

use std::ffi::OsString;

use rocket::figment::Figment;

use super::builder::Config;
use super::env::{self, VariableNames};
use super::filling::Filling;
use super::key_table::{self, OF_EACH_ISSUER, OF_ONE_ISSUER, OF_THE_APP, SOURCES};
use super::missing::Places;
use super::precedence::Settings;
use super::setting::Setting;
use super::trusted_issuer::{Issuer, check_audience};
use crate::error::Error;

/// Reads what `figment` says under `bearer`, and `variables` over it.
pub(crate) fn read(
    figment: &Figment,
    variables: impl Iterator<Item = (OsString, OsString)>,
    names: VariableNames,
) -> Result<Config, Error> {
    let mut settings = Settings::of(figment)?;
    settings.override_with(env::settings(variables, names)?)?;
    settings.config(Places { figment, names })
}

/// The configuration of this issuer, with what `figment` says of anything but issuers.
#[cfg(feature = "testing")]
pub(crate) fn read_for(issuer: Issuer, figment: &Figment) -> Result<Config, Error> {
    let settings = Settings::of(figment)?;
    // The issuer brings its own key, and with it the algorithm; its tokens are of its own clients.
    let are_its_own = ["algorithms", "clients", "claims", "kid"];
    let said = |key| settings.get(key).filter(|_| !are_its_own.contains(&key));
    let issuer = key_table::set(OF_EACH_ISSUER, issuer, said)?;
    let mut config = settings.common(Config::new(issuer))?;
    // A path for the logouts of other issuers is of no use to this one.
    if config.check_logout().is_err() {
        config.logout.path = None;
    }
    Ok(config)
}

impl Settings {
    fn config(&self, places: Places<'_>) -> Result<Config, Error> {
        let mut config = self.issuer("", places)?.map(Config::new);
        let of_no_other = ["aliases", "tenants", "jwks_token_file"];
        if config.is_none()
            && !self.issuers.is_empty()
            && let Some(said) = of_no_other.iter().find_map(|key| self.get(key))
        {
            let cure = "write it in the table of the issuer that it is about";
            return Err(said.error("stands beside no issuer, and none inherits it", cure));
        }
        for (name, said) in &self.issuers {
            let Some(issuer) = self.issuer(&format!("issuers.{name}."), places)? else {
                let problem = format!("leaves issuer `{name}` without a key source");
                return Err(said.error(&problem, "give it a `domain`, or an `issuer`"));
            };
            let issuer = said.checked(issuer.named(name))?;
            config = Some(match config {
                None => Config::new(issuer),
                Some(config) => said.checked(config.also(issuer))?,
            });
        }
        let config = self.common(config.ok_or_else(|| places.no_source())?)?;
        config.check_logout()?;
        Ok(config)
    }

    /// Sets what is the same for every issuer.
    fn common(&self, config: Config) -> Result<Config, Error> {
        let mut config = key_table::set(OF_THE_APP, config, |key| self.get(key))?;
        // The defaults fit each other: where two times do not, one of them was set.
        if let Some(said) = self.get("jwks.no_proxy") {
            said.checked(config.fetching.check_proxy())?;
        }
        if let Some(said) = self.get("jwks.stale").or_else(|| self.get("jwks.refresh")) {
            said.checked(config.fetching.check())?;
        }
        let of_store = ["ca_file", "prefix", "deadline_ms", "on_outage"];
        let of_store = of_store.iter().find_map(|key| self.get(&format!("store.{key}")));
        if let Some(said) = of_store {
            said.checked(config.store.check())?;
        }
        let variables = self.by_key.values().filter_map(|setting| setting.variable.clone());
        config.taken_from = variables.filter(|name| env::is_the_tutorials(name)).collect();
        Ok(config)
    }

    /// The issuer that the keys of one scope describe; `None` where they name no source.
    fn issuer(&self, scope: &str, places: Places<'_>) -> Result<Option<Issuer>, Error> {
        let filling = self.filling(scope)?;
        let filled = |key| filling.as_ref().and_then(|filling| filling.get(key));
        let own = |key| self.get(&format!("{scope}{key}")).or_else(|| filled(key));
        let each = |key| self.inherited(scope, key).or_else(|| filled(key));
        let issuer = own("issuer");
        let said = |(key, source)| Some((own(key)?, source));
        let sources: Vec<_> = SOURCES.into_iter().filter_map(said).collect();
        match &filling {
            Some(filling) => filling.check_issuer(issuer, own("domain"))?,
            None if issuer.is_none() && sources.is_empty() => return Ok(None),
            None => {}
        }
        let no_audience = || match &filling {
            Some(filling) => filling.no_audience(),
            None => places.no_audience(),
        };
        let audience = self.audience(each("audience"), each("clients").is_some(), no_audience)?;

        let mut issuer = match (issuer, &sources[..]) {
            (None, [(domain, None)]) => domain.checked(Issuer::of_domain(&domain.text()?))?,
            (Some(issuer), []) => issuer.checked(Issuer::with_metadata(&issuer.text()?))?,
            (Some(issuer), [(said, Some(source))]) => {
                let source = source(said)?;
                issuer.checked(Issuer::new(&issuer.text()?, source))?
            }
            (None, [(keys, Some(_))]) => {
                let cure = "write `issuer` beside it, exactly as tokens carry it in `iss`";
                return Err(keys.error("has no `issuer`", cure));
            }
            _ => return Err(two_sources(sources.iter().map(|(said, _)| *said).chain(issuer))),
        };
        issuer.audience = audience;
        #[cfg(feature = "cli")]
        {
            issuer.preset = filling.as_ref().map(Filling::preset);
        }
        let issuer = key_table::set(OF_ONE_ISSUER, issuer, own)?;
        if let Some(said) = own("issuer") {
            said.checked(issuer.check())?;
        }
        key_table::set(OF_EACH_ISSUER, issuer, each).map(Some)
    }

    /// What the `provider` of an issuer fills: what neither its own table nor the top level says.
    fn filling(&self, scope: &str) -> Result<Option<Filling<'_>>, Error> {
        let own = |key: &str| self.get(&format!("{scope}{key}"));
        let Some(said) = own("provider") else { return Ok(None) };
        let has_source = SOURCES.iter().any(|(key, _)| own(key).is_some());
        let set = |key: &str| match key_table::is_of_one_issuer(key) {
            true => own(key),
            false => self.inherited(scope, key),
        };
        Filling::of(said, has_source, set).map(Some)
    }

    /// The audience of an issuer: `resource` where only that is set. It is empty where `aud` is not
    /// looked at, and then there are `clients`.
    fn audience(
        &self,
        said: Option<&Setting>,
        has_clients: bool,
        missing: impl FnOnce() -> Error,
    ) -> Result<Vec<String>, Error> {
        match said.or_else(|| self.get("resource")) {
            None if has_clients => Ok(vec![]),
            None => Err(missing()),
            Some(said) if said.is_false() && has_clients => Ok(vec![]),
            Some(said) if said.is_false() => Err(said.error(
                "is `false` without `clients`: the tokens of every client and API would count",
                "name in `clients` those whose tokens count, or write the identifier of your API",
            )),
            Some(said) => {
                let audience = said.list()?;
                said.checked(check_audience(&audience)).map(|()| audience)
            }
        }
    }

    /// The setting of an issuer's own table, or else that of the top level.
    fn inherited(&self, scope: &str, key: &str) -> Option<&Setting> {
        self.get(&format!("{scope}{key}")).or_else(|| self.get(key))
    }
}

fn two_sources<'s>(said: impl Iterator<Item = &'s Setting>) -> Error {
    let names: Vec<_> = said.map(|setting| setting.name.as_str()).collect();
    Error::setting(
        format!("{} name more than one key source", names.join(" and ")),
        "keep one: `domain`, or `issuer` with `jwks_file`, or `issuer` with `jwks_uri`, or `issuer` \
         alone",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use rocket::figment::providers::Serialized;

    use super::*;

    #[test]
    fn a_program_is_told_of_variables_that_it_reads() {
        let said =
            |names| read(&Figment::new(), std::iter::empty(), names).unwrap_err().to_string();
        for (names, told) in [
            (VariableNames::Ours, "`BEARER_DOMAIN` and `BEARER_AUDIENCE`"),
            (VariableNames::OursAndTheTutorials, "`AUTH0_DOMAIN` and `API_AUDIENCE`"),
        ] {
            assert!(said(names).contains(told), "{}", said(names));
        }
    }

    #[test]
    fn each_setting_comes_from_its_own_key() {
        let said = [
            ("refresh", "61"),
            ("cooldown", "2"),
            ("stale", "63"),
            ("timeout", "4"),
            ("max_bytes", "5"),
            ("ca_file", "ca.pem"),
            ("proxy", "http://proxy.test:3128"),
            ("watch", "false"),
        ];
        let variables = said.map(|(key, value)| {
            (format!("BEARER_JWKS__{}", key.to_uppercase()).into(), value.to_owned().into())
        });
        let figment = Figment::new()
            .merge(Serialized::default("bearer.domain", "tenant.test"))
            .merge(Serialized::default("bearer.audience", "image"));
        let fetching = |variables: Vec<_>| {
            read(&figment, variables.into_iter(), VariableNames::Ours)
                .expect("it is in order")
                .fetching
        };
        let said = fetching(variables.to_vec());
        let seconds = [said.refresh, said.cooldown, said.stale, said.timeout];
        assert_eq!(seconds, [61, 2, 63, 4].map(Duration::from_secs));
        assert_eq!((said.max_bytes, said.watch), (5, false));
        assert_eq!(said.ca_file.unwrap().path, Path::new("ca.pem"));
        assert_eq!(said.proxy.unwrap().as_str(), "http://proxy.test:3128/");

        let silent = fetching(vec![]);
        let seconds = [silent.refresh, silent.cooldown, silent.stale, silent.timeout];
        assert_eq!(seconds, [600, 30, 86_400, 5].map(Duration::from_secs));
        assert_eq!((silent.max_bytes, silent.watch), (524_288, true));
        assert!(silent.ca_file.is_none() && silent.proxy.is_none());
    }

    #[test]
    fn roles_are_where_an_issuer_says_or_else_the_top_level() {
        let toml = [
            ("bearer.audience", "image"),
            ("bearer.domain", "tenant.test"),
            ("bearer.roles", "groups"),
            ("bearer.issuers.acme.domain", "acme.test"),
            ("bearer.issuers.acme.roles", "/realm_access/roles"),
            ("bearer.issuers.beta.domain", "beta.test"),
        ];
        let figment = toml.iter().fold(Figment::new(), |figment, (key, value)| {
            figment.merge(Serialized::default(key, value))
        });
        let roles = |variables: &[(&str, &str)]| {
            let variables: Vec<(OsString, OsString)> =
                variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let config = read(&figment, variables.into_iter(), VariableNames::Ours).unwrap();
            let of = |issuer: &Issuer| {
                Vec::from_iter(issuer.roles.iter().map(ToString::to_string)).join(" ")
            };
            Vec::from_iter(config.issuers.iter().map(of))
        };
        assert_eq!(roles(&[]), ["groups", "/realm_access/roles", "groups"]);
        let variables = [("BEARER_ROLES", "a,/b"), ("BEARER_ISSUERS__BETA__ROLES", "[\"c\"]")];
        assert_eq!(roles(&variables), ["a /b", "/realm_access/roles", "c"]);
    }
}
