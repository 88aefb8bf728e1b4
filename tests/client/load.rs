//! The failure side of load: whoever hangs, babbles or runs away costs the others nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::support::server::Server;
use crate::support::{self, Signer};

fn server() -> (Server, String) {
    let key = Signer::dev("dev-rs256");
    (Server::start(support::config(key.set())), key.good())
}

/// Everyone else is still answered, on an old connection and on a new one.
#[track_caller]
fn assert_others_are_answered(server: &Server, old: &mut support::server::Connection, token: &str) {
    assert_eq!(old.bearer(token), 200);
    assert_eq!(server.connect().bearer(token), 200);
}

#[test]
fn connections_that_send_nothing_or_half_a_head_hold_up_nobody() {
    let (server, token) = server();
    let mut old = server.connect();
    let half_a_head = b"GET /headers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bea";
    let hanging: Vec<_> = (0..200)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            if number % 2 == 0 {
                stream.write_all(half_a_head).unwrap();
            }
            stream
        })
        .collect();
    assert_others_are_answered(&server, &mut old, &token);
    drop(hanging);
    assert_others_are_answered(&server, &mut old, &token);
}

#[test]
fn pipelined_garbage_ends_its_own_connection_only() {
    let (server, token) = server();
    let mut old = server.connect();
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\nGET\r\n\r\n",
        b"GET /headers HTTP/1.1\r\nHost: a\r\nAuthorization Bearer\r\n\r\n",
        b"GET /headers HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        &[b'A'; 1_000_000],
        &[0; 4_096],
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        // The server may hang up before it has read all of it.
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = vec![];
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    }
    assert_others_are_answered(&server, &mut old, &token);
}

#[test]
fn ten_thousand_connections_opened_and_dropped_leave_nothing_behind() {
    let (server, token) = server();
    let mut old = server.connect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..2_500 {
                    let mut stream = TcpStream::connect(server.address).unwrap();
                    if number % 3 == 0 {
                        let _ = stream.write_all(b"GET /headers HTTP/1.1\r\n");
                    }
                    // An answer shows that all before it were accepted. Without one, the queue of
                    // the listener runs over, and each connect beyond it waits a second for the next try.
                    if number % 25 == 0 {
                        assert_eq!(server.connect().bearer(&token), 200);
                    }
                }
            });
        }
        for _ in 0..100 {
            assert_eq!(old.bearer(&token), 200);
        }
    });
    assert_others_are_answered(&server, &mut old, &token);
}
