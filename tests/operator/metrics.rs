//! `/metrics`: what it counts, and who can reach it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::program::{Folder, Running, Server, Variables, repository, run, token, two_issuers};
use super::support::issuer::{IssuerAnswer, MockIssuer};
use super::support::{Signer, forged};

/// A server, and the address of its metrics.
#[track_caller]
fn serve(folder: &Folder, variables: Variables<'_>) -> (Server, String) {
    let own = [("ROCKET_PORT", "0"), ("BEARER_METRICS__ADDRESS", "127.0.0.1:0")];
    let mut running = Running::start(folder.path(), &[variables, &own].concat(), &["serve"]);
    let line = running.line_with("Metrics at ");
    let address = line.split("Metrics at ").nth(1).and_then(|rest| rest.split('/').next());
    let address = address.expect("an address").to_owned();
    (Server::of(running), address)
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// All samples by name and labels.
#[track_caller]
fn samples(address: &str) -> BTreeMap<String, f64> {
    let answer = ask(address, "GET /metrics");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let samples = body.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    samples.collect()
}

#[test]
fn a_known_sequence_is_counted_exactly() {
    let folder = two_issuers("jwks.watch = false");
    let (server, address) = serve(&folder, &[]);
    let mint = |arguments: &[&str]| token(folder.path(), &[], arguments);
    let quiet = samples(&address);
    assert!(quiet.iter().all(|(name, value)| *value == 0.0 || name.contains("key")), "{quiet:?}");

    let good = mint(&[]);
    for _ in 0..3 {
        assert_eq!(server.verdict(&good).0, 200);
    }
    assert_eq!(server.verdict(&mint(&["--iss", "https://second.test/"])).0, 200);
    // Accepted by the guard, and then refused for its scope.
    assert_eq!(server.get("/messages", Some(&good)).status, 403);
    for _ in 0..2 {
        assert_eq!(server.get("/headers", None).status, 401);
    }
    let refused: [&[&str]; 6] = [
        &["--expires-in=-1m"],
        &["--expires-in=-1m", "--iss", "https://second.test/"],
        &["--aud", "other"],
        &["--header", "kid=other"],
        &["--key", "keys/first.pem", "--kid", "first", "--iss", "https://third.test/"],
        &["--header", "alg=HS256"],
    ];
    for arguments in refused {
        assert_ne!(server.verdict(&mint(arguments)).0, 200, "{arguments:?}");
    }
    assert_eq!(server.verdict("garbage").0, 401);
    // It may bring a fetch, but its `kid` is not unknown.
    assert_eq!(server.verdict(&forged(&good)).0, 401);
    // What is no request for a guarded route counts nowhere.
    for path in ["/healthz", "/readyz", "/nowhere"] {
        server.get(path, None);
    }

    let mut samples = samples(&address);
    let sum = samples.remove("bearer_verification_seconds_sum").unwrap();
    assert!(sum > 0.0 && sum < 10.0, "{sum}");
    let bytes = samples.remove("bearer_cache_bytes").unwrap();
    assert!((1.0..100_000.0).contains(&bytes), "{bytes}");
    assert_eq!(samples["bearer_verification_seconds_bucket{le=\"+Inf\"}"], 7.0);
    samples
        .retain(|name, value| *value != 0.0 && !name.contains("_bucket") && !name.contains("_age"));
    let expected = [
        ("bearer_accepted_total{issuer=\"default\"}", 4.0),
        ("bearer_accepted_total{issuer=\"second\"}", 1.0),
        ("bearer_cache_entries", 2.0),
        ("bearer_cache_hits_total", 3.0),
        ("bearer_cache_misses_total", 10.0),
        ("bearer_keys{issuer=\"default\"}", 1.0),
        ("bearer_keys{issuer=\"second\"}", 1.0),
        ("bearer_refused_total{issuer=\"\",reason=\"forbidden_algorithm\"}", 1.0),
        ("bearer_refused_total{issuer=\"\",reason=\"header_missing\"}", 2.0),
        ("bearer_refused_total{issuer=\"\",reason=\"malformed\"}", 1.0),
        ("bearer_refused_total{issuer=\"\",reason=\"wrong_issuer\"}", 1.0),
        ("bearer_refused_total{issuer=\"default\",reason=\"bad_signature\"}", 1.0),
        ("bearer_refused_total{issuer=\"default\",reason=\"expired\"}", 1.0),
        ("bearer_refused_total{issuer=\"default\",reason=\"insufficient_scope\"}", 1.0),
        ("bearer_refused_total{issuer=\"default\",reason=\"unknown_key\"}", 1.0),
        ("bearer_refused_total{issuer=\"default\",reason=\"wrong_audience\"}", 1.0),
        ("bearer_refused_total{issuer=\"second\",reason=\"expired\"}", 1.0),
        ("bearer_unknown_kids_total{issuer=\"default\"}", 1.0),
        ("bearer_verification_seconds_count", 7.0),
    ];
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(samples, expected);
}

#[test]
fn loads_of_a_key_set_are_counted_by_their_outcome() {
    let issuer = MockIssuer::start();
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://issuer.test/'\njwks_uri = '{}/jwks.json'\n",
        issuer.url
    ));
    issuer.answers("/jwks.json", IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let loads = |address: &str| {
        let samples = samples(address);
        let of = |outcome: &str| {
            samples[&format!("bearer_key_loads_total{{issuer=\"default\",outcome=\"{outcome}\"}}")]
        };
        (of("succeeded"), of("failed"), samples["bearer_keys{issuer=\"default\"}"])
    };
    let (_server, address) = serve(&folder, &[]);
    assert_eq!(loads(&address), (1.0, 0.0, 1.0));
    assert!(samples(&address)["bearer_key_set_age_seconds{issuer=\"default\"}"] < 60.0);

    issuer.answers("/jwks.json", IssuerAnswer::status(500));
    let (_server, address) = serve(&folder, &[]);
    let (succeeded, failed, keys) = loads(&address);
    assert!((succeeded, keys) == (0.0, 0.0) && failed >= 1.0, "{succeeded} {failed} {keys}");
    assert!(!samples(&address).contains_key("bearer_key_set_age_seconds{issuer=\"default\"}"));
}

