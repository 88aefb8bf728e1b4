//! Revoked tokens that try to live on, and rules that try to get lost or to be forged.

use std::fs;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rocket::http::{ContentType, Header, Method, Status};
use rocket::local::blocking::Client;
use rocket_bearer::{Config, Revocations, Rule, StatusTable, StoreSettings, Verifier};
use serde_json::{Value, json};

use crate::support::redis::RedisServer;
use crate::support::{self, ISSUER, Signer, but, good_claims, now};
use crate::{client, request, verdict};

const REVOKED: (u16, &str) = (401, "Token revoked.");
const GRANTED: (u16, &str) = (200, "Access Granted");
const PATH: &str = "/backchannel-logout";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn key() -> Signer {
    Signer::of("ES256")
}

fn token(sub: &str) -> String {
    let key = key();
    key.token(&key.header(), &but(good_claims(), json!({ "sub": sub })))
}

fn revoke(client: &Client, rule: Rule) {
    rocket::execute(client.rocket().state::<Revocations>().unwrap().revoke(rule)).unwrap();
}

fn rules(client: &Client) -> Vec<Rule> {
    client.rocket().state::<Revocations>().unwrap().rules()
}

fn shared(server: &RedisServer) -> Config {
    let store = StoreSettings::default().redis(&server.url()).unwrap();
    support::config(key().set()).store(store).unwrap()
}

