//! Judges proofs by the configuration in force.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;

use super::base::{self, Base};
use super::demand::{Demand, Scheme, Target};
use super::nonces::{Nonces, OUT_OF_REACH};
use super::proof::{MOST_BYTES, ProofCheck, ProofClaims, UnverifiedProof};
use super::replay::{ProofId, SeenProofs};
use super::settings::{Dpop, DpopMode};
#[cfg(feature = "cli")]
use super::url::HttpUrl;
use crate::error::Error;
use crate::rejection::Rejection;
use crate::store::{OnOutage, Store, StoreSettings};
use crate::token::algorithm::Algorithm;

/// A proof that fits its request; it has not been used up yet.
#[derive(Debug, PartialEq)]
pub(crate) struct FittingProof {
    id: ProofId,
    /// Until when it would be accepted, in seconds since the epoch.
    until: f64,
    /// Whether its nonce will soon hold no longer.
    pub(crate) has_old_nonce: bool,
}

/// Judges proofs by the configuration in force.
pub(crate) struct ProofVerifier {
    pub(crate) is_required: bool,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) bases: Vec<Base>,
    pub(crate) max_age: Duration,
    pub(crate) leeway: Duration,
    pub(crate) nonces: Nonces,
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
        Ok(Some(Self {
            is_required: settings.mode == DpopMode::Required,
            algorithms: settings.algorithms.clone(),
            max_age: settings.max_age,
            leeway: settings.leeway,
            nonces: Nonces::of(settings, &bases[0], store)?,
            bases,
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
            let held = self.nonces.check(claims.nonce.as_deref(), now)?;
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

    /// How many proofs are remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.seen.count()
    }

    fn is_for(&self, claims: &ProofClaims<'_>, target: Target<'_>) -> bool {
        let Some(htu) = claims.htu.as_deref() else { return false };
        match target {
            Target::Path { path, host } => base::is_of(htu, &self.bases, host, path),
            #[cfg(feature = "cli")]
            Target::Any => HttpUrl::parse(htu).is_some(),
            #[cfg(feature = "cli")]
            Target::Url(url) => base::is_below(url, &self.bases, htu),
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

/// Neither secret nor proofs.
impl fmt::Debug for ProofVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
