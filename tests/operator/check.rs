//! `check`: what it finds in a configuration and in the issuer behind it.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::program::{Folder, Said, Variables, repository, run};
use super::support::issuer::{IssuerAnswer, MockIssuer};
use super::support::{Signer, but, good_claims};

const OPENID: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/jwks.json";

/// Checks, and asserts the exit code and that all of these words are said on stdout.
#[track_caller]
fn check(folder: &Path, variables: Variables<'_>, code: i32, words: &[&str]) -> Said {
    let said = run(folder, variables, &["check"]);
    assert_eq!(said.code, Some(code), "{said:?}");
    for word in words {
        assert!(said.stdout.contains(word), "{word:?} is not in {said:?}");
    }
    said
}

/// An issuer that is all right: the tests spoil one thing each.
fn good(issuer: &MockIssuer, keys: &[&Signer]) -> Value {
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": format!("{}{JWKS}", issuer.url) });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    issuer.answers(JWKS, IssuerAnswer::keys(keys));
    metadata
}

fn discovered(url: &str) -> Folder {
    Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nissuer = '{url}'\nalgorithms = ['ES256']\n"
    ))
}

#[test]
fn a_good_configuration_gives_no_finding() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    good(&issuer, &[&key]);
    let folder = discovered(&issuer.url).and("ca.pem", pem);
    let said = check(folder.path(), &[("BEARER_JWKS__CA_FILE", "ca.pem")], 0, &[&key.kid, "image"]);
    assert_eq!(said.stderr, "");
    for word in ["error", "warning"] {
        assert!(!said.stdout.contains(word), "{said:?}");
    }
}

#[test]
fn an_issuer_that_calls_itself_otherwise_is_an_error_with_its_own_name_as_the_cure() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&key]);
    let with_slash = format!("{}/", issuer.url);
    let uri = format!("{}{JWKS}", issuer.url);
    for by_uri in [false, true] {
        let variables = if by_uri { &[("BEARER_JWKS_URI", uri.as_str())][..] } else { &[] };
        for (ours, theirs, what) in [
            (&issuer.url, with_slash.as_str(), "lacks the slash"),
            (&with_slash, issuer.url.as_str(), "a slash at its end"),
            (&issuer.url, "https://other.example/", "another tenant"),
        ] {
            issuer.answers(
                OPENID,
                IssuerAnswer::json(&but(metadata.clone(), json!({ "issuer": theirs }))),
            );
            let cure = format!("write `issuer = \"{theirs}\"`");
            // With keys at hand, tokens alone tell which of the two names is theirs.
            if by_uri {
                let said = check(discovered(ours).path(), variables, 0, &[what, &cure]);
                assert!(said.stdout.contains("leave it if tokens carry ours"), "{said:?}");
                continue;
            }
            let keep = format!("if tokens carry ours, leave it and add `jwks_uri = \"{uri}\"`");
            let said = check(discovered(ours).path(), variables, 1, &[what, &cure, &keep]);
            assert_eq!(said.stderr, "rocket-bearer: 1 error\n", "{ours} {theirs}");
        }
    }
}

/// Such lines would stop the launch, or say something else than what is shown.
#[test]
fn what_no_configuration_takes_is_not_advised_as_the_name_of_an_issuer() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&key]);
    let uri = format!("{}{JWKS}", issuer.url);
    let long = format!("https://other.example/{}", "a".repeat(300));
    let with_uri =
        |theirs: &str| format!("write `issuer = \"{theirs}\"` with `jwks_uri = \"{uri}\"`");
    for (theirs, cure) in [
        ("", None),
        ("https://other.example/ ", None),
        ("https://other.example/<a>", None),
        ("https://other.example/\", a = \"", None),
        ("https://other.example/.well-known/a", None),
        (&long, None),
        ("other.example", Some(with_uri("other.example"))),
        ("http://other.example/", Some(with_uri("http://other.example/"))),
    ] {
        let says = but(metadata.clone(), json!({ "issuer": theirs }));
        issuer.answers(OPENID, IssuerAnswer::json(&says));
        let keep = format!("if tokens carry ours, leave it and add `jwks_uri = \"{uri}\"`");
        let said = check(discovered(&issuer.url).path(), &[], 1, &[&keep]);
        match cure {
            Some(cure) => assert!(said.stdout.contains(&cure), "{theirs}: {said:?}"),
            None => assert!(!said.stdout.contains("`issuer = "), "{theirs}: {said:?}"),
        }
    }
}

