//! Key sets: what is of no use in them, weak, old, or missing.

use super::*;

#[test]
fn keys_and_algorithms_that_do_not_go_together_are_found() {
    let (es, ed) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    for (keys, algorithms, code, words) in [
        (&[&es][..], "ES256,EdDSA", 0, &["allows what no key offers: EdDSA"][..]),
        (&[&es, &ed], "ES256", 0, &["nothing that key \"test-eddsa\" signs"]),
        (&[&ed], "EdDSA,Ed25519", 0, &["algorithms  EdDSA\n"]),
        (&[&ed], "ES256,PS512", 1, &["no key verifies ES256, PS512", "offer: EdDSA"]),
    ] {
        good(&issuer, keys);
        let variables = [("BEARER_ALGORITHMS", algorithms)];
        check(discovered(&issuer.url).path(), &variables, code, words);
    }
}

#[test]
fn keys_that_are_useless_weak_old_or_everybodys_are_found() {
    let good_key = Signer::of("ES256");
    let es = |members: Value| but(good_key.jwk.clone(), members);
    let weak = json!({ "kty": "RSA", "kid": "weak", "n": "_".repeat(172), "e": "AQAB" });
    for (key, found) in [
        (weak, "2048 bits or more"),
        (es(json!({ "kid": "leaked", "d": "AA" })), "whoever fetched the set can sign"),
        (json!({ "kty": "oct", "kid": "s", "k": "AA" }), "whoever can verify with it can sign"),
        (es(json!({ "kid": null })), "has no `kid`"),
        (es(json!({ "kid": "old", "exp": 1_700_000_000 })), "\"old\" has expired on 2023-11-14"),
        (Signer::dev("dev-es256").jwk, "its private half is public"),
    ] {
        let issuer = MockIssuer::start();
        good(&issuer, &[]);
        issuer.answers(JWKS, IssuerAnswer::json(&json!({ "keys": [good_key.jwk, key] })));
        let said = check(discovered(&issuer.url).path(), &[], 0, &["warning", found]);
        assert_eq!(said.stdout.matches("warning").count(), 2, "{found}, plain http: {said:?}");
    }
    // A key that is there for somebody else is no fault.
    let issuer = MockIssuer::start();
    good(&issuer, &[]);
    let other = es(json!({ "kid": "enc", "use": "enc" }));
    issuer.answers(JWKS, IssuerAnswer::json(&json!({ "keys": [good_key.jwk, other] })));
    let said = check(discovered(&issuer.url).path(), &[], 0, &["note", "passed over"]);
    assert_eq!(said.stdout.matches("warning").count(), 1, "plain http: {said:?}");
}

/// An issuer writes as many as it likes, and names them as it likes.
#[test]
fn a_set_of_a_thousand_entries_is_told_in_a_few_lines() {
    let good = Signer::of("ES256").jwk;
    let long = "k".repeat(300);
    let of = |jwk: &Value, members: Value| {
        let named =
            |it| but(but(jwk.clone(), json!({ "kid": format!("{it}-{long}") })), members.clone());
        (0..1_000).map(named).collect::<Vec<_>>()
    };
    for (keys, lists, checks) in [
        (of(&json!({ "kty": "oct" }), json!({})), 1 + 21, 21),
        (of(&good, json!({ "use": "enc" })), 1 + 21, 21),
        (of(&good, json!({})), 21, 0),
        (of(&good, json!({ "exp": 1_700_000_000 })), 21, 21),
        (of(&Signer::of("EdDSA").jwk, json!({})), 21, 21),
        (of(&Signer::dev("dev-es256").jwk, json!({})), 21, 1),
    ] {
        let keys = [vec![good.clone()], keys].concat();
        let folder = Folder::with(
            "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n\
             algorithms = ['ES256']\njwks_file = 'set.json'\n",
        )
        .and("set.json", json!({ "keys": keys }).to_string());
        let listed = run(folder.path(), &[], &["keys", "list"]).stdout;
        assert_eq!(listed.lines().count(), lists, "{listed}");
        let said = run(folder.path(), &[], &["check"]).stdout;
        let findings = said.lines().filter(|it| it.contains("warning ") || it.contains("note  "));
        assert_eq!(findings.count(), checks, "{said}");
        let most = 3 + 4 + 21 + 2 * 21 + 2;
        for (told, most) in [(listed, most), (said, most)] {
            assert!(told.lines().count() <= most && told.len() < 12_000, "{told}");
            assert!(told.contains("and 980 more") || told.contains("and 981 more"), "{told}");
        }
    }
}

