//! Accepted tokens, remembered: who comes again pays for no signature.
//!
//! Every token in here was accepted, and is found only by a token that is the same to the last
//! byte. The end of its signature leads to it, hashed with a key: it differs from token to token, and
//! who cannot sign cannot choose it. SHA-256 of the whole would spare us keeping the token, and make
//! up most of a hit's cost; the token has to be at hand for [`Verified::token`] in any case.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::DefaultLifecycle;

use crate::verifier::verified::Verified;

/// What one token may take of the memory that all share; a larger one counts as several.
pub(super) const BYTES_OF_A_TOKEN: usize = 1_536;

/// Tokens that were accepted.
pub(crate) struct Cache {
    tokens: quick_cache::sync::Cache<u64, Verified, ByBytes, RandomState>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What a cache did and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Tokens that were there, by keys that still stand.
    pub(crate) hits: u64,
    /// Tokens that were not, or no longer; refused ones among them.
    pub(crate) misses: u64,
    pub(crate) entries: usize,
    /// What they count for, at least [`BYTES_OF_A_TOKEN`] each.
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

    /// What was found out about this token, if that still stands.
    pub(crate) fn get(&self, token: &str, stands: impl Fn(&Verified) -> bool) -> Option<Verified> {
        let found = self.tokens.get(&place(token));
        let found = found.filter(|verified| verified.token() == token && stands(verified));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Remembers it, in the place of another if need be.
    pub(crate) fn insert(&self, verified: &Verified) {
        self.tokens.insert(place(verified.token()), verified.clone());
    }

    pub(crate) fn forget(&self, token: &str) {
        self.tokens.remove(&place(token));
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

/// Where a token is kept: what the last eight characters of its signature say.
fn place(token: &str) -> u64 {
    u64::from_ne_bytes(*token.as_bytes().last_chunk().unwrap_or(&[0; 8]))
}

/// Bounds bytes and number at once, for no entry counts for less than its share.
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
