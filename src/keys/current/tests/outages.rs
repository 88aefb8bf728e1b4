//! An issuer that does not answer.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_down_at_launch_is_picked_up_without_a_request() {
    let issuer = FakeIssuer::down();
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
    let issuer = FakeIssuer::publishing("ab");
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
    let issuer = FakeIssuer::publishing("a");
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

/// A process whose connections hold all file handles.
#[derive(Clone, Default)]
struct Starved(Arc<AtomicUsize>);

impl Load for Starved {
    fn load(&self) -> Loading<'_> {
        let is_starved = self.0.load(Ordering::SeqCst) == 1;
        let loaded = if is_starved { Err(LoadFailure::without_handles()) } else { Ok(set("a")) };
        Box::pin(async { loaded.map(|keys| (keys, None)) })
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_loaded_for_want_of_handles_serve_five_minutes_more() {
    let source = Starved::default();
    let store = store_of(source.clone());
    store.load().await;
    store.keep_fresh();
    for _ in 0..2 {
        source.0.store(1, Ordering::SeqCst);
        // A forged signature asks for a load.
        assert_eq!(request(&store, "A").await, "forged");
        assert_eq!(store.current().failure().map(|it| it.code), Some("no_handles"));
        pass(seconds(299)).await;
        assert_eq!(request(&store, "a").await, "found");
        pass(seconds(2)).await;
        assert_eq!(request(&store, "a").await, "unavailable");
        assert!(store.current().keys().is_none(), "/readyz is 503");
        source.0.store(0, Ordering::SeqCst);
        pass(seconds(31)).await;
        assert_eq!(request(&store, "a").await, "found");
    }
}

/// An issuer whose first answers are more than we can bear.
struct Unbearable(AtomicUsize);

impl Load for Unbearable {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) >= 3, "one more answer like this");
            Ok((set("a"), None))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt_and_not_the_last() {
    let store = store_of(Unbearable(AtomicUsize::new(0)));
    store.load().await;
    store.keep_fresh();
    assert_eq!(request(&store, "a").await, "unavailable");
    assert_eq!(store.current().failure().map(|failure| failure.code), Some("panic"));
    pass(seconds(1 + 2 + 4)).await;
    assert_eq!(request(&store, "a").await, "found");
}
