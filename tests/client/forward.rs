//! `/auth`, as a gateway sees it.

use rocket::http::{Method, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket_bearer::StatusTable;
use serde_json::{Value, json};

use crate::support::server::Server;
use crate::support::{self, Signer, but, good_claims};
use crate::{client, request};

fn key() -> Signer {
    Signer::of("EdDSA")
}

fn app() -> Client {
    client(support::config(key().set()))
}

/// A good token with these claims over the usual ones.
fn token(members: Value) -> String {
    key().token(&key().header(), &but(good_claims(), members))
}

/// The methods that Rocket knows; a gateway may keep that of its client.
const METHODS: [Method; 9] = [
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Delete,
    Method::Options,
    Method::Head,
    Method::Trace,
    Method::Connect,
    Method::Patch,
];

fn ask<'c>(client: &'c Client, path: &'c str, token: &str) -> LocalResponse<'c> {
    request(client, Method::Get, path, &[&format!("Bearer {token}")])
}

/// Every header whose name begins with `X-Auth-` or `Remote-`, in order.
fn identity(response: &LocalResponse<'_>) -> Vec<(String, String)> {
    let headers = response.headers().iter();
    let mut identity: Vec<_> = headers
        .map(|header| (header.name().to_string(), header.value().to_owned()))
        .filter(|(name, _)| name.starts_with("X-Auth-") || name.starts_with("Remote-"))
        .collect();
    identity.sort();
    identity
}

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
fn refusals_have_the_statuses_that_gateways_know_in_either_table() {
    let good = key().good();
    let expired = token(json!({ "exp": 1 }));
    let unknown = key().token(&but(key().header(), json!({ "kid": "x" })), &good_claims());
    let invalid = |error: &str, text: &str| {
        format!(r#"Bearer realm="api", error="{error}", error_description="{text}""#)
    };
    let bare = || "Bearer realm=\"api\"".to_owned();
    let one = "Authorization header must be bearer token.";
    let cases = [
        (vec![], 401, "authorization_header_missing", bare()),
        (vec!["Basic YTpi".to_owned()], 401, "invalid_header", bare()),
        (
            vec!["Bearer".to_owned()],
            401,
            "invalid_header",
            invalid("invalid_request", "Token not found."),
        ),
        (
            vec![format!("Bearer {good} {good}")],
            401,
            "invalid_header",
            invalid("invalid_request", one),
        ),
        (
            vec![format!("Bearer {good}"), format!("Bearer {good}")],
            401,
            "invalid_header",
            invalid("invalid_request", one),
        ),
        (
            vec!["Bearer garbage".to_owned()],
            401,
            "invalid_header",
            invalid("invalid_token", "Unable to parse authentication token."),
        ),
        (
            vec![format!("Bearer {unknown}")],
            401,
            "invalid_header",
            invalid("invalid_token", "Unable to find the appropriate key."),
        ),
        (
            vec![format!("Bearer {expired}")],
            401,
            "token_expired",
            invalid("invalid_token", "Token expired."),
        ),
        (
            vec![format!("Bearer {good}")],
            403,
            "insufficient_scope",
            invalid("insufficient_scope", "Insufficient permissions."),
        ),
    ];
    for table in [StatusTable::Auth0, StatusTable::Rfc6750] {
        let client = client(support::config(key().set()).errors(table));
        for (headers, status, code, challenge) in &cases {
            for method in METHODS {
                let case = format!("{headers:?} by {method} in {table:?}");
                let headers: Vec<_> = headers.iter().map(String::as_str).collect();
                let response = request(&client, method, "/auth?scope=read:messages", &headers);
                assert_eq!(response.status().code, *status, "{case}");
                let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
                // What the gateway asks for is told whatever is missing.
                let challenge = format!("{challenge}, scope=\"read:messages\"");
                assert_eq!(challenges, [challenge], "{case}");
                assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"), "{case}");
                assert_eq!(identity(&response), [], "{case}");
                let body = response.into_string().unwrap_or_default();
                match method {
                    Method::Head => assert_eq!(body, "", "{case}"),
                    _ => assert_eq!(
                        serde_json::from_str::<Value>(&body).unwrap()["code"],
                        json!(code),
                        "{case}"
                    ),
                }
            }
        }
    }
}

#[test]
fn without_keys_a_gateway_is_told_to_come_again() {
    let config = rocket_bearer::Issuer::discovered("http://127.0.0.1:9/", ["image"]).unwrap();
    let client = client(rocket_bearer::Config::new(config));
    let token = key().token(
        &but(key().header(), json!({ "alg": "RS256" })),
        &but(good_claims(), json!({ "iss": "http://127.0.0.1:9/" })),
    );
    let response = ask(&client, "/auth", &token);
    assert_eq!(response.status(), Status::ServiceUnavailable);
    assert!(response.headers().get_one("Retry-After").is_some());
    assert!(response.into_string().unwrap().contains("keys_unavailable"));
}

#[test]
fn every_scope_of_the_query_is_asked_for() {
    let client = app();
    for (query, granted, status) in [
        ("scope=read", json!({ "scope": "read" }), 204),
        ("scope=read", json!({ "scope": "write read" }), 204),
        ("scope=read", json!({ "scp": ["read"] }), 204),
        ("scope=read", json!({ "permissions": ["read"] }), 204),
        ("scope=read", json!({ "scope": "reader" }), 403),
        ("scope=read", json!({ "scope": "Read" }), 403),
        ("scope=read", json!({}), 403),
        ("scope=read:messages", json!({ "scope": "read:messages" }), 204),
        ("scope=read%3Amessages", json!({ "scope": "read:messages" }), 204),
        ("scope=read%20write", json!({ "scope": "read write" }), 204),
        ("scope=read%20write", json!({ "scope": "read", "permissions": ["write"] }), 204),
        ("scope=read%20write", json!({ "scope": "read" }), 403),
        ("scope=read%20write", json!({ "scope": "write" }), 403),
        ("scope=read%20write", json!({ "scope": ["read write"] }), 403),
        ("scope=read+write", json!({ "scope": "read write" }), 204),
        ("scope=read+write", json!({ "scope": "read" }), 403),
        ("scope=read&scope=write", json!({ "scope": "read write" }), 204),
        ("scope=read&scope=write", json!({ "scope": "read" }), 403),
        ("scope=write&scope=read", json!({ "scope": "read" }), 403),
        ("scope=read&scope=read", json!({ "scope": "read" }), 204),
        ("scope=a&scope=b+c", json!({ "scope": "a b" }), 403),
        ("scope=scope=read", json!({ "scope": "read" }), 403),
        (&format!("scope={}", "read+".repeat(198) + "read"), json!({ "scope": "read" }), 204),
    ] {
        let path = format!("/auth?{query}");
        let response = ask(&client, &path, &token(granted.clone()));
        assert_eq!(response.status().code, status, "{query} with {granted}");
    }
}

#[test]
fn every_role_of_the_question_is_asked_for_and_a_challenge_names_none() {
    const ROLE: &str = "X-Auth-Require-Role";
    let roles = ["roles", "/realm_access/roles"];
    let issuer = support::issuer(key().set()).roles(roles).unwrap();
    let client = client(rocket_bearer::Config::new(issuer));
    for (asked, words, held, status) in [
        ("role=adm", &["adm"] as &[_], json!({ "roles": ["adm"] }), 200),
        ("role=adm", &["adm"], json!({ "roles": "user adm" }), 200),
        ("role=adm", &["adm"], json!({ "roles": { "adm": { "1": "a" } } }), 200),
        ("role=adm", &["adm"], json!({ "realm_access": { "roles": ["adm"] } }), 200),
        ("role=adm", &["adm"], json!({ "roles": ["Adm", "adms", "x adm"] }), 403),
        ("role=adm", &["adm"], json!({ "scope": "adm", "permissions": ["adm"] }), 403),
        ("role=adm", &["adm"], json!({ "realm_access": ["adm"] }), 403),
        ("role=adm", &["adm"], json!({}), 403),
        ("role=a+b", &["a b"], json!({ "roles": ["a"], "realm_access": { "roles": ["b"] } }), 200),
        ("role=a+b", &["a b"], json!({ "roles": ["a"] }), 403),
        ("role=a+b", &["a b"], json!({ "roles": ["a b"] }), 403),
        ("role=a&role=b", &["a", "b"], json!({ "roles": "b a" }), 200),
        ("role=a&role=b", &["a", "b"], json!({ "roles": ["b"] }), 403),
        ("role=f%C3%A9", &["f\u{e9}"], json!({ "roles": ["f\u{e9}"] }), 200),
        ("role=D%5Ca", &["D\\a"], json!({ "roles": ["D\\a"] }), 200),
        ("role=", &[""], json!({ "roles": ["", "a"] }), 503),
        ("role=a+", &["a "], json!({ "roles": ["a"] }), 503),
        ("role=a%09b", &["a\tb"], json!({ "roles": ["a\tb"] }), 503),
        ("role=a%C2%A0b", &["a\u{a0}b"], json!({ "roles": ["a\u{a0}b"] }), 503),
    ] {
        let token = token(held.clone());
        let path = format!("/auth?{asked}");
        let answer = ask(&client, &path, &token);
        let plain = if status == 200 { 204 } else { status };
        assert_eq!(answer.status().code, plain, "{asked} with {held}");
        let challenge = answer.headers().get_one("WWW-Authenticate").unwrap_or_default();
        let named = ["adm", "scope=", "role"].iter().any(|it| challenge.contains(it));
        assert!(!named, "{asked}: {challenge}");
        let mut request = client.get("/auth/x?role=other");
        let authorization = format!("Bearer {token}");
        request.add_header(rocket::http::Header::new("Authorization", authorization));
        for word in words {
            // The HTTP layer cuts the spaces at the end of a line.
            request.add_header(rocket::http::Header::new(ROLE, *word));
        }
        assert_eq!(request.dispatch().status().code, status, "{words:?} with {held}");
    }
    let both = token(json!({ "roles": ["adm"], "scope": "read" }));
    for (query, status) in [
        ("scope=read&role=adm", 204),
        ("role=adm&scope=read", 204),
        ("scope=write&role=adm", 403),
        ("scope=read&role=other", 403),
        ("scope=read&roles=adm", 503),
        ("Role=adm", 503),
        ("role", 503),
        ("role=adm&", 503),
    ] {
        let path = format!("/auth?{query}");
        assert_eq!(ask(&client, &path, &both).status().code, status, "{query}");
    }
}

#[test]
fn a_role_that_no_setting_looks_for_lets_nobody_in() {
    let client = app();
    let all = token(json!({ "roles": ["adm"], "role": "adm", "groups": ["adm"] }));
    assert_eq!(ask(&client, "/auth?role=adm", &all).status().code, 503);
    let headers = [("X-Auth-Require-Role", "adm")];
    assert_eq!(asks(&client, Method::Get, "/auth/", &headers, &all).status().code, 503);
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
fn the_challenge_names_each_scope_once() {
    let client = app();
    let response = ask(&client, "/auth?scope=a+b&scope=a&scope=c", &key().good());
    let challenge = response.headers().get_one("WWW-Authenticate").unwrap();
    assert!(challenge.ends_with(r#", scope="a b c""#), "{challenge}");
}

#[test]
fn a_query_that_says_anything_else_lets_nobody_in() {
    let client = app();
    let all = token(json!({ "scope": "read % %zz scope=read, read\u{e9} é" }));
    for query in [
        "",
        "&",
        "scope",
        "scope=",
        "scope=&scope=read",
        "scope=read&",
        "&scope=read",
        "scope=read&&scope=read",
        "scope=read&scope",
        "scope=read&scopes=write",
        "scope=read&other=1",
        "other=1",
        "Scope=read",
        "%73cope=read",
        "scope[]=read",
        "scope%3Dread",
        "scope=read;scope=write",
        "scope=+",
        "scope=+read",
        "scope=read+",
        "scope=read%20%20write",
        "scope=read%09write",
        "scope=read%0Awrite",
        "scope=read%00",
        "scope=%",
        "scope=read%2",
        "scope=read%zz",
        "scope=read%+1",
        "scope=%22read%22",
        "scope=read%5C",
        "scope=read%C3%A9",
        "scope=read%E9",
        &format!("scope={}", "read+".repeat(199) + "read6"),
    ] {
        for header in [vec![], vec![format!("Bearer {all}")]] {
            let path = format!("/auth?{query}");
            let header: Vec<_> = header.iter().map(String::as_str).collect();
            let response = request(&client, Method::Get, &path, &header);
            let status = if query.contains(';') { [403, 401] } else { [503, 503] };
            assert!(status.contains(&response.status().code), "{query}: {}", response.status());
            assert_eq!(identity(&response), [], "{query}");
        }
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

/// What a caller says of itself, and of where it came from, changes nothing.
#[test]
fn nothing_but_the_query_and_the_authorization_is_read() {
    let client = app();
    let token = format!("Bearer {}", key().good());
    for (header, value) in [
        ("X-Auth-Subject", "root"),
        ("X-Auth-Scope", "read"),
        ("X-Forwarded-Uri", "/auth?scope=other"),
        ("X-Original-URI", "/auth"),
        ("X-Forwarded-User", "root"),
        ("X-HTTP-Method-Override", "GET"),
        ("Cookie", "access_token=x"),
        ("Proxy-Authorization", "Bearer x"),
    ] {
        let header = || rocket::http::Header::new(header, value);
        let anonymous = client.get("/auth").header(header()).dispatch();
        assert_eq!(anonymous.status(), Status::Unauthorized, "{value}");

        let authorization = rocket::http::Header::new("Authorization", token.clone());
        let caller = client.get("/auth").header(header()).header(authorization).dispatch();
        assert_eq!(caller.headers().get_one("X-Auth-Subject"), Some("alice"), "{value}");
        assert_eq!(caller.headers().get_one("X-Auth-Scope"), Some(""), "{value}");
    }
}

/// What the HTTP layer makes of such targets is part of the promise.
#[test]
fn strange_targets_on_the_wire_let_nobody_in() {
    let server = Server::start(support::config(key().set()));
    let authorization = format!("Authorization: Bearer {}", token(json!({ "scope": "read" })));
    for (target, status) in [
        ("/auth", 204),
        ("/auth?scope=read", 204),
        ("http://localhost/auth?scope=read", 204),
        ("/auth?scope=write", 403),
        ("http://localhost/auth?scope=write", 403),
        ("/auth?", 503),
        ("/auth?scope=read?", 403),
        ("/auth?scope=read%", 503),
        ("/auth?scope=read&&", 503),
        ("/auth?scope=write#", 403),
        ("/auth/?scope=write", 200),
        ("/auth/../auth?scope=write", 200),
        ("http://localhost/auth/x?scope=write", 200),
        ("//auth/x", 503),
        ("/%61uth/x", 503),
        ("/AUTH/x", 404),
        ("/authx", 404),
        ("/auth%2Fx", 404),
        ("//auth?scope=read", 503),
        ("/%61uth?scope=read", 503),
        ("/./auth", 404),
        ("/auth;scope=read", 404),
        ("/auth%3Fscope=read", 404),
        ("/AUTH", 404),
    ] {
        let answer = server.connect().target(target, &[authorization.as_bytes()]).0;
        assert_eq!(answer, status, "{target}");
    }
}

/// hyper sends no answer to CONNECT that has a length.
#[test]
fn every_method_is_answered_on_the_wire() {
    let server = Server::start(support::config(key().set()));
    let good = format!("Authorization: Bearer {}\r\n", key().good());
    for method in METHODS {
        for (target, line, status) in [
            ("/auth", good.as_str(), 204),
            ("/auth/orders?a=b", &good, 200),
            ("/auth", "", 401),
            ("/auth/orders?a=b", "", 401),
        ] {
            let mut connection = server.connect();
            let request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{line}\r\n");
            connection.send(request.as_bytes()).unwrap();
            let head = connection.head();
            assert_eq!(head.map(|(status, _)| status), Some(status), "{method} {target} {line}");
        }
    }
}

/// A request as a gateway asks that appends its client's path: with these headers beside the token.
fn asks<'c>(
    client: &'c Client,
    method: Method,
    path: &'c str,
    headers: &[(&'static str, &'static str)],
    token: &str,
) -> LocalResponse<'c> {
    let mut request = client.req(method, path);
    let authorization = format!("Bearer {token}");
    request = request.header(rocket::http::Header::new("Authorization", authorization));
    for (name, value) in headers {
        request = request.header(rocket::http::Header::new(*name, *value));
    }
    request.dispatch()
}

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
