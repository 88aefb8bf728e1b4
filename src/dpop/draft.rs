//! Proofs that are made here, by the command line and the test kit.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::proof_key::ProofJwk;
use crate::json::members;
use crate::keys::signing_key::SigningKey;

/// The header and the claims of a proof (RFC 9449 §4.2), without `ath` and `nonce`. `iat` is in seconds
/// since the epoch; `htu` is the URL without query and fragment.
pub(crate) fn draft(
    key: &SigningKey,
    method: &str,
    url: &str,
    iat: u64,
) -> (Map<String, Value>, Map<String, Value>) {
    let htu = url.split(['?', '#']).next().unwrap_or_default();
    let header = json!({
        "typ": "dpop+jwt",
        "alg": key.algorithm().name(),
        "jwk": key.public_jwk(),
    });
    let claims = json!({ "jti": unique(), "htm": method, "htu": htu, "iat": iat });
    (object(header), object(claims))
}

/// The thumbprint by which a token is bound to this key (`cnf.jkt`); `None` where proofs cannot be made
/// with it.
pub(crate) fn thumbprint(key: &SigningKey) -> Option<String> {
    let jwk = key.public_jwk().to_string();
    let jwk: ProofJwk<'_> = members::read(&jwk).ok()?;
    jwk.key(key.algorithm()).map(|key| URL_SAFE_NO_PAD.encode(key.thumbprint()))
}

/// A random `jti`.
fn unique() -> String {
    let mut octets = [0; 16];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    URL_SAFE_NO_PAD.encode(octets)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
