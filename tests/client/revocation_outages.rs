//! Rules in Redis: one instance makes them, all obey, and what happens when Redis does not.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rocket::http::Method;
use rocket::local::blocking::Client;
use rocket_bearer::{Config, RevocationError, Revocations, Rule, StoreSettings};
use serde_json::{Value, json};

use crate::support::redis::RedisServer;
use crate::support::{self, Signer, but, good_claims};
use crate::{client, request, verdict};

const REVOKED: (u16, &str) = (401, "Token revoked.");
const UNKNOWN: (u16, &str) = (503, "The shared store is unavailable.");
const GRANTED: (u16, &str) = (200, "Access Granted");

fn config(server: &RedisServer) -> Config {
    let store = StoreSettings::default().redis(&server.url()).unwrap();
    support::config(key().set()).store(store).unwrap()
}

fn key() -> Signer {
    Signer::of("ES256")
}

fn token(sub: &str) -> String {
    let key = key();
    key.token(&key.header(), &but(good_claims(), json!({ "sub": sub })))
}

fn revocations(client: &Client) -> &Revocations {
    client.rocket().state().unwrap()
}

fn revoke(client: &Client, rule: Rule) -> Result<(), RevocationError> {
    rocket::execute(revocations(client).revoke(rule))
}

/// Waits until the token is answered so.
#[track_caller]
fn until(client: &Client, token: &str, (status, description): (u16, &str)) {
    let begun = Instant::now();
    while verdict(client, token) != (status, description.to_owned()) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", verdict(client, token));
        thread::sleep(Duration::from_millis(5));
    }
}

