//! Key pairs that are made once per process.

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

/// A pair of each type, for as long as the process runs: RSA takes its time.
struct Pairs([OnceLock<SigningKey>; 4]);

static OURS: Pairs = Pairs::new();
static STRANGERS: Pairs = Pairs::new();

impl Pairs {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; 4])
    }

    fn of(&self, algorithm: Algorithm) -> SigningKey {
        let pair = match algorithm {
            Algorithm::ES256 => &self.0[0],
            Algorithm::ES384 => &self.0[1],
            Algorithm::EdDSA => &self.0[2],
            _ => &self.0[3],
        };
        pair.get_or_init(|| generated(algorithm)).clone().signing(algorithm)
    }
}

fn generated(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("the system gives random octets")
}

impl Key {
    /// The process's own key for this algorithm; the six of RSA share one pair.
    pub fn of(algorithm: Algorithm) -> Self {
        let kid = format!("test-{}", algorithm.name().to_ascii_lowercase());
        Self { kid, signing: OURS.of(algorithm) }
    }

    /// A new key of the `kid` `new`; RSA has 2048 bits and takes a while.
    pub fn generate(algorithm: Algorithm) -> Self {
        Self { kid: "new".to_owned(), signing: generated(algorithm) }
    }

    /// The key in a PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted.
    ///
    /// # Panics
    ///
    /// Where it holds no private key for this algorithm.
    pub fn from_pem(pem: impl AsRef<[u8]>, algorithm: Algorithm) -> Self {
        match SigningKey::from_pem(pem.as_ref(), algorithm) {
            Ok(signing) => Self { kid: "pem".to_owned(), signing },
            Err(error) => panic!("{error}"),
        }
    }

    /// What nobody published: for a signature that does not hold.
    pub(super) fn strangers(algorithm: Algorithm) -> Self {
        Self { kid: "stranger".to_owned(), signing: STRANGERS.of(algorithm) }
    }

    /// The same key under another id.
    pub fn with_kid(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The id of the key, in its JWK and in the header of tokens.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.signing.algorithm()
    }

    /// The public half (RFC 7517), with `kid`, `use` and `alg`.
    pub fn jwk(&self) -> Value {
        self.signing.jwk(&self.kid)
    }

    /// The key set of this key alone.
    pub fn key_set(&self) -> KeySet {
        KeySet::parse(json!({ "keys": [self.jwk()] }).to_string().as_bytes())
            .expect("our own key can be used")
    }

    /// The private half as PKCS#8, not encrypted (RFC 7468 §10).
    pub fn pem(&self) -> String {
        self.signing.pem().expect("a key that was made or read can be written")
    }

    /// The signature of these octets, as a JWS carries it (RFC 7518 §3).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signing.sign(message)
    }

    /// A signed token whose header and payload are these octets, right or wrong (RFC 7515 §7.1).
    pub fn token(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.signing.token_of(header.as_ref(), payload.as_ref())
    }
}

/// Its name, and nothing of the private half.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.algorithm();
        f.debug_struct("Key").field("kid", &self.kid).field("algorithm", &algorithm).finish()
    }
}
