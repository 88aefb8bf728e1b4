//! What forgers send: one row per attack, on every type of key.
//!
//! A test binary that takes this in has `support` at its root.

mod claims;
mod encoding;
mod keys;
mod ml_dsa;
mod signatures;
mod text;

use rocket_bearer::Rejection;
use serde_json::{Value, json};

use crate::support::{Signer, but, encode, good_claims};

/// The types of key that are attacked.
pub(crate) const KEY_TYPES: [&str; 9] =
    ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];

/// The default of `max_token_bytes`.
const MOST: usize = 16_384;

/// A token, and the verdict that is due to it.
#[derive(Debug)]
pub(crate) struct Attack {
    /// Begins with the type of the key.
    pub(crate) name: String,
    /// Where it is described: an advisory, or the clause that it tries.
    pub(crate) source: &'static str,
    pub(crate) token: String,
    /// A few rows are no attacks but good tokens that come close to one.
    pub(crate) expected: Verdict,
}

pub(crate) type Verdict = Result<(), Rejection>;

/// Every attack, and the key set that all of them are to be judged by, for the issuer and the
/// audience of [`crate::support::config`] and with every algorithm allowed.
pub(crate) struct Corpus {
    pub(crate) jwks: Value,
    pub(crate) attacks: Vec<Attack>,
}

impl Corpus {
    /// Headers that name an address to fetch a key from name this one.
    pub(crate) fn luring_to(url: &str) -> Self {
        let keys = KEY_TYPES.map(pinned);
        let mut jwks: Vec<_> = keys.iter().map(|key| key.jwk.clone()).collect();
        let mut attacks = vec![];
        for key in &keys {
            let target = Target { key, keys: &keys, mallory: Signer::stranger(key.alg), url };
            let (unusable, on_keys) = keys::rows(&target);
            jwks.extend(unusable);
            let rows =
                [on_keys, signatures::rows(&target), text::rows(&target), claims::rows(&target)];
            attacks.extend(rows.into_iter().flatten().map(|(name, source, token, expected)| {
                // Some texts fit into a token, but not beside a signature of ML-DSA.
                let expected = if token.len() > MOST { Err(Rejection::TooLong) } else { expected };
                Attack { name: format!("{}: {name}", key.alg), source, token, expected }
            }));
        }
        Self { jwks: json!({ "keys": jwks }), attacks }
    }
}

/// Name, source, token, verdict.
type Row = (String, &'static str, String, Verdict);

fn row(name: impl Into<String>, source: &'static str, token: String, expected: Verdict) -> Row {
    (name.into(), source, token, expected)
}

/// A pair whose JWK names its algorithm.
fn pinned(alg: &'static str) -> Signer {
    let mut key = Signer::of(alg);
    key.jwk["alg"] = json!(alg);
    key
}

/// The key that is attacked, the others of the set, and the forger's own.
struct Target<'t> {
    key: &'t Signer,
    keys: &'t [Signer],
    mallory: Signer,
    url: &'t str,
}

impl Target<'_> {
    /// Signed by the key, as are the next four: only what is changed can refuse them.
    fn with_header(&self, members: Value) -> String {
        self.key.token(&but(self.key.header(), members), &good_claims())
    }

    /// These members stand as they are written, after `alg` and `kid`.
    fn with_members(&self, text: &str) -> String {
        let Signer { alg, kid, .. } = self.key;
        self.with_header_text(format!(r#"{{"alg":"{alg}","kid":"{kid}",{text}}}"#))
    }

    fn with_header_text(&self, text: impl AsRef<[u8]>) -> String {
        self.key.token_of(text, good_claims().to_string())
    }

    fn with_claims(&self, members: Value) -> String {
        self.with_payload(but(good_claims(), members).to_string())
    }

    fn with_payload(&self, text: impl AsRef<[u8]>) -> String {
        self.key.token_of(self.key.header().to_string(), text)
    }

    /// This claim has the value that is written, and the others are good.
    fn with_claim(&self, name: &str, json: &str) -> String {
        let rest = but(good_claims(), json!({ name: null })).to_string();
        self.with_payload(format!("{{\"{name}\":{json},{}", &rest[1..]))
    }

    /// The first two parts of a good token.
    fn input(&self) -> String {
        let claims = encode(good_claims().to_string());
        format!("{}.{claims}", encode(self.key.header().to_string()))
    }

    /// Signs two parts as they are written.
    fn signed(&self, input: &str) -> String {
        format!("{input}.{}", encode(self.key.sign(input.as_bytes())))
    }
}
