//! The store against an issuer that can do anything, on a clock that the test moves.

mod fetches;
mod interleaved;
mod outages;
mod requests;
mod rotations;
mod schedule;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::{self, Instant};

use super::KeyStore;
use super::state::{Lookup, Schedule};
use crate::keys::jwk_set::KeySet;
use crate::keys::source::{Load, LoadFailure, Loading};
use crate::token::algorithm::Algorithm;

/// The keys there are. `a` and `A` are two keys of the one `kid` "a".
const KEYS: [&str; 10] = ["a", "b", "c", "d", "e", "A", "B", "C", "D", "E"];

/// The longest time that a request may wait for loads.
const PATIENCE: Duration = Duration::from_secs(11);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn schedule() -> Schedule {
    Schedule { refresh: seconds(600), cooldown: seconds(30), stale: Some(seconds(86_400)) }
}

/// A set of these keys, which are the same in each set.
fn document(keys: &str) -> String {
    static JWKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let jwk = |key: &&str| {
            let pair = Ed25519KeyPair::generate().unwrap();
            let (x, kid) = (URL_SAFE_NO_PAD.encode(pair.public_key()), key.to_lowercase());
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#)
        };
        KEYS.iter().map(jwk).collect()
    });
    let jwks = KEYS.iter().zip(JWKS.iter()).filter(|(key, _)| keys.contains(**key));
    let jwks: Vec<_> = jwks.map(|(_, jwk)| jwk.as_str()).collect();
    format!(r#"{{"keys":[{}]}}"#, jwks.join(","))
}

fn set(keys: &str) -> KeySet {
    KeySet::parse(document(keys).as_bytes()).unwrap()
}

fn failure() -> LoadFailure {
    LoadFailure { code: "timeout", text: "no answer".to_owned() }
}

/// A store of the keys that this loader gives, not loaded yet.
fn store_of(loader: impl Load + 'static) -> Arc<KeyStore> {
    let (place, loader) = ("the issuer".to_owned(), Box::new(loader));
    let algorithms = vec![Algorithm::EdDSA];
    Arc::new(KeyStore::with(place, algorithms, None, Some(loader), schedule(), PATIENCE))
}

/// An issuer that publishes these keys, or is down, and counts the fetches.
#[derive(Clone)]
struct FakeIssuer {
    publishes: Arc<Mutex<Option<&'static str>>>,
    takes: Duration,
    asked: Arc<AtomicUsize>,
}

impl FakeIssuer {
    fn publishing(keys: &'static str) -> Self {
        let publishes = Arc::new(Mutex::new(Some(keys)));
        Self { publishes, takes: Duration::from_millis(50), asked: Arc::default() }
    }

    fn down() -> Self {
        let issuer = Self::publishing("");
        issuer.goes_down();
        issuer
    }

    fn publishes(&self, keys: &'static str) {
        *self.publishes.lock().unwrap() = Some(keys);
    }

    fn goes_down(&self) {
        *self.publishes.lock().unwrap() = None;
    }

    fn fetches(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A store that has loaded once and is kept fresh.
    async fn store(&self) -> Arc<KeyStore> {
        let store = store_of(self.clone());
        store.load().await;
        store.keep_fresh();
        store
    }
}

impl Load for FakeIssuer {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let publishes = *self.publishes.lock().unwrap();
            time::sleep(self.takes).await;
            publishes.map(|keys| (set(keys), None)).ok_or_else(failure)
        })
    }
}

/// What a request meets whose token this key signed.
async fn request(store: &KeyStore, key: &str) -> &'static str {
    let (first, missing) = {
        let snapshot = store.current();
        let first = verdict(snapshot.lookup(&key.to_lowercase()), key);
        let missing = (first != "found").then(|| store.missing_key(&snapshot, &key.to_lowercase()));
        (first, missing.flatten())
    };
    let Some(missing) = missing else { return first };
    missing.wait().await;
    verdict(store.current().lookup(&key.to_lowercase()), key)
}

fn verdict(lookup: Lookup<'_>, key: &str) -> &'static str {
    match lookup {
        Lookup::Found(found) if found.contains(&the(key)) => "found",
        Lookup::Found(_) => "forged",
        Lookup::Unknown => "unknown",
        Lookup::Unavailable { .. } => "unavailable",
    }
}

fn the(key: &str) -> crate::keys::verifying_key::VerifyingKey {
    set(key).with_kid(&key.to_lowercase()).unwrap()[0].clone()
}

/// Lets this time pass in steps, so that every timer on the way fires at its own instant.
async fn pass(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        time::sleep(seconds(1).min(end - Instant::now())).await;
    }
}
