//! `token`: what it signs is what was asked for, and the server judges it accordingly.

use serde_json::{Value, json};

use super::program::{Folder, Pair, Server, part, repository, run, token};

/// Asks the server for its verdict on a token made with each of these arguments.
#[track_caller]
fn assert_verdicts(server: &Server, cases: &[(&[&str], (u16, &str))]) {
    for (arguments, (status, code)) in cases {
        let token = token(repository(), &[], arguments);
        assert_eq!(server.verdict(&token), (*status, (*code).to_owned()), "{arguments:?}: {token}");
    }
}

#[test]
fn a_token_is_one_line_and_nothing_else() {
    for level in ["off", "debug"] {
        let said = run(repository(), &[("ROCKET_LOG_LEVEL", level)], &["token"]);
        assert_eq!(said.code, Some(0), "{level}: {said:?}");
        let token = said.stdout.strip_suffix('\n').expect("a newline at the end");
        assert_eq!(token.split('.').count(), 3, "{level}: {token}");
        assert!(
            token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
            "{level}: {token:?}"
        );
        assert_eq!(said.stderr, "", "{level}");
    }
}

#[test]
fn the_options_stand_in_the_token() {
    let cases: &[(&[&str], usize, &str, Value)] = &[
        (&[], 1, "/iss", json!("https://issuer.localhost/")),
        (&[], 1, "/aud", json!("image")),
        (&["--sub", "alice"], 1, "/sub", json!("alice")),
        (&["--aud", "other"], 1, "/aud", json!("other")),
        (&["--aud", "a", "--aud", "b"], 1, "/aud", json!(["a", "b"])),
        (&["--iss", "https://other.test/"], 1, "/iss", json!("https://other.test/")),
        (&["--scope", "read:a read:b"], 1, "/scope", json!("read:a read:b")),
        (&["--permission", "a", "--permission", "b"], 1, "/permissions", json!(["a", "b"])),
        (&["--claim", "roles=[\"admin\"]"], 1, "/roles", json!(["admin"])),
        (&["--claim", "level=3"], 1, "/level", json!(3)),
        (&["--claim", "level=\"3\""], 1, "/level", json!("3")),
        (&["--claim", "admin=true"], 1, "/admin", json!(true)),
        (&["--claim", "nothing=null"], 1, "/nothing", json!(null)),
        (&["--claim", "name=Ada L."], 1, "/name", json!("Ada L.")),
        (&["--claim", "sum=a=b"], 1, "/sum", json!("a=b")),
        (&["--claim", "empty="], 1, "/empty", json!("")),
        (&["--claim", "a=1", "--claim", "b=2"], 1, "/b", json!(2)),
        (&["--claim", "sub=claimed", "--sub", "alice"], 1, "/sub", json!("claimed")),
        (&[], 0, "/kid", json!("dev-rs256")),
        (&["--kid", "dev-rs256-next"], 0, "/kid", json!("dev-rs256-next")),
        (&["--kid", "dev-es256"], 0, "/alg", json!("ES256")),
        (&["--kid", "dev-ed25519"], 0, "/alg", json!("EdDSA")),
        (&["--header", "typ=at+jwt"], 0, "/typ", json!("at+jwt")),
        (&["--header", "crit=[\"b64\"]"], 0, "/crit", json!(["b64"])),
        (&["--header", "kid=other"], 0, "/kid", json!("other")),
        (&["--key", "keys/dev-es256.pem"], 0, "/kid", json!("dev-es256")),
        (&["--key", "keys/dev-es256.pem", "--kid", "my"], 0, "/kid", json!("my")),
        (&["--key", "keys/dev-ed25519.pem", "--kid", "my"], 0, "/alg", json!("EdDSA")),
    ];
    for (arguments, index, pointer, expected) in cases {
        let part = part(&token(repository(), &[], arguments), *index);
        assert_eq!(part.pointer(pointer), Some(expected), "{arguments:?}: {part}");
    }
}

