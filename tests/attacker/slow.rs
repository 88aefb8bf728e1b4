//! Clients that take their time: an octet now and then, on many connections at once.

use rocket_bearer::Config;
use serde_json::json;

use crate::support::server::{Connection, Server};
use crate::support::{self, Signer, but, good_claims};

/// How many clients drip at once.
const CLIENTS: usize = 100;

fn key() -> Signer {
    Signer::of("EdDSA")
}

fn config() -> Config {
    support::config(key().set())
}

/// Sends each of these one octet at a time, all in turn; everybody else is answered meanwhile.
fn drip(server: &Server, clients: &mut [(Connection, Vec<u8>)]) {
    let good = key().good();
    let mut other = server.connect();
    let longest = clients.iter().map(|(_, octets)| octets.len()).max().unwrap();
    for step in 0..longest {
        for (connection, octets) in clients.iter_mut() {
            if let Some(octet) = octets.get(step) {
                connection.send(&[*octet]).unwrap();
            }
        }
        if step % 20 == 0 {
            assert_eq!(other.bearer(&good), 200, "after {step} octets");
            assert_eq!(server.connect().bearer(&good), 200, "after {step} octets");
        }
    }
}

#[test]
fn a_head_that_drips_is_judged_as_a_whole_and_holds_up_nobody() {
    let server = Server::start(config());
    let good = format!("Authorization: Bearer {}", key().good());
    let heads = [
        (good.clone(), 200),
        ("Authorization: Bearer garbage".to_owned(), 401),
        (format!("{good}\r\n{good}"), 400),
        ("X: y".to_owned(), 401),
    ];
    let head = |number: usize| {
        let (lines, _) = &heads[number % heads.len()];
        format!("GET /headers HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n").into_bytes()
    };
    let mut clients: Vec<_> = (0..CLIENTS).map(|it| (server.connect(), head(it))).collect();
    drip(&server, &mut clients);
    for (number, (connection, _)) in clients.iter_mut().enumerate() {
        let (lines, status) = &heads[number % heads.len()];
        assert_eq!(connection.answer().unwrap().status, *status, "{lines}");
    }
}

/// Rocket looks at the first 14 octets of any body before it asks a guard; more is not waited for.
#[test]
fn a_refusal_does_not_wait_for_the_body() {
    let server = Server::start(config());
    for framing in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
        let begun = match framing.starts_with('C') {
            true => "x".repeat(14),
            false => "fffff\r\n".to_owned() + &"x".repeat(14),
        };
        for (credential, status) in [
            ("X: y", 401),
            ("Authorization: Bearer garbage", 401),
            ("Authorization: Bearer a b", 400),
        ] {
            let head =
                format!("POST /messages HTTP/1.1\r\nHost: a\r\n{credential}\r\n{framing}\r\n\r\n");
            let octets = (head + &begun).into_bytes();
            let mut clients: Vec<_> =
                (0..CLIENTS / 10).map(|_| (server.connect(), octets.clone())).collect();
            drip(&server, &mut clients);
            for (connection, _) in &mut clients {
                assert_eq!(connection.answer().unwrap().status, status, "{credential}, {framing}");
                // What would follow is never read as a request.
                let _ = connection
                    .send(format!("{}GET /headers HTTP/1.1\r\n\r\n", "x".repeat(100)).as_bytes());
                assert!(connection.answer().is_none(), "{credential}, {framing}");
            }
        }
    }
}

#[test]
fn a_body_that_drips_is_taken_whole_or_not_at_all() {
    let server = Server::start(config());
    let scope = json!({ "scope": "read:messages write:messages" });
    let token = key().token(&key().header(), &but(good_claims(), scope));
    let head = |body: usize| {
        format!(
            "POST /messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {body}\r\n\r\n"
        )
    };
    let whole = r#"{"text":"whole"}"#;
    let half = r#"{"text":"half"}"#;
    let octets = |number: usize| match number % 2 {
        0 => head(whole.len()) + whole,
        _ => head(half.len() + 1) + half,
    };
    let mut clients: Vec<_> =
        (0..CLIENTS / 2).map(|it| (server.connect(), octets(it).into_bytes())).collect();
    drip(&server, &mut clients);
    for (connection, _) in clients.iter_mut().step_by(2) {
        assert_eq!(connection.answer().unwrap().status, 201);
    }
    drop(clients);
    let authorization = format!("Authorization: Bearer {token}");
    let (_, messages) = server.connect().target("/messages", &[authorization.as_bytes()]);
    assert_eq!(messages.matches("whole").count(), CLIENTS / 4, "{messages}");
    assert!(!messages.contains("half"), "{messages}");
}

/// What nobody reads is not written without end, and what cannot be written is not judged.
#[test]
fn a_client_that_never_reads_is_not_served_without_end() {
    let server = Server::start(config());
    let mut deaf = server.connect();
    deaf.stalls_after(std::time::Duration::from_secs(1));
    let requests = "GET /headers HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    let most = 64_000_000;
    let mut sent = 0;
    while deaf.send(requests.as_bytes()).is_ok() {
        sent += requests.len();
        assert!(sent < most, "it takes requests without end");
    }
    let (good, mut other) = (key().good(), server.connect());
    assert_eq!(other.bearer(&good), 200, "after {sent} octets");
}