#[test]
fn what_clients_learn_of_the_app_fits_what_it_accepts() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    good(&issuer, &[&key]);
    let said = |lines: &str| {
        let folder = Folder::with(&format!(
            "[default.bearer]\nissuer = '{}'\nalgorithms = ['ES256']\n{lines}\n",
            issuer.url
        ));
        let folder = folder.and("ca.pem", pem.clone());
        check(folder.path(), &[("BEARER_JWKS__CA_FILE", "ca.pem")], 0, &[]).stdout
    };
    let (other, slash) = ("is not `resource`", "differs from `resource` by a slash");
    let (ending, offline) = ("`resource` has a slash at its end", "names `offline_access`");
    let unlooked = "is not looked at, and MCP";
    let all = [other, slash, ending, offline, unlooked];
    for (lines, found) in [
        ("resource = 'https://api.test'", &[] as &[&str]),
        ("resource = 'https://api.test'\naudience = 'https://api.test'", &[]),
        ("resource = 'https://api.test'\naudience = ['image', 'https://api.test']", &[]),
        ("audience = 'image'", &[]),
        ("resource = 'https://api.test'\naudience = 'image'", &[other]),
        ("resource = 'https://api.test/mcp'\naudience = 'https://api.test'", &[other]),
        ("resource = 'https://api.test'\naudience = 'https://api.test/'", &[slash]),
        ("resource = 'https://api.test/'\naudience = 'https://api.test'", &[slash, ending]),
        ("resource = 'https://api.test/v1/'", &[ending]),
        ("resource = 'https://api.test'\nclients = ['app']\naudience = false", &[unlooked]),
        ("audience = 'image'\nscopes.implies = { a = ['offline_access'] }", &[offline]),
        ("audience = 'image'\nscopes.implies = { offline_access = ['a'] }", &[offline]),
        ("audience = 'image'\nscopes.implies = { a = ['b'] }", &[]),
    ] {
        let said = said(lines);
        for finding in all {
            assert_eq!(
                said.contains(finding),
                found.contains(&finding),
                "{lines}: {finding}: {said}"
            );
        }
    }
    // The cure is followed.
    let said = said("resource = 'https://api.test/v1/'");
    assert!(said.contains("write `resource = \"https://api.test/v1\"`"), "{said}");
}

#[test]
fn metadata_without_an_authorization_server_is_found() {
    let key = Signer::of("ES256");
    let set = json!({ "keys": [key.jwk] }).to_string();
    let none = "names no authorization server";
    for (issuer, more, is_found) in [
        ("acme", "", true),
        ("https://acme.test/", "", false),
        ("https://login.test/{tenantid}/v2.0", "tenants = ['any']\n", true),
        (
            "https://login.test/{tenantid}/v2.0",
            "tenants = ['11111111-2222-4333-8444-555555555555']\n",
            false,
        ),
    ] {
        for resource in ["", "resource = 'https://api.test'\n"] {
            let folder = Folder::with(&format!(
                "[default.bearer]\nissuer = '{issuer}'\njwks_file = 'keys.json'\n\
                 algorithms = ['ES256']\naudience = 'https://api.test'\n{more}{resource}"
            ));
            let said = check(folder.and("keys.json", set.clone()).path(), &[], 0, &[]).stdout;
            let expected = is_found && !resource.is_empty();
            assert_eq!(said.contains(none), expected, "{issuer} {resource}: {said}");
        }
    }
}

