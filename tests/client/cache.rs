//! A token that was accepted before is remembered, and nothing else about it is easier.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rocket_bearer::{Algorithm, Config, Issuer, KeyFetching, Verifier};
use serde_json::{Value, json};

use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{self, AUDIENCE, ISSUER, Signer, but, claims_at, good_claims, now};
use crate::{GRANTED, NO_KEY, WRONG_CLAIMS, client, get, verdict};

const SECOND: Duration = Duration::from_secs(1);

fn granted() -> (u16, String) {
    (GRANTED.0, GRANTED.1.to_owned())
}

fn refused((status, description): (u16, &str)) -> (u16, String) {
    (status, description.to_owned())
}

/// Asks until the answer to `token` has this status, and no longer than the cool-down may take.
#[track_caller]
fn until(client: &rocket::local::blocking::Client, token: &str, status: u16) {
    let begun = Instant::now();
    while verdict(client, token).0 != status {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not {status}");
        thread::yield_now();
    }
}

fn fetched(mock: &MockIssuer, jwks: KeyFetching) -> Config {
    let issuer = Issuer::with_uri(ISSUER, &format!("{}/jwks.json", mock.url), [AUDIENCE]).unwrap();
    Config::new(issuer.algorithms(Algorithm::ALL).unwrap()).key_fetching(jwks).unwrap()
}

#[test]
fn what_a_token_says_is_the_same_the_second_time() {
    let key = Signer::of("RS256");
    let client = client(support::config(key.set()));
    let claims = but(good_claims(), json!({ "https://example.com/roles": ["a", { "b": [null] }] }));
    let token = key.token(&key.header(), &claims);
    for _ in 0..3 {
        let mut request = client.get("/me");
        request.add_header(rocket::http::Header::new("Authorization", format!("Bearer {token}")));
        let said: Value = serde_json::from_str(&request.dispatch().into_string().unwrap()).unwrap();
        assert_eq!(said, claims);
    }
}

#[test]
fn a_token_whose_key_was_removed_is_refused_at_once() {
    let (old, new) = (Signer::of("RS256"), Signer::of("EdDSA"));
    let mock = MockIssuer::start();
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&old]));
    let client = client(fetched(&mock, KeyFetching::default().cooldown(SECOND).unwrap()));
    let token = old.good();
    assert_eq!([verdict(&client, &token), verdict(&client, &token)], [granted(), granted()]);
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&new]));
    // The request that brings the new set is the last one before.
    until(&client, &new.good(), 200);
    assert_eq!(verdict(&client, &token), refused(NO_KEY));
    // And when its key is back, so is the token.
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&old, &new]));
    until(&client, &token, 200);
}

#[test]
fn a_token_whose_key_was_replaced_under_its_kid_is_refused_at_once() {
    let (old, new) = (Signer::of("ES256"), Signer::stranger("ES256").with_kid("test-es256"));
    let news = Signer::of("EdDSA");
    let mock = MockIssuer::start();
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&old]));
    let client = client(fetched(&mock, KeyFetching::default().cooldown(SECOND).unwrap()));
    let token = old.good();
    assert_eq!([verdict(&client, &token), verdict(&client, &token)], [granted(), granted()]);
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&new, &news]));
    until(&client, &news.good(), 200);
    assert_eq!(verdict(&client, &token).0, 401);
    assert_eq!(verdict(&client, &new.good()), granted());
}

#[test]
fn past_stale_a_remembered_token_is_503_like_any_other() {
    let key = Signer::of("ES256");
    let mock = MockIssuer::start();
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&key]));
    let jwks = KeyFetching::default()
        .refresh(SECOND)
        .unwrap()
        .stale(2 * SECOND)
        .unwrap()
        .cooldown(SECOND)
        .unwrap();
    let client = client(fetched(&mock, jwks));
    let token = key.good();
    assert_eq!([verdict(&client, &token), verdict(&client, &token)], [granted(), granted()]);
    mock.answers("/jwks.json", IssuerAnswer::status(500));
    until(&client, &token, 503);
    let response = get(&client, &token);
    assert_eq!(response.status().code, 503);
    assert!(response.headers().contains("Retry-After"));
    drop(response);
    mock.answers("/jwks.json", IssuerAnswer::keys(&[&key]));
    until(&client, &token, 200);
}

#[test]
fn a_remembered_token_expires_to_the_instant() {
    let key = Signer::of("RS256");
    let client = client(support::config(key.set()).leeway(Duration::ZERO).unwrap());
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    // Till one lasts for two requests, on however busy a machine.
    let was_remembered = [0.5, 5.0, 50.0].into_iter().any(|lifetime| {
        let exp = seconds() + lifetime;
        let token = key.token(&key.header(), &but(good_claims(), json!({ "exp": exp })));
        let mut granted = 0;
        loop {
            let before = seconds();
            match verdict(&client, &token) {
                (200, _) => assert!(before < exp, "accepted {} s after `exp`", before - exp),
                refused => {
                    assert_eq!(refused, (401, "Token expired.".to_owned()));
                    assert!(seconds() >= exp, "refused before `exp`");
                    break granted > 1;
                }
            }
            granted += 1;
        }
    });
    assert!(was_remembered, "it was never remembered");
}

