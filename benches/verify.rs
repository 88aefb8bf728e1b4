//! `Verifier::verify` by itself: `cargo bench --bench verify [NAME]`. What the numbers say: `README.md`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use divan::{Bencher, black_box};
use rocket_bearer::Verifier;
use rocket_bearer::keys::KeySet;
use serde_json::{Value, json};
use support::{Signer, but, good_claims};

fn main() {
    divan::main();
}

const ALGORITHMS: [&str; 9] =
    ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];

fn remembering(keys: KeySet) -> Verifier {
    Verifier::new(&support::config(keys)).unwrap()
}

fn forgetful(keys: KeySet) -> Verifier {
    Verifier::new(&support::config(keys).cache_tokens(0).unwrap()).unwrap()
}

/// One token again and again, accepted or not.
fn again(bencher: Bencher<'_, '_>, verifier: &Verifier, token: &str, accepted: bool) {
    let now = SystemTime::now();
    assert_eq!(verifier.verify(token, now).is_ok(), accepted);
    bencher.bench(|| verifier.verify(black_box(token), now).is_ok());
}

/// A good token of about this many bytes.
fn sized(key: &Signer, bytes: usize) -> String {
    let bare = key.good().len();
    let filling = "x".repeat(bytes.saturating_sub(bare) * 3 / 4);
    key.token(&key.header(), &but(good_claims(), json!({ "https://example.com/x": filling })))
}

#[divan::bench(args = ALGORITHMS, threads = [1, 2])]
fn cold(bencher: Bencher<'_, '_>, alg: &'static str) {
    let key = Signer::of(alg);
    again(bencher, &forgetful(key.set()), &sized(&key, 916), true);
}

#[divan::bench(args = ["RS256", "EdDSA"], threads = [1, 2])]
fn warm(bencher: Bencher<'_, '_>, alg: &'static str) {
    let key = Signer::of(alg);
    again(bencher, &remembering(key.set()), &sized(&key, 916), true);
}

#[divan::bench(args = [500, 1_000, 4_000, 12_000])]
fn cold_by_bytes(bencher: Bencher<'_, '_>, bytes: usize) {
    let key = Signer::of("RS256");
    again(bencher, &forgetful(key.set()), &sized(&key, bytes), true);
}

#[divan::bench(args = [500, 1_000, 4_000, 12_000])]
fn warm_by_bytes(bencher: Bencher<'_, '_>, bytes: usize) {
    let key = Signer::of("RS256");
    again(bencher, &remembering(key.set()), &sized(&key, bytes), true);
}

#[divan::bench(args = [1, 10, 100])]
fn cold_by_keys(bencher: Bencher<'_, '_>, keys: usize) {
    let key = Signer::of("RS256");
    let jwk = |number| but(key.jwk.clone(), json!({ "kid": format!("key-{number}") }));
    let others: Vec<Value> = (1..keys).map(jwk).collect();
    let set: Vec<&Value> = others.iter().chain([&key.jwk]).collect();
    again(bencher, &forgetful(support::set(&set)), &key.good(), true);
}

/// In rotation, over a cache of 10,000.
#[divan::bench(args = [1, 1_000, 9_000, 100_000])]
fn warm_by_tokens(bencher: Bencher<'_, '_>, tokens: usize) {
    let key = Signer::of("EdDSA");
    let claims = |number: usize| but(good_claims(), json!({ "jti": number.to_string() }));
    let tokens: Vec<_> =
        (0..tokens).map(|number| key.token(&key.header(), &claims(number))).collect();
    let (verifier, now) = (remembering(key.set()), SystemTime::now());
    tokens.iter().for_each(|token| assert!(verifier.verify(token, now).is_ok()));
    let next = AtomicUsize::new(0);
    bencher.bench(|| {
        let token = &tokens[next.fetch_add(1, Ordering::Relaxed) % tokens.len()];
        verifier.verify(token, now).is_ok()
    });
}

/// In rotation; each has all the claims that rules go by, and none is revoked.
#[divan::bench(args = [0, 1, 100_000])]
fn warm_by_revocations(bencher: Bencher<'_, '_>, rules: usize) {
    let key = Signer::of("EdDSA");
    let claims = |number: usize| {
        let id = format!("auth0|{:024x}", 1_000_000 + number);
        but(good_claims(), json!({ "jti": id, "sid": id, "sub": id, "azp": id }))
    };
    let tokens: Vec<_> =
        (0..1_000).map(|number| key.token(&key.header(), &claims(number))).collect();
    let config = support::config(key.set());
    let config = match rules {
        0 => config,
        rules => config.revocation_file(support::revocations(rules)),
    };
    let (verifier, now) = (Verifier::new(&config).unwrap(), SystemTime::now());
    tokens.iter().for_each(|token| assert!(verifier.verify(token, now).is_ok()));
    let next = AtomicUsize::new(0);
    bencher.bench(|| {
        let token = &tokens[next.fetch_add(1, Ordering::Relaxed) % tokens.len()];
        verifier.verify(token, now).is_ok()
    });
}

const REFUSALS: [&str; 8] =
    ["garbage", "no alg", "no kid", "alg", "issuer", "kid", "signature", "audience"];

#[divan::bench(args = REFUSALS)]
fn refused(bencher: Bencher<'_, '_>, why: &str) {
    let key = Signer::of("RS256");
    let good = sized(&key, 916);
    let with = |header: Value, claims: Value| {
        key.token(&but(key.header(), header), &but(good_claims(), claims))
    };
    let token = match why {
        "garbage" => "garbage".to_owned(),
        "no alg" => "e30.e30.".to_owned(),
        "no kid" => with(json!({ "kid": null }), json!({})),
        "alg" => with(json!({ "alg": "HS256" }), json!({})),
        "issuer" => with(json!({}), json!({ "iss": "https://issuer.example/" })),
        "kid" => with(json!({ "kid": "unknown" }), json!({})),
        "signature" => {
            let other = key.good();
            format!("{}.{}", good.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1)
        }
        _ => with(json!({}), json!({ "aud": "other" })),
    };
    again(bencher, &forgetful(key.set()), &token, false);
}
