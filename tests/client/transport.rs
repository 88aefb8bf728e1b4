//! How an issuer is reached: TLS, private authorities, proxies.

use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::KeyFetching;

use crate::remote::{PATH, config, readiness};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{Signer, leaks};
use crate::{client, verdict};

#[test]
fn an_authority_of_ones_own_is_trusted_where_it_is_named_and_nowhere_else() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &pem).unwrap();

    let named = client(config(&issuer.url, KeyFetching::default().ca_file(&ca_file)));
    assert_eq!(verdict(&named, &key.good()).0, 200);
    // Neither without it nor for another name of the same machine.
    let unnamed = client(config(&issuer.url, KeyFetching::default()));
    assert_eq!(readiness(&unnamed).1["issuers"][0]["error"], "unreachable");
    let by_address = issuer.url.replace("localhost", "127.0.0.1");
    let other_name = client(config(&by_address, KeyFetching::default().ca_file(&ca_file)));
    assert_eq!(readiness(&other_name).1["issuers"][0]["error"], "unreachable");
    assert_eq!(issuer.asked(PATH), 1);
}

#[test]
fn an_authority_that_is_replaced_in_its_file_is_trusted_and_a_broken_file_changes_nothing() {
    let keys = ["one", "two", "three"].map(|kid| Signer::of("ES256").with_kid(kid));
    let (issuer, pem) = MockIssuer::start_tls();
    issuer.answers(PATH, IssuerAnswer::keys(&[&keys[0]]));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &pem).unwrap();
    let fetching =
        KeyFetching::default().cooldown(Duration::from_secs(1)).unwrap().ca_file(&ca_file);
    let client = client(config(&issuer.url, fetching));
    assert_eq!(verdict(&client, &keys[0].good()).0, 200);

    let next = issuer.changes_authority();
    issuer.answers(PATH, IssuerAnswer::keys(&[&keys[1]]));
    assert_eq!(verdict(&client, &keys[1].good()).0, 503);
    assert_eq!(readiness(&client).1["issuers"][0]["error"], "unreachable");
    std::fs::write(&ca_file, &next).unwrap();
    let begun = Instant::now();
    while verdict(&client, &keys[1].good()).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not trusted");
        thread::yield_now();
    }

    std::fs::write(&ca_file, &next[..next.len() / 2]).unwrap();
    issuer.answers(PATH, IssuerAnswer::keys(&[&keys[2]]));
    assert_eq!(verdict(&client, &keys[2].good()).0, 200);
    let is_told = |(level, target, text): &(log::Level, String, String)| {
        (*level, target.as_str()) == (log::Level::Warn, "rocket_bearer::keys")
            && text.contains("`jwks.ca_file`")
    };
    assert_eq!(leaks::logged().iter().filter(|line| is_told(line)).count(), 1);
}

#[test]
fn a_proxy_is_asked_for_what_is_elsewhere_and_for_no_plain_http() {
    let key = Signer::of("ES256");
    let proxy = MockIssuer::start();
    // It would be asked for the whole URL.
    for here in ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"] {
        let here = format!("http://{here}:1");
        proxy.answers(&format!("{here}{PATH}"), IssuerAnswer::keys(&[&key]));
        let client = client(config(&here, KeyFetching::default().proxy(&proxy.url).unwrap()));
        assert_eq!(readiness(&client).1["issuers"][0]["error"], "unreachable", "{here}");
    }
    assert_eq!(proxy.heads(), [""; 0]);

    client(config("https://issuer.example", KeyFetching::default().proxy(&proxy.url).unwrap()));
    let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
    assert!(head.starts_with("CONNECT issuer.example:443 "), "{head}");
}