/// Each of the two cures is followed, for tokens of either kind.
#[test]
fn a_slash_more_or_less_is_cured_by_what_check_and_explain_say_together() {
    let key = Signer::of("ES256");
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&key]);
    let (bare, slash) = (issuer.url.clone(), format!("{}/", issuer.url));
    for (theirs, tokens) in [(&bare, &bare), (&bare, &slash), (&slash, &bare), (&slash, &slash)] {
        issuer.answers(
            OPENID,
            IssuerAnswer::json(&but(metadata.clone(), json!({ "issuer": theirs }))),
        );
        let claims = but(good_claims(), json!({ "iss": tokens }));
        let token = key.token(&key.header(), &claims);
        for ours in [&bare, &slash] {
            // Two steps at most: one cure leads to keys, the other to the spelling of tokens.
            let mut lines = format!("issuer = '{ours}'");
            let is_accepted = (0..3).any(|_| {
                let folder = Folder::with(&format!(
                    "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n{lines}\n"
                ));
                let said = run(folder.path(), &[], &["explain", &token]);
                if said.code == Some(0) {
                    return true;
                }
                lines = if said.stdout.contains("keys_unavailable") {
                    let said = run(folder.path(), &[], &["check"]);
                    assert!(
                        said.stdout.contains(&format!("write `issuer = \"{theirs}\"`")),
                        "{said:?}"
                    );
                    format!("issuer = '{theirs}'")
                } else {
                    assert!(said.stdout.contains(&format!("`issuer = \"{tokens}\"`")), "{said:?}");
                    let uri = format!("jwks_uri = \"{}{JWKS}\"", issuer.url);
                    let uri = if said.stdout.contains(&format!("`{uri}`")) { &uri } else { "" };
                    format!("issuer = '{tokens}'\n{uri}")
                };
                false
            });
            assert!(is_accepted, "{theirs} {tokens} {ours}: {lines}");
        }
    }
}

#[test]
fn an_issuer_of_many_tenants_is_not_to_be_written_with_its_placeholder() {
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&Signer::of("ES256")]);
    for theirs in ["https://login.test/{tenantid}/v2.0", "{tenantid}"] {
        let of_many = but(metadata.clone(), json!({ "issuer": theirs }));
        issuer.answers(OPENID, IssuerAnswer::json(&of_many));
        let uri = format!("with the same `jwks_uri = \"{}{JWKS}\"`", issuer.url);
        let words = ["many tenants", "one `issuers.<name>` for each tenant", &uri];
        let said = check(discovered(&issuer.url).path(), &[], 1, &words);
        assert!(!said.stdout.contains("issuer = "), "{theirs}: {said:?}");
        let template =
            "write `{tenantid}` into `issuer` in the place of the tenant, with `tenants`";
        assert_eq!(said.stdout.contains(template), theirs.contains('/'), "{theirs}: {said:?}");
    }
}

/// Both cures for an issuer of many tenants, followed.
#[test]
fn an_issuer_of_many_tenants_is_cured_as_check_says() {
    const TENANT: &str = "8c7f6e5d-0000-4000-8000-00000000000a";
    let issuer = MockIssuer::start();
    let key = Signer::of("ES256");
    let at = |tenant: &str| format!("{}/{tenant}/v2.0", issuer.url);
    let uri = format!("{}{JWKS}", issuer.url);
    let metadata = json!({ "issuer": at("{tenantid}"), "jwks_uri": uri });
    issuer.answers("/common/v2.0/.well-known/openid-configuration", IssuerAnswer::json(&metadata));
    issuer.answers(JWKS, IssuerAnswer::keys(&[&key]));
    let claims = but(good_claims(), json!({ "iss": at(TENANT), "tid": TENANT }));
    let token = key.token(&key.header(), &claims);
    let judged = |lines: &str| {
        let folder = Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n{lines}\n"
        ));
        (run(folder.path(), &[], &["check"]), run(folder.path(), &[], &["explain", &token]))
    };
    let (check, explain) = judged(&format!("issuer = '{}'", at("common")));
    assert!(check.code == Some(1) && check.stdout.contains("`tenants`"), "{check:?}");
    assert!(explain.stdout.contains("many_tenants"), "{explain:?}");
    for lines in [
        format!("issuer = '{}'\ntenants = ['{TENANT}']", at("{tenantid}")),
        format!("[default.bearer.issuers.one]\nissuer = '{}'\njwks_uri = '{uri}'", at(TENANT)),
    ] {
        let (check, explain) = judged(&lines);
        assert_eq!((check.code, explain.code), (Some(0), Some(0)), "{check:?} {explain:?}");
    }
}

