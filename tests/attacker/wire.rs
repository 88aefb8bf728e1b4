//! What a client may write on a socket that Rocket's own client cannot: nothing but one plain
//! `Authorization` line is a credential, and nothing but a request a request.

use rocket_bearer::Config;
use serde_json::json;

use crate::support::server::Server;
use crate::support::{self, Signer, but, good_claims};

fn key() -> Signer {
    Signer::of("EdDSA")
}

fn config() -> Config {
    support::config(key().set())
}

fn token_of(sub: &str) -> String {
    let scope = "read:messages write:messages";
    key().token(&key().header(), &but(good_claims(), json!({ "sub": sub, "scope": scope })))
}

/// Ends a conversation, and tells by its 404 that it lasted till then.
const LAST: &str = "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// The statuses of all answers on one connection to these octets and the last request.
#[track_caller]
fn statuses(server: &Server, octets: &[u8]) -> Vec<u16> {
    let mut connection = server.connect();
    // The server may hang up before it has read all of it.
    let _ = connection.send(&[octets, LAST.as_bytes()].concat());
    std::iter::from_fn(|| connection.answer()).map(|answer| answer.status).collect()
}

#[track_caller]
fn assert_answered(server: &Server, rows: &[(&str, Vec<u8>, &[u16])]) {
    for (name, octets, expected) in rows {
        let answered = statuses(server, octets);
        assert_eq!(answered, *expected, "{name}: {}", octets.escape_ascii());
    }
}

#[test]
fn nothing_but_one_plain_line_is_a_credential() {
    let server = Server::start(config());
    let token = token_of("alice");
    let good = format!("Authorization: Bearer {token}");
    let (half, rest) = token.split_at(50);
    let lines = |number| {
        let lines: String = (0..number).map(|it| format!("X-{it}: y\r\n")).collect();
        lines + &good
    };
    let rows: [(&str, String, &[u16]); 33] = [
        ("as it should be", good.clone(), &[200, 404]),
        ("a lone line feed", format!("{good}\nX: y"), &[200, 404]),
        ("98 lines before it", lines(98), &[200, 404]),
        ("folded by a space", format!("Authorization: Bearer\r\n {token}"), &[400]),
        ("folded by a tab", format!("Authorization:\r\n\tBearer {token}"), &[400]),
        ("folded within", format!("Authorization: Bearer {half}\r\n {rest}"), &[400]),
        ("as the fold of another", format!("X: y\r\n {good}"), &[400]),
        ("NUL after it", format!("{good}\0"), &[400]),
        ("NUL before it", format!("Authorization: \0Bearer {token}"), &[400]),
        ("NUL within", format!("Authorization: Bearer {half}\0{rest}"), &[400]),
        ("NUL in the name", format!("Authorization\0: Bearer {token}"), &[400]),
        ("a carriage return within", format!("Authorization: Bearer {half}\r{rest}"), &[400]),
        ("an escape within", format!("Authorization: Bearer {half}\u{1b}{rest}"), &[400]),
        ("DEL after it", format!("{good}\u{7f}"), &[400]),
        ("C1 after it", format!("{good}\u{9b}"), &[401, 404]),
        ("a space before the colon", format!("Authorization : Bearer {token}"), &[400]),
        ("a tab before the colon", format!("Authorization\t: Bearer {token}"), &[400]),
        ("a space before the name", format!(" {good}"), &[400]),
        ("twice", format!("{good}\r\n{good}"), &[400, 404]),
        ("twice by case", format!("{good}\r\naUTHORIZATION: Bearer {token}"), &[400, 404]),
        ("good and bad by case", format!("{good}\r\nauthorization: Bearer x"), &[400, 404]),
        ("bad and good by case", format!("AUTHORIZATION: Bearer x\r\n{good}"), &[400, 404]),
        ("empty and good by case", format!("authorization:\r\n{good}"), &[400, 404]),
        ("three", format!("{good}\r\n{good}\r\n{good}"), &[400, 404]),
        ("apart", format!("{good}\r\nX: y\r\nauthorization: Bearer x"), &[400, 404]),
        ("a list", format!("{good}, Bearer x"), &[400, 404]),
        ("the second of a list", format!("Authorization: Basic x, Bearer {token}"), &[401, 404]),
        ("another name", format!("Author_ization: Bearer {token}"), &[401, 404]),
        ("for a proxy", format!("Proxy-Authorization: Bearer {token}"), &[401, 404]),
        ("a cookie", format!("Cookie: Authorization=Bearer {token}"), &[401, 404]),
        ("a body", format!("Content-Length: {}\r\n\r\n{good}", good.len() + 4), &[401, 404]),
        ("a trailer", format!("Transfer-Encoding: chunked\r\n\r\n0\r\n{good}"), &[401, 404]),
        ("200 lines before it", lines(200), &[431]),
    ];
    let request =
        |lines: String| format!("GET /headers HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n").into_bytes();
    assert_answered(&server, &rows.map(|(name, lines, expected)| (name, request(lines), expected)));
}

