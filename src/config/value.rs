//! Single values: what is wrong with one, and what to write instead. No message repeats a value.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::Issuer;
use crate::error::{Invalid, invalid, not_empty, whole_seconds};
use crate::token::algorithm::Algorithm;

pub(crate) fn audience(list: Vec<String>) -> Result<Vec<String>, Invalid> {
    if list.is_empty() || list.iter().any(|it| it.trim().is_empty()) {
        return Err(invalid(
            "is empty",
            "write the identifier of your API, as tokens carry it in `aud`",
        ));
    }
    Ok(list)
}

pub(crate) fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, Invalid> {
    let mut algorithms = vec![];
    for name in names {
        let algorithm = name.parse::<Algorithm>().map_err(|_| unknown_algorithm(name))?;
        // `EdDSA` and `Ed25519` are one.
        if !algorithms.contains(&algorithm) {
            algorithms.push(algorithm);
        }
    }
    not_empty(algorithms)
}

fn unknown_algorithm(name: &str) -> Invalid {
    let cure = "use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA";
    if name.eq_ignore_ascii_case("none") {
        invalid("allows unsigned tokens (`none`)", cure)
    } else if name.len() == 5 && name.to_ascii_uppercase().starts_with("HS") {
        invalid("has a symmetric algorithm: who can verify with it can sign with it", cure)
    } else {
        invalid("has an algorithm we do not verify (names are case-sensitive)", cure)
    }
}

pub(crate) fn leeway(skew: Duration) -> Result<Duration, Invalid> {
    if skew.as_secs() > 300 {
        return Err(invalid(
            "is over 300 seconds",
            "write a number from 0 to 300; if clocks differ by more, correct a clock",
        ));
    }
    whole_seconds(skew)
}

/// What bounds nothing is no bound: ten million are 15 GB.
pub(crate) fn tokens(tokens: u64) -> Result<usize, Invalid> {
    match usize::try_from(tokens) {
        Ok(tokens) if tokens <= 10_000_000 => Ok(tokens),
        _ => Err(invalid(
            "is over 10000000",
            "write how many tokens to remember, 1.5 KiB each; 10000 is the default, 0 turns it off",
        )),
    }
}

/// A quoted-string can carry it (RFC 9110 §5.6.4); what needs a backslash gets one later.
pub(crate) fn realm(realm: String) -> Result<String, Invalid> {
    if realm.is_empty() || !realm.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid("is not printable ASCII", "write a short name, for instance `api`"));
    }
    Ok(realm)
}

pub(crate) fn issuer(issuer: &str) -> Result<String, Invalid> {
    if issuer.is_empty() {
        return Err(invalid(
            "is empty",
            "write the issuer exactly as tokens carry it in `iss`, trailing slash included",
        ));
    }
    Ok(issuer.to_owned())
}

const NOT_A_DOMAIN: Invalid = invalid(
    "is not a host name",
    "write it without `https://` and without a path, for instance `tenant.eu.auth0.com`",
);

/// The issuer and the key set of an Auth0 domain.
pub(crate) fn domain(domain: &str) -> Result<(String, Url), Invalid> {
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let is_label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if !domain.bytes().all(is_host_byte) || !domain.split('.').all(is_label) {
        return Err(NOT_A_DOMAIN);
    }
    let domain = domain.to_ascii_lowercase();
    let jwks_uri = Url::parse(&format!("https://{domain}/.well-known/jwks.json"));
    Ok((format!("https://{domain}/"), jwks_uri.map_err(|_| NOT_A_DOMAIN)?))
}

/// A name that goes into logs, `/readyz` and variables.
pub(crate) fn name(name: &str) -> Result<String, Invalid> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(invalid("has an unusable name", "name it with a-z, 0-9 and `-` only"));
    }
    Ok(name.to_owned())
}

/// Tokens choose their issuer by `iss`, so no two may have the same.
pub(crate) fn distinct(issuers: &[Issuer], another: &Issuer) -> Result<(), Invalid> {
    if issuers.iter().any(|issuer| issuer.issuer == another.issuer) {
        return Err(invalid("has the `iss` of another issuer", "keep one of the two"));
    }
    if issuers.iter().any(|issuer| issuer.name == another.name) {
        return Err(invalid("has the name of another issuer", "give it a name of its own"));
    }
    Ok(())
}

pub(crate) fn socket(text: &str) -> Result<SocketAddr, Invalid> {
    text.parse().map_err(|_| {
        invalid("is no address with a port", "write it as `127.0.0.1:9464`, or `[::1]:9464`")
    })
}
