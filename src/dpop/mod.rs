//! Proof of possession (RFC 9449): whether a request was made by the holder of the key that its token is
//! bound to.
//!
//! A token says which key that is, by its thumbprint. Each request then carries a proof, a small JWT that
//! is signed by that key for this method, this URL and this token, and that serves once.

#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) mod draft;
#[cfg(fuzzing)]
pub mod fuzzing;
mod key;
mod nonce;
mod proof;
mod replay;
mod settings;
mod shared_nonces;
pub(crate) mod url;

use std::time::Duration;

use aws_lc_rs::{digest, rand};

use self::url::Base;
use crate::error::Error;
use crate::keys::source::read_regular;
use crate::rejection::Rejection;
use crate::store::{OnOutage, Store, StoreSettings};
use crate::token::algorithm::Algorithm;
#[cfg(feature = "cli")]
pub(crate) use key::PRIVATE_MEMBERS;
use nonce::{Held, NonceKey};
pub(crate) use proof::{MOST_BYTES, ProofCheck};
use proof::{ProofClaims, UnverifiedProof};
use replay::{ProofId, SeenProofs};
pub use settings::{Dpop, DpopMode};
use shared_nonces::SharedNonceKey;

/// The fewest bytes of a secret for nonces.
const FEWEST_KEY_BYTES: usize = 32;

/// The store gives no answer. It is asked again at each request.
const OUT_OF_REACH: Rejection = Rejection::StoreUnavailable { retry_after: Duration::from_secs(1) };

/// How a token is sent in `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Bearer,
    Dpop,
}

/// What a proof has to be for: the request as its client sent it, and the token beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'r> {
    pub(crate) method: &'r str,
    pub(crate) target: Target<'r>,
    pub(crate) token: &'r str,
    /// The thumbprint of the key that the token is bound to.
    pub(crate) bound_to: [u8; 32],
}

/// The resource that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'r> {
    /// At one of the configured bases; `Host` can only leave some of them out.
    Path { path: &'r str, host: Option<&'r str> },
    /// Anything: an operator has not said what was asked for.
    #[cfg(feature = "cli")]
    Any,
    /// This URL, if it is below one of the bases.
    #[cfg(feature = "cli")]
    Url(&'r str),
}

/// A proof that fits its request; it has not been used up yet.
#[derive(Debug, PartialEq)]
pub(crate) struct FittingProof {
    id: ProofId,
    /// Until when it would be accepted, in seconds since the epoch.
    until: f64,
    /// Whether its nonce will soon hold no longer.
    pub(crate) has_old_nonce: bool,
}

/// Which nonces a proof must have.
enum Nonces {
    NotAskedFor,
    /// One that was made with this key.
    Of(Box<NonceKey>),
    /// One that was made with the key that the instances share in Redis, once that is known.
    Shared(SharedNonceKey),
    /// Any: those of the server are made with a key that is not known here.
    #[cfg(feature = "cli")]
    OfAnother,
}

/// How often the store is asked for the nonces' key again: it may have lost the key, and then another
/// instance makes a new one.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Judges proofs by the configuration in force.
pub(crate) struct ProofVerifier {
    pub(crate) is_required: bool,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) bases: Vec<Base>,
    pub(crate) max_age: Duration,
    pub(crate) leeway: Duration,
    nonces: Nonces,
    /// Whether other instances make other nonces.
    pub(crate) has_nonces_of_its_own: bool,
    seen: SeenProofs,
    /// Whether this process judges alone where the store gives no answer.
    remembers_alone: bool,
}

