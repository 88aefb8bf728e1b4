//! Figment and variables → settings: all that was said, and which source wins.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::error::Kind;
use rocket::figment::value::{Dict, Value};

use super::setting::Setting;
use super::table;
use super::trusted_issuer::check_name;
use super::unreadable::unreadable;
use crate::error::Error;

/// All that was said, by dotted key.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) by_key: BTreeMap<String, Setting>,
    /// The tables under `issuers` by name, each with who said it first.
    pub(super) issuers: BTreeMap<String, Setting>,
}

impl Settings {
    pub(super) fn of(figment: &Figment) -> Result<Self, Error> {
        let mut settings = Self::default();
        match figment.find_value("bearer") {
            Ok(Value::Dict(_, dict)) => settings.add(figment, "", dict)?,
            Ok(value) => {
                let setting = Setting::from_figment(figment, "bearer", value);
                return Err(setting.error("is not a table", "write `[default.bearer]`"));
            }
            Err(error) if matches!(error.kind, Kind::MissingField(_)) => {}
            Err(error) => {
                let cure = "correct the file, for instance with a TOML checker";
                let what = format!("cannot read the configuration: {}", unreadable(error));
                return Err(Error::setting(what, cure));
            }
        }
        Ok(settings)
    }

    fn add(&mut self, figment: &Figment, scope: &str, dict: Dict) -> Result<(), Error> {
        for (name, value) in dict {
            let key = format!("{scope}{name}");
            let setting = Setting::from_figment(figment, &format!("bearer.{key}"), value);
            if name.contains('.') && scope != "issuers." {
                let problem = format!("is written `{name}`, with a dot in its name");
                return Err(setting.error(&problem, "write it as a table"));
            }
            if scope == "issuers." {
                self.add_issuer(&name, &setting)?;
            }
            match &setting.value {
                Value::Dict(_, dict) if table::is_table(&key) => {
                    self.add(figment, &format!("{key}."), dict.clone())?;
                }
                _ if table::reader(&key).is_none() => {
                    let spell = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
                    return Err(setting.error("is no key", table::cure(&key, spell)));
                }
                _ => {
                    self.by_key.insert(key, setting);
                }
            }
        }
        Ok(())
    }

    fn add_issuer(&mut self, name: &str, setting: &Setting) -> Result<(), Error> {
        setting.checked(check_name(name))?;
        self.issuers.entry(name.to_owned()).or_insert_with(|| setting.clone());
        Ok(())
    }

    /// A key source from the environment puts the file's aside; a development key set must not
    /// stay in front of production.
    pub(super) fn override_with(
        &mut self,
        environment: Vec<(String, Setting)>,
    ) -> Result<(), Error> {
        for (key, setting) in &environment {
            let (scope, last) = table::split(key);
            if table::SOURCES.contains(&last) {
                // A domain stands for its issuer too.
                let issuer = (last == "domain").then_some("issuer");
                for last in table::SOURCES.into_iter().chain(issuer) {
                    self.by_key.remove(&format!("{scope}{last}"));
                }
            }
            let name = scope.strip_prefix("issuers.").and_then(|name| name.strip_suffix('.'));
            if let Some(name) = name {
                self.add_issuer(name, setting)?;
            }
        }
        self.by_key.extend(environment);
        Ok(())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.by_key.get(key)
    }
}
