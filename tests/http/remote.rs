//! Keys from an issuer that may do anything.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rocket::http::Method;
use rocket_bearer::{Algorithm, Config, Issuer, Jwks};
use serde_json::{Value, json};

use crate::support::issuer::{Answer, MockIssuer};
use crate::support::leaks;
use crate::support::server::Server;
use crate::support::{AUDIENCE, ISSUER, Signer, but, good_claims};
use crate::{client, request, verdict};

pub(crate) const PATH: &str = "/jwks.json";

/// Tokens of [`ISSUER`], keys from there, with this patience.
fn config(url: &str, jwks: Jwks) -> Config {
    let issuer = Issuer::with_uri(ISSUER, &format!("{url}{PATH}"), [AUDIENCE]).unwrap();
    Config::new(issuer.algorithms(Algorithm::ALL).unwrap()).jwks(jwks).unwrap()
}

pub(crate) fn impatient() -> Jwks {
    Jwks::default().timeout(1).unwrap()
}

pub(crate) fn readiness(client: &rocket::local::blocking::Client) -> (u16, Value) {
    let response = request(client, Method::Get, "/readyz", &[]);
    let status = response.status().code;
    (status, serde_json::from_str(&response.into_string().unwrap()).unwrap())
}

#[test]
fn what_is_no_key_set_leaves_the_app_answering_503_and_saying_why() {
    let key = Signer::of("ES256");
    let good = json!({ "keys": [key.jwk] }).to_string();
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[1; 50]].concat();
    let octets = |body: Vec<u8>| Answer::Body { status: 200, headers: "X: y".to_owned(), body };
    for (name, answer, code) in [
        ("500", Answer::status(500), "status"),
        ("404", Answer::status(404), "status"),
        ("203 with keys", Answer::text(203, "X: y", &good), "status"),
        ("redirect", Answer::text(302, "Location: /elsewhere", &good), "status"),
        ("HTML", Answer::text(200, "Content-Type: text/html", "<html>"), "no_key"),
        ("nothing", Answer::text(200, "X: y", ""), "no_key"),
        ("half of it", Answer::text(200, "X: y", &good[..good.len() / 2]), "no_key"),
        ("an empty set", Answer::json(&json!({ "keys": [] })), "no_key"),
        ("no set", Answer::json(&json!({ "error": "down" })), "no_key"),
        ("a set of nulls", Answer::json(&json!({ "keys": [null, 7, "x"] })), "no_key"),
        (
            "private keys",
            Answer::json(&json!({ "keys": [but(key.jwk.clone(), json!({"d": "AA"}))] })),
            "no_key",
        ),
        ("development keys", Answer::keys(&[&Signer::dev("dev-rs256")]), "no_key"),
        ("gzip that nobody asked for", octets(gzip), "no_key"),
        (
            "fewer octets than announced",
            Answer::Truncated(good.clone().into_bytes()),
            "unreachable",
        ),
        ("a closed connection", Answer::Close, "unreachable"),
        ("no end", Answer::Endless, "too_large"),
        ("too much", octets(vec![b' '; 600_000]), "too_large"),
        ("silence", Answer::Hang, "timeout"),
        ("a drip", Answer::Drip, "timeout"),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, answer);
        issuer.answers("/elsewhere", Answer::keys(&[&key]));
        // Once in three times a machine that stands still lets it.
        let mut launches = (0..3).map(|_| {
            let begun = Instant::now();
            (client(config(&issuer.url, impatient())), begun.elapsed())
        });
        let in_time = launches.find(|(_, took)| *took < Duration::from_millis(1_900));
        let (client, _) = in_time.unwrap_or_else(|| panic!("{name}: launch is not blocked"));

        let response = crate::get(&client, &key.good());
        assert_eq!(response.status().code, 503, "{name}");
        let wait = response.headers().get_one("Retry-After").unwrap().parse::<u64>().unwrap();
        assert!((1..=30).contains(&wait), "{name}: {wait}");
        assert_eq!(response.headers().get_one("WWW-Authenticate"), None, "{name}");
        let (status, body) = readiness(&client);
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!(code)), "{name}");
        assert_eq!(issuer.asked("/elsewhere"), 0, "{name}: no redirect is followed");
        let taken = issuer.sent() / issuer.asked(PATH);
        assert!(taken < 10_000_000, "{name}: {taken} octets were taken in one fetch");
    }
}

