//! What each tool, prompt and resource of an MCP server needs.

use super::json_rpc::Call;
use crate::rejection::needs::Needs;

/// A name, and what calling it needs.
pub(super) type Row = (&'static str, Needs);

/// The methods that call no tool: they need what every message needs.
const PLAIN: [&str; 12] = [
    "initialize",
    "server/discover",
    "ping",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "logging/setLevel",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
];

/// What the messages to an MCP server need, by what they call; a type of your own implements it, and
/// [`McpTools`](crate::McpTools) asks for it.
///
/// Names are compared whole. A tool, prompt, resource or method that stands in no table needs the
/// strictest: all that is written here, together. So does an answer to a request of the server.
///
/// ```
/// use rocket_bearer::{McpNeeds, Needs};
///
/// struct Files;
///
/// impl McpNeeds for Files {
///     const TOOLS: &'static [(&'static str, Needs)] = &[
///         ("read_file", Needs::Scope("files:read")),
///         ("write_file", Needs::Scope("files:write")),
///     ];
///     const RESOURCES: &'static [(&'static str, Needs)] =
///         &[("notes://today", Needs::Scope("files:read"))];
///
///     fn resource(uri: &str) -> Option<&'static Needs> {
///         // One need for all of a template. A path with `..` in it is unknown, and needs the strictest.
///         let is_note = uri.strip_prefix("notes://").is_some_and(|name| !name.contains(['/', '%', '.']));
///         is_note.then_some(&Self::RESOURCES[0].1)
///     }
/// }
/// ```
///
/// A name that stands twice in one table does not compile where a route asks for it:
///
/// ```compile_fail
/// use rocket::{post, routes};
/// use rocket_bearer::{McpNeeds, McpTools, Needs};
/// struct Twice;
///
/// impl McpNeeds for Twice {
///     const TOOLS: &'static [(&'static str, Needs)] =
///         &[("read", Needs::Scope("a")), ("read", Needs::Scope("b"))];
/// }
///
/// #[post("/mcp", data = "<_call>")]
/// fn mcp(_call: McpTools<Twice>) {}
/// # let _ = routes![mcp];
/// ```
pub trait McpNeeds: 'static {
    /// What every message needs, whatever it calls; nothing beyond a token by default. The 401 of a request
    /// without a token names these scopes, for its body is not read.
    const EVERY: Needs = Needs::All(&[]);

    /// The tools, by the `name` of `tools/call`.
    const TOOLS: &'static [(&'static str, Needs)];

    /// The prompts, by the `name` of `prompts/get`.
    const PROMPTS: &'static [(&'static str, Needs)] = &[];

    /// The resources, by the `uri` of `resources/read`, `resources/subscribe` and `resources/unsubscribe`.
    const RESOURCES: &'static [(&'static str, Needs)] = &[];

    /// Other methods, such as `completion/complete`, `subscriptions/listen` or `tasks/get`.
    ///
    /// `initialize`, `server/discover`, `ping`, `logging/setLevel`, the lists of tools, prompts and resources,
    /// and the notifications of clients need nothing more than [`EVERY`](Self::EVERY), unless they stand here.
    const METHODS: &'static [(&'static str, Needs)] = &[];

    /// What a resource needs: by default what its row in [`RESOURCES`](Self::RESOURCES) says; `None` for
    /// the strictest. The `uri` is as the client wrote it.
    fn resource(uri: &str) -> Option<&'static Needs> {
        row(Self::RESOURCES, uri)
    }
}

/// All that calls need together, each once: nothing may be left out.
pub(super) fn of_calls<N: McpNeeds>(calls: &[Call<'_>]) -> Vec<&'static Needs> {
    let mut needs = vec![const { &N::EVERY }];
    for call in calls {
        match of_call::<N>(call) {
            Some(one) if needs.contains(&one) => {}
            Some(one) => needs.push(one),
            None => return all::<N>().collect(),
        }
    }
    needs
}

/// `None` for the strictest.
fn of_call<N: McpNeeds>(call: &Call<'_>) -> Option<&'static Needs> {
    match call {
        Call::Tool(name) => row(N::TOOLS, name),
        Call::Prompt(name) => row(N::PROMPTS, name),
        Call::Resource(uri) => N::resource(uri),
        Call::Method(name) => row(N::METHODS, name)
            .or_else(|| PLAIN.contains(&&**name).then_some(const { &N::EVERY })),
        Call::Unknown => None,
    }
}

/// Whatever is needed anywhere.
pub(super) fn all<N: McpNeeds>() -> impl Iterator<Item = &'static Needs> {
    let rows = [N::TOOLS, N::PROMPTS, N::RESOURCES, N::METHODS].into_iter().flatten();
    std::iter::once(const { &N::EVERY }).chain(rows.map(|(_, needs)| needs))
}

fn row(rows: &'static [Row], name: &str) -> Option<&'static Needs> {
    rows.iter().find(|(known, _)| *known == name).map(|(_, needs)| needs)
}

/// Whether every name can be carried, and stands once in its table.
pub(super) const fn are_sound<N: McpNeeds>() -> bool {
    N::EVERY.is_sound()
        && rows_are_sound(N::TOOLS)
        && rows_are_sound(N::PROMPTS)
        && rows_are_sound(N::RESOURCES)
        && rows_are_sound(N::METHODS)
}

const fn rows_are_sound(rows: &[Row]) -> bool {
    let mut index = 0;
    while index < rows.len() {
        let mut other = 0;
        while other < index {
            if is_same(rows[index].0.as_bytes(), rows[other].0.as_bytes()) {
                return false;
            }
            other += 1;
        }
        if !rows[index].1.is_sound() {
            return false;
        }
        index += 1;
    }
    true
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    one.len() == other.len()
}
