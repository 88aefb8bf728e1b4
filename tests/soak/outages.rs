//! Keys that are published before they sign, and an issuer that fails three fetches of ten.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::KeyFetching;

use crate::answers::{Answers, resident_kib};
use crate::support::Signer;
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::server::Server;
use crate::{PATH, ROTATION, config, publish, tokens};

const SECOND: Duration = Duration::from_secs(1);

/// How many keys are published: the one that signs and those that will.
const PUBLISHED: usize = 6;

pub(crate) fn run(length: Duration) -> bool {
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
    let issuer = MockIssuer::start();
    publish(&issuer, &keys[..PUBLISHED]);
    let fetching = KeyFetching::default().refresh(SECOND).unwrap().cooldown(SECOND).unwrap();
    let server = Server::start_unwatched(config(&issuer, fetching));

    let answers = Answers::default();
    let current = AtomicUsize::new(0);
    let mut resident = vec![];
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut connection = server.connect();
                while begun.elapsed() < length {
                    let now = current.load(Ordering::SeqCst);
                    let key = &keys[now];
                    let mut sent = tokens(key).to_vec();
                    // Ten rotations after it was withdrawn, no load can have missed that.
                    if let Some(old) = now.checked_sub(10) {
                        sent.push(("withdrawn", keys[old].good(), 401));
                    }
                    for (name, token, expected) in sent {
                        let status = connection.bearer(&token);
                        // Of a withdrawn key nothing can be told while the issuer is failing.
                        let fits = status == expected || (name == "withdrawn" && status == 503);
                        answers.count(name, status, fits);
                    }
                }
            });
        }
        while begun.elapsed() < length {
            thread::sleep(ROTATION);
            // First the new set, a rotation later its first key signs.
            let next = current.load(Ordering::SeqCst) + 1;
            let published: Vec<_> = keys[next..next + PUBLISHED].iter().collect();
            let answer = IssuerAnswer::Failing(30, Box::new(IssuerAnswer::keys(&published)));
            issuer.answers(PATH, answer);
            current.store(next, Ordering::SeqCst);
            resident.push(resident_kib());
        }
    });

    println!("an issuer that fails, {} s:", length.as_secs());
    let is_right = answers.tell();
    println!("  {} rotations, {} fetches", resident.len(), issuer.asked(PATH));
    let (early, last) = (resident[resident.len() / 4], resident[resident.len() - 1]);
    println!("  resident memory {early} KiB at a quarter, {last} KiB at the end");
    is_right && last < early + 16 * 1024
}
