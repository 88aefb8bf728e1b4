//! The walk itself: a token, the keys, an instant; and a verdict.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::algorithm::Algorithm;
use crate::claims::{Claims, Rules, TokenType};
use crate::config::{self, Config};
use crate::error::Error;
use crate::keys::{KeySet, KeyStore, Trust};
use crate::rejection::Rejection;
use crate::token::{Typ, Unverified};

/// How many keys that share a `kid` and fit the `alg` are tried.
const MOST_CANDIDATES: usize = 4;

/// Judges tokens; needs no Rocket, no network and no clock of its own.
///
/// ```
/// # use rocket_bearer::{Config, Issuer, Rejection, Verifier, keys::KeySet};
/// # use std::time::SystemTime;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let json = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = KeySet::parse(json)?;
/// let issuer = Issuer::with_keys("https://issuer.example/", keys, ["my-api"])?;
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
}

/// One configured issuer: its keys verify its tokens only.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) keys: KeyStore,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) rules: Rules,
}

/// An accepted token. Only a verifier makes one.
#[derive(Clone)]
pub struct Verified(Arc<Accepted>);

struct Accepted {
    claims: Arc<Claims>,
    payload: String,
    token: String,
}

impl Verified {
    /// What it says.
    pub fn claims(&self) -> &Arc<Claims> {
        &self.0.claims
    }

    /// The JSON text that was signed, all of it.
    pub fn payload(&self) -> &str {
        &self.0.payload
    }

    /// The token itself, for calls in the caller's name.
    pub fn token(&self) -> &str {
        &self.0.token
    }
}

impl Verifier {
    /// A verifier for this configuration, its key sets loaded.
    ///
    /// Refuses the development keys that are published with this crate: whether they may be used
    /// depends on a profile and an address, which only a Rocket app has.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::trusting(config, Trust::Secret)
    }

    pub(crate) fn trusting(config: &Config, trust: Trust) -> Result<Self, Error> {
        let issuers = config.issuers.iter().map(|issuer| Issuer::load(issuer, config, trust));
        let issuers = issuers.collect::<Result<_, _>>()?;
        Ok(Self { issuers, max_token_bytes: config.max_token_bytes })
    }

    pub(crate) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// Judges `token` at `now`; the first failure answers.
    ///
    /// Nothing is fetched here: a `kid` that the keys at hand do not have is
    /// [`Rejection::UnknownKey`].
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Verified, Rejection> {
        let unverified = Unverified::parse(token, self.max_token_bytes)?;
        let kid = self.check_header(&unverified)?;
        let issuer = self.issuer(&unverified)?;
        issuer.check_signature(&unverified, kid)?;
        let Unverified { claims, payload, .. } = unverified;
        let claims = Arc::new(claims.accept(&issuer.rules, seconds_since_epoch(now))?);
        Ok(Verified(Arc::new(Accepted { claims, payload, token: token.to_owned() })))
    }

    /// What can be refused before anyone is asked for a key; what is left is the `kid`.
    fn check_header<'t>(&self, unverified: &'t Unverified<'_>) -> Result<&'t str, Rejection> {
        let header = &unverified.header;
        let alg = header.alg.ok_or(Rejection::ForbiddenAlgorithm)?;
        if !self.issuers.iter().any(|issuer| issuer.algorithms.contains(&alg)) {
            return Err(Rejection::ForbiddenAlgorithm);
        }
        if header.has_crit {
            return Err(Rejection::CriticalExtension);
        }
        if !self.issuers.iter().any(|issuer| issuer.takes(header.typ)) {
            return Err(Rejection::WrongType);
        }
        header.kid.as_deref().ok_or(Rejection::KeyIdMissing)
    }

    /// The configured issuer that the token names, byte for byte. An unknown one costs no fetch.
    fn issuer(&self, unverified: &Unverified<'_>) -> Result<&Issuer, Rejection> {
        let iss = unverified.claims.unverified_issuer()?;
        let issuer = self.issuers.iter().find(|issuer| issuer.rules.issuer == iss);
        let issuer = issuer.ok_or(Rejection::WrongIssuer)?;
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

impl Issuer {
    fn load(issuer: &config::Issuer, config: &Config, trust: Trust) -> Result<Self, Error> {
        Ok(Self {
            name: issuer.name.clone(),
            keys: KeyStore::load(&issuer.source, trust)?,
            algorithms: issuer.algorithms.clone(),
            rules: Rules {
                issuer: issuer.issuer.clone(),
                audience: issuer.audience.clone(),
                token_type: issuer.token_type,
                leeway: config.leeway,
                max_age: config.max_age,
            },
        })
    }

    /// What `/readyz` says of it: codes only.
    pub(crate) fn readiness(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name,
            "source": self.keys.source_code(),
            "keys": self.keys.current().kids().collect::<Vec<_>>(),
            "age": self.keys.age_in_seconds(),
            "error": null,
        })
    }

    pub(crate) fn warn_of_passed_over_keys(&self) {
        for key in self.keys.current().passed_over() {
            tracing::warn!("issuer {}: {key}", self.rules.issuer);
        }
    }

    fn takes(&self, typ: Typ) -> bool {
        match self.rules.token_type {
            TokenType::Any => typ != Typ::Other,
            TokenType::AtJwt => typ == Typ::AccessToken,
        }
    }

    fn check_signature(&self, unverified: &Unverified<'_>, kid: &str) -> Result<(), Rejection> {
        let keys: &KeySet = &self.keys.current();
        let with_kid = keys.with_kid(kid).ok_or(Rejection::UnknownKey)?;
        let mut fitting =
            with_kid.iter().filter(|key| Some(key.algorithm) == unverified.header.alg).peekable();
        if fitting.peek().is_none() {
            return Err(Rejection::MismatchedAlgorithm);
        }
        let holds = fitting
            .take(MOST_CANDIDATES)
            .any(|key| key.verifies(unverified.signing_input, &unverified.signature));
        if holds { Ok(()) } else { Err(Rejection::BadSignature) }
    }
}

/// For the launch: what tokens it takes, and by which keys.
impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audience = self.rules.audience.join(", ");
        let kids: Vec<_> = self.keys.current().kids().map(str::to_owned).collect();
        write!(f, "{} for {audience}, keys {}", self.rules.issuer, kids.join(", "))
    }
}

/// A clock before 1970 is judged as 1970.
fn seconds_since_epoch(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").finish_non_exhaustive()
    }
}
