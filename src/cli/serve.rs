//! `serve`: the app on its address, and in the debug profile a curl line to try it with.

use std::net::SocketAddr;

use rocket::fairing::AdHoc;
use rocket::figment::{self, Figment, error::Kind, providers::Serialized};
use rocket::shield::{NoSniff, Shield};
use rocket::{Orbit, Rocket};

use super::output::{CommandFailure, say};
use super::{logs, token};
use crate::app;
use crate::app::page;
use crate::fairing::Bearer;

pub(super) fn run() -> Result<(), CommandFailure> {
    let figment = rocket::Config::figment();
    let config = readable(&figment)?;
    logs::install(&config, figment.profile());
    // Colours are the logger's business; Rocket would paint within its texts.
    let figment = figment.merge(Serialized::global(rocket::Config::CLI_COLORS, false));
    let is_debug = *figment.profile() == rocket::Config::DEBUG_PROFILE;
    let app = app::mounted_on(rocket::custom(figment));
    let rocket = page::mounted_on(app, token::development_token);
    let curl_line =
        AdHoc::on_liftoff("Curl line", |rocket| Box::pin(async { print_curl_line(rocket) }));
    let rocket = rocket.attach(Bearer::fairing_of_the_binary()).attach(curl_line);
    let rocket = match is_debug {
        true => rocket,
        // JSON and text stand in no frame and run no script: of Rocket's headers this one protects.
        false => rocket.attach(Shield::new().enable(NoSniff::Enable)),
    };
    match rocket::execute(rocket.launch()) {
        Ok(_) => Ok(()),
        Err(error) => Err(failure(&error, &config)),
    }
}

/// Read before there is a runtime: Rocket's needs it, and where it cannot be read panics and repeats it.
pub(super) fn readable(figment: &Figment) -> Result<rocket::Config, CommandFailure> {
    let config: rocket::Config = figment.extract().map_err(unreadable)?;
    for (key, threads) in [("workers", config.workers), ("max_blocking", config.max_blocking)] {
        if threads == 0 {
            let text = format!("Rocket cannot run with `{key}` at 0; write 1 at least");
            return Err(CommandFailure::Because(text));
        }
    }
    Ok(config)
}

fn failure(error: &rocket::Error, config: &rocket::Config) -> CommandFailure {
    use rocket::error::ErrorKind;
    match error.kind() {
        // Ours has said why.
        ErrorKind::FailedFairings(_) => CommandFailure::Told,
        ErrorKind::Bind(cause) => CommandFailure::Because(format!(
            "cannot listen on {} port {}: {cause}; choose others with ROCKET_ADDRESS and \
             ROCKET_PORT",
            config.address, config.port
        )),
        ErrorKind::Shutdown(..) => CommandFailure::Because(
            "stopped, but not all connections ended within Rocket's grace and mercy periods"
                .to_owned(),
        ),
        other => CommandFailure::Because(format!("cannot launch: {other}")),
    }
}

/// What is wrong with Rocket's own keys. A value may stand in a variable, and is not repeated.
fn unreadable(errors: figment::Error) -> CommandFailure {
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
            // What is said of a variable may repeat it.
            _ if is_variable => format!("`{key}` cannot be read"),
            other if key.is_empty() => other.to_string(),
            other => format!("`{key}`: {other}"),
        };
        text.push_str(&format!("; {problem} ({place})"));
    }
    CommandFailure::Because(text)
}

/// Never in another profile: whoever reads the log would hold a token.
fn print_curl_line(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    if config.profile != rocket::Config::DEBUG_PROFILE {
        return;
    }
    let address = SocketAddr::new(config.address, config.port);
    let mut text = match token::default_token(rocket.figment()) {
        Ok(token) => format!(
            "\nTry it:\n  curl -i -H 'Authorization: Bearer {token}' http://{address}/headers\n"
        ),
        Err(_) => "\nNo private key is at hand to mint a token with.\n".to_owned(),
    };
    if page::is_on(rocket) {
        text.push_str(&format!("\nOr look: http://{address}/\n"));
    }
    // It serves as well where nobody reads this.
    let _ = say(&text);
}