impl ProofVerifier {
    /// `None` where the mode is [`DpopMode::Off`]. `origin` is that of `resource`.
    pub(crate) fn of(
        settings: &Dpop,
        origin: Option<&str>,
        store: &StoreSettings,
    ) -> Result<Option<Self>, Error> {
        if settings.mode == DpopMode::Off {
            return Ok(None);
        }
        let bases = match (&settings.base[..], origin) {
            ([], None) => {
                return Err(Error::setting(
                    "`dpop.mode` is set, and no URL is known that proofs must name",
                    "write the public origin of the API as `dpop.base`, for instance \
                     `https://api.example.com`, or set `resource`",
                ));
            }
            ([], Some(origin)) => vec![Base::parse(origin).map_err(|invalid| {
                Error::setting(format!("`resource` {}", invalid.problem), invalid.cure)
            })?],
            (bases, _) => bases.to_vec(),
        };
        let is_shared = store.url.is_some() && settings.nonce_key_file.is_none();
        let nonces = match (settings.needs_nonce, is_shared) {
            (false, _) => Nonces::NotAskedFor,
            (true, false) => Nonces::Of(Box::new(nonce_key(settings, &bases[0])?)),
            (true, true) => Nonces::Shared(SharedNonceKey::new(bases[0].url(""))),
        };
        if let Nonces::Shared(key) = &nonces
            && store.on_outage == OnOutage::Memory
        {
            // A process that starts in an outage judges alone till the end of it.
            key.know(random_secret()?);
        }
        let has_nonces_of_its_own =
            settings.needs_nonce && !is_shared && settings.nonce_key_file.is_none();
        Ok(Some(Self {
            is_required: settings.mode == DpopMode::Required,
            algorithms: settings.algorithms.clone(),
            bases,
            max_age: settings.max_age,
            leeway: settings.leeway,
            has_nonces_of_its_own,
            nonces,
            seen: SeenProofs::new(settings.entries),
            remembers_alone: store.on_outage == OnOutage::Memory,
        }))
    }

    /// Whether a token may be sent by this scheme; `bound_to` is the key that it is bound to.
    pub(crate) fn check_scheme(
        &self,
        scheme: Scheme,
        bound_to: Option<[u8; 32]>,
    ) -> Result<(), Rejection> {
        match (scheme, bound_to) {
            (Scheme::Dpop, Some(_)) => Ok(()),
            (Scheme::Dpop, None) => Err(Rejection::UnboundToken),
            (Scheme::Bearer, Some(_)) => Err(Rejection::BoundToken),
            (Scheme::Bearer, None) if self.is_required => Err(Rejection::BearerToken),
            (Scheme::Bearer, None) => Ok(()),
        }
    }

    /// Makes every check of a proof but the last, at `now` in seconds since the epoch. Nothing is used up.
    pub(crate) fn check(
        &self,
        proof: &str,
        demand: &Demand<'_>,
        now: f64,
        at: &mut impl FnMut(ProofCheck),
    ) -> Result<FittingProof, Rejection> {
        at(ProofCheck::Size);
        if proof.len() > MOST_BYTES {
            return Err(Rejection::MalformedProof);
        }
        at(ProofCheck::Shape);
        UnverifiedProof::read(proof, |unverified| {
            let claims = unverified.check(&self.algorithms, &demand.bound_to, at)?;
            at(ProofCheck::Method);
            if claims.htm.as_deref() != Some(demand.method) {
                return Err(Rejection::WrongMethod);
            }
            at(ProofCheck::Url);
            if !self.is_for(claims, demand.target) {
                return Err(Rejection::WrongUrl);
            }
            at(ProofCheck::TokenHash);
            if !claims.are_of_token(demand.token) {
                return Err(Rejection::WrongTokenHash);
            }
            at(ProofCheck::Nonce);
            let held = self.check_nonce(claims.nonce.as_deref(), now)?;
            at(ProofCheck::Time);
            let until = self.check_time(claims, now)?;
            let until = held.map_or(until, |held| until.min(held.until as f64));
            Ok(FittingProof {
                id: proof_id(&demand.bound_to, claims),
                // The clock of another instance may be behind.
                until: until + self.leeway.as_secs_f64(),
                has_old_nonce: held.is_some_and(|held| held.is_old),
            })
        })
    }