#[test]
fn the_times_are_counted_from_now() {
    let cases: [(&[&str], &str, i64); 8] = [
        (&[], "exp", 3600),
        (&["--expires-in", "90s"], "exp", 90),
        (&["--expires-in", "10m"], "exp", 600),
        (&["--expires-in", "1h 30m"], "exp", 5400),
        (&["--expires-in=-1m"], "exp", -60),
        (&["--expires-in", "-1m"], "exp", -60),
        (&["--not-before", "5m"], "nbf", 300),
        (&["--not-before=-5m"], "nbf", -300),
    ];
    for (arguments, claim, seconds) in cases {
        let claims = part(&token(repository(), &[], arguments), 1);
        let [iat, time] = ["iat", claim].map(|name| claims[name].as_i64().expect("a whole number"));
        assert_eq!(time - iat, seconds, "{arguments:?}: {claims}");
    }
}

#[test]
fn the_server_accepts_each_bundled_key_and_refuses_what_was_asked_to_be_wrong() {
    let server = Server::start(repository(), &[]);
    assert_verdicts(
        &server,
        &[
            (&[], (200, "granted")),
            (&["--kid", "dev-rs256"], (200, "granted")),
            (&["--kid", "dev-rs256-next"], (200, "granted")),
            (&["--kid", "dev-es256"], (200, "granted")),
            (&["--kid", "dev-ed25519"], (200, "granted")),
            (&["--key", "keys/dev-ed25519.pem"], (200, "granted")),
            (&["--key", "keys/dev-rs256.pem", "--kid", "dev-rs256"], (200, "granted")),
            (&["--aud", "other", "--aud", "image"], (200, "granted")),
            (&["--scope", "a b", "--permission", "c"], (200, "granted")),
            (&["--not-before=-5m"], (200, "granted")),
            (&["--header", "typ=application/at+jwt"], (200, "granted")),
            (&["--aud", "other"], (401, "invalid_claims")),
            (&["--iss", "https://other.test/"], (401, "invalid_claims")),
            (&["--expires-in=-1m"], (401, "token_expired")),
            (&["--claim", "exp=1"], (401, "token_expired")),
            (&["--not-before", "5m"], (401, "invalid_claims")),
            (&["--claim", "sub=7"], (401, "invalid_claims")),
            (&["--header", "kid=other"], (400, "invalid_header")),
            (&["--header", "typ=JOSE"], (400, "invalid_header")),
            (&["--header", "alg=none"], (400, "invalid_header")),
            (&["--header", "crit=[\"exp\"]"], (400, "invalid_header")),
            (&["--key", "keys/dev-es256.pem", "--kid", "dev-rs256"], (400, "invalid_header")),
            (&["--key", "keys/dev-es256.pem", "--kid", "unknown"], (400, "invalid_header")),
        ],
    );
}

#[test]
fn what_was_claimed_is_what_the_app_reads() {
    let server = Server::start(repository(), &[]);
    let token = token(repository(), &[], &["--claim", "roles=[\"admin\"]", "--claim", "name=Ada"]);
    let answer = server.get("/me", Some(&token));
    assert_eq!((answer.status, answer.body), (200, part(&token, 1)));
}

