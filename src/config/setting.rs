//! One setting: the value of a key as it was written, and where.

use std::path::{Path, PathBuf};

use rocket::figment::value::Value;
use rocket::figment::{Figment, Source};

use crate::error::{Error, Invalid, invalid};
use crate::json::members;
use crate::named_file::{NamedFile, shown_path};

/// A value as it was written, and where.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Value,
    /// The key with its section, or its variable, as an error message begins.
    pub(super) name: String,
    /// What a relative path is relative to.
    base: PathBuf,
    /// The variable that it comes from, if it comes from one.
    pub(super) variable: Option<String>,
}

impl Setting {
    pub(super) fn from_variable(variable: &str, value: Value) -> Self {
        let name = format!("`{variable}`");
        Self { value, name, base: PathBuf::new(), variable: Some(variable.to_owned()) }
    }

    /// A setting of a preset, which says itself what it is.
    pub(super) fn of_preset(name: String, value: Value) -> Self {
        Self { value, name, base: PathBuf::new(), variable: None }
    }

    /// `key` is the whole dotted key, `bearer` included.
    pub(super) fn from_figment(figment: &Figment, key: &str, value: Value) -> Self {
        let metadata = figment.get_metadata(value.tag());
        let file =
            metadata.and_then(|metadata| metadata.source.as_ref()).and_then(Source::file_path);
        // A tag knows figment's own profiles by name; any other is the one that is selected.
        let profile = value.tag().profile().unwrap_or_else(|| figment.profile().clone());
        let (table, last) = key.rsplit_once('.').unwrap_or(("", key));
        let section = format!("[{profile}.{table}]").replace(".]", "]");
        let name = match (file, metadata) {
            (Some(file), _) if matches!(value, Value::Dict(..)) => {
                format!("[{profile}.{key}] of {}", file.display())
            }
            (Some(file), _) => format!("`{last}` in {section} of {}", file.display()),
            (None, Some(metadata)) => format!("`{key}` from {}", metadata.name),
            (None, None) => format!("`{key}`"),
        };
        let base = file.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        // Figment tells no more of variables with Rocket's prefix.
        let variable = metadata.map(|metadata| metadata.name.to_string());
        let variable = variable.filter(|name| name.contains("environment variable"));
        Self { value, name, base, variable }
    }

    pub(super) fn error(&self, problem: &str, cure: impl Into<String>) -> Error {
        Error::setting(format!("{} {problem}", self.name), cure)
    }

    /// Names this setting in what a check of its value has found.
    pub(super) fn checked<T>(&self, result: Result<T, Invalid>) -> Result<T, Error> {
        result.map_err(|invalid| self.error(invalid.problem, invalid.cure))
    }

    pub(super) fn text(&self) -> Result<String, Error> {
        match &self.value {
            Value::String(_, text) => Ok(text.clone()),
            _ => Err(self.error("is not a string", "put the value in quotes")),
        }
    }

    /// One string is a list of one.
    pub(super) fn list(&self) -> Result<Vec<String>, Error> {
        let string = |value: &Value| value.as_str().map(str::to_owned);
        let list = match &self.value {
            Value::Array(_, items) => items.iter().map(string).collect(),
            one => string(one).map(|one| vec![one]),
        };
        list.ok_or_else(|| {
            self.error("is not a string or a list of strings", "write it as `[\"a\", \"b\"]`")
        })
    }

    pub(super) fn is_false(&self) -> bool {
        matches!(self.value, Value::Bool(_, false))
    }

