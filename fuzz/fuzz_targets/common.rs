//! Four keys that sign what they are given, and a verifier that takes their tokens.

#![allow(dead_code, reason = "each target uses its part")]

#[path = "../../tests/attacker/vectors/rfc7515.rs"]
#[allow(unreachable_pub)]
mod rfc7515;
#[path = "../../tests/attacker/vectors/rfc8037.rs"]
#[allow(unreachable_pub)]
mod rfc8037;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256};
use rocket_bearer::keys::KeySet;
use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verified, Verifier};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

pub const ISSUER: &str = "https://issuer.example/";
pub const AUDIENCE: &str = "api";

/// The instant of every verdict, in seconds since the epoch.
pub const NOW: u64 = 1_800_000_000;

pub struct Key {
    pub alg: &'static str,
    pub signer: Box<dyn JwsSigner>,
    pub verifier: Box<dyn JwsVerifier>,
    pub public: Value,
}

/// The key pairs of RFC 7515 A.2 (twice), A.3 and RFC 8037 A.1; their `kid` is their `alg`.
pub static KEYS: LazyLock<[Key; 4]> = LazyLock::new(|| {
    let key = |alg: &'static str, json: &str| {
        let mut members: Map<String, Value> = serde_json::from_str(json).unwrap();
        members.insert("kid".to_owned(), json!(alg));
        members.insert("alg".to_owned(), json!(alg));
        let mut public = members.clone();
        public.retain(|name, _| !["d", "p", "q", "dp", "dq", "qi"].contains(&name.as_str()));
        let (private, jwk) =
            (Jwk::from_map(members).unwrap(), Jwk::from_map(public.clone()).unwrap());
        let (signer, verifier): (Box<dyn JwsSigner>, Box<dyn JwsVerifier>) = match alg {
            "RS256" => (
                Box::new(RS256.signer_from_jwk(&private).unwrap()),
                Box::new(RS256.verifier_from_jwk(&jwk).unwrap()),
            ),
            "PS256" => (
                Box::new(PS256.signer_from_jwk(&private).unwrap()),
                Box::new(PS256.verifier_from_jwk(&jwk).unwrap()),
            ),
            "ES256" => (
                Box::new(ES256.signer_from_jwk(&private).unwrap()),
                Box::new(ES256.verifier_from_jwk(&jwk).unwrap()),
            ),
            _ => (
                Box::new(EdDSA.signer_from_jwk(&private).unwrap()),
                Box::new(EdDSA.verifier_from_jwk(&jwk).unwrap()),
            ),
        };
        Key { alg, signer, verifier, public: Value::Object(public) }
    };
    [
        key("EdDSA", rfc8037::A1_KEY),
        key("ES256", rfc7515::A3_KEY),
        key("RS256", rfc7515::A2_KEY),
        key("PS256", rfc7515::A2_KEY),
    ]
});

impl Key {
    pub fn sign(&self, input: &str) -> String {
        format!("{input}.{}", encode(self.signer.sign(input.as_bytes()).unwrap()))
    }
}

/// One that remembers tokens, and one that does not.
static VERIFIERS: LazyLock<[Verifier; 2]> = LazyLock::new(|| {
    let jwks: Vec<_> = KEYS.iter().map(|key| &key.public).collect();
    let keys = KeySet::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap();
    [1_000, 0].map(|tokens| {
        let issuer = Issuer::with_keys(ISSUER, keys.clone(), [AUDIENCE]).unwrap();
        let config = Config::new(issuer.algorithms(Algorithm::ALL).unwrap());
        Verifier::new(&config.leeway(Duration::ZERO).unwrap().cache_tokens(tokens).unwrap())
            .unwrap()
    })
});

pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The verdict, which is the same by a cache or without, and the second time.
pub fn judge(token: &str) -> Result<Verified, Rejection> {
    let [cached, plain] = &*VERIFIERS;
    let verdict = plain.verify(token, at(NOW));
    let text = |verdict: &Result<Verified, Rejection>| {
        verdict.as_ref().map(|verified| verified.payload()).map_err(|it| *it)
    };
    for _ in 0..2 {
        assert_eq!(text(&cached.verify(token, at(NOW))), text(&verdict), "{token}");
    }
    verdict
}

pub fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// The parts of a token that is base64url of two JSON objects, by serde_json alone.
pub fn read(token: &str) -> Option<(Object, Object)> {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let mut object = || Object::read(&parts.next()??);
    Some((object()?, object()?))
}

/// A JSON object as another reader may take it: of two members of one name, the last.
pub struct Object {
    pub members: Map<String, Value>,
    /// A name stands there more than once.
    pub is_ambiguous: bool,
    /// So does, somewhere, one that serde_json keeps for itself.
    pub has_reserved_name: bool,
}

impl Object {
    fn read(json: &[u8]) -> Option<Self> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = usize;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<usize, A::Error> {
                let mut count = 0;
                while members.next_entry::<String, IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(count)
            }
        }
        let members: Map<String, Value> = serde_json::from_slice(json).ok()?;
        let mut reader = serde_json::Deserializer::from_slice(json);
        let count = serde::Deserializer::deserialize_map(&mut reader, Count).ok()?;
        let is_ambiguous = count != members.len();
        let has_reserved_name = String::from_utf8_lossy(json).contains("serde_json::private::");
        Some(Self { members, is_ambiguous, has_reserved_name })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.members.get(name)?.as_f64()
    }

    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// `aud` as a list; `None` where it is neither a text nor a list of texts.
    pub fn audience(&self) -> Option<Vec<&str>> {
        match self.members.get("aud") {
            None => Some(vec![]),
            Some(Value::String(one)) => Some(vec![one]),
            Some(Value::Array(all)) => all.iter().map(Value::as_str).collect(),
            Some(_) => None,
        }
    }
}

/// Reads the input of a structured target: which key, the header and the claims as they are
/// written, and where to change a character of the signed token, if anywhere.
pub fn token_of(input: &[u8]) -> Option<(&'static Key, String)> {
    let (&choice, text) = input.split_first()?;
    let key = &KEYS[usize::from(choice & 3)];
    let (header, claims) = match text.iter().position(|octet| *octet == b'\n') {
        Some(end) => (text[..end].to_vec(), &text[end + 1..]),
        None => (format!(r#"{{"alg":"{0}","kid":"{0}"}}"#, key.alg).into_bytes(), text),
    };
    let mut token = key.sign(&format!("{}.{}", encode(header), encode(claims)));
    if choice & 4 != 0 {
        // The upper bits and the length choose a place and another character for it.
        let place = (usize::from(choice) * 7_919 + text.len() * 104_729) % token.len();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
        let other = alphabet[usize::from(choice >> 3) * 2 % alphabet.len()];
        token.replace_range(place..=place, str::from_utf8(&[other]).unwrap());
    }
    Some((key, token))
}
