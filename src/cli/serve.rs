//! `serve`: the app on its address, and in the debug profile a curl line to try it with.

use std::net::SocketAddr;

use rocket::fairing::AdHoc;
use rocket::figment::providers::Serialized;
use rocket::shield::{NoSniff, Shield};
use rocket::{Orbit, Rocket};

use super::configuration::rocket_config;
use super::output::{CommandFailure, say};
use super::{logs, token};
use crate::app;
use crate::app::page;
use crate::fairing::Bearer;

pub(super) fn run() -> Result<(), CommandFailure> {
    let figment = rocket::Config::figment();
    let config = rocket_config(&figment)?;
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
