//! `keys`: makes, imports, lists and retires local keys.

mod document;
mod files;
mod import;
pub(super) mod keyring;
mod list;
mod orphans;
mod public_pem;
mod retire;

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use rocket::figment::Profile;
use serde_json::json;

use super::configuration::{ProfileArgument, bearer_config};
use super::output::{CommandFailure, say, shown_path, shown_text, tell};
use crate::config::Config;
use crate::keys::KeySet;
use crate::keys::signing_key::SigningKey;
use crate::token::algorithm::Algorithm;
use document::KeySetDocument;
use keyring::{Keyring, is_plain};

/// Make, import, list and retire the keys of a `jwks_file`.
#[derive(Args)]
#[command(after_help = "Example, a rotation:\n  rocket-bearer keys new          # both keys are \
    accepted, the new one signs\n  rocket-bearer keys list\n  rocket-bearer keys retire OLD   # \
    when the last token of OLD has expired\n\nA running server takes up each step within two \
    seconds, or when it is started\nagain, where `jwks.watch` is off.")]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    command: KeysCommand,
    /// Whose keys, by `iss` [default: the one issuer with a `jwks_file`]
    #[arg(long, global = true)]
    iss: Option<String>,
    #[command(flatten)]
    profile: ProfileArgument,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make a key pair and print its `kid`; `token` signs with it from now on.
    #[command(after_help = "Example:\n  KID=$(rocket-bearer keys new --alg ES256)\n\nThe set and \
        its folder are made where they do not exist yet. The private key lies beside the set as \
        <kid>.pem, readable by its owner only.")]
    New {
        #[arg(long, help = format!(
            "What it signs with: {} [default: the first of `algorithms`]", Algorithm::NAMES
        ))]
        alg: Option<Algorithm>,
        /// Its name, of A-Z a-z 0-9 _ - [default: its RFC 7638 thumbprint]
        #[arg(long, value_parser = plain, allow_hyphen_values = true)]
        kid: Option<String>,
    },
    /// Put a public key of another signer into the set, and print its `kid`.
    #[command(
        after_help = "Example:\n  rocket-bearer keys import issuer.pem --kid issuer-2025\n\nThe \
        file holds a public key or a certificate in PEM; no private key is taken. The \
        name is the `kid` that tokens of that signer carry."
    )]
    Import {
        /// A PEM file: PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE
        file: PathBuf,
        #[arg(long, help = format!(
            "What it verifies: {} [default: the first of `algorithms` that the key can serve]",
            Algorithm::NAMES
        ))]
        alg: Option<Algorithm>,
        /// Its name, as tokens have it in `kid` [default: its RFC 7638 thumbprint]
        #[arg(long, value_parser = named, allow_hyphen_values = true)]
        kid: Option<String>,
    },
    /// List the keys of the set, the newest first, and private keys that no set publishes.
    #[command(after_help = "Example:\n  rocket-bearer keys list")]
    List,
    /// Remove a key from the set, and its private file; or that of an orphan.
    #[command(after_help = "Example:\n  rocket-bearer keys retire 2025-01\n\nA running server \
        refuses the tokens that it has signed within two seconds, or when it is started again, \
        where `jwks.watch` is off.")]
    Retire {
        /// Its name, as `list` shows it
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

pub(super) fn run(arguments: &KeysArguments) -> Result<(), CommandFailure> {
    let figment = arguments.profile.figment();
    let config = bearer_config(&figment)?;
    config.tell_what_it_took();
    let is_watched = config.fetching.watch;
    let keyring = chosen(&config, figment.profile(), arguments.iss.as_deref())?;
    match &arguments.command {
        KeysCommand::New { alg, kid } => new(keyring, *alg, kid.as_deref(), is_watched),
        KeysCommand::Import { file, alg, kid } => {
            import::run(keyring, file, *alg, kid.as_deref(), is_watched)
        }
        KeysCommand::List => list::run(keyring),
        KeysCommand::Retire { kid } => retire::run(keyring, kid, is_watched),
    }
}

fn chosen<'c>(
    config: &'c Config,
    profile: &Profile,
    iss: Option<&str>,
) -> Result<Keyring<'c>, CommandFailure> {
    let keyrings: Vec<_> = config.issuers.iter().filter_map(Keyring::of).collect();
    let is_meant = |keyring: &&Keyring<'_>| iss.is_none_or(|iss| keyring.issuer.issuer == iss);
    let meant: Vec<_> = keyrings.iter().filter(is_meant).collect();
    if let [one] = meant[..] {
        return Ok(*one);
    }
    let listed: Vec<_> = keyrings.iter().map(|it| shown_text(&it.issuer.issuer)).collect();
    let profile = shown_text(profile.as_str().as_str());
    Err(CommandFailure::Because(match listed.as_slice() {
        [] => format!(
            "no issuer of profile `{profile}` has its keys in a file; write `issuer` and `jwks_file`, or \
             set `ROCKET_PROFILE`"
        ),
        listed => format!("say whose keys with `--iss`: {}", listed.join(" or ")),
    }))
}

