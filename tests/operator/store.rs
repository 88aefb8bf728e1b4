//! The store that instances share: how it is named, and what is told where it is out of reach.

use std::net::TcpListener;

use super::program::{Folder, Pair, Server, run};
use super::{SECRET, assert_refused};

/// An address at which nothing listens, with a password.
fn nowhere() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("redis://me:{SECRET}@{free}/0")
}

#[test]
fn what_is_wrong_with_the_store_is_named_with_a_cure_and_without_the_address() {
    let good = "[default.bearer]\naudience = 'a'\ndomain = 'a.b'\n";
    let named = "redis = 'redis://:s3cr3t@a.test'\n";
    // The lines of the table, the key that is named, the problem or the cure.
    for (lines, key, word) in [
        ("redis = 's3cr3t'", "redis", "is no URL; write it as `redis://"),
        ("redis = 'http://s3cr3t.test'", "redis", "is no address of a Redis"),
        ("redis = 'redis://me:s3/cr3t@a.test'", "redis", "percent-encode what is special"),
        ("redis = 'redis://s3cr3t.test/a'", "redis", "has a path that is no database"),
        ("redis = 'rediss://s3cr3t.test#insecure'", "redis", "has a `#`"),
        ("redis = 'unix:/run/s3cr3t.sock?a=b'", "redis", "none of `user`, `pass`, `db`"),
        ("redis = ['redis://s3cr3t.test']", "redis", "in quotes"),
        ("reddis = 'redis://s3cr3t.test'", "reddis", "did you mean"),
        (&format!("{named}prefix = 's3cr3t{{1}}'"), "prefix", "letters, digits, `-`, `_`, `.`"),
        (&format!("{named}prefix = ''"), "prefix", "1 to 64 letters"),
        (&format!("{named}deadline_ms = 0"), "deadline_ms", "from 1 to 10000"),
        (&format!("{named}deadline_ms = 10001"), "deadline_ms", "from 1 to 10000"),
        (&format!("{named}deadline_ms = 0.5"), "deadline_ms", "digits only"),
        (&format!("{named}on_outage = 'open'"), "on_outage", "write `refuse` or `memory`"),
        ("prefix = 'a'", "prefix", "name the Redis as `store.redis`"),
        ("on_outage = 'memory'", "on_outage", "name the Redis as `store.redis`"),
    ] {
        let section = "[default.bearer.store]";
        let file = format!("{good}{section}\n{lines}\n");
        assert_refused(&file, &[], &[&format!("`{key}`"), section, "Rocket.toml", word]);
    }
    for (variable, value, word) in [
        ("BEARER_STORE__REDIS", SECRET, "is no URL"),
        ("BEARER_STORE__DEADLINE_MS", SECRET, "digits only"),
        ("BEARER_STORE__ON_OUTAGE", SECRET, "`refuse` or `memory`"),
        ("BEARER_STORE__PREFIX", "a", "name the Redis as `store.redis`"),
        ("BEARER_STORE", SECRET, "write it as a table"),
    ] {
        assert_refused(good, &[(variable, value)], &[variable, word]);
    }
}

#[test]
fn check_fails_where_the_store_is_out_of_reach_and_warns_where_all_can_read_what_passes() {
    let pair = Pair::new("mine");
    let file = "[default.bearer]\naudience = 'a'\nissuer = 'https://a.test/'\njwks_file = 'keys.json'\n\
                algorithms = ['ES256']\n";
    let folder = Folder::with(file).and("keys.json", pair.set());
    let url = nowhere();
    for (url, code, words) in [
        (
            &*url,
            1,
            &["store redis://127.0.0.1:", "error       the store is out of reach", "start it"][..],
        ),
        ("rediss://me:s3cr3t@store.invalid", 1, &["store rediss://store.invalid", "out of reach"]),
        ("redis://me:s3cr3t@store.invalid", 1, &["warning     `store.redis` has no TLS"]),
    ] {
        let said = run(folder.path(), &[("BEARER_STORE__REDIS", url)], &["check"]);
        assert_eq!(said.code, Some(code), "{said:?}");
        for word in words {
            assert!(said.stdout.contains(word), "{word:?} is not in {said:?}");
        }
        let is_open = url.contains("redis://me:s3cr3t@store.invalid");
        assert_eq!(said.stdout.contains("has no TLS"), is_open, "{said:?}");
        assert!(!format!("{said:?}").contains(SECRET), "{said:?}");
    }
    for (host, is_warned) in [
        ("127.0.0.1:1", false),
        ("localhost:1", false),
        ("[::1]:1", false),
        ("redis:1", true),
        ("127.0.0.1.invalid:1", true),
    ] {
        let url = format!("redis://{host}");
        let said = run(folder.path(), &[("BEARER_STORE__REDIS", &url)], &["check"]);
        assert_eq!(said.stdout.contains("`store.redis` has no TLS"), is_warned, "{said:?}");
    }
}

#[test]
fn an_app_starts_where_the_store_is_out_of_reach_and_says_so() {
    let pair = Pair::new("mine");
    let file = "[default.bearer]\naudience = 'a'\nissuer = 'https://a.test/'\njwks_file = 'keys.json'\n\
                algorithms = ['ES256']\n";
    let folder = Folder::with(file).and("keys.json", pair.set());
    let url = nowhere();
    let store = ("BEARER_STORE__REDIS", url.as_str());
    // Where rules are read from it, none of the tokens can be judged before that.
    let without_rules = [store, ("BEARER_REVOCATION__REDIS", "false")];
    for (variables, status) in [(&[store][..], 503), (&without_rules, 200)] {
        let server = Server::start(folder.path(), variables);
        let ready = server.get("/readyz", None);
        assert_eq!(ready.status, status);
        assert_eq!(ready.body["store"]["state"], "unreachable");
        assert!(ready.body["store"]["since"].is_u64(), "{ready:?}");
        let said = server.terminate();
        for word in
            ["Shared in redis://127.0.0.1:", ": out of reach, asking again until it answers"]
        {
            assert!(said.stderr.contains(word), "{word:?} is not in {said:?}");
        }
        assert!(!format!("{said:?}").contains(SECRET), "{said:?}");
    }
}
