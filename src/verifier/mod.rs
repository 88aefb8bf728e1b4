//! The walk itself: a token, the keys, an instant; and a verdict.

pub(crate) mod cache;
pub(crate) mod checks;
mod health;
pub(crate) mod issuer;
mod memory;
pub(crate) mod rules;
pub(crate) mod verified;
pub(crate) mod witness;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;

use crate::config::Config;
use crate::error::Error;
use crate::keys::source::Source;
use crate::keys::{KeyStore, Trust};
use crate::rejection::Rejection;
use crate::token::{Parts, Unverified, in_room_for};
use crate::verifier::cache::Cache;
use crate::verifier::checks::{Check, Watch};
use crate::verifier::issuer::Issuer;
use crate::verifier::verified::Verified;
use crate::verifier::witness::{Facts, Witness};

/// Judges tokens; needs no Rocket, no network and no clock of its own.
///
/// ```
/// # use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier, keys::KeySet};
/// # use std::time::SystemTime;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let json = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = KeySet::parse(json)?;
/// let issuer = Issuer::with_keys("https://issuer.example/", keys, ["my-api"])?
///     .algorithms([Algorithm::EdDSA])?;
/// let verifier = Verifier::new(&Config::new(issuer))?;
///
/// let refused = verifier.verify("not.a.token", SystemTime::now());
/// assert_eq!(refused.unwrap_err(), Rejection::Malformed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<Issuer>,
    max_token_bytes: usize,
    cache: Option<Cache>,
}