    pub(super) fn whole_number(&self) -> Result<u64, Error> {
        let number = match &self.value {
            Value::Num(_, number) => number.to_u128_lossy(),
            _ => None,
        };
        let number = number.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| {
            self.error("is not a whole number", "write digits only, without quotes or a unit")
        })
    }

    pub(super) fn flag(&self) -> Result<bool, Error> {
        match &self.value {
            Value::Bool(_, flag) => Ok(*flag),
            _ => Err(self.error("is not a flag", "write `true` or `false`, without quotes")),
        }
    }

    /// A table of names, each with a value or a list of values.
    pub(super) fn table(&self) -> Result<Vec<(String, Vec<serde_json::Value>)>, Error> {
        let Value::Dict(_, members) = &self.value else {
            return Err(self.error("is not a table", TABLE.cure));
        };
        let one_of = |value: &Value| match serde_json::to_value(value) {
            Ok(serde_json::Value::Array(list)) => list,
            Ok(one) => vec![one],
            Err(_) => vec![],
        };
        Ok(members.iter().map(|(name, value)| (name.clone(), one_of(value))).collect())
    }

    /// A table of names, each with a list of texts.
    pub(super) fn lists(&self) -> Result<Vec<(String, Vec<String>)>, Error> {
        let Value::Dict(_, members) = &self.value else { return self.checked(Err(LISTS)) };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = |value: &Value| match value {
            Value::Array(_, items) => items.iter().map(text).collect(),
            one => text(one).map(|one| vec![one]),
        };
        let members = members.iter().map(|(name, value)| Some((name.clone(), list(value)?)));
        self.checked(members.collect::<Option<_>>().ok_or(LISTS))
    }

    /// A path, relative to the file that it stands in. Of a path in a variable an error tells only
    /// where the file cannot be read.
    pub(super) fn file(&self) -> Result<NamedFile, Error> {
        let text = self.text()?;
        if text.is_empty() {
            return Err(self.error("is empty", "write the path of a file, or leave the key out"));
        }
        let path = self.base.join(text);
        let unreadable = format!("{} ({})", self.name, shown_path(&path));
        let said = match self.variable {
            Some(_) => self.name.clone(),
            None => unreadable.clone(),
        };
        Ok(NamedFile { path, said, unreadable })
    }
}

/// Reads the text of a variable as the kind of value that a key has.
pub(super) type FromVariable = fn(String) -> Result<Value, Invalid>;

pub(super) fn text(text: String) -> Result<Value, Invalid> {
    Ok(Value::from(text))
}

/// `a,b` or `["a","b"]`.
pub(super) fn list(text: String) -> Result<Value, Invalid> {
    let items: Vec<String> = if text.trim_start().starts_with('[') {
        let no_list = invalid("is no list", "write `a,b` or `[\"a\",\"b\"]`");
        serde_json::from_str(&text).map_err(|_| no_list)?
    } else {
        text.split(',').map(|item| item.trim().to_owned()).collect()
    };
    Ok(Value::from(items))
}

/// The same, or `false`.
pub(super) fn list_or_false(text: String) -> Result<Value, Invalid> {
    if text == "false" { Ok(Value::from(false)) } else { list(text) }
}

/// One JSON object.
pub(super) fn table(text: String) -> Result<Value, Invalid> {
    object(&text).ok_or(TABLE)
}

/// The same, of lists.
pub(super) fn lists(text: String) -> Result<Value, Invalid> {
    object(&text).ok_or(LISTS)
}

fn object(text: &str) -> Option<Value> {
    let members: serde_json::Map<String, serde_json::Value> = members::read(text).ok()?;
    Value::serialize(members).ok()
}

const TABLE: Invalid = invalid(
    "is not a table",
    "write it as `{ token_use = \"access\" }`, in a variable as the JSON object \
     `{\"token_use\":\"access\"}`",
);

const LISTS: Invalid = invalid(
    "is not a table of lists",
    "write it as `{ \"files:write\" = [\"files:read\"] }`, in a variable as the JSON object \
     `{\"files:write\":[\"files:read\"]}`",
);

pub(super) fn whole_number(text: String) -> Result<Value, Invalid> {
    let number = text.parse::<u64>();
    number.map(Value::from).map_err(|_| invalid("is not a whole number", "write digits only"))
}

pub(super) fn flag(text: String) -> Result<Value, Invalid> {
    let flag = text.parse::<bool>();
    flag.map(Value::from).map_err(|_| invalid("is no flag", "write `true` or `false`"))
}
