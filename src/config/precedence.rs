//! The settings in force: what the figment says, and the variables over it.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::error::Kind;
use rocket::figment::value::{Dict, Value};

use super::key_table::{self, SOURCES};
use super::missing::check_sections;
use super::setting::Setting;
use super::trusted_issuer::check_name;
use super::unreadable::unreadable;
use crate::error::Error;

/// The settings in force, by dotted key.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) by_key: BTreeMap<String, Setting>,
    /// The names under `issuers`, each with a setting that names it.
    pub(super) issuers: BTreeMap<String, Setting>,
}

impl Settings {
    pub(super) fn of(figment: &Figment) -> Result<Self, Error> {
        check_sections(figment)?;
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
                Value::Dict(_, dict) if key_table::is_table(&key) => {
                    self.add(figment, &format!("{key}."), dict.clone())?;
                }
                Value::Dict(..) if key == "issuer" => {
                    return Err(setting.error("is a table", "did you mean `issuers`?"));
                }
                _ if key_table::reader(&key).is_none() => {
                    // From the table on in which it stands.
                    let spell = |key: &str| key.strip_prefix(scope).unwrap_or(key).to_owned();
                    return Err(setting.error("is no key", key_table::cure(&key, spell)));
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

    /// Puts variables over the figment. A key source among them drops the figment's own: a
    /// development key set must not stay in front of production.
    pub(super) fn override_with(
        &mut self,
        environment: Vec<(String, Setting)>,
    ) -> Result<(), Error> {
        for (key, setting) in &environment {
            let (scope, last) = key_table::split(key);
            if SOURCES.iter().any(|(source, _)| *source == last) {
                // A domain stands for its issuer too, and for all that belongs to that.
                let issuer: &[_] = if last == "domain" {
                    &["issuer", "provider", "aliases", "tenants"]
                } else {
                    &[]
                };
                for dropped in SOURCES.map(|(source, _)| source).iter().chain(issuer) {
                    self.by_key.remove(&format!("{scope}{dropped}"));
                }
            }
            // A token is for the origin beside which it was written. That of a `jwks_uri` stays, and a
            // `provider` says one only where no `issuer` does.
            let has = |key: &str| self.by_key.contains_key(&format!("{scope}{key}"));
            let is_another_origin = last == "issuer" || last == "provider" && !has("issuer");
            let is_moved = SOURCES.iter().any(|(source, _)| *source == last)
                || is_another_origin && !has("jwks_uri");
            if is_moved {
                self.by_key.remove(&format!("{scope}jwks_token_file"));
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
