//! The store against an issuer that can do anything, on a clock that the test moves.

mod interleaved;
mod schedule;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::{self, Instant};

use super::development::Trust;
use super::load::{Failure, Load, Loading};
use super::set::KeySet;
use super::state::{Lookup, Schedule};
use super::store::KeyStore;
use crate::config::{Jwks, Source};

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

fn failure() -> Failure {
    Failure { code: "timeout", text: "no answer".to_owned() }
}

/// An issuer that publishes these ids, or is down, and counts who asks.
#[derive(Clone)]
struct Issuer {
    publishes: Arc<Mutex<Option<&'static str>>>,
    takes: Duration,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
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
        store.attempt().await;
        store.keep();
        Arc::new(store)
    }
}

impl Load for Issuer {
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

#[tokio::test(start_paused = true)]
async fn a_warm_path_fetches_nothing() {
    let issuer = Issuer::publishing("ab");
    let store = issuer.store().await;
    for _ in 0..1_000 {
        assert_eq!(request(&store, "a").await, "found");
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_that_need_the_same_key_share_one_fetch_and_get_it() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    pass(seconds(60)).await;
    issuer.publishes("ab");
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        requests.spawn(async move { request(&store, "b").await });
    }
    assert_eq!(requests.join_all().await, ["found"; 64]);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn first_requests_wait_for_the_load_that_is_under_way() {
    let issuer = Issuer::publishing("a");
    let loader = Box::new(issuer.clone());
    let store = KeyStore::with("the issuer".to_owned(), None, Some(loader), schedule(), seconds(6));
    let store = Arc::new(store);
    store.keep();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        requests.spawn(async move { request(&store, "a").await });
    }
    assert_eq!(requests.join_all().await, ["found"; 64]);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn invented_kids_cost_one_fetch_a_cooldown_and_no_scheduled_refresh() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    for second in 0..3_600 {
        for i in 0..3 {
            assert_eq!(request(&store, &format!("invented-{second}-{i}")).await, "unknown");
        }
        assert!(store.current().age().unwrap() <= seconds(600), "the refresh at {second} s");
        pass(seconds(1)).await;
    }
    let fetches = issuer.fetches();
    assert!(fetches <= 3_600 / 30 + 3_600 / 540 + 1, "{fetches} fetches in an hour");
}

#[tokio::test(start_paused = true)]
async fn an_attacker_delays_a_new_key_by_one_cooldown_at_most() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    pass(seconds(300)).await;
    // The attacker's fetch comes just before the rotation, and so uses up the cool-down.
    assert_eq!(request(&store, "invented").await, "unknown");
    issuer.publishes("ab");
    let rotated = Instant::now();
    while request(&store, "b").await != "found" {
        assert!(rotated.elapsed() <= seconds(31), "{:?}", rotated.elapsed());
        request(&store, &format!("invented-{:?}", Instant::now())).await;
        pass(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_kid_that_was_missed_is_not_asked_for_at_every_cool_down() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    pass(seconds(40)).await;
    assert_eq!(request(&store, "b").await, "unknown");
    let fetches = issuer.fetches();
    pass(seconds(59)).await;
    assert_eq!(request(&store, "b").await, "unknown");
    assert_eq!(issuer.fetches(), fetches, "the missed one");
    assert_eq!(request(&store, "c").await, "unknown");
    assert_eq!(issuer.fetches(), fetches + 1, "another one");
    pass(seconds(40)).await;
    issuer.publishes("ab");
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_outruns_the_publication_of_its_key_waits_for_two_cool_downs_at_most() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    pass(seconds(40)).await;
    assert_eq!(request(&store, "b").await, "unknown");
    issuer.publishes("ab");
    pass(seconds(59)).await;
    assert_eq!(request(&store, "b").await, "unknown");
    pass(seconds(1)).await;
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn a_load_that_had_begun_already_is_no_proof_that_a_key_is_not_there() {
    let issuer = Issuer { takes: seconds(2), ..Issuer::publishing("a") };
    let store = issuer.store().await;
    while issuer.fetches() < 2 {
        pass(Duration::from_millis(100)).await;
    }
    // It joins the scheduled load, whose answer is on its way without the new key.
    assert_eq!(request(&store, "b").await, "unknown");
    issuer.publishes("ab");
    pass(seconds(31)).await;
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_issuer_removed_is_gone_with_the_next_load() {
    let issuer = Issuer::publishing("ab");
    let store = issuer.store().await;
    issuer.publishes("b");
    pass(seconds(600)).await;
    assert_eq!(request(&store, "a").await, "unknown");
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_down_at_launch_is_picked_up_without_a_request() {
    let issuer = Issuer::down();
    let store = issuer.store().await;
    assert_eq!(request(&store, "a").await, "unavailable");
    assert_eq!(store.current().failure().map(|failure| failure.code), Some("timeout"));
    pass(seconds(300)).await;
    issuer.publishes("a");
    pass(seconds(31)).await;
    assert!(store.current().keys().is_some());
    assert!(store.current().failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_without_the_issuer_are_not_noticed_and_its_new_keys_are() {
    let issuer = Issuer::publishing("ab");
    let store = issuer.store().await;
    pass(seconds(500)).await;
    issuer.goes_down();
    for second in 0..600 {
        assert_eq!(request(&store, "a").await, "found", "known key, second {second}");
        // Whether this token is good cannot be known while the issuer does not answer.
        let unknown = request(&store, "c").await;
        assert!(unknown == "unavailable" || store.current().failure().is_none(), "{second}");
        pass(seconds(1)).await;
    }
    issuer.publishes("bc");
    let back = Instant::now();
    while request(&store, "c").await != "found" {
        assert!(back.elapsed() <= seconds(31), "{:?}", back.elapsed());
        pass(Duration::from_millis(100)).await;
    }
    assert_eq!(request(&store, "a").await, "unknown");
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn a_set_serves_until_it_is_stale_and_not_a_second_longer() {
    let issuer = Issuer::publishing("a");
    let store = issuer.store().await;
    let loaded = Instant::now();
    issuer.goes_down();
    time::sleep_until(loaded + seconds(86_400)).await;
    assert!(matches!(store.current().lookup("a"), Lookup::Found(_)));
    time::sleep_until(loaded + seconds(86_401)).await;
    assert!(matches!(store.current().lookup("a"), Lookup::Unavailable { .. }));
    issuer.publishes("a");
    pass(seconds(31)).await;
    assert!(matches!(store.current().lookup("a"), Lookup::Found(_)));
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_the_issuer_after_the_store_is_gone() {
    let issuer = Issuer::publishing("a");
    drop(issuer.store().await);
    pass(seconds(3_600)).await;
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_again_where_it_is_watched_and_nowhere_else() {
    for (is_watched, after) in [(true, "found"), (false, "unknown")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, document("a")).unwrap();
        let source = Source::File { path: path.clone(), said: "the file".to_owned() };
        let jwks = Jwks::default().watch(is_watched);
        let store = KeyStore::new(&source, &jwks, Trust::Secret).unwrap();
        store.keep();
        std::fs::write(&path, document("ab")).unwrap();
        pass(seconds(10)).await;
        assert_eq!(request(&store, "b").await, after, "watched: {is_watched}");
    }
}
