//! Two minutes of load while keys rotate and fetches fail: `cargo test --release --test soak`.
//!
//! 64 connections send good, expired, withdrawn and garbage tokens; the issuer rotates every 2 s
//! and fails three fetches of ten. `SOAK_SECONDS` sets another length. Loopback only.

#![allow(clippy::print_stdout, reason = "its numbers are for a person or a script beside it")]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::{Algorithm, Config, Issuer, KeyFetching};
use serde_json::json;
use support::issuer::{IssuerAnswer, MockIssuer};
use support::server::Server;
use support::{AUDIENCE, ISSUER, Signer, but, good_claims};

const SECOND: Duration = Duration::from_secs(1);

/// How many keys are published: the one that signs and those that will.
const PUBLISHED: usize = 6;
const ROTATION: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(120));
    let (es256, ed25519) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let rotations = (length.as_secs() / ROTATION.as_secs()) as usize + 2 * PUBLISHED;
    // A new id is a new key to everyone who looks for it by id.
    let keys: Vec<_> = (0..rotations)
        .map(|number| {
            if number % 2 == 0 { &es256 } else { &ed25519 }
                .clone()
                .with_kid(&format!("key-{number}"))
        })
        .collect();
    let publish = |issuer: &MockIssuer, first: usize| {
        let published: Vec<_> = keys[first..first + PUBLISHED].iter().collect();
        issuer.answers(
            "/jwks.json",
            IssuerAnswer::Failing(30, Box::new(IssuerAnswer::keys(&published))),
        );
    };

    let issuer = MockIssuer::start();
    issuer.answers(
        "/jwks.json",
        IssuerAnswer::keys(&keys.iter().take(PUBLISHED).collect::<Vec<_>>()),
    );
    let source =
        Issuer::with_uri(ISSUER, &format!("{}/jwks.json", issuer.url), [AUDIENCE]).unwrap();
    let jwks = KeyFetching::default().refresh(SECOND).unwrap().cooldown(SECOND).unwrap();
    let config =
        Config::new(source.algorithms(Algorithm::ALL).unwrap()).key_fetching(jwks).unwrap();
    let server = Server::start(config);

    let answers = Mutex::new(BTreeMap::<(&str, u16), usize>::new());
    let wrong = AtomicUsize::new(0);
    let current = AtomicUsize::new(0);
    let mut resident = vec![];
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut connection = server.connect();
                let mut mine = BTreeMap::<(&str, u16), usize>::new();
                while begun.elapsed() < length {
                    let now = current.load(Ordering::SeqCst);
                    let key = &keys[now];
                    let expired = but(good_claims(), json!({ "exp": 1 }));
                    let mut sent = vec![
                        ("good", key.good(), 200),
                        ("expired", key.token(&key.header(), &expired), 401),
                        ("garbage", "garbage".to_owned(), 401),
                    ];
                    // Ten rotations after it was withdrawn, no load can have missed that.
                    if let Some(old) = now.checked_sub(10) {
                        sent.push(("withdrawn", keys[old].good(), 401));
                    }
                    for (name, token, expected) in sent {
                        let status = connection.bearer(&token);
                        *mine.entry((name, status)).or_default() += 1;
                        // Of a withdrawn key nothing can be told while the issuer is failing.
                        let fits = status == expected || (name == "withdrawn" && status == 503);
                        wrong.fetch_add(usize::from(!fits), Ordering::SeqCst);
                    }
                }
                let mut answers = answers.lock().unwrap();
                for (what, count) in mine {
                    *answers.entry(what).or_default() += count;
                }
            });
        }
        while begun.elapsed() < length {
            thread::sleep(ROTATION);
            // First the new set, a rotation later its first key signs.
            let next = current.load(Ordering::SeqCst) + 1;
            publish(&issuer, next);
            current.store(next, Ordering::SeqCst);
            resident.push(resident_kib());
        }
    });

    let total: usize = answers.lock().unwrap().values().sum();
    println!("{total} requests in {} s over 64 connections", length.as_secs());
    for ((name, status), count) in answers.lock().unwrap().iter() {
        println!("  {name:9} {status}  {count}");
    }
    println!("{} fetches, {} rotations", issuer.asked("/jwks.json"), resident.len());
    let (early, last) = (resident[resident.len() / 4], resident[resident.len() - 1]);
    println!("resident memory {early} KiB at a quarter, {last} KiB at the end");
    println!("{} wrong answers", wrong.load(Ordering::SeqCst));
    let is_flat = last < early + 16 * 1024;
    if wrong.load(Ordering::SeqCst) == 0 && is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Of this process: server, clients and issuer together.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
