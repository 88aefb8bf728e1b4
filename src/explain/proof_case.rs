//! One judged proof of possession: its request, the lenient reading, and what is wrong with its parts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::reading::{AFTER_9999, Part, Reading};
use super::words::{either, plain, span};
use crate::dpop::{Demand, PRIVATE_MEMBERS, ProofCheck, ProofVerifier, Target};
use crate::token::algorithm::Algorithm;
use crate::token::claims::YEAR_10000;

/// A proof, the request that it has to be for, and the lenient reading.
pub(super) struct ProofCase<'a> {
    pub(super) proofs: &'a ProofVerifier,
    pub(super) demand: &'a Demand<'a>,
    pub(super) proof: &'a str,
    pub(super) reading: &'a Reading,
    /// The check that was begun last.
    pub(super) last: Option<ProofCheck>,
    /// In seconds since the epoch.
    pub(super) now: f64,
}

/// The members of a key that are texts, and are read.
const TEXTS_OF_KEY: [&str; 8] = ["kty", "crv", "alg", "use", "n", "e", "x", "y"];

impl ProofCase<'_> {
    /// The member of the header that is missing, or is not of its type, so that nothing else is read.
    pub(super) fn bad_header(&self) -> Option<String> {
        let Part::Object(header) = &self.reading.header else { return None };
        let is_no_text = |it: &Value| !it.is_string();
        match (header.get("typ"), header.get("alg"), header.get("jwk")) {
            (Some(typ), ..) if is_no_text(typ) => Some("`typ` is no text".to_owned()),
            (_, None, _) => Some("`alg` is missing".to_owned()),
            (_, Some(alg), _) if is_no_text(alg) => Some("`alg` is no text".to_owned()),
            (.., Some(Value::Object(jwk))) => {
                let bad = |name: &&&str| jwk.get(**name).is_some_and(is_no_text);
                let name = TEXTS_OF_KEY.iter().find(bad)?;
                Some(format!("`{name}` of its `jwk` is no text"))
            }
            (.., Some(_)) => Some("`jwk` is no object".to_owned()),
            (.., None) => None,
        }
    }

    /// The first claim that is missing, or is not what it should be (RFC 9449 §4.2).
    pub(super) fn bad_claim(&self) -> Option<(&'static str, &'static str)> {
        let texts = ["jti", "htm", "htu", "ath", "nonce"].into_iter().find_map(|name| {
            let problem = match self.reading.claim(name) {
                None if name == "nonce" => return None,
                None => "is missing",
                Some(Value::String(text)) if name == "jti" && !(1..=256).contains(&text.len()) => {
                    "is not of 1 to 256 bytes"
                }
                Some(Value::String(_)) => return None,
                Some(_) => "is no text",
            };
            Some((name, problem))
        });
        let times = ["iat", "exp", "nbf"].into_iter().find_map(|name| {
            let problem = match self.reading.claim(name).map(Value::as_f64) {
                None if name == "iat" => "is missing",
                Some(None) => "is no number",
                Some(Some(seconds)) if seconds >= YEAR_10000 => AFTER_9999,
                _ => return None,
            };
            Some((name, problem))
        });
        texts.or(times)
    }

    /// What is wrong with the key that the proof carries.
    pub(super) fn bad_key(&self) -> &'static str {
        let Some(Value::Object(jwk)) = self.reading.header("jwk") else {
            return "no `jwk`";
        };
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let algorithm = |name: &str| name.parse::<Algorithm>().ok();
        let verifies = |operations: &Value| {
            operations.as_array().is_some_and(|it| it.iter().any(|it| it == "verify"))
        };
        let alg = self.reading.header_text("alg").and_then(algorithm);
        if PRIVATE_MEMBERS.iter().any(|it| jwk.contains_key(*it)) {
            "a key with private members: its secret was sent along"
        } else if text("use").is_some_and(|it| it != "sig")
            || !jwk.get("key_ops").is_none_or(verifies)
        {
            "a key that is not for verifying (`use`, `key_ops`)"
        } else if text("alg").is_some_and(|it| algorithm(it) != alg) {
            "a key for another `alg` than the header names"
        } else if !matches!(text("kty"), Some("RSA" | "EC" | "OKP")) {
            "a `kty` that proofs are not made with"
        } else if self.last == Some(ProofCheck::Binding) {
            "numbers that are no key: no point of their curve, for instance"
        } else {
            "not a key for this `alg` that is written as RFC 7518 has it (RSA 2048 to 4096 bits)"
        }
    }

    /// The time that does not hold.
    pub(super) fn bad_time(&self) -> &'static str {
        let time = |name| self.reading.time(name);
        let (max_age, leeway) =
            (self.proofs.max_age.as_secs_f64(), self.proofs.leeway.as_secs_f64());
        let is_young = time("iat").is_some_and(|iat| self.now - iat <= max_age);
        if is_young && time("exp").is_some_and(|exp| self.now >= exp) {
            "exp"
        } else if is_young && time("iat").is_some_and(|iat| iat - self.now <= leeway) {
            "nbf"
        } else {
            "iat"
        }
    }

    /// How far this time of the proof is from this machine's clock, where it says one.
    pub(super) fn offset(&self, name: &str) -> Option<String> {
        let time = self.reading.time(name)?;
        let direction = if time < self.now { "behind" } else { "ahead of" };
        Some(format!("{} {direction} this machine's clock", span(time - self.now)))
    }

    /// The thumbprint that the token names.
    pub(super) fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.demand.bound_to)
    }

    /// The URLs that a proof for this request may name.
    pub(super) fn expected_url(&self) -> String {
        match self.demand.target {
            Target::Any => "the URL of the request, which was not given (`--url`)".to_owned(),
            Target::Url(url) => plain(Some(&Value::from(url))),
            Target::Path { path, .. } => {
                let urls: Vec<_> = self.proofs.bases.iter().map(|base| base.url(path)).collect();
                either(&urls)
            }
        }
    }
}
