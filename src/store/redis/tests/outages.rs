//! What happens when a real Redis goes and comes back.

use std::time::{Duration, Instant};

use super::server::{RedisServer, store};
use crate::store::Unavailable;
use crate::store::redis::Store;

const TTL: Duration = Duration::from_secs(60);

/// Waits until the store answers again, which takes less than two seconds.
async fn recovery(store: &Store) {
    let begin = Instant::now();
    while store.first_use(&begin.elapsed().as_nanos().to_be_bytes(), TTL).await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", store.state());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_redis_that_is_killed_fails_at_once_and_serves_again_when_it_is_back() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    for _ in 0..3 {
        server.kill();
        let begin = Instant::now();
        for _ in 0..1_000 {
            let asked = store.first_use(&[1; 32], TTL).await;
            assert!(asked.is_err(), "{asked:?}");
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(store.state().fault, Some(Unavailable::Unreachable));
        server.start_again().await;
        recovery(&store).await;
        assert_eq!(store.state().fault, None);
    }
}

#[tokio::test]
async fn a_redis_that_hangs_costs_one_deadline_and_then_nothing() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    server.signal("STOP");
    let begin = Instant::now();
    assert_eq!(store.first_use(&[1; 32], TTL).await, Err(Unavailable::Timeout));
    assert!(begin.elapsed() < Duration::from_millis(300), "{:?}", begin.elapsed());
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begin = Instant::now();
    for _ in 0..1_000 {
        assert!(store.first_use(&[1; 32], TTL).await.is_err());
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    server.signal("CONT");
    recovery(&store).await;
}

#[tokio::test]
async fn a_redis_that_is_not_there_at_launch_is_found_when_it_comes() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    server.kill();
    let store = store(&server.url());
    assert_eq!(store.connect().await, Err(Unavailable::Unreachable));
    server.start_again().await;
    recovery(&store).await;
}

#[tokio::test]
async fn a_redis_without_memory_refuses_and_serves_when_it_has_some() {
    let Some(server) = RedisServer::start(&["--maxmemory", "1"]).await else { return };
    let store = server.store().await;
    assert_eq!(store.first_use(&[1; 32], TTL).await, Err(Unavailable::Full));
    let published = store.publish(b"a", |_| Some(b"1".to_vec())).await;
    assert_eq!(published, Err(Unavailable::Full));
    server.answer(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(store.first_use(&[1; 32], TTL).await, Ok(true));
    assert_eq!(store.state().fault, None);
}

#[tokio::test]
async fn a_primary_that_becomes_a_replica_refuses_until_it_is_a_primary_again() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    server.answer(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(store.first_use(&[1; 32], TTL).await, Err(Unavailable::ReadOnly));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(store.first_use(&[1; 32], TTL).await, Err(Unavailable::ReadOnly));
    server.answer(&["REPLICAOF", "NO", "ONE"]).await;
    recovery(&store).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_serves() {
    let Some(server) = RedisServer::start(&["--requirepass", "s3/cr3t"]).await else { return };
    for pass in ["", "?pass=wrong", "?user=nobody&pass=s3%2Fcr3t"] {
        let store = store(&format!("{}{pass}", server.url()));
        assert_eq!(store.connect().await, Err(Unavailable::Auth), "{pass}");
        assert!(!format!("{:?}", store.state()).contains("cr3t"), "{:?}", store.state());
    }
    let store = store(&format!("{}?pass=s3%2Fcr3t", server.url()));
    assert_eq!(store.connect().await, Ok(()));
    assert_eq!(store.first_use(&[1; 32], TTL).await, Ok(true));
}

/// The rights that `docs/redis.md` lists.
fn least_rights() -> Vec<&'static str> {
    let page = include_str!("../../../../docs/redis.md");
    let line = page.lines().find(|line| line.contains("ACL SETUSER")).unwrap();
    line.trim()
        .trim_start_matches("redis-cli ")
        .split(' ')
        .map(|it| it.trim_matches('\''))
        .collect()
}

#[tokio::test]
async fn a_user_with_the_least_rights_can_all_that_is_needed_and_with_one_less_not() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let all = least_rights();
    let password = all.iter().find_map(|it| it.strip_prefix('>')).unwrap();
    let url = format!("{}?user={}&pass={password}&db=1", server.url(), all[2]);
    let needed = async || -> Result<(), Unavailable> {
        let store = store(&url);
        store.connect().await?;
        store.first_use(&[1; 32], TTL).await?;
        store.shared_secret("nonce", None).await?;
        store.publish(b"a", |_| Some(b"1".to_vec())).await?;
        let mut log = store.rule_log().await?;
        log.snapshot().await?;
        store.publish(b"a", |_| Some(b"2".to_vec())).await?;
        log.changes().await?;
        log.changes().await?;
        store.forget(b"a", b"2").await
    };
    server.answer(&all).await;
    assert_eq!(needed().await, Ok(()));
    for right in all.iter().filter(|it| it.starts_with('+')) {
        server.answer(&["ACL", "DELUSER", all[2]]).await;
        let fewer: Vec<_> = all.iter().copied().filter(|it| it != right).collect();
        server.answer(&fewer).await;
        let refused = needed().await;
        // Without `INFO` nothing is told of the policy, and all else goes on.
        let expected = if *right == "+info" { Ok(()) } else { Err(Unavailable::Permission) };
        assert_eq!(refused, expected, "{right}");
    }
}
