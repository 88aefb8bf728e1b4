//! The rules for claims (RFC 7519 §4.1, RFC 9068 §4). Time is an argument.

use std::time::Duration;

use serde_json::Value;

use crate::config::Tenants;
use crate::rejection::Rejection;
use crate::token::claims::Claims;
use crate::token::confirmation::Confirmation;
use crate::token::header::TokenType;
use crate::token::required_claim::RequiredClaim;
use crate::token::tenant;
use crate::verifier::checks::{Check, Observer};

/// What the claims of an issuer's tokens must be.
#[derive(Debug)]
pub(crate) struct ClaimRules {
    pub(crate) issuer: String,
    /// The tenants whose tokens count, where `issuer` is a template.
    pub(crate) tenants: Option<Tenants>,
    /// Other spellings of `issuer`.
    pub(crate) aliases: Vec<String>,
    /// Empty where `aud` is not looked at; then `clients` is not.
    pub(crate) audience: Vec<String>,
    /// Empty where any client will do.
    pub(crate) clients: Vec<String>,
    pub(crate) claims: Vec<RequiredClaim>,
    /// Whether tokens of Auth0's anonymous sessions are refused.
    pub(crate) refuses_anonymous: bool,
    pub(crate) token_type: TokenType,
    /// Whether tokens may be bound to a key of their sender; else any `cnf` refuses.
    pub(crate) takes_bound: bool,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
}

impl ClaimRules {
    /// Whether this `iss` is the issuer's own, byte for byte.
    pub(crate) fn names(&self, iss: &str) -> bool {
        self.issuer == iss && self.tenants.is_none() || self.is_alias(iss)
    }

    pub(crate) fn is_alias(&self, iss: &str) -> bool {
        self.aliases.iter().any(|alias| alias == iss)
    }

    /// Whether this `iss` is the template with the token's own tenant, and that is one of ours.
    pub(crate) fn names_tenant(&self, iss: &str, tid: Option<&str>) -> bool {
        let Some(tenants) = &self.tenants else { return false };
        let tenant = tenant::of(iss, &self.issuer);
        tenant.is_some_and(|tenant| tid == Some(tenant) && tenants.accept(tenant))
    }

    /// Whether this `iss` is the template with a tenant that is one of ours.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_tenant(&self, iss: &str) -> bool {
        self.names_tenant(iss, tenant::of(iss, &self.issuer))
    }

    /// Every `iss` that is the issuer's own.
    #[cfg(feature = "cli")]
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.issuer).chain(&self.aliases).map(String::as_str)
    }

    /// The accepted audiences, for the operator.
    pub(crate) fn audiences(&self) -> String {
        match self.audience.as_slice() {
            [] => "any (`aud` is not looked at)".to_owned(),
            audience => audience.join(", "),
        }
    }

    /// Checks all claims at `now`, in seconds since the epoch.
    pub(crate) fn check(
        &self,
        claims: &Claims,
        now: f64,
        observer: &mut impl Observer,
    ) -> Result<(), Rejection> {
        self.check_times(claims, now, observer)?;
        observer.at(Check::Audience);
        let is_for_us = |aud| self.audience.contains(aud);
        if !self.audience.is_empty() && !claims.aud.iter().any(is_for_us) {
            return Err(Rejection::WrongAudience);
        }
        let tid = || claims.get("tid").and_then(Value::as_str);
        if !self.names(&claims.iss) && !self.names_tenant(&claims.iss, tid()) {
            return Err(Rejection::WrongIssuer);
        }
        observer.at(Check::Client);
        if !self.clients.is_empty() {
            let is_ours = |client| self.clients.iter().any(|ours| ours == client);
            if !claims.client().is_some_and(is_ours) {
                return Err(Rejection::WrongClient);
            }
        }
        observer.at(Check::Claims);
        for required in &self.claims {
            if !required.is_met_by(required.path.value(claims).as_deref()) {
                return Err(Rejection::ClaimMismatch);
            }
        }
        observer.at(Check::Subject);
        let is_anonymous = |sub: &String| sub.starts_with("anon@");
        if self.refuses_anonymous && claims.sub.as_ref().is_some_and(is_anonymous) {
            return Err(Rejection::AnonymousSession);
        }
        observer.at(Check::Sender);
        match claims.confirmation() {
            Confirmation::Absent => {}
            Confirmation::Key(_) if self.takes_bound => {}
            _ => return Err(Rejection::SenderConstrained),
        }
        observer.at(Check::Profile);
        match self.token_type {
            TokenType::Any => Ok(()),
            TokenType::AtJwt => check_rfc_9068(claims),
        }
    }

    /// Checks the claims whose verdict depends on `now`, in seconds since the epoch.
    pub(crate) fn check_times(
        &self,
        claims: &Claims,
        now: f64,
        observer: &mut impl Observer,
    ) -> Result<(), Rejection> {
        let leeway = self.leeway.as_secs_f64();
        observer.at(Check::Expiry);
        if now >= claims.exp + leeway {
            return Err(Rejection::Expired);
        }
        observer.at(Check::NotBefore);
        if claims.nbf.is_some_and(|nbf| nbf > now + leeway) {
            return Err(Rejection::NotYetValid);
        }
        observer.at(Check::IssuedAt);
        if claims.iat.is_some_and(|iat| iat > now + leeway) {
            return Err(Rejection::IssuedInFuture);
        }
        observer.at(Check::Age);
        if let Some(max_age) = self.max_age {
            let iat = claims.iat.ok_or(Rejection::TooOld)?;
            if now - iat > max_age.as_secs_f64() + leeway {
                return Err(Rejection::TooOld);
            }
        }
        Ok(())
    }
}

/// Besides the claims of every token, `sub`, `client_id`, `iat` and `jti` are required (RFC 9068 §2.2).
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