    /// Uses a proof up, at `now` in seconds since the epoch: refuses one that was seen before, by this
    /// process or by another that has the same store.
    pub(crate) async fn use_up(
        &self,
        proof: &FittingProof,
        store: Option<&Store>,
        now: f64,
    ) -> Result<(), Rejection> {
        let here = self.seen.add(proof.id, proof.until, now);
        let Some(store) = store else { return here };
        match here {
            // What this process has no room for, the store may remember.
            Ok(()) | Err(Rejection::StoreUnavailable { .. }) => {}
            Err(rejection) => return Err(rejection),
        }
        let lifetime = Duration::from_secs_f64((proof.until - now).max(0.0));
        match store.first_use(&proof.id.digest, lifetime).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Rejection::ReplayedProof),
            Err(_) if self.remembers_alone => here,
            Err(_) => {
                // The client may send it again, once the store is back.
                self.seen.remove(proof.id, proof.until);
                Err(OUT_OF_REACH)
            }
        }
    }

    /// Learns the key of the nonces, where the instances share it in this store and it is not known yet.
    pub(crate) async fn learn_nonces(&self, store: &Store) {
        if let Nonces::Shared(key) = &self.nonces
            && key.with(|_| ()).is_none()
        {
            key.learn(store).await;
        }
    }

    /// Asks the store for that key again and again, until `end`.
    pub(crate) async fn keep_nonces(&self, store: &Store, end: impl Future<Output = ()>) {
        let Nonces::Shared(key) = &self.nonces else { return };
        let mut end = std::pin::pin!(end);
        while tokio::time::timeout(ASK_AGAIN, &mut end).await.is_err() {
            key.learn(store).await;
        }
    }

    /// The nonce that clients should use from `now` on; `None` where none is asked for.
    pub(crate) fn nonce(&self, now: f64) -> Option<String> {
        match &self.nonces {
            Nonces::Of(key) => Some(key.current(now)),
            Nonces::Shared(key) => key.with(|key| key.current(now)),
            _ => None,
        }
    }

    /// Whether proofs must carry a nonce.
    pub(crate) fn needs_nonce(&self) -> bool {
        !matches!(self.nonces, Nonces::NotAskedFor)
    }

    /// Whether the nonces of the server can be told from others here.
    #[cfg(feature = "cli")]
    pub(crate) fn knows_its_nonces(&self) -> bool {
        matches!(self.nonces, Nonces::Of(_))
    }

    /// Leaves it open which nonces the server makes, unless their key is in a file.
    #[cfg(feature = "cli")]
    pub(crate) fn leave_nonces_open(&mut self) {
        if self.has_nonces_of_its_own || matches!(self.nonces, Nonces::Shared(_)) {
            self.nonces = Nonces::OfAnother;
        }
    }

    /// How many proofs are remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.seen.count()
    }

    /// How long the nonce of a proof holds, where one is asked for.
    fn check_nonce(&self, nonce: Option<&str>, now: f64) -> Result<Option<Held>, Rejection> {
        match &self.nonces {
            Nonces::NotAskedFor => Ok(None),
            Nonces::Of(key) => key.check(nonce, now),
            Nonces::Shared(key) => key.with(|key| key.check(nonce, now)).ok_or(OUT_OF_REACH)?,
            #[cfg(feature = "cli")]
            Nonces::OfAnother => nonce.map(|_| None).ok_or(Rejection::NonceRequired),
        }
    }

    fn is_for(&self, claims: &ProofClaims<'_>, target: Target<'_>) -> bool {
        let Some(htu) = claims.htu.as_deref() else { return false };
        match target {
            Target::Path { path, host } => url::is_of(htu, &self.bases, host, path),
            #[cfg(feature = "cli")]
            Target::Any => url::HttpUrl::parse(htu).is_some(),
            #[cfg(feature = "cli")]
            Target::Url(url) => url::is_below(url, &self.bases, htu),
        }
    }

    /// The last instant at which the times of a proof hold, where they hold at `now`.
    fn check_time(&self, claims: &ProofClaims<'_>, now: f64) -> Result<f64, Rejection> {
        let (max_age, leeway) = (self.max_age.as_secs_f64(), self.leeway.as_secs_f64());
        let iat = claims.iat.ok_or(Rejection::MalformedProof)?;
        if now - iat > max_age || claims.exp.is_some_and(|exp| now >= exp) {
            return Err(Rejection::ProofTooOld);
        }
        if iat - now > leeway || claims.nbf.is_some_and(|nbf| nbf - now > leeway) {
            return Err(Rejection::ProofFromFuture);
        }
        Ok(iat + max_age)
    }
}

