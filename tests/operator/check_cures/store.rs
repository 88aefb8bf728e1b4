//! Findings on the store that instances share. They want a Redis of their own: `REDIS_SERVER=redis-server`; without
//! that variable these tests pass at once.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use rcgen::{CertificateParams, KeyPair};

use super::{Finding, assert_cured, checked};
use crate::program::{Folder, Pair, run, token};

/// A Redis on a port of its own, until dropped.
struct Redis {
    process: Child,
    port: u16,
    folder: Folder,
}

impl Redis {
    /// A server with these options and files, which listens; `None` where no command is named.
    fn start(options: &[&str]) -> Option<Self> {
        Self::at(free_port(), options, Folder::new())
    }

    fn at(port: u16, options: &[&str], folder: Folder) -> Option<Self> {
        let mut command = Command::new(env::var("REDIS_SERVER").ok()?);
        let by_tls = options.contains(&"--tls-port");
        let number = port.to_string();
        command.current_dir(folder.path()).args(["--save", "", "--appendonly", "no"]);
        command.args(["--port", if by_tls { "0" } else { &number }]).args(options);
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self { process, port, folder })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends a line, as `redis-cli` does.
    fn order(&self, line: &str) {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 5];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+OK\r\n", "{line}");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn found(url: &str, more: &str) -> Vec<Finding> {
    found_with(url, more, "")
}

fn found_with(url: &str, more: &str, authority: &str) -> Vec<Finding> {
    let file = format!(
        "[default.bearer]\naudience = 'a'\nissuer = 'https://a.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n\
         [default.bearer.store]\nredis = '{url}'\n{more}\n"
    );
    let folder =
        Folder::with(&file).and("keys.json", Pair::new("mine").set()).and("ca.pem", authority);
    checked(&folder, &[])
}

#[test]
fn a_redis_that_is_not_there_is_cured_by_one_that_is() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let before = found(&url, "");
    let Some(started) = Redis::at(port, &[], Folder::new()) else { return };
    let after = found(&url, "");
    assert_eq!(after, []);
    assert_cured("the store is out of reach", "start it", &before, &after);
    let elsewhere = found(&format!("redis://127.0.0.1:{}", free_port()), "");
    assert_cured("the store is out of reach", "or correct the address", &elsewhere, &after);
    // No Redis at all.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let no_redis = format!("redis://{}", other.local_addr().unwrap());
    thread::spawn(move || {
        for mut connection in other.incoming().flatten() {
            while connection.read(&mut [0; 4_096]).is_ok_and(|length| length > 0) {
                let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        }
    });
    let cure = "look whether `store.redis` leads to a Redis";
    assert_cured(
        "the store is refusing what it is asked",
        cure,
        &found(&no_redis, ""),
        &found(&started.url(), ""),
    );
}

/// What `explain` says of a token whose rules cannot be read.
#[test]
fn rules_that_are_unknown_are_cured_by_a_redis_that_is_back() {
    let (port, pair) = (free_port(), Pair::new("k1"));
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = 'a'\nissuer = 'https://a.test/'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\nstore.redis = 'redis://127.0.0.1:{port}'\n"
    ))
    .and("keys.json", pair.set())
    .and("k1.pem", pair.pem);
    let token = token(folder.path(), &[], &[]);
    let explained = || run(folder.path(), &[], &["explain", &token]);
    let said = explained();
    let told =
        said.stdout.contains("\nrules_unknown: ") && said.stdout.contains("Bring Redis back");
    assert!(said.code == Some(1) && told, "{said:?}");
    let Some(_redis) = Redis::at(port, &[], Folder::new()) else { return };
    let said = explained();
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_slow_redis_is_cured_by_a_longer_deadline() {
    let Some(redis) = Redis::start(&[]) else { return };
    let slow = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", slow.local_addr().unwrap());
    let port = redis.port;
    thread::spawn(move || {
        for client in slow.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || pass_on_slowly(client, server));
            thread::spawn(move || pass_on_slowly(back, forth));
        }
    });
    let after = found(&url, "deadline_ms = 5000");
    let before = found(&url, "");
    assert_cured(
        "the store is not answering in time",
        "or write a longer `store.deadline_ms`",
        &before,
        &after,
    );
}

fn pass_on_slowly(mut from: TcpStream, mut to: TcpStream) {
    let mut octets = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut octets) {
        thread::sleep(Duration::from_millis(150));
        if to.write_all(&octets[..length]).is_err() {
            return;
        }
    }
}

