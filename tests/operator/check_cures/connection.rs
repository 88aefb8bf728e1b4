//! Findings on the way to an issuer: its address, its certificate, what lies between, and what is sent.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{Finding, assert_cured, checked};
use crate::program::Folder;
use crate::support::Signer;
use crate::support::issuer::{IssuerAnswer, MockIssuer};

const OPENID: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/jwks.json";
const NO_KEYS: &str = "no keys, every token gets 503";

fn publish(issuer: &MockIssuer, url: &str) {
    let metadata = json!({ "issuer": url, "jwks_uri": format!("{url}{JWKS}") });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    issuer.answers(JWKS, IssuerAnswer::keys(&[&Signer::of("ES256")]));
}

/// What is found but that the issuer is asked by plain http.
fn found(lines: &str, files: &[(&str, &str)]) -> Vec<Finding> {
    let file = format!("[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n{lines}\n");
    let folder =
        files.iter().fold(Folder::with(&file), |folder, (path, text)| folder.and(path, text));
    let found = checked(&folder, &[]);
    found.into_iter().filter(|it| !it.what.contains("come over plain http")).collect()
}

/// A proxy that leads every `CONNECT` to this address.
fn proxy_to(address: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let address = address.clone();
            thread::spawn(move || -> std::io::Result<()> {
                let mut head = vec![];
                let mut octet = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    client.read_exact(&mut octet)?;
                    head.push(octet[0]);
                }
                let mut issuer = TcpStream::connect(address)?;
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                let (mut from, mut to) = (client.try_clone()?, issuer.try_clone()?);
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                std::io::copy(&mut issuer, &mut client).map(drop)
            });
        }
    });
    url
}

#[test]
fn an_address_without_keys_is_cured_by_the_one_that_has_them() {
    let issuer = MockIssuer::start();
    publish(&issuer, &issuer.url);
    issuer.answers(
        "/moved.json",
        IssuerAnswer::text(301, &format!("Location: {}{JWKS}", issuer.url), ""),
    );
    let url = &issuer.url;
    let named = |path: &str| format!("issuer = '{url}'\njwks_uri = '{url}{path}'");
    let by_issuer = |path: &str| format!("issuer = '{url}{path}'");
    for (faulty, cure, cured) in [
        (by_issuer("/wrong"), "is `issuer` right?", by_issuer("")),
        (
            by_issuer("/wrong"),
            "else name the set itself as `jwks_uri`",
            format!("{}\njwks_uri = '{url}{JWKS}'", by_issuer("/wrong")),
        ),
        (named("/wrong.json"), "is `jwks_uri` right", named(JWKS)),
        // The target of the redirect is in the finding.
        (named("/moved.json"), "is `jwks_uri` right", named(JWKS)),
    ] {
        assert_cured(NO_KEYS, cure, &found(&faulty, &[]), &found(&cured, &[]));
    }
}

#[test]
fn an_answer_that_is_too_large_or_too_late_is_cured_by_the_limit_that_is_named() {
    let issuer = MockIssuer::start();
    publish(&issuer, &issuer.url);
    let lines = format!("issuer = '{}'", issuer.url);
    let padded = format!("{}{}", json!({ "keys": [Signer::of("ES256").jwk] }), " ".repeat(600_000));
    issuer.answers(JWKS, IssuerAnswer::text(200, "X: y", &padded));
    let before = found(&lines, &[]);
    let after = found(&format!("{lines}\njwks.max_bytes = 700000"), &[]);
    assert_cured(NO_KEYS, "raise `jwks.max_bytes` if that is a key set", &before, &after);

    let keys = IssuerAnswer::keys(&[&Signer::of("ES256")]);
    issuer.answers(JWKS, IssuerAnswer::Late(Duration::from_millis(1_500), Box::new(keys)));
    let before = found(&format!("{lines}\njwks.timeout = 1"), &[]);
    let after = found(&lines, &[]);
    assert_cured(NO_KEYS, "raise `jwks.timeout` if the issuer is slow", &before, &after);
}

#[test]
fn a_host_that_only_a_proxy_reaches_is_cured_by_its_name() {
    let (issuer, pem) = MockIssuer::start_tls_as(vec!["issuer.invalid".to_owned()]);
    publish(&issuer, "https://issuer.invalid");
    let proxy = proxy_to(issuer.url.trim_start_matches("https://").to_owned());
    let lines = "issuer = 'https://issuer.invalid'\njwks.ca_file = 'ca.pem'";
    let files = [("ca.pem", &*pem)];
    let after = found(&format!("{lines}\njwks.proxy = '{proxy}'"), &files);
    assert_cured(NO_KEYS, "`jwks.proxy`", &found(lines, &files), &after);
}

