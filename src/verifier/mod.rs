//! The verifier: judges a token by the keys at hand, at one instant.

mod building;
pub(crate) mod cache;
pub(crate) mod checks;
mod claim_rules;
mod health;
pub(crate) mod issuer;
pub(crate) mod logout;
#[cfg(all(test, feature = "cli"))]
mod tests;
pub(crate) mod verified;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;

use crate::config::Config;
use crate::dpop::{ProofVerifier, Scheme};
use crate::error::Error;
use crate::keys::{KeyIds, Trust};
use crate::rejection::Rejection;
#[cfg(feature = "cli")]
use crate::revocation::Fit;
use crate::revocation::Revocations;
use crate::store::Store;
use crate::token::Unverified;
use crate::token::header::Header;
use crate::verifier::cache::Cache;
use crate::verifier::checks::{Check, Facts, Observed, Observer};
use crate::verifier::issuer::TrustedIssuer;
use crate::verifier::verified::Verified;

/// Verifies tokens, without Rocket, network or a clock of its own.
///
/// ```
/// use std::time::SystemTime;
///
/// use rocket_bearer::keys::KeySet;
/// use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier};
///
/// fn verifier(key_set: &[u8]) -> Result<Verifier, Box<dyn std::error::Error>> {
///     let keys = KeySet::parse(key_set)?;
///     let issuer = Issuer::with_keys("https://issuer.example/", keys, ["my-api"])?;
///     Ok(Verifier::new(&Config::new(issuer.algorithms([Algorithm::EdDSA])?))?)
/// }
///
/// let key_set = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let verifier = verifier(key_set).expect("a sound key set");
/// let refused = verifier.verify("not.a.token", SystemTime::now());
/// assert_eq!(refused.unwrap_err(), Rejection::Malformed);
/// ```
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<TrustedIssuer>,
    max_token_bytes: usize,
    cache: Option<Cache>,
    revocations: Revocations,
    store: Option<Store>,
    /// What judges proofs; `None` where tokens may not be bound to a key.
    proofs: Option<ProofVerifier>,
}

