//! A flood of tokens that no key signed. A rotation may be seen late by one cool-down, and good tokens
//! of a key that is known are not touched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::KeyFetching;
use serde_json::json;

use crate::answers::Answers;
use crate::support::issuer::MockIssuer;
use crate::support::server::Server;
use crate::support::{Signer, but, good_claims};
use crate::{PATH, config, publish};

const COOLDOWN: Duration = Duration::from_secs(3);

/// The fetch itself, and a machine that is busy with the flood.
const GRACE: Duration = Duration::from_millis(500);

pub(crate) fn run(length: Duration) -> bool {
    // One key stays, the next ones come one by one.
    let stays = Signer::of("ES256");
    let next = |number: usize| Signer::of("EdDSA").with_kid(&format!("next-{number}"));
    let issuer = MockIssuer::start();
    publish(&issuer, std::slice::from_ref(&stays));
    let fetching = KeyFetching::default().cooldown(COOLDOWN).unwrap();
    let server = Server::start_unwatched(config(&issuer, fetching));

    let answers = Answers::default();
    let rotation = AtomicUsize::new(0);
    let mut delays = vec![];
    let begun = Instant::now();
    thread::scope(|scope| {
        for connection in 0..63 {
            let (answers, rotation, stays, server) = (&answers, &rotation, &stays, &server);
            scope.spawn(move || {
                let mut stream = server.connect();
                let forger = Signer::stranger("ES256");
                for number in 0_usize.. {
                    let (name, kid) = match connection % 3 {
                        0 => ("invented", format!("invented-{connection}-{number}")),
                        1 => ("guessed", format!("next-{}", rotation.load(Ordering::SeqCst) + 1)),
                        _ => ("forged", stays.kid.clone()),
                    };
                    let header = but(forger.header(), json!({ "kid": kid }));
                    let status = stream.bearer(&forger.token(&header, &good_claims()));
                    answers.count(name, status, status == 401);
                    let status = stream.bearer(&stays.good());
                    answers.count("good", status, status == 200);
                    if begun.elapsed() >= length {
                        return;
                    }
                }
            });
        }
        let mut stream = server.connect();
        while begun.elapsed() + 2 * COOLDOWN < length {
            let number = rotation.load(Ordering::SeqCst) + 1;
            let new = next(number);
            publish(&issuer, &[stays.clone(), new.clone()]);
            rotation.store(number, Ordering::SeqCst);
            let rotated = Instant::now();
            while stream.bearer(&new.good()) != 200 && rotated.elapsed() < length {}
            delays.push(rotated.elapsed());
            // At another phase of the wait each time.
            thread::sleep(Duration::from_millis(1_300 * (number as u64 % 5)));
        }
    });

    println!("a flood, {} s, with a cool-down of {} s:", length.as_secs(), COOLDOWN.as_secs());
    let is_right = answers.tell();
    let longest = delays.iter().max().copied().unwrap_or_default();
    println!("  {} rotations, {} fetches", delays.len(), issuer.asked(PATH));
    println!("  a rotation was seen after {longest:?} at most");
    is_right && longest <= COOLDOWN + GRACE
}
