//! The cache of accepted tokens: a remembered token needs no signature verification.
//!
//! Only accepted tokens are stored, and a lookup compares the whole token. The key is the end of the
//! signature, hashed with a secret: it differs from token to token, and only the issuer can choose it.
//! SHA-256 of the token would be most of the cost of a hit, and would save no memory:
//! [`Verified::token`] needs the token anyway.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::DefaultLifecycle;

use crate::verifier::verified::Verified;

/// The share of one token in the memory of the cache. A larger token counts as several.
pub(super) const BYTES_OF_A_TOKEN: usize = 1_536;

/// Accepted tokens, bounded in number and bytes.
pub(crate) struct Cache {
    tokens: quick_cache::sync::Cache<u64, Verified, ByBytes, RandomState>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What a cache has done so far, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Lookups that found a token whose keys still serve.
    pub(crate) hits: u64,
    /// All other lookups, those of refused tokens included.
    pub(crate) misses: u64,
    pub(crate) entries: usize,
    /// The bytes of all entries, at least [`BYTES_OF_A_TOKEN`] each.
    pub(crate) bytes: u64,
}

impl Cache {
    /// A cache for this many tokens; `None` for 0.
    pub(crate) fn of(tokens: usize) -> Option<Self> {
        let bytes = tokens.saturating_mul(BYTES_OF_A_TOKEN) as u64;
        let tokens = (tokens > 0).then(|| {
            let (hasher, events) = (RandomState::new(), DefaultLifecycle::default());
            quick_cache::sync::Cache::with(tokens, bytes, ByBytes, hasher, events)
        })?;
        Some(Self { tokens, hits: AtomicU64::new(0), misses: AtomicU64::new(0) })
    }

    /// The entry of this token, if it `is_current`.
    pub(crate) fn get(
        &self,
        token: &str,
        is_current: impl Fn(&Verified) -> bool,
    ) -> Option<Verified> {
        let found = self.tokens.get(&key(token));
        let found = found.filter(|verified| verified.token() == token && is_current(verified));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Adds an entry; a full cache evicts another.
    pub(crate) fn insert(&self, verified: &Verified) {
        self.tokens.insert(key(verified.token()), verified.clone());
    }

    pub(crate) fn forget(&self, token: &str) {
        self.tokens.remove(&key(token));
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            entries: self.tokens.len(),
            bytes: self.tokens.weight(),
        }
    }
}

/// The key of a token: the last eight characters of its signature.
fn key(token: &str) -> u64 {
    u64::from_ne_bytes(*token.as_bytes().last_chunk().unwrap_or(&[0; 8]))
}

/// Counts each entry for at least its share, so that the limit of bytes limits the number too.
#[derive(Clone)]
struct ByBytes;

impl Weighter<u64, Verified> for ByBytes {
    fn weight(&self, _: &u64, verified: &Verified) -> u64 {
        verified.bytes().max(BYTES_OF_A_TOKEN) as u64
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}
