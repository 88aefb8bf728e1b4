//! A proof is used once on all instances, and what an outage lets through. These need a Redis, as
//! `REDIS_SERVER=redis-server cargo test --test attacker shared`, and pass at once without that variable.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rocket_bearer::StoreSettings;
use tempfile::TempDir;

use super::*;

/// A Redis on a socket of its own, until dropped.
struct Redis {
    command: String,
    folder: TempDir,
    process: Option<Child>,
}

impl Redis {
    fn start() -> Option<Self> {
        let command = std::env::var("REDIS_SERVER").ok()?;
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Self { command, folder, process: None };
        redis.start_again();
        Some(redis)
    }

    fn start_again(&mut self) {
        let mut command = Command::new(&self.command);
        command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(self.socket());
        command.arg("--dir").arg(self.folder.path());
        self.process = Some(command.stdout(Stdio::null()).spawn().unwrap());
        while UnixStream::connect(self.socket()).is_err() {
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it as a crash does; what it knew is lost.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            let _ = std::fs::remove_file(self.socket());
        }
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn settings(&self) -> StoreSettings {
        let url = format!("unix:{}", self.socket().display());
        StoreSettings::default().redis(&url).unwrap().deadline(Duration::from_secs(2)).unwrap()
    }

    /// The answer to a command: a line, or a text of several.
    fn answer(&self, command: &str) -> String {
        let mut stream = BufReader::new(UnixStream::connect(self.socket()).unwrap());
        write!(stream.get_mut(), "{command}\r\n").unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some(length) = line.strip_prefix('$') else { return line[1..].trim_end().to_owned() };
        let mut text = vec![0; length.trim_end().parse().unwrap()];
        stream.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// How often this command was called.
    fn calls(&self, command: &str) -> u32 {
        let stats = self.answer("INFO commandstats");
        let calls = stats.split(&format!("cmdstat_{command}:calls=")).nth(1);
        calls.map_or(0, |it| it.split(',').next().unwrap().parse().unwrap())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn instance(dpop: Dpop, store: StoreSettings) -> Client {
    // Rules that are not known yet would refuse all tokens.
    let config = config(dpop).store(store).unwrap().revocation_in_redis(false);
    Client::untracked(app(config)).unwrap()
}

fn ask(client: &Client, token: &Token, proof: &str) -> (u16, String) {
    let response = get(client, &lines(token, proof));
    (response.status().code, reason(&response))
}

const IN: (u16, &str) = (200, "");
const REPLAYED: (u16, &str) = (401, "ReplayedProof");
const AWAY: (u16, &str) = (503, "StoreUnavailable");

#[test]
fn one_command_uses_a_proof_up_for_all_instances_for_as_long_as_it_lives() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) =
        (instance(allowed(), redis.settings()), instance(allowed(), redis.settings()));
    let apart = instance(allowed(), redis.settings().prefix("apart").unwrap());
    let token = bound();
    redis.answer("CONFIG RESETSTAT");
    let proof_of = |jti: &str| proof(&token).claim("jti", jti);
    let text = proof_of("one").to_string();
    let told = |(status, reason): (u16, &str)| (status, reason.to_owned());
    assert_eq!(ask(&one, &token, &text), told(IN));
    assert_eq!(redis.calls("set"), 1);
    assert_eq!(ask(&other, &token, &text), told(REPLAYED));
    assert_eq!(ask(&other, &token, &proof_of("one").to_string()), told(REPLAYED));
    assert_eq!(ask(&other, &token, &text), told(REPLAYED));
    // Another prefix is another app.
    assert_eq!(ask(&apart, &token, &text), told(IN));
    // What is refused before is no matter of the store, nor what this process has seen itself.
    let before = redis.calls("set");
    assert_eq!(ask(&one, &token, &text), told(REPLAYED));
    for bad in
        [proof_of("two").forged(), proof_of("two").old(), proof_of("two").claim("htm", "PUT")]
    {
        assert_eq!(ask(&one, &token, &bad.to_string()).0, 401);
    }
    for number in 0..10 {
        assert_eq!(ask(&one, &token, &proof_of(&format!("more{number}")).to_string()), told(IN));
    }
    assert_eq!(redis.calls("set"), before + 10);
    for command in ["get", "exists", "expire", "pexpire", "eval", "multi", "setnx"] {
        assert_eq!(redis.calls(command), 0, "{command}");
    }

    // The key says nothing, and lives as long as the proof could be taken anywhere.
    let keys = |prefix: &str| {
        redis.answer(&format!("EVAL \"return redis.call('KEYS', '{prefix}:j:*')[1]\" 0"))
    };
    for prefix in ["rocket-bearer", "apart"] {
        let key = keys(prefix);
        assert_eq!(key.len(), prefix.len() + ":j:".len() + 22, "{key}");
        let lives: u64 = redis.answer(&format!("PTTL {key}")).parse().unwrap();
        assert!((320_000..=330_000).contains(&lives), "{lives}");
    }
    let old = proof_of("old").made(std::time::SystemTime::now() - Duration::from_secs(280));
    redis.answer("FLUSHALL");
    assert_eq!(ask(&one, &token, &old.to_string()), told(IN));
    let lives: u64 = redis.answer(&format!("PTTL {}", keys("rocket-bearer"))).parse().unwrap();
    assert!((40_000..=50_000).contains(&lives), "{lives}");
}

/// The answer to a proof as soon as the store is back.
fn ask_until_back(client: &Client, token: &Token, proof: &str) -> (u16, String) {
    let begin = Instant::now();
    loop {
        let answered = ask(client, token, proof);
        if answered.0 != 503 {
            return answered;
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "the store is not back: {answered:?}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn in_an_outage_no_proof_is_taken_or_used_up() {
    let Some(mut redis) = Redis::start() else { return };
    let client = instance(allowed(), redis.settings());
    let token = bound();
    let used = proof(&token).to_string();
    let told = |(status, reason): (u16, &str)| (status, reason.to_owned());
    assert_eq!(ask(&client, &token, &used), told(IN));
    redis.kill();
    let text = proof(&token).to_string();
    for _ in 0..3 {
        assert_eq!(ask(&client, &token, &text), told(AWAY));
    }
    // What this process has seen needs no store.
    assert_eq!(ask(&client, &token, &used), told(REPLAYED));
    // Nor does a plain token.
    let plain = [("Authorization", format!("Bearer {}", TestIssuer::new().token()))];
    assert_eq!(get(&client, &plain).status().code, 200);
    redis.start_again();
    assert_eq!(ask_until_back(&client, &token, &text), told(IN));
    assert_eq!(ask(&client, &token, &text), told(REPLAYED));
    assert_eq!(ask(&client, &token, &used), told(REPLAYED));
}

#[test]
fn a_process_that_judges_alone_takes_a_proof_once_during_and_after_an_outage() {
    let Some(mut redis) = Redis::start() else { return };
    let dpop = || allowed().require_nonce(true);
    let client = instance(dpop(), redis.settings().memory_on_outage());
    let token = bound();
    let made = |nonce: &str| proof(&token).nonce(nonce).to_string();
    let told = |(status, reason): (u16, &str)| (status, reason.to_owned());
    let nonce = |client: &Client| {
        let response = get(client, &lines(&token, proof(&token)));
        assert_eq!(reason(&response), "NonceRequired");
        response.headers().get_one("DPoP-Nonce").unwrap().to_owned()
    };
    let first = nonce(&client);
    let before = made(&first);
    assert_eq!(ask(&client, &token, &before), told(IN));
    redis.kill();
    let during = made(&first);
    assert_eq!(ask(&client, &token, &before), told(REPLAYED));
    assert_eq!(ask(&client, &token, &during), told(IN));
    assert_eq!(ask(&client, &token, &during), told(REPLAYED));
    // One that starts in an outage has nonces of its own till the end of it.
    let late = instance(dpop(), redis.settings().memory_on_outage());
    assert_eq!(ask(&late, &token, &made(&nonce(&late))), told(IN));
    redis.start_again();
    while redis.calls("set") == 0 {
        assert_eq!(ask(&client, &token, &made(&first)), told(IN));
    }
    for proof in [&before, &during] {
        assert_eq!(ask(&client, &token, proof), told(REPLAYED));
    }
}
