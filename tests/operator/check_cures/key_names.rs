//! Findings on the names of keys and of their issuers.

use rocket_bearer::Algorithm;
use rocket_bearer::testing::Key;
use serde_json::{Value, json};

use super::publisher::{Case, Publisher, assert_all_cured, set};
use super::{assert_cured, checked};
use crate::program::{Folder, Pair};
use crate::support::issuer::IssuerAnswer;
use crate::support::{Signer, but};

#[test]
fn keys_without_a_name_are_cured_by_either_side() {
    let key = Signer::of("ES256");
    let bare = but(key.jwk.clone(), json!({ "kid": null }));
    let second = Key::generate(Algorithm::ES256).with_kid("second").jwk();
    let optional = "kid = \"optional\"";
    assert_all_cured(&[
        Case {
            faulty: (set(&[&bare]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer write `kid` in its keys and tokens",
            cured: (set(&[&key.jwk]), ""),
        },
        Case {
            faulty: (set(&[&bare]), ""),
            what: "no keys, every token gets 503",
            cure: "where one key alone signs, `kid = \"optional\"` does without",
            cured: (set(&[&bare]), optional),
        },
        Case {
            faulty: (set(&[&key.jwk, &second]), optional),
            what: "several keys fit ES256",
            cure: "have the issuer write `kid` in its tokens and leave `kid` out here",
            cured: (set(&[&key.jwk, &second]), ""),
        },
        Case {
            faulty: (set(&[&key.jwk, &second]), optional),
            what: "several keys fit ES256",
            cure: "or have it publish one key for each algorithm",
            cured: (set(&[&key.jwk]), optional),
        },
    ]);
    // The tokens that each of the cures is about.
    let issuer = Publisher::new();
    let named = but(key.header(), json!({}));
    let nameless = json!({ "alg": "ES256" });
    for (keys, lines, header, is_accepted) in [
        (set(&[&bare]), "", &nameless, false),
        (set(&[&bare]), optional, &nameless, true),
        (set(&[&key.jwk]), "", &named, true),
        (set(&[&key.jwk, &second]), optional, &nameless, false),
        (set(&[&key.jwk, &second]), "", &named, true),
        (set(&[&key.jwk]), optional, &nameless, true),
    ] {
        issuer.findings(IssuerAnswer::json(&keys), lines);
        let folder = issuer.folder(lines);
        assert_eq!(issuer.accepts(&folder, &key, header), is_accepted, "{keys} {lines} {header}");
    }
}

#[test]
fn keys_of_one_name_and_keys_of_another_issuer_are_cured() {
    let alike: Vec<Value> =
        (0..5).map(|_| Key::generate(Algorithm::ES256).with_kid("same").jwk()).collect();
    let apart: Vec<Value> = alike
        .iter()
        .enumerate()
        .map(|(it, key)| but(key.clone(), json!({ "kid": it.to_string() })))
        .collect();
    assert_all_cured(&[Case {
        faulty: (json!({ "keys": alike }), ""),
        what: "more than 4 keys for one algorithm",
        cure: "give each key a `kid` of its own",
        cured: (json!({ "keys": apart }), ""),
    }]);
    let own = Pair::new("own").jwk;
    let tenant = "11111111-2222-4333-8444-555555555555";
    let template = "https://login.test/{tenantid}/v2.0";
    for (theirs, table) in [
        ("https://other.test/", "issuer = 'https://other.test/'".to_owned()),
        (template, format!("issuer = '{template}'\ntenants = ['{tenant}']")),
        (
            &template.replace("{tenantid}", tenant),
            format!("issuer = '{template}'\ntenants = ['{tenant}']"),
        ),
    ] {
        let foreign = but(Pair::new("foreign").jwk, json!({ "issuer": theirs }));
        let folder = |more: &str| {
            Folder::with(&format!(
                "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
                 [default.bearer.issuers.own]\nissuer = 'https://own.test/'\njwks_file = 'keys.json'\n{more}"
            ))
            .and("keys.json", set(&[&own, &foreign]).to_string())
        };
        let more = format!("[default.bearer.issuers.other]\njwks_file = 'keys.json'\n{table}\n");
        let cure = "configure it if they are to count";
        let (before, after) = (checked(&folder(""), &[]), checked(&folder(&more), &[]));
        assert_cured("verifies nothing here", cure, &before, &after);
    }
}
