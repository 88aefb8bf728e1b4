//! The configuration of a command: the keys under `bearer`, and Rocket's own.

use std::env;

use rocket::figment::{self, Figment, error::Kind};

use super::output::CommandFailure;
use crate::config::{self, Config, VariableNames};
use crate::error::Error;

/// The keys under `bearer`, from the figment, `BEARER_*` variables and those of the Auth0 tutorial.
pub(super) fn bearer_config(figment: &Figment) -> Result<Config, Error> {
    config::read(figment, env::vars_os(), VariableNames::OursAndTheTutorials)
}

/// Rocket's own keys. They are read here first: Rocket panics on a wrong one, and prints its value.
pub(super) fn rocket_config(figment: &Figment) -> Result<rocket::Config, CommandFailure> {
    let config: rocket::Config = figment.extract().map_err(unreadable)?;
    for (key, threads) in [("workers", config.workers), ("max_blocking", config.max_blocking)] {
        if threads == 0 {
            return Err(format!("Rocket cannot run with `{key}` at 0; write 1 at least").into());
        }
    }
    Ok(config)
}

/// The text for wrong keys of Rocket's. It holds no value of a variable.
fn unreadable(errors: figment::Error) -> String {
    let mut text = "cannot read Rocket's configuration".to_owned();
    for error in errors {
        let key = error.path.join(".");
        let place = error.metadata.as_ref().map(|it| it.name.to_string()).unwrap_or_default();
        let is_variable = place.contains("environment");
        let key = if is_variable { format!("ROCKET_{}", key.to_uppercase()) } else { key };
        let problem = match &error.kind {
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
                format!("`{key}` should be {expected}")
            }
            Kind::UnknownVariant(_, known) => {
                format!("`{key}` should be one of {}", known.join(", "))
            }
            // figment's text may hold the value of the variable.
            _ if is_variable => format!("`{key}` cannot be read"),
            other if key.is_empty() => other.to_string(),
            other => format!("`{key}`: {other}"),
        };
        text.push_str(&format!("; {problem} ({place})"));
    }
    text
}
