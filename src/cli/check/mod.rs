//! `check`: the configuration against the issuers as they are, without serving.

mod audience;
mod certificate;
mod finding;
mod issuer;
mod keys;
mod published;

use std::time::SystemTime;

use clap::Args;

use super::configuration::{bearer_config, rocket_config};
use super::output::{CommandFailure, say};
use crate::guard::policy::trust;
use crate::verifier::Verifier;
use finding::{Finding, Subject, Weight};
use published::Published;

/// Validate the configuration, load every key set, and look for what is odd.
#[derive(Args)]
#[command(after_help = "Example:\n  ROCKET_PROFILE=auth0 AUTH0_DOMAIN=tenant.eu.auth0.com \
    API_AUDIENCE=image rocket-bearer check\n\nExit code 1: there are errors, good tokens are refused \
    for them; 0: there is none, but perhaps a warning.")]
pub(super) struct CheckArguments {}

pub(super) fn run(CheckArguments {}: &CheckArguments) -> Result<(), CommandFailure> {
    let figment = rocket::Config::figment();
    rocket_config(&figment)?;
    let config = bearer_config(&figment)?;
    config.tell_what_it_took();
    let verifier = Verifier::trusting(&config, trust(&figment))?;
    rocket::execute(verifier.refresh());

    say(&format!("profile {}", figment.profile()))?;
    let mut errors = 0;
    for (configured, loaded) in config.issuers.iter().zip(verifier.issuers()) {
        say(&loaded.details())?;
        let published = &rocket::execute(Published::by(configured, &config.jwks));
        let now = SystemTime::now();
        let leeway = config.leeway;
        for finding in finding::findings(&Subject { configured, loaded, published, leeway, now }) {
            let Finding { weight, what, cure } = finding;
            let kind = match weight {
                Weight::Error => "error",
                Weight::Warning => "warning",
                Weight::Note => "note",
            };
            errors += usize::from(weight == Weight::Error);
            say(&format!("  {kind:11} {what}\n              {cure}"))?;
        }
    }
    match errors {
        0 => Ok(()),
        1 => Err(CommandFailure::Because("1 error".to_owned())),
        errors => Err(CommandFailure::Because(format!("{errors} errors"))),
    }
}
