//! What a caller of an MCP server may write into its body: no tool is called without its scopes, however
//! the call is spelled, and no line tells what was in a body.

use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rocket::figment::Figment;
use rocket::http::{ContentType, Header, Method};
use rocket::local::blocking::Client;
use rocket::{Build, Rocket, State, post, routes};
use rocket_bearer::{Bearer, McpNeeds, McpTools, Needs, Revocations, Rule};
use serde_json::{Value, json};

use crate::support::server::Server;
use crate::support::{self, Signer, but, good_claims, leaks};

struct Tools;

impl McpNeeds for Tools {
    const TOOLS: &'static [(&'static str, Needs)] =
        &[("free", Needs::All(&[])), ("kill", Needs::Scope("kill"))];
}

#[post("/mcp", data = "<call>")]
fn mcp(call: McpTools<Tools>) -> String {
    call.body().len().to_string()
}

/// The user whose tokens [`revoke`] takes back.
const REVOKED: &str = "mallory-0123456789";

#[post("/revoke")]
async fn revoke(revocations: &State<Revocations>) {
    revocations.revoke(Rule::sub(REVOKED)).await.unwrap();
}

fn mounted(figment: Figment) -> Rocket<Build> {
    leaks::watched(figment).mount("/", routes![mcp, revoke])
}

pub(super) fn client() -> Client {
    let config = support::config(Signer::of("EdDSA").set());
    let rocket = mounted(support::figment()).attach(Bearer::with(config));
    Client::untracked(rocket.register("/", rocket_bearer::catchers())).unwrap()
}

pub(super) fn token(scope: &str) -> String {
    let key = Signer::of("EdDSA");
    format!("Bearer {}", key.token(&key.header(), &but(good_claims(), json!({ "scope": scope }))))
}

pub(super) fn send(client: &Client, scope: &str, body: &[u8]) -> u16 {
    let request = client.post("/mcp").header(ContentType::JSON).body(body);
    request.header(Header::new("Authorization", token(scope))).dispatch().status().code
}

/// A message of these members, and the good ones before them.
pub(super) fn message(members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,{members}}}"#)
}

/// Stands in every body whose refusal could repeat it.
const SECRET: &str = "a-s3cr3t-that-is-in-a-body-0123456789";

