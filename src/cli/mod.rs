//! The command line.

mod check;
mod keyring;
mod keys;
mod pair;
mod serve;
mod token;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Guards Rocket routes with bearer tokens. Without a command, it serves the app.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  rocket-bearer &\n  curl -H \"Authorization: Bearer \
    $(rocket-bearer token)\" http://127.0.0.1:8000/headers"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the app: /headers, /me, /healthz and /readyz.
    #[command(after_help = "Example:\n  ROCKET_PROFILE=auth0 AUTH0_DOMAIN=tenant.eu.auth0.com \
        API_AUDIENCE=image rocket-bearer serve")]
    Serve,
    /// Validate the configuration, load every key set, and look for what is odd.
    Check(check::Arguments),
    /// Make, list and retire local key pairs.
    Keys(keys::Arguments),
    /// Print a signed token, by default one that the current profile accepts.
    Token(Box<token::Arguments>),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(),
        Command::Check(arguments) => check::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Because(text)) => {
            eprintln!("rocket-bearer: {text}");
            ExitCode::FAILURE
        }
    }
}

/// Prints an answer; a reader that has gone away is no fault of ours.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Why a command failed.
enum Failure {
    /// The operator has been told already.
    Told,
    Because(String),
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::Because(error.report())
    }
}
