//! The names of an issuer: its own, those of its tenants, and a slash more or less.

use super::*;

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
