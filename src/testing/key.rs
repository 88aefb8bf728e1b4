//! Key pairs for tests, made once per process.

use std::fmt;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::keys::KeySet;
use crate::keys::signing_key::SigningKey;
use crate::token::algorithm::Algorithm;

/// A key pair: its private half signs tokens, its public half goes into a key set.
#[derive(Clone)]
pub struct Key {
    kid: String,
    signing: SigningKey,
}

/// A pair of each key type, kept while the process runs: an RSA pair is slow to make.
struct Pairs([OnceLock<SigningKey>; 8]);

static OURS: Pairs = Pairs::new();
static STRANGERS: Pairs = Pairs::new();

impl Pairs {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; 8])
    }

    fn of(&self, algorithm: Algorithm) -> SigningKey {
        let pair = match algorithm {
            Algorithm::ES256 => &self.0[0],
            Algorithm::ES384 => &self.0[1],
            Algorithm::ES512 => &self.0[2],
            Algorithm::EdDSA => &self.0[3],
            Algorithm::MlDsa44 => &self.0[4],
            Algorithm::MlDsa65 => &self.0[5],
            Algorithm::MlDsa87 => &self.0[6],
            _ => &self.0[7],
        };
        pair.get_or_init(|| generated(algorithm)).clone().signing(algorithm)
    }
}

fn generated(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("the system gives random octets")
}

impl Key {
    /// The process's key for this algorithm; the six RSA algorithms share one pair.
    pub fn of(algorithm: Algorithm) -> Self {
        let kid = format!("test-{}", algorithm.name().to_ascii_lowercase());
        Self { kid, signing: OURS.of(algorithm) }
    }

    /// A new key with the `kid` `new`; an RSA key has 2048 bits and is slow to make.
    pub fn generate(algorithm: Algorithm) -> Self {
        Self { kid: "new".to_owned(), signing: generated(algorithm) }
    }

    /// The private key in a PEM text: PKCS#8, PKCS#1 or SEC 1, not encrypted. Its `kid` is `pem`.
    ///
    /// # Panics
    ///
    /// If the text holds no private key for this algorithm.
    pub fn from_pem(pem: impl AsRef<[u8]>, algorithm: Algorithm) -> Self {
        match SigningKey::from_pem(pem.as_ref(), algorithm) {
            Ok(signing) => Self { kid: "pem".to_owned(), signing },
            Err(error) => panic!("{error}"),
        }
    }

    /// A key that no issuer of the kit publishes, for signatures that must not hold.
    pub(super) fn strangers(algorithm: Algorithm) -> Self {
        Self { kid: "stranger".to_owned(), signing: STRANGERS.of(algorithm) }
    }

    /// The same key under another `kid`.
    pub fn with_kid(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    pub(super) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key's id, as its JWK and the headers of tokens carry it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.signing.algorithm()
    }

    /// The public half as a JWK (RFC 7517), with `kid`, `use` and `alg`.
    pub fn jwk(&self) -> Value {
        self.signing.jwk(&self.kid)
    }

    /// A key set that holds this key only.
    pub fn key_set(&self) -> KeySet {
        KeySet::parse(json!({ "keys": [self.jwk()] }).to_string().as_bytes())
            .expect("our own key can be used")
    }

    /// The private half as a PEM text: PKCS#8, not encrypted (RFC 7468 §10).
    ///
    /// # Panics
    ///
    /// If it is a key of ML-DSA that was read from a PEM without its seed.
    pub fn pem(&self) -> String {
        self.signing
            .pem()
            .expect("a key that was made or read can be written, but for ML-DSA without its seed")
    }

    /// The signature of these octets in the form of a JWS (RFC 7518 §3).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signing.sign(message)
    }

    /// A signed token with these octets as header and payload, valid or not (RFC 7515 §7.1).
    pub fn token(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.signing.token_of(header.as_ref(), payload.as_ref())
    }
}

/// Shows the `kid` and the algorithm, and nothing of the private half.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.algorithm();
        f.debug_struct("Key").field("kid", &self.kid).field("algorithm", &algorithm).finish()
    }
}
