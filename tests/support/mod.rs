//! Keys to sign with, tokens to send, apps to send them to.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod bound;
pub(crate) mod issuer;
pub(crate) mod leaks;
#[cfg(unix)]
pub(crate) mod redis;
pub(crate) mod server;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::config::LogLevel;
use rocket::figment::Figment;
use rocket::{Build, Rocket};
use rocket_bearer::keys::KeySet;
use rocket_bearer::testing::Key;
use rocket_bearer::{Algorithm, Config, Issuer};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://issuer.localhost/";
pub(crate) const AUDIENCE: &str = "image";

/// A key of the kit, and its public half as a JWK that a test may change.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    pub(crate) alg: &'static str,
    pub(crate) jwk: Value,
    key: Key,
}

impl Signer {
    /// The bundled pair with this `kid`.
    pub(crate) fn dev(kid: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/keys");
        let set = std::fs::read_to_string(format!("{folder}/jwks.json")).unwrap();
        let set: Value = serde_json::from_str(&set).unwrap();
        let jwk = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap();
        let pem = std::fs::read(format!("{folder}/{kid}.pem")).unwrap();
        let key = Key::from_pem(pem, jwk["alg"].as_str().unwrap().parse().unwrap()).with_kid(kid);
        Self { jwk: jwk.clone(), ..Self::with(key) }
    }

    /// A pair that is made once per process; `alg` is any of ours.
    pub(crate) fn of(alg: &'static str) -> Self {
        Self::with(Key::of(alg.parse().unwrap()))
    }

    /// A pair of the same type that is nobody's we know.
    pub(crate) fn stranger(alg: &'static str) -> Self {
        Self::with(Key::generate(alg.parse().unwrap()).with_kid("stranger"))
    }

    /// Its JWK says for nothing what it is for, where it need not.
    fn with(key: Key) -> Self {
        leaks::keep_key(&key);
        let mut jwk = but(key.jwk(), json!({ "use": null }));
        if jwk["kty"] != "AKP" {
            jwk = but(jwk, json!({ "alg": null }));
        }
        Self { kid: key.kid().to_owned(), alg: key.algorithm().name(), jwk, key }
    }

    pub(crate) fn with_kid(mut self, kid: &str) -> Self {
        self.kid = kid.to_owned();
        self.jwk["kid"] = json!(kid);
        self
    }

    /// The key set of this key alone.
    pub(crate) fn set(&self) -> KeySet {
        set(&[&self.jwk])
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.alg, "kid": self.kid })
    }

    /// A token with this header and these claims, right or wrong.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(header.to_string(), claims.to_string())
    }

    /// A token whose parts are these texts, whatever they are.
    pub(crate) fn token_of(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.key.token(header, payload)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message)
    }

    /// A token that is all right now.
    pub(crate) fn good(&self) -> String {
        self.token(&self.header(), &good_claims())
    }
}

impl From<&&Signer> for Value {
    fn from(signer: &&Signer) -> Self {
        signer.jwk.clone()
    }
}

/// This token with another end to its signature, which may by chance be all zeros already.
pub(crate) fn forged(token: &str) -> String {
    let (rest, end) = token.split_at(token.len() - 4);
    format!("{rest}{}", if end == "AAAA" { "AQAA" } else { "AAAA" })
}

/// Claims that are all right now.
pub(crate) fn good_claims() -> Value {
    claims_at(now())
}

pub(crate) fn claims_at(now: u64) -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600 })
}

/// `value` with these members over it; `null` removes one.
pub(crate) fn but(mut value: Value, members: Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        if member.is_null() {
            value.as_object_mut().unwrap().remove(name);
        } else {
            value[name] = member.clone();
        }
    }
    value
}

/// A file with this many rules by which tokens of others are revoked, of each kind as many; it stays where
/// temporary files are.
pub(crate) fn revocations(count: usize) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("rocket-bearer-{count}-rules.jsonl"));
    let line = |number: usize| {
        let kind = ["jti", "sid", "sub", "client"][number % 4];
        format!("{{\"{kind}\":\"auth0|{number:024x}\",\"until\":4102444800}}\n")
    };
    std::fs::write(&path, (0..count).map(line).collect::<String>()).unwrap();
    path
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn set(jwks: &[&Value]) -> KeySet {
    KeySet::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap()
}

/// The octets of a part of a token.
pub(crate) fn octets(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// The JSON in a part of a token.
pub(crate) fn decoded(part: &str) -> Value {
    serde_json::from_slice(&octets(part)).unwrap()
}

/// Accepts what this key signs, by every algorithm there is.
pub(crate) fn config(keys: KeySet) -> Config {
    Config::new(issuer(keys))
}

/// An issuer with these keys, for all algorithms.
pub(crate) fn issuer(keys: KeySet) -> Issuer {
    let issuer = Issuer::with_keys(ISSUER, keys, [AUDIENCE]).unwrap();
    issuer.algorithms(Algorithm::ALL).unwrap()
}

/// Rocket's configuration for tests: the debug profile, on loopback, silent.
pub(crate) fn figment() -> Figment {
    Figment::from(rocket::Config {
        log_level: LogLevel::Off,
        cli_colors: false,
        ..rocket::Config::debug_default()
    })
    .select("debug")
}

/// An app with nothing in it, on loopback; what it tells is looked at.
pub(crate) fn rocket() -> Rocket<Build> {
    leaks::watched(figment())
}
