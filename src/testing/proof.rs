//! DPoP proofs for tests: good ones, and bad ones with exactly one fault.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rocket::http::Header;
use serde::Serialize;
use serde_json::{Map, Value};

use super::key::Key;
use super::token::value_of;
use crate::dpop::{draft, token_hash};

/// A proof of possession (RFC 9449) that a test may change before it is signed; it begins as
/// [`Key::proof`] says.
///
/// It converts into a `DPoP` header for a request of `rocket::local`; [`Display`](fmt::Display) writes the
/// signed proof. Each proof serves once, so a test makes one for each request.
///
/// ```
/// # use rocket::http::Status;
/// # use rocket::local::blocking::Client;
/// # use rocket::{Build, Rocket, get, routes};
/// # use rocket_bearer::{Algorithm, AuthedUser, Bearer, catchers};
/// use rocket_bearer::testing::{Key, TestIssuer};
///
/// # #[get("/headers")]
/// # fn headers(_user: AuthedUser) -> &'static str { "Access Granted" }
/// # fn rocket() -> Rocket<Build> {
/// #     let figment = rocket::Config::figment()
/// #         .merge(("bearer.dpop.mode", "allowed"))
/// #         .merge(("bearer.dpop.base", "https://api.test"));
/// #     rocket::custom(figment).attach(Bearer::fairing()).register("/", catchers()).mount("/", routes![headers])
/// # }
/// let (issuer, key) = (TestIssuer::new(), Key::generate(Algorithm::ES256));
/// let client = Client::tracked(issuer.guards(rocket())).expect("the app launches");
///
/// let token = issuer.token().bound_to(&key);
/// let proof = key.proof("GET", "https://api.test/headers").for_token(&token);
/// let answer = client.get("/headers").header(token.clone()).header(proof.clone()).dispatch();
/// assert_eq!(answer.status(), Status::Ok);
///
/// let answer = client.get("/headers").header(token).header(proof).dispatch();
/// assert_eq!(answer.status(), Status::Unauthorized, "a proof serves once");
/// ```
#[must_use = "a proof does nothing until it is sent"]
#[derive(Debug, Clone)]
pub struct Proof {
    key: Key,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Key {
    /// A proof of possession for a request with this method to this URL, made now. It still needs the token
    /// that it is [for](Proof::for_token).
    pub fn proof(&self, method: &str, url: &str) -> Proof {
        let now = seconds(SystemTime::now());
        let (header, claims) = draft::draft(self.signing(), method, url, now);
        Proof { key: self.clone(), header, claims }
    }
}

impl Proof {
    /// Is for this token: the claim `ath`. A proof without it is refused.
    pub fn for_token(self, token: impl fmt::Display) -> Self {
        self.claim("ath", token_hash(&token.to_string()))
    }

    /// Carries this nonce, which a server has told in `DPoP-Nonce`.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets the time at which the proof was made, `iat`; it is now by default.
    pub fn made(self, at: SystemTime) -> Self {
        self.claim("iat", seconds(at))
    }

    /// Sets a claim, right or wrong.
    ///
    /// # Panics
    ///
    /// Where the value cannot be written as JSON.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        self.claims.insert(name.to_owned(), value_of(value));
        self
    }

    /// Removes a claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    /// Sets a member of the header, right or wrong.
    ///
    /// # Panics
    ///
    /// Where the value cannot be written as JSON.
    pub fn header(mut self, member: &str, value: impl Serialize) -> Self {
        self.header.insert(member.to_owned(), value_of(value));
        self
    }

    /// Was made an hour ago: [`Rejection::ProofTooOld`](crate::Rejection::ProofTooOld).
    pub fn old(self) -> Self {
        self.made(SystemTime::now() - Duration::from_secs(3_600))
    }

    /// Is dated an hour into the future:
    /// [`Rejection::ProofFromFuture`](crate::Rejection::ProofFromFuture).
    pub fn from_future(self) -> Self {
        self.made(SystemTime::now() + Duration::from_secs(3_600))
    }

    /// Names the key, and is signed with another one:
    /// [`Rejection::BadProofSignature`](crate::Rejection::BadProofSignature).
    pub fn forged(mut self) -> Self {
        self.key = Key::strangers(self.key.algorithm());
        self
    }

    /// Is by another key, and carries that: [`Rejection::OtherKey`](crate::Rejection::OtherKey).
    pub fn by_stranger(mut self) -> Self {
        self.key = Key::strangers(self.key.algorithm());
        let jwk = self.key.signing().public_jwk();
        self.header("jwk", jwk)
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Signs the proof, and writes its compact serialisation (RFC 7515 §7.1).
impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [header, claims] =
            [&self.header, &self.claims].map(|it| Value::Object(it.clone()).to_string());
        f.write_str(&self.key.token(header, claims))
    }
}

/// The header `DPoP: …` (RFC 9449 §4.1).
impl From<Proof> for Header<'static> {
    fn from(proof: Proof) -> Self {
        Header::new("DPoP", proof.to_string())
    }
}
