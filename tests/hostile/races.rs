//! A watched file that changes faster than anyone can read it, while tokens are judged.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier};
use serde_json::{Value, json};

use crate::support::{AUDIENCE, ISSUER, Signer};

/// How often the file changes.
const CHANGES: usize = 1_500;

fn document(keys: &[&Signer]) -> String {
    json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<&Value>>() }).to_string()
}

/// Whether it is written at once under another name, or in its place, or is gone.
fn change(path: &Path, number: usize, texts: &[String]) {
    let text = &texts[number % texts.len()];
    match number % 3 {
        0 => {
            let new = path.with_extension("new");
            fs::write(&new, text).unwrap();
            fs::rename(new, path).unwrap();
        }
        1 => fs::write(path, text).unwrap(),
        _ => drop(fs::remove_file(path)),
    }
}

#[test]
fn no_reader_of_a_racing_file_takes_a_key_that_never_was_or_misses_one_that_always_is() {
    let [always, one, other] = ["ES256", "EdDSA", "ES384"].map(Signer::of);
    // In no set that was ever whole; and another key under a name that others have.
    let never = Signer::stranger("ES256");
    let usurper = Signer::stranger("EdDSA").with_kid(&always.kid);
    let [with_one, with_other] = [&one, &other].map(|key| document(&[&always, key]));
    let forged = document(&[&never, &usurper, &always]);
    let texts = [
        with_one.clone(),
        forged[..forged.len() - 1].to_owned(),
        with_other.clone(),
        String::new(),
        document(&[]),
        format!("{forged}{{"),
        with_one[..with_one.len() / 2].to_owned(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    fs::write(&path, &with_one).unwrap();

    for cached in [0, 10_000] {
        let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
        let config = Config::new(issuer.algorithms(Algorithm::ALL).unwrap());
        let verifier = Verifier::new(&config.cache_tokens(cached).unwrap()).unwrap();
        let is_over = AtomicBool::new(false);
        // Each verdict of `one` and of `other` has to come, or there was no race.
        let [taken, refused] = [0, 0].map(AtomicUsize::new);
        let judge = |key: &Signer| verifier.verify(&key.good(), SystemTime::now()).map(drop);
        thread::scope(|scope| {
            let refresh = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.unwrap();
                while !is_over.load(Ordering::SeqCst) {
                    runtime.block_on(verifier.refresh());
                }
            };
            scope.spawn(refresh);
            scope.spawn(refresh);
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::SeqCst) {
                        assert_eq!(judge(&always), Ok(()));
                        assert!(judge(&never).is_err() && judge(&usurper).is_err());
                        for key in [&one, &other] {
                            let verdict = judge(key);
                            let count = if verdict.is_ok() { &taken } else { &refused };
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
            for number in 0..CHANGES {
                change(&path, number, &texts);
            }
            is_over.store(true, Ordering::SeqCst);
        });
        assert!(taken.into_inner() > 0 && refused.into_inner() > 0);

        for (text, is_in, is_out) in [(&with_other, &other, &one), (&with_one, &one, &other)] {
            fs::write(&path, text).unwrap();
            tokio::runtime::Runtime::new().unwrap().block_on(verifier.refresh());
            assert_eq!(judge(&always), Ok(()));
            assert_eq!(judge(is_in), Ok(()));
            assert_eq!(judge(is_out), Err(Rejection::UnknownKey));
            assert_eq!(judge(&never), Err(Rejection::UnknownKey));
        }
    }
}
