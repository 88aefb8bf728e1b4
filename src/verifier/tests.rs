//! The verifier with its cache: what is remembered, for how long, and how much.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::config::{Config, Issuer};
use crate::keys::signing_key::SigningKey;
use crate::keys::source::Source;
use crate::keys::{KeySet, Trust};
use crate::token::algorithm::Algorithm;
use crate::verifier::Verifier;
use crate::verifier::cache::{BYTES_OF_A_TOKEN, Stats};

const EXP: u64 = 2_000_000_000;

fn verifier(tokens: u64) -> Verifier {
    let keys = KeySet::parse(include_bytes!("../../keys/jwks.json")).unwrap();
    let issuer = Issuer::with_keys("issuer", keys, ["image"]).unwrap();
    let config = Config::new(issuer.algorithms([Algorithm::EdDSA]).unwrap());
    let config = config.leeway(Duration::ZERO).unwrap().cache_tokens(tokens).unwrap();
    Verifier::trusting(&config, Trust::Published).unwrap()
}

/// The tokens of these claims, laid over good ones.
fn tokens(of: impl Iterator<Item = Value>) -> impl Iterator<Item = String> {
    let pem = include_bytes!("../../keys/dev-ed25519.pem");
    let key = SigningKey::from_pem(pem, Algorithm::EdDSA).unwrap();
    let header = json!({ "alg": "EdDSA", "kid": "dev-ed25519" });
    of.map(move |members| {
        let mut claims = json!({ "iss": "issuer", "aud": "image", "exp": EXP });
        claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        key.token(header.as_object().unwrap(), claims.as_object().unwrap())
    })
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn stats(verifier: &Verifier) -> Stats {
    verifier.cache().unwrap().stats()
}

#[test]
fn only_accepted_tokens_are_remembered_and_until_they_expire() {
    let verifier = verifier(100);
    let good = tokens([json!({})].into_iter()).next().unwrap();
    let wrong = [
        json!({ "aud": "other" }),
        json!({ "iss": "other" }),
        json!({ "exp": 1 }),
        json!({ "nbf": EXP }),
        json!({ "exp": "soon" }),
        json!({ "cnf": {} }),
    ];
    let forged = [good[1..].to_owned(), format!("{good}A"), "garbage".to_owned()];
    for token in tokens(wrong.into_iter()).chain(forged) {
        assert!(verifier.verify(&token, at(EXP - 1)).is_err(), "{token}");
    }
    assert_eq!(stats(&verifier), Stats { hits: 0, misses: 9, entries: 0, bytes: 0 });

    for _ in 0..3 {
        verifier.verify(&good, at(EXP - 1)).unwrap();
    }
    let Stats { hits, misses, entries, bytes } = stats(&verifier);
    assert_eq!((hits, misses, entries), (2, 10, 1));
    assert!(bytes >= BYTES_OF_A_TOKEN as u64);

    assert!(verifier.verify(&good, at(EXP)).is_err());
    assert_eq!(stats(&verifier).entries, 0);
}

#[test]
fn an_anonymous_session_of_an_auth0_tenant_is_no_user_unless_it_may_be() {
    let keys = KeySet::parse(include_bytes!("../../keys/jwks.json")).unwrap();
    let tenant = || Issuer::auth0("tenant.test", ["image"]).unwrap();
    let at_hand = |issuer: Issuer| {
        let issuer =
            Issuer { issuer: "issuer".to_owned(), source: Source::Keys(keys.clone()), ..issuer };
        let config = Config::new(issuer.algorithms([Algorithm::EdDSA]).unwrap());
        Verifier::trusting(&config, Trust::Published).unwrap()
    };
    let plain = || Issuer::with_keys("issuer", keys.clone(), ["image"]).unwrap();
    // A subject, whether a tenant takes it, and whether one does that takes anonymous sessions.
    for (sub, by_default, when_set) in [
        (json!("anon@123"), false, true),
        (json!("anon@"), false, true),
        (json!("anon@auth0|1"), false, true),
        (json!("anon"), true, true),
        (json!("Anon@123"), true, true),
        (json!(" anon@123"), true, true),
        (json!("auth0|anon@123"), true, true),
        (json!("abc@clients"), true, true),
        (json!(["anon@123"]), false, false),
    ] {
        let token = tokens([json!({ "sub": sub })].into_iter()).next().unwrap();
        for (name, issuer, is_accepted) in [
            ("a tenant", tenant(), by_default),
            ("it may be", tenant().anonymous(true), when_set),
            ("it may not be", tenant().anonymous(true).anonymous(false), by_default),
            ("another issuer", plain(), when_set),
        ] {
            let verifier = at_hand(issuer);
            for _ in 0..2 {
                let judged = verifier.verify(&token, at(EXP - 1));
                assert_eq!(judged.is_ok(), is_accepted, "{name} {sub}: {judged:?}");
            }
        }
    }
}

#[test]
fn a_flood_of_distinct_tokens_evicts_and_never_grows() {
    const MOST: u64 = 50;
    let small = (0..1_000).map(|number| json!({ "sub": format!("user {number}") }));
    let large = (0..200).map(|number| json!({ "sub": number.to_string(), "a": vec!["a"; 1_000] }));
    for (name, tokens) in [
        ("small", Box::new(tokens(small)) as Box<dyn Iterator<Item = String>>),
        ("large", Box::new(tokens(large))),
    ] {
        let verifier = verifier(MOST);
        let mut most = 0;
        for token in tokens {
            verifier.verify(&token, at(1)).unwrap();
            let Stats { entries, bytes, .. } = stats(&verifier);
            assert!(entries <= MOST as usize, "{name}: {entries} entries");
            assert!(bytes <= MOST * BYTES_OF_A_TOKEN as u64, "{name}: {bytes} bytes");
            most = most.max(entries);
        }
        assert!(most > 0, "{name}: none is ever remembered");
        assert!((name == "small") == (most == MOST as usize), "{name}: {most} at most");
    }
}

#[test]
fn what_a_token_takes_in_memory_is_about_what_it_is_taken_to() {
    for claims in [
        json!({ "sub": "a" }),
        json!({ "a": vec!["a"; 500] }),
        json!({ "a": vec![json!({ "a": 1 }); 500] }),
    ] {
        let token = tokens([claims].into_iter()).next().unwrap();
        let verifier = verifier(0);
        let mut verified = None;
        let allocated = allocation_counter::measure(|| {
            verified = Some(verifier.verify(&token, at(1)).unwrap());
        });
        let held = allocated.bytes_current as f64;
        let share = verified.unwrap().bytes() as f64 / held;
        assert!((0.8..2.0).contains(&share), "{share} of {held} bytes: {token}");
    }
}
