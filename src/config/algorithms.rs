//! The key `algorithms`: names → algorithms, and what is said of a name that is none of ours.

use super::builder::Config;
use super::setting::Setting;
use super::trusted_issuer::Issuer;
use crate::error::Error;
use crate::printable::escaped;
use crate::token::algorithm::Algorithm;

/// An algorithm of RFC 8812 that is not verified here, and no slip of the pen.
const OTHER: &str = "ES256K";

/// The most characters of a name in an error.
const LONGEST_NAME: usize = 64;

/// Sets the algorithms of the issuer by their names.
pub(super) fn set(issuer: Issuer, said: &Setting) -> Result<Issuer, Error> {
    said.checked(issuer.algorithms(named(said)?))
}

/// Sets the algorithms of proofs by their names.
pub(super) fn set_of_proofs(mut config: Config, said: &Setting) -> Result<Config, Error> {
    config.dpop = said.checked(config.dpop.algorithms(named(said)?))?;
    Ok(config)
}

/// The algorithms of these names, each once.
fn named(said: &Setting) -> Result<Vec<Algorithm>, Error> {
    let names = said.list()?;
    let mut algorithms = vec![];
    for (index, name) in names.iter().enumerate() {
        let algorithm = name.parse::<Algorithm>().map_err(|_| unknown(said, &names, index))?;
        // `EdDSA` and `Ed25519` are one.
        if !algorithms.contains(&algorithm) {
            algorithms.push(algorithm);
        }
    }
    Ok(algorithms)
}

/// The error about the name at `index`. It repeats the name, but not from a variable.
fn unknown(said: &Setting, names: &[String], index: usize) -> Error {
    let name = names[index].as_str();
    let place = match said.variable {
        None => format!("has `{}`", escaped(name, LONGEST_NAME)),
        Some(_) if names.len() == 1 => "has a name".to_owned(),
        Some(_) => format!("has a name at position {}", index + 1),
    };
    let all = format!("use {}", Algorithm::NAMES);
    let (problem, cure) = if name.eq_ignore_ascii_case("none") {
        ("which allows unsigned tokens", all)
    } else if name.len() == 5 && name.to_ascii_uppercase().starts_with("HS") {
        ("a symmetric algorithm: who can verify with it can sign with it", all)
    } else {
        let cure = similar(name).map(|similar| format!("did you mean `{similar}`?"));
        let problem = "which is no algorithm that is verified here (names are case-sensitive)";
        (problem, cure.unwrap_or(all))
    };
    said.error(&format!("{place}, {problem}"), cure)
}

/// The one algorithm whose name is nearest to this, as people write it: `RS-256`, `rsa256`.
fn similar(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.to_ascii_uppercase().replace(['-', '_', ' '], "");
    let written = plain(name).replace("SHA", "");
    if written == OTHER {
        return None;
    }
    let names = Algorithm::ALL.map(Algorithm::name).into_iter().chain(["Ed25519"]);
    let near = |most| {
        let distance = |known: &str| strsim::osa_distance(&plain(known), &written);
        names.clone().filter(move |known| distance(known) <= most).collect::<Vec<_>>()
    };
    let found = [near(0), near(1)].into_iter().find(|found| !found.is_empty())?;
    if let [one] = found[..] { Some(one) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_algorithm_is_near_to_a_slip() {
        for (name, expected) in [
            ("RS-256", Some("RS256")),
            ("rs256", Some("RS256")),
            ("RSA256", Some("RS256")),
            ("RSA-SHA256", Some("RS256")),
            ("RS265", Some("RS256")),
            ("PS_512", Some("PS512")),
            ("es 384", Some("ES384")),
            ("eddsa", Some("EdDSA")),
            ("EDSA", Some("EdDSA")),
            ("ed25519", Some("Ed25519")),
            ("ES-512", Some("ES512")),
            ("ml-dsa-44", Some("ML-DSA-44")),
            ("MLDSA65", Some("ML-DSA-65")),
            ("ML-DSA87", Some("ML-DSA-87")),
            // Near to several, and to none.
            ("S256", None),
            ("256", None),
            ("", None),
            ("ES256K", None),
            ("Ed448", None),
            ("ML-DSA", None),
            ("SLH-DSA-SHA2-128s", None),
        ] {
            assert_eq!(similar(name), expected, "{name}");
        }
    }
}
