//! What an issuer can bring into the log: little, and no secret.

use rocket::local::blocking::Client;
use rocket_bearer::{Bearer, Config, Issuer, KeyFetching};
use serde_json::{Value, json};

use crate::alone;
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{self, AUDIENCE, leaks};

const OPENID: &str = "/.well-known/openid-configuration";

fn client(config: Config) -> Client {
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    Client::untracked(rocket.attach(Bearer::with(config))).expect("the app launches")
}

/// The last error of the keys, by its code.
fn error(client: &Client) -> String {
    let body = client.get("/readyz").dispatch().into_string().unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    body["issuers"][0]["error"].as_str().unwrap().to_owned()
}

/// The lines of the log with this in them.
fn lines_with(text: &str) -> Vec<String> {
    let lines = leaks::logged().into_iter().map(|(_, _, line)| line);
    lines.filter(|line| line.contains(text)).collect()
}

#[test]
fn a_hostile_issuer_fills_no_log_and_brings_no_secret_into_it() {
    let _alone = alone();
    let path = "p".repeat(60_000);
    for (jwks_uri, code) in [
        ("URL/PATH", "status"),
        ("URL/it?token=s3cr3t", "status"),
        ("URL/it#s3cr3t", "status"),
        ("http://me:s3cr3t@HOST/PATH", "bad_jwks_uri"),
        ("https://me:s3cr3t@HOST/it", "bad_jwks_uri"),
        ("ftp://HOST/PATH?s3cr3t", "bad_jwks_uri"),
        ("s3cr3tPATH", "bad_jwks_uri"),
    ] {
        let mock = MockIssuer::start();
        let host = mock.url.trim_start_matches("http://");
        let uri = jwks_uri.replace("PATH", &path).replace("HOST", host).replace("URL", &mock.url);
        mock.answers(OPENID, IssuerAnswer::json(&json!({ "issuer": mock.url, "jwks_uri": uri })));
        let issuer = Issuer::discovered(&mock.url, [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer));
        assert_eq!(error(&client), code, "{jwks_uri}");
        let lines = lines_with(host);
        assert!(!lines.is_empty(), "{jwks_uri}");
        let is_short = |line: &String| line.len() < 600 && !line.contains("s3cr3t");
        assert!(lines.iter().all(is_short), "{jwks_uri}: {lines:?}");
    }
}

#[test]
fn the_names_in_a_certificate_fill_no_log() {
    let _alone = alone();
    let names = (0..400).map(|number| format!("{}{number}.test", "n".repeat(50))).collect();
    let (mock, pem) = MockIssuer::start_tls_as(names);
    let ca_file = std::env::temp_dir().join(format!("rocket-bearer-{}.pem", std::process::id()));
    std::fs::write(&ca_file, pem).unwrap();
    let issuer = Issuer::discovered(&mock.url, [AUDIENCE]).unwrap();
    let fetching = KeyFetching::default().ca_file(&ca_file);
    let client = client(Config::new(issuer).key_fetching(fetching).unwrap());
    std::fs::remove_file(&ca_file).unwrap();
    assert_eq!(error(&client), "unreachable");
    let lines = lines_with(&mock.url);
    assert!(lines.iter().any(|line| line.contains("only valid for")), "{lines:?}");
    assert!(lines.iter().all(|line| line.len() < 800), "{lines:?}");
}
