//! `proof`: prints one DPoP proof.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::json;

use super::output::{CommandFailure, say, shown_path};
use crate::dpop::url::HttpUrl;
use crate::dpop::{draft, token_hash};
use crate::keys::signing_key::SigningKey;
use crate::token::algorithm::Algorithm;

/// Print a DPoP proof (RFC 9449) for one request.
#[derive(Args)]
#[command(after_help = "Example:\n  TOKEN=$(rocket-bearer token --bind client.pem)\n  \
    curl -w '\\n' -H \"Authorization: DPoP $TOKEN\" \\\n    -H \"DPoP: $(rocket-bearer proof --key client.pem \
    --token \"$TOKEN\" \\\n      --url http://127.0.0.1:8000/headers)\" \\\n    \
    http://127.0.0.1:8000/headers\n\nA proof is for one method, one URL (without its query) and one \
    token, and serves once.")]
pub(super) struct ProofArguments {
    /// The client's private key (PEM)
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    key: Option<PathBuf>,
    /// Make an ES256 key first, in this file, which must not exist yet
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    new_key: Option<PathBuf>,
    /// The method of the request
    #[arg(long, default_value = "GET", value_parser = method)]
    method: String,
    /// The URL of the request, as the client sends it
    #[arg(long)]
    url: String,
    /// The access token that the request carries; none for a request to a token endpoint
    #[arg(long)]
    token: Option<String>,
    /// The nonce that the server has told in `DPoP-Nonce`
    #[arg(long)]
    nonce: Option<String>,
}

pub(super) fn run(arguments: &ProofArguments) -> Result<(), CommandFailure> {
    if HttpUrl::parse(&arguments.url).is_none() {
        let text =
            "`--url` is no absolute URL; write it in full, as `http://127.0.0.1:8000/headers`";
        return Err(text.to_owned().into());
    }
    let token = word("--token", arguments.token.as_deref())?;
    let nonce = word("--nonce", arguments.nonce.as_deref())?;
    let key = match (&arguments.key, &arguments.new_key) {
        (Some(path), _) => client_key(path)?,
        (None, Some(path)) => made_key(path)?,
        (None, None) => return Err("name a key with `--key FILE`".to_owned().into()),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (header, mut claims) = draft::draft(&key, &arguments.method, &arguments.url, now);
    if let Some(token) = token {
        claims.insert("ath".to_owned(), json!(token_hash(token)));
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    say(&key.token(&header, &claims))
}

/// The method of a request (RFC 9110 §9.1), as it is sent.
pub(super) fn method(text: &str) -> Result<String, String> {
    let is_of_name =
        |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    match !text.is_empty() && text.bytes().all(is_of_name) {
        true => Ok(text.to_owned()),
        false => Err("a method is one word, as `GET`".to_owned()),
    }
}

/// The value of an option that is one word, without the line break of a file. A variable that is not set
/// would make a proof for nothing. The value may be a secret, so no message repeats it.
fn word<'a>(option: &str, value: Option<&'a str>) -> Result<Option<&'a str>, String> {
    let Some(word) = value.map(str::trim_ascii) else { return Ok(None) };
    match word.split_ascii_whitespace().count() {
        0 => Err(format!("`{option}` is empty; is a variable not set?")),
        1 => Ok(Some(word)),
        _ => Err(format!("`{option}` is more than one word; leave out the scheme")),
    }
}

/// The private key of a client.
pub(super) fn client_key(path: &Path) -> Result<SigningKey, CommandFailure> {
    let shown = shown_path(path);
    let pem = fs::read(path).map_err(|error| {
        format!("cannot read {shown}: {error}; `rocket-bearer proof --new-key {shown} …` makes one")
    })?;
    let key = SigningKey::of_any_type(&pem).map_err(|error| format!("{shown}: {error}"))?;
    if draft::thumbprint(&key).is_none() {
        return Err(format!("{shown}: proofs are not made with {}", key.algorithm().name()).into());
    }
    Ok(key)
}

/// A new key in a file that did not exist, for its owner only.
fn made_key(path: &Path) -> Result<SigningKey, CommandFailure> {
    let shown = shown_path(path);
    let no_numbers = |_| "the system gives no random numbers".to_owned();
    let key = SigningKey::generate(Algorithm::ES256).map_err(no_numbers)?;
    let pem = key.pem().map_err(no_numbers)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(pem.as_bytes()));
    match written {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(format!("{shown} exists already; use its key with `--key {shown}`").into())
        }
        Err(error) => Err(format!("cannot write {shown}: {error}").into()),
    }
}
