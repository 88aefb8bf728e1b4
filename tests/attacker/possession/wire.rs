//! A stolen token on a socket: no header, target or version takes the place of a proof, and a proof is for
//! the target that was sent.

use super::*;
use crate::support::server::Server;

/// Ends a conversation, and tells by its 404 that it lasted till then.
const LAST: &str = "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// The statuses of all answers to this text and the last request.
fn statuses(server: &Server, text: &str) -> Vec<u16> {
    let mut connection = server.connect();
    // The server may hang up before it has read all of it.
    let _ = connection.send(format!("{text}{LAST}").as_bytes());
    std::iter::from_fn(|| connection.answer()).map(|answer| answer.status).collect()
}

#[test]
fn without_the_key_of_its_client_a_token_opens_nothing() {
    let token = bound();
    let stranger = Key::generate(Algorithm::EdDSA);
    let strangers = stranger.proof("GET", URL).for_token(&token);
    // A proof that a thief saw, for another resource.
    let seen = key().proof("GET", "https://api.example/me").for_token(&token);
    let by_token = "as its own proof";
    let modes = [allowed(), allowed().mode(DpopMode::Required), Dpop::default()];
    for (number, dpop) in modes.into_iter().enumerate() {
        let server = Server::start(config(dpop));
        for (name, lines) in [
            ("Bearer", format!("Authorization: Bearer {token}")),
            ("bearer, by tabs", format!("Authorization:\tbEaReR\t\t{token}\t")),
            ("DPoP", format!("Authorization: DPoP {token}")),
            ("an empty proof", format!("Authorization: DPoP {token}\r\nDPoP:")),
            ("a blank proof", format!("Authorization: DPoP {token}\r\nDPoP: \t ")),
            (by_token, format!("Authorization: DPoP {token}\r\nDPoP: {token}")),
            ("a stranger's proof", format!("Authorization: DPoP {token}\r\nDPoP: {strangers}")),
            ("the same as Bearer", format!("Authorization: Bearer {token}\r\nDPoP: {strangers}")),
            ("a proof for another route", format!("Authorization: DPoP {token}\r\nDPoP: {seen}")),
            ("the same as Bearer", format!("Authorization: Bearer {token}\r\nDPoP: {seen}")),
            ("a list of schemes", format!("Authorization: DPoP, Bearer {token}")),
            ("both schemes", format!("Authorization: DPoP Bearer {token}")),
            ("both, the other way", format!("Authorization: Bearer DPoP {token}")),
            ("two lines", format!("Authorization: DPoP {token}\r\nAuthorization: Bearer {token}")),
            (
                "the other way",
                format!("Authorization: Bearer {token}\r\nauthorization: DPoP {token}"),
            ),
            ("a scheme like it", format!("Authorization: DPoP+jwt {token}")),
            ("another scheme", format!("Authorization: Token {token}")),
            ("none", format!("Authorization: {token}")),
            ("in the header of the proof", format!("DPoP: {token}")),
            ("by a proxy", format!("Proxy-Authorization: Bearer {token}")),
            ("as the original", format!("X-Original-Authorization: Bearer {token}")),
            ("in another header", format!("X-Forwarded-Access-Token: {token}")),
            ("a cookie", format!("Cookie: access_token={token}")),
            (
                "for another method",
                format!(
                    "Authorization: DPoP {token}\r\nDPoP: {seen}\r\nX-HTTP-Method-Override: GET\r\n\
                     X-Original-URI: /me\r\nX-Rewrite-URL: /me\r\nX-Forwarded-Uri: /me\r\n\
                     X-Forwarded-Prefix: /me"
                ),
            ),
        ] {
            for version in ["HTTP/1.1", "HTTP/1.0"] {
                for target in
                    ["/headers", "//headers", "/headers?a", "/messages", "/auth", "/auth/a"]
                {
                    let text =
                        format!("GET {target} {version}\r\nHost: api.example\r\n{lines}\r\n\r\n");
                    let answered = statuses(&server, &text);
                    let refused = [400, 401, 503].contains(&answered[0]);
                    assert!(refused, "{number}: {name} {target} {version}: {answered:?}");
                }
            }
        }
    }
}

