//! A configured issuer: its keys, and the rules for its tokens.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::config::{self, Config};
use crate::keys::{KeySet, KeyStore, Lookup};
use crate::rejection::Rejection;
use crate::token::algorithm::Algorithm;
use crate::token::{Typ, Unverified};
use crate::verifier::checks::{Check, Watch};
use crate::verifier::rules::{Rules, TokenType};
use crate::verifier::verified::Verified;

/// How many keys that share a `kid` and fit the `alg` are tried.
const MOST_CANDIDATES: usize = 4;

/// One configured issuer: its keys verify its tokens only.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// Its place among the configured ones.
    pub(crate) number: usize,
    pub(crate) name: String,
    /// The kind of its key source, as `/readyz` names it.
    pub(crate) source: &'static str,
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) rules: Rules,
}

impl Issuer {
    pub(crate) fn new(
        number: usize,
        issuer: &config::Issuer,
        keys: Arc<KeyStore>,
        config: &Config,
    ) -> Self {
        Self {
            number,
            name: issuer.name.clone(),
            source: issuer.source.kind(),
            keys,
            algorithms: issuer.algorithms.clone(),
            rules: Rules {
                issuer: issuer.issuer.clone(),
                audience: issuer.audience.clone(),
                token_type: issuer.token_type,
                leeway: config.leeway,
                max_age: config.max_age,
            },
        }
    }

    pub(crate) fn takes(&self, typ: Typ) -> bool {
        match self.rules.token_type {
            TokenType::Any => typ != Typ::Other,
            TokenType::AtJwt => typ == Typ::AccessToken,
        }
    }

    /// Judges by its keys and its rules, at `now` in seconds since the epoch.
    pub(crate) fn judge(
        &self,
        unverified: &Unverified<'_>,
        token: &str,
        now: f64,
        watch: &mut impl Watch,
    ) -> Result<Verified, Rejection> {
        let keys = self.check_signature(unverified, watch)?;
        watch.at(Check::Types);
        let claims = unverified.claims.open()?;
        self.rules.check(&claims, now, watch)?;
        Ok(Verified::new(claims, token, self.number, keys))
    }

    /// Whether the keys that verified it are those that may serve now.
    pub(crate) fn still_vouches_for(&self, verified: &Verified) -> bool {
        self.keys.current().keys().is_some_and(|keys| verified.is_by(keys))
    }

    /// The set with the key by which the signature holds.
    fn check_signature(
        &self,
        unverified: &Unverified<'_>,
        watch: &mut impl Watch,
    ) -> Result<Weak<KeySet>, Rejection> {
        watch.at(Check::Key);
        let (keys, kid) = (self.keys.current(), unverified.kid()?);
        let with_kid = match keys.lookup(kid) {
            Lookup::Found(keys) => keys,
            Lookup::Unknown => {
                watch.lacks(self, kid);
                return Err(Rejection::UnknownKey);
            }
            Lookup::Unavailable { retry_after } => {
                watch.lacks(self, kid);
                let seconds = retry_after.as_secs_f64().ceil().max(1.0) as u64;
                let retry_after = Duration::from_secs(seconds);
                return Err(Rejection::KeysUnavailable { retry_after });
            }
        };
        let mut fitting =
            with_kid.iter().filter(|key| Some(key.algorithm) == unverified.header.alg).peekable();
        if fitting.peek().is_none() {
            return Err(Rejection::MismatchedAlgorithm);
        }
        watch.at(Check::Signature);
        let holds = fitting
            .take(MOST_CANDIDATES)
            .any(|key| key.verifies(unverified.signing_input, unverified.signature));
        if holds { Ok(keys.set()) } else { Err(Rejection::BadSignature) }
    }
}
