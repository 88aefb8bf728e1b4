//! Gateways that append the path of their client, and take 200 alone for yes.

use super::*;

#[test]
fn every_path_behind_auth_is_answered_with_200_by_any_method() {
    let client = app();
    let (good, expired) = (key().good(), token(json!({ "exp": 1 })));
    for path in [
        "/auth/",
        "/auth//",
        "/auth/orders/7",
        "/auth/orders/7?scope=write&role=admin&scope=",
        "/auth/auth",
        "/auth/../headers",
        "/auth/./..",
        "/auth/%2e%2e/x",
        "/auth/..%2fx",
        "/auth//x//",
        "/auth/%ff%00",
        "/auth/a;b=c",
        "/auth/.well-known/x",
        "/auth/healthz",
    ] {
        for method in METHODS {
            let case = format!("{method} {path}");
            let response = asks(&client, method, path, &[], &good);
            assert_eq!(response.status(), Status::Ok, "{case}");
            let headers = response.headers();
            assert_eq!(headers.get_one("Cache-Control"), Some("no-store"), "{case}");
            assert_eq!(headers.get_one("X-Auth-Subject"), Some("alice"), "{case}");
            assert_eq!(identity(&response).len(), 3, "{case}");
            assert_eq!(response.into_string().unwrap_or_default(), "", "{case}");

            let response = asks(&client, method, path, &[], &expired);
            assert_eq!(response.status(), Status::Unauthorized, "{case}");
            let challenge = response.headers().get_one("WWW-Authenticate").unwrap_or_default();
            assert!(challenge.contains("Token expired."), "{case}: {challenge}");
            assert_eq!(identity(&response), [], "{case}");

            let response = client.req(method, path).dispatch();
            assert_eq!(response.status(), Status::Unauthorized, "{case}");
        }
    }
}

#[test]
fn behind_auth_a_header_asks_for_every_scope() {
    const SCOPE: &str = "X-Auth-Require-Scope";
    let client = app();
    for (headers, granted, status) in [
        (&[(SCOPE, "read")] as &[_], json!({ "scope": "read" }), 200),
        (&[(SCOPE, "read")], json!({ "permissions": ["read"] }), 200),
        (&[("x-auth-require-scope", "read")], json!({}), 403),
        (&[(SCOPE, "read")], json!({ "scope": "reader" }), 403),
        (&[(SCOPE, "read write")], json!({ "scope": "write read" }), 200),
        (&[(SCOPE, "read write")], json!({ "scope": "read" }), 403),
        (&[(SCOPE, "read"), (SCOPE, "write")], json!({ "scope": "read write" }), 200),
        (&[(SCOPE, "read"), (SCOPE, "write")], json!({ "scope": "read" }), 403),
        (&[(SCOPE, "write"), (SCOPE, "read")], json!({ "scope": "read" }), 403),
        (&[(SCOPE, "read"), (SCOPE, "read")], json!({ "scope": "read" }), 200),
        // What a proxy joins by a comma asks for a scope of that name.
        (&[(SCOPE, "read, write")], json!({ "scope": "read write" }), 403),
        (&[("X_Auth_Require_Scope", "write")], json!({ "scope": "read" }), 200),
        // A slip in a gateway's configuration opens nothing.
        (&[(SCOPE, "")], json!({ "scope": "read" }), 503),
        (&[(SCOPE, "read"), (SCOPE, "")], json!({ "scope": "read" }), 503),
        (&[(SCOPE, "read  write")], json!({ "scope": "read write" }), 503),
        (&[(SCOPE, "read\twrite")], json!({ "scope": "read write" }), 503),
        (&[(SCOPE, "\"read\"")], json!({ "scope": "read" }), 503),
        (&[(SCOPE, "re\u{e9}d")], json!({ "scope": "re\u{e9}d" }), 503),
    ] {
        let token = token(granted.clone());
        let response = asks(&client, Method::Post, "/auth/x?scope=other", headers, &token);
        assert_eq!(response.status().code, status, "{headers:?} with {granted}");
        if status != 200 {
            assert_eq!(identity(&response), [], "{headers:?} with {granted}");
        }
        // Plain `/auth` is asked by its query alone.
        let response = asks(&client, Method::Get, "/auth", headers, &token);
        assert_eq!(response.status(), Status::NoContent, "{headers:?}");
        let response = asks(&client, Method::Get, "/auth?scope=none", headers, &token);
        assert_eq!(response.status(), Status::Forbidden, "{headers:?}");
    }
    let response =
        asks(&client, Method::Get, "/auth/", &[(SCOPE, "b a"), (SCOPE, "b c")], &key().good());
    let challenge = response.headers().get_one("WWW-Authenticate").unwrap();
    assert!(challenge.ends_with(r#", scope="b a c""#), "{challenge}");
}

#[test]
fn behind_auth_a_header_is_read_up_to_a_thousand_octets() {
    let client = app();
    let good = token(json!({ "scope": "read" }));
    for (words, status) in [(200, 200), (201, 503)] {
        let lines = ["read ".repeat(words / 2), "read ".repeat(words - words / 2)];
        let mut request = client.get("/auth/");
        let authorization = format!("Bearer {good}");
        request = request.header(rocket::http::Header::new("Authorization", authorization));
        for line in lines {
            let line = line.trim_end().to_owned();
            request = request.header(rocket::http::Header::new("X-Auth-Require-Scope", line));
        }
        assert_eq!(request.dispatch().status().code, status, "{words} words");
    }
}
