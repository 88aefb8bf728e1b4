//! Keys that come and go.

use super::*;
use crate::keys::development::Trust;
use crate::keys::source::Source;
use crate::keys::source::fetching::KeyFetching;

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
async fn a_file_is_read_again_where_it_is_watched_and_nowhere_else() {
    for (is_watched, after) in [(true, "found"), (false, "unknown")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, document("a")).unwrap();
        let source = Source::File(path.clone().into());
        let fetching = KeyFetching::default().watch(is_watched);
        let store = KeyStore::new(&source, &fetching, Trust::Secret).unwrap();
        store.keep();
        std::fs::write(&path, document("ab")).unwrap();
        pass(seconds(10)).await;
        assert_eq!(request(&store, "b").await, after, "watched: {is_watched}");
    }
}

/// Whoever calls `Verifier::refresh` while the keeper loads makes two attempts at a time.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_brings_no_removed_key_back() {
    /// Its answers say what was published when it was asked, and are on their way for this long.
    #[derive(Clone)]
    struct Far(Arc<Mutex<(&'static str, Duration)>>);

    impl Load for Far {
        fn load(&self) -> Loading<'_> {
            let (kids, takes) = *self.0.lock().unwrap();
            Box::pin(async move {
                time::sleep(takes).await;
                Ok((set(kids), None))
            })
        }
    }

    let far = Far(Arc::new(Mutex::new(("ab", seconds(5)))));
    let loader = Box::new(far.clone());
    let store = KeyStore::with("the issuer".to_owned(), None, Some(loader), schedule(), seconds(6));
    let store = Arc::new(store);
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.attempt().await }
    });
    pass(seconds(1)).await;
    *far.0.lock().unwrap() = ("b", seconds(0));
    store.attempt().await;
    slow.await.unwrap();
    assert_eq!(request(&store, "b").await, "found");
    assert_eq!(request(&store, "a").await, "unknown");
}
