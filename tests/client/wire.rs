//! The header rows again over a real socket, where a client can send what Rocket's own cannot.

use crate::support::server::Server;
use crate::support::{self, Signer};

#[test]
fn header_lines_are_judged_as_they_come_over_the_wire() {
    let server = Server::start(support::config(Signer::dev("dev-rs256").set()));
    let token = Signer::dev("dev-rs256").good();
    let bearer = format!("Authorization: Bearer {token}");
    let lower = format!("authorization:bearer {token}");
    let tabs = format!("Authorization:\tBearer\t{token}\t");
    let two_words = format!("Authorization: Bearer {token} x");
    let long = format!("Authorization: Bearer {}", "a".repeat(100_000));
    let long_parts = format!("Authorization: Bearer {}", "a.".repeat(50_000));
    let (missing, not_one, unparsable) = (
        "Authorization header is expected.",
        "Authorization header must be bearer token.",
        "Unable to parse authentication token.",
    );
    for (name, lines, status, says) in [
        ("one", vec![bearer.as_bytes()], 200, "Access Granted"),
        ("lower case", vec![lower.as_bytes()], 200, "Access Granted"),
        ("tabs", vec![tabs.as_bytes()], 200, "Access Granted"),
        ("none", vec![], 401, missing),
        ("empty", vec![b"Authorization:"], 401, missing),
        ("two", vec![bearer.as_bytes(), bearer.as_bytes()], 400, not_one),
        ("two cases", vec![bearer.as_bytes(), lower.as_bytes()], 400, not_one),
        ("empty and one", vec![b"Authorization:", bearer.as_bytes()], 400, not_one),
        ("two words", vec![two_words.as_bytes()], 400, not_one),
        ("100 kB", vec![long.as_bytes()], 401, unparsable),
        ("100 kB of dots", vec![long_parts.as_bytes()], 401, unparsable),
        // Rocket drops a value that is not UTF-8: alone it leaves no header …
        ("not UTF-8", vec![b"Authorization: Bearer \xff"], 401, missing),
        // … and beside a good one it leaves the good one. Nothing forged gets in by that.
        (
            "not UTF-8 beside a good one",
            vec![b"Authorization: \xff", bearer.as_bytes()],
            200,
            "Access Granted",
        ),
        ("UTF-8", vec!["Authorization: Bearer é".as_bytes()], 401, unparsable),
    ] {
        let (answered, body) = server.connect().get(&lines);
        assert_eq!(answered, status, "{name}: {body}");
        let body = body.replace("\\\"", "\"");
        assert!(body.contains(says), "{name}: {body}");
    }
}
