//! The identity headers: which claims they tell, and in which form.

use super::*;

#[test]
fn a_caller_passes_with_subject_scope_and_issuer_and_nothing_else() {
    let client = app();
    let token = token(json!({ "scope": "read write", "permissions": ["edit"], "email": "a@b" }));
    for method in METHODS {
        let response = request(&client, method, "/auth", &[&format!("Bearer {token}")]);
        assert_eq!(response.status(), Status::NoContent, "{method}");
        assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"), "{method}");
        let expected = [
            ("X-Auth-Issuer", support::ISSUER),
            ("X-Auth-Scope", "read write"),
            ("X-Auth-Subject", "alice"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(identity(&response), expected, "{method}");
        assert_eq!(response.into_string().unwrap_or_default(), "", "{method}");
    }
}

#[test]
fn a_header_may_tell_what_a_pointer_leads_to() {
    let headers = [
        "X-Auth-Roles=/realm_access/roles",
        "X-Auth-First=/realm_access/roles/0",
        "X-Auth-Name=/https:~1~1a.test~1name",
        "X-Auth-Id=/sub",
    ];
    let client = client(support::config(key().set()).forward_headers(headers).unwrap());
    for (claims, first, name, roles) in [
        (json!({ "realm_access": { "roles": ["a", "b c", 7] } }), "a", "", "a b%20c"),
        (json!({ "realm_access": { "roles": "a b" } }), "", "", "a%20b"),
        (json!({ "realm_access": { "roles": { "a": 1 } } }), "", "", ""),
        (json!({ "realm_access.roles": ["a"] }), "", "", ""),
        (json!({ "https://a.test/name": "\r\nx" }), "", "%0D%0Ax", ""),
        (json!({}), "", "", ""),
    ] {
        let response = ask(&client, "/auth", &token(claims.clone()));
        let expected = [("First", first), ("Id", "alice"), ("Name", name), ("Roles", roles)];
        let expected = expected.map(|(name, value)| (format!("X-Auth-{name}"), value.to_owned()));
        assert_eq!(identity(&response), expected, "{claims}");
    }
}

#[test]
fn no_claim_breaks_out_of_its_header_and_no_two_look_the_same() {
    let headers = ["X-Auth-Subject=sub", "X-Auth-Scope=scope", "X-Auth-Roles=roles"];
    let client = client(support::config(key().set()).forward_headers(headers).unwrap());
    for (claims, expected) in [
        (json!({ "sub": "auth0|1" }), vec![("Subject", "auth0|1")]),
        (
            json!({ "sub": "a\r\nX-Auth-Scope: all" }),
            vec![("Subject", "a%0D%0AX-Auth-Scope:%20all")],
        ),
        (json!({ "sub": "a\nb\u{0}\u{7f}\t" }), vec![("Subject", "a%0Ab%00%7F%09")]),
        (json!({ "sub": " alice " }), vec![("Subject", "%20alice%20")]),
        (json!({ "sub": "josé" }), vec![("Subject", "jos%C3%A9")]),
        (json!({ "sub": "jos%C3%A9" }), vec![("Subject", "jos%25C3%25A9")]),
        (json!({ "sub": "a\u{2028}b" }), vec![("Subject", "a%E2%80%A8b")]),
        (json!({ "sub": "" }), vec![]),
        (json!({ "sub": null }), vec![]),
        (json!({ "sub": null, "scope": "b a" }), vec![("Scope", "b a")]),
        (json!({ "sub": null, "scope": ["b a", "c"] }), vec![("Scope", "b%20a c")]),
        (json!({ "sub": null, "scope": ["admin\r\n"] }), vec![("Scope", "admin%0D%0A")]),
        (json!({ "sub": null, "scp": "b" }), vec![("Scope", "b")]),
        (json!({ "sub": null, "roles": ["a", "b c", 7] }), vec![("Roles", "a b%20c")]),
        (json!({ "sub": null, "roles": "a b" }), vec![("Roles", "a%20b")]),
        (json!({ "sub": null, "roles": 7 }), vec![]),
        (json!({ "sub": null, "roles": ["", ""] }), vec![("Roles", " ")]),
    ] {
        let response = ask(&client, "/auth", &token(claims.clone()));
        assert_eq!(response.status(), Status::NoContent, "{claims}");
        let expected = ["Roles", "Scope", "Subject"].map(|name| {
            let value = expected.iter().find(|(expected, _)| *expected == name);
            // It is always there: a gateway that copies it leaves no header of the client's.
            (format!("X-Auth-{name}"), value.map_or("", |(_, value)| value).to_owned())
        });
        assert_eq!(identity(&response), expected, "{claims}");
    }
}

#[test]
fn a_header_says_no_more_than_a_guard_would_grant() {
    let headers = ["X-Auth-Permissions=permissions", "X-Auth-Scope=scope"];
    let client = client(support::config(key().set()).forward_headers(headers).unwrap());
    for (claims, granted) in [
        (json!({ "permissions": ["a"] }), true),
        (json!({ "permissions": ["b", "a"] }), true),
        (json!({ "permissions": ["a", 1] }), false),
        (json!({ "permissions": ["a", null] }), false),
        (json!({ "permissions": ["a", ["a"]] }), false),
        (json!({ "permissions": [["a"]] }), false),
        (json!({ "permissions": "a" }), false),
        (json!({ "permissions": "b a" }), false),
        (json!({ "permissions": { "a": "a" } }), false),
        (json!({ "permissions": ["A"] }), false),
        (json!({ "scope": "b a" }), true),
        (json!({ "scope": ["a", 1] }), true),
        (json!({ "scope": [["a"]] }), false),
        (json!({ "scope": { "a": "a" } }), false),
        (json!({ "scp": ["a"] }), true),
    ] {
        let token = token(claims.clone());
        let is_granted = ask(&client, "/auth?scope=a", &token).status() == Status::NoContent;
        assert_eq!(is_granted, granted, "{claims}");
        let identity = identity(&ask(&client, "/auth", &token));
        assert_eq!(identity.len(), 2, "{claims}");
        let is_said = identity.iter().any(|(_, value)| value.split(' ').any(|it| it == "a"));
        assert_eq!(is_said, granted, "{claims}: {identity:?}");
    }
}

#[test]
fn the_headers_are_the_configured_ones_alone() {
    let config = support::config(key().set());
    let config = config.forward_headers(["Remote-User=sub", "X-Auth-Audience=aud"]).unwrap();
    let response = client(config);
    let response = ask(&response, "/auth", &key().good());
    let expected = [("Remote-User", "alice"), ("X-Auth-Audience", "image")];
    assert_eq!(
        identity(&response),
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

/// As many bytes of `sub` as the header of this name may still have beside its name.
fn room(header: &str) -> usize {
    2_048 - header.len()
}

#[test]
fn an_identity_that_a_gateway_cannot_take_is_refused() {
    let key = key();
    let subject = room("X-Auth-Subject");
    // `iss` and the names take their share of all; the scope has what is left.
    let others = "X-Auth-Subject".len() + "X-Auth-Scope".len() + "X-Auth-Issuer".len();
    let scope = 3_072 - others - support::ISSUER.len() - 1_500;
    for (name, claims, status) in [
        ("one that fits", json!({ "sub": "a".repeat(subject) }), 204),
        ("one byte more", json!({ "sub": "a".repeat(subject + 1) }), 403),
        ("percent-encoded, it fits", json!({ "sub": "\u{e9}".repeat(subject / 6) }), 204),
        ("percent-encoded, it does not", json!({ "sub": "\u{e9}".repeat(subject / 6 + 1) }), 403),
        ("600 characters of three octets", json!({ "sub": "\u{6f22}".repeat(600) }), 403),
        ("all that fits", json!({ "sub": "a".repeat(1_500), "scope": "b".repeat(scope) }), 204),
        ("all and one", json!({ "sub": "a".repeat(1_500), "scope": "b".repeat(scope + 1) }), 403),
        ("many scopes", json!({ "scope": "read ".repeat(500) }), 403),
        ("a long claim that no header has", json!({ "name": "a".repeat(5_000) }), 204),
    ] {
        let client = client(support::config(key.set()));
        let authorization = format!("Bearer {}", token(claims.clone()));
        let response = request(&client, Method::Get, "/auth", &[&authorization]);
        assert_eq!(response.status().code, status, "{name}");
        let identity = identity(&response);
        let bytes = identity.iter().map(|(name, value)| name.len() + value.len());
        assert!(bytes.sum::<usize>() <= 3_072, "{name}");
        if status == 403 {
            assert_eq!(identity, [], "{name}");
            let challenge = response.headers().get_one("WWW-Authenticate").unwrap().to_owned();
            assert!(challenge.contains("error=\"invalid_token\""), "{name}: {challenge}");
            let body = r#"{"code":"identity_too_large","description":"The token's claims are too large for this gateway."}"#;
            assert_eq!(response.into_string().unwrap(), body, "{name}");
        }
        // A route that writes no identity headers takes such claims.
        let response = request(&client, Method::Get, "/headers", &[&authorization]);
        assert_eq!(response.status(), Status::Ok, "{name}");
    }
}
