//! What a gateway asks for: scopes and roles in its query.

use super::*;

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
