//! What the store says where Redis refuses, by a server that plays it.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::fake::{self, bulk, well};
use super::server::store;
use crate::store::{StoreSettings, Unavailable};

const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_server_that_takes_no_writes_is_told_by_name_and_its_password_never() {
    type Case = (&'static str, fn(&str) -> Option<String>, Unavailable);
    let cases: [Case; 12] = [
        ("it closes the connection", |_| None, Unavailable::Unreachable),
        ("no Redis", |_| Some("HTTP/1.1 400 Bad Request\r\n\r\n".into()), Unavailable::Refused),
        ("no password", |_| Some("-NOAUTH Authentication required.\r\n".into()), Unavailable::Auth),
        ("wrong password", |_| Some("-WRONGPASS invalid.\r\n".into()), Unavailable::Auth),
        ("it loads", |it| at("PING", "-LOADING Redis is loading.\r\n", it), Unavailable::Loading),
        ("no right", |it| at("SET", "-NOPERM this user\r\n", it), Unavailable::Permission),
        ("full", |it| at("SET", "-OOM command not allowed\r\n", it), Unavailable::Full),
        ("moved", |it| at("SET", "-MOVED 3999 10.0.0.1:6379\r\n", it), Unavailable::Cluster),
        ("replica", |it| at("SET", "-READONLY You can't\r\n", it), Unavailable::ReadOnly),
        ("a lost primary", |it| at("PING", "-MASTERDOWN Link\r\n", it), Unavailable::ReadOnly),
        ("a script", |it| at("SET", "-BUSY Redis is busy\r\n", it), Unavailable::Timeout),
        ("odd answer", |it| at("SET", ":7\r\n", it), Unavailable::Refused),
    ];
    for (name, answer, expected) in cases {
        let address = fake::serve(answer).await;
        let store = store(&format!("redis://me:s3cr3t@{address}/0"));
        let asked = match store.connect().await {
            Ok(()) => store.first_use(&[0; 32], TTL).await.map(|_| ()),
            refused => refused,
        };
        assert_eq!(asked, Err(expected), "{name}");
        let state = store.state();
        let told = format!("{store} {store:?} {state} {state:?} {}", state.readiness());
        assert!(!told.contains("s3cr3t"), "{name}: {told}");
    }
}

fn at(refused: &str, answer: &str, command: &str) -> Option<String> {
    if command == refused { Some(answer.to_owned()) } else { well(command) }
}

#[tokio::test]
async fn a_replica_and_a_cluster_are_told_at_the_connection() {
    type Case = (fn(&str) -> Option<String>, Unavailable);
    let replica: Case =
        (|it| if it == "INFO" { bulk("role:slave\r\n") } else { well(it) }, Unavailable::ReadOnly);
    let cluster: Case = (
        |it| if it == "INFO" { bulk("redis_mode:cluster\r\n") } else { well(it) },
        Unavailable::Cluster,
    );
    for (answer, expected) in [replica, cluster] {
        let store = store(&format!("redis://{}", fake::serve(answer).await));
        assert_eq!(store.connect().await, Err(expected));
        assert_eq!(store.first_use(&[0; 32], TTL).await, Err(expected));
    }
}

#[tokio::test]
async fn a_user_who_may_not_ask_for_information_is_served() {
    let answer = |it: &str| at("INFO", "-NOPERM this user has no permissions\r\n", it);
    let store = store(&format!("redis://{}", fake::serve(answer).await));
    assert_eq!(store.connect().await, Ok(()));
    assert_eq!(store.first_use(&[0; 32], TTL).await, Ok(true));
    assert_eq!(store.state().server.eviction_fault(), None);
}

#[tokio::test]
async fn a_policy_that_forgets_is_told() {
    let answer = |it: &str| match it {
        "INFO" => bulk("redis_version:7.0.15\r\nmaxmemory_policy:allkeys-lru\r\n"),
        _ => well(it),
    };
    let store = store(&format!("redis://{}", fake::serve(answer).await));
    store.connect().await.unwrap();
    let fault = store.state().server.eviction_fault().unwrap();
    assert!(fault.contains("`allkeys-lru`"), "{fault}");
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_delays_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = store(&format!("redis://{}", listener.local_addr().unwrap()));
    assert_eq!(store.connect().await, Err(Unavailable::Timeout));
    let begin = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(store.first_use(&[0; 32], TTL).await, Err(Unavailable::Timeout));
    }
    // A thousand deadlines are a hundred seconds.
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn an_address_that_is_none_is_refused_without_saying_it() {
    for url in [
        "",
        "s3cr3t",
        "http://host:6379",
        "redis:",
        "redis://:s3cr3t",
        "redis://host:6379/s3cr3t",
        "redis://host:6379/-1",
        "redis://host:6379/70000",
        "redis://host:6379/0/1",
        "redis://host:6379?db=s3cr3t",
        "rediss://host:6379/0#insecure",
        "redis://me:s3/cr3t@host:6379",
        "unix:",
        "unix://host/run/redis.sock",
        "unix:/run/redis.sock?s3cr3t=1",
        "unix:/run/redis.sock?db=s3cr3t",
    ] {
        let refused = StoreSettings::default().redis(url).unwrap_err().to_string();
        assert!(!refused.contains("s3cr3t"), "{url}: {refused}");
    }
}

#[test]
fn an_address_is_shown_without_its_password() {
    for (url, shown) in [
        ("redis://host", "redis://host"),
        ("redis://me:s3cr3t@host:6380/1", "redis://host:6380/1"),
        ("redis://:s3%2Fcr3t@[::1]", "redis://[::1]"),
        ("rediss://me:s3cr3t@host", "rediss://host"),
        ("unix:/run/redis.sock?user=me&pass=s3cr3t", "unix:/run/redis.sock"),
        ("unix:///run/redis.sock?pass=s3cr3t&db=1", "unix:///run/redis.sock"),
    ] {
        assert_eq!(store(url).to_string(), shown);
        let settings = StoreSettings::default().redis(url).unwrap();
        assert!(!format!("{settings:?}").contains("s3cr3t"), "{settings:?}");
    }
}
