//! What an MCP server asks of its callers, tool by tool.

use std::time::{Duration, SystemTime};

use rocket::http::{Accept, ContentType, Header};
use rocket::local::blocking::Client;
use rocket::response::stream::{Event, EventStream};
use rocket::tokio::{select, time};
use rocket::{Build, Rocket, get, post, routes};
use rocket_bearer::{
    AuthedUser, Bearer, Config, Dpop, DpopMode, McpError, McpNeeds, McpTools, Needs, Rejection,
};
use serde_json::{Value, json};

use crate::support::{self, Signer, but, good_claims};

/// Tools of a server with files; `rw` is broader than `ro`.
struct Files;

impl McpNeeds for Files {
    const EVERY: Needs = Needs::Scope("mcp");
    const TOOLS: &'static [(&'static str, Needs)] = &[
        ("read", Needs::Scope("ro")),
        ("write", Needs::Scope("rw")),
        ("copy", Needs::All(&[Needs::Scope("ro"), Needs::Scope("cp")])),
        ("drop", Needs::All(&[Needs::Scope("rm"), Needs::SignedInWithin(Duration::from_secs(60))])),
        ("audit", Needs::Permission("aud")),
        ("free", Needs::All(&[])),
    ];
    const PROMPTS: &'static [(&'static str, Needs)] = &[("read", Needs::Scope("ask"))];
    const RESOURCES: &'static [(&'static str, Needs)] = &[("f://a", Needs::Scope("ro"))];
    const METHODS: &'static [(&'static str, Needs)] =
        &[("completion/complete", Needs::Scope("ro")), ("tools/list", Needs::Scope("ls"))];
}

#[post("/mcp", data = "<call>")]
fn mcp(call: McpTools<Files>) -> String {
    assert!(call.user().claims().has_scope("mcp") && call.claims().sub.is_some());
    call.into_parts().1
}

#[post("/told", data = "<call>")]
fn told(call: Result<McpTools<Files>, McpError>) -> String {
    call.map_or_else(|error| format!("{error:?}"), |call| format!("{call:?}"))
}

fn config() -> Config {
    support::config(Signer::of("EdDSA").set()).scope_implies("rw", ["ro"]).unwrap()
}

fn app(config: Config) -> Rocket<Build> {
    let rocket = support::rocket().attach(Bearer::with(config)).mount("/", routes![mcp, told]);
    rocket.register("/", rocket_bearer::catchers())
}

fn client() -> Client {
    Client::untracked(app(config())).unwrap()
}

fn token(members: Value) -> String {
    let key = Signer::of("EdDSA");
    format!("Bearer {}", key.token(&key.header(), &but(good_claims(), members)))
}

/// The status, the scopes of the challenge, the body.
fn send(client: &Client, path: &str, token: Option<String>, body: &str) -> (u16, String, String) {
    let request = client.post(path.to_owned()).header(ContentType::JSON).header(Accept::JSON);
    let mut request = request.body(body);
    if let Some(token) = token {
        request.add_header(Header::new("Authorization", token));
    }
    let response = request.dispatch();
    let challenge = response.headers().get_one("WWW-Authenticate").unwrap_or_default();
    let scopes = challenge.split_once(", scope=\"").map_or("", |(_, scopes)| scopes);
    let scopes = scopes.trim_end_matches('"').to_owned();
    (response.status().code, scopes, response.into_string().unwrap_or_default())
}

