//! A key set that changes faster than it can be loaded, on disk and behind a URL, while tokens are
//! verified.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier};
use serde_json::{Value, json};

use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{AUDIENCE, ISSUER, Signer};

/// The keys that sign, and the sets that are published.
struct Signers {
    /// A key of every set that was ever whole.
    always: Signer,
    one: Signer,
    other: Signer,
    /// Keys of no set. The second one has the `kid` of a key that is in all.
    never: [Signer; 2],
}

impl Signers {
    fn new() -> Self {
        let [always, one, other] = ["ES256", "EdDSA", "ES384"].map(Signer::of);
        let usurper = Signer::stranger("EdDSA").with_kid(&always.kid);
        Self { never: [Signer::stranger("ES256"), usurper], always, one, other }
    }

    /// The sets that are whole by turns.
    fn sets(&self) -> [String; 2] {
        [&self.one, &self.other].map(|key| document(&[&self.always, key]))
    }

    /// A set that never counts.
    fn forged(&self) -> String {
        let [stranger, usurper] = &self.never;
        document(&[stranger, usurper, &self.always])
    }

    /// Judges while two load the keys and `change` changes them this often; in the end only the
    /// last set counts, of those that `settle` publishes.
    fn race(&self, issuer: &Issuer, changes: usize, change: impl Fn(usize), settle: impl Fn(&str)) {
        for cached in [0, 10_000] {
            settle(&self.sets()[0]);
            let issuer = issuer.clone().algorithms(Algorithm::ALL).unwrap();
            let config = Config::new(issuer).cache_tokens(cached).unwrap();
            let verifier = Verifier::new(&config).unwrap();
            let load = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(verifier.refresh());
            };
            load();
            let is_over = AtomicBool::new(false);
            let [taken, refused] = [0, 0].map(AtomicUsize::new);
            let judge = |key: &Signer| verifier.verify(&key.good(), SystemTime::now()).map(drop);
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        while !is_over.load(Ordering::SeqCst) {
                            load();
                        }
                    });
                    scope.spawn(|| {
                        while !is_over.load(Ordering::SeqCst) {
                            assert_eq!(judge(&self.always), Ok(()));
                            assert!(self.never.iter().all(|key| judge(key).is_err()));
                            for key in [&self.one, &self.other] {
                                let count = if judge(key).is_ok() { &taken } else { &refused };
                                count.fetch_add(1, Ordering::SeqCst);
                            }
                        }
                    });
                }
                (0..changes).for_each(&change);
                is_over.store(true, Ordering::SeqCst);
            });
            assert!(taken.into_inner() > 0 && refused.into_inner() > 0, "there was a race");

            let [with_one, with_other] = self.sets();
            for (set, is_in, is_out) in
                [(with_other, &self.other, &self.one), (with_one, &self.one, &self.other)]
            {
                settle(&set);
                load();
                assert_eq!([judge(&self.always), judge(is_in)], [Ok(()); 2]);
                assert_eq!(judge(is_out), Err(Rejection::UnknownKey));
                assert_eq!(judge(&self.never[0]), Err(Rejection::UnknownKey));
                assert!(judge(&self.never[1]).is_err());
            }
        }
    }
}

fn document(keys: &[&Signer]) -> String {
    json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<&Value>>() }).to_string()
}

#[test]
fn of_a_file_that_races_no_key_is_taken_that_never_was_and_none_missed_that_always_is() {
    let signers = Signers::new();
    let ([with_one, with_other], forged) = (signers.sets(), signers.forged());
    let texts = [
        with_one.clone(),
        forged[..forged.len() - 1].to_owned(),
        with_other,
        String::new(),
        document(&[]),
        format!("{forged}{{"),
        with_one[..with_one.len() / 2].to_owned(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    // Renamed into its place, written in place, or removed.
    let change = |number: usize| {
        let text = &texts[number % texts.len()];
        match number % 3 {
            0 => replace(&path, text),
            1 => fs::write(&path, text).unwrap(),
            _ => drop(fs::remove_file(&path)),
        }
    };
    let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
    signers.race(&issuer, 1_500, change, |set| replace(&path, set));
}

fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn of_a_url_that_races_no_key_is_taken_that_never_was_and_none_missed_that_always_is() {
    let signers = Signers::new();
    let ([with_one, with_other], forged) = (signers.sets(), signers.forged());
    let whole = |set: &str| IssuerAnswer::text(200, "Content-Type: application/json", set);
    let too_large = " ".repeat(600_000);
    let answers = [
        whole(&with_one),
        IssuerAnswer::text(500, "X: y", &forged),
        whole(&with_other),
        IssuerAnswer::Truncated(forged.clone().into_bytes()),
        IssuerAnswer::Close,
        IssuerAnswer::text(203, "X: y", &forged),
        whole(&forged[..forged.len() - 1]),
        IssuerAnswer::text(302, "Location: /forged.json", &forged),
        whole(&(too_large + &forged)),
    ];
    let mock = MockIssuer::start();
    mock.answers("/forged.json", whole(&forged));
    let issuer = Issuer::with_uri(ISSUER, &format!("{}/jwks.json", mock.url), [AUDIENCE]).unwrap();
    let change = |number: usize| {
        mock.answers("/jwks.json", answers[number % answers.len()].clone());
        // Until it has been fetched.
        let asked = mock.asked("/jwks.json");
        while mock.asked("/jwks.json") == asked {
            thread::yield_now();
        }
    };
    signers.race(&issuer, 200, change, |set| mock.answers("/jwks.json", whole(set)));
    assert_eq!(mock.asked("/forged.json"), 0);
}