#[test]
fn what_cannot_be_signed_with_is_named_with_a_way_out() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["--kid", "unknown"], &["`unknown`", "profile `debug`", "--key"]),
        (&["--key", "no-such.pem"], &["no-such.pem"]),
        (&["--key", "Rocket.toml"], &["Rocket.toml", "PEM"]),
        (&["--key", "keys/jwks.json"], &["keys/jwks.json", "PEM"]),
    ];
    for (arguments, named) in cases {
        let said = run(repository(), &[], &[&["token"], arguments].concat());
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
        for word in named {
            assert!(said.stderr.contains(word), "{arguments:?}: {word:?} is not in {said:?}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_a_usage_error() {
    let cases: [(&[&str], &str); 7] = [
        (&["--expires-in", "soon"], "--expires-in"),
        (&["--expires-in", "60"], "--expires-in"),
        (&["--expires-in", ""], "--expires-in"),
        (&["--expires-in=--1m"], "--expires-in"),
        (&["--not-before", "5 parsecs"], "--not-before"),
        (&["--claim", "admin"], "name=value"),
        (&["--header", "typ"], "name=value"),
    ];
    for (arguments, named) in cases {
        let said = run(repository(), &[], &[&["token"], arguments].concat());
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
        assert!(said.stderr.contains(named), "{arguments:?}: {said:?}");
    }
}

#[test]
fn with_key_issuer_and_audience_no_configuration_is_needed() {
    let pair = Pair::new("mine");
    let folder = Folder::with("").and("mine.pem", &pair.pem);
    let all = ["--key", "mine.pem", "--iss", "https://mine.test/", "--aud", "image"];
    let token = token(folder.path(), &[], &all);
    assert_eq!(part(&token, 1)["iss"], "https://mine.test/");

    for missing in [0, 2, 4] {
        let mut arguments = vec!["token"];
        arguments.extend(&all[..missing]);
        arguments.extend(&all[missing + 2..]);
        let said = run(folder.path(), &[], &arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
}

#[test]
fn the_default_token_is_one_that_the_current_profile_accepts() {
    let pair = Pair::new("mine");
    let bundled = |name: &str| std::fs::read(repository().join("keys").join(name)).unwrap();
    let rsa: Value = serde_json::from_slice(&bundled("jwks.json")).unwrap();
    let with_rsa_first = json!({ "keys": [rsa["keys"][0], pair.jwk] }).to_string();
    let folder = Folder::with(
        "[default.bearer]\naudience = ['first', 'second']\nissuer = 'https://mine.test/'\n\
         [es256.bearer]\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n\
         [rfc9068.bearer]\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n\
         token_type = 'at+jwt'\n\
         [debug.bearer]\njwks_file = 'both/keys.json'\nalgorithms = ['PS512', 'ES256']\n",
    )
    .and("keys.json", pair.set())
    .and("mine.pem", &pair.pem)
    .and("both/keys.json", with_rsa_first)
    .and("both/mine.pem", &pair.pem)
    .and("both/dev-rs256.pem", bundled("dev-rs256.pem"));

    for profile in ["es256", "rfc9068", "debug"] {
        let variables = [("ROCKET_PROFILE", profile), ("ROCKET_LOG_LEVEL", "normal")];
        let server = Server::start(folder.path(), &variables);
        let token = token(folder.path(), &variables, &[]);
        assert_eq!(server.verdict(&token), (200, "granted".to_owned()), "{profile}: {token}");
    }
}

#[test]
fn a_time_beyond_all_clocks_is_a_usage_error() {
    for option in ["--expires-in", "--not-before"] {
        let said = run(repository(), &[], &["token", option, "9223372036854775807s"]);
        assert_eq!(said.code, Some(2), "{option}: {said:?}");
    }
}

#[test]
fn of_several_issuers_the_one_whose_private_key_is_at_hand_signs() {
    let (first, second) = (Pair::new("first"), Pair::new("second"));
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         domain = 'tenant.test'\n\
         [default.bearer.issuers.first]\n\
         issuer = 'https://first.test/'\njwks_file = 'first.json'\n\
         [default.bearer.issuers.second]\n\
         issuer = 'https://second.test/'\njwks_file = 'second.json'\n",
    )
    .and("first.json", first.set())
    .and("second.json", second.set())
    .and("second.pem", &second.pem);
    let cases: [(&[&str], &str); 4] = [
        (&[], "https://second.test/"),
        (&["--kid", "second"], "https://second.test/"),
        (&["--iss", "https://second.test/"], "https://second.test/"),
        // A key that is named may be anybody's.
        (&["--key", "second.pem"], "https://tenant.test/"),
    ];
    for (arguments, iss) in cases {
        let claims = part(&token(folder.path(), &[], arguments), 1);
        assert_eq!(claims["iss"], iss, "{arguments:?}");
    }
    for arguments in [["token", "--iss", "https://first.test/"], ["token", "--kid", "first"]] {
        let said = run(folder.path(), &[], &arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains("--key"), "{arguments:?}: {said:?}");
    }
}
