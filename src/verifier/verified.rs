//! An accepted token, and how much memory it takes.

use std::fmt;
use std::sync::{Arc, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::keys::KeySet;
use crate::token;
use crate::token::claims::Claims;
use crate::token::confirmation::Confirmation;

/// What the allocator adds to each allocation, in bytes.
const OVERHEAD: usize = 16;

/// A node of a `BTreeMap`, in bytes: it has room for eleven members, and is often half empty.
const NODE: usize = 11 * size_of::<(String, Value)>() + OVERHEAD;

/// An accepted token. Only a [`Verifier`](crate::Verifier) makes one. A clone shares the claims.
#[derive(Clone)]
pub struct Verified(Arc<Accepted>);

struct Accepted {
    claims: Arc<Claims>,
    token: String,
    issuer: usize,
    /// The thumbprint of the key that the token is bound to.
    bound_to: Option<[u8; 32]>,
    /// The key set whose key verified the token, which is not kept alive by this.
    keys: Weak<KeySet>,
    bytes: usize,
}

impl Verified {
    pub(crate) fn new(claims: Claims, token: &str, issuer: usize, keys: Weak<KeySet>) -> Self {
        let bytes = size_of::<(Accepted, Claims)>() + claims_bytes(&claims) + token.len();
        let bound_to = match claims.confirmation() {
            Confirmation::Key(thumbprint) => Some(thumbprint),
            _ => None,
        };
        let (claims, token) = (Arc::new(claims), token.to_owned());
        Self(Arc::new(Accepted { claims, token, issuer, bound_to, keys, bytes }))
    }

    /// The claims of the token.
    pub fn claims(&self) -> &Arc<Claims> {
        &self.0.claims
    }

    /// The JSON text that was signed, all of it. It is decoded at each call, not kept.
    pub fn payload(&self) -> String {
        token::payload_text(&self.0.token).expect("an accepted token has a payload")
    }

    /// The token itself, for calls to other services on the caller's behalf.
    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// The SHA-256 thumbprint (RFC 7638), in base64url, of the key that the token is bound to.
    ///
    /// `None` for a bearer token, for which no key is asked.
    pub fn key_thumbprint(&self) -> Option<String> {
        self.0.bound_to.map(|thumbprint| URL_SAFE_NO_PAD.encode(thumbprint))
    }

    /// The same, in octets.
    pub(crate) fn bound_to(&self) -> Option<[u8; 32]> {
        self.0.bound_to
    }

    /// The number of the issuer, in the verifier that made this.
    pub(crate) fn issuer(&self) -> usize {
        self.0.issuer
    }

    /// Whether the key that verified the token is of this very set.
    pub(crate) fn is_by(&self, keys: &Arc<KeySet>) -> bool {
        std::ptr::eq(self.0.keys.as_ptr(), Arc::as_ptr(keys))
    }

    /// How much memory this takes, in bytes, approximately.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").finish_non_exhaustive()
    }
}

/// The allocations of the claims, without the struct itself.
fn claims_bytes(claims: &Claims) -> usize {
    let own = [&claims.sub, &claims.jti, &claims.azp, &claims.client_id, &claims.scope];
    let texts = own.into_iter().flatten().chain([&claims.iss]);
    let listed = claims.aud.iter().chain(&claims.permissions).chain(&claims.roles);
    let listed = listed.map(|text| size_of::<String>() + text_bytes(text));
    texts.map(|text| text_bytes(text)).chain(listed).sum::<usize>() + object_bytes(&claims.other)
}

fn object_bytes(object: &Map<String, Value>) -> usize {
    let members = object.iter().map(|(name, value)| text_bytes(name) + value_bytes(value));
    object.len().div_ceil(6) * NODE + members.sum::<usize>()
}

fn text_bytes(text: &str) -> usize {
    text.len() + OVERHEAD
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text_bytes(text),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(value_bytes).sum::<usize>()
        }
        Value::Object(object) => object_bytes(object),
        _ => 0,
    }
}