#[test]
fn at_every_time_the_verdict_is_that_of_a_verifier_that_remembers_nothing() {
    const T: u64 = 1_800_000_000;
    let key = Signer::of("EdDSA");
    let claims = [
        json!({}),
        json!({ "nbf": T + 30 }),
        json!({ "iat": T + 30 }),
        json!({ "iat": null }),
        json!({ "exp": T + 100, "nbf": T + 50, "iat": T + 40 }),
        json!({ "exp": T as f64 + 0.5 }),
    ];
    let config = || support::config(key.set()).leeway(Duration::from_secs(5)).unwrap();
    for (name, config) in
        [("no age", config()), ("an age", config().max_age(Duration::from_secs(60)).unwrap())]
    {
        let remembers = Verifier::new(&config).unwrap();
        let forgets = Verifier::new(&config.cache_tokens(0).unwrap()).unwrap();
        for members in &claims {
            let token = key.token(&key.header(), &but(claims_at(T), members.clone()));
            // There and back again, so that each time finds what another one left.
            for second in (0..800).chain((0..800).rev()) {
                let now = UNIX_EPOCH + Duration::from_secs(T - 60 + second);
                let verdicts = [&remembers, &forgets]
                    .map(|it| it.verify(&token, now).map(|it| it.claims().clone()));
                assert_eq!(verdicts[0], verdicts[1], "{name}, {members} at T - 60 + {second}");
            }
        }
    }
}

#[test]
fn a_token_that_differs_in_one_character_is_never_taken_for_a_remembered_one() {
    for alg in ["RS256", "ES256", "EdDSA"] {
        let key = Signer::of(alg);
        let client = client(support::config(key.set()));
        let token = key.good();
        assert_eq!([verdict(&client, &token), verdict(&client, &token)], [granted(), granted()]);
        for place in 0..token.len() {
            // The neighbour in the alphabet differs, at the end, in the bits that say nothing.
            for other in [token.as_bytes()[place] ^ 1, b'A', b'_'] {
                let mut forged = token.clone().into_bytes();
                if forged[place] == other || forged[place] == b'.' {
                    continue;
                }
                forged[place] = other;
                let forged = String::from_utf8(forged).unwrap();
                assert_ne!(verdict(&client, &forged).0, 200, "{alg}, {place}: {forged}");
            }
        }
        for forged in
            [format!("{token}="), format!("{token}A"), format!("A{token}"), token[1..].into()]
        {
            assert_ne!(verdict(&client, &forged).0, 200, "{alg}: {forged}");
        }
        assert_eq!(verdict(&client, &token), granted());
    }
}

#[test]
fn two_issuers_never_share_what_is_remembered() {
    let (one, two) = (Signer::of("ES256").with_kid("k"), Signer::stranger("ES256").with_kid("k"));
    let issuer = |name: &str, key: &Signer| {
        let issuer = Issuer::with_keys(&format!("https://{name}.example/"), key.set(), [name]);
        issuer.unwrap().named(name).unwrap().algorithms([Algorithm::ES256]).unwrap()
    };
    let config = Config::new(issuer("one", &one)).also(issuer("two", &two)).unwrap();
    let client = client(config);
    let claims = |iss: &str, aud: &str| {
        but(good_claims(), json!({ "iss": format!("https://{iss}.example/"), "aud": aud }))
    };
    let token = |key: &Signer, iss: &str, aud: &str| key.token(&key.header(), &claims(iss, aud));
    for _ in 0..3 {
        for (key, iss, aud, status) in [
            (&one, "one", "one", 200),
            (&two, "two", "two", 200),
            (&one, "two", "two", 401),
            (&two, "one", "one", 401),
        ] {
            assert_eq!(verdict(&client, &token(key, iss, aud)).0, status, "{iss} {aud}");
        }
        assert_eq!(verdict(&client, &token(&one, "one", "two")), refused(WRONG_CLAIMS));
    }
    // The parts of two remembered tokens make none.
    let (one, two) = (token(&one, "one", "one"), token(&two, "two", "two"));
    assert_eq!([verdict(&client, &one), verdict(&client, &two)], [granted(), granted()]);
    let (input, signature) = (one.rsplit_once('.').unwrap().0, two.rsplit_once('.').unwrap().1);
    assert_eq!(verdict(&client, &format!("{input}.{signature}")).0, 401);
}

#[test]
fn a_refusal_is_not_remembered() {
    let key = Signer::of("ES256");
    let verifier =
        Verifier::new(&support::config(key.set()).leeway(Duration::ZERO).unwrap()).unwrap();
    let t = now();
    let token = key.token(&key.header(), &but(claims_at(t), json!({ "nbf": t + 60 })));
    let at = |seconds| verifier.verify(&token, UNIX_EPOCH + Duration::from_secs(seconds)).is_ok();
    assert_eq!(
        [t, t, t + 60, t + 60, t + 59, t + 60].map(at),
        [false, false, true, true, false, true]
    );
}
