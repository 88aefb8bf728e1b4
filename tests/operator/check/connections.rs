//! The way to the issuer: addresses, redirects, certificates, clocks.

use super::*;

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