#[test]
fn whatever_the_target_and_the_version_a_guard_is_a_guard() {
    let server = Server::start(config());
    let authorization = format!("Authorization: Bearer {}\r\n", token_of("alice"));
    // What is answered with a good token, and without one.
    for (line, good, none) in [
        ("GET /headers HTTP/1.1", &[200, 404][..], &[401, 404][..]),
        ("GET http://a/headers HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET https://b.example:1/headers HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET http://user:word@a/headers HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET //headers HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET /headers/ HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET /headers?a=b HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET /headers#a HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET /%68eaders HTTP/1.1", &[200, 404], &[401, 404]),
        ("GET /a/../headers HTTP/1.1", &[404, 404], &[404, 404]),
        ("GET * HTTP/1.1", &[404, 404], &[404, 404]),
        ("GET a:443 HTTP/1.1", &[400, 404], &[400, 404]),
        ("CONNECT a:443 HTTP/1.1", &[400, 404], &[400, 404]),
        ("get /headers HTTP/1.1", &[400, 404], &[400, 404]),
        ("GET /headers", &[400], &[400]),
        ("GET /headers HTTP/0.9", &[400], &[400]),
        ("GET /headers HTTP/1.2", &[400], &[400]),
        ("GET /headers HTTP/1.1 HTTP/1.1", &[400], &[400]),
        ("PRI * HTTP/2.0", &[400], &[400]),
        // Nobody asked to keep it open.
        ("GET /headers HTTP/1.0", &[200], &[401]),
        ("GET /headers HTTP/1.0\r\nConnection: keep-alive", &[200, 404], &[401, 404]),
    ] {
        let request = |more: &str| format!("{line}\r\nHost: a\r\n{more}\r\n").into_bytes();
        let (with, without) = (request(&authorization), request(""));
        assert_answered(&server, &[(line, with, good), (line, without, none)]);
    }
}

