//! Variables → settings: `BEARER_<KEY>`, and the tutorial's own names in the binary.

use std::ffi::OsString;

use rocket::figment::value::Value;

use super::schema::{self, Kind};
use super::setting::Setting;
use crate::error::Error;

const PREFIX: &str = "BEARER_";

/// Which variables are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// `BEARER_*`.
    Ours,
    /// `BEARER_*`, and where it says nothing the names of the Flask tutorial.
    OursAndTheTutorials,
}

const TUTORIAL: [(&str, &str); 3] =
    [("AUTH0_DOMAIN", "domain"), ("API_AUDIENCE", "audience"), ("ALGORITHMS", "algorithms")];

pub(super) fn is_the_tutorials(variable: &str) -> bool {
    TUTORIAL.iter().any(|(name, _)| *name == variable)
}

/// The settings among `variables`, by dotted key.
pub(super) fn settings(
    variables: impl Iterator<Item = (OsString, OsString)>,
    names: Names,
) -> Result<Vec<(String, Setting)>, Error> {
    let (mut ours, mut tutorials) = (vec![], vec![]);
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        let upper = name.to_ascii_uppercase();
        if let Some(key) = upper.strip_prefix(PREFIX).filter(|key| *key != "TOKEN") {
            let key = key.to_ascii_lowercase().replace("__", ".");
            if ours.iter().any(|(named, _)| *named == key) {
                let what = format!("variable `{upper}` is there twice, in two letter cases");
                return Err(Error::setting(what, "unset one of the two"));
            }
            ours.extend(setting(&name, &key, value)?.map(|setting| (key, setting)));
        } else if names == Names::OursAndTheTutorials
            && let Some((_, key)) = TUTORIAL.iter().find(|(theirs, _)| *theirs == name)
        {
            let setting = setting(&name, key, value)?;
            tutorials.extend(setting.map(|setting| ((*key).to_owned(), setting)));
        }
    }
    tutorials.retain(|(key, _)| !ours.iter().any(|(named, _)| named == key));
    ours.append(&mut tutorials);
    Ok(ours)
}

/// `None` for an empty variable, which says nothing.
fn setting(variable: &str, key: &str, value: OsString) -> Result<Option<Setting>, Error> {
    let error = |problem: &str, cure: String| {
        Err(Error::setting(format!("variable `{variable}` {problem}"), cure))
    };
    let Some(kind) = schema::kind(key) else {
        let spell = |key: &str| format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"));
        return error("names no key", schema::cure(key, spell));
    };
    let Ok(text) = value.into_string() else {
        return error("is not UTF-8", "write it in UTF-8".to_owned());
    };
    if text.is_empty() {
        if schema::split(key).1 == "audience" {
            return error("is empty", "write the identifier of your API, or unset it".to_owned());
        }
        return Ok(None);
    }
    let value = match kind {
        Kind::Text | Kind::Path => Value::from(text),
        Kind::List => match list(&text) {
            Some(items) => Value::from(items),
            None => return error("is no list", "write `a,b` or `[\"a\",\"b\"]`".to_owned()),
        },
        Kind::WholeNumber => match text.parse::<u64>() {
            Ok(number) => Value::from(number),
            Err(_) => return error("is not a whole number", "write digits only".to_owned()),
        },
        Kind::Flag => match text.parse::<bool>() {
            Ok(flag) => Value::from(flag),
            Err(_) => return error("is no flag", "write `true` or `false`".to_owned()),
        },
    };
    Ok(Some(Setting::from_variable(variable, value)))
}

/// `a,b` or `["a","b"]`.
fn list(text: &str) -> Option<Vec<String>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    Some(text.split(',').map(|item| item.trim().to_owned()).collect())
}