#[test]
fn what_another_party_says_cannot_play_with_the_terminal() {
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&Signer::of("ES256").with_kid("\u{1b}[2Jkid")]);
    let evil = json!({ "issuer": format!("\u{1b}[31m{}", "x".repeat(10_000)) });
    issuer.answers(OPENID, IssuerAnswer::json(&but(metadata, evil)));
    let uri = format!("{}{JWKS}", issuer.url);
    let said = check(discovered(&issuer.url).path(), &[("BEARER_JWKS_URI", &uri)], 0, &["warning"]);
    assert!(!said.stdout.contains('\u{1b}') && said.stdout.len() < 3_000, "{said:?}");
}

#[test]
fn a_hostile_address_of_the_keys_is_told_in_a_few_words_and_not_recommended() {
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&Signer::of("ES256")]);
    let host = issuer.url.trim_start_matches("http://");
    let long = format!("{}/{}?s3cr3t#s3cr3t", issuer.url, "p".repeat(60_000));
    let uri = format!("{}{JWKS}", issuer.url);
    for (jwks_uri, words) in [
        (long, "says its keys are at \"http://"),
        (format!("http://me:s3cr3t@{host}/x"), "a `jwks_uri` that carries a user name or password"),
        ("ftp://s3cr3t.test/x".to_owned(), "a `jwks_uri` that is not https"),
        ("s3cr3t".to_owned(), "a `jwks_uri` that is no absolute URL"),
    ] {
        let hostile = but(metadata.clone(), json!({ "jwks_uri": jwks_uri }));
        issuer.answers(OPENID, IssuerAnswer::json(&hostile));
        for (variables, code) in [(&[][..], 1), (&[("BEARER_JWKS_URI", uri.as_str())], 0)] {
            let said = check(discovered(&issuer.url).path(), variables, code, &[]);
            assert!(said.stdout.len() < 2_000 && !said.stdout.contains("s3cr3t"), "{said:?}");
            assert!(code == 1 || said.stdout.contains(words), "{words:?} is not in {said:?}");
        }
    }
    // The operator's own.
    issuer.answers(&format!("{JWKS}?s3cr3t"), IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let mine = format!("{uri}?s3cr3t#s3cr3t");
    let said = run(discovered(&issuer.url).path(), &[("BEARER_JWKS_URI", &mine)], &["check"]);
    assert!(said.code == Some(0) && !said.stdout.contains("s3cr3t"), "{said:?}");
}

#[test]
fn plain_http_and_a_set_that_lies_elsewhere_are_warned_of() {
    let issuer = MockIssuer::start();
    good(&issuer, &[&Signer::of("ES256")]);
    check(discovered(&issuer.url).path(), &[], 0, &["warning", "plain http"]);
    issuer.answers("/old.json", IssuerAnswer::keys(&[&Signer::of("ES256")]));
    let old = format!("{}/old.json", issuer.url);
    let named = ["warning", "/jwks.json\"", "old.json"];
    check(discovered(&issuer.url).path(), &[("BEARER_JWKS_URI", &old)], 0, &named);
}