/// What makes a proof one: the key and `jti`.
fn proof_id(thumbprint: &[u8; 32], claims: &ProofClaims<'_>) -> ProofId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(thumbprint);
    context.update(&[0]);
    context.update(claims.jti.as_deref().unwrap_or_default().as_bytes());
    let hash = context.finish();
    let first = |octets: &[u8]| octets.first_chunk().copied().unwrap_or_default();
    let key = thumbprint.first_chunk().copied().unwrap_or_default();
    ProofId { key: u64::from_ne_bytes(key), digest: first(hash.as_ref()) }
}

/// The secret of the nonces: that of the file, or one that this process makes.
fn nonce_key(settings: &Dpop, base: &Base) -> Result<NonceKey, Error> {
    let api = base.url("");
    let Some(file) = &settings.nonce_key_file else {
        return Ok(NonceKey::new(&random_secret()?, &api));
    };
    let cure = "make one with `openssl rand -out FILE 32`, and give every instance the same";
    let octets = read_regular(&file.path).map_err(|error| {
        Error::setting(format!("{} cannot be read", file.unreadable), cure).because(error)
    })?;
    if octets.len() < FEWEST_KEY_BYTES {
        let problem = format!("{} holds {} bytes, and 32 are the least", file.said, octets.len());
        return Err(Error::setting(problem, cure));
    }
    Ok(NonceKey::new(&octets, &api))
}

fn random_secret() -> Result<[u8; FEWEST_KEY_BYTES], Error> {
    let mut octets = [0; FEWEST_KEY_BYTES];
    rand::fill(&mut octets).map_err(|_| {
        Error::setting("no random numbers can be had", "look at the system's random source")
    })?;
    Ok(octets)
}

/// Neither secret nor proofs.
impl std::fmt::Debug for ProofVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProofVerifier")
            .field("is_required", &self.is_required)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9449 §7.1, whose token is no JWT.
    #[test]
    fn the_example_of_rfc_9449_holds_at_its_time() {
        const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dE\
             ZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFq\
             SG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR\
             0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI\
             2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP8\
             6L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let proof: String = PROOF.split_whitespace().collect();
        let base = Dpop::default().base(["https://resource.example.org"]).unwrap();
        let proofs =
            ProofVerifier::of(&base.mode(DpopMode::Allowed), None, &StoreSettings::default());
        let proofs = proofs.unwrap().unwrap();
        let jkt = URL_SAFE_NO_PAD.decode("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I").unwrap();
        let demand = Demand {
            method: "GET",
            target: Target::Path { path: "/protectedresource", host: None },
            token: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
            bound_to: jkt.try_into().unwrap(),
        };
        for (now, expected) in [
            (1_562_262_618.0, Ok(())),
            (1_562_262_588.0, Ok(())),
            (1_562_262_587.9, Err(Rejection::ProofFromFuture)),
            (1_562_262_918.0, Ok(())),
            (1_562_262_918.1, Err(Rejection::ProofTooOld)),
        ] {
            let judged = proofs.check(&proof, &demand, now, &mut |_| ());
            assert_eq!(judged.map(|_| ()), expected, "{now}");
        }
    }
}
