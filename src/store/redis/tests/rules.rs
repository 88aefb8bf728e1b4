use super::server::RedisServer;
use crate::store::{Changes, StoredRule};

fn rule(field: &str, value: &str) -> StoredRule {
    StoredRule { field: field.into(), value: value.into() }
}

#[tokio::test]
async fn a_change_reaches_a_reader_once_and_in_order() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let store = server.store().await;
    let write = async |field: &str, value: &str| {
        store.publish(field.as_bytes(), |_| Some(value.into())).await.unwrap();
    };
    write("a", "1").await;
    let mut log = store.rule_log().await.unwrap();
    assert_eq!(log.snapshot().await, Ok(vec![rule("a", "1")]));
    write("b", "1").await;
    write("a", "2").await;
    assert_eq!(log.changes().await, Ok(Changes::Rules(vec![rule("b", "1"), rule("a", "2")])));
    assert_eq!(log.changes().await, Ok(Changes::Rules(vec![])));
    store.forget(b"a", b"1").await.unwrap();
    store.forget(b"b", b"1").await.unwrap();
    assert_eq!(log.changes().await, Ok(Changes::Rules(vec![])));
    assert_eq!(log.snapshot().await, Ok(vec![rule("a", "2")]));
}
