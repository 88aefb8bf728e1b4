//! The key of nonces that the instances share in Redis.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::nonce::NonceKey;
use crate::store::Store;

/// The name of the key in Redis.
const NAME: &str = "dpop-nonce";

/// The key that all instances have, once this one knows it.
pub(super) struct SharedNonceKey {
    api: String,
    known: ArcSwapOption<Known>,
}

struct Known {
    secret: [u8; 32],
    key: NonceKey,
}

impl SharedNonceKey {
    pub(super) fn new(api: String) -> Self {
        Self { api, known: ArcSwapOption::empty() }
    }

    /// What `make` makes of the key; `None` where it is not known yet.
    pub(super) fn with<T>(&self, make: impl FnOnce(&NonceKey) -> T) -> Option<T> {
        self.known.load().as_deref().map(|known| make(&known.key))
    }

    /// Asks the store for the key. One that the store has lost is written back; where another instance
    /// was quicker with a new one, that counts from now on.
    pub(super) async fn learn(&self, store: &Store) {
        let before = self.known.load_full().map(|known| known.secret);
        let Ok(secret) = store.shared_secret(NAME, before).await else { return };
        if before != Some(secret) {
            self.know(secret);
        }
    }

    /// Takes this secret until the store has told another one.
    pub(super) fn know(&self, secret: [u8; 32]) {
        let key = NonceKey::new(&secret, &self.api);
        self.known.store(Some(Arc::new(Known { secret, key })));
    }
}