fn call(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn tool(name: &str) -> Value {
    call("tools/call", json!({ "name": name, "arguments": { "name": "free" } }))
}

/// What the strictest need of the table names.
const ALL: &str = "mcp rw cp rm ask ls";

#[test]
fn each_tool_needs_its_scopes_and_the_challenge_names_them_at_once() {
    let client = client();
    let of = |scope: &str| json!({ "scope": scope });
    for (message, granted, status, scopes) in [
        (tool("read"), of("mcp ro"), 200, ""),
        (tool("read"), of("mcp rw"), 200, ""),
        (tool("read"), of("mcp"), 403, "mcp ro"),
        (tool("read"), of("ro"), 403, "mcp ro"),
        (tool("read"), of(""), 403, "mcp ro"),
        (tool("write"), of("mcp ro"), 403, "mcp rw"),
        (tool("write"), of("mcp rw"), 200, ""),
        (tool("copy"), of("mcp"), 403, "mcp ro cp"),
        (tool("copy"), of("mcp ro"), 403, "mcp ro cp"),
        (tool("copy"), of("mcp rw cp"), 200, ""),
        (tool("drop"), of("mcp rm"), 401, "mcp rm"),
        (tool("drop"), of("mcp"), 403, "mcp rm"),
        (tool("drop"), json!({ "scope": "mcp rm", "auth_time": support::now() }), 200, ""),
        // A permission is never named.
        (tool("audit"), of("mcp"), 403, "mcp"),
        (tool("audit"), json!({ "scope": "mcp", "permissions": ["aud"] }), 200, ""),
        (tool("free"), of("mcp"), 200, ""),
        (call("prompts/get", json!({ "name": "read" })), of("mcp ro"), 403, "mcp ask"),
        (call("prompts/get", json!({ "name": "read" })), of("mcp ask"), 200, ""),
        (call("resources/read", json!({ "uri": "f://a" })), of("mcp ro"), 200, ""),
        (call("resources/subscribe", json!({ "uri": "f://a" })), of("mcp"), 403, "mcp ro"),
        (call("completion/complete", json!({ "ref": {} })), of("mcp"), 403, "mcp ro"),
        (call("completion/complete", json!({ "ref": {} })), of("mcp ro"), 200, ""),
        (call("tools/list", json!({})), of("mcp"), 403, "mcp ls"),
        (call("prompts/list", json!({})), of("mcp"), 200, ""),
        (call("initialize", json!({ "protocolVersion": "2025-11-25" })), of("mcp"), 200, ""),
        (call("ping", json!(null)), of("mcp"), 200, ""),
        (call("ping", json!({})), of(""), 403, "mcp"),
        (json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }), of("mcp"), 200, ""),
        (json!({ "jsonrpc": "2.0", "id": "a", "method": "server/discover" }), of("mcp"), 200, ""),
        // Several at once need all that each of them needs.
        (json!([tool("free"), tool("free")]), of("mcp"), 200, ""),
        (json!([tool("free"), tool("read")]), of("mcp"), 403, "mcp ro"),
        (json!([tool("read"), tool("copy")]), of("mcp rw"), 403, "mcp ro cp"),
        (json!([tool("read"), tool("write")]), of("mcp"), 403, "mcp rw"),
        (json!([tool("read"), tool("write")]), of("mcp rw"), 200, ""),
        (json!([tool("drop"), tool("read")]), of("mcp rm"), 403, "mcp rm ro"),
        (json!([tool("read"), tool("drop")]), of("mcp ro rm"), 401, "mcp ro rm"),
    ] {
        let body = message.to_string();
        let (code, named, answer) = send(&client, "/mcp", Some(token(granted.clone())), &body);
        assert_eq!((code, named.as_str()), (status, scopes), "{granted} {body}");
        if status == 200 {
            assert_eq!(answer, body);
        }
    }
}

#[test]
fn what_is_unknown_needs_all_that_anything_needs() {
    let client = client();
    let all = || {
        let grants = json!({ "scope": ALL, "permissions": ["aud"], "auth_time": support::now() });
        Some(token(grants))
    };
    for message in [
        tool("Read"),
        tool("read "),
        tool(" read"),
        tool("read\u{0}"),
        tool("rea\u{0501}"),
        tool(""),
        tool("delete"),
        call("tools/call", json!({})),
        call("tools/call", json!({ "name": 7 })),
        call("tools/call", json!({ "name": ["read"] })),
        call("tools/call", json!({ "uri": "f://a" })),
        call("tools/call", json!(["read"])),
        call("tools/call", json!(null)),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" }),
        json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "delete" } }),
        call("Tools/call", json!({ "name": "free" })),
        call("tools/call/", json!({ "name": "free" })),
        call("tools//call", json!({ "name": "free" })),
        call("tools/call\u{0}", json!({ "name": "free" })),
        call("tools/unknown", json!({})),
        call("prompts/get", json!({ "name": "free" })),
        call("resources/read", json!({ "uri": "f://b" })),
        call("resources/read", json!({ "uri": "F://a" })),
        call("resources/read", json!({ "uri": "f://a/../b" })),
        call("resources/read", json!({ "name": "f://a" })),
        call("tasks/get", json!({ "taskId": "1" })),
        call("subscriptions/listen", json!({})),
        call("notifications/unknown", json!({})),
        call("", json!({})),
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": "a" } }),
        json!([tool("free"), tool("delete")]),
        json!([{ "jsonrpc": "2.0", "id": 1, "result": {} }, tool("free")]),
    ] {
        let body = message.to_string();
        let most = Some(token(json!({ "scope": "mcp rw cp rm ask" })));
        let (code, named, _) = send(&client, "/mcp", most, &body);
        assert_eq!((code, named.as_str()), (403, ALL), "{body}");
        assert_eq!(send(&client, "/mcp", all(), &body).0, 200, "{body}");
    }
}

