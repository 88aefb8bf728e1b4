//! Errors for what is missing: where it was looked for, what stands in its place, and how it is set.

use std::path::Path;

use rocket::figment::providers::Env;
use rocket::figment::value::{Dict, Map, Value};
use rocket::figment::{Figment, Profile, Provider as _, Source};

use super::env::VariableNames;
use super::key_table;
use super::setting::Setting;
use crate::error::Error;
use crate::printable::escaped;

/// The most characters of a path, and of the name of a profile.
const LONGEST_PATH: usize = 200;
const LONGEST_NAME: usize = 64;

/// What a configuration was read from.
#[derive(Clone, Copy)]
pub(super) struct Places<'f> {
    pub(super) figment: &'f Figment,
    pub(super) names: VariableNames,
}

impl Places<'_> {
    /// No issuer is named, neither at the top level nor under `issuers`.
    pub(super) fn no_source(&self) -> Error {
        let [domain, audience] = match self.names {
            VariableNames::Ours => ["BEARER_DOMAIN", "BEARER_AUDIENCE"],
            VariableNames::OursAndTheTutorials => ["AUTH0_DOMAIN", "API_AUDIENCE"],
        };
        let profile = shown(self.figment.profile());
        let similar = self.similar_profile().map(|similar| {
            format!("did you mean the profile `{similar}` (`ROCKET_PROFILE`)? Else: ")
        });
        let first = self.astray().map(|astray| astray + "; ").or(similar).unwrap_or_default();
        Error::no_source(
            format!(
                "profile `{profile}` says nowhere where signing keys come from (looked for `domain` \
                 and `issuer` in [{profile}.bearer], in [default.bearer] and in `BEARER_` variables; \
                 {})",
                self.files()
            ),
            format!(
                "{first}for Auth0 set `{domain}` and `{audience}` (or `domain` and `audience` in \
                 [{profile}.bearer]); for a key set of your own write `issuer` and `jwks_file`, and \
                 make its key with `rocket-bearer keys new`; for another profile set \
                 `ROCKET_PROFILE`"
            ),
        )
    }

    /// An issuer has no audience, and neither has the top level.
    pub(super) fn no_audience(&self) -> Error {
        let cure = match self.astray() {
            Some(astray) => format!("{astray}, or set `BEARER_AUDIENCE`"),
            None => {
                "write the identifier of your API there, or set `BEARER_AUDIENCE`; for an issuer \
                     without one (Cognito, Clerk) write the ids of your clients there, as `clients`"
                    .to_owned()
            }
        };
        let profile = shown(self.figment.profile());
        Error::setting(format!("`audience` is missing from [{profile}.bearer]"), cure)
    }

    /// The files that were read, each with its tables `bearer`, or where no file was found.
    fn files(&self) -> String {
        let read = self.figment.metadata().filter_map(|it| it.source.as_ref());
        let files: Vec<_> = read.filter_map(Source::file_path).collect();
        if files.is_empty() {
            // A file that was not found has this name, but no path.
            let is_for_files = self.figment.metadata().any(|it| it.name == "TOML file");
            return if is_for_files { no_file() } else { "no file is read".to_owned() };
        }
        let tables = |file: &Path| {
            let tables: Vec<_> = self.profiles_with_bearer(Some(file)).map(named).collect();
            match tables.as_slice() {
                [] => "no table `bearer`".to_owned(),
                [one] => one.clone(),
                [first @ .., last] => format!("{} and {last}", first.join(", ")),
            }
        };
        let said = files.iter().map(|file| format!("{} has {}", file.display(), tables(file)));
        said.collect::<Vec<_>>().join(", ")
    }

    /// The profiles with a table `bearer`, of one file or of any.
    fn profiles_with_bearer(&self, file: Option<&Path>) -> impl Iterator<Item = String> {
        let data = self.figment.data().unwrap_or_default();
        let is_there = |dict: &Dict| {
            dict.get("bearer").is_some_and(|table| {
                let mut parts = parts(table);
                file.is_none() || parts.any(|part| file_of(self.figment, part) == file)
            })
        };
        let profiles: Vec<_> = data.iter().filter(|(_, dict)| is_there(dict)).collect();
        profiles.into_iter().map(|(profile, _)| shown(profile)).collect::<Vec<_>>().into_iter()
    }

    /// A profile with a table `bearer` whose name is nearly that of the selected one.
    fn similar_profile(&self) -> Option<String> {
        let selected = shown(self.figment.profile());
        let others = self.profiles_with_bearer(None).filter(|it| *it != selected);
        let near = others.map(|it| (strsim::osa_distance(&it, &selected), it));
        near.filter(|(distance, _)| *distance <= 2).min().map(|(_, profile)| profile)
    }

    /// What is written beside the table `bearer` instead of in it, with the cure.
    fn astray(&self) -> Option<String> {
        let data = self.figment.data().unwrap_or_default();
        let selected = self.figment.profile();
        let names = [selected.as_str().as_str(), "default", "global"];
        let dicts = names.iter().filter_map(|name| of_profile(&data, name));
        let is_a_slip = |key: &str, value: &Value| {
            let distance = strsim::osa_distance(&key.to_ascii_lowercase(), "bearer");
            key != "bearer" && distance <= 2 && value.as_dict().is_some()
        };
        let settings = dicts
            .flatten()
            .filter(|(key, value)| key_table::is_of_issuers(key) || is_a_slip(key, value));
        let mut said: Vec<_> = settings
            .map(|(key, value)| Setting::from_figment(self.figment, key, value.clone()).name)
            .collect();
        said.dedup();
        let verb = match said.as_slice() {
            [] => return None,
            [_] => "is not read: it belongs",
            _ => "are not read: they belong",
        };
        Some(format!("{} {verb} into [default.bearer]", said.join(" and ")))
    }
}

