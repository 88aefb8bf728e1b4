//! A small MCP server (streamable HTTP, revision 2025-11-25) whose tools need scopes.
//!
//! ```sh
//! cargo run --example mcp
//! TOKEN=$(cargo run -q -- token --scope notes:read)
//! call() { curl -i -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" http://127.0.0.1:8000/mcp -d "$1"; }
//! call '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_notes"}}'
//! call '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"milk"}}}'   # 403
//! TOKEN=$(cargo run -q -- token --scope notes:write)   # includes notes:read
//! ```
//!
//! What MCP demands of a server, and where each is met: `docs/mcp.md`.

use std::sync::Mutex;

use rocket::figment::providers::Serialized;
use rocket::http::{Header, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::content::RawJson;
use rocket::response::status::Custom;
use rocket::{Responder, State, delete, get, launch, post, routes};
use rocket_bearer::{Bearer, McpNeeds, McpTools, Needs};
use serde_json::{Value, json};

struct Notes;

impl McpNeeds for Notes {
    /// What a client asks for at its first sign-in.
    const EVERY: Needs = Needs::Scope("notes:read");
    const TOOLS: &'static [(&'static str, Needs)] =
        &[("list_notes", Needs::All(&[])), ("add_note", Needs::Scope("notes:write"))];
}

/// The newest first.
const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

type Answer = Result<Custom<RawJson<String>>, Status>;

/// The guard on the body comes after all others, so nothing is read for a page of another origin.
#[post("/mcp", data = "<call>")]
fn mcp(
    _own: OwnOrigin,
    head: Head<'_>,
    call: McpTools<Notes>,
    notes: &State<Mutex<Vec<String>>>,
) -> Answer {
    let message: Value = serde_json::from_str(call.body()).map_err(|_| Status::BadRequest)?;
    // The protocol has no batches any more.
    let true = message.is_object() else { return Err(Status::BadRequest) };
    let Some(id) = message.get("id") else { return Err(Status::Accepted) };
    let answered = |status, name: &str, value: Value| {
        let body = json!({ "jsonrpc": "2.0", "id": id, name: value });
        Ok(Custom(status, RawJson(body.to_string())))
    };
    let failed =
        |status, code, text| answered(status, "error", json!({ "code": code, "message": text }));
    if !head.fits(&message) {
        return failed(Status::BadRequest, -32020, "Header mismatch");
    }
    let params = &message["params"];
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion":
                VERSIONS.iter().find(|it| params["protocolVersion"] == **it).unwrap_or(&VERSIONS[0]),
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "notes", "version": "1.0.0" },
        }),
        "ping" => json!({}),
        "tools/list" => json!({ "tools": [
            { "name": "list_notes", "inputSchema": { "type": "object" } },
            { "name": "add_note", "inputSchema": {
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
            } },
        ] }),
        "tools/call" => {
            let mut notes = notes.lock().expect("no thread panics with the lock");
            let text = match (params["name"].as_str(), params["arguments"]["text"].as_str()) {
                (Some("list_notes"), _) => notes.join("\n"),
                (Some("add_note"), Some(text)) => {
                    notes.push(text.to_owned());
                    "added".to_owned()
                }
                _ => {
                    return failed(Status::Ok, -32602, "No such tool, or not with these arguments");
                }
            };
            json!({ "content": [{ "type": "text", "text": text }] })
        }
        _ => return failed(Status::Ok, -32601, "Method not found"),
    };
    answered(Status::Ok, "result", result)
}

/// Rocket answers 404 where only the method is wrong; clients look for 405 to learn that there is no stream
/// to listen to and no session to end.
#[derive(Responder)]
#[response(status = 405)]
struct OnlyPost((), Header<'static>);

fn only_post() -> OnlyPost {
    OnlyPost((), Header::new("Allow", "POST"))
}

#[get("/mcp")]
fn no_stream() -> OnlyPost {
    only_post()
}

#[delete("/mcp")]
fn no_session() -> OnlyPost {
    only_post()
}

/// No page of another origin may call, wherever its name leads (DNS rebinding).
struct OwnOrigin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OwnOrigin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.headers().get_one("Origin") {
            None => Outcome::Success(Self),
            Some(_) => Outcome::Error((Status::Forbidden, ())),
        }
    }
}

/// What newer clients repeat of the body in the head, for gateways that read no bodies.
struct Head<'r> {
    method: Option<&'r str>,
    name: Option<&'r str>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Head<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = |name| request.headers().get_one(name);
        match header("MCP-Protocol-Version") {
            Some(version) if !VERSIONS.contains(&version) => {
                Outcome::Error((Status::BadRequest, ()))
            }
            _ => Outcome::Success(Self { method: header("Mcp-Method"), name: header("Mcp-Name") }),
        }
    }
}

impl Head<'_> {
    fn fits(&self, message: &Value) -> bool {
        let fits = |said: Option<&str>, value: &Value| said.is_none_or(|said| value == said);
        fits(self.method, &message["method"]) && fits(self.name, &message["params"]["name"])
    }
}

#[launch]
fn rocket() -> _ {
    let figment = rocket::Config::figment()
        // MCP wants 401 for every token that is refused.
        .merge(("bearer.errors", "rfc6750"))
        .join(Serialized::default("bearer.resource", "http://127.0.0.1:8000/mcp"))
        .join(Serialized::default(
            "bearer.scopes.implies",
            json!({ "notes:write": ["notes:read"] }),
        ));
    rocket::custom(figment)
        .manage(Mutex::new(vec!["buy bread".to_owned()]))
        .attach(Bearer::fairing().public_only(["DELETE /mcp"]))
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![mcp, no_stream, no_session])
}