#[test]
fn a_set_that_serves_no_algorithm_is_a_failed_load_at_launch_and_later() {
    let (good, unfit) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let text = |key: &Signer| json!({ "keys": [key.jwk] }).to_string();
    let issuer = MockIssuer::start();
    let allow = |issuer: Issuer| Config::new(issuer.algorithms([Algorithm::ES256]).unwrap());
    let fetched = || {
        let uri = format!("{}{PATH}", issuer.url);
        client(allow(Issuer::with_uri(ISSUER, &uri, [AUDIENCE]).unwrap()))
    };

    issuer.answers(PATH, Answer::keys(&[&unfit]));
    let at_launch = fetched();
    assert_eq!(verdict(&at_launch, &good.good()).0, 503);
    assert_eq!(readiness(&at_launch).1["issuers"][0]["error"], "no_key");

    issuer.answers(PATH, Answer::keys(&[&good]));
    std::fs::write(&path, text(&good)).unwrap();
    let file = client(allow(Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap()));
    let unknown = good.clone().with_kid("unknown");
    let clients = [("a fetched set", fetched()), ("a file", file)];
    for (name, client) in &clients {
        assert_eq!(verdict(client, &good.good()).0, 200, "{name}");
        issuer.answers(PATH, Answer::keys(&[&unfit]));
        std::fs::write(&path, text(&unfit)).unwrap();
        assert_eq!(verdict(client, &unknown.good()).0, 503, "{name}");
        assert_eq!(verdict(client, &good.good()).0, 200, "{name}: the last good set stays");
        let (status, body) = readiness(client);
        let expected = (200, &json!("no_key"), &json!([good.kid]));
        let told = &body["issuers"][0];
        assert_eq!((status, &told["error"], &told["keys"]), expected, "{name}");
    }
    let begun = Instant::now();
    let is_told = |(level, target, text): &(log::Level, String, String)| {
        (*level, target.as_str()) == (log::Level::Warn, "rocket_bearer::keys")
            && text.contains("no key verifies ES256")
            && text.contains("offer EdDSA")
    };
    while leaks::logged().iter().filter(|line| is_told(line)).count() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", leaks::logged());
        thread::yield_now();
    }
}

/// Else the keys that one of them has withdrawn would serve on for a fault of the other.
#[test]
fn a_shared_set_that_serves_one_of_its_issuers_is_taken() {
    let (one, other) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let mock = MockIssuer::start();
    mock.answers(PATH, Answer::keys(&[&one, &other]));
    let url = format!("{}{PATH}", mock.url);
    let issuer = |name: &str, algorithm| {
        let issuer =
            Issuer::with_uri(&format!("https://{name}.example/"), &url, [AUDIENCE]).unwrap();
        issuer.named(name).unwrap().algorithms([algorithm]).unwrap()
    };
    let config = Config::new(issuer("one", Algorithm::ES256));
    let client = client(config.also(issuer("other", Algorithm::EdDSA)).unwrap());
    let token = |key: &Signer, name: &str| {
        let iss = json!({ "iss": format!("https://{name}.example/") });
        key.token(&key.header(), &but(good_claims(), iss))
    };
    assert_eq!(verdict(&client, &token(&other, "other")).0, 200);
    assert_eq!(readiness(&client).0, 200);

    let next = Signer::stranger("ES256").with_kid("next");
    mock.answers(PATH, Answer::keys(&[&next]));
    assert_eq!(verdict(&client, &token(&next, "one")).0, 200);
    assert_eq!(verdict(&client, &token(&one, "one")).0, 401, "it is withdrawn");
    assert_eq!(verdict(&client, &token(&other, "other")).0, 401);
    let (status, body) = readiness(&client);
    let errors = [&body["issuers"][0]["error"], &body["issuers"][1]["error"]];
    assert_eq!((status, errors), (503, [&json!(null), &json!("no_key")]));
}

#[test]
fn a_set_is_fetched_politely_and_served_whatever_its_content_type() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    let good = json!({ "keys": [{ "kty": "AKP" }, key.jwk] }).to_string();
    issuer.answers(PATH, Answer::text(200, "Content-Type: application/octet-stream", &good));
    let client = client(config(&issuer.url, Jwks::default()));
    assert_eq!(verdict(&client, &key.good()).0, 200);

    let head = issuer.heads()[0].to_ascii_lowercase();
    let agent = concat!("user-agent: rocket-bearer/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(head.contains(agent), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
    let (status, body) = readiness(&client);
    assert_eq!(status, 200);
    let keys = json!([key.kid]);
    let expected = json!({ "name": "default", "source": "uri", "keys": keys, "error": null });
    assert_eq!(but(body["issuers"][0].clone(), json!({ "age": null })), expected);
}

