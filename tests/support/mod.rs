//! Keys to sign with, tokens to send, apps to send them to.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod issuer;
pub(crate) mod server;

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::config::LogLevel;
use rocket::figment::Figment;
use rocket_bearer::keys::KeySet;
use rocket_bearer::{Algorithm, Config, Issuer};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://issuer.localhost/";
pub(crate) const AUDIENCE: &str = "image";

/// A key pair: its public half as a JWK, its private half to sign with.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    pub(crate) alg: &'static str,
    pub(crate) jwk: Value,
    key: jsonwebtoken::EncodingKey,
}

impl Signer {
    /// The bundled pair with this `kid`.
    pub(crate) fn dev(kid: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/keys");
        let set = std::fs::read_to_string(format!("{folder}/jwks.json")).unwrap();
        let set: Value = serde_json::from_str(&set).unwrap();
        let jwk = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap();
        let pem = std::fs::read(format!("{folder}/{kid}.pem")).unwrap();
        use jsonwebtoken::EncodingKey as Key;
        let (alg, key) = match jwk["alg"].as_str().unwrap() {
            "ES256" => ("ES256", Key::from_ec_pem(&pem)),
            "EdDSA" => ("EdDSA", Key::from_ed_pem(&pem)),
            _ => ("RS256", Key::from_rsa_pem(&pem)),
        };
        Self { kid: kid.to_owned(), alg, jwk: jwk.clone(), key: key.unwrap() }
    }

    /// A pair that is made once per process; `alg` is any of ours.
    pub(crate) fn of(alg: &'static str) -> Self {
        static RSA: LazyLock<(Value, Vec<u8>)> = LazyLock::new(|| rsa(KeySize::Rsa2048));
        static P256: LazyLock<(Value, Vec<u8>)> =
            LazyLock::new(|| ec("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING));
        static P384: LazyLock<(Value, Vec<u8>)> =
            LazyLock::new(|| ec("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING));
        static ED: LazyLock<(Value, Vec<u8>)> = LazyLock::new(ed25519);
        use jsonwebtoken::EncodingKey as Key;
        let (public, key) = match alg {
            "ES256" => (&P256.0, Key::from_ec_der(&P256.1)),
            "ES384" => (&P384.0, Key::from_ec_der(&P384.1)),
            "EdDSA" => (&ED.0, Key::from_ed_der(&ED.1)),
            _ => (&RSA.0, Key::from_rsa_der(&RSA.1)),
        };
        let kid = format!("test-{}", alg.to_ascii_lowercase());
        let mut jwk = public.clone();
        jwk["kid"] = json!(kid);
        Self { kid, alg, jwk, key }
    }

    /// A pair of the same type that is nobody's we know.
    pub(crate) fn stranger(alg: &'static str) -> Self {
        use jsonwebtoken::EncodingKey as Key;
        let (jwk, key) = match alg {
            "ES256" => ec("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ec("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            "EdDSA" => ed25519(),
            _ => rsa(KeySize::Rsa2048),
        };
        let key = match alg {
            "ES256" | "ES384" => Key::from_ec_der(&key),
            "EdDSA" => Key::from_ed_der(&key),
            _ => Key::from_rsa_der(&key),
        };
        Self { kid: String::new(), alg, jwk, key }.with_kid("stranger")
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
        let input = format!("{}.{}", encode(header), encode(payload));
        format!("{input}.{}", encode(self.sign(input.as_bytes())))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature =
            jsonwebtoken::crypto::sign(message, &self.key, self.alg.parse().unwrap()).unwrap();
        URL_SAFE_NO_PAD.decode(signature).unwrap()
    }

    /// A token that is all right now.
    pub(crate) fn good(&self) -> String {
        self.token(&self.header(), &good_claims())
    }
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

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn set(jwks: &[&Value]) -> KeySet {
    KeySet::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap()
}

/// Accepts what this key signs, by every algorithm there is.
pub(crate) fn config(keys: KeySet) -> Config {
    let issuer = Issuer::with_keys(ISSUER, keys, [AUDIENCE]).unwrap();
    Config::new(issuer.algorithms(Algorithm::ALL).unwrap())
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

fn rsa(size: KeySize) -> (Value, Vec<u8>) {
    let pair = RsaKeyPair::generate(size).unwrap();
    let public = signature::RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let jwk = json!({ "kty": "RSA", "n": encode(public.n), "e": encode(public.e) });
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // `jsonwebtoken` wants the inner PKCS#1 structure: the last octet string of PKCS#8.
    (jwk, pkcs8.as_ref()[26..].to_vec())
}

fn ec(crv: &str, algorithm: &'static EcdsaSigningAlgorithm) -> (Value, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let jwk = json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) });
    (jwk, pair.to_pkcs8v1().unwrap().as_ref().to_vec())
}

fn ed25519() -> (Value, Vec<u8>) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) });
    (jwk, pair.to_pkcs8().unwrap().as_ref().to_vec())
}
