//! The issuer of a test: its tokens, and what an app needs to accept them.

use rocket::{Build, Orbit, Rocket};

use super::key::Key;
use super::token::Token;
use crate::config::{self, Config};
use crate::fairing::Bearer;
use crate::revocation::{Revocations, Rule};
use crate::token::algorithm::Algorithm;

/// An issuer within the test's process: one key, no file, no network.
///
/// Its key is made once per process, so that every test can have an issuer of its own at no cost.
#[derive(Debug, Clone)]
pub struct TestIssuer {
    iss: String,
    audience: String,
    key: Key,
}

impl TestIssuer {
    /// The issuer `https://issuer.test/`, which signs with ES256 for the audience `https://api.test`.
    pub fn new() -> Self {
        Self::named("https://issuer.test/", "https://api.test")
    }

    /// An issuer whose tokens carry this `iss` and this `aud`.
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

    /// A token for the user `alice`. An app that this issuer [`guards`](Self::guards) accepts it for an
    /// hour from now. It has the claims of RFC 9068, no scope and no permission.
    pub fn token(&self) -> Token {
        Token::new(&self.key, &self.iss, &self.audience)
    }

    /// Makes this issuer the only one of `rocket`.
    ///
    /// The other keys under `bearer` in its figment stay in force, such as `leeway`, `max_age`,
    /// `token_type` and `errors`; the environment is not read. A `Bearer` that was attached before is
    /// replaced, its `public_only` too.
    ///
    /// # Panics
    ///
    /// If the figment's keys are wrong.
    pub fn guards(&self, rocket: Rocket<Build>) -> Rocket<Build> {
        guarded(rocket, self.trusted(), |config| config)
    }

    /// As [`guards`](Self::guards), with others beside this one: the app accepts the tokens of each, by
    /// its own key. Their names are `issuer-2`, `issuer-3` and so on.
    ///
    /// # Panics
    ///
    /// If the figment's keys are wrong, or two of the issuers have the same `iss`.
    pub fn guards_with<'o>(
        &self,
        others: impl IntoIterator<Item = &'o Self>,
        rocket: Rocket<Build>,
    ) -> Rocket<Build> {
        let read = |other: &Self| as_figment_says(other.trusted(), &rocket).issuers.remove(0);
        let others: Vec<_> = others.into_iter().map(read).collect();
        guarded(rocket, self.trusted(), |config| {
            others.iter().zip(2..).fold(config, |config, (other, number)| {
                let other = other.clone().named(&format!("issuer-{number}"));
                match other.and_then(|other| config.also(other)) {
                    Ok(config) => config,
                    Err(invalid) => panic!("an issuer that {invalid}"),
                }
            })
        })
    }

    /// Revokes tokens of this issuer in a running app, as a rule from elsewhere would: at once, for every
    /// guard, and in the memory of that app alone.
    ///
    /// ```
    /// use rocket::http::Status;
    /// use rocket::local::blocking::Client;
    /// # use rocket::{Build, Rocket, get, routes};
    /// # use rocket_bearer::AuthedUser;
    /// use rocket_bearer::Rule;
    /// use rocket_bearer::testing::TestIssuer;
    ///
    /// # #[get("/headers")]
    /// # fn headers(_user: AuthedUser) -> &'static str { "Access Granted" }
    /// # fn rocket() -> Rocket<Build> { rocket::build().mount("/", routes![headers]) }
    /// let issuer = TestIssuer::new();
    /// let client = Client::tracked(issuer.guards(rocket())).expect("the app launches");
    /// issuer.revoke(client.rocket(), Rule::sub("alice"));
    ///
    /// let response = client.get("/headers").header(issuer.token()).dispatch();
    /// assert_eq!(response.status(), Status::Unauthorized);
    /// ```
    ///
    /// # Panics
    ///
    /// If the app does not accept this issuer, or the rule cannot be meant.
    pub fn revoke(&self, rocket: &Rocket<Orbit>, rule: Rule) {
        let revocations: Option<&Revocations> = rocket.state();
        let revocations = revocations.expect("`Bearer` is attached");
        let name = revocations.name_of(&self.iss).expect("the app accepts this issuer");
        if let Err(error) = revocations.obey(&rule.of_issuer(name)) {
            panic!("{error}");
        }
    }

    /// A configuration that accepts this issuer's tokens, with all other keys at their defaults.
    ///
    /// It is for [`Bearer::with`], where a test sets other keys, and for
    /// [`Verifier::new`](crate::Verifier::new).
    pub fn config(&self) -> Config {
        Config::new(self.trusted())
    }

    /// This issuer as a configuration names it, for [`Config::also`] and the like.
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
    let config = as_figment_says(issuer, &rocket);
    rocket.attach(Bearer::with(adjusted(config)))
}

/// The configuration of this issuer, with what the figment says besides.
fn as_figment_says(issuer: crate::Issuer, rocket: &Rocket<Build>) -> Config {
    config::read_for(issuer, rocket.figment()).unwrap_or_else(|error| panic!("{}", error.report()))
}
