//! Claims → accepted: the rules of RFC 7519 §4.1 and RFC 9068 §4, pure in `now`.

use std::time::Duration;

use crate::rejection::Rejection;
use crate::token::claims::Claims;
use crate::verifier::checks::{Check, Watch};

/// What an issuer's tokens have to say to be accepted.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) issuer: String,
    pub(crate) audience: Vec<String>,
    pub(crate) token_type: TokenType,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
}

/// Which tokens count as access tokens: the key `token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenType {
    /// `typ` is absent, `JWT` or `at+jwt`.
    #[default]
    Any,
    /// `typ` is `at+jwt`, and the claims that RFC 9068 requires are there.
    AtJwt,
}

impl Rules {
    /// Judges the claims at `now`, in seconds since the epoch; the first failure answers.
    pub(crate) fn check(
        &self,
        claims: &Claims,
        now: f64,
        watch: &mut impl Watch,
    ) -> Result<(), Rejection> {
        self.check_times(claims, now, watch)?;
        watch.at(Check::Audience);
        if !claims.aud.iter().any(|aud| self.audience.contains(aud)) {
            return Err(Rejection::WrongAudience);
        }
        if claims.iss != self.issuer {
            return Err(Rejection::WrongIssuer);
        }
        watch.at(Check::Sender);
        if claims.other.contains_key("cnf") {
            return Err(Rejection::SenderConstrained);
        }
        watch.at(Check::Profile);
        match self.token_type {
            TokenType::Any => Ok(()),
            TokenType::AtJwt => check_rfc_9068(claims),
        }
    }

    /// What of a token's claims is true at one time and false at another.
    pub(crate) fn check_times(
        &self,
        claims: &Claims,
        now: f64,
        watch: &mut impl Watch,
    ) -> Result<(), Rejection> {
        let leeway = self.leeway.as_secs_f64();
        watch.at(Check::Expiry);
        if now >= claims.exp + leeway {
            return Err(Rejection::Expired);
        }
        watch.at(Check::NotBefore);
        if claims.nbf.is_some_and(|nbf| nbf > now + leeway) {
            return Err(Rejection::NotYetValid);
        }
        watch.at(Check::IssuedAt);
        if claims.iat.is_some_and(|iat| iat > now + leeway) {
            return Err(Rejection::IssuedInFuture);
        }
        watch.at(Check::Age);
        if let Some(max_age) = self.max_age {
            let iat = claims.iat.ok_or(Rejection::TooOld)?;
            if now - iat > max_age.as_secs_f64() + leeway {
                return Err(Rejection::TooOld);
            }
        }
        Ok(())
    }
}

/// RFC 9068 §2.2: `sub`, `client_id`, `iat` and `jti` are required beside the usual ones.
fn check_rfc_9068(claims: &Claims) -> Result<(), Rejection> {
    if claims.other.contains_key("client_id") {
        return Err(Rejection::MalformedClaim);
    }
    let complete = claims.sub.is_some()
        && claims.client_id.is_some()
        && claims.iat.is_some()
        && claims.jti.is_some();
    if complete { Ok(()) } else { Err(Rejection::ClaimMissing) }
}
