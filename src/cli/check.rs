//! `check`: the configuration and every key set, without serving.

use std::env;

use clap::Args;

use super::{Failure, say};
use crate::config::{self, Names};
use crate::fairing::trust;
use crate::verifier::Verifier;

/// Validate the configuration and load every key set.
#[derive(Args)]
#[command(after_help = "Example:\n  ROCKET_PROFILE=auth0 AUTH0_DOMAIN=tenant.eu.auth0.com \
    API_AUDIENCE=image rocket-bearer check\n\nExit code 0: tokens of every issuer can be judged; 1: \
    they cannot.")]
pub(super) struct Arguments {}

pub(super) fn run(Arguments {}: &Arguments) -> Result<(), Failure> {
    let figment = rocket::Config::figment();
    let config = config::read(&figment, env::vars_os(), Names::OursAndTheTutorials)?;
    config.tell_what_it_took();
    let verifier = Verifier::trusting(&config, trust(&figment))?;
    rocket::execute(verifier.refresh());

    say(&format!("profile {}", figment.profile()));
    for issuer in verifier.issuers() {
        say(&issuer.details());
    }
    if verifier.issuers().iter().all(|issuer| issuer.is_ready()) {
        Ok(())
    } else {
        Err(Failure::Because("not every issuer has usable keys".to_owned()))
    }
}