#[test]
fn metrics_are_on_no_port_but_their_own_and_nothing_else_is_there() {
    let folder = two_issuers("jwks.watch = false");
    let (server, address) = serve(&folder, &[]);
    assert_eq!(server.get("/metrics", None).status, 404);
    for request in ["GET /", "GET /headers", "POST /metrics", "GET /metrics/", "GET /readyz"] {
        assert!(ask(&address, request).starts_with("HTTP/1.1 404"), "{request}");
    }
    let said = server.terminate();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(TcpStream::connect(&address).is_err(), "its port is closed with the app");

    let said = Server::start(folder.path(), &[]).terminate();
    assert!(!(said.stdout + &said.stderr).contains("Metrics"), "only where it is asked for");
}

#[test]
fn who_asks_on_and_on_and_reads_nothing_keeps_no_scraper_out() {
    let (_server, address) = serve(&two_issuers("jwks.watch = false"), &[]);
    let greedy = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        let many = "GET /metrics HTTP/1.1\r\nHost: any\r\n\r\n".repeat(2_000);
        stream.set_nonblocking(true).unwrap();
        // As much as it takes, or until it has hung up.
        let _ = stream.write(many.as_bytes());
        stream
    };
    let _greedy: Vec<_> = (0..8).map(|_| greedy()).collect();
    assert!(ask(&address, "GET /metrics").starts_with("HTTP/1.1 200"));
}

#[test]
fn an_address_that_cannot_be_listened_on_stops_the_launch() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let variables = [("BEARER_METRICS__ADDRESS", address.as_str()), ("ROCKET_PORT", "0")];
    let said = run(repository(), &variables, &["serve"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let cure = "cannot listen on `metrics.address`; write one that is free";
    assert!(said.stderr.contains(cure), "{said:?}");
    let free = [("BEARER_METRICS__ADDRESS", "127.0.0.1:0"), ("ROCKET_PORT", "0")];
    Running::start(repository(), &free, &["serve"]).line_with("Metrics at 127.0.0.1:");
}
