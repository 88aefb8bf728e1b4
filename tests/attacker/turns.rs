//! Requests on one connection, one after another or all at once: no credentials of one are another's.

use std::thread;

use serde_json::json;

use crate::support::server::Server;
use crate::support::{self, Signer, but, good_claims};

fn key() -> Signer {
    Signer::of("EdDSA")
}

/// Who is asked for, and what must come back.
const CALLERS: [(&str, u16); 5] =
    [("alice", 204), ("bob", 204), ("expired", 401), ("garbage", 401), ("nobody", 401)];

fn request_of(caller: &str) -> String {
    let token = match caller {
        "alice" | "bob" => {
            key().token(&key().header(), &but(good_claims(), json!({ "sub": caller })))
        }
        "expired" => key().token(&key().header(), &but(good_claims(), json!({ "exp": 1 }))),
        "garbage" => "garbage".to_owned(),
        _ => return "GET /auth HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
    };
    format!("GET /auth HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// Every order of five callers stands in it, one after another.
fn all_orders() -> Vec<usize> {
    let mut all = vec![];
    for code in 0..5_usize.pow(5) {
        let order: Vec<_> = (0..5).map(|place| code / 5_usize.pow(place) % 5).collect();
        if (0..5).all(|caller| order.contains(&caller)) {
            all.extend(order);
        }
    }
    all
}

#[test]
fn no_request_is_answered_for_another_on_its_connection() {
    let requests = CALLERS.map(|(caller, _)| request_of(caller));
    let orders = all_orders();
    assert_eq!(orders.len(), 600);
    for cached in [0, 10_000] {
        let server = Server::start(support::config(key().set()).cache_tokens(cached).unwrap());
        // By themselves, a few at once, and many at once, on two connections at the same time.
        for pipelined in [1, 7, 100] {
            thread::scope(|scope| {
                for start in 0..2 {
                    let (server, orders, requests) = (&server, &orders, &requests);
                    scope.spawn(move || {
                        let mut connection = server.connect();
                        let mut callers = orders.clone();
                        callers.rotate_left(start * 300);
                        for callers in callers.chunks(pipelined) {
                            let octets: String =
                                callers.iter().map(|caller| requests[*caller].as_str()).collect();
                            connection.send(octets.as_bytes()).unwrap();
                            for caller in callers {
                                let (name, status) = CALLERS[*caller];
                                let answer = connection.answer().expect("an answer");
                                assert_eq!(answer.status, status, "{name}: {}", answer.head);
                                let is_named =
                                    answer.head.contains(&format!("x-auth-subject: {name}\r\n"));
                                assert_eq!(is_named, status == 204, "{name}: {}", answer.head);
                            }
                        }
                    });
                }
            });
        }
    }
}
