//! What the messages of a JSON-RPC body call, as far as MCP lets a server tell it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json::Distinct;
use crate::json::members::{self, Members, Object};

/// What a message calls.
#[derive(Debug, PartialEq)]
pub(super) enum Call<'b> {
    /// A method, and what it is about.
    Method(Cow<'b, str>, Target<'b>),
    /// An answer to a request of the server, or a call that does not name what it calls.
    Unknown,
}

/// What a method is about.
#[derive(Debug, PartialEq)]
pub(super) enum Target<'b> {
    Tool(Cow<'b, str>),
    Prompt(Cow<'b, str>),
    Resource(Cow<'b, str>),
    /// The method says all.
    Nothing,
}

/// The calls of a body: one message, or a batch of at least one.
pub(super) fn calls(body: &str) -> serde_json::Result<Vec<Call<'_>>> {
    serde_json::from_str(body).map(|Calls(calls)| calls)
}

struct Calls<'b>(Vec<Call<'b>>);

impl<'de> Deserialize<'de> for Calls<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;

        impl<'de> Visitor<'de> for Body {
            type Value = Calls<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message of JSON-RPC, or a list of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                Message::read(object).map(|Message(call)| Calls(vec![call]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut calls = vec![];
                while let Some(Object(Message(call))) = items.next_element()? {
                    calls.push(call);
                }
                if calls.is_empty() {
                    return Err(de::Error::custom("an empty batch"));
                }
                Ok(Calls(calls))
            }
        }

        deserializer.deserialize_any(Body)
    }
}

/// One message of JSON-RPC 2.0. A member that the protocol does not know is an error: another parser
/// could take `Method` for `method`.
struct Message<'b>(Call<'b>);

impl<'de> Members<'de> for Message<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let (mut is_json_rpc, mut is_answer) = (false, false);
        let (mut method, mut params) = (None, Params::default());
        members::each(object, |name, object| {
            match name {
                "jsonrpc" => is_json_rpc = text(object)?.as_deref() == Some("2.0"),
                "method" => {
                    method = Some(text(object)?.ok_or_else(|| custom("`method` is no text"))?);
                }
                "params" => params = object.next_value()?,
                "id" => drop(text(object)?),
                "result" | "error" => {
                    is_answer = true;
                    text(object)?;
                }
                _ => return Err(custom("a member that JSON-RPC does not know")),
            }
            Ok(())
        })?;
        match (is_json_rpc, method, is_answer) {
            (true, Some(method), false) => Ok(Self(call(method, params))),
            (true, None, true) => Ok(Self(Call::Unknown)),
            _ => Err(custom("no message of JSON-RPC 2.0")),
        }
    }
}

fn call<'b>(method: Cow<'b, str>, params: Params<'b>) -> Call<'b> {
    let target = match &*method {
        "tools/call" => params.name.map(Target::Tool),
        "prompts/get" => params.name.map(Target::Prompt),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            params.uri.map(Target::Resource)
        }
        _ => Some(Target::Nothing),
    };
    target.map_or(Call::Unknown, |target| Call::Method(method, target))
}

/// The members of `params` that name what is called; a list, or anything else, names nothing.
#[derive(Default)]
struct Params<'b> {
    name: Option<Cow<'b, str>>,
    uri: Option<Cow<'b, str>>,
}

impl<'de> Deserialize<'de> for Params<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyParams;

        impl<'de> Visitor<'de> for AnyParams {
            type Value = Params<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, or a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Params::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<Distinct<'_>>()?.is_some() {}
                Ok(Params::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                let mut params = Params::default();
                members::each(object, |name, object| {
                    match name {
                        "name" => params.name = text(object)?,
                        "uri" => params.uri = text(object)?,
                        other if ["name", "uri"].iter().any(|it| is_alike(it, other)) => {
                            return Err(custom("a name in other letters"));
                        }
                        _ => drop(text(object)?),
                    }
                    Ok(())
                })?;
                Ok(params)
            }
        }

        deserializer.deserialize_any(AnyParams)
    }
}

/// The value of a member, if it is a text.
fn text<'de, A: MapAccess<'de>>(object: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    object.next_value().map(|Distinct(text)| text)
}

/// Whether two names are one to a parser that ignores letter case in any script: `ı` and `İ` are `i`.
fn is_alike(name: &str, other: &str) -> bool {
    let folded = |letter: char| letter.to_uppercase().next()?.to_lowercase().next();
    name.chars().map(folded).eq(other.chars().map(folded))
}

fn custom<E: de::Error>(problem: &'static str) -> E {
    E::custom(problem)
}
