//! Keys that come and go.

use super::*;
use crate::keys::development::Trust;
use crate::keys::source::Source;
use crate::keys::source::fetching::KeyFetching;

#[tokio::test(start_paused = true)]
async fn a_key_that_the_issuer_removed_is_gone_with_the_next_load() {
    let issuer = FakeIssuer::publishing("ab");
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
        let store = KeyStore::new(
            &source,
            vec![Algorithm::EdDSA],
            &fetching,
            Trust::Secret,
            Default::default(),
        )
        .unwrap();
        store.keep_fresh();
        std::fs::write(&path, document("ab")).unwrap();
        pass(seconds(10)).await;
        assert_eq!(request(&store, "b").await, after, "watched: {is_watched}");
    }
}

/// A call of `Verifier::refresh` while the task loads makes two loads at a time.
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
    let store = store_of(far.clone());
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.load().await }
    });
    pass(seconds(1)).await;
    *far.0.lock().unwrap() = ("b", seconds(0));
    store.load().await;
    slow.await.unwrap();
    assert_eq!(request(&store, "b").await, "found");
    assert_eq!(request(&store, "a").await, "unknown");
}
