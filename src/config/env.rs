//! Settings from variables: `BEARER_<KEY>`, and in the binary the tutorial's own names.

use std::ffi::OsString;

use super::key_table;
use super::setting::Setting;
use crate::error::Error;

const PREFIX: &str = "BEARER_";

/// Rocket puts a variable of this prefix among its own settings, beside the table `bearer`, and there
/// nothing reads it.
const BESIDE_THE_TABLE: &str = "ROCKET_BEARER_";

/// Which variables are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VariableNames {
    /// `BEARER_*`.
    Ours,
    /// `BEARER_*`, and below them the names of the Flask tutorial.
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
    names: VariableNames,
) -> Result<Vec<(String, Setting)>, Error> {
    let (mut ours, mut tutorials) = (vec![], vec![]);
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        let upper = name.to_ascii_uppercase();
        if let Some(key) = upper.strip_prefix(BESIDE_THE_TABLE) {
            return Err(names_no_key(&name, &dotted(key.trim_start_matches('_'))));
        }
        if let Some(key) = upper.strip_prefix(PREFIX).filter(|key| *key != "TOKEN") {
            let key = dotted(key);
            if ours.iter().any(|(named, _)| *named == key) {
                let what = format!("variable `{upper}` is there twice, in two letter cases");
                return Err(Error::setting(what, "unset one of the two"));
            }
            ours.extend(setting(&name, &key, value)?.map(|setting| (key, setting)));
        } else if names == VariableNames::OursAndTheTutorials
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

/// The setting of a variable; `None` for an empty one, which says nothing.
fn setting(variable: &str, key: &str, value: OsString) -> Result<Option<Setting>, Error> {
    let error = |problem: &str, cure: String| {
        Err(Error::setting(format!("variable `{variable}` {problem}"), cure))
    };
    let Some(read) = key_table::reader(key) else { return Err(names_no_key(variable, key)) };
    let Ok(mut text) = value.into_string() else {
        return error("is not UTF-8", "write it in UTF-8".to_owned());
    };
    text.truncate(without_line_break(&text).len());
    if text.is_empty() {
        if key_table::split(key).1 == "audience" {
            return error("is empty", "write the identifier of your API, or unset it".to_owned());
        }
        return Ok(None);
    }
    match read(text) {
        Ok(value) => Ok(Some(Setting::from_variable(variable, value))),
        Err(invalid) => error(invalid.problem, invalid.cure.to_owned()),
    }
}

/// Cuts one line break off the end: a value that comes from a file or a secret often has one.
fn without_line_break(text: &str) -> &str {
    let mut cut = ["\r\n", "\n", "\r"].into_iter().filter_map(|it| text.strip_suffix(it));
    cut.next().unwrap_or(text)
}

/// `JWKS__TIMEOUT` → `jwks.timeout`.
fn dotted(key: &str) -> String {
    key.to_ascii_lowercase().replace("__", ".")
}

fn names_no_key(variable: &str, key: &str) -> Error {
    let spell = |key: &str| format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"));
    Error::setting(format!("variable `{variable}` names no key"), key_table::cure(key, spell))
}
