//! The configuration of a command: the keys under `bearer`, and Rocket's own.

use std::env;

use clap::Args;
use rocket::figment::Figment;

use super::output::CommandFailure;
use crate::config::{self, Config, VariableNames, unreadable};
use crate::error::Error;

/// `--profile`, for each command that reads the configuration.
#[derive(Args, Default)]
pub(super) struct ProfileArgument {
    /// Read the configuration of this profile [default: $ROCKET_PROFILE, else as `serve` would]
    #[arg(long, global = true)]
    profile: Option<String>,
}

impl ProfileArgument {
    /// Rocket's figment, of this profile.
    pub(super) fn figment(&self) -> Figment {
        let figment = rocket::Config::figment();
        match &self.profile {
            Some(profile) => figment.select(profile.as_str()),
            None => figment,
        }
    }
}

/// The keys under `bearer`, from the figment, `BEARER_*` variables and those of the Auth0 tutorial.
pub(super) fn bearer_config(figment: &Figment) -> Result<Config, Error> {
    config::read(figment, env::vars_os(), VariableNames::OursAndTheTutorials)
}

/// Rocket's own keys. They are read here first: Rocket panics on a wrong one, and prints its value.
pub(super) fn rocket_config(figment: &Figment) -> Result<rocket::Config, CommandFailure> {
    let config: rocket::Config = figment
        .extract()
        .map_err(|errors| format!("cannot read Rocket's configuration: {}", unreadable(errors)))?;
    for (key, threads) in [("workers", config.workers), ("max_blocking", config.max_blocking)] {
        if threads == 0 {
            return Err(format!("Rocket cannot run with `{key}` at 0; write 1 at least").into());
        }
    }
    Ok(config)
}