#[test]
fn without_a_token_the_body_is_not_read_and_the_first_scopes_are_named() {
    let client = client();
    for body in [tool("write").to_string(), "no JSON".to_owned(), " ".repeat(2 << 20)] {
        for (authorization, status, scopes) in [
            (None, 401, "mcp"),
            (Some("Bearer garbage".to_owned()), 401, "mcp"),
            (Some(token(json!({ "exp": 1 }))), 401, "mcp"),
            (Some("Bearer".to_owned()), 400, ""),
        ] {
            let (code, named, answer) = send(&client, "/mcp", authorization.clone(), &body);
            assert_eq!((code, named.as_str()), (status, scopes), "{authorization:?}");
            let code: Value = serde_json::from_str(&answer).unwrap();
            assert!(code["code"].as_str().unwrap().contains('_'), "{answer}");
        }
    }
}

#[test]
fn each_scheme_that_is_offered_is_told_the_scopes() {
    let dpop = Dpop::default().mode(DpopMode::Allowed).base(["https://api.test"]).unwrap();
    let client = Client::untracked(app(config().dpop(dpop))).unwrap();
    let bound = token(json!({ "scope": "mcp ro", "cnf": { "jkt": "A".repeat(43) } }));
    for (authorization, status, scopes) in [
        (None, 401, "mcp"),
        (Some(token(json!({ "exp": 1 }))), 401, "mcp"),
        (Some(bound.clone()), 401, "mcp"),
        (Some(bound.replace("Bearer", "DPoP")), 401, "mcp"),
        (Some(token(json!({ "scope": "mcp" }))), 403, "mcp ro"),
    ] {
        let mut request = client.post("/mcp").header(ContentType::JSON);
        request.set_body(tool("read").to_string());
        if let Some(value) = authorization.clone() {
            request.add_header(Header::new("Authorization", value));
        }
        let response = request.dispatch();
        assert_eq!(response.status().code, status, "{authorization:?}");
        let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
        let hint = format!(", scope=\"{scopes}\"");
        assert_eq!(challenges.len(), 2, "{challenges:?}");
        assert!(challenges.iter().all(|it| it.ends_with(&hint)), "{challenges:?}");
    }
}

#[test]
fn a_route_may_ask_why_a_body_was_refused() {
    let client = client();
    let granted = || Some(token(json!({ "scope": "mcp" })));
    for (authorization, body, expected) in [
        (granted(), tool("free").to_string(), "McpTools { .. }".to_owned()),
        (granted(), "[]".to_owned(), format!("{:?}", McpError::Malformed)),
        (granted(), " ".repeat((1 << 20) + 1), format!("{:?}", McpError::TooLarge)),
        (
            None,
            tool("free").to_string(),
            format!("{:?}", McpError::Rejected(Rejection::HeaderMissing)),
        ),
    ] {
        assert_eq!(send(&client, "/told", authorization, &body).2, expected);
    }
    let request = client.post("/told").header(ContentType::Plain).body(tool("free").to_string());
    let response = request.header(Header::new("Authorization", granted().unwrap())).dispatch();
    assert_eq!(response.into_string().unwrap(), "NotJson");
}

#[test]
fn the_guard_counts_as_one_and_its_scopes_are_advertised() {
    let rocket = support::rocket().mount("/", routes![mcp]).attach({
        let config = config().resource("https://api.test").unwrap();
        Bearer::with(config).public_only([] as [&str; 0])
    });
    let client = Client::untracked(rocket).expect("the route is guarded");
    let metadata = client.get("/.well-known/oauth-protected-resource").dispatch();
    let metadata: Value = serde_json::from_str(&metadata.into_string().unwrap()).unwrap();
    assert_eq!(metadata["scopes_supported"], json!(["ask", "cp", "ls", "mcp", "rm", "ro", "rw"]));
    let challenge = client.post("/mcp").dispatch();
    assert_eq!(
        challenge.headers().get_one("WWW-Authenticate"),
        Some(
            "Bearer realm=\"api\", resource_metadata=\"https://api.test/.well-known/oauth-protected-resource\", \
             scope=\"mcp\""
        )
    );
    let unattached = Client::untracked(support::rocket().mount("/", routes![mcp]));
    let error = unattached.expect_err("without `Bearer` it does not launch");
    assert!(matches!(error.kind(), rocket::error::ErrorKind::SentinelAborts(_)));
}