impl Verifier {
    /// A verifier for this configuration, with the keys that are at hand; those in the network come by
    /// [`refresh`](Self::refresh), and until then tokens are refused with
    /// [`Rejection::KeysUnavailable`].
    ///
    /// Refuses the development keys that are published with this crate: whether they may be used
    /// depends on a profile and an address, which only a Rocket app has.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::trusting(config, Trust::Secret)
    }

    pub(crate) fn trusting(config: &Config, trust: Trust) -> Result<Self, Error> {
        let mut stores: Vec<(&Source, Arc<KeyStore>)> = vec![];
        let mut issuers = vec![];
        for (number, issuer) in config.issuers.iter().enumerate() {
            // One store for one place, however many issuers share it.
            let known = stores.iter().find(|(source, _)| **source == issuer.source);
            let store = match known {
                Some((_, store)) => store.clone(),
                None => Arc::new(KeyStore::new(&issuer.source, &config.fetching, trust)?),
            };
            if let Some(keys) = store.current().keys()
                && !keys.serves(&issuer.algorithms)
            {
                return Err(Error::setting(
                    format!("{}: no key of the set serves `algorithms`", store.place()),
                    "add the algorithm of a key to `algorithms`, or such a key to the set",
                ));
            }
            stores.push((&issuer.source, store.clone()));
            issuers.push(Issuer::new(number, issuer, store, config));
        }
        let cache = Cache::of(config.cache_tokens);
        Ok(Self { issuers, max_token_bytes: config.max_token_bytes, cache })
    }

    /// Loads every key set once, all at the same time; each within its `jwks.timeout`, and where a load
    /// is under way already, within two: calls that overlap share the next one.
    ///
    /// An app with [`Bearer`](crate::Bearer) attached does this at launch and from then on in the
    /// background. Without one call it again and again: nothing else sees that keys have changed, and
    /// a fetched set serves for `jwks.stale` only. Needs a Tokio runtime.
    pub async fn refresh(&self) {
        let mut attempts = JoinSet::new();
        for (index, issuer) in self.issuers.iter().enumerate() {
            let is_first =
                self.issuers[..index].iter().all(|it| !Arc::ptr_eq(&it.keys, &issuer.keys));
            if is_first {
                let keys = issuer.keys.clone();
                attempts.spawn(async move { keys.attempt().await });
            }
        }
        attempts.join_all().await;
    }

    pub(crate) fn uses_development_keys(&self) -> bool {
        let has_one = |issuer: &Issuer| {
            let now = issuer.keys.current();
            now.keys().is_some_and(|keys| !keys.development_kids().is_empty())
        };
        self.issuers.iter().any(has_one)
    }

    pub(crate) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    #[cfg(feature = "cli")]
    pub(crate) fn max_token_bytes(&self) -> usize {
        self.max_token_bytes
    }

    /// Judges `token` at `now`; the first failure answers.
    ///
    /// Nothing is fetched here: it is judged by the keys at hand.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Verified, Rejection> {
        if let Some((_, verdict)) = self.recall(token, now) {
            return verdict;
        }
        self.remember(self.walk(token, now, &mut ())?)
    }

    /// The same from the beginning, whatever is remembered; and watched.
    pub(crate) fn walk(
        &self,
        token: &str,
        now: SystemTime,
        watch: &mut impl Watch,
    ) -> Result<Verified, Rejection> {
        let parts = Parts::of(token, self.max_token_bytes, watch)?;
        in_room_for(token.len(), |room| {
            let unverified = Unverified::parse(&parts, room)?;
            self.check_header(&unverified, watch)?;
            watch.at(Check::Issuer);
            let issuer = self.issuer(&unverified)?;
            watch.issuer(issuer);
            issuer.judge(&unverified, token, seconds_since_epoch(now), watch)
        })
    }

    /// As [`verify`](Self::verify), but where the key is not at hand and a fetch is due, after that fetch
    /// and as late as that.
    pub(crate) async fn authenticate(
        &self,
        token: &str,
        now: SystemTime,
        facts: &mut Facts,
    ) -> Result<Verified, Rejection> {
        if let Some((issuer, verdict)) = self.recall(token, now) {
            facts.issuer = Some(issuer.number);
            return verdict;
        }
        let mut witness = Witness::default();
        let mut verdict = self.walk(token, now, &mut witness);
        // Whoever waits holds nothing of what was read.
        if let Some((keys, kid)) = witness.wanted.take() {
            let begun = Instant::now();
            keys.ensure(&kid).await;
            verdict = self.walk(token, now + begun.elapsed(), &mut witness);
        }
        *facts = witness.facts();
        self.remember(verdict?)
    }

    /// The verdict on a token that was accepted before, by keys that still stand: all that can have
    /// changed is the time.
    fn recall(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Option<(&Issuer, Result<Verified, Rejection>)> {
        let cache = self.cache.as_ref()?;
        let issuer = |verified: &Verified| &self.issuers[verified.issuer()];
        let verified = cache.get(token, |it| issuer(it).still_vouches_for(it))?;
        let issuer = issuer(&verified);
        let now = seconds_since_epoch(now);
        let timely = issuer.rules.check_times(verified.claims(), now, &mut ());
        if timely == Err(Rejection::Expired) {
            cache.forget(token);
        }
        Some((issuer, timely.map(|()| verified)))
    }

    fn remember(&self, verified: Verified) -> Result<Verified, Rejection> {
        if let Some(cache) = &self.cache {
            cache.insert(&verified);
        }
        Ok(verified)
    }

    /// What is remembered, unless nothing ever is.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    fn check_header(
        &self,
        unverified: &Unverified<'_>,
        watch: &mut impl Watch,
    ) -> Result<(), Rejection> {
        let header = &unverified.header;
        watch.at(Check::Algorithm);
        let alg = header.alg.ok_or(Rejection::ForbiddenAlgorithm)?;
        if !self.issuers.iter().any(|issuer| issuer.algorithms.contains(&alg)) {
            return Err(Rejection::ForbiddenAlgorithm);
        }
        watch.at(Check::Critical);
        if header.has_crit {
            return Err(Rejection::CriticalExtension);
        }
        watch.at(Check::Type);
        if !self.issuers.iter().any(|issuer| issuer.takes(header.typ)) {
            return Err(Rejection::WrongType);
        }
        watch.at(Check::KeyId);
        unverified.kid().map(drop)
    }

    /// The `kid` of a token, whoever wrote it.
    pub(crate) fn unverified_kid(&self, token: &str) -> Option<String> {
        let parts = Parts::of(token, self.max_token_bytes, &mut ()).ok()?;
        in_room_for(token.len(), |room| {
            Unverified::parse(&parts, room).ok()?.header.kid.map(Cow::into_owned)
        })
    }

    /// The configured issuer of this name, byte for byte. An unknown one costs no fetch.
    fn issuer_named(&self, iss: &str) -> Result<&Issuer, Rejection> {
        let issuer = self.issuers.iter().find(|issuer| issuer.rules.issuer == iss);
        issuer.ok_or(Rejection::WrongIssuer)
    }

    /// The issuer that the token names, if it allows what the header says.
    fn issuer(&self, unverified: &Unverified<'_>) -> Result<&Issuer, Rejection> {
        let issuer = self.issuer_named(unverified.claims.unverified_issuer()?)?;
        // With several issuers, what one of them allows is not yet allowed to this one.
        if !unverified.header.alg.is_some_and(|alg| issuer.algorithms.contains(&alg)) {
            return Err(Rejection::ForbiddenAlgorithm);
        }
        if !issuer.takes(unverified.header.typ) {
            return Err(Rejection::WrongType);
        }
        Ok(issuer)
    }
}

/// A clock before 1970 is judged as 1970.
pub(crate) fn seconds_since_epoch(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
