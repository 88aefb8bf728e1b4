//! Bodies that another parser could read in another way than the guard of an MCP server.

use rocket::http::{ContentType, Header};

use super::mcp::{client, message, send, token};

/// A call of the free tool, with these members of `params` after its name.
fn free_and(members: &str) -> String {
    message(&format!(r#""method":"tools/call","params":{{"name":"free",{members}}}"#))
}

#[test]
fn a_name_that_some_parser_takes_for_another_is_refused() {
    let client = client();
    let rows = [
        // A member of the message, spelled by escapes.
        (r#"{"jsonrpc":"2.0","\u006asonrpc":"2.0","id":1,"method":"ping"}"#.to_owned(), 400),
        (r#"{"\u006asonrpc":"2.0","\u0069d":1,"\u006dethod":"ping"}"#.to_owned(), 200),
        (message(r#""method":"ping","params":{},"\u0070arams":{"name":"kill"}"#), 400),
        (message(r#""method":"ping","METHOD":"tools/call""#), 400),
        (message(r#""method":"ping","method ":"tools/call""#), 400),
        (message(r#""method":"ping","method\u0000":"tools/call""#), 400),
        (message(r#""method":"ping","":"tools/call""#), 400),
        (message(r#""method":"ping","__proto__":{"method":"tools/call"}"#), 400),
        (message(r#""method":"ping","paramſ":{"name":"kill"}"#), 400),
        // A member of `params`, as parsers without letter case compare them.
        (free_and(r#""NAME":"kill""#), 400),
        (free_and(r#""\u004eame":"kill""#), 400),
        (free_and(r#""uRI":"kill""#), 400),
        (free_and(r#""urı":"kill""#), 400),
        (free_and(r#""urİ":"kill""#), 400),
        (free_and(r#""ur\u0131":"kill""#), 400),
        (free_and(r#""naïve":"kill""#), 200),
        (free_and(r#""names":"kill","nam":"kill","uris":1"#), 200),
        // Twice beyond the names that are kept in a row, and after an escape.
        (
            free_and(
                &(0..40)
                    .map(|it| format!("\"a{it}\":1,"))
                    .collect::<String>()
                    .replace(",\"a39", ",\"a0"),
            ),
            400,
        ),
        (
            free_and(&format!(
                "{}\"\\u006eame\":1",
                (0..40).map(|it| format!("\"a{it}\":1,")).collect::<String>()
            )),
            400,
        ),
        (free_and(r#""😀":1,"\ud83d\ude00":2"#), 400),
        (free_and(r#""a\/b":1,"a/b":2"#), 400),
        (free_and(r#""arguments":{"":1,"":2}"#), 400),
        (free_and(r#""arguments":{"a":{"b":[{"c":1,"\u0063":2}]}}"#), 400),
        (free_and(r#""arguments":{"a":1},"_meta":{"a":1,"b":{"a":1}}"#), 200),
        // What a derived reader takes for the members in their order.
        (r#"["2.0",1,"tools/call",{"name":"kill"}]"#.to_owned(), 400),
        (message(r#""method":"tools/call","params":["kill",{}]"#), 403),
        (message(r#""method":{"tools/call":{"name":"kill"}}"#), 400),
        // The twin of a member in an answer or an id.
        (r#"{"jsonrpc":"2.0","id":{"a":1,"a":2},"method":"ping"}"#.to_owned(), 400),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}"#.to_owned(), 400),
        (r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{"a":1}}"#.to_owned(), 403),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"method":"tools/call"},"method":"ping"}"#
                .to_owned(),
            400,
        ),
        // JSON that is none, to the letter.
        (free_and(r#""a":01"#), 400),
        (free_and(r#""a":+1"#), 400),
        (free_and(r#""a":.5"#), 400),
        (free_and(r#""a":1."#), 400),
        (free_and(r#""a":0x1"#), 400),
        (free_and(r#""a":NaN"#), 400),
        (free_and(r#""a":-Infinity"#), 400),
        (free_and(r#""a":tRue"#), 400),
        (free_and(r#"'a':1"#), 400),
        (free_and(r#"a:1"#), 400),
        (free_and(r#""a":"\x41""#), 400),
        (free_and(r#""a":"\u12""#), 400),
        (free_and("\"a\":\"\n\""), 400),
        (free_and("\"a\":\"\u{7f}\u{2028}\""), 200),
        (free_and("\"a\":\u{a0}1"), 400),
        (free_and(r#""a":-0,"b":1e308,"c":123456789012345678901234567890"#), 200),
        (free_and(&format!(r#""a":{}"#, "9".repeat(400))), 400),
        (free_and(&format!(r#""a":0.{}1"#, "0".repeat(100_000))), 200),
        (format!("{}\0", free_and("\"a\":1")), 400),
        (format!("\0{}", free_and("\"a\":1")), 400),
        (format!("{}\u{1a}", free_and("\"a\":1")), 400),
        (format!("//\n{}", free_and("\"a\":1")), 400),
        (format!(")]}}'\n{}", free_and("\"a\":1")), 400),
        (format!("data: {}\n\n", free_and("\"a\":1")), 400),
        (format!("\u{1e}{}\n", free_and("\"a\":1")), 400),
        (format!("[{},]", free_and("\"a\":1")), 400),
        (format!("[,{}]", free_and("\"a\":1")), 400),
        ("[[]]".to_owned(), 400),
        ("[{}]".to_owned(), 400),
        ("{}".to_owned(), 400),
    ];
    for (body, status) in rows {
        let shown: String = body.chars().take(200).collect();
        assert_eq!(send(&client, "mcp", body.as_bytes()), status, "{shown}");
    }
    let free = free_and("\"a\":1");
    let wide = |order: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    };
    for octets in [
        wide(u16::to_le_bytes, &free),
        wide(u16::to_be_bytes, &free),
        wide(u16::to_le_bytes, &format!("\u{feff}{free}")),
        // A slash that is too long, a surrogate of its own, an octet of Latin-1.
        [b"{\"jsonrpc\":\"2.0\",\"method\":\"tools\xc0\xafcall\"}".as_slice()].concat(),
        [b"{\"jsonrpc\":\"2.0\",\"method\":\"\xed\xa0\x80\"}".as_slice()].concat(),
        [b"{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"params\":{\"\xe9\":1}}".as_slice()].concat(),
    ] {
        assert_eq!(send(&client, "kill", &octets), 400, "{}", octets.escape_ascii());
    }
}

#[test]
fn a_body_in_another_coding_is_not_read_as_if_it_were_plain() {
    let client = client();
    for (lines, status) in [
        (&[] as &[&str], 200),
        (&["identity"], 200),
        (&["Identity"], 200),
        (&["gzip"], 415),
        (&["x-unknown"], 415),
        (&["identity, br"], 415),
        (&["identity", "gzip"], 415),
        (&[""], 415),
    ] {
        let mut request = client.post("/mcp").header(ContentType::JSON).body(free_and("\"a\":1"));
        request.add_header(Header::new("Authorization", token("mcp")));
        for line in lines {
            request.add_header(Header::new("Content-Encoding", *line));
        }
        assert_eq!(request.dispatch().status().code, status, "{lines:?}");
    }
}