#[test]
fn a_body_is_never_a_request_and_its_fate_is_nobody_elses() {
    let server = Server::start(config());
    let good = format!("Authorization: Bearer {}\r\n", token_of("alice"));
    let get = format!("GET /headers HTTP/1.1\r\nHost: a\r\n{good}\r\n");
    let post = |lines: &str, body: &str| {
        format!("POST /messages HTTP/1.1\r\nHost: a\r\n{lines}\r\n{body}").into_bytes()
    };
    let by_length =
        |lines: &str, body: &str| post(&format!("{lines}Content-Length: {}\r\n", body.len()), body);
    let chunked =
        |lines: &str, body: &str| post(&format!("{lines}Transfer-Encoding: chunked\r\n"), body);
    let message = r#"{"text":"abc"}"#;
    let in_chunks = format!("e\r\n{message}\r\n0\r\n\r\n");
    let more = |request: Vec<u8>| [request, get.clone().into_bytes()].concat();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let head_of_form = format!("POST /headers HTTP/1.1\r\nHost: a\r\n{form}Content-Length: 11\r\n");
    let rows: [(&str, Vec<u8>, &[u16]); 26] = [
        ("accepted", by_length(&good, message), &[201, 404]),
        ("refused, and a good one", more(by_length("", message)), &[401, 200, 404]),
        ("a request as a body", by_length("", &get), &[401, 404]),
        ("a request as a body, and a good one", more(by_length("", &get)), &[401, 200, 404]),
        ("a request as a body of a good one", by_length(&good, &get), &[400, 404]),
        ("one more octet than announced", post("Content-Length: 13\r\n", message), &[401, 400]),
        ("chunked", chunked(&good, &in_chunks), &[201, 404]),
        ("chunked, refused, and a good one", more(chunked("", &in_chunks)), &[401, 200, 404]),
        ("chunks of no size", more(chunked(&good, "zz\r\n")), &[400]),
        ("chunks of no size, refused", more(chunked("", "zz\r\n")), &[401]),
        ("chunks without end", more(chunked(&good, "fffffffffffffffff\r\n")), &[400]),
        ("a negative chunk", more(chunked(&good, "-1\r\n")), &[400]),
        ("a chunk that is longer than it says", more(chunked(&good, "1\r\nab\r\n")), &[400]),
        (
            "a trailer as the credential",
            chunked("", &format!("e\r\n{message}\r\n0\r\n{good}\r\n")),
            &[401, 404],
        ),
        ("both lengths", more(chunked("Content-Length: 5\r\n", "0\r\n\r\n")), &[401]),
        (
            "both lengths, accepted",
            more(chunked(&format!("{good}Content-Length: 5\r\n"), &in_chunks)),
            &[201],
        ),
        ("two lengths", more(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")), &[400]),
        ("a length of no number", more(post("Content-Length: +5\r\n", "hello")), &[400]),
        ("a negative length", more(post("Content-Length: -5\r\n", "hello")), &[400]),
        ("another coding", more(post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")), &[400]),
        ("no coding", more(post("Transfer-Encoding: identity\r\n", "0\r\n\r\n")), &[400]),
        (
            "a coding around chunks",
            more(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
            &[401, 200, 404],
        ),
        (
            "chunks before a coding",
            more(post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")),
            &[400],
        ),
        (
            "a body of a GET",
            more(
                format!(
                    "GET /headers HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{get}",
                    get.len()
                )
                .into_bytes(),
            ),
            &[401, 200, 404],
        ),
        (
            "a form that says it is a GET",
            format!("{head_of_form}\r\n_method=get").into_bytes(),
            &[401, 404],
        ),
        (
            "another upgrade",
            more(post("Connection: Upgrade\r\nUpgrade: h2c\r\n", "")),
            &[401, 200, 404],
        ),
    ];
    assert_answered(&server, &rows);
}

/// Rocket reads the method of a form from its field `_method`, and takes a POST for a HEAD.
#[test]
fn a_form_that_names_any_method_is_answered_and_so_is_the_request_behind_it() {
    let server = Server::start(config());
    let good = format!("Authorization: Bearer {}\r\n", token_of("alice"));
    let urlencoded = "application/x-www-form-urlencoded";
    let mut rows = vec![];
    for (path, with, without) in [
        ("/healthz", 200, 200),
        ("/headers", 200, 401),
        ("/messages", 200, 401),
        ("/auth", 204, 401),
        ("/nowhere", 404, 404),
    ] {
        for (lines, head) in [(good.as_str(), with), ("", without)] {
            for (content_type, method, status) in [
                (urlencoded, "HEAD", head),
                (urlencoded, "head", head),
                (&*format!("{urlencoded}; charset=utf-8"), "HEAD", head),
                (urlencoded, "GET", head),
            ] {
                let body = format!("_method={method}&a=bbbbbb");
                let request = format!(
                    "POST {path} HTTP/1.1\r\nHost: a\r\n{lines}Content-Type: {content_type}\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                rows.push((request, [status, 404]));
            }
        }
    }
    for (request, expected) in &rows {
        assert_answered(&server, &[(request, request.clone().into_bytes(), expected)]);
    }
}

#[test]
fn a_real_head_runs_no_route_of_another_method_whatever_its_content_type() {
    let server = Server::start(config());
    let good = format!("Authorization: Bearer {}\r\n", token_of("alice"));
    for content_type in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"] {
        for (path, status) in [("/headers", 200), ("/messages", 200), ("/nowhere", 404)] {
            let request = format!(
                "HEAD {path} HTTP/1.1\r\nHost: a\r\n{good}Content-Type: {content_type}\r\n\r\n"
            );
            // An answer to HEAD has no body, whatever length it names.
            let mut connection = server.connect();
            connection.send(request.as_bytes()).unwrap();
            assert_eq!(connection.head().unwrap().0, status, "{request}");
            let read = format!("GET /messages HTTP/1.1\r\nHost: a\r\n{good}\r\n");
            connection.send(read.as_bytes()).unwrap();
            assert_eq!(connection.answer().unwrap().body, r#"{"messages":[]}"#, "{request}");
        }
    }
    let mut connection = server.connect();
    let plain = format!("HEAD /headers HTTP/1.1\r\nHost: a\r\n{good}\r\n");
    connection.send(plain.as_bytes()).unwrap();
    let (status, head) = connection.head().unwrap();
    assert_eq!(status, 200);
    assert!(head.contains("content-length: 14\r\n"), "of `Access Granted`: {head}");
}

#[test]
fn who_waits_for_a_100_is_judged_as_everyone() {
    let server = Server::start(config());
    let good = format!("Authorization: Bearer {}\r\n", token_of("alice"));
    let body = r#"{"text":"abc"}"#;
    for (lines, status) in [("", 401), (&good, 201), ("Authorization: Bearer x\r\n", 401)] {
        let mut connection = server.connect();
        let head = format!(
            "POST /messages HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}\r\n{lines}\r\n",
            body.len()
        );
        connection.send(head.as_bytes()).unwrap();
        // Rocket looks at the first octets of a body before it asks any guard.
        assert_eq!(connection.answer().unwrap().status, 100, "{lines}");
        connection.send(&[body, LAST].concat().into_bytes()).unwrap();
        assert_eq!(connection.answer().unwrap().status, status, "{lines}");
        assert_eq!(connection.answer().unwrap().status, 404, "{lines}");
    }
}
