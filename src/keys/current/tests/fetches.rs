//! When a key that is missing is fetched, and what the request meets whose key it is.

use super::*;

/// A key that no set has: `A` is a second key of the `kid` "a", `b` is a `kid` of its own.
const NEW: [(&str, &str); 2] = [("b", "ab"), ("A", "A")];

#[tokio::test(start_paused = true)]
async fn a_rotation_is_seen_in_the_request_that_needs_it_whenever_the_last_load_was() {
    for (key, rotated) in NEW {
        // Milliseconds since the launch; the refresh is at 540 s to 600 s, and takes 50 ms.
        for since_launch in [0, 1, 50, 500, 999, 1_000, 1_001, 29_000, 31_000, 300_000] {
            let issuer = FakeIssuer::publishing("a");
            let store = issuer.store().await;
            time::sleep(Duration::from_millis(since_launch)).await;
            issuer.publishes(rotated);
            assert_eq!(request(&store, key).await, "found", "{key} after {since_launch} ms");
            assert_eq!(issuer.fetches(), 2, "{key} after {since_launch} ms");
        }
        for since_refresh in [0, 1, 500, 999, 5_000] {
            let issuer = FakeIssuer::publishing("a");
            let store = issuer.store().await;
            time::sleep(seconds(539)).await;
            while issuer.fetches() < 2 {
                time::sleep(Duration::from_millis(10)).await;
            }
            time::sleep(issuer.takes + Duration::from_millis(since_refresh)).await;
            issuer.publishes(rotated);
            assert_eq!(request(&store, key).await, "found", "{key}, {since_refresh} ms later");
            assert_eq!(issuer.fetches(), 3, "{key}, {since_refresh} ms later");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_under_way_is_no_proof_that_a_key_is_not_there() {
    for (key, rotated) in NEW {
        let issuer = FakeIssuer { takes: seconds(2), ..FakeIssuer::publishing("a") };
        let store = issuer.store().await;
        while issuer.fetches() < 2 {
            time::sleep(Duration::from_millis(100)).await;
        }
        // The answer to the refresh is on its way without the new key.
        issuer.publishes(rotated);
        assert_eq!(request(&store, key).await, "found", "{key}");
        assert_eq!(issuer.fetches(), 3, "{key}");
    }
}

/// On threads and by the real clock: a request may come between any two steps of a load.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_rotation_is_missed_by_requests_that_race_for_it() {
    // What is published, in its order: the key before stays with the new one.
    const ROTATIONS: [(&str, &str); 10] = [
        ("Ea", "a"),
        ("aA", "A"),
        ("Ab", "b"),
        ("bB", "B"),
        ("Bc", "c"),
        ("cC", "C"),
        ("Cd", "d"),
        ("dD", "D"),
        ("De", "e"),
        ("eE", "E"),
    ];
    let issuer = FakeIssuer { takes: Duration::from_millis(1), ..FakeIssuer::publishing("a") };
    let store = issuer.store().await;
    let current = Arc::new(AtomicUsize::new(0));
    // The last rotation that each of them has seen.
    let seen: Arc<[AtomicUsize; 16]> = Arc::default();
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..seen.len() {
        let (store, current, seen) = (store.clone(), current.clone(), seen.clone());
        requests.spawn(async move {
            loop {
                let rotation = current.load(Ordering::SeqCst);
                let (_, key) = ROTATIONS[rotation % ROTATIONS.len()];
                assert_eq!(request(&store, key).await, "found", "{key}, rotation {rotation}");
                seen[number].store(rotation, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
    }
    for rotation in 1..100 {
        issuer.publishes(ROTATIONS[rotation % ROTATIONS.len()].0);
        current.store(rotation, Ordering::SeqCst);
        // A token that is two rotations old is none that has to be accepted.
        while seen.iter().any(|seen| seen.load(Ordering::SeqCst) < rotation) {
            assert!(requests.try_join_next().is_none(), "each request is answered with its key");
            time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_has_come_since_the_signature_was_checked_is_not_missed() {
    for (key, rotated) in NEW {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        request(&store, "invented").await;
        let snapshot = store.current();
        // Another load brings it in the wait, while the request still has the keys before.
        issuer.publishes(rotated);
        store.load().await;
        let missing = store.missing_key(&snapshot, &key.to_lowercase());
        assert!(missing.is_some(), "{key}");
        missing.unwrap().wait().await;
        assert_eq!(verdict(store.current().lookup(&key.to_lowercase()), key), "found");
        assert_eq!(issuer.fetches(), 3, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn rotations_in_a_row_are_each_seen_at_once() {
    let issuer = FakeIssuer::publishing("a");
    let store = issuer.store().await;
    for (number, key) in ["A", "b", "B", "c", "d", "a", "e"].into_iter().enumerate() {
        issuer.publishes(key);
        assert_eq!(request(&store, key).await, "found", "{key}");
        assert_eq!(issuer.fetches(), 2 + number, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_is_fetched_for_ever_more_rarely() {
    let after = [0, 1, 3, 7, 15, 31, 61, 91, 121];
    for (asked, met) in
        [("b", "unknown"), ("A", "forged"), ("invented", "unknown"), ("bA", "unknown and forged")]
    {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        let begun = Instant::now();
        let mut fetched = vec![];
        while begun.elapsed() < seconds(125) {
            let before = issuer.fetches();
            for key in if asked == "bA" { vec!["b", "A"] } else { vec![asked] } {
                let verdict = request(&store, key).await;
                assert!(met.contains(verdict), "{asked}: {verdict}");
            }
            let is_one = issuer.fetches() > before;
            assert!(issuer.fetches() <= before + 1, "{asked}: one wait for both");
            fetched.extend(is_one.then(|| begun.elapsed().as_secs()));
            time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(fetched, after, "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_wait_a_missing_key_is_refused_without_delay() {
    for (is_down, key, met) in [
        (false, "b", "unknown"),
        (false, "A", "forged"),
        (true, "b", "unavailable"),
        (true, "A", "forged"),
    ] {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        if is_down {
            issuer.goes_down();
        }
        assert_eq!(request(&store, key).await, met, "{key}");
        let (begun, fetches) = (Instant::now(), issuer.fetches());
        for _ in 0..100 {
            assert_eq!(request(&store, key).await, met, "{key}");
        }
        assert_eq!(begun.elapsed(), seconds(0), "{key}");
        assert_eq!(issuer.fetches(), fetches, "{key}");
    }
}

/// An attacker asks all the time, for what a rotation will bring or for anything else.
#[tokio::test(start_paused = true)]
async fn a_flood_delays_a_rotation_by_one_cool_down_at_most() {
    for flood in ["invented", "the new key", "a forged signature"] {
        for (key, rotated) in NEW {
            // When the rotation comes, in milliseconds after the beginning of the flood.
            for after in [0, 10, 900, 1_100, 10_000, 31_049, 31_050, 45_000, 300_000] {
                let issuer = FakeIssuer::publishing("a");
                let store = issuer.store().await;
                let begun = Instant::now();
                let mut rotation = None;
                loop {
                    let now = begun.elapsed().as_millis();
                    if now >= after && rotation.is_none() {
                        issuer.publishes(rotated);
                        rotation = Some(Instant::now());
                    }
                    let asked = match flood {
                        "invented" => format!("invented-{now}"),
                        "the new key" => key.to_owned(),
                        _ => "A".to_owned(),
                    };
                    request(&store, &asked).await;
                    if let Some(rotation) = rotation {
                        // In this very moment too, though its fetch may be the flood's.
                        let delay = rotation.elapsed();
                        if request(&store, key).await == "found" {
                            break;
                        }
                        let most = seconds(30) + 2 * issuer.takes;
                        assert!(delay <= most, "{flood}, {key} after {after} ms: {delay:?}");
                    }
                    time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_flood_and_a_quiet_cool_down_a_rotation_is_seen_at_once() {
    for (key, rotated) in NEW {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        for number in 0..100 {
            request(&store, &format!("invented-{number}")).await;
            time::sleep(seconds(1)).await;
        }
        time::sleep(seconds(29)).await;
        issuer.publishes(rotated);
        assert_eq!(request(&store, key).await, "found", "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_late_waits_no_longer_for_having_been_asked_for() {
    for (key, rotated) in NEW {
        let issuer = FakeIssuer::publishing("a");
        let store = issuer.store().await;
        assert_ne!(request(&store, key).await, "found", "{key}");
        issuer.publishes(rotated);
        time::sleep(Duration::from_millis(949)).await;
        assert_ne!(request(&store, key).await, "found", "{key}: the wait began with the fetch");
        time::sleep(Duration::from_millis(1)).await;
        assert_eq!(request(&store, key).await, "found", "{key}");
    }
}