#[test]
fn the_development_keys_are_warned_of_where_they_serve() {
    let said = check(repository(), &[], 0, &["warning", "development keys", "keys new"]);
    assert_eq!(said.stdout.matches("warning").count(), 1, "{said:?}");
    let said = run(repository(), &[("ROCKET_ADDRESS", "0.0.0.0")], &["check"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{said:?}");
}

#[test]
fn an_issuer_without_keys_is_an_error_with_a_way_out() {
    let issuer = MockIssuer::start();
    let uri = format!("{}{JWKS}", issuer.url);
    for (answer, words) in [
        (IssuerAnswer::status(404), ["status 404", "`jwks_uri` right"]),
        (IssuerAnswer::Close, ["cannot connect or read", "`jwks.proxy`"]),
        (IssuerAnswer::text(200, "X: y", "<html>"), ["gives no key", "`jwks_uri` right"]),
        (
            IssuerAnswer::text(200, "X: y", &" ".repeat(600_000)),
            ["524288", "raise `jwks.max_bytes`"],
        ),
    ] {
        issuer.answers(JWKS, answer);
        let folder = discovered("https://issuer.invalid/");
        check(folder.path(), &[("BEARER_JWKS_URI", &uri)], 1, &words);
    }
    check(discovered(&issuer.url).path(), &[], 1, &["status 404", "`issuer` right"]);
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": "http://keys.test/" });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    check(discovered(&issuer.url).path(), &[], 1, &["that is not https", "yourself as `jwks_uri`"]);
}

/// To reach the issuer is no cure where it has answered.
#[test]
fn a_set_of_keys_that_do_not_count_here_is_told_what_would() {
    let issuer = MockIssuer::start();
    let uri = format!("{}{JWKS}", issuer.url);
    let folder = discovered("https://issuer.invalid/");
    let variables = [("BEARER_JWKS_URI", uri.as_str())];
    let key = Signer::of("ES256");
    let claims = but(good_claims(), json!({ "iss": "https://issuer.invalid/", "aud": "image" }));
    let token = key.token(&key.header(), &claims);
    let counting = "with a `kid`, for RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, \
                    EdDSA (or Ed25519), ML-DSA-44, ML-DSA-65 or ML-DSA-87";
    let optional = "where one key alone signs, `kid = \"optional\"` does without";
    for (members, cure) in [
        (json!({ "crv": "secp256k1", "alg": "ES256K" }), counting),
        (json!({ "kty": "AKP", "pub": "AAAA" }), counting),
        (json!({ "kty": "AKP", "alg": "SLH-DSA-SHA2-128s", "pub": "AAAA" }), counting),
        (json!({ "kid": null }), optional),
    ] {
        let jwk = but(key.jwk.clone(), members);
        issuer.answers(JWKS, IssuerAnswer::json(&json!({ "keys": [jwk] })));
        let said = check(folder.path(), &variables, 1, &[cure]);
        assert!(!said.stdout.contains("right?"), "{said:?}");
        let said = run(folder.path(), &variables, &["explain", &token]);
        assert!(said.stdout.contains("no_usable_key"), "{said:?}");
        assert!(!said.stdout.contains("reachable"), "{said:?}");
    }
    // The last cure, followed.
    let variables = [variables[0], ("BEARER_KID", "optional")];
    check(folder.path(), &variables, 0, &["without `kid`"]);
    let token = key.token(&json!({ "alg": "ES256" }), &claims);
    let said = run(folder.path(), &variables, &["explain", &token]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn an_empty_set_and_a_crowded_one_are_told_with_what_they_mean() {
    let issuer = MockIssuer::start();
    let key = Signer::of("ES256");
    good(&issuer, &[&key]);
    issuer.answers(JWKS, IssuerAnswer::json(&json!({ "keys": [] })));
    check(discovered(&issuer.url).path(), &[], 1, &["signs with a shared secret (HS256)"]);
    let others: Vec<Signer> = (0..5).map(|_| Signer::stranger("ES256").with_kid("same")).collect();
    for (count, code) in [(4, false), (5, true)] {
        let keys: Vec<&Signer> = others.iter().take(count).collect();
        issuer.answers(JWKS, IssuerAnswer::keys(&keys));
        let said = check(discovered(&issuer.url).path(), &[], 0, &[]);
        assert_eq!(said.stdout.contains("more than 4 keys"), code, "{said:?}");
    }
}
