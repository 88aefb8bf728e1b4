//! The command line: one file or folder for each subcommand.

mod check;
mod configuration;
mod der;
mod development;
mod explain;
mod init;
mod key_age;
mod keys;
mod logs;
mod output;
mod proof;
mod revocations;
mod serve;
mod times;
mod token;
mod wrapping;

#[doc(hidden)]
pub use explain::{explained, explained_with_proof};

use std::env;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
// Used in `main.rs` alone: a program chooses its allocator, a library does not.
use mimalloc as _;

use crate::printable::inert;

/// Guards Rocket routes with bearer tokens. Without a command, it serves the app.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 80,
    after_help = "Example:\n  rocket-bearer &\n  curl -w '\\n' -H \"Authorization: Bearer \
    $(rocket-bearer token)\" \\\n    http://127.0.0.1:8000/headers"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the app: /headers, /me, /messages, /auth, /healthz and /readyz.
    #[command(
        after_help = "Example:\n  export AUTH0_DOMAIN=tenant.eu.auth0.com API_AUDIENCE=image\n  \
        rocket-bearer serve --profile auth0\n\nIt ends on SIGTERM or SIGINT: no new connections, \
        idle ones are closed, requests under way get `shutdown.grace` and then `shutdown.mercy` \
        seconds (2 and 3). Keys are taken up as they change; for other settings start it anew. \
        SIGHUP has no meaning, and ends it at once.\n\nLogs go to stderr, as JSON outside the \
        `debug` profile, unless that is a terminal."
    )]
    Serve(serve::ServeArguments),
    /// Validate the configuration, load every key set, and look for what is odd.
    Check(check::CheckArguments),
    /// Write a minimal `Rocket.toml`, a first key and `keys/.gitignore` into this folder.
    Init(init::InitArguments),
    /// Make, import, list and retire the keys of a `jwks_file`.
    Keys(keys::KeysArguments),
    /// Say why a token is accepted or refused, check by check, and what to do about it.
    Explain(explain::ExplainArguments),
    /// Revoke tokens before they expire.
    Revoke(Box<revocations::RevokeArguments>),
    /// List and remove the rules by which tokens are revoked.
    Revocations(revocations::RevocationsArguments),
    /// Print a signed token, by default one that the current profile accepts.
    Token(Box<token::TokenArguments>),
    /// Print a DPoP proof for one request, for a token that is bound to a key.
    Proof(proof::ProofArguments),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let outcome = match command_line().command.unwrap_or(Command::Serve(Default::default())) {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Revoke(arguments) => revocations::revoke(&arguments),
        Command::Revocations(arguments) => revocations::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Proof(arguments) => proof::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit_code(),
    }
}

/// The arguments. Help and usage errors end the program here: clap repeats arguments as they are, so
/// the error is that of the escaped ones.
fn command_line() -> CommandLine {
    CommandLine::try_parse().unwrap_or_else(|error| {
        let escaped = env::args_os().map(|argument| inert(&argument.to_string_lossy()));
        CommandLine::try_parse_from(escaped).err().unwrap_or(error).exit()
    })
}