fn new(
    keyring: Keyring<'_>,
    alg: Option<Algorithm>,
    kid: Option<&str>,
    is_watched: bool,
) -> Result<(), CommandFailure> {
    let allowed = &keyring.issuer.algorithms;
    let algorithm = alg.unwrap_or(allowed[0]);
    if !allowed.contains(&algorithm) {
        let text = "so its tokens would be refused; add it there first";
        return Err(format!("`algorithms` does not allow {algorithm}, {text}").into());
    }
    let Made { kid, private, document } = make(keyring, algorithm, kid)?;
    let kid = &kid;

    let answered = say(kid);
    if answered.is_err() {
        tell(&format!("{} has the new key `{kid}`.", keyring.shown()));
    }
    let others = document.keys().map_or(0, |keys| keys.kids().count() - 1);
    let text = "keep it out of git, by `*.pem` in a `.gitignore` beside it";
    tell(&format!("Its private key is {}: {text}.", shown_path(&private)));
    if !is_watched {
        tell("A server takes it up when it is started again: `jwks.watch` is off.");
    }
    if others > 0 {
        tell("When the last token of an older key has expired: rocket-bearer keys retire KID");
    }
    if document.keys().is_some_and(|keys| !keys.development_kids().is_empty()) {
        tell("The set also holds development keys that everybody has: not for production.");
    }
    answered
}

/// A key pair that was made.
pub(super) struct Made {
    pub(super) kid: String,
    /// The file of its private half.
    private: PathBuf,
    /// The set with it.
    document: KeySetDocument,
}

/// Makes a key pair and puts it into the set; nothing is told.
pub(super) fn make(
    keyring: Keyring<'_>,
    algorithm: Algorithm,
    kid: Option<&str>,
) -> Result<Made, CommandFailure> {
    let made = SigningKey::generate(algorithm).and_then(|key| Ok((key.pem()?, key)));
    let Ok((pem, key)) = made else {
        return Err(format!("no {algorithm} key can be made on this system").into());
    };
    let kid = &kid.map_or_else(|| thumbprint(&key), str::to_owned);

    let lock = keyring.locked()?;
    let mut document = keyring.document()?;
    if document.has(kid) {
        let text = format!("{} has a key `{kid}` already; choose another `--kid`", keyring.shown());
        return Err(text.into());
    }
    document.add(&key.jwk(kid));
    let private = keyring.private_path(kid).expect("it was asked to be plain, or is a thumbprint");
    // The private half is written first: a published key without one could not sign.
    keyring.keep_private(&private, &pem)?;
    if let Err(failure) = keyring.publish(&document) {
        let _ = fs::remove_file(&private);
        return Err(failure);
    }
    drop(lock);
    Ok(Made { kid: kid.clone(), private, document })
}

/// The `kid` of a key without a given one: its thumbprint (RFC 7638).
fn thumbprint(key: &SigningKey) -> String {
    let set = json!({ "keys": [key.jwk("unnamed")] }).to_string();
    let set = KeySet::parse(set.as_bytes()).expect("the reader takes what is made here");
    URL_SAFE_NO_PAD.encode(set.thumbprint("unnamed"))
}

/// The `kid` of another signer, who may choose any.
fn named(kid: &str) -> Result<String, &'static str> {
    let is_name = !kid.is_empty() && kid.len() <= 256 && !kid.chars().any(char::is_control);
    if is_name { Ok(kid.to_owned()) } else { Err("write the `kid` of the tokens, to the letter") }
}

fn plain(kid: &str) -> Result<String, &'static str> {
    let cure = "write 1 to 64 of the characters A-Z, a-z, 0-9, `_` and `-`";
    if is_plain(kid) { Ok(kid.to_owned()) } else { Err(cure) }
}
