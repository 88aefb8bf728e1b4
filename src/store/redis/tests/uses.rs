//! Single use and secrets, for one instance and for many.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use super::server::RedisServer;
use crate::store::StoreSettings;
use crate::store::redis::Store;

/// Where a process of a test finds its store, and where it says what it saw.
const STORE_OF_CHILD: &str = "STORE_OF_CHILD";
const FILE_OF_CHILD: &str = "FILE_OF_CHILD";

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
    let secret = one.shared_secret("nonce", None).await.unwrap();
    assert_eq!(other.shared_secret("nonce", None).await, Ok(secret));
    assert_ne!(one.shared_secret("another", None).await.unwrap(), secret);
}

#[tokio::test]
async fn all_get_one_secret_again_after_redis_has_lost_it() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let (old, new) = (server.store().await, server.store().await);
    let secret = old.shared_secret("nonce", None).await.unwrap();
    server.answer(&["FLUSHALL"]).await;
    assert_eq!(old.shared_secret("nonce", Some(secret)).await, Ok(secret));
    assert_eq!(new.shared_secret("nonce", None).await, Ok(secret));
    server.answer(&["FLUSHALL"]).await;
    let quicker = new.shared_secret("nonce", None).await.unwrap();
    assert_ne!(quicker, secret);
    assert_eq!(old.shared_secret("nonce", Some(secret)).await, Ok(quicker));
}

/// How many of these many uses of one key were the first.
async fn firsts(store: Store, uses: usize) -> usize {
    let uses: Vec<_> = (0..uses)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.first_use(&[9; 32], TTL).await })
        })
        .collect();
    let mut firsts = 0;
    for used in uses {
        firsts += usize::from(used.await.unwrap().unwrap());
    }
    firsts
}

/// One of the processes of the next test; nothing where it is a test by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_of_three() {
    let (Ok(url), Ok(told)) = (env::var(STORE_OF_CHILD), env::var(FILE_OF_CHILD)) else { return };
    let settings = StoreSettings::default().redis(&url).unwrap();
    let store = Store::of(&settings.deadline(Duration::from_secs(10)).unwrap()).unwrap().unwrap();
    store.connect().await.unwrap();
    fs::write(told, firsts(store, 3_334).await.to_string()).unwrap();
}

#[tokio::test]
async fn of_ten_thousand_uses_of_one_key_in_three_processes_one_is_the_first() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut processes = vec![];
    for number in 0..3 {
        let told = server.folder.path().join(format!("firsts{number}"));
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "store::redis::tests::uses::one_process_of_three"]);
        command.env(STORE_OF_CHILD, server.url()).env(FILE_OF_CHILD, &told);
        processes.push((command.stdout(Stdio::null()).spawn().unwrap(), told));
    }
    let mut firsts = 0;
    for (mut process, told) in processes {
        assert!(process.wait().unwrap().success());
        firsts += fs::read_to_string(told).unwrap().parse::<usize>().unwrap();
    }
    assert_eq!(firsts, 1);
}

/// The speed of one node over one connection, for `docs/redis.md`. It is told and not judged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uses_share_a_connection() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let settings = StoreSettings::default().redis(&server.url()).unwrap();
    let store = Store::of(&settings.deadline(Duration::from_secs(10)).unwrap()).unwrap().unwrap();
    store.connect().await.unwrap();
    for at_a_time in [1_usize, 16, 256] {
        let total = 20_000;
        let begin = Instant::now();
        let tasks: Vec<_> = (0..at_a_time)
            .map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    for number in 0..total / at_a_time {
                        let mut key = [at_a_time as u8; 32];
                        key[8..16].copy_from_slice(&task.to_be_bytes());
                        key[16..24].copy_from_slice(&number.to_be_bytes());
                        assert_eq!(store.first_use(&key, TTL).await, Ok(true));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let rate = total as f64 / begin.elapsed().as_secs_f64();
        let _ = writeln!(io::stdout(), "{at_a_time} at a time: {rate:.0} a second");
    }
}
