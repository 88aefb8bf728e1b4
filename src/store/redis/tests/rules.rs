//! Rules reach every reader, and what was missed is known to be.

use super::server::RedisServer;
use crate::store::StoredRule;
use crate::store::redis::{RuleLog, Store};

fn rule(field: &str, value: &str) -> StoredRule {
    StoredRule { field: field.into(), value: value.into() }
}

async fn write(store: &Store, field: &str, value: &str) {
    store.publish(field.as_bytes(), |_| Some(value.into())).await.unwrap();
}

#[tokio::test]
async fn a_change_reaches_a_reader_once_and_in_order() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    write(&store, "a", "1").await;
    let mut log = store.rule_log().await.unwrap();
    assert_eq!(log.snapshot().await, Ok(vec![rule("a", "1")]));
    write(&store, "b", "1").await;
    write(&store, "a", "2").await;
    assert_eq!(log.changes().await, Ok(Some(vec![rule("b", "1"), rule("a", "2")])));
    assert_eq!(log.changes().await, Ok(Some(vec![])));
    store.forget(b"a", b"1").await.unwrap();
    store.forget(b"b", b"1").await.unwrap();
    assert_eq!(log.changes().await, Ok(Some(vec![])));
    assert_eq!(log.snapshot().await, Ok(vec![rule("a", "2")]));
}

#[tokio::test]
async fn a_change_sees_what_others_have_written_meanwhile() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let stores = [server.store().await, server.store().await, server.store().await];
    let add = |store: Store| async move {
        for _ in 0..20 {
            let added = |seen: Option<&[u8]>| {
                let seen: u32 = seen.map_or(0, |it| str::from_utf8(it).unwrap().parse().unwrap());
                Some((seen + 1).to_string().into_bytes())
            };
            store.publish(b"sum", added).await.unwrap();
        }
    };
    let tasks = stores.clone().map(|store| tokio::spawn(add(store)));
    for task in tasks {
        task.await.unwrap();
    }
    let mut log = stores[0].rule_log().await.unwrap();
    assert_eq!(log.snapshot().await, Ok(vec![rule("sum", "60")]));
}

/// A log that has read everything, and a store beside it.
async fn reader(server: &RedisServer) -> (Store, RuleLog) {
    let store = server.store().await;
    write(&store, "a", "1").await;
    let mut log = store.rule_log().await.unwrap();
    log.snapshot().await.unwrap();
    (store, log)
}

#[tokio::test]
async fn what_was_missed_is_known_at_the_next_change_or_without_one() {
    let cases: [(&str, &[&[&str]]); 5] = [
        ("all is gone", &[&["FLUSHALL"]]),
        ("the rules are gone", &[&["DEL", "rocket-bearer:rules"]]),
        ("the log is gone", &[&["DEL", "rocket-bearer:log"]]),
        ("the log is trimmed", &[&["XTRIM", "rocket-bearer:log", "MAXLEN", "0"]]),
        ("an older state is back", &[&["HSET", "rocket-bearer:rules", "", "0"]]),
    ];
    for (name, commands) in cases {
        for then_change in [true, false] {
            let Some(server) = RedisServer::start(&[]).await else { return };
            let (store, mut log) = reader(&server).await;
            write(&store, "b", "1").await;
            for command in commands {
                server.answer(command).await;
            }
            if then_change {
                write(&store, "c", "1").await;
            }
            let mut found = log.changes().await;
            // What a log still holds is read first; then the gap is seen.
            while let Ok(Some(_)) = found {
                found = log.changes().await;
            }
            assert_eq!(found, Ok(None), "{name}, then a change: {then_change}");
            log.snapshot().await.unwrap();
            assert_eq!(log.changes().await, Ok(Some(vec![])), "{name}");
        }
    }
}

#[tokio::test]
async fn a_log_that_only_lost_what_was_read_goes_on() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let (store, mut log) = reader(&server).await;
    server.answer(&["XTRIM", "rocket-bearer:log", "MAXLEN", "0"]).await;
    assert_eq!(log.changes().await, Ok(Some(vec![])));
    write(&store, "b", "1").await;
    assert_eq!(log.changes().await, Ok(Some(vec![rule("b", "1")])));
}

#[tokio::test]
async fn a_log_ends_with_its_connection_and_the_next_begins_anew() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let (store, mut log) = reader(&server).await;
    server.kill();
    assert!(log.changes().await.is_err());
    assert!(store.rule_log().await.is_err());
    server.start_again().await;
    let mut log = store.rule_log().await.unwrap();
    assert_eq!(log.snapshot().await, Ok(vec![]));
}

#[tokio::test]
async fn a_thousand_changes_are_read_in_their_order_through_a_snapshot_in_their_midst() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..1_000 {
                write(&store, &format!("r{}", number % 100), &number.to_string()).await;
            }
        }
    });
    let mut log = store.rule_log().await.unwrap();
    let mut known = std::collections::HashMap::new();
    let snapshot = log.snapshot().await.unwrap();
    known.extend(snapshot.into_iter().map(|rule| (rule.field, rule.value)));
    while known.get(&b"r99"[..]).is_none_or(|value| value != b"999") {
        let Ok(Some(rules)) = log.changes().await else { panic!("missed") };
        known.extend(rules.into_iter().map(|rule| (rule.field, rule.value)));
    }
    writer.await.unwrap();
    for number in 900..1_000 {
        let field = format!("r{}", number % 100).into_bytes();
        assert_eq!(known[&field], number.to_string().into_bytes());
    }
}
