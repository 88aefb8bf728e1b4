//! What each tool, prompt and resource of an MCP server needs.

use super::json_rpc::{Call, Target};
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
///         &[("notes://{name}", Needs::Scope("files:read"))];
///
///     fn resource(uri: &str) -> &str {
///         // One row for all of a template. A path with `..` in it is unknown, and needs the strictest.
///         let is_note = uri.strip_prefix("notes://").is_some_and(|name| !name.contains(['/', '%', '.']));
///         if is_note { "notes://{name}" } else { uri }
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

    /// The resources, by the `uri` of `resources/read`, `resources/subscribe` and `resources/unsubscribe`, as
    /// [`resource`](Self::resource) names it.
    const RESOURCES: &'static [(&'static str, Needs)] = &[];

    /// Methods, such as `completion/complete`, `subscriptions/listen` or `tasks/get`.
    ///
    /// `initialize`, `server/discover`, `ping`, `logging/setLevel`, the lists of tools, prompts and resources,
    /// and the notifications of clients need nothing more than [`EVERY`](Self::EVERY), unless they stand here.
    /// A row for `tools/call`, or another method with a table of its own, is needed beside that of the tool.
    const METHODS: &'static [(&'static str, Needs)] = &[];

    /// The row of [`RESOURCES`](Self::RESOURCES) in which a resource stands: by default that of its own name.
    /// What stands in no row needs the strictest. The `uri` is as the client wrote it.
    fn resource(uri: &str) -> &str {
        uri
    }
}

/// All that calls need together, each once: nothing may be left out.
pub(super) fn of_calls<N: McpNeeds>(calls: &[Call<'_>]) -> Vec<&'static Needs> {
    let mut needs = vec![const { &N::EVERY }];
    for call in calls {
        let Some(of_call) = of_call::<N>(call) else { return all::<N>().collect() };
        for one in of_call {
            if !needs.contains(&one) {
                needs.push(one);
            }
        }
    }
    needs
}

/// What the method and its target need; `None` for the strictest.
fn of_call<N: McpNeeds>(call: &Call<'_>) -> Option<[&'static Needs; 2]> {
    let Call::Method(method, target) = call else { return None };
    let every = const { &N::EVERY };
    let of_method = row(N::METHODS, method);
    let of_target = match target {
        Target::Tool(name) => row(N::TOOLS, name)?,
        Target::Prompt(name) => row(N::PROMPTS, name)?,
        Target::Resource(uri) => row(N::RESOURCES, N::resource(uri))?,
        Target::Nothing => {
            let is_known = of_method.is_some() || PLAIN.contains(&&**method);
            is_known.then_some(every)?
        }
    };
    Some([of_method.unwrap_or(every), of_target])
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
