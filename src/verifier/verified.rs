//! An accepted token, and what follows from it.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::keys::KeySet;
use crate::token;
use crate::token::claims::Claims;
use crate::verifier::memory;

/// An accepted token. Only a verifier makes one.
#[derive(Clone)]
pub struct Verified(Arc<Accepted>);

struct Accepted {
    claims: Arc<Claims>,
    token: String,
    issuer: usize,
    /// Whose key verified it. To name a set does not keep it.
    keys: Weak<KeySet>,
    bytes: usize,
}

impl Verified {
    pub(crate) fn new(claims: Claims, token: &str, issuer: usize, keys: Weak<KeySet>) -> Self {
        let bytes = size_of::<(Accepted, Claims)>() + memory::claims_bytes(&claims) + token.len();
        let (claims, token) = (Arc::new(claims), token.to_owned());
        Self(Arc::new(Accepted { claims, token, issuer, keys, bytes }))
    }

    /// What it says.
    pub fn claims(&self) -> &Arc<Claims> {
        &self.0.claims
    }

    /// The JSON text that was signed, all of it; decoded at each call, for few ask for it.
    pub fn payload(&self) -> String {
        token::payload(&self.0.token).expect("a token that was accepted has one")
    }

    /// The token itself, for calls in the caller's name.
    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// The place of its issuer among those of the verifier that made it.
    pub(crate) fn issuer(&self) -> usize {
        self.0.issuer
    }

    /// Whether it was a key of this very set that verified it.
    pub(crate) fn is_by(&self, keys: &Arc<KeySet>) -> bool {
        std::ptr::eq(self.0.keys.as_ptr(), Arc::as_ptr(keys))
    }

    /// What it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").finish_non_exhaustive()
    }
}
