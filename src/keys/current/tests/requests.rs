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
async fn a_good_token_never_waits_for_a_fetch() {
    let issuer = FakeIssuer { takes: seconds(4), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let flood = ["b", "A", "x"].map(|key| {
        let store = store.clone();
        tokio::spawn(async move { request(&store, key).await })
    });
    time::sleep(Duration::from_millis(10)).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(request(&store, "a").await, "found");
    }
    assert_eq!(begun.elapsed(), seconds(0));
    for request in flood {
        assert_ne!(request.await.unwrap(), "found");
    }
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
    let store = store_of(issuer.clone());
    store.keep_fresh();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        requests.spawn(async move { request(&store, "a").await });
    }
    assert_eq!(requests.join_all().await, ["found"; 64]);
    assert_eq!(issuer.fetches(), 1);
}

/// If each made its own, the last one would wait for the time-outs of all others.
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
    issuer.goes_down();
    let first = attempts(1);
    pass(seconds(1)).await;
    issuer.publishes("ab");
    let others = attempts(64);
    first.join_all().await;
    assert!(store.current().failure().is_some(), "the first");
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
async fn no_request_waits_for_an_attempt_that_was_given_up() {
    let issuer = FakeIssuer { takes: seconds(5), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let given_up = tokio::time::timeout(seconds(1), store.load()).await;
    assert!(given_up.is_err());
    let begun = Instant::now();
    assert_eq!(request(&store, "b").await, "unknown");
    assert_eq!(begun.elapsed(), seconds(5), "its own fetch, and no more");
}

#[tokio::test(start_paused = true)]
async fn a_flood_costs_one_fetch_a_cooldown_and_no_scheduled_refresh() {
    for flood in ["invented-", "A"] {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        for second in 0..3_600 {
            for number in 0..3 {
                let key = match flood {
                    "A" => "A".to_owned(),
                    flood => format!("{flood}{second}-{number}"),
                };
                assert_ne!(request(&store, &key).await, "found");
            }
            assert!(store.current().age().unwrap() <= seconds(600), "the refresh at {second} s");
            pass(seconds(1)).await;
        }
        // One at launch, those of the growing wait, and then one a cool-down.
        let most = 1 + 5 + 3_600 / 30 + 3_600 / 540;
        assert!(issuer.fetches() <= most, "{flood}: {} fetches in an hour", issuer.fetches());
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_the_issuer_after_the_store_is_gone() {
    let issuer = FakeIssuer::publishing("a");
    drop(issuer.store().await);
    pass(seconds(3_600)).await;
    assert_eq!(issuer.fetches(), 1);
}
