use std::time::Duration;

use super::server::RedisServer;

const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_key_is_used_first_once() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let (one, other) = (server.store().await, server.store().await);
    assert_eq!(one.first_use(&[1; 32], TTL).await, Ok(true));
    assert_eq!(one.first_use(&[1; 32], TTL).await, Ok(false));
    assert_eq!(other.first_use(&[1; 32], TTL).await, Ok(false));
    assert_eq!(other.first_use(&[2; 32], Duration::from_millis(1)).await, Ok(true));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(one.first_use(&[2; 32], TTL).await, Ok(true));
}

#[tokio::test]
async fn all_get_the_secret_that_one_has_made() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let (one, other) = (server.store().await, server.store().await);
    let secret = one.shared_secret("nonce").await.unwrap();
    assert_eq!(other.shared_secret("nonce").await, Ok(secret));
    assert_ne!(one.shared_secret("another").await.unwrap(), secret);
}
