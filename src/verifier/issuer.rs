//! A configured issuer: its keys, and the rules for its tokens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Value;

#[cfg(feature = "cli")]
use crate::config::Provider;
use crate::config::{Config, Issuer};
use crate::dpop::DpopMode;
use crate::keys::{KeyIds, KeySet, KeyStore, Lookup, Snapshot, VerifyingKey};
use crate::rejection::Rejection;
use crate::token::Unverified;
use crate::token::algorithm::Algorithm;
use crate::token::claim_path::ClaimPath;
use crate::token::header::Header;
use crate::verifier::checks::{Check, Observer};
use crate::verifier::claim_rules::ClaimRules;
use crate::verifier::verified::Verified;

/// How many keys are tried for a signature that share its `kid` and serve its `alg`.
pub(crate) const MOST_CANDIDATES: usize = 4;

/// A configured issuer with its keys. They verify the tokens of no other issuer.
#[derive(Debug)]
pub(crate) struct TrustedIssuer {
    /// The position among the configured issuers.
    pub(crate) number: usize,
    pub(crate) name: String,
    /// The kind of the key source, as `/readyz` names it.
    pub(crate) source: &'static str,
    pub(crate) keys: Arc<KeyStore>,
    pub(crate) algorithms: Vec<Algorithm>,
    /// Whether its tokens need a `kid`.
    pub(crate) kids: KeyIds,
    pub(crate) rules: ClaimRules,
    /// Where its tokens say roles; empty where they are not looked for.
    pub(crate) roles: Vec<ClaimPath>,
    /// Whose logouts are taken; empty where none are.
    pub(crate) logout_clients: Vec<String>,
    /// Whether its access tokens name their session; looked at only where logouts are taken.
    pub(crate) sids: Sids,
    /// The provider of the preset, if it has one.
    #[cfg(feature = "cli")]
    pub(crate) provider: Option<Provider>,
}

/// Whether accepted tokens had a `sid`.
#[derive(Debug, Default)]
pub(crate) struct Sids {
    has_seen: AtomicBool,
    has_seen_none: AtomicBool,
}

impl Sids {
    fn see(&self, has_one: bool) {
        let seen = if has_one { &self.has_seen } else { &self.has_seen_none };
        seen.store(true, Ordering::Relaxed);
    }

    /// Whether there were tokens, and none had one.
    pub(crate) fn are_never_seen(&self) -> bool {
        self.has_seen_none.load(Ordering::Relaxed) && !self.has_seen.load(Ordering::Relaxed)
    }
}

impl TrustedIssuer {
    pub(crate) fn new(
        number: usize,
        issuer: &Issuer,
        keys: Arc<KeyStore>,
        config: &Config,
    ) -> Self {
        Self {
            number,
            name: issuer.name.clone(),
            source: issuer.source.kind(),
            keys,
            algorithms: issuer.algorithms.clone(),
            kids: issuer.kids,
            rules: ClaimRules {
                issuer: issuer.issuer.clone(),
                tenants: issuer.tenants.clone(),
                aliases: issuer.aliases.clone(),
                audience: issuer.audience.clone(),
                clients: issuer.clients.clone(),
                claims: issuer.required_claims.clone(),
                refuses_anonymous: issuer.anonymous == Some(false),
                token_type: issuer.token_type,
                takes_bound: config.dpop.mode != DpopMode::Off,
                leeway: config.leeway,
                max_age: config.max_age,
            },
            roles: issuer.roles.clone(),
            logout_clients: issuer.logout_clients.clone(),
            sids: Sids::default(),
            #[cfg(feature = "cli")]
            provider: issuer.preset.as_ref().map(|preset| preset.provider),
        }
    }

    /// Whether this issuer's tokens may have the header's `alg` and `typ`, and lack a `kid`.
    pub(crate) fn check_header(&self, header: &Header<'_>) -> Result<(), Rejection> {
        if !header.alg.is_some_and(|alg| self.algorithms.contains(&alg)) {
            return Err(Rejection::ForbiddenAlgorithm);
        }
        if !self.rules.token_type.allows(header.typ) {
            return Err(Rejection::WrongType);
        }
        if header.kid.is_none() && self.kids == KeyIds::Required {
            return Err(Rejection::KeyIdMissing);
        }
        Ok(())
    }

