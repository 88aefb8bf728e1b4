//! The fetches for keys that tokens need and the set lacks: pure in `now`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fetch_wait::FetchWait;
use crate::keys::jwk_set::KeySet;
use crate::keys::verifying_key::VerifyingKey;

/// A `kid`, and the set in which no key of it made a token's signature.
#[derive(Clone)]
pub(super) struct Missing {
    pub(super) kid: String,
    pub(super) set: Option<Arc<KeySet>>,
}

impl Missing {
    /// Whether there is a key of this `kid` in `keys` that is not in the set that was looked at.
    pub(super) fn is_in(&self, keys: Option<&Arc<KeySet>>) -> bool {
        is_news(keys, self.set.as_ref(), &self.kid)
    }
}

/// Whether there is a key of this `kid` in `keys` that is not in the set `before`.
pub(super) fn is_news(keys: Option<&Arc<KeySet>>, before: Option<&Arc<KeySet>>, kid: &str) -> bool {
    let Some(keys) = keys else { return false };
    if before.is_some_and(|before| Arc::ptr_eq(before, keys)) {
        return false;
    }
    // A set has any number of keys, and many requests may ask at once: no key is compared with each.
    let known = before.iter().flat_map(|set| set.candidates(kid)).map(VerifyingKey::identity);
    let known: HashSet<_> = known.collect();
    keys.candidates(kid).any(|key| !known.contains(&key.identity()))
}

/// At most one fetch for missing keys is wanted or under way; all requests share it.
pub(super) struct Fetches {
    wait: FetchWait,
    /// The key that the next fetch is made for.
    wanted: Option<Missing>,
    /// Whether a fetch has begun and not ended.
    is_made: bool,
}

impl Fetches {
    /// Fetches with no longer wait between them than this.
    pub(super) fn up_to(longest: Duration) -> Self {
        Self { wait: FetchWait::up_to(longest), wanted: None, is_made: false }
    }

    /// Whether a key that is missing at `now` may have a fetch, or share one. Has to hear of each.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        self.wait.admits(now) || self.is_expected()
    }

    /// Whether a fetch is wanted or under way.
    pub(super) fn is_expected(&self) -> bool {
        self.is_made || self.wanted.is_some()
    }

    /// Wants a fetch for this key.
    pub(super) fn want(&mut self, missing: Missing) {
        self.wanted = Some(missing);
    }

    /// The fetch that is wanted begins at `now`, if there is one.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Missing> {
        let wanted = self.wanted.take()?;
        self.wait.begin(now);
        self.is_made = true;
        Some(wanted)
    }

    /// The fetch has ended, and has brought its key or not.
    pub(super) fn end(&mut self, has_brought: bool) {
        self.is_made = false;
        if has_brought {
            self.wait.start_again();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::jwk_set::KeyIds;

    /// A set of these keys, each a `kid`, perhaps empty, a letter of the key, and perhaps an issuer.
    fn set(keys: &[&str]) -> Arc<KeySet> {
        let jwk = |key: &&str| {
            let mut parts = key.split(' ');
            let (kid, letter) = (parts.next().unwrap(), parts.next().unwrap());
            let issuer = parts.next().map(|it| format!(r#","issuer":"{it}""#)).unwrap_or_default();
            let x = letter.repeat(43 - 1) + "A";
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"{issuer}}}"#)
        };
        let keys: Vec<_> = keys.iter().map(jwk).collect();
        let json = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
        Arc::new(KeySet::parse_with(json.as_bytes(), KeyIds::Optional).unwrap())
    }

    #[test]
    fn news_of_a_kid_is_a_key_of_it_that_the_set_before_had_not() {
        for (before, now, kid, are_news) in [
            (&["a B"][..], &["a B"][..], "a", false),
            (&["a B"], &["a B", "a C"], "a", true),
            (&["a B"], &["a B", "b C"], "a", false),
            (&["a B"], &["a B", "b C"], "b", true),
            (&["a B", "b C"], &["b C"], "a", false),
            (&["a B"], &["a B i"], "a", true),
            (&["a B i"], &["a B j"], "a", true),
            (&["a B i"], &["a B i"], "a", false),
            // A token without `kid`: any key may be the one.
            (&["a B"], &["a B", "b C"], "", true),
            (&["a B"], &["b B"], "", false),
            (&["a B", " C"], &[" C", "a B"], "", false),
            (&["a B"], &["a B", " C"], "", true),
            (&["a B", "b C"], &["a B"], "", false),
        ] {
            let case = format!("{before:?} {now:?} {kid:?}");
            let (before, now) = (set(before), set(now));
            assert_eq!(is_news(Some(&now), Some(&before), kid), are_news, "{case}");
            assert!(!is_news(Some(&now), Some(&now), kid), "{case}");
            assert!(!is_news(None, Some(&before), kid), "{case}");
        }
        assert!(is_news(Some(&set(&["a B"])), None, ""));
    }
}
