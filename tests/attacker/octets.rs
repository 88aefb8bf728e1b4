//! Any octets at all, where a request or its credential should stand: no panic, and no way in.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::support::server::Server;
use crate::support::{self, Signer};

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::start(support::config(Signer::of("EdDSA").set())));

/// The statuses of all that is answered to these octets; nothing comes after them, or they say so.
fn statuses(octets: &[u8], say_so: bool) -> Vec<u16> {
    let mut connection = SERVER.connect();
    // The server may hang up before it has read all of it.
    let _ = connection.send(octets);
    if !say_so {
        connection.says_no_more();
    }
    std::iter::from_fn(|| connection.answer()).map(|answer| answer.status).collect()
}

/// What a header line may be made of, and what may not be in one, but for its end.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(b"Bearer ".to_vec()),
        Just(b"bearer\t".to_vec()),
        Just(Signer::of("EdDSA").good().into_bytes()[..60].to_vec()),
        prop::collection::vec((0..=255_u8).prop_filter("ends it", |it| *it != b'\n'), 0..20),
        "[ -~]{0,20}".prop_map(String::into_bytes),
        ".{0,20}".prop_map(String::into_bytes),
        "[A-Za-z0-9_-]{0,30}(\\.[A-Za-z0-9_-]{0,30}){0,3}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(word, 0..5).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_line_of_octets_is_a_credential(lines in prop::collection::vec(line(), 1..3)) {
        let mut request = b"GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".to_vec();
        for line in lines {
            request.extend([b"Authorization: ".as_slice(), &line, b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        let statuses = statuses(&request, true);
        let is_refused = [[400], [401]].iter().any(|it| statuses == it);
        prop_assert!(is_refused, "{statuses:?}: {}", request.escape_ascii());
        prop_assert_eq!(SERVER.connect().bearer(&Signer::of("EdDSA").good()), 200);
    }

    #[test]
    fn no_octets_are_a_request_that_gets_in(octets in prop::collection::vec(line(), 0..10)) {
        let octets = octets.join(&b"\r\n"[..]);
        let request = [b"GET /headers HTTP/1.1\r\n".as_slice(), &octets, b"\r\n\r\n"].concat();
        for octets in [octets, request] {
            let statuses = statuses(&octets, false);
            let is_refused = statuses.iter().all(|status| (400..500).contains(status));
            prop_assert!(is_refused, "{statuses:?}: {}", octets.escape_ascii());
        }
    }
}