/// Refuses a table `[bearer]` with our keys in it: it is a profile of that name, which is not selected.
pub(super) fn check_sections(figment: &Figment) -> Result<(), Error> {
    let data = figment.data().unwrap_or_default();
    let Some(dict) = of_profile(&data, "bearer") else { return Ok(()) };
    let is_ours = |key: &String| key_table::is_table(key) || key_table::reader(key).is_some();
    let has_ours = |dict: &Dict| dict.keys().any(is_ours);
    let holds_ours = |value: &Value| value.as_dict().is_some_and(has_ours);
    let is_selected = is_named(figment.profile(), "bearer");
    if is_selected || !(has_ours(dict) || dict.values().any(holds_ours)) {
        return Ok(());
    }
    let file = dict.values().find_map(|value| file_of(figment, value));
    let place = file.map(|file| format!(" of {}", file.display())).unwrap_or_default();
    Err(Error::setting(
        format!("[bearer]{place} is a profile of its own, and nothing reads it"),
        format!(
            "write [default.bearer], or [{}.bearer] for this profile alone",
            shown(figment.profile())
        ),
    ))
}

/// What was looked for where no file was found. Rocket searches a relative path from the working
/// directory upwards.
fn no_file() -> String {
    let here = std::env::current_dir().map(|path| path.display().to_string());
    let here = here.unwrap_or_else(|_| "the working directory".to_owned());
    match Env::var("ROCKET_CONFIG") {
        None => format!("there is no `Rocket.toml` in {here} or above"),
        Some(path) if Path::new(&path).is_absolute() => {
            format!("`ROCKET_CONFIG` names {}, which is no file", escaped(&path, LONGEST_PATH))
        }
        Some(path) => {
            let path = escaped(&path, LONGEST_PATH);
            format!("`ROCKET_CONFIG` names {path}, and there is no such file in {here} or above")
        }
    }
}

fn named(profile: String) -> String {
    format!("[{profile}.bearer]")
}

fn shown(profile: &Profile) -> String {
    escaped(profile.as_str().as_str(), LONGEST_NAME)
}

fn is_named(profile: &Profile, name: &str) -> bool {
    profile.as_str().as_str().eq_ignore_ascii_case(name)
}

fn of_profile<'d>(data: &'d Map<Profile, Dict>, name: &str) -> Option<&'d Dict> {
    data.iter().find(|(profile, _)| is_named(profile, name)).map(|(_, dict)| dict)
}

/// A table and the values in it, which may come from several files.
fn parts(table: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(table).chain(table.as_dict().into_iter().flat_map(Dict::values))
}

/// The file that says this.
fn file_of<'f>(figment: &'f Figment, value: &Value) -> Option<&'f Path> {
    figment.get_metadata(value.tag())?.source.as_ref()?.file_path()
}