#[test]
fn users_and_rights_are_cured_as_is_said() {
    let Some(redis) = Redis::start(&["--requirepass", "right"]) else { return };
    let with = |user: &str| redis.url().replace("://", &format!("://{user}@"));
    let good = found(&with(":right"), "");
    for wrong in [redis.url(), with(":wrong"), with("nobody:right")] {
        let cure = "correct the user and the password in `store.redis`";
        assert_cured("the store is refusing the password", cure, &found(&wrong, ""), &good);
    }
    let Some(redis) = Redis::start(&[]) else { return };
    redis.order("ACL SETUSER bearer on >PASSWORD resetkeys ~rocket-bearer:* -@all +ping +get");
    let url = redis.url().replace("://", "://bearer:PASSWORD@");
    let before = found(&url, "");
    // The line of the page, as it stands there.
    let page = include_str!("../../../docs/redis.md");
    let line = page.lines().find_map(|line| line.strip_prefix("redis-cli ")).unwrap();
    redis.order(&line.replace('\'', ""));
    let cure = "give the user the rights that `docs/redis.md` lists";
    assert_cured("the store is refusing a command to this user", cure, &before, &found(&url, ""));
}

#[test]
fn a_redis_of_another_kind_is_cured_by_the_one_that_is_named() {
    let Some(primary) = Redis::start(&[]) else { return };
    let good = found(&primary.url(), "");
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &primary.port.to_string()]).unwrap();
    let cure = "write the address of the primary";
    assert_cured("a read-only replica", cure, &found(&replica.url(), ""), &good);
    let node = Redis::start(&["--cluster-enabled", "yes"]).unwrap();
    let cure = "write the address of a Redis that is no cluster";
    assert_cured("a node of a cluster", cure, &found(&node.url(), ""), &good);
    let full = Redis::start(&["--maxmemory", "1"]).unwrap();
    let before = found(&full.url(), "");
    full.order("CONFIG SET maxmemory 100mb");
    assert_cured(
        "`maxmemory` is reached",
        "raise its `maxmemory`",
        &before,
        &found(&full.url(), ""),
    );
    let forgetful =
        Redis::start(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).unwrap();
    let before = found(&forgetful.url(), "");
    forgetful.order("CONFIG SET maxmemory-policy noeviction");
    let after = found(&forgetful.url(), "");
    assert_cured("allkeys-lru", "set it to `noeviction` (`CONFIG SET`", &before, &after);
}

#[test]
fn a_redis_that_reads_its_data_is_cured_by_a_wait() {
    let Some(mut redis) = Redis::start(&["--rdbcompression", "no"]) else { return };
    for number in 0..100 {
        redis.order(&format!("SET {number} {}", "x".repeat(1_024)));
    }
    redis.order("SAVE");
    let (port, folder) = (redis.port, std::mem::replace(&mut redis.folder, Folder::new()));
    drop(redis);
    // Microseconds for each key, and how many octets are read between answers.
    let slowly = ["--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024"];
    let redis = Redis::at(port, &slowly, folder).unwrap();
    let before = found(&redis.url(), "");
    let begun = Instant::now();
    let mut after = found(&redis.url(), "");
    while !after.is_empty() && begun.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
        after = found(&redis.url(), "");
    }
    assert_cured("the store is not ready", "wait until it has read its data", &before, &after);
}

#[test]
fn a_redis_that_is_busy_is_cured_by_looking_at_what_it_does() {
    let Some(redis) = Redis::start(&["--busy-reply-threshold", "1"]) else { return };
    let mut script = TcpStream::connect(("127.0.0.1", redis.port)).unwrap();
    script.write_all(b"EVAL \"while true do end\" 0\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let before = found(&redis.url(), "");
    redis.order("SCRIPT KILL");
    let after = found(&redis.url(), "");
    assert_cured("the store is not answering in time", "look at its load", &before, &after);
}

#[test]
fn tls_is_cured_at_the_place_that_is_named() {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::NoCa;
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let folder = Folder::new().and("cert.pem", &pem).and("key.pem", key.serialize_pem());
    let port = free_port();
    let number = port.to_string();
    let options = [
        "--tls-port",
        &number,
        "--tls-cert-file",
        "cert.pem",
        "--tls-key-file",
        "key.pem",
        "--tls-ca-cert-file",
        "cert.pem",
        "--tls-auth-clients",
        "no",
    ];
    let Some(redis) = Redis::at(port, &options, folder) else { return };
    assert!(redis.folder.path().is_dir());
    let by_name = format!("rediss://localhost:{port}");
    let with_authority = |url: &str| found_with(url, "ca_file = 'ca.pem'", &pem);
    let good = with_authority(&by_name);
    assert_eq!(good, []);
    let what = "the store is not reached by TLS";
    assert_cured(
        what,
        "name its private authority as `store.ca_file`",
        &found(&by_name, ""),
        &good,
    );
    let by_address = with_authority(&format!("rediss://127.0.0.1:{port}"));
    assert_cured(what, "write the host as its certificate has it", &by_address, &good);
    let plain = Redis::start(&[]).unwrap();
    let before = found(&plain.url().replace("redis:", "rediss:"), "");
    let what = "the store is not answering in time";
    assert_cured(what, "or `redis://` where it speaks no TLS", &before, &found(&plain.url(), ""));
    let open = found("redis://store.invalid", "");
    let closed = found("rediss://store.invalid", "");
    assert_cured("`store.redis` has no TLS", "write `rediss://…`", &open, &closed);
}