#[test]
fn a_development_key_in_a_fetched_set_does_not_cost_the_good_one_of_its_kid() {
    let (dev, good) =
        (Signer::dev("dev-es256").with_kid("same"), Signer::of("ES256").with_kid("same"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::keys(&[&dev, &good]));
    let client = client(config(&issuer.url, Jwks::default()));
    assert_eq!(verdict(&client, &good.good()).0, 200);
    assert_eq!(verdict(&client, &dev.good()).0, 401);
}

#[test]
fn an_issuer_that_is_down_at_launch_is_found_when_it_comes_back() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::status(500));
    let client = client(config(&issuer.url, Jwks::default().cooldown(1).unwrap()));
    assert_eq!(verdict(&client, &key.good()).0, 503);
    issuer.answers(PATH, Answer::keys(&[&key]));
    let begun = Instant::now();
    // Nobody has to send a request for it.
    while readiness(&client).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not found");
        thread::yield_now();
    }
    assert_eq!(verdict(&client, &key.good()).0, 200);
}

/// At the first try and with the longest of waits: the launch was a moment ago.
#[test]
fn a_token_of_a_new_key_is_accepted_in_the_request_that_brings_it() {
    let old = Signer::of("ES256");
    let unknown = (401, "Unable to find the appropriate key.".to_owned());
    let forged = (401, "Unable to parse authentication token.".to_owned());
    for (name, new, withdrawn) in [
        ("a new kid", Signer::of("EdDSA"), &unknown),
        ("the same kid", Signer::stranger("ES256").with_kid(&old.kid), &forged),
        ("the same kid, another algorithm", Signer::of("EdDSA").with_kid(&old.kid), &forged),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, Answer::keys(&[&old]));
        let client = client(config(&issuer.url, Jwks::default().cooldown(600).unwrap()));
        assert_eq!(verdict(&client, &old.good()).0, 200, "{name}");
        issuer.answers(PATH, Answer::keys(&[&new]));
        assert_eq!(verdict(&client, &new.good()).0, 200, "{name}");
        assert_eq!(issuer.asked(PATH), 2, "{name}");
        assert_eq!(&verdict(&client, &old.good()), withdrawn, "{name}");
    }
}

#[test]
fn a_bad_signature_stays_one_whatever_its_fetch_did() {
    let key = Signer::of("ES256");
    let forged = Signer::stranger("ES256").with_kid(&key.kid);
    let mismatched = Signer::of("EdDSA").with_kid(&key.kid);
    let other = Signer::of("EdDSA");
    for (name, answer) in [
        ("the same keys", Answer::keys(&[&key])),
        ("an error", Answer::status(500)),
        ("no key of the kid", Answer::keys(&[&other])),
        ("another key of the kid", Answer::keys(&[&Signer::of("ES384").with_kid(&key.kid)])),
    ] {
        for token in [forged.good(), mismatched.good()] {
            let issuer = MockIssuer::start();
            issuer.answers(PATH, Answer::keys(&[&key]));
            let client = client(config(&issuer.url, Jwks::default()));
            issuer.answers(PATH, answer.clone());
            let row = (401, "Unable to parse authentication token.".to_owned());
            assert_eq!(verdict(&client, &token), row, "{name}");
            assert_eq!(issuer.asked(PATH), 2, "{name}");
        }
    }
}

#[test]
fn a_guess_at_the_next_kid_delays_it_by_one_wait() {
    let (old, next) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let guess = Signer::stranger("ES256").with_kid(&next.kid);
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::keys(&[&old]));
    let client = client(config(&issuer.url, Jwks::default().cooldown(2).unwrap()));
    assert_eq!(verdict(&client, &guess.good()).0, 401);
    issuer.answers(PATH, Answer::keys(&[&old, &next]));
    let rotated = Instant::now();
    while verdict(&client, &next.good()).0 != 200 {
        assert!(rotated.elapsed() < Duration::from_millis(2_900), "{:?}", rotated.elapsed());
        verdict(&client, &guess.good());
    }
}

#[test]
fn a_token_that_expires_while_it_waits_for_its_key_is_expired() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::keys(&[&old]));
    let jwks = Jwks::default().cooldown(1).unwrap();
    let client = client(config(&issuer.url, jwks).leeway(0).unwrap());
    let late = Answer::Late(Duration::from_millis(1_200), Box::new(Answer::keys(&[&new])));
    issuer.answers(PATH, late);
    let mut last = (0, String::new());
    while issuer.asked(PATH) < 2 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let exp = now.as_secs_f64() + 1.0;
        let token = new.token(&new.header(), &but(good_claims(), json!({ "exp": exp })));
        last = verdict(&client, &token);
        thread::yield_now();
    }
    assert_eq!(last, (401, "Token expired.".into()));
    assert_eq!(verdict(&client, &new.good()).0, 200);
}

