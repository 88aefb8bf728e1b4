//! How it ends: nobody who was being served is cut off.

use std::io::{Read, Write};

use super::program::{Server, repository, token};

#[test]
fn a_request_under_way_is_answered_after_a_sigterm() {
    let server = Server::start(repository(), &[]);
    let token = token(repository(), &[], &["--scope", "write:messages"]);
    let body = r#"{"text":"hello"}"#;
    let (first, second) = body.split_at(5);
    let mut stream = server.connect();
    write!(
        stream,
        "POST /messages HTTP/1.1\r\nHost: any\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    )
    .unwrap();
    // The server says so when it has begun to read.
    let mut go_on = [0; 12];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100");
    stream.write_all(first.as_bytes()).unwrap();

    let mut answer = String::new();
    let said = server.terminate_while(|| {
        stream.write_all(second.as_bytes()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
    });
    assert!(answer.contains("HTTP/1.1 201") && answer.ends_with(body), "{answer}");
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn an_idle_connection_is_closed_and_holds_nothing_up() {
    let server = Server::start(repository(), &[]);
    let mut idle = server.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: any\r\n\r\n").unwrap();
    let mut begin = [0; 12];
    idle.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    let said = server.terminate();
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut rest = vec![];
    idle.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"ok"), "the connection has ended after its answer");
}