#[test]
fn a_proof_is_for_the_target_as_it_was_sent() {
    let server = Server::start(config(allowed()));
    let token = bound();
    let sent = |line: &str, host: &str, proof: &str| {
        let text = format!("{line}\r\n{host}Authorization: DPoP {token}\r\n{proof}\r\n\r\n");
        statuses(&server, &text)
    };
    let host = "Host: a\r\n";
    for (line, host, method, path, expected) in [
        ("GET /headers HTTP/1.1", host, "GET", "/headers", &[200, 404][..]),
        ("GET /headers HTTP/1.1", "Host: api.example\r\n", "GET", "/headers", &[200, 404]),
        ("GET /headers HTTP/1.1", "Host: evil.example\r\n", "GET", "/headers", &[200, 404]),
        ("GET /headers HTTP/1.1", "Host: [::1]:8000\r\n", "GET", "/headers", &[200, 404]),
        ("GET /headers HTTP/1.1", "Host: a@api.example\r\n", "GET", "/headers", &[200, 404]),
        (
            "GET /headers HTTP/1.1",
            "Host: a\r\nHost: api.example\r\n",
            "GET",
            "/headers",
            &[200, 404],
        ),
        ("GET /headers HTTP/1.1", "Host:\r\n", "GET", "/headers", &[200, 404]),
        ("GET /headers HTTP/1.1", "", "GET", "/headers", &[200, 404]),
        ("GET /headers HTTP/1.0", "", "GET", "/headers", &[200]),
        ("GET http://a/headers HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET https://api.example/headers HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET http://evil.example:1/headers?a HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET http://user:word@a/headers HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET /headers?a=b HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET /headers? HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET /headers#a HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET /%68eaders HTTP/1.1", host, "GET", "/headers", &[200, 404]),
        ("GET //headers HTTP/1.1", host, "GET", "//headers", &[200, 404]),
        ("GET //headers HTTP/1.1", host, "GET", "/headers", &[401, 404]),
        ("GET /headers// HTTP/1.1", host, "GET", "/headers//", &[200, 404]),
        ("GET /headers// HTTP/1.1", host, "GET", "/headers/", &[401, 404]),
        ("GET /headers/ HTTP/1.1", host, "GET", "/headers/", &[200, 404]),
        ("GET /headers/ HTTP/1.1", host, "GET", "/headers", &[401, 404]),
        ("GET /headers HTTP/1.1", host, "GET", "/headers/", &[401, 404]),
        ("GET /headers HTTP/1.1", host, "GET", "/me", &[401, 404]),
        ("GET /headers HTTP/1.1", host, "GET", "", &[401, 404]),
        ("GET http://a/me HTTP/1.1", host, "GET", "/headers", &[401, 404]),
        ("GET https://api.example/headers/../me HTTP/1.1", host, "GET", "/headers", &[404, 404]),
        ("GET /headers HTTP/1.1", host, "POST", "/headers", &[401, 404]),
        ("GET /headers HTTP/1.1", host, "HEAD", "/headers", &[401, 404]),
        ("GET /headers HTTP/1.1", host, "get", "/headers", &[401, 404]),
        (
            "GET /headers HTTP/1.1\r\nX-HTTP-Method-Override: PUT",
            host,
            "GET",
            "/headers",
            &[200, 404],
        ),
        (
            "GET /headers HTTP/1.1\r\nX-HTTP-Method-Override: PUT",
            host,
            "PUT",
            "/headers",
            &[401, 404],
        ),
        ("PROPFIND /headers HTTP/1.1", host, "PROPFIND", "/headers", &[400, 404]),
        ("OPTIONS * HTTP/1.1", host, "OPTIONS", "/headers", &[404, 404]),
    ] {
        let proof = key().proof(method, &format!("{BASE}{path}")).for_token(&token);
        let answered = sent(line, host, &format!("DPoP: {proof}"));
        assert_eq!(answered, expected, "{line} {host:?} {method} {path}");
    }
}

#[test]
fn one_line_is_a_proof_and_one_request_uses_it() {
    let server = Server::start(config(allowed()));
    let token = bound();
    let made = || proof(&token).to_string();
    let request = |proof: &str| {
        format!(
            "GET /headers HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP {token}\r\n{proof}\r\n\r\n"
        )
    };
    let text = made();
    let (half, rest) = text.split_at(100);
    for (name, proof, expected) in [
        ("as it should be", format!("DPoP: {}", made()), &[200, 404][..]),
        ("in capitals", format!("DPOP:\t{} ", made()), &[200, 404]),
        ("twice", format!("DPoP: {text}\r\nDPoP: {text}"), &[401, 404]),
        ("twice by case", format!("DPoP: {}\r\ndpop: {}", made(), made()), &[401, 404]),
        ("empty and good", format!("DPoP:\r\nDPoP: {}", made()), &[401, 404]),
        ("good and empty", format!("DPoP: {}\r\nDPoP:", made()), &[401, 404]),
        ("a list", format!("DPoP: {}, {}", made(), made()), &[401, 404]),
        ("a list of one", format!("DPoP: {},", made()), &[401, 404]),
        ("a scheme before it", format!("DPoP: DPoP {}", made()), &[401, 404]),
        ("quotes", format!("DPoP: \"{}\"", made()), &[401, 404]),
        ("a parameter", format!("DPoP: {};a=b", made()), &[401, 404]),
        ("a space within", format!("DPoP: {half} {rest}"), &[401, 404]),
        ("folded", format!("DPoP: {half}\r\n {rest}"), &[400]),
        ("NUL after it", format!("DPoP: {}\0", made()), &[400]),
        ("another name", format!("D_PoP: {}", made()), &[401, 404]),
        (
            "a trailer",
            format!("Transfer-Encoding: chunked\r\n\r\n0\r\nDPoP: {}", made()),
            &[401, 404],
        ),
    ] {
        assert_eq!(statuses(&server, &request(&proof)), expected, "{name}");
    }
    // None of these has used it up; the first of many does, sent before any was answered.
    let line = format!("DPoP: {text}");
    let many = request(&line).repeat(20);
    let mut expected = vec![200];
    expected.extend([401; 19]);
    expected.push(404);
    assert_eq!(statuses(&server, &many), expected);
}
