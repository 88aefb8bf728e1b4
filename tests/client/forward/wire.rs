//! Targets and methods as they come over the wire.

use super::*;

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
