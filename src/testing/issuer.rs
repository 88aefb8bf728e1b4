//! An issuer within the process.

use rocket::{Build, Rocket};

use super::key::Key;
use super::token::Token;
use crate::config::{self, Config};
use crate::fairing::Bearer;
use crate::token::algorithm::Algorithm;

/// An issuer of tokens within the process: one key, no file, no network.
///
/// Its key is made once per process, so a test may have an issuer of its own at no cost.
#[derive(Debug, Clone)]
pub struct TestIssuer {
    iss: String,
    audience: String,
    key: Key,
}

impl TestIssuer {
    /// `https://issuer.test/`, which signs with ES256 for the audience `https://api.test`.
    pub fn new() -> Self {
        Self::named("https://issuer.test/", "https://api.test")
    }

    /// One whose tokens carry this `iss` and this `aud`.
    pub fn named(iss: &str, audience: &str) -> Self {
        let key = Key::of(Algorithm::ES256);
        Self { iss: iss.to_owned(), audience: audience.to_owned(), key }
    }

    /// Signs with this key.
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// The key it signs with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// A token that an app it [`guards`](Self::guards) accepts now and for an hour, of the user
    /// `alice`; RFC 9068's claims are in it, no scope and no permission.
    pub fn token(&self) -> Token {
        Token::new(&self.key, &self.iss, &self.audience)
    }

    /// Puts this issuer in the place of all others of `rocket`.
    ///
    /// The rest of its policy is what its figment says under `bearer`, without a look at the
    /// environment: `leeway`, `max_age`, `token_type`, `errors` and so on. A `Bearer` that was
    /// attached before is replaced, its `public_only` too.
    ///
    /// # Panics
    ///
    /// Where the figment's policy cannot be served.
    pub fn guards(&self, rocket: Rocket<Build>) -> Rocket<Build> {
        guarded(rocket, self.trusted(), |config| config)
    }

    /// Accepts this issuer's tokens; the rest is at its default.
    ///
    /// For [`Bearer::with`], with a policy of your own, and for
    /// [`Verifier::new`](crate::Verifier::new).
    pub fn config(&self) -> Config {
        Config::new(self.trusted())
    }

    /// What an app has to know of it, for [`Config::also`] and the like.
    pub fn trusted(&self) -> crate::Issuer {
        let keys = self.key.key_set();
        let issuer = crate::Issuer::with_keys(&self.iss, keys, [self.audience.as_str()]);
        signing_with(issuer, &self.key)
    }

    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    pub(super) fn at(mut self, iss: &str) -> Self {
        iss.clone_into(&mut self.iss);
        self
    }
}

impl Default for TestIssuer {
    fn default() -> Self {
        Self::new()
    }
}

pub(super) fn signing_with(
    issuer: Result<crate::Issuer, crate::Invalid>,
    key: &Key,
) -> crate::Issuer {
    match issuer.and_then(|issuer| issuer.algorithms([key.algorithm()])) {
        Ok(issuer) => issuer,
        Err(invalid) => panic!("an issuer that {invalid}"),
    }
}

pub(super) fn guarded(
    rocket: Rocket<Build>,
    issuer: crate::Issuer,
    adjusted: impl Fn(Config) -> Config,
) -> Rocket<Build> {
    match config::read_for(issuer, rocket.figment()) {
        Ok(config) => rocket.attach(Bearer::with(adjusted(config))),
        Err(error) => panic!("{}", error.report()),
    }
}
