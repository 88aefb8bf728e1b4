//! Logout tokens: an issuer tells that a session, or a user, has ended (OpenID Connect Back-Channel Logout
//! 1.0 §2.6). They are signed by the keys of access tokens, and judged by rules of their own.

use std::time::{Duration, Instant, SystemTime};

use super::checks::Observed;
use super::issuer::TrustedIssuer;
use super::{Verifier, seconds_since_epoch};
use crate::keys::KeyIds;
use crate::rejection::Rejection;
use crate::token::Unverified;
use crate::token::header::{Header, Typ};
use crate::token::logout_claims::LogoutClaims;

/// How old a logout token may be, in seconds.
pub(crate) const OLDEST: f64 = 300.0;

/// A logout token that its issuer has signed, just now, for one of its `logout_clients`.
#[derive(Debug)]
pub(crate) struct Logout {
    /// The number of the issuer.
    pub(crate) issuer: usize,
    pub(crate) claims: LogoutClaims,
}

/// Why a text is no such token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLogout {
    /// For the issuer, as `error_description`; it holds no value of the token.
    Refused(&'static str),
    /// The issuer's keys are not at hand.
    WithoutKeys { retry_after: Duration },
}

impl From<Rejection> for NoLogout {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::KeysUnavailable { retry_after } => Self::WithoutKeys { retry_after },
            Rejection::UnknownKey | Rejection::KeyIdMissing => {
                Self::Refused("The logout token names no key of its issuer.")
            }
            Rejection::BadSignature => {
                Self::Refused("The signature of the logout token does not hold.")
            }
            _ => Self::Refused("The logout token cannot be parsed."),
        }
    }
}

impl Verifier {
    /// Judges a logout token at `now`; waits for a missing key where a fetch is due or under way.
    pub(crate) async fn logout(&self, token: &str, now: SystemTime) -> Result<Logout, NoLogout> {
        let mut observed = Observed::default();
        let judged = self.check_logout(token, now, &mut observed);
        let Some(missing) = observed.awaited.take() else { return judged };
        let begun = Instant::now();
        missing.wait().await;
        self.check_logout(token, now + begun.elapsed(), &mut observed)
    }

    fn check_logout(
        &self,
        token: &str,
        now: SystemTime,
        observed: &mut Observed,
    ) -> Result<Logout, NoLogout> {
        if token.len() > self.max_token_bytes {
            return Err(NoLogout::Refused("The logout token is too long."));
        }
        let mut judged = Err(NoLogout::Refused("The logout token cannot be parsed."));
        let read = Unverified::read(token, |unverified| {
            judged = self.judge_logout(&unverified, seconds_since_epoch(now), observed);
            Ok(())
        });
        read.map_err(NoLogout::from).and(judged)
    }

    fn judge_logout(
        &self,
        unverified: &Unverified<'_>,
        now: f64,
        observed: &mut Observed,
    ) -> Result<Logout, NoLogout> {
        let iss = unverified.payload.issuer()?;
        let issuer = self.issuer(iss, || unverified.payload.tenant());
        let issuer = issuer.filter(|issuer| !issuer.logout_clients.is_empty());
        let issuer = issuer.ok_or(NoLogout::Refused("No logout of this issuer is taken."))?;
        issuer.check_logout_header(&unverified.header)?;
        issuer.check_signature(unverified, observed)?;
        let claims = unverified.payload.logout_claims().map_err(NoLogout::Refused)?;
        issuer.check_logout(&claims, now).map_err(NoLogout::Refused)?;
        Ok(Logout { issuer: issuer.number, claims })
    }
}

impl TrustedIssuer {
    fn check_logout_header(&self, header: &Header<'_>) -> Result<(), NoLogout> {
        let is_allowed = header.alg.is_some_and(|alg| self.algorithms.contains(&alg));
        let text = match header.typ {
            _ if !is_allowed => "The `alg` of the logout token is not allowed.",
            _ if header.has_crit => "The logout token has a `crit`.",
            _ if header.kid.is_none() && self.kids == KeyIds::Required => {
                "The logout token names no key of its issuer."
            }
            Typ::Absent | Typ::Jwt | Typ::Logout => return Ok(()),
            Typ::AccessToken | Typ::Other => "The `typ` is not that of a logout token.",
        };
        Err(NoLogout::Refused(text))
    }

    fn check_logout(&self, claims: &LogoutClaims, now: f64) -> Result<(), &'static str> {
        let leeway = self.rules.leeway.as_secs_f64();
        if !claims.aud.iter().any(|aud| self.logout_clients.contains(aud)) {
            return Err("The logout token is for another client.");
        }
        if claims.iat > now + leeway || now - claims.iat > OLDEST + leeway {
            return Err("The logout token was not issued just now.");
        }
        if claims.exp.is_some_and(|exp| now >= exp + leeway) {
            return Err("The logout token has expired.");
        }
        Ok(())
    }
}
