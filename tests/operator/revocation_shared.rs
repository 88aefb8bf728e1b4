//! Rules in Redis: the commands, and three servers that obey at once.

#![allow(clippy::print_stdout, reason = "a measured time is told, not judged")]

use std::time::{Duration, Instant};

use rocket_bearer::{Revocations, Rule, StoreSettings, Verifier};
use serde_json::{Value, json};

use super::program::{Folder, Server, run};
use super::support::redis::{RedisServer, nowhere};
use super::support::{self, Signer, but, good_claims};

fn folder(url: &str, key: &Signer) -> Folder {
    Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://issuer.localhost/'\njwks_file = 'keys.json'\nstore.redis = '{url}'\n"
    ))
    .and("keys.json", json!({ "keys": [key.jwk] }).to_string())
}

fn token(key: &Signer, jti: &str) -> String {
    key.token(&key.header(), &but(good_claims(), json!({ "jti": jti })))
}

#[test]
fn commands_write_where_all_servers_read() {
    let Some(server) = RedisServer::start() else { return };
    let key = Signer::of("ES256");
    let folder = folder(&server.url(), &key);
    let app = Server::start(folder.path(), &[]);
    let alice = token(&key, "t1");
    assert_eq!(app.verdict(&alice).0, 200);
    let said = run(folder.path(), &[], &["revoke", "--jti", "t1", "--for", "1h"]);
    let rule: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
    assert_eq!((said.code, &rule["jti"]), (Some(0), &json!("t1")), "{said:?}");
    until(&app, &alice, 401);
    let listed = run(folder.path(), &[], &["revocations", "list", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&listed.stdout).unwrap(), json!([rule]));
    let explained = run(folder.path(), &[], &["explain", &alice]);
    assert!(explained.stdout.contains("the rule is from Redis"), "{explained:?}");
    let readiness = app.get("/readyz", None).body;
    assert_eq!(readiness["revocations"]["state"], "known", "{readiness}");

    let remove = ["revocations", "remove", "--jti", "t1"];
    assert_eq!(run(folder.path(), &[], &remove).code, Some(0));
    until(&app, &alice, 200);
    assert_eq!(run(folder.path(), &[], &remove).code, Some(1));
    assert_eq!(run(folder.path(), &[], &["revocations", "list", "--json"]).stdout, "[]\n");
    let told = app.terminate();
    assert!(told.stderr.contains("Revocations in Redis: 0 now"), "{told:?}");
}

#[test]
fn a_command_without_redis_fails_in_time_and_changes_nothing() {
    let key = Signer::of("ES256");
    let here = Folder::new();
    let folder = folder(&nowhere(here.path()), &key);
    for arguments in [
        &["revoke", "--all"][..],
        &["revocations", "list"],
        &["revocations", "remove", "--all"],
        &["check"],
    ] {
        let begun = Instant::now();
        let said = run(folder.path(), &[], arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{arguments:?}");
        let all = said.stdout + &said.stderr;
        assert!(all.contains("the store is out of reach") || all.contains("store is out of reach"));
    }
    let app = Server::start(folder.path(), &[]);
    assert_eq!(app.verdict(&token(&key, "a")), (503, "store_unavailable".to_owned()));
    assert_eq!(app.get("/readyz", None).status, 503);
}

#[test]
fn a_command_fails_in_time_whatever_the_deadline_is() {
    let Some(server) = RedisServer::start() else { return };
    let folder = folder(&server.url(), &Signer::of("ES256"));
    server.signal("STOP");
    for arguments in [
        ["revoke", "--sub", "a"].as_slice(),
        &["revocations", "list"],
        &["revocations", "remove", "--sub", "a"],
    ] {
        let begun = Instant::now();
        let said = run(folder.path(), &[("BEARER_STORE__DEADLINE_MS", "10000")], arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert!(said.stderr.contains("no answer in time"), "{said:?}");
    }
    server.signal("CONT");
}

#[test]
fn values_in_redis_that_are_no_rules_are_not_listed() {
    let Some(server) = RedisServer::start() else { return };
    let folder = folder(&server.url(), &Signer::of("ES256"));
    for (sub, until) in [("far", u64::MAX), ("farther", 999_999_999_999), ("good", 4_102_444_800)] {
        let field = json!(["sub", support::ISSUER, sub]).to_string();
        let value = json!({ "until": until }).to_string();
        server.answers(&[&["HSET", "rocket-bearer:rules", &field, &value]]);
    }
    let said = run(folder.path(), &[], &["revocations", "list"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.stdout, "default  sub good  until 2100-01-01T00:00:00Z\n");
}

#[track_caller]
fn until(app: &Server, token: &str, status: u16) {
    let begun = Instant::now();
    while app.verdict(token).0 != status {
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", app.verdict(token));
    }
}

/// The figures stand in `docs/revocation.md`. They are told, and judged by the second that is promised.
#[test]
fn three_servers_obey_each_rule_within_a_second() {
    let Some(server) = RedisServer::start() else { return };
    let key = Signer::of("ES256");
    let folder = folder(&server.url(), &key);
    let apps = [(); 3].map(|()| Server::start(folder.path(), &[]));
    let store = StoreSettings::default().redis(&server.url()).unwrap();
    let config = support::config(key.set()).store(store).unwrap();
    let runtime = rocket::tokio::runtime::Runtime::new().unwrap();
    let verifier = Verifier::new(&config).unwrap();
    let revocations: &Revocations = verifier.revocations();
    let rules = std::env::var("RULES").map_or(100, |rules| rules.parse().unwrap());
    let mut times: Vec<Duration> = (0..rules)
        .map(|number| {
            let jti = format!("jti-{number}");
            let token = token(&key, &jti);
            for app in &apps {
                assert_eq!(app.verdict(&token).0, 200);
            }
            let begun = Instant::now();
            runtime.block_on(revocations.revoke(Rule::jti(&jti))).unwrap();
            for app in &apps {
                while app.verdict(&token).0 != 401 {
                    assert!(begun.elapsed() < Duration::from_secs(5), "{jti}");
                }
            }
            begun.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{rules} rules, obeyed by three: p50 {:?}, p99 {:?}, {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert!(at(0.99) < Duration::from_secs(1), "{:?}", at(0.99));
}