/// Waits until the token is answered so.
#[track_caller]
fn until(client: &Client, token: &str, seconds: u64, (status, description): (u16, &str)) {
    let begun = Instant::now();
    while verdict(client, token) != (status, description.to_owned()) {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "{:?}", verdict(client, token));
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_value_is_what_the_json_says_and_no_other() {
    let key = key();
    let client = client(support::config(key.set()));
    revoke(&client, Rule::sub("auth0|älice"));
    revoke(&client, Rule::client("app"));
    let of = |members: &str| {
        let claims = but(good_claims(), json!({ "sub": null })).to_string();
        let claims = claims.replacen('{', &format!("{{{members},"), 1);
        key.token_of(key.header().to_string(), &claims)
    };
    for (members, is_revoked) in [
        (r#""sub":"auth0|älice""#, true),
        (r#""sub":"auth0|\u00e4lice""#, true),
        (r#""s\u0075b":"auth0\u007c\u00E4lic\u0065""#, true),
        (r#""sub":"auth0|a\u0308lice""#, false),
        (r#""sub":"auth0|älice ""#, false),
        (r#""sub":"auth0|älice\u0000""#, false),
        (r#""sub":"auth0|Älice""#, false),
        (r#""sub":"x","Sub":"auth0|älice""#, false),
        (r#""azp":"app""#, true),
        (r#""client_id":"app""#, true),
        (r#""azp":null,"client_id":"app""#, false),
        (r#""azp":["app"],"client_id":"app""#, false),
        (r#""azp":"","client_id":"app""#, false),
    ] {
        let expected = if is_revoked { REVOKED } else { GRANTED };
        for _ in 0..2 {
            let (status, said) = verdict(&client, &of(members));
            assert_eq!((status, said.as_str()), expected, "{members}");
        }
    }
}

#[test]
fn the_rows_of_revocation_are_the_same_in_both_tables_and_for_gateways() {
    let Some(server) = RedisServer::prepared() else { return };
    for table in [StatusTable::Rfc6750, StatusTable::Auth0] {
        let unknown = client(shared(&server).errors(table));
        let known = client(support::config(key().set()).errors(table));
        revoke(&known, Rule::sub("alice").before(SystemTime::now()));
        let bearer = format!("Bearer {}", token("alice"));
        for path in ["/headers", "/me", "/messages", "/auth", "/auth/x?y", "/auth?scope=a"] {
            let response = request(&known, Method::Get, path, &[&bearer]);
            assert_eq!(response.status(), Status::Unauthorized, "{path}");
            let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
            assert!(
                matches!(challenges[..], [one] if one.contains("error=\"invalid_token\", \
                    error_description=\"Token revoked.\"")),
                "{path}: {challenges:?}"
            );
            assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"), "{path}");
            let body = r#"{"code":"token_revoked","description":"Token revoked."}"#;
            assert_eq!(response.into_string().as_deref(), Some(body), "{path}");

            let response = request(&unknown, Method::Get, path, &[&bearer]);
            assert_eq!(response.status(), Status::ServiceUnavailable, "{path}");
            assert_eq!(response.headers().get_one("WWW-Authenticate"), None, "{path}");
            assert_eq!(response.headers().get_one("Retry-After"), Some("1"), "{path}");
            let body =
                r#"{"code":"store_unavailable","description":"The shared store is unavailable."}"#;
            assert_eq!(response.into_string().as_deref(), Some(body), "{path}");
        }
    }
}

#[test]
fn what_is_no_rule_in_redis_is_passed_over_and_later_rules_are_obeyed() {
    let Some(server) = RedisServer::start() else { return };
    let far = json!(["sub", ISSUER, "far"]).to_string();
    for (field, value) in [
        (far.as_str(), r#"{"until":18446744073709551615}"#),
        (&json!(["sub", ISSUER, "farther"]).to_string(), r#"{"until":999999999999}"#),
        (&json!(["sub", ISSUER, "any"]).to_string(), r#"{"until":9,"before":-1}"#),
        (&json!(["sub", ISSUER]).to_string(), r#"{"until":4102444800}"#),
        (&json!({ "sub": ISSUER }).to_string(), r#"{"until":4102444800}"#),
        ("\u{1}", "\u{2}"),
    ] {
        server.answers(&[&["HSET", "rocket-bearer:rules", field, value]]);
    }
    let app = client(shared(&server));
    assert_eq!(rules(&app), []);
    let log = "rocket-bearer:log";
    let huge = r#"{"until":18446744073709551615,"removed":true}"#;
    server.answers(&[
        &["MULTI"],
        &["HINCRBY", "rocket-bearer:rules", "", "1"],
        &["XADD", log, "*", "f", &far, "v", huge, "n", "1"],
        &["XADD", log, "*", "f", "x"],
        &["EXEC"],
    ]);
    revoke(&client(shared(&server)), Rule::sub("alice"));
    until(&app, &token("alice"), 5, REVOKED);
    assert_eq!(verdict(&app, &token("far")).0, 200);
    assert_eq!(rules(&app).len(), 1);
}

#[test]
fn what_could_not_be_written_back_at_once_is_written_back_later() {
    let Some(server) = RedisServer::start() else { return };
    let app = client(shared(&server));
    revoke(&app, Rule::sub("alice"));
    server.answers(&[&["CONFIG", "SET", "maxmemory", "1"], &["FLUSHALL"]]);
    // The rules are read anew meanwhile, and cannot be written.
    thread::sleep(Duration::from_secs(3));
    server.answers(&[&["CONFIG", "SET", "maxmemory", "0"]]);
    let begun = Instant::now();
    while !server.answers(&[&["HKEYS", "rocket-bearer:rules"]]).contains("alice") {
        assert!(begun.elapsed() < Duration::from_secs(20), "the rule is not written back");
        assert_eq!(verdict(&app, &token("alice")).0, 401);
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(verdict(&client(shared(&server)), &token("alice")).0, 401);
}

#[test]
fn the_shortest_age_of_rules_lets_tokens_pass_while_redis_answers() {
    let Some(server) = RedisServer::start() else { return };
    let app = client(shared(&server).revocation_max_age(Duration::from_secs(1)).unwrap());
    let (alice, begun) = (token("alice"), Instant::now());
    let mut refused = 0;
    while begun.elapsed() < Duration::from_secs(5) {
        refused += u32::from(verdict(&app, &alice).0 != 200);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(refused, 0);
}

/// An app with a file of rules, and its client.
fn with_file(path: &std::path::Path) -> Client {
    client(support::config(key().set()).revocation_file(path))
}

#[test]
fn rules_whose_file_is_gone_stay_when_one_more_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.jsonl");
    let app = with_file(&path);
    revoke(&app, Rule::sub("alice"));
    fs::remove_file(&path).unwrap();
    revoke(&app, Rule::sub("bob"));
    for sub in ["alice", "bob"] {
        assert_eq!(verdict(&app, &token(sub)).0, 401, "{sub}");
        assert_eq!(verdict(&with_file(&path), &token(sub)).0, 401, "{sub} after a restart");
    }
}

#[test]
fn a_file_that_is_being_written_loses_no_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.jsonl");
    let line = |sub: &str| json!({ "sub": sub, "until": 4_102_444_800_u64 }).to_string() + "\n";
    let whole = line("alice") + &line("bob");
    fs::write(&path, &whole).unwrap();
    let verifier = Verifier::new(&support::config(key().set()).revocation_file(&path)).unwrap();
    let looks = |content: &str| {
        fs::write(&path, content).unwrap();
        rocket::execute(verifier.refresh());
        ["alice", "bob", "carol"]
            .map(|sub| verifier.verify(&token(sub), SystemTime::now()).is_err())
    };
    // Cut behind a line, it reads as a shorter list. It counts once it has stayed so.
    for cut in ["", &line("alice"), &whole[..whole.len() - 9]] {
        assert_eq!(looks(cut), [true, true, false], "{cut:?}");
        assert_eq!(looks(&whole), [true, true, false], "{cut:?}");
    }
    // A new rule counts at once.
    let other = line("bob") + &line("carol");
    assert_eq!(looks(&other), [true, true, true]);
    assert_eq!(looks(&other), [false, true, true]);
    assert_eq!(looks(""), [false, true, true]);
    assert_eq!(looks(""), [false, false, false]);
}

#[test]
fn a_rule_that_is_made_while_the_file_is_being_written_takes_none_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.jsonl");
    let line = |sub: &str| json!({ "sub": sub, "until": 4_102_444_800_u64 }).to_string() + "\n";
    fs::write(&path, line("alice") + &line("bob")).unwrap();
    let app = with_file(&path);
    // As a shell begins `command > rules.jsonl`, and ends it a little later.
    fs::write(&path, "").unwrap();
    let writer = {
        let (path, whole) = (path.clone(), line("alice") + &line("bob") + &line("dave"));
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            fs::write(path, whole).unwrap();
        })
    };
    revoke(&app, Rule::sub("carol"));
    writer.join().unwrap();
    for sub in ["alice", "bob", "carol", "dave"] {
        assert_eq!(verdict(&app, &token(sub)).0, 401, "{sub}");
        assert_eq!(verdict(&with_file(&path), &token(sub)).0, 401, "{sub} after a restart");
    }
    // What an operator has taken out of the file stays out.
    fs::write(&path, line("alice")).unwrap();
    revoke(&app, Rule::sub("erin"));
    let revoked =
        ["alice", "bob", "carol", "dave", "erin"].map(|sub| verdict(&app, &token(sub)).0 == 401);
    assert_eq!(revoked, [true, false, false, false, true]);
}

/// An app that takes logouts, its rules in Redis or in a file.
fn taking_logouts(config: Config) -> Client {
    client(config.logout_path(PATH).unwrap())
}

fn issuer() -> rocket_bearer::Issuer {
    support::issuer(key().set()).logout_clients(["web"]).unwrap()
}

fn logout(jti: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": "web", "sub": "alice-of-logouts", "sid": "session-of-logouts",
        "iat": now(), "jti": jti, "events": { EVENT: {} },
    })
}

fn signed(claims: &str) -> String {
    let key = key();
    let token = key.token_of(but(key.header(), json!({ "typ": "logout+jwt" })).to_string(), claims);
    support::leaks::keep_token(&token);
    token
}

fn send(client: &Client, content_type: &str, body: String) -> (u16, String) {
    let header = Header::new("Content-Type", content_type.to_owned());
    let response = client.post(PATH).header(header).body(body).dispatch();
    (response.status().code, response.into_string().unwrap_or_default())
}

const FORM: &str = "application/x-www-form-urlencoded";

fn log_out(client: &Client, token: &str) -> u16 {
    send(client, FORM, format!("logout_token={token}")).0
}

#[test]
fn no_odd_spelling_of_a_claim_makes_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    let app = Config::new(issuer()).revocation_file(folder.path().join("rules.jsonl"));
    let app = taking_logouts(app);
    let text = logout("jti-of-logouts").to_string();
    let with = |member: &str, value: &str| {
        let mut claims: Value = serde_json::from_str(&text).unwrap();
        claims.as_object_mut().unwrap().remove(member);
        let name = json!(member);
        claims.to_string().replacen('{', &format!("{{{name}:{value},"), 1)
    };
    for (member, value) in [
        ("sub", "null"),
        ("sid", "null"),
        ("sid", "{}"),
        ("jti", "null"),
        ("jti", "{\"x\":1}"),
        ("aud", "[]"),
        ("aud", "null"),
        ("aud", "[[\"web\"]]"),
        ("aud", "\"WEB\""),
        ("aud", "\"web \""),
        ("iat", "null"),
        ("iat", "-1"),
        ("iat", "1e300"),
        ("iat", "1e400"),
        ("iat", "true"),
        ("iat", "[1]"),
        ("exp", "null"),
        ("exp", "\"x\""),
        ("exp", "0"),
        ("nonce", "null"),
        ("nonce", "\"\""),
        ("events", "null"),
        ("events", "[]"),
        ("events", "{}"),
        ("events", "\"http://schemas.openid.net/event/backchannel-logout\""),
        ("events", "{\"http://schemas.openid.net/event/backchannel-logout\":null}"),
        ("events", "{\"http://schemas.openid.net/event/backchannel-logout\":[]}"),
        ("events", "{\"http://schemas.openid.net/event/backchannel-logout/\":{}}"),
        ("events", "{\"http://schemas.openid.net/event/Backchannel-Logout\":{}}"),
        ("iss", "null"),
        ("iss", "\"https://issuer.example\""),
        ("i\u{73}s", "[\"x\"]"),
    ] {
        let body = format!("logout_token={}", signed(&with(member, value)));
        let (status, said) = send(&app, FORM, body);
        assert_eq!(status, 400, "{member} {value}: {said}");
        assert!(!said.contains("-of-logouts"), "{said}");
    }
    for claims in ["null", "[]", "\"x\"", "{}", "{", ""] {
        assert_eq!(log_out(&app, &signed(claims)), 400, "{claims}");
    }
    // What another door gives out is no logout token, and a logout token opens no door.
    let id_token = but(good_claims(), json!({ "aud": "web", "nonce": "n", "sid": "s" }));
    for claims in [id_token, but(good_claims(), json!({ "aud": "web", "iat": now(), "jti": "x" }))]
    {
        assert_eq!(log_out(&app, &signed(&claims.to_string())), 400);
    }
    let good = signed(&text);
    assert_eq!(verdict(&app, &good).0, 401);
    // Ways to send it that are none.
    for (content_type, body) in [
        (
            "multipart/form-data; boundary=x",
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"logout_token\"\r\n\r\n{good}\r\n--x--\r\n"
            ),
        ),
        ("text/plain", format!("logout_token={good}")),
        ("application/jwt", good.clone()),
        (FORM, format!("logout_token={good}&logout%5Ftoken={good}")),
        (FORM, format!("logout_token={good}&logout_token=")),
        (FORM, format!("Logout_token={good}")),
        (FORM, format!("logout_token={good}%20")),
        (FORM, format!("logout_token={}", &good[..good.len() - 1])),
        (FORM, "&".repeat(65_537)),
        (FORM, "\u{0}\u{ff}%".to_owned()),
    ] {
        let (status, said) = send(&app, content_type, body);
        assert_eq!(status, 400, "{content_type}: {said}");
    }
    assert_eq!(rules(&app), []);
    for method in [Method::Get, Method::Put, Method::Delete, Method::Head, Method::Patch] {
        assert_eq!(app.req(method, PATH).dispatch().status(), Status::NotFound, "{method}");
    }
    assert_eq!(rules(&app), []);
    let escaped = good.replace('.', "%2E");
    let form = ContentType::Form.with_params(("charset", "utf-8")).to_string();
    assert_eq!(send(&app, &form, format!("x=1&logout_token={escaped}")).0, 200);
    assert_eq!(rules(&app).len(), 1);
}

#[test]
fn a_logout_counts_once_on_all_instances_and_after_a_restart() {
    let Some(server) = RedisServer::start() else { return };
    let app = || {
        let store = StoreSettings::default().redis(&server.url()).unwrap();
        taking_logouts(Config::new(issuer()).store(store).unwrap())
    };
    let apps = [app(), app()];
    let token = signed(&logout("once").to_string());
    let token = token.as_str();
    let sent: Vec<u16> = thread::scope(|scope| {
        let sending = apps.map(|app| scope.spawn(move || [(); 3].map(|()| log_out(&app, token))));
        sending.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(sent.iter().filter(|status| **status == 200).count(), 1, "{sent:?}");
    assert!(sent.iter().all(|status| [200, 400].contains(status)), "{sent:?}");
    assert_eq!(log_out(&app(), token), 400, "after a restart");

    // A logout that another instance has taken makes no rule again.
    let [one, other] = [app(), app()];
    let revocations: &Revocations = one.rocket().state().unwrap();
    assert!(rocket::execute(revocations.remove(Rule::sid("session-of-logouts"))).unwrap());
    for app in [&one, &other] {
        assert_eq!(log_out(app, token), 400);
    }
    let later = app();
    assert_eq!(later.rocket().state::<Revocations>().unwrap().rules(), []);
}