impl Verifier {
    /// A verifier for this configuration. Keys that are fetched come by [`refresh`](Self::refresh);
    /// until then their tokens are refused with [`Rejection::KeysUnavailable`]. So do rules in Redis, and all
    /// tokens are refused with [`Rejection::StoreUnavailable`] before.
    ///
    /// Fails where the keys in code or in a file cannot be read or serve none of the `algorithms`. The
    /// development keys that are published with this crate are refused too: whether they may be used
    /// depends on a profile and an address, which only a Rocket app has.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::trusting(config, Trust::Secret)
    }

    /// Loads every key set once, all of them at the same time, each within its `jwks.timeout`. A call
    /// during another load waits for that one first, so for twice as long; calls that overlap share
    /// the next load. Revocations are read too: the file at each call, Redis from the first call on.
    ///
    /// An app with [`Bearer`](crate::Bearer) attached loads at launch and from then on in the
    /// background. Without one, call this regularly: keys that have changed are not seen otherwise,
    /// and a fetched set serves for `jwks.stale` only. Needs a Tokio runtime.
    pub async fn refresh(&self) {
        let mut attempts = JoinSet::new();
        for (index, issuer) in self.issuers.iter().enumerate() {
            let is_first =
                self.issuers[..index].iter().all(|it| !Arc::ptr_eq(&it.keys, &issuer.keys));
            if is_first {
                let keys = issuer.keys.clone();
                attempts.spawn(async move { keys.load().await });
            }
        }
        attempts.join_all().await;
        self.revocations.refresh().await;
    }

    pub(crate) fn uses_development_keys(&self) -> bool {
        let has_one = |issuer: &TrustedIssuer| {
            let now = issuer.keys.current();
            now.keys().is_some_and(|keys| !keys.development_kids().is_empty())
        };
        self.issuers.iter().any(has_one)
    }

    /// The configured issuers; their positions are their numbers.
    pub(crate) fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    /// The configured issuer of this `iss` and this tenant; an exact one comes before a template.
    pub(crate) fn issuer<T: AsRef<str>>(
        &self,
        iss: &str,
        tid: impl FnOnce() -> Option<T>,
    ) -> Option<&TrustedIssuer> {
        let exact = self.issuers.iter().find(|issuer| issuer.rules.names(iss));
        exact.or_else(|| {
            let mut templates =
                self.issuers.iter().filter(|it| it.rules.tenants.is_some()).peekable();
            templates.peek()?;
            let tid = tid();
            let tid = tid.as_ref().map(AsRef::as_ref);
            templates.find(|issuer| issuer.rules.names_tenant(iss, tid))
        })
    }

    /// Judges proofs as another process would whose nonces are its own.
    #[cfg(feature = "cli")]
    pub(crate) fn leave_nonces_open(&mut self) {
        if let Some(proofs) = &mut self.proofs {
            proofs.nonces.leave_open();
        }
    }

    #[cfg(feature = "cli")]
    pub(crate) fn max_token_bytes(&self) -> usize {
        self.max_token_bytes
    }

    /// The cache of accepted tokens; `None` where `cache.tokens` is 0.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Verifies `token` at `now`; the first check that fails refuses it.
    ///
    /// Fetches nothing: the keys are those of the last [`refresh`](Self::refresh). The token counts as
    /// sent by the scheme `Bearer`, so one that is bound to a key is refused.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Verified, Rejection> {
        let verified = match self.recall(token, now) {
            Some((_, verdict)) => verdict?,
            None => self.remember(self.check(token, now, &mut ())?)?,
        };
        let verified = self.unrevoked(verified, now, &mut ())?;
        self.check_scheme(Scheme::Bearer, &verified)?;
        Ok(verified)
    }

    /// What the instances of an app share; `None` where nothing is.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// The rules by which tokens are refused before they expire.
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// An accepted token, unless a rule revokes it at `now`. Asked of every token that comes, remembered
    /// or not.
    pub(crate) fn unrevoked(
        &self,
        verified: Verified,
        now: SystemTime,
        observer: &mut impl Observer,
    ) -> Result<Verified, Rejection> {
        observer.at(Check::Revocation);
        let (issuer, now) = (verified.issuer(), seconds_since_epoch(now));
        self.revocations.check(issuer, verified.claims(), now).map(|()| verified)
    }

    /// Whether an accepted token may be sent by this scheme.
    pub(crate) fn check_scheme(
        &self,
        scheme: Scheme,
        verified: &Verified,
    ) -> Result<(), Rejection> {
        self.proofs.as_ref().map_or(Ok(()), |it| it.check_scheme(scheme, verified.bound_to()))
    }

    /// What judges proofs; `None` where tokens may not be bound to a key.
    pub(crate) fn proofs(&self) -> Option<&ProofVerifier> {
        self.proofs.as_ref()
    }

    /// As [`verify`](Self::verify), but waits for a missing key where a fetch is due or under way, and
    /// then judges at the end of that fetch.
    pub(crate) async fn authenticate(
        &self,
        token: &str,
        now: SystemTime,
        facts: &mut Facts,
    ) -> Result<Verified, Rejection> {
        if let Some((issuer, verdict)) = self.recall(token, now) {
            facts.issuer = Some(issuer.number);
            return self.unrevoked(verdict?, now, &mut ());
        }
        let mut observed = Observed::default();
        let mut verdict = self.check(token, now, &mut observed);
        // The parsed token is dropped by now: a waiting request should hold no memory.
        if let Some(missing) = observed.awaited.take() {
            let begun = Instant::now();
            missing.wait().await;
            let second = self.check(token, now + begun.elapsed(), &mut observed);
            verdict = second.map_err(|second| of_two(verdict.err(), second));
        }
        *facts = observed.facts();
        self.unrevoked(self.remember(verdict?)?, now, &mut ())
    }

    /// The verdict on a token that was accepted before, by keys that still serve. Only the time can
    /// have changed, so only the times are checked.
    fn recall(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Option<(&TrustedIssuer, Result<Verified, Rejection>)> {
        let cache = self.cache.as_ref()?;
        let issuer = |verified: &Verified| &self.issuers[verified.issuer()];
        let verified = cache.get(token, |verified| {
            let current = issuer(verified).keys.current();
            current.keys().is_some_and(|keys| verified.is_by(keys))
        })?;
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

    /// The rule that revokes an accepted token at `now`.
    #[cfg(feature = "cli")]
    pub(crate) fn revoking(&self, verified: &Verified, now: SystemTime) -> Option<Fit> {
        let now = seconds_since_epoch(now);
        self.revocations.fitting(verified.issuer(), verified.claims(), now)
    }

    /// Makes every [`Check`] of `token` but that of its revocation, in their order, without the cache.
    pub(crate) fn check(
        &self,
        token: &str,
        now: SystemTime,
        observer: &mut impl Observer,
    ) -> Result<Verified, Rejection> {
        observer.at(Check::Size);
        if token.len() > self.max_token_bytes {
            return Err(Rejection::TooLong);
        }
        observer.at(Check::Shape);
        Unverified::read(token, |unverified| {
            self.check_header(&unverified.header, observer)?;
            observer.at(Check::Issuer);
            let iss = unverified.payload.issuer()?;
            // An unknown issuer is refused before any key is asked for: it causes no fetch.
            let issuer =
                self.issuer(iss, || unverified.payload.tenant()).ok_or(Rejection::WrongIssuer)?;
            issuer.check_header(&unverified.header)?;
            observer.issuer(issuer.number);
            issuer.verify(token, &unverified, seconds_since_epoch(now), observer)
        })
    }

    /// Refuses a header that no issuer allows. The issuer of the token checks it again for itself.
    fn check_header(
        &self,
        header: &Header<'_>,
        observer: &mut impl Observer,
    ) -> Result<(), Rejection> {
        observer.at(Check::Algorithm);
        let alg = header.alg.ok_or(Rejection::ForbiddenAlgorithm)?;
        if !self.issuers.iter().any(|issuer| issuer.algorithms.contains(&alg)) {
            return Err(Rejection::ForbiddenAlgorithm);
        }
        observer.at(Check::Critical);
        if header.has_crit {
            return Err(Rejection::CriticalExtension);
        }
        observer.at(Check::Type);
        if !self.issuers.iter().any(|issuer| issuer.rules.token_type.allows(header.typ)) {
            return Err(Rejection::WrongType);
        }
        observer.at(Check::KeyId);
        let needs_one = |issuer: &TrustedIssuer| issuer.kids == KeyIds::Required;
        if header.kid.is_none() && self.issuers.iter().all(needs_one) {
            return Err(Rejection::KeyIdMissing);
        }
        Ok(())
    }

    /// The `kid` of a token, which anyone may have written.
    pub(crate) fn unverified_kid(&self, token: &str) -> Option<String> {
        if token.len() > self.max_token_bytes {
            return None;
        }
        let kid = Unverified::read(token, |it| Ok(it.header.kid.map(Cow::into_owned)));
        kid.ok().flatten()
    }
}

/// The refusal of a token that was refused again after a load. A bad signature stays one, whatever the
/// load has made of its key.
fn of_two(first: Option<Rejection>, second: Rejection) -> Rejection {
    use Rejection::{BadSignature, KeyIdMissing, KeysUnavailable, MismatchedAlgorithm, UnknownKey};
    match (first, second) {
        (
            Some(first @ (BadSignature | MismatchedAlgorithm)),
            UnknownKey | KeyIdMissing | KeysUnavailable { .. } | BadSignature | MismatchedAlgorithm,
        ) => first,
        _ => second,
    }
}

/// The time of all checks, in seconds. A clock before 1970 is taken as 1970.
pub(crate) fn seconds_since_epoch(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