/// The status of `/readyz`, and what it says of the rules.
fn readiness(client: &Client) -> (u16, String) {
    let response = request(client, Method::Get, "/readyz", &[]);
    let status = response.status().code;
    let body: Value = serde_json::from_str(&response.into_string().unwrap()).unwrap();
    (status, body["revocations"]["state"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_rule_of_one_instance_is_obeyed_by_all_and_so_is_its_removal() {
    let Some(server) = RedisServer::start() else { return };
    let [one, other] = [client(config(&server)), client(config(&server))];
    let alice = token("alice");
    until(&other, &alice, GRANTED);
    revoke(&one, Rule::sub("alice")).unwrap();
    assert_eq!(verdict(&one, &alice).0, 401, "when `revoke` returns, this process obeys");
    until(&other, &alice, REVOKED);
    // One that starts later obeys before its first answer.
    let later = client(config(&server));
    assert_eq!(verdict(&later, &alice).0, 401);
    assert_eq!(revocations(&later).rules(), revocations(&one).rules());
    assert_eq!(readiness(&later), (200, "known".to_owned()));

    assert!(rocket::execute(revocations(&later).remove(Rule::sub("alice"))).unwrap());
    assert_eq!(verdict(&later, &alice).0, 200);
    until(&one, &alice, GRANTED);
    until(&other, &alice, GRANTED);
    assert!(!rocket::execute(revocations(&one).remove(Rule::sub("alice"))).unwrap());
    // What was removed may be made again.
    revoke(&other, Rule::sub("alice")).unwrap();
    until(&one, &alice, REVOKED);
}

#[test]
fn rules_join_in_the_store() {
    let Some(server) = RedisServer::start() else { return };
    let [one, other] = [client(config(&server)), client(config(&server))];
    let at = |seconds| std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    let end = support::now() + 100;
    revoke(&one, Rule::sub("a").before(at(7)).until(at(end))).unwrap();
    revoke(&other, Rule::sub("a").before(at(9)).until(at(end - 1))).unwrap();
    let joined = [Rule::sub("a").before(at(9)).until(at(end)).of_issuer("default")];
    assert_eq!(revocations(&other).rules(), joined);
    let begun = Instant::now();
    while revocations(&one).rules() != joined {
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", revocations(&one).rules());
    }
}

#[test]
fn without_redis_at_the_launch_tokens_are_503_until_the_rules_are_known() {
    let Some(mut server) = RedisServer::prepared() else { return };
    let app = client(config(&server));
    let (alice, bob) = (token("alice"), token("bob"));
    for token in [&alice, &bob] {
        let response = crate::get(&app, token);
        assert_eq!(response.status().code, 503);
        assert_eq!(response.headers().get_one("Retry-After"), Some("1"));
        assert_eq!(response.headers().get_one("WWW-Authenticate"), None);
        let body = response.into_string().unwrap();
        let expected =
            r#"{"code":"store_unavailable","description":"The shared store is unavailable."}"#;
        assert_eq!(body, expected);
    }
    // What is no good token is told so all the same.
    assert_eq!(verdict(&app, "x").0, 401);
    assert_eq!(readiness(&app), (503, "unknown".to_owned()));
    let error = revoke(&app, Rule::sub("alice")).unwrap_err();
    assert!(matches!(error, RevocationError::Unwritten(_)), "{error}");
    assert_eq!(revocations(&app).rules(), []);

    server.start_again();
    let other = client(config(&server));
    revoke(&other, Rule::sub("alice")).unwrap();
    until(&app, &bob, GRANTED);
    until(&app, &alice, REVOKED);
    assert_eq!(readiness(&app), (200, "known".to_owned()));
}

#[test]
fn known_rules_serve_on_in_an_outage_and_are_written_back_to_a_redis_that_lost_them() {
    let Some(mut server) = RedisServer::start() else { return };
    let app = client(config(&server));
    let (alice, bob) = (token("alice"), token("bob"));
    revoke(&app, Rule::sub("alice")).unwrap();
    server.kill();
    for _ in 0..20 {
        assert_eq!((verdict(&app, &alice).0, verdict(&app, &bob).0), (401, 200));
        thread::sleep(Duration::from_millis(10));
    }
    let error = revoke(&app, Rule::sub("bob")).unwrap_err();
    assert!(error.to_string().contains("the shared store is out of reach"), "{error}");
    assert_eq!(verdict(&app, &bob).0, 200, "nothing is half done");
    assert_eq!(readiness(&app).0, 200);

    server.start_again();
    let begun = Instant::now();
    while revoke(&app, Rule::sub("carol")).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not in reach again");
        thread::sleep(Duration::from_millis(20));
    }
    // The rule is there again for one that starts now.
    let begun = Instant::now();
    while verdict(&client(config(&server)), &alice).0 != 401 {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not written back");
    }

    // The same where the connection stays and all is gone at once.
    server.answers(&[&["FLUSHALL"]]);
    let begun = Instant::now();
    while verdict(&client(config(&server)), &alice).0 != 401 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not written back");
        assert_eq!(verdict(&app, &alice).0, 401);
    }
}

#[test]
fn a_rule_that_redis_has_lost_is_not_narrowed_by_the_next_one_of_its_name() {
    let Some(mut server) = RedisServer::start() else { return };
    let app = client(config(&server));
    let long_ago = SystemTime::now() - Duration::from_secs(3_600);
    for number in 0..10 {
        let sub = format!("lost-{number}");
        let token = token(&sub);
        until(&app, &token, GRANTED);
        revoke(&app, Rule::sub(&sub)).unwrap();
        // All at once, or with the server.
        if number % 2 == 0 {
            server.answers(&[&["FLUSHALL"]]);
        } else {
            server.kill();
            server.start_again();
        }
        let begun = Instant::now();
        while revoke(&app, Rule::sub(&sub).before(long_ago)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(5), "it is not in reach again");
        }
        for _ in 0..50 {
            assert_eq!(verdict(&app, &token).0, 401, "{sub}");
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(verdict(&client(config(&server)), &token).0, 401, "{sub}");
    }
}

#[test]
fn a_change_that_the_log_no_longer_has_is_obeyed() {
    let Some(server) = RedisServer::start() else { return };
    let app = client(config(&server));
    let alice = token("alice");
    until(&app, &alice, GRANTED);
    let field = json!(["sub", support::ISSUER, "alice"]).to_string();
    let value = json!({ "until": support::now() + 600 }).to_string();
    server.answers(&[
        &["MULTI"],
        &["HINCRBY", "rocket-bearer:rules", "", "1"],
        &["HSET", "rocket-bearer:rules", &field, &value],
        &["XADD", "rocket-bearer:log", "*", "f", &field, "v", &value, "n", "1"],
        &["XTRIM", "rocket-bearer:log", "MAXLEN", "0"],
        &["EXEC"],
    ]);
    until(&app, &alice, REVOKED);
    // And when its connections are cut in the middle.
    for number in 0..5 {
        server.answers(&[&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]]);
        let sub = format!("user-{number}");
        let other = client(config(&server));
        revoke(&other, Rule::sub(&sub)).unwrap();
        until(&app, &token(&sub), REVOKED);
    }
}