#[test]
fn a_clock_that_is_wrong_is_told_by_how_much() {
    let issuer = MockIssuer::start();
    let metadata = good(&issuer, &[&Signer::of("ES256")]).to_string();
    let date = |seconds: i64| {
        let now = SystemTime::now();
        let apart = Duration::from_secs(seconds.unsigned_abs());
        let there = if seconds < 0 { now - apart } else { now + apart };
        httpdate::fmt_http_date(there)
    };
    for (headers, seconds, code, found) in [
        ("Date: {}", 0, 0, None),
        ("Date: {}", 3, 0, None),
        ("Date: {}\r\nAge: 600", -600, 0, None),
        ("Date: {}", 3_600, 1, Some("s behind the issuer's")),
        ("Date: {}", -3_600, 1, Some("s ahead of the issuer's")),
        ("Date: yesterday", 0, 0, None),
    ] {
        let headers = headers.replace("{}", &date(seconds));
        issuer.answers(OPENID, IssuerAnswer::text(200, &headers, &metadata));
        let said = check(discovered(&issuer.url).path(), &[], code, &[]);
        match found {
            Some(text) => assert!(said.stdout.contains(text), "{headers}: {said:?}"),
            None => assert!(!said.stdout.contains("clock"), "{headers}: {said:?}"),
        }
    }
}

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

