//! `init`: what an app needs to run offline: a minimal `Rocket.toml`, a first key, `keys/.gitignore`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use clap::Args;

use super::configuration::bearer_config;
use super::keys::keyring::Keyring;
use super::keys::{Made, make};
use super::output::{CommandFailure, say, shown_path, tell, tell_as_it_is};
use crate::config::Issuer;
use crate::error::Invalid;
use crate::token::algorithm::Algorithm;

/// Write a minimal `Rocket.toml`, a first key and `keys/.gitignore` into this folder.
#[derive(Args)]
#[command(
    after_help = "Example, in the folder of a new app:\n  rocket-bearer init && cargo run\n  \
    curl -H \"Authorization: Bearer $(rocket-bearer token)\" http://127.0.0.1:8000/\n\n\
    What is there already is left as it is; the lines that an existing Rocket.toml \
    lacks are printed. Exit code 1: something could not be written."
)]
pub(super) struct InitArguments {}

const FILE: &str = "Rocket.toml";
const SET: &str = "keys/jwks.json";
const IGNORED: &str = "keys/.gitignore";

/// The file, and what is to be added to one that is there.
const LINES: &str = r#"[default.bearer]
audience = "my-api"   # the identifier of your API, as tokens carry it in `aud`

# `cargo run`: an issuer of your own, offline. `rocket-bearer token` signs its tokens.
[debug.bearer]
issuer = "https://issuer.localhost/"
jwks_file = "keys/jwks.json"
algorithms = ["ES256"]

# `cargo run --release`: your provider. `docs/issuers.md` has a recipe for each; Auth0's is
# [release.bearer]
# domain = "tenant.eu.auth0.com"
"#;

pub(super) fn run(_: &InitArguments) -> Result<(), CommandFailure> {
    let failed = |path: &str, error: &io::Error| {
        CommandFailure::from(format!("{} cannot be written: {error}", shown_path(Path::new(path))))
    };
    let mut made = vec![];
    fs::create_dir_all("keys").map_err(|error| failed("keys", &error))?;
    // First of all, so that no private key is ever seen by git.
    if is_written(IGNORED, "*.pem\n").map_err(|error| failed(IGNORED, &error))? {
        made.push(IGNORED.to_owned());
    }
    let is_new = is_written(FILE, LINES).map_err(|error| failed(FILE, &error))?;
    if is_new {
        made.push(FILE.to_owned());
    }
    let has_set = Path::new(SET).exists();
    if !has_set {
        let issuer = issuer().expect("the lines are in order");
        let keyring = Keyring::of(&issuer).expect("the keys of the issuer are in a file");
        let Made { kid, .. } = make(keyring, Algorithm::ES256, None)?;
        made.extend([SET.to_owned(), format!("keys/{kid}.pem")]);
    }
    // All is done before anything is told.
    made.iter().try_for_each(|path| say(path))?;
    if has_set {
        tell(&format!("{SET} is there already, and is left as it is."));
    }
    match is_new {
        true => tell(
            "Start the app with `cargo run`; `rocket-bearer token` prints a token that it accepts, for an hour.",
        ),
        false if has_bearer() => {
            tell(&format!("{FILE} has a table `bearer` already, and is left as it is."))
        }
        false => {
            tell(&format!("{FILE} is there already, and is left as it is. Add to it:"));
            tell_as_it_is(LINES);
        }
    }
    Ok(())
}

/// Writes a file that is not there; `false` where it is.
fn is_written(path: &str, text: &str) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The issuer of the lines above, whatever the file says.
fn issuer() -> Result<Issuer, Invalid> {
    let issuer = Issuer::with_file("https://issuer.localhost/", SET, ["my-api"])?;
    issuer.algorithms([Algorithm::ES256])
}

/// Whether the configuration of this folder has a table for us.
fn has_bearer() -> bool {
    bearer_config(&rocket::Config::figment()).is_ok()
        || fs::read_to_string(FILE).is_ok_and(|text| text.contains("bearer]"))
}
