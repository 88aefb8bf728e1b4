//! Where an issuer says that its keys are.

use rocket_bearer::{Algorithm, Config, Issuer};
use serde_json::json;

use crate::remote::{PATH, impatient, readiness};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{AUDIENCE, Signer, but, good_claims};
use crate::{client, verdict};

const OPENID: &str = "/.well-known/openid-configuration";

#[test]
fn discovery_goes_where_openid_and_then_rfc_8414_say() {
    let key = Signer::of("ES256");
    for (path, openid, oauth) in [
        ("", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        ("/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (
            "/tenant/1",
            "/tenant/1/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/tenant/1",
        ),
        (
            "/tenant/1/",
            "/tenant/1/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/tenant/1",
        ),
    ] {
        for (place, other) in [(openid, oauth), (oauth, openid)] {
            let mock = MockIssuer::start();
            let iss = format!("{}{path}", mock.url);
            let jwks_uri = format!("{}{PATH}", mock.url);
            mock.answers(
                place,
                IssuerAnswer::json(&json!({ "issuer": iss, "jwks_uri": jwks_uri })),
            );
            mock.answers(PATH, IssuerAnswer::keys(&[&key]));
            let issuer = Issuer::discovered(&iss, [AUDIENCE]).unwrap();
            let client = client(Config::new(issuer.algorithms(Algorithm::ALL).unwrap()));
            let claims = but(good_claims(), json!({ "iss": iss }));
            assert_eq!(verdict(&client, &key.token(&key.header(), &claims)).0, 200, "{place}");
            assert_eq!(mock.asked(place), 1, "{place}");
            assert_eq!(mock.asked(other), usize::from(place == oauth), "{other}");
        }
    }
}

#[test]
fn a_byte_order_mark_before_metadata_or_a_key_set_is_passed_over() {
    let key = Signer::of("ES256");
    for (before_metadata, before_keys) in
        [("\u{feff}", ""), ("", "\u{feff}"), ("\u{feff}", "\u{feff}")]
    {
        let mock = MockIssuer::start();
        let metadata = json!({ "issuer": mock.url, "jwks_uri": format!("{}{PATH}", mock.url) });
        let keys = json!({ "keys": [key.jwk] });
        let answer = |bom: &str, body| IssuerAnswer::text(200, "X: y", &format!("{bom}{body}"));
        mock.answers(OPENID, answer(before_metadata, metadata));
        mock.answers(PATH, answer(before_keys, keys));
        let issuer = Issuer::discovered(&mock.url, [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer.algorithms(Algorithm::ALL).unwrap()));
        let claims = but(good_claims(), json!({ "iss": mock.url }));
        let verdict = verdict(&client, &key.token(&key.header(), &claims));
        assert_eq!(verdict.0, 200, "{before_metadata:?} {before_keys:?}: {verdict:?}");
    }
}

#[test]
fn the_code_is_that_of_the_place_that_tells_more() {
    let oauth = "/.well-known/oauth-authorization-server";
    let status = IssuerAnswer::status;
    for (first, second, code) in [
        (status(404), status(404), "status"),
        (status(503), status(404), "status"),
        (status(403), IssuerAnswer::Close, "status"),
        (status(404), IssuerAnswer::Close, "unreachable"),
        (status(404), IssuerAnswer::text(200, "X: y", "<html>"), "not_metadata"),
        (IssuerAnswer::Close, status(404), "unreachable"),
    ] {
        let case = format!("{first:?} {second:?}");
        let mock = MockIssuer::start();
        mock.answers(OPENID, first);
        mock.answers(oauth, second);
        let issuer = Issuer::discovered(&mock.url, [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer).key_fetching(impatient()).unwrap());
        let (status, body) = readiness(&client);
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!(code)), "{case}");
    }
}

#[test]
fn metadata_that_is_not_our_issuers_or_leads_elsewhere_brings_no_key() {
    let key = Signer::of("ES256");
    for (name, members, code) in [
        ("another issuer", json!({ "issuer": "https://mallory.example" }), "other_issuer"),
        ("a slash more", json!({ "issuer": "SLASH" }), "other_issuer"),
        ("no issuer", json!({ "issuer": null }), "not_metadata"),
        ("a list", json!({ "issuer": ["x"] }), "not_metadata"),
        ("no jwks_uri", json!({ "jwks_uri": null }), "not_metadata"),
        (
            "plain http elsewhere",
            json!({ "jwks_uri": "http://issuer.example/jwks" }),
            "bad_jwks_uri",
        ),
        ("a file", json!({ "jwks_uri": "file:///etc/passwd" }), "bad_jwks_uri"),
        ("a loopback ftp", json!({ "jwks_uri": "ftp://127.0.0.1/jwks" }), "bad_jwks_uri"),
        ("no URL", json!({ "jwks_uri": "jwks.json" }), "bad_jwks_uri"),
        ("a password", json!({ "jwks_uri": "https://a:b@issuer.example/jwks" }), "bad_jwks_uri"),
    ] {
        let mock = MockIssuer::start();
        let mut metadata = json!({ "issuer": mock.url, "jwks_uri": format!("{}{PATH}", mock.url) });
        metadata = but(metadata, members);
        if metadata["issuer"] == "SLASH" {
            metadata["issuer"] = json!(format!("{}/", mock.url));
        }
        mock.answers(OPENID, IssuerAnswer::json(&metadata));
        mock.answers(PATH, IssuerAnswer::keys(&[&key]));
        let issuer = Issuer::discovered(&mock.url, [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer).key_fetching(impatient()).unwrap());
        let (status, body) = readiness(&client);
        assert_eq!((status, &body["issuers"][0]["error"]), (503, &json!(code)), "{name}");
        assert_eq!(mock.asked(PATH), 0, "{name}");
    }
}
