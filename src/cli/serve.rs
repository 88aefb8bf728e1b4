//! `serve`: the app on its address, and in the debug profile a curl line to try it with.

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Orbit, Rocket};

use super::{Failure, token};
use crate::app;
use crate::fairing::Bearer;

pub(super) fn run() -> Result<(), Failure> {
    let rocket = app::mounted_on(rocket::build()).attach(Bearer::fairing_of_the_binary()).attach(
        AdHoc::on_liftoff("Curl line", |rocket| Box::pin(async { print_curl_line(rocket) })),
    );
    let figment = rocket.figment().clone();
    match rocket::execute(rocket.launch()) {
        Ok(_) => Ok(()),
        Err(error) => Err(failure(&error, &figment)),
    }
}

fn failure(error: &rocket::Error, figment: &Figment) -> Failure {
    use rocket::error::ErrorKind;
    match error.kind() {
        // Ours has said why.
        ErrorKind::FailedFairings(_) => Failure::Told,
        ErrorKind::Bind(cause) => {
            let config = figment.extract::<rocket::Config>().unwrap_or_default();
            Failure::Because(format!(
                "cannot listen on {} port {}: {cause}; choose others with ROCKET_ADDRESS and \
                 ROCKET_PORT",
                config.address, config.port
            ))
        }
        ErrorKind::Config(errors) => {
            let errors: Vec<_> = errors.clone().into_iter().map(|it| it.to_string()).collect();
            Failure::Because(format!("cannot read Rocket's configuration: {}", errors.join("; ")))
        }
        other => Failure::Because(format!("cannot launch: {other}")),
    }
}

/// Never in another profile: whoever reads the log would hold a token.
fn print_curl_line(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    if config.profile != rocket::Config::DEBUG_PROFILE {
        return;
    }
    match token::default_token(rocket.figment()) {
        Ok(token) => println!(
            "\nTry it:\n  curl -i -H 'Authorization: Bearer {token}' http://{}:{}/headers\n",
            config.address, config.port
        ),
        Err(_) => println!("\nNo private key is at hand to mint a token with.\n"),
    }
}