/// Each cure is what is amiss: the next row, or another test, has it right.
#[test]
fn what_ails_a_connection_is_told_with_its_cure() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    good(&issuer, &[&key]);
    let folder = discovered(&issuer.url).and("ca.pem", pem);
    check(folder.path(), &[], 1, &["name as `jwks.ca_file` the authority"]);
    check(folder.path(), &[("BEARER_JWKS__CA_FILE", "ca.pem")], 0, &[]);

    let (issuer, pem) = MockIssuer::start_tls_as(vec!["other.test".to_owned()]);
    let folder = discovered(&issuer.url).and("ca.pem", pem);
    let variables = [("BEARER_JWKS__CA_FILE", "ca.pem")];
    check(folder.path(), &variables, 1, &["use a host name that the certificate there is for"]);

    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let https = format!("https://localhost:{}", plain.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut connection in plain.incoming().flatten() {
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    check(discovered(&https).path(), &[], 1, &["plain http answers at that port"]);
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

/// Both places of the metadata are told, the one that is not simply absent first.
#[test]
fn the_first_answer_of_discovery_is_told_with_the_target_of_a_redirect() {
    let answer = |status, headers: &str| IssuerAnswer::text(status, headers, "");
    let absent = || IssuerAnswer::status(404);
    let long = format!("Location: /{}", "p".repeat(5_000));
    for (first, second, words) in [
        (absent(), absent(), ["OPENID answers with status 404", "OAUTH answers with status 404"]),
        (
            answer(301, "Location: OPENID/"),
            absent(),
            [
                "OPENID answers with status 301 Moved Permanently, not 200 (a redirect to ROOTOPENID/, not",
                "OAUTH answers with status 404",
            ],
        ),
        (
            answer(302, "Location: https://me:s3cr3t@login.test/in?s3cr3t#s3cr3t"),
            absent(),
            ["302 Found, not 200 (a redirect to https://login.test/in, not followed)", "OAUTH"],
        ),
        (answer(307, "X: y"), absent(), ["307 Temporary Redirect, not 200; ", "OAUTH"]),
        (
            answer(308, "Location: https://"),
            absent(),
            ["308 Permanent Redirect, not 200; ", "OAUTH"],
        ),
        (answer(301, "Location: \u{e9}"), absent(), ["301 Moved Permanently, not 200; ", "OAUTH"]),
        (answer(302, &long), absent(), ["ppp…, not followed)", "OAUTH answers with status 404"]),
        (answer(201, "Location: /s3cr3t"), absent(), ["201 Created, not 200; ", "OAUTH"]),
        (answer(403, "X: y"), absent(), ["OPENID answers with status 403", "OAUTH answers"]),
        (answer(503, "X: y"), absent(), ["OPENID answers with status 503", "OAUTH answers"]),
        (answer(503, "X: y"), answer(403, "X: y"), ["OPENID answers with status 503", "403"]),
        (
            answer(403, "X: y"),
            IssuerAnswer::Close,
            ["OPENID answers with status 403", "cannot connect"],
        ),
        (absent(), answer(403, "X: y"), ["OAUTH answers with status 403", "OPENID answers"]),
        (
            absent(),
            IssuerAnswer::Close,
            ["cannot connect or read", "OPENID answers with status 404"],
        ),
    ] {
        let issuer = MockIssuer::start();
        let oauth = "/.well-known/oauth-authorization-server";
        let written = |text: &str| {
            text.replace("ROOT", &issuer.url).replace("OPENID", OPENID).replace("OAUTH", oauth)
        };
        let first = match first {
            IssuerAnswer::Body { status, headers, body } => {
                IssuerAnswer::Body { status, headers: written(&headers), body }
            }
            other => other,
        };
        issuer.answers(OPENID, first);
        issuer.answers(oauth, second);
        let said = check(discovered(&issuer.url).path(), &[], 1, &[]);
        let words = words.map(written);
        let places = words.each_ref().map(|word| said.stdout.find(word.as_str()));
        assert!(places[0].is_some() && places[0] < places[1], "{words:?} are not in {said:?}");
        assert!(said.stdout.len() < 2_000 && !said.stdout.contains("s3cr3t"), "{said:?}");
    }
}

#[test]
fn a_redirect_of_the_key_set_is_told_with_its_target() {
    let issuer = MockIssuer::start();
    issuer.answers(JWKS, IssuerAnswer::text(301, "Location: /keys", ""));
    let uri = format!("{}{JWKS}", issuer.url);
    let target = format!("(a redirect to {}/keys, not followed)", issuer.url);
    let folder = discovered("https://issuer.invalid/");
    check(folder.path(), &[("BEARER_JWKS_URI", &uri)], 1, &["301 Moved Permanently", &target]);
}

#[test]
fn an_audience_that_is_none_is_warned_of() {
    let issuer = MockIssuer::start();
    good(&issuer, &[&Signer::of("ES256")]);
    for (audience, found) in
        [("YOUR_API_IDENTIFIER", "placeholder"), (&issuer.url as &str, "the issuer itself")]
    {
        let variables = [("BEARER_AUDIENCE", audience)];
        check(discovered(&issuer.url).path(), &variables, 0, &["`audience`", found]);
    }
}

#[test]
fn a_dotted_name_that_no_token_has_is_warned_of_with_its_pointer() {
    let issuer = MockIssuer::start();
    good(&issuer, &[&Signer::of("ES256")]);
    for (variable, value, key) in [
        ("BEARER_ROLES", "realm_access.roles", "`roles`"),
        ("BEARER_FORWARD__HEADERS", "X-Auth-Roles=realm_access.roles", "`forward.headers`"),
    ] {
        let words = ["warning", key, "\"/realm_access/roles\""];
        check(discovered(&issuer.url).path(), &[(variable, value)], 0, &words);
        let pointer = value.replace("realm_access.roles", "/realm_access/roles");
        let said = check(discovered(&issuer.url).path(), &[(variable, &pointer)], 0, &[]);
        assert!(!said.stdout.contains("probably no token has"), "{said:?}");
    }
}

#[test]
fn every_issuer_is_looked_at() {
    let (first, second) = (MockIssuer::start(), MockIssuer::start());
    good(&first, &[&Signer::of("ES256")]);
    let toml = format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\nissuer = '{}'\n\
         [default.bearer.issuers.second]\nissuer = '{}'\n",
        first.url, second.url
    );
    let said = check(Folder::with(&toml).path(), &[], 1, &[&first.url, &second.url, "no keys"]);
    assert_eq!(said.stdout.matches("  error ").count(), 1, "{said:?}");
}
