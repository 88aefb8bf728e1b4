//! At ignition: configuration → keys → verifier, or no launch. At liftoff: what is in force.
//! At response: a refusal's challenge.

use std::env;
use std::net::IpAddr;

use rocket::config::LogLevel;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::figment::Figment;
use rocket::http::Status;
use rocket::{Build, Orbit, Request, Response, Rocket};

use crate::config::{self, Config, Names};
use crate::error::Error;
use crate::keys::Trust;
use crate::rejection::{Challenge, Rejection, StatusTable};
use crate::verifier::Verifier;

/// The fairing behind every guard: it loads the configuration and the keys, or stops the launch.
///
/// One app has one policy: of two attached, the later stands.
#[derive(Debug)]
pub struct Bearer {
    /// `None`: it is read from the figment and from these variables.
    config: Result<Config, Names>,
}

/// What guards, catchers and routes find in Rocket's state.
pub(crate) struct Gate {
    pub(crate) verifier: Verifier,
    pub(crate) errors: StatusTable,
    pub(crate) trust: Trust,
    challenge: String,
}

impl Bearer {
    /// Reads the key `bearer` of the app's figment, and `BEARER_*` variables over it.
    ///
    /// What is missing or contradictory stops the launch; the reason goes to stderr.
    pub fn fairing() -> Self {
        Self { config: Err(Names::Ours) }
    }

    /// Takes this configuration and reads nothing else.
    pub fn with(config: Config) -> Self {
        Self { config: Ok(config) }
    }

    /// For the binary, which also knows the Flask tutorial's variables.
    #[cfg(feature = "cli")]
    pub(crate) fn fairing_of_the_binary() -> Self {
        Self { config: Err(Names::OursAndTheTutorials) }
    }

    fn gate(&self, figment: &Figment) -> Result<Gate, Error> {
        let config = match &self.config {
            Ok(config) => config.clone(),
            Err(names) => config::read(figment, env::vars_os(), *names)?,
        };
        config.tell_what_it_took();
        let trust = trust(figment);
        let verifier = Verifier::trusting(&config, trust)?;
        let trust = if verifier.uses_development_keys() { trust } else { Trust::Secret };
        let realm = config.realm.replace('\\', "\\\\").replace('"', "\\\"");
        let challenge = format!("Bearer realm=\"{realm}\"");
        Ok(Gate { verifier, errors: config.errors, trust, challenge })
    }
}

impl Trust {
    /// The development keys are good for the `debug` profile on a loopback address, and nothing
    /// else; a fairing after ours may have changed both.
    pub(crate) fn fits(self, config: &rocket::Config) -> bool {
        let is_debug = config.profile == rocket::Config::DEBUG_PROFILE;
        self == Self::Secret || is_debug && config.address.is_loopback()
    }
}

/// What may be trusted under this configuration.
pub(crate) fn trust(figment: &Figment) -> Trust {
    let is_debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
    let address = figment.extract_inner::<IpAddr>(rocket::Config::ADDRESS);
    if is_debug && address.is_ok_and(|address| address.is_loopback()) {
        Trust::Published
    } else {
        Trust::Secret
    }
}

#[rocket::async_trait]
impl Fairing for Bearer {
    fn info(&self) -> Info {
        Info {
            name: "Bearer",
            kind: Kind::Ignite | Kind::Liftoff | Kind::Response | Kind::Singleton,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        match self.gate(rocket.figment()) {
            Ok(gate) => {
                gate.verifier.refresh().await;
                Ok(rocket.manage(gate))
            }
            // Rocket's logger is not set up yet, and the level must not hide this.
            Err(error) => {
                eprintln!("rocket-bearer: cannot launch: {}", error.report());
                Err(rocket)
            }
        }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let Some(gate) = rocket.state::<Gate>() else { return };
        for issuer in gate.verifier.issuers() {
            // Rocket prints a warning of this target at every level but `off`, as information.
            tracing::warn!(target: "rocket::launch", "Tokens of {issuer}");
            issuer.warn_of_faults();
            issuer.keys.keep();
        }
        if rocket.config().log_level == LogLevel::Debug {
            tracing::warn!("log level `debug` prints whole requests, tokens included");
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        use Status as S;
        let status = response.status();
        if ![S::BadRequest, S::Unauthorized, S::Forbidden, S::ServiceUnavailable].contains(&status)
        {
            return;
        }
        let Some(gate) = request.rocket().state::<Gate>() else { return };
        let Some(rejection) = Rejection::of(status, request) else { return };
        if let Rejection::KeysUnavailable { retry_after } = rejection
            && !response.headers().contains("Retry-After")
        {
            response.set_raw_header("Retry-After", retry_after.to_string());
        }
        if let Some(challenge) = gate.challenge(rejection)
            && !response.headers().contains("WWW-Authenticate")
        {
            response.set_raw_header("WWW-Authenticate", challenge);
        }
    }
}

impl Gate {
    /// The challenge of a refusal (RFC 6750 §3, RFC 9470 §3). Every parameter is a fixed text.
    fn challenge(&self, rejection: Rejection) -> Option<String> {
        let error = match rejection.challenge() {
            Challenge::None => return None,
            Challenge::Bare => return Some(self.challenge.clone()),
            Challenge::Error(error) => error,
        };
        let description = rejection.description().replace('"', "");
        let mut challenge =
            format!("{}, error=\"{error}\", error_description=\"{description}\"", self.challenge);
        // RFC 6750 §3 and RFC 9470 §3 leave no room for a quote, a backslash or a line break.
        let mut add = |name: &str, value: &str| {
            let value: String = value
                .chars()
                .filter(|it| matches!(it, ' '..='~') && !"\"\\".contains(*it))
                .collect();
            challenge.push_str(&format!(", {name}=\"{value}\""));
        };
        match rejection {
            Rejection::InsufficientScope { scope: Some(scope) } => add("scope", scope),
            Rejection::InsufficientAuthentication { acr_values, max_age } => {
                if let Some(acr_values) = acr_values {
                    add("acr_values", acr_values);
                }
                if let Some(max_age) = max_age {
                    add("max_age", &max_age.to_string());
                }
            }
            _ => {}
        }
        Some(challenge)
    }
}
