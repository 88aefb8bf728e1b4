//! How an issuer is reached: TLS, private authorities, proxies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rocket_bearer::KeyFetching;

use crate::remote::{PATH, config, impatient, readiness};
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

/// A proxy that leads to this port of loopback, whatever host is named, and the lines it is asked by.
fn tunnel(port: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, target) = (Arc::<Mutex<Vec<String>>>::default(), format!("127.0.0.1:{port}"));
    let asking = asked.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut client = stream.unwrap();
            let (mut head, mut octet) = (vec![], [0]);
            while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut octet).is_ok() {
                head.push(octet[0]);
            }
            let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
            asking.lock().unwrap().push(line);
            let mut server = TcpStream::connect(&target).unwrap();
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    (url, asked)
}

#[test]
fn hosts_of_no_proxy_are_asked_without_it_and_their_subdomains_are_not() {
    let key = Signer::of("ES256");
    let hosts = ["issuer.invalid", "sub.issuer.invalid", "0.0.0.1", "::1:1"];
    let (issuer, pem) = MockIssuer::start_tls_as(hosts.map(str::to_owned).to_vec());
    issuer.answers(PATH, IssuerAnswer::keys(&[&key]));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &pem).unwrap();
    let (_, port) = issuer.url.rsplit_once(':').unwrap();
    // What is exempt, which host is asked, and whether the proxy is.
    for (no_proxy, host, is_proxied) in [
        (None, "issuer.invalid", true),
        (Some("issuer.invalid"), "issuer.invalid", false),
        (Some("ISSUER.invalid."), "issuer.invalid", false),
        (Some("issuer.invalid"), "ISSUER.INVALID", false),
        (Some("issuer.invalid"), "sub.issuer.invalid", true),
        (Some("sub.issuer.invalid"), "issuer.invalid", true),
        (Some("invalid"), "issuer.invalid", true),
        (Some("0.0.0.1"), "0.0.0.1", false),
        (Some("0.0.0.10"), "0.0.0.1", true),
        (Some("::1:1"), "[::1:1]", false),
        (Some("[::1:1]"), "[0::1:1]", false),
        (Some("::1:10"), "[::1:1]", true),
    ] {
        let (proxy, asked) = tunnel(port);
        let mut fetching = impatient().ca_file(&ca_file).proxy(&proxy).unwrap();
        if let Some(host) = no_proxy {
            fetching = fetching.no_proxy(["first.test", host, "10.0.0.1"]).unwrap();
        }
        let client = client(config(&format!("https://{host}"), fetching));
        let case = format!("{no_proxy:?} {host}");
        let asked = asked.lock().unwrap().clone();
        assert!(asked.iter().all(|line| line.starts_with("CONNECT ")), "{case}: {asked:?}");
        assert_eq!(!asked.is_empty(), is_proxied, "{case}: {asked:?}");
        // No host of these is reached but through the proxy; reqwest knows no tunnel to IPv6.
        let status = if is_proxied && !host.starts_with('[') { 200 } else { 503 };
        assert_eq!(verdict(&client, &key.good()).0, status, "{case}");
    }
}

#[test]
fn exceptions_to_no_proxy_are_refused_in_code_too() {
    let fetching = KeyFetching::default().no_proxy(["issuer.internal"]).unwrap();
    let issuer = rocket_bearer::Issuer::discovered("https://issuer.internal/", ["image"]).unwrap();
    let configured = rocket_bearer::Config::new(issuer);
    let error = configured.clone().key_fetching(fetching.clone()).unwrap_err().to_string();
    assert!(error.contains("has no `jwks.proxy`"), "{error}");
    let with_proxy = fetching.proxy("http://proxy.internal:3128").unwrap();
    assert!(configured.key_fetching(with_proxy).is_ok());
    assert!(KeyFetching::default().no_proxy([""; 0]).is_err());
}
