//! The store against an issuer that can do anything, on a clock that the test moves.

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

const KIDS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn schedule() -> Schedule {
    Schedule { refresh: seconds(600), cooldown: seconds(30), stale: Some(seconds(86_400)) }
}

/// A set with one key under each of these ids, always the same one.
fn document(kids: &str) -> String {
    static JWKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let jwk = |kid: &&str| {
            let pair = Ed25519KeyPair::generate().unwrap();
            let x = URL_SAFE_NO_PAD.encode(pair.public_key());
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{x}"}}"#)
        };
        KIDS.iter().map(jwk).collect()
    });
    let jwks = KIDS.iter().zip(JWKS.iter()).filter(|(kid, _)| kids.contains(**kid));
    let jwks: Vec<_> = jwks.map(|(_, jwk)| jwk.as_str()).collect();
    format!(r#"{{"keys":[{}]}}"#, jwks.join(","))
}

fn set(kids: &str) -> KeySet {
    KeySet::parse(document(kids).as_bytes()).unwrap()
}

fn failure() -> LoadFailure {
    LoadFailure { code: "timeout", text: "no answer".to_owned() }
}

/// An issuer that publishes these ids, or is down, and counts who asks.
#[derive(Clone)]
struct FakeIssuer {
    publishes: Arc<Mutex<Option<&'static str>>>,
    takes: Duration,
    asked: Arc<AtomicUsize>,
}

impl FakeIssuer {
    fn publishing(kids: &'static str) -> Self {
        let publishes = Arc::new(Mutex::new(Some(kids)));
        Self { publishes, takes: Duration::from_millis(50), asked: Arc::default() }
    }

    fn down() -> Self {
        let issuer = Self::publishing("");
        issuer.goes_down();
        issuer
    }

    fn publishes(&self, kids: &'static str) {
        *self.publishes.lock().unwrap() = Some(kids);
    }

    fn goes_down(&self) {
        *self.publishes.lock().unwrap() = None;
    }

    fn fetches(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A store that has loaded once and is kept.
    async fn store(&self) -> Arc<KeyStore> {
        let loader = Box::new(self.clone());
        let store =
            KeyStore::with("the issuer".to_owned(), None, Some(loader), schedule(), seconds(6));
        store.load().await;
        store.keep_fresh();
        Arc::new(store)
    }
}

impl Load for FakeIssuer {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            time::sleep(self.takes).await;
            let publishes = *self.publishes.lock().unwrap();
            publishes.map(|kids| (set(kids), None)).ok_or_else(failure)
        })
    }
}

/// What a request with this `kid` meets.
async fn request(store: &KeyStore, kid: &str) -> &'static str {
    store.ensure(kid).await;
    match store.current().lookup(kid) {
        Lookup::Found(_) => "found",
        Lookup::Unknown => "unknown",
        Lookup::Unavailable { .. } => "unavailable",
    }
}

async fn pass(time: Duration) {
    // In steps, so that every timer on the way runs at its own instant.
    let end = Instant::now() + time;
    while Instant::now() < end {
        time::sleep(seconds(1).min(end - Instant::now())).await;
    }
}
