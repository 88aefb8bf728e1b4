//! Findings on what an issuer says of itself: its name, where its keys are, and its clock.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Finding, assert_cured, checked};
use crate::program::Folder;
use crate::support::Signer;
use crate::support::issuer::{IssuerAnswer, MockIssuer};

const OPENID: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/jwks.json";

/// Metadata of this name, with this place of keys, at an issuer that has keys at `/jwks.json`.
fn publish(issuer: &MockIssuer, name: &str, jwks_uri: &str) {
    issuer.answers(OPENID, IssuerAnswer::json(&json!({ "issuer": name, "jwks_uri": jwks_uri })));
    issuer.answers(JWKS, IssuerAnswer::keys(&[&Signer::of("ES256")]));
}

/// What is found but that the issuer is asked by plain http.
fn found(lines: &str) -> Vec<Finding> {
    let file = format!("[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n{lines}\n");
    let found = checked(&Folder::with(&file), &[]);
    found.into_iter().filter(|it| !it.what.contains("plain http")).collect()
}

#[test]
fn a_name_that_is_not_the_issuers_own_is_cured_by_either_name() {
    let (issuer, other) = (MockIssuer::start(), MockIssuer::start());
    let (ours, theirs) = (&issuer.url, &other.url);
    let uri = format!("{ours}{JWKS}");
    publish(&issuer, theirs, &uri);
    publish(&other, theirs, &format!("{theirs}{JWKS}"));
    let what = "`issuer` is not the issuer's own name";
    let before = found(&format!("issuer = '{ours}'"));
    let by_theirs = found(&format!("issuer = '{theirs}'"));
    assert_cured(what, &format!("write `issuer = \"{theirs}\"`"), &before, &by_theirs);
    // To keep ours is left to the operator, who knows what tokens carry: no error any more.
    let keep = format!("leave it and add `jwks_uri = \"{uri}\"` beside it");
    assert!(before.iter().any(|it| it.weight == "error" && it.cure.contains(&keep)), "{before:#?}");
    let kept = found(&format!("issuer = '{ours}'\njwks_uri = '{uri}'"));
    let [warning] = &kept[..] else { panic!("{kept:#?}") };
    assert_eq!(warning.weight, "warning");
    assert!(
        warning.cure.starts_with("leave it if tokens carry ours in `iss`, else write"),
        "{kept:#?}"
    );
    // Keys from elsewhere than that issuer says are no such case.
    other.answers("/other.json", IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let elsewhere = found(&format!("issuer = '{ours}'\njwks_uri = '{theirs}/other.json'"));
    assert!(
        elsewhere.iter().any(|it| it.weight == "error" && it.cure.contains(&keep)),
        "{elsewhere:#?}"
    );
}

#[test]
fn a_name_that_is_no_address_is_cured_with_the_keys_beside_it() {
    let issuer = MockIssuer::start();
    let uri = format!("{}{JWKS}", issuer.url);
    let lines = format!("issuer = '{}'", issuer.url);
    let what = "`issuer` is not the issuer's own name";
    for theirs in ["other.example", "http://other.example/"] {
        publish(&issuer, theirs, &uri);
        let cure = format!("write `issuer = \"{theirs}\"` with `jwks_uri = \"{uri}\"` beside it");
        let cured = found(&format!("issuer = \"{theirs}\"\njwks_uri = \"{uri}\""));
        assert_cured(what, &cure, &found(&lines), &cured);
        // No server would ask where such an issuer says that its keys are.
        publish(&issuer, theirs, "http://keys.test/");
        let cure = "name the key set as `jwks_uri`, and write as `issuer` what tokens carry";
        assert_cured(what, cure, &found(&lines), &cured);
    }
    publish(&issuer, "https://other.example/ ", "http://keys.test/");
    let before = found(&lines);
    publish(&issuer, &issuer.url, &uri);
    let cure = "have the issuer correct `issuer` in its metadata";
    assert_cured(what, cure, &before, &found(&lines));
}

#[test]
fn keys_that_lie_elsewhere_are_cured_by_either_way() {
    let issuer = MockIssuer::start();
    let (old, new) = (format!("{}/old.json", issuer.url), format!("{}{JWKS}", issuer.url));
    publish(&issuer, &issuer.url, &new);
    issuer.answers("/old.json", IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let lines = |uri: &str| match uri {
        "" => format!("issuer = '{}'", issuer.url),
        uri => format!("issuer = '{}'\njwks_uri = '{uri}'", issuer.url),
    };
    let what = "the issuer says its keys are at";
    let before = found(&lines(&old));
    assert_cured(what, "write that as `jwks_uri`", &before, &found(&lines(&new)));
    assert_cured(what, "or leave it out", &before, &found(&lines("")));
    // One that is too long to be shown whole.
    let path = format!("/{}.json", "p".repeat(500));
    publish(&issuer, &issuer.url, &format!("{}{path}", issuer.url));
    issuer.answers(&path, IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let before = found(&lines(&old));
    assert_cured(what, "leave `jwks_uri` out, if you trust that", &before, &found(&lines("")));
    // One that no server would ask: ours stays, and nothing is to be done here.
    publish(&issuer, &issuer.url, "http://keys.test/");
    let kept = found(&lines(&old));
    let [note] = &kept[..] else { panic!("{kept:#?}") };
    assert_eq!(
        (note.weight.as_str(), note.cure.as_str()),
        ("note", "keep yours, if its keys are right")
    );
}

#[test]
fn a_clock_is_cured_when_it_shows_the_same_time() {
    let issuer = MockIssuer::start();
    let metadata =
        json!({ "issuer": issuer.url, "jwks_uri": format!("{}{JWKS}", issuer.url) }).to_string();
    issuer.answers(JWKS, IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let at = |there: SystemTime| {
        let date = format!("Date: {}", httpdate::fmt_http_date(there));
        issuer.answers(OPENID, IssuerAnswer::text(200, &date, &metadata));
        found(&format!("issuer = '{}'", issuer.url))
    };
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3_600));
    let corrected = at(now);
    for there in [now + hour, now - hour] {
        assert_cured("the clock here is", "correct it (NTP)", &at(there), &corrected);
    }
}

/// `domain` is a source of its own, so it is offered where it takes the place of discovery only.
#[test]
fn an_issuer_of_auth0_is_cured_without_a_second_source() {
    let slash = "`issuer` lacks the slash";
    let anonymous = "tokens of anonymous sessions are accepted";
    let closed = "jwks.proxy = 'http://127.0.0.1:1'\nissuer = 'https://t.eu.auth0.com";
    let domain = "jwks.proxy = 'http://127.0.0.1:1'\ndomain = 't.eu.auth0.com'";
    let cured = found(domain);
    let before = found(&format!("{closed}'"));
    assert_cured(slash, "or `domain` instead", &before, &cured);
    assert_cured(anonymous, "name the tenant by `domain`", &before, &cured);
    let issuer = MockIssuer::start();
    issuer.answers(JWKS, IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let keys = format!("jwks_uri = '{}{JWKS}'", issuer.url);
    let before = found(&format!("{closed}'\n{keys}"));
    assert!(before.iter().all(|it| !it.cure.contains("`domain`")), "{before:#?}");
    let cured = found(&format!("{closed}/'\nprovider = \"auth0\"\n{keys}"));
    assert_cured(slash, "write `issuer = \"https://t.eu.auth0.com/\"`", &before, &cured);
    assert_cured(anonymous, "write `provider = \"auth0\"` beside it", &before, &cured);
}