/// A server may judge the URIs of its templates by itself. What it does not know needs all that any
/// resource needs.
#[test]
fn resources_may_be_judged_by_code() {
    struct Notes;
    impl McpNeeds for Notes {
        const TOOLS: &'static [(&'static str, Needs)] = &[];
        const RESOURCES: &'static [(&'static str, Needs)] =
            &[("n://*", Needs::Scope("ro")), ("n://top", Needs::Scope("top"))];
        fn resource(uri: &str) -> &str {
            match uri.strip_prefix("n://").filter(|name| !name.contains(['/', '.', '%'])) {
                Some("top") | None => uri,
                Some(_) => "n://*",
            }
        }
    }
    #[post("/notes", data = "<_call>")]
    fn notes(_call: McpTools<Notes>) {}
    let client = Client::untracked(app(config()).mount("/", routes![notes])).unwrap();
    for (uri, status, scopes) in [
        ("n://a", 200, ""),
        ("n://", 200, ""),
        ("n://*", 200, ""),
        ("n://top", 403, "top"),
        ("n://./top", 403, "ro top"),
        ("n://%74op", 403, "ro top"),
        ("m://a", 403, "ro top"),
        ("", 403, "ro top"),
    ] {
        let body = call("resources/read", json!({ "uri": uri })).to_string();
        let (code, named, _) =
            send(&client, "/notes", Some(token(json!({ "scope": "ro" }))), &body);
        assert_eq!((code, named.as_str()), (status, scopes), "{uri}");
    }
}

/// A row for a method that has a table of its own is not passed over.
#[test]
fn a_method_and_its_tool_may_both_need_something() {
    struct Both;
    impl McpNeeds for Both {
        const TOOLS: &'static [(&'static str, Needs)] =
            &[("read", Needs::Scope("ro")), ("free", Needs::All(&[]))];
        const PROMPTS: &'static [(&'static str, Needs)] = &[("free", Needs::All(&[]))];
        const RESOURCES: &'static [(&'static str, Needs)] = &[("f://a", Needs::Scope("ro"))];
        const METHODS: &'static [(&'static str, Needs)] = &[
            ("tools/call", Needs::Scope("call")),
            ("prompts/get", Needs::Scope("ask")),
            ("resources/subscribe", Needs::Scope("sub")),
        ];
    }
    #[post("/both", data = "<_call>")]
    fn both(_call: McpTools<Both>) {}
    let client = Client::untracked(app(config()).mount("/", routes![both])).unwrap();
    for (message, granted, status, scopes) in [
        (tool("free"), "", 403, "call"),
        (tool("free"), "call", 200, ""),
        (tool("read"), "ro", 403, "call ro"),
        (tool("read"), "call", 403, "call ro"),
        (tool("read"), "call ro", 200, ""),
        (call("prompts/get", json!({ "name": "free" })), "call ro", 403, "ask"),
        (call("prompts/get", json!({ "name": "free" })), "ask", 200, ""),
        (call("resources/read", json!({ "uri": "f://a" })), "ro", 200, ""),
        (call("resources/subscribe", json!({ "uri": "f://a" })), "ro", 403, "sub ro"),
        (call("resources/subscribe", json!({ "uri": "f://a" })), "ro sub", 200, ""),
        // No name, no tool: the strictest.
        (call("tools/call", json!({})), "call ro", 403, "ro call ask sub"),
    ] {
        let body = message.to_string();
        let (code, named, _) =
            send(&client, "/both", Some(token(json!({ "scope": granted }))), &body);
        assert_eq!((code, named.as_str()), (status, scopes), "{granted}: {body}");
    }
}

/// The stream of a token that is accepted by the `leeway` alone has ended when it begins; any other ends
/// with its token.
#[test]
fn a_stream_ends_with_its_token() {
    #[get("/events")]
    fn events(user: AuthedUser) -> EventStream![] {
        let left = user.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
        EventStream! {
            let mut end = Box::pin(time::sleep(left));
            loop {
                select! {
                    biased;
                    _ = &mut end => break,
                    _ = time::sleep(Duration::from_millis(50)) => yield Event::data("tick"),
                }
            }
        }
    }
    let client = Client::untracked(app(config()).mount("/", routes![events])).unwrap();
    for (exp, has_ticks) in [(support::now() - 2, false), (support::now() + 2, true)] {
        let token = token(json!({ "exp": exp }));
        let response = client.get("/events").header(Header::new("Authorization", token)).dispatch();
        assert_eq!(response.status().code, 200, "{exp}");
        let told = response.into_string().unwrap_or_default();
        assert_eq!(told.contains("tick"), has_ticks, "{exp}");
    }
}

/// Each demand names a test that there is.
#[test]
fn every_demand_of_the_specification_has_its_test() {
    let page = include_str!("../../docs/mcp.md");
    let rows: Vec<_> = page.lines().filter(|line| line.contains("| `tests/")).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let (_, cell) = row.split_once("| `tests/").unwrap();
        let (file, test) = cell.split_once("`: `").expect(row);
        let test = test.trim_end_matches(['|', ' ', '`']);
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        let Ok(text) = std::fs::read_to_string(path) else {
            // The tests with real counterparts are not published.
            assert!(file.starts_with("interop/"), "{row}");
            continue;
        };
        let is_there =
            text.contains(&format!("fn {test}()")) || text.contains(&format!("check('{test}'"));
        assert!(is_there, "{row}");
    }
}