#[test]
fn no_spelling_of_a_body_calls_a_tool_without_its_scope() {
    leaks::keep(SECRET);
    let client = client();
    let free = message(r#""method":"tools/call","params":{"name":"free"}"#);
    let kill = message(r#""method":"tools/call","params":{"name":"kill"}"#);
    let deep = |depth: usize| {
        let arguments = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        message(&format!(
            r#""method":"tools/call","params":{{"name":"free","arguments":{arguments}}}"#
        ))
    };
    let reserved = "$serde_json::private::RawValue";
    let rows = [
        ("as it should be", free.clone(), 200, 200),
        ("the other tool", kill.clone(), 403, 200),
        (
            "a method twice",
            message(r#""method":"ping","method":"tools/call","params":{"name":"kill"}"#),
            400,
            400,
        ),
        (
            "a method twice by an escape",
            message(r#""method":"ping","m\u0065thod":"tools/call","params":{"name":"kill"}"#),
            400,
            400,
        ),
        (
            "params twice",
            message(r#""method":"tools/call","params":{"name":"free"},"params":{"name":"kill"}"#),
            400,
            400,
        ),
        (
            "a name twice",
            message(r#""method":"tools/call","params":{"name":"free","name":"kill"}"#),
            400,
            400,
        ),
        (
            "a name twice by an escape",
            message(r#""method":"tools/call","params":{"name":"free","\u006eame":"kill"}"#),
            400,
            400,
        ),
        (
            "a name twice, the same",
            message(r#""method":"tools/call","params":{"name":"free","name":"free"}"#),
            400,
            400,
        ),
        (
            "an argument twice",
            message(r#""method":"tools/call","params":{"name":"free","arguments":{"a":1,"a":2}}"#),
            400,
            400,
        ),
        (
            "an argument twice, deeper",
            message(
                r#""method":"tools/call","params":{"name":"free","arguments":[{"a":{"b":1,"b":1}}]}"#,
            ),
            400,
            400,
        ),
        ("an id twice", r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#.to_owned(), 400, 400),
        (
            "a method in capitals too",
            message(r#""method":"ping","Method":"tools/call","params":{"name":"kill"}"#),
            400,
            400,
        ),
        (
            "a name in capitals too",
            message(r#""method":"tools/call","params":{"name":"free","Name":"kill"}"#),
            400,
            400,
        ),
        (
            "a uri in capitals too",
            message(r#""method":"tools/call","params":{"name":"free","URI":"kill"}"#),
            400,
            400,
        ),
        (
            "params in capitals",
            message(r#""method":"tools/call","PARAMS":{"name":"free"}"#),
            400,
            400,
        ),
        ("a member of one's own", message(r#""method":"ping","extra":1"#), 400, 400),
        (
            "a name by escapes",
            message(r#""method":"tools\u002fcall","params":{"name":"\u006bill"}"#),
            403,
            200,
        ),
        (
            "a free name by escapes",
            message(r#""method":"tools\/call","params":{"name":"\u0066ree"}"#),
            200,
            200,
        ),
        (
            "a lone surrogate",
            message(r#""method":"tools/call","params":{"name":"free\ud800"}"#),
            400,
            400,
        ),
        (
            "a pair of surrogates",
            message(r#""method":"tools/call","params":{"name":"free\ud83d\ude00"}"#),
            403,
            200,
        ),
        (
            "a letter that looks alike",
            message(r#""method":"tools/call","params":{"name":"fr\u0435e"}"#),
            403,
            200,
        ),
        (
            "a combining letter",
            message(r#""method":"tools/call","params":{"name":"fre\u0065\u0301"}"#),
            403,
            200,
        ),
        (
            "a zero-width space",
            message(r#""method":"tools/call","params":{"name":"free\u200b"}"#),
            403,
            200,
        ),
        (
            "NUL at the end",
            message(r#""method":"tools/call","params":{"name":"free\u0000"}"#),
            403,
            200,
        ),
        (
            "another letter case",
            message(r#""method":"tools/call","params":{"name":"Free"}"#),
            403,
            200,
        ),
        (
            "a name as a list",
            message(r#""method":"tools/call","params":{"name":["free"]}"#),
            403,
            200,
        ),
        ("a name as null", message(r#""method":"tools/call","params":{"name":null}"#), 403, 200),
        (
            "a name in the arguments",
            message(r#""method":"tools/call","params":{"arguments":{"name":"free"}}"#),
            403,
            200,
        ),
        (
            "params as a list",
            message(r#""method":"tools/call","params":[{"name":"free"}]"#),
            403,
            200,
        ),
        ("params as a text", message(r#""method":"tools/call","params":"free""#), 400, 400),
        ("params as a number", message(r#""method":"tools/call","params":1"#), 400, 400),
        (
            "a method as a list",
            message(r#""method":["tools/call"],"params":{"name":"free"}"#),
            400,
            400,
        ),
        ("a method as null", message(r#""method":null"#), 400, 400),
        (
            "a method in capitals",
            message(r#""method":"TOOLS/CALL","params":{"name":"free"}"#),
            403,
            200,
        ),
        (
            "a method with a space",
            message(r#""method":"tools/call ","params":{"name":"free"}"#),
            403,
            200,
        ),
        (
            "a method with a slash too many",
            message(r#""method":"/tools/call","params":{"name":"free"}"#),
            403,
            200,
        ),
        ("a method of the protocol, longer", message(r#""method":"ping/kill""#), 403, 200),
        (
            "a notification",
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"kill"}}"#.to_owned(),
            403,
            200,
        ),
        (
            "an id that is null",
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"kill"}}"#
                .to_owned(),
            403,
            200,
        ),
        (
            "an id that is an object",
            r#"{"jsonrpc":"2.0","id":{"a":1},"method":"tools/call","params":{"name":"kill"}}"#
                .to_owned(),
            403,
            200,
        ),
        ("an answer", r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#.to_owned(), 403, 200),
        (
            "an answer that calls",
            message(r#""method":"tools/call","params":{"name":"free"},"result":{}"#),
            400,
            400,
        ),
        ("neither call nor answer", r#"{"jsonrpc":"2.0","id":1}"#.to_owned(), 400, 400),
        ("another version", r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#.to_owned(), 400, 400),
        ("a version as a number", r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#.to_owned(), 400, 400),
        ("no version", r#"{"id":1,"method":"ping"}"#.to_owned(), 400, 400),
        ("a batch of both", format!("[{free},{kill}]"), 403, 200),
        ("a batch of both, the other way", format!("[{kill},{free}]"), 403, 200),
        ("a batch of free ones", format!("[{free},{free}]"), 200, 200),
        ("a batch within a batch", format!("[{free},[{kill}]]"), 400, 400),
        ("a batch with what is none", format!("[{free},null]"), 400, 400),
        ("an empty batch", "[]".to_owned(), 400, 400),
        ("two bodies", format!("{free}{kill}"), 400, 400),
        ("two lines", format!("{free}\n{kill}"), 400, 400),
        ("a comment", format!("{free}/*{kill}*/"), 400, 400),
        ("a comma at the end", free.replace("}}", "},}"), 400, 400),
        ("a byte-order mark", format!("\u{feff}{free}"), 400, 400),
        ("white space around it", format!(" \r\n\t{free}\n "), 200, 200),
        ("a form feed", format!("\u{c}{free}"), 400, 400),
        (
            "a reserved name",
            message(&format!(
                r#""method":"tools/call","params":{{"{reserved}":"{{\"name\":\"kill\"}}"}}"#
            )),
            400,
            400,
        ),
        ("a reserved name as the body", format!(r#"{{"{reserved}":{}}}"#, json!(kill)), 400, 400),
        (
            "a reserved name in a batch",
            format!(r#"[{free},{{"{reserved}":{}}}]"#, json!(kill)),
            400,
            400,
        ),
        (
            "a reserved name in arguments",
            message(&format!(
                r#""method":"tools/call","params":{{"name":"free","arguments":{{"{reserved}":"1"}}}}"#
            )),
            400,
            400,
        ),
        (
            "a reserved name as a name",
            message(&format!(
                r#""method":"tools/call","params":{{"name":{{"{reserved}":"\"free\""}}}}"#
            )),
            400,
            400,
        ),
        (
            "a reserved number",
            message(
                r#""method":"tools/call","params":{"name":"free","arguments":{"$serde_json::private::Number":"1"}}"#,
            ),
            400,
            400,
        ),
        (
            "a number beyond a double",
            message(r#""method":"tools/call","params":{"name":"free","arguments":{"a":1e400}}"#),
            400,
            400,
        ),
        ("deep", deep(120), 200, 200),
        ("too deep", deep(130), 400, 400),
        ("as deep as it gets", deep(400_000), 400, 400),
        ("an endless array", "[".repeat(1 << 20), 400, 400),
        ("an endless object", r#"{"a":"#.repeat(170_000), 400, 400),
        ("a text", json!(kill).to_string(), 400, 400),
        ("null", "null".to_owned(), 400, 400),
        ("nothing", String::new(), 400, 400),
        ("a form", "method=tools/call&name=kill".to_owned(), 400, 400),
    ];
    for (name, body, without, with) in rows {
        assert_eq!(send(&client, "mcp", body.as_bytes()), without, "{name}");
        assert_eq!(send(&client, "kill", body.as_bytes()), with, "{name}, with the scope");
    }
    for octets in
        [&b"\xff\xfe{\0}\0"[..], b"{\"jsonrpc\":\"2.0\",\"method\":\"ping\xff\"}", b"\x1f\x8b\x08"]
    {
        assert_eq!(send(&client, "kill", octets), 400, "{}", octets.escape_ascii());
    }
    // What a refusal could repeat, at each place of a body.
    for body in [
        SECRET.to_owned(),
        json!(SECRET).to_string(),
        message(&format!(r#""{SECRET}":1"#)),
        message(&format!(r#""method":"{SECRET}""#)),
        message(&format!(r#""method":"tools/call","params":"{SECRET}""#)),
        message(&format!(r#""method":"tools/call","params":{{"name":"{SECRET}"}}"#)),
        message(&format!(
            r#""method":"tools/call","params":{{"name":"kill","arguments":"{SECRET}"}}"#
        )),
        format!("{{\"{SECRET}"),
        format!("[{kill},{SECRET}]"),
    ] {
        assert!([400, 403].contains(&send(&client, "mcp", body.as_bytes())), "{body}");
    }
}

#[test]
fn only_a_post_of_json_reaches_the_endpoint() {
    let client = client();
    let body = message(r#""method":"tools/call","params":{"name":"free"}"#);
    for (content_type, status) in [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("Application/JSON"), 200),
        (None, 415),
        (Some("text/plain"), 415),
        (Some("text/json"), 415),
        (Some("application/json-rpc"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=a"), 415),
        (Some("application/octet-stream"), 415),
        (Some("*/*"), 415),
        (Some("json"), 415),
        (Some(""), 415),
    ] {
        let mut request = client.post("/mcp").body(&body);
        request.add_header(Header::new("Authorization", token("kill")));
        if let Some(value) = content_type {
            request.add_header(Header::new("Content-Type", value));
        }
        assert_eq!(request.dispatch().status().code, status, "{content_type:?}");
    }
    for method in [Method::Get, Method::Put, Method::Delete, Method::Patch, Method::Options] {
        let request = client.req(method, "/mcp").header(ContentType::JSON).body(&body);
        let response = request.header(Header::new("Authorization", token("kill"))).dispatch();
        assert_eq!(response.status().code, 404, "{method}");
    }
}

/// On a socket: answers that come before the body, and bodies that never end.
#[test]
fn a_body_is_read_to_its_limit_and_no_further() {
    const LIMIT: usize = 1 << 20;
    let server = Server::of(mounted, support::config(Signer::of("EdDSA").set()));
    let free = message(r#""method":"tools/call","params":{"name":"free"}"#);
    let head = |authorization: &str, more: &str| {
        let authorization = match authorization {
            "" => String::new(),
            token => format!("Authorization: {token}\r\n"),
        };
        format!(
            "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{authorization}{more}\r\n"
        )
    };
    let good = token("mcp");
    let chunk = |octets: &str| format!("{:x}\r\n{octets}\r\n", octets.len());
    let filled = |length: usize| format!("{free}{}", " ".repeat(length - free.len()));
    let length = |length: usize| format!("Content-Length: {length}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let rows = [
        ("as much as may be", head(&good, &length(LIMIT)) + &filled(LIMIT), 200),
        ("one octet more", head(&good, &length(LIMIT + 1)) + &filled(LIMIT + 1), 413),
        (
            "in chunks",
            head(&good, chunked) + &chunk(&free[..20]) + &chunk(&free[20..]) + "0\r\n\r\n",
            200,
        ),
        ("as much in chunks", head(&good, chunked) + &chunk(&filled(LIMIT)) + "0\r\n\r\n", 200),
        ("more in chunks, without an end", head(&good, chunked) + &chunk(&filled(LIMIT + 1)), 413),
        (
            "a batch in chunks",
            head(&good, chunked) + &chunk("[") + &chunk(&free) + &chunk("]") + "0\r\n\r\n",
            200,
        ),
        // Rocket looks at the first octets of every body, for a `_method`.
        ("much more, and little of it sent", head(&good, &length(1 << 40)) + &free[..20], 413),
        ("without a token, and little of its body", head("", &length(100)) + &free[..20], 401),
        ("without a token, by chunks", head("", chunked) + &chunk(&free[..20]), 401),
        ("a bad token", head("Bearer a", &length(100)) + &free[..20], 401),
    ];
    for (name, octets, status) in rows {
        let mut connection = server.connect();
        // The server may hang up before it has read all of it.
        let _ = connection.send(octets.as_bytes());
        assert_eq!(connection.answer().expect(name).status, status, "{name}");
    }
    // A body that ends early is none.
    let mut connection = server.connect();
    connection.send((head(&good, &length(free.len() + 1)) + &free).as_bytes()).unwrap();
    connection.says_no_more();
    let answer = connection.answer();
    assert!(answer.is_none_or(|answer| answer.status == 400));
}

/// A call that is begun with a token in time is not carried out when the token has expired, or was revoked,
/// before the end of its body.
#[test]
fn a_body_does_not_outlive_its_token() {
    let config = support::config(Signer::of("EdDSA").set()).leeway(Duration::ZERO).unwrap();
    let server = Server::of(mounted, config);
    let key = Signer::of("EdDSA");
    let exp = support::now() + 2;
    let body = message(r#""method":"tools/call","params":{"name":"kill"}"#);
    let mut begun = vec![];
    for (sub, exp, status) in
        [("user-a", exp, 401), ("user-b", exp + 60, 200), (REVOKED, exp + 60, 401)]
    {
        let claims = but(good_claims(), json!({ "scope": "kill", "exp": exp, "sub": sub }));
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n\
             Content-Length: {}\r\n\r\n{}",
            key.token(&key.header(), &claims),
            body.len(),
            &body[..30]
        );
        let mut connection = server.connect();
        connection.send(head.as_bytes()).unwrap();
        begun.push((sub, connection, status));
    }
    while support::now() < exp {
        thread::sleep(Duration::from_millis(50));
    }
    let mut operator = server.connect();
    operator.send(b"POST /revoke HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert_eq!(operator.answer().unwrap().status, 200);
    for (sub, mut connection, status) in begun {
        connection.send(&body.as_bytes()[30..]).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, status, "{sub}: {}", answer.head);
        let is_told = answer.head.contains("error=\"invalid_token\"")
            && answer.head.contains("scope=\"kill\"");
        assert!(status == 200 || is_told, "{sub}: {}", answer.head);
    }
}

/// Whether a parser that takes the first of two members, or the last, finds a call of `kill` in it.
fn may_kill(message: &Value) -> bool {
    let plain = ["initialize", "ping", "tools/list", "notifications/initialized"];
    match message {
        Value::Array(batch) => batch.iter().any(may_kill),
        _ => {
            let method = message["method"].as_str().unwrap_or_default();
            !(method == "tools/call" && message["params"]["name"] == "free"
                || plain.contains(&method))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever gets in without the scope calls nothing but what is free, by serde_json's own reading.
    #[test]
    fn what_gets_in_without_the_scope_calls_nothing_else(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", " ", "\"jsonrpc\":\"2.0\"", "\"method\":", "\"tools/call\"", "\"ping\"",
            "\"params\":", "\"name\":", "\"free\"", "\"kill\"", "\"id\":1", "\"result\":1", "\"x\":", "null", "\\u0065",
            "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"free\"", "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"",
            "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"kill\"", "}}", ",\"name\":\"kill\"",
        ]), 1..8),
        fix in 0..4_usize,
    ) {
        thread_local!(static CLIENT: Client = client());
        let text = pieces.concat();
        let body = match fix {
            0 => text,
            1 => format!("[{text}]"),
            2 => format!("{text}}}"),
            _ => format!("{text}}}}}"),
        };
        let status = CLIENT.with(|client| send(client, "mcp", body.as_bytes()));
        prop_assert!([200, 400, 403].contains(&status));
        if status == 200 {
            let read: Value = serde_json::from_str(&body).unwrap();
            prop_assert!(!may_kill(&read), "{}", body);
        }
    }
}