#[test]
fn a_connection_by_tls_is_cured_at_the_place_that_is_named() {
    let (issuer, pem) = MockIssuer::start_tls();
    publish(&issuer, &issuer.url);
    let lines = format!("issuer = '{}'", issuer.url);
    let with_ca = format!("{lines}\njwks.ca_file = 'ca.pem'");
    let seen = |pem: &str| found(&with_ca, &[("ca.pem", pem)]);
    let good = seen(&pem);
    assert_eq!(good, []);
    assert_cured(NO_KEYS, "name as `jwks.ca_file` the authority", &found(&lines, &[]), &good);
    let expired = seen(&issuer.changes_validity(1999, 2020));
    let future = seen(&issuer.changes_validity(2100, 2120));
    let renewed = seen(&issuer.changes_validity(1999, 2120));
    assert_cured(NO_KEYS, "has expired: have it renewed", &expired, &renewed);
    assert_cured(NO_KEYS, "not valid yet: look at the clock of this machine", &future, &renewed);
    // By the address, which the certificate is not for; then by its name.
    let by_address = with_ca.replace("localhost", "127.0.0.1");
    let pem = issuer.changes_validity(1999, 2120);
    let before = found(&by_address, &[("ca.pem", &pem)]);
    assert_cured(
        NO_KEYS,
        "use a host name that the certificate there is for",
        &before,
        &seen(&pem),
    );
}

#[test]
fn plain_http_is_cured_by_https_and_https_by_its_own_port() {
    let (issuer, pem) = MockIssuer::start_tls();
    let plain = MockIssuer::start();
    publish(&issuer, &issuer.url);
    publish(&plain, &plain.url);
    let folder = |url: &str| {
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\nissuer = '{url}'\njwks.ca_file = 'ca.pem'\n"
        ))
        .and("ca.pem", &pem)
    };
    let good = checked(&folder(&issuer.url), &[]);
    let before = checked(&folder(&plain.url), &[]);
    assert_cured("keys come over plain http", "write `https` for any other", &before, &good);
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", refusing.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut connection in refusing.incoming().flatten() {
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    assert_cured(NO_KEYS, "name the port of https", &checked(&folder(&url), &[]), &good);
}

#[test]
fn a_token_file_is_cured_by_a_token_and_nothing_else() {
    let issuer = MockIssuer::start_guarded("abcdef");
    publish(&issuer, &issuer.url);
    let bare = format!("issuer = '{}'", issuer.url);
    let lines = format!("{bare}\njwks_token_file = 'token'");
    let good = found(&lines, &[("token", "abcdef\n")]);
    for text in ["", "two words"] {
        let cure = "name as `jwks_token_file` a file with a bearer token and nothing else";
        assert_cured(NO_KEYS, cure, &found(&lines, &[("token", text)]), &good);
    }
    let before = found(&bare, &[]);
    let told = "if it wants a token, name a file with one as `jwks_token_file` beside its `issuer`";
    assert!(before.iter().any(|it| it.what.contains(told)), "{before:#?}");
    assert_cured(NO_KEYS, "", &before, &good);
}

/// What an issuer says of its keys is followed only where a configuration may say it.
#[test]
fn an_address_that_no_issuer_may_name_is_named_by_the_operator_if_it_may_be() {
    let issuer = MockIssuer::start();
    publish(&issuer, &issuer.url);
    let bad =
        |jwks_uri: &str| IssuerAnswer::json(&json!({ "issuer": issuer.url, "jwks_uri": jwks_uri }));
    let lines = format!("issuer = '{}'", issuer.url);
    let after = found(&format!("{lines}\njwks_uri = '{}{JWKS}'", issuer.url), &[]);
    for jwks_uri in ["http://keys.test/jwks.json", "jwks.json", "https://me:pw@keys.test/"] {
        issuer.answers(OPENID, bad(jwks_uri));
        let before = found(&lines, &[]);
        let cure = "have the issuer correct that address, or name the set yourself as `jwks_uri`, by `https`";
        assert_cured(NO_KEYS, cure, &before, &after);
    }
    // Of an issuer elsewhere, whose keys are on this machine.
    let (issuer, pem) =
        MockIssuer::start_tls_as(vec!["issuer.invalid".to_owned(), "localhost".to_owned()]);
    publish(&issuer, &issuer.url);
    let proxy = proxy_to(issuer.url.trim_start_matches("https://").to_owned());
    let here = format!("{}{JWKS}", issuer.url);
    let metadata = json!({ "issuer": "https://issuer.invalid", "jwks_uri": here });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    let lines = format!(
        "issuer = 'https://issuer.invalid'\njwks.ca_file = 'ca.pem'\njwks.proxy = '{proxy}'"
    );
    let files = [("ca.pem", &*pem)];
    let after = found(&format!("{lines}\njwks_uri = '{here}'"), &files);
    let left: Vec<_> = after.iter().filter(|it| it.weight != "note").collect();
    assert!(left.is_empty(), "{left:#?}");
    let before = found(&lines, &files);
    let is_told = |it: &Finding| {
        it.what.contains(NO_KEYS) && it.cure.contains("if you trust that address, name it yourself")
    };
    assert!(before.iter().any(is_told), "{before:#?}");
}