#[test]
fn a_redis_that_accepts_and_never_answers_delays_no_request() {
    let Some(server) = RedisServer::start() else { return };
    let app = client(config(&server));
    let (alice, bob) = (token("alice"), token("bob"));
    revoke(&app, Rule::sub("alice")).unwrap();
    server.signal("STOP");
    let mut times: Vec<_> = (0..300)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!((verdict(&app, &alice).0, verdict(&app, &bob).0), (401, 200));
            thread::sleep(Duration::from_millis(5));
            begun.elapsed() - Duration::from_millis(5)
        })
        .collect();
    // One that asked Redis would take its deadline, and each would; the machine may be slow now and then.
    times.sort();
    assert!(times[250] < Duration::from_millis(80), "{times:?}");
    let begun = Instant::now();
    assert!(revoke(&app, Rule::sub("bob")).is_err());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    server.signal("CONT");
    let begun = Instant::now();
    while revoke(&app, Rule::sub("bob")).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not in reach again");
        thread::sleep(Duration::from_millis(20));
    }
    until(&app, &bob, REVOKED);
}

#[test]
fn rules_that_are_too_old_are_503_where_that_is_asked_for() {
    let Some(server) = RedisServer::start() else { return };
    let app = client(config(&server).revocation_max_age(Duration::from_secs(2)).unwrap());
    let (alice, bob) = (token("alice"), token("bob"));
    revoke(&app, Rule::sub("alice")).unwrap();
    // Contact is made every second, without any change.
    for _ in 0..30 {
        assert_eq!((verdict(&app, &alice).0, verdict(&app, &bob).0), (401, 200));
        thread::sleep(Duration::from_millis(100));
    }
    server.signal("STOP");
    until(&app, &bob, UNKNOWN);
    assert_eq!(verdict(&app, &alice).0, 401, "what is known to be revoked stays so");
    assert_eq!(readiness(&app), (503, "too_old".to_owned()));
    server.signal("CONT");
    until(&app, &bob, GRANTED);
    assert_eq!(readiness(&app), (200, "known".to_owned()));
}

#[test]
fn apps_with_other_issuers_on_one_redis_never_touch_each_other() {
    let Some(server) = RedisServer::start() else { return };
    let key = key();
    let of = |iss: &str, name: &str| {
        let issuer = rocket_bearer::Issuer::with_keys(iss, key.set(), [support::AUDIENCE]).unwrap();
        let issuer = issuer.algorithms([rocket_bearer::Algorithm::ES256]).unwrap();
        let store = StoreSettings::default().redis(&server.url()).unwrap();
        client(Config::new(issuer.named(name).unwrap()).store(store).unwrap())
    };
    let (one, same, other) = (
        of("https://one.test/", "default"),
        of("https://one.test/", "renamed"),
        of("https://other.test/", "default"),
    );
    let token = |iss: &str| key.token(&key.header(), &but(good_claims(), json!({ "iss": iss })));
    let (ones, others) = (token("https://one.test/"), token("https://other.test/"));
    revoke(&one, Rule::sub("alice")).unwrap();
    until(&same, &ones, REVOKED);
    revoke(&other, Rule::sub("bob")).unwrap();
    assert_eq!(verdict(&other, &others).0, 200);
    assert_eq!(revocations(&other).rules().len(), 1);
    assert_eq!(revocations(&one).rules().len(), 1);
    // Nor does one write back or forget what the other has.
    assert!(!rocket::execute(revocations(&other).remove(Rule::sub("alice"))).unwrap());
    assert_eq!(
        verdict(&client(config(&server)), &crate::support::Signer::of("ES256").good()).0,
        200
    );
    revoke(&other, Rule::all()).unwrap();
    until(&other, &others, REVOKED);
    assert_eq!((verdict(&one, &ones).0, revocations(&one).rules().len()), (401, 1));
}

#[test]
fn a_full_list_refuses_and_what_others_made_is_obeyed_all_the_same() {
    let Some(server) = RedisServer::start() else { return };
    let small = client(config(&server).revocation_rules(1).unwrap());
    let large = client(config(&server));
    revoke(&small, Rule::sub("alice")).unwrap();
    let error = revoke(&small, Rule::sub("bob")).unwrap_err();
    assert!(matches!(error, RevocationError::Full { most: 1 }), "{error}");
    until(&small, &token("bob"), GRANTED);
    revoke(&large, Rule::sub("bob")).unwrap();
    until(&small, &token("bob"), REVOKED);
}

#[test]
fn rules_stay_out_of_redis_where_that_is_asked_for() {
    let Some(server) = RedisServer::start() else { return };
    let alone = client(config(&server).revocation_in_redis(false));
    let shared = client(config(&server));
    revoke(&alone, Rule::sub("alice")).unwrap();
    revoke(&shared, Rule::sub("bob")).unwrap();
    assert_eq!((verdict(&alone, &token("alice")).0, verdict(&alone, &token("bob")).0), (401, 200));
    assert_eq!(
        (verdict(&shared, &token("alice")).0, verdict(&shared, &token("bob")).0),
        (200, 401)
    );
    assert!(!server.answers(&[&["HGETALL", "rocket-bearer:rules"]]).contains("alice"));
}