#[test]
fn while_the_issuer_fails_an_unknown_kid_is_503_and_a_known_one_served() {
    let (known, unknown) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::keys(&[&known]));
    let client = client(config(&issuer.url, Jwks::default().cooldown(1).unwrap()));
    assert_eq!(verdict(&client, &known.good()).0, 200);
    issuer.answers(PATH, Answer::status(500));
    assert_eq!(verdict(&client, &unknown.good()).0, 503);
    assert_eq!(verdict(&client, &known.good()).0, 200);
    let (status, body) = readiness(&client);
    assert_eq!((status, &body["issuers"][0]["error"]), (200, &json!("status")));
}

#[test]
fn two_thousand_tokens_that_no_key_signed_cause_the_fetches_of_the_wait_and_no_more() {
    let key = Signer::of("ES256");
    let invented = |connection: i32, number: i32| {
        let kid = json!({ "kid": format!("invented-{connection}-{number}") });
        key.token(&but(key.header(), kid), &good_claims())
    };
    let stranger = Signer::stranger("ES256").with_kid(&key.kid);
    let forged = |_, _| stranger.good();
    for (name, token) in [
        ("invented kids", &invented as &(dyn Fn(i32, i32) -> String + Sync)),
        ("forged signatures", &forged),
    ] {
        let issuer = MockIssuer::start();
        issuer.answers(PATH, Answer::keys(&[&key]));
        let begun = Instant::now();
        let server = Server::start(config(&issuer.url, Jwks::default().cooldown(600).unwrap()));
        thread::scope(|scope| {
            for connection in 0..32 {
                let (server, key) = (&server, &key);
                scope.spawn(move || {
                    let mut stream = server.connect();
                    for number in 0..63 {
                        assert_eq!(stream.bearer(&token(connection, number)), 401, "{name}");
                    }
                    assert_eq!(stream.bearer(&key.good()), 200, "{name}");
                });
            }
        });
        // One at launch, and then after 0, 1, 3, 7, … seconds.
        let most = 2 + (begun.elapsed().as_secs() + 1).ilog2() as usize;
        assert!(issuer.asked(PATH) <= most, "{name}: {} fetches", issuer.asked(PATH));
    }
}

#[test]
fn sixty_four_first_requests_cause_one_fetch_and_a_warm_path_none() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    issuer.answers(PATH, Answer::keys(&[&key]));
    let server = Server::start(config(&issuer.url, Jwks::default()));
    for _ in 0..2 {
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| assert_eq!(server.connect().bearer(&key.good()), 200));
            }
        });
        assert_eq!(issuer.asked(PATH), 1);
    }
}

#[test]
fn issuers_that_share_a_url_share_its_store() {
    let key = Signer::of("ES256");
    let mock = MockIssuer::start();
    mock.answers(PATH, Answer::keys(&[&key]));
    let url = format!("{}{PATH}", mock.url);
    let issuer = |name: &str, audience: &str| {
        let issuer =
            Issuer::with_uri(&format!("https://{name}.example/"), &url, [audience]).unwrap();
        issuer.named(name).unwrap().algorithms([Algorithm::ES256]).unwrap()
    };
    let config = Config::new(issuer("one", "a")).also(issuer("two", "b")).unwrap();
    let client = client(config);
    for (iss, aud, status) in
        [("one", "a", 200), ("two", "b", 200), ("one", "b", 401), ("two", "a", 401)]
    {
        let claims = json!({ "iss": format!("https://{iss}.example/"), "aud": aud });
        let token = key.token(&key.header(), &but(good_claims(), claims));
        assert_eq!(verdict(&client, &token).0, status, "{iss} {aud}");
    }
    assert_eq!(mock.asked(PATH), 1);
}

#[test]
fn an_issuer_nobody_configured_costs_no_fetch() {
    let key = Signer::of("ES256");
    let mock = MockIssuer::start();
    mock.answers(PATH, Answer::keys(&[&key]));
    let client = client(config(&mock.url, Jwks::default().cooldown(1).unwrap()));
    let header = but(key.header(), json!({ "kid": "unknown" }));
    let near_ours = format!("{ISSUER}x");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1_200) {
        for iss in ["https://mallory.example/", &near_ours, &ISSUER[..ISSUER.len() - 1]] {
            let claims = but(good_claims(), json!({ "iss": iss }));
            assert_eq!(verdict(&client, &key.token(&header, &claims)).0, 401, "{iss}");
        }
    }
    assert_eq!(mock.asked(PATH), 1);
}

