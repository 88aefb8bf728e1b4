//! What requests cost an issuer, and what they wait for.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_warm_path_fetches_nothing() {
    let issuer = FakeIssuer::publishing("ab");
    let store = issuer.store().await;
    for _ in 0..1_000 {
        assert_eq!(request(&store, "a").await, "found");
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_that_need_the_same_key_share_one_fetch_and_get_it() {
    let issuer = FakeIssuer::publishing("a");
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
    let issuer = FakeIssuer::publishing("a");
    let loader = Box::new(issuer.clone());
    let store = KeyStore::with("the issuer".to_owned(), None, Some(loader), schedule(), seconds(6));
    let store = Arc::new(store);
    store.keep_fresh();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        requests.spawn(async move { request(&store, "a").await });
    }
    assert_eq!(requests.join_all().await, ["found"; 64]);
    assert_eq!(issuer.fetches(), 1);
}

/// Each for itself, the last of them would wait for all others' time-outs.
#[tokio::test(start_paused = true)]
async fn attempts_that_are_asked_for_during_one_share_the_next() {
    let issuer = FakeIssuer { takes: seconds(5), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let attempts = |count: usize| {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..count {
            let store = store.clone();
            attempts.spawn(async move { store.load().await });
        }
        attempts
    };
    let begun = Instant::now();
    let first = attempts(1);
    pass(seconds(1)).await;
    issuer.goes_down();
    let others = attempts(64);
    first.join_all().await;
    assert!(store.current().failure().is_some(), "the first");
    issuer.publishes("ab");
    others.join_all().await;
    assert_eq!(issuer.fetches(), 3, "at launch, the first, and the others'");
    assert_eq!(begun.elapsed(), seconds(10));
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_given_up_is_shared_by_nobody() {
    let issuer = FakeIssuer { takes: seconds(5), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let attempt = |store: Arc<KeyStore>| tokio::spawn(async move { store.load().await });
    let [first, given_up, last] = [(); 3].map(|()| attempt(store.clone()));
    first.await.unwrap();
    pass(seconds(1)).await;
    assert_eq!(issuer.fetches(), 3, "at launch, the first, and the one to be given up");
    given_up.abort();
    issuer.publishes("ab");
    last.await.unwrap();
    assert_eq!(issuer.fetches(), 4);
    assert_eq!(request(&store, "b").await, "found");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_attempt_that_was_given_up() {
    let issuer = FakeIssuer { takes: seconds(5), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let given_up = tokio::time::timeout(seconds(1), store.load()).await;
    assert!(given_up.is_err());
    let begun = Instant::now();
    assert_eq!(request(&store, "b").await, "unknown");
    assert_eq!(begun.elapsed(), seconds(0));
}

#[tokio::test(start_paused = true)]
async fn invented_kids_cost_one_fetch_a_cooldown_and_no_scheduled_refresh() {
    let issuer = FakeIssuer::publishing("a");
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
async fn a_kid_that_was_missed_is_not_asked_for_at_every_cool_down() {
    let issuer = FakeIssuer::publishing("a");
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
async fn nobody_asks_the_issuer_after_the_store_is_gone() {
    let issuer = FakeIssuer::publishing("a");
    drop(issuer.store().await);
    pass(seconds(3_600)).await;
    assert_eq!(issuer.fetches(), 1);
}
