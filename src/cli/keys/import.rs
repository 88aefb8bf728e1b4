//! `keys import`: puts the public key of a PEM file into the set.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::keyring::Keyring;
use super::public_pem::{self, NoPublicKey};
use crate::cli::output::{CommandFailure, say, shown_path, tell};
use crate::keys::{KeySet, KeySetError, shown};
use crate::named_file::read_regular;
use crate::token::algorithm::Algorithm;

pub(super) fn run(
    keyring: Keyring<'_>,
    file: &Path,
    alg: Option<Algorithm>,
    kid: Option<&str>,
    is_watched: bool,
) -> Result<(), CommandFailure> {
    let path = shown_path(file);
    let failed = |problem: &str| CommandFailure::from(format!("{path} {problem}"));
    let pem = read_regular(file).map_err(|error| failed(&format!("cannot be read: {error}")))?;
    let key = public_pem::read(&pem).map_err(|why| failed(&problem(&why, &path)))?;
    let allowed = &keyring.issuer.algorithms;
    let fitting = key.algorithms.iter().copied().find(|it| allowed.contains(it));
    let algorithm = alg.or(fitting).unwrap_or(key.algorithms[0]);
    if !key.algorithms.contains(&algorithm) {
        let names: Vec<_> = key.algorithms.iter().map(|it| it.name()).collect();
        return Err(failed(&format!("cannot serve {algorithm}; it serves {}", names.join(", "))));
    }

    let mut jwk = key.members;
    jwk["use"] = json!("sig");
    jwk["alg"] = json!(algorithm.name());
    let thumbprint = thumbprint(&jwk).map_err(|why| failed(&why))?;
    let kid = &kid.map_or(thumbprint, str::to_owned);
    jwk["kid"] = json!(kid);

    let lock = keyring.locked()?;
    let mut document = keyring.document()?;
    if document.has(kid) {
        let (set, kid) = (keyring.shown(), shown(kid));
        let text = format!(
            "{set} has a key `{kid}` already; choose another `--kid`, or retire that one first"
        );
        return Err(text.into());
    }
    if document.publishes(&jwk) {
        return Err(format!("{} has this key already, under another name", keyring.shown()).into());
    }
    document.add(&jwk);
    keyring.publish(&document)?;
    drop(lock);

    let answered = say(&shown(kid));
    let kid = shown(kid);
    tell(&format!("{} has the key `{kid}` now, for {algorithm}.", keyring.shown()));
    if !allowed.contains(&algorithm) {
        tell(&format!(
            "`algorithms` does not allow {algorithm}: add it there, or its tokens are refused."
        ));
    }
    if !is_watched {
        tell("A server takes it up when it is started again: `jwks.watch` is off.");
    }
    answered
}

/// The thumbprint of a key (RFC 7638), or why no server would take the key.
fn thumbprint(jwk: &Value) -> Result<String, String> {
    let mut named = jwk.clone();
    named["kid"] = json!("imported");
    let set = KeySet::parse(json!({ "keys": [named] }).to_string().as_bytes());
    let set = set.map_err(|error| match error {
        KeySetError::NoUsableKey(keys) if !keys.is_empty() => keys[0].reason.to_string(),
        other => other.to_string(),
    })?;
    Ok(URL_SAFE_NO_PAD.encode(set.thumbprint("imported")))
}

fn problem(why: &NoPublicKey, shown: &str) -> String {
    match why {
        NoPublicKey::Private => format!(
            "holds a private key, which belongs to the issuer alone: take its public half, \
             `openssl pkey -in {shown} -pubout`"
        ),
        NoPublicKey::NoPem(way) => format!(
            "is no PEM of a public key or a certificate{}",
            way.map_or_else(|| " (`-----BEGIN PUBLIC KEY-----`)".to_owned(), |way| format!("; {way}"))
        ),
        NoPublicKey::Compressed => {
            "holds a compressed point; write it out: `openssl ec -pubin -in FILE -pubout -conv_form \
             uncompressed -out FILE.pem`"
                .to_owned()
        }
        NoPublicKey::Unreadable => "holds a public key that cannot be read".to_owned(),
        NoPublicKey::OtherType => format!(
            "holds a key of a type that is not verified here; {} are",
            Algorithm::NAMES.replace(" or ", " and ")
        ),
    }
}