#[test]
fn an_authority_of_ones_own_is_trusted_where_it_is_named_and_nowhere_else() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    issuer.answers(PATH, Answer::keys(&[&key]));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &pem).unwrap();

    let named = client(config(&issuer.url, Jwks::default().ca_file(&ca_file)));
    assert_eq!(verdict(&named, &key.good()).0, 200);
    // Neither without it nor for another name of the same machine.
    let unnamed = client(config(&issuer.url, Jwks::default()));
    assert_eq!(readiness(&unnamed).1["issuers"][0]["error"], "unreachable");
    let by_address = issuer.url.replace("localhost", "127.0.0.1");
    let other_name = client(config(&by_address, Jwks::default().ca_file(&ca_file)));
    assert_eq!(readiness(&other_name).1["issuers"][0]["error"], "unreachable");
    assert_eq!(issuer.asked(PATH), 1);
}

#[test]
fn a_proxy_is_asked_for_what_is_elsewhere_and_for_no_plain_http() {
    let key = Signer::of("ES256");
    let proxy = MockIssuer::start();
    // It would be asked for the whole URL.
    for here in ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"] {
        let here = format!("http://{here}:1");
        proxy.answers(&format!("{here}{PATH}"), Answer::keys(&[&key]));
        let client = client(config(&here, Jwks::default().proxy(&proxy.url).unwrap()));
        assert_eq!(readiness(&client).1["issuers"][0]["error"], "unreachable", "{here}");
    }
    assert_eq!(proxy.heads(), [""; 0]);

    client(config("https://issuer.example", Jwks::default().proxy(&proxy.url).unwrap()));
    let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
    assert!(head.starts_with("CONNECT issuer.example:443 "), "{head}");
}

#[test]
fn a_token_of_a_new_key_in_a_file_is_accepted_without_a_wait() {
    let old = Signer::of("ES256");
    for (name, new) in [
        ("a new kid", Signer::of("EdDSA")),
        ("the same kid", Signer::stranger("ES256").with_kid(&old.kid)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        let text = |key: &Signer| json!({ "keys": [key.jwk] }).to_string();
        std::fs::write(&path, text(&old)).unwrap();
        let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer.algorithms(Algorithm::ALL).unwrap()));
        std::fs::write(&path, text(&new)).unwrap();
        assert_eq!(verdict(&client, &new.good()).0, 200, "{name}");
    }
}

#[test]
fn a_file_that_changes_is_loaded_and_a_broken_one_is_not() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let text = |key: &Signer| json!({ "keys": [key.jwk] }).to_string();
    std::fs::write(&path, text(&old)).unwrap();
    let issuer = Issuer::with_file(ISSUER, &path, [AUDIENCE]).unwrap();
    let client = client(Config::new(issuer.algorithms(Algorithm::ALL).unwrap()));
    let until = |key: &Signer, status: u16| {
        let begun = Instant::now();
        while verdict(&client, &key.good()).0 != status {
            assert!(begun.elapsed() < Duration::from_secs(10), "{} is not {status}", key.kid);
            thread::yield_now();
        }
    };
    until(&old, 200);

    // Half-written, deleted, useless or public: the old set stays, and the new key is 503.
    let halves = text(&new);
    for broken in [&halves[..halves.len() / 2], "", "{\"keys\":[]}"] {
        std::fs::write(&path, broken).unwrap();
        until(&new, 503);
        assert_eq!(verdict(&client, &old.good()).0, 200, "{broken}");
    }
    std::fs::remove_file(&path).unwrap();
    until(&new, 503);
    assert_eq!(verdict(&client, &old.good()).0, 200);

    // An editor's way: a new file renamed over the old name.
    std::fs::write(folder.path().join("new"), text(&new)).unwrap();
    std::fs::rename(folder.path().join("new"), &path).unwrap();
    until(&new, 200);
    assert_eq!(verdict(&client, &old.good()).0, 401);

    // Kubernetes' way: a symlink to a folder is swapped.
    #[cfg(unix)]
    {
        std::fs::remove_file(&path).unwrap();
        for (name, key) in [("v1", &new), ("v2", &old)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("jwks.json"), text(key)).unwrap();
        }
        std::os::unix::fs::symlink("v1", folder.path().join("data")).unwrap();
        std::os::unix::fs::symlink("data/jwks.json", &path).unwrap();
        until(&new, 200);
        std::os::unix::fs::symlink("v2", folder.path().join("next")).unwrap();
        std::fs::rename(folder.path().join("next"), folder.path().join("data")).unwrap();
        until(&old, 200);
        assert_eq!(verdict(&client, &new.good()).0, 401);
    }
}
