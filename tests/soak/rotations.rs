//! Keys that sign from the moment in which they are published, every 2 s in the mean, and half of them
//! within a second of a load. No good token may be refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::KeyFetching;

use crate::answers::Answers;
use crate::support::Signer;
use crate::support::issuer::MockIssuer;
use crate::support::server::Server;
use crate::{PATH, ROTATION, config, publish, tokens};

/// The times between rotations, in turn. Each one brings a load, so that every second one comes within
/// a second of a load.
const PAUSES: [Duration; 2] = [Duration::from_millis(600), Duration::from_millis(3_400)];

/// The one that signs, and those before it, whose tokens may be on their way.
const PUBLISHED: usize = 4;

pub(crate) fn run(length: Duration) -> bool {
    let rotations = (length.as_secs() / ROTATION.as_secs()) as usize + 2;
    let keys: Vec<_> = (0..PUBLISHED + rotations).map(key).collect();
    let issuer = MockIssuer::start();
    publish(&issuer, &keys[..PUBLISHED]);
    let server = Server::start_unwatched(config(&issuer, KeyFetching::default()));

    let answers = Answers::default();
    let current = AtomicUsize::new(PUBLISHED - 1);
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut connection = server.connect();
                while begun.elapsed() < length {
                    let now = current.load(Ordering::SeqCst);
                    let key = &keys[now];
                    for (name, token, expected) in tokens(key) {
                        let status = connection.bearer(&token);
                        // A machine that stands still may outlive a key that is withdrawn.
                        let is_late = current.load(Ordering::SeqCst) >= now + PUBLISHED;
                        answers.count(name, status, status == expected || is_late);
                    }
                }
            });
        }
        for pause in PAUSES.into_iter().cycle() {
            thread::sleep(pause);
            if begun.elapsed() >= length {
                return;
            }
            let next = current.load(Ordering::SeqCst) + 1;
            publish(&issuer, &keys[next + 1 - PUBLISHED..=next]);
            current.store(next, Ordering::SeqCst);
        }
    });

    println!("rotations without notice, {} s:", length.as_secs());
    let is_right = answers.tell();
    let rotations = current.into_inner() + 1 - PUBLISHED;
    println!("  {rotations} rotations, {} fetches", issuer.asked(PATH));
    is_right
}

/// Every third key has a `kid` of its own, the two after it are other keys of the same `kid`: one of
/// the same algorithm, and one of another.
fn key(number: usize) -> Signer {
    let algorithm = ["ES256", "ES256", "EdDSA"][number % 3];
    Signer::stranger(algorithm).with_kid(&format!("key-{}", number / 3))
}