    /// Verifies the signature of `token` by this issuer's keys, then checks its claims at `now`, in
    /// seconds since the epoch.
    pub(crate) fn verify(
        &self,
        token: &str,
        unverified: &Unverified<'_>,
        now: f64,
        observer: &mut impl Observer,
    ) -> Result<Verified, Rejection> {
        let keys = self.check_signature(unverified, observer)?;
        observer.at(Check::Types);
        let mut claims = unverified.payload.claims()?;
        self.rules.check(&claims, now, observer)?;
        if !self.roles.is_empty() {
            claims.read_roles(&self.roles);
        }
        if !self.logout_clients.is_empty() {
            self.sids.see(claims.get("sid").is_some_and(Value::is_string));
        }
        Ok(Verified::new(claims, token, self.number, keys))
    }

    /// Returns the key set whose key made the signature.
    pub(super) fn check_signature(
        &self,
        unverified: &Unverified<'_>,
        observer: &mut impl Observer,
    ) -> Result<Weak<KeySet>, Rejection> {
        observer.at(Check::Key);
        let keys = self.keys.current();
        let Some(kid) = unverified.header.kid.as_deref() else {
            return self.check_signature_without_kid(&keys, unverified, observer);
        };
        let iss = unverified.payload.issuer()?;
        let counts = |key: &VerifyingKey| self.counts(key, iss);
        let with_kid = match keys.lookup(kid) {
            Lookup::Found(keys) => keys,
            missing => {
                observer.lacks(&self.keys, &keys, Some(kid));
                return Err(without_key(missing));
            }
        };
        let mut candidates = with_kid
            .iter()
            .filter(|key| Some(key.algorithm) == unverified.header.alg && counts(key))
            .peekable();
        if candidates.peek().is_none() {
            observer.lacks(&self.keys, &keys, Some(kid));
            return Err(match with_kid.iter().any(counts) {
                true => Rejection::MismatchedAlgorithm,
                // A key of another issuer is as good as none, and no key has an empty `kid`.
                false => without_key(keys.lookup("")),
            });
        }
        observer.at(Check::Signature);
        let holds = candidates
            .take(MOST_CANDIDATES)
            .any(|key| key.verifies(unverified.signing_input, unverified.signature));
        if !holds {
            observer.lacks(&self.keys, &keys, Some(kid));
            return Err(Rejection::BadSignature);
        }
        Ok(keys.set())
    }

    /// Whether a key is for tokens of this `iss`, which is known to be this issuer's.
    pub(crate) fn counts(&self, key: &VerifyingKey, iss: &str) -> bool {
        key.is_for(iss) || self.rules.is_alias(iss) && key.is_for(&self.rules.issuer)
    }

    /// Whether a key is for tokens of any `iss` that this issuer has.
    #[cfg(feature = "cli")]
    pub(crate) fn may_count(&self, key: &VerifyingKey) -> bool {
        let is_a_tenants = |own: &str| self.rules.is_of_tenant(own);
        self.rules.spellings().any(|iss| self.counts(key, iss))
            || key.issuer().is_some_and(is_a_tenants)
    }

    /// The same for a token without `kid`: exactly one key of the set has to fit its `alg`.
    fn check_signature_without_kid(
        &self,
        keys: &Snapshot<'_>,
        unverified: &Unverified<'_>,
        observer: &mut impl Observer,
    ) -> Result<Weak<KeySet>, Rejection> {
        let Some(set) = keys.keys() else {
            observer.lacks(&self.keys, keys, None);
            return Err(without_key(keys.lookup("")));
        };
        let iss = unverified.payload.issuer()?;
        let key = unverified
            .header
            .alg
            .and_then(|alg| set.only_key_for(alg, |key| self.counts(key, iss)));
        let key = key.ok_or(Rejection::KeyIdMissing)?;
        observer.at(Check::Signature);
        if !key.verifies(unverified.signing_input, unverified.signature) {
            observer.lacks(&self.keys, keys, None);
            return Err(Rejection::BadSignature);
        }
        Ok(keys.set())
    }
}

/// The refusal of a token for whose `kid` there is no key, or none yet.
fn without_key(lookup: Lookup<'_>) -> Rejection {
    let Lookup::Unavailable { retry_after } = lookup else { return Rejection::UnknownKey };
    let seconds = retry_after.as_secs_f64().ceil().max(1.0) as u64;
    Rejection::KeysUnavailable { retry_after: Duration::from_secs(seconds) }
}
