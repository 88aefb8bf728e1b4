//! `serve`: launches the app, and in the `debug` profile prints a curl line that calls it.

use std::net::SocketAddr;

use clap::Args;
use rocket::config::LogLevel;
use rocket::fairing::AdHoc;
use rocket::figment::providers::Serialized;
use rocket::shield::{NoSniff, Shield};
use rocket::{Orbit, Rocket};

use super::configuration::{ProfileArgument, rocket_config};
use super::output::{CommandFailure, say_as_it_is};
use super::{development, logs, token};
use crate::app;
use crate::app::page;
use crate::fairing::Bearer;
use crate::guard::Policy;

/// Run the app.
#[derive(Args, Default)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    profile: ProfileArgument,
}

pub(super) fn run(arguments: &ServeArguments) -> Result<(), CommandFailure> {
    let figment = arguments.profile.figment();
    let config = rocket_config(&figment)?;
    logs::install(&config, figment.profile());
    // The logger colours whole lines; Rocket would colour words within its messages.
    let figment = figment.merge(Serialized::global(rocket::Config::CLI_COLORS, false));
    let is_debug = *figment.profile() == rocket::Config::DEBUG_PROFILE;
    let has_page = development::has_keys(&figment);
    let app = app::mounted_on(rocket::custom(figment));
    let rocket = match has_page {
        true => page::mounted_on(app, development::token),
        false => app,
    };
    let curl_line =
        AdHoc::on_liftoff("Curl line", |rocket| Box::pin(async { print_curl_line(rocket) }));
    let rocket = rocket.attach(Bearer::fairing_of_the_binary()).attach(curl_line);
    let rocket = match is_debug {
        true => rocket,
        // The answers are JSON and plain text: of Rocket's headers only this one protects them.
        false => rocket.attach(Shield::new().enable(NoSniff::Enable)),
    };
    match rocket::execute(rocket.launch()) {
        Ok(_) => Ok(()),
        Err(error) => Err(failure(&error, &config)),
    }
}

fn failure(error: &rocket::Error, config: &rocket::Config) -> CommandFailure {
    use rocket::error::ErrorKind;
    let text = match error.kind() {
        // `Bearer` has printed the reason.
        ErrorKind::FailedFairings(_) => return CommandFailure::Told,
        ErrorKind::Bind(cause) => format!(
            "cannot listen on {} port {}: {cause}; choose others with ROCKET_ADDRESS and \
             ROCKET_PORT",
            config.address, config.port
        ),
        ErrorKind::Shutdown(..) => {
            "stopped, but not all connections ended within Rocket's grace and mercy periods"
                .to_owned()
        }
        other => format!("cannot launch: {other}"),
    };
    text.into()
}

/// Prints a command with a token in it, in the `debug` profile only: a log must not hold tokens. It
/// stands below what Rocket tells of the launch.
fn print_curl_line(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    if config.profile != rocket::Config::DEBUG_PROFILE {
        return;
    }
    let address = SocketAddr::new(config.address, config.port);
    let mut text = match token::default_token(rocket.figment()) {
        Ok(_) if Policy::of(rocket).is_some_and(Policy::takes_bound_only) => format!(
            "\nTry it: `rocket-bearer proof --help` has a curl line with a bound token for \
             http://{address}/headers\n"
        ),
        Ok(token) => {
            let header = Policy::of(rocket).map(|policy| policy.header_line(&token));
            let header = header.unwrap_or_default();
            format!("\nTry it:\n  curl -i -w '\\n' -H '{header}' http://{address}/headers\n")
        }
        Err(_) => "\nNo private key is at hand to mint a token with.\n".to_owned(),
    };
    if page::is_on(rocket) {
        text.push_str(&format!("\nOr look: http://{address}/\n"));
    }
    // The app serves even where this line cannot be printed.
    let print = move || drop(say_as_it_is(&text));
    match config.log_level {
        LogLevel::Off => print(),
        _ => logs::after_the_launch(print),
    }
}
