//! The app's resource behind scopes: the last hundred messages, kept in memory.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rocket::data::Capped;
use rocket::http::Status;
use rocket::{State, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::uncached::UncachedJson;
use crate::guard::authorized::Authorized;
use crate::guard::requirement::Requirement;
use crate::rejection::needs::Needs;

/// How many messages are kept, and how many characters one may have.
const MOST_MESSAGES: usize = 100;
const MOST_CHARACTERS: usize = 1_000;

pub(crate) struct ReadMessages;

impl Requirement for ReadMessages {
    const NEEDS: Needs = Needs::Granted("read:messages");
}

pub(crate) struct WriteMessages;

impl Requirement for WriteMessages {
    const NEEDS: Needs = Needs::Granted("write:messages");
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Message {
    text: String,
}

#[derive(Default)]
pub(crate) struct Messages(Mutex<VecDeque<Message>>);

#[get("/messages")]
pub(crate) fn read(_reader: Authorized<ReadMessages>, messages: &State<Messages>) -> UncachedJson {
    let messages = messages.0.lock();
    json!({ "messages": *messages }).to_string().into()
}

#[post("/messages", data = "<body>")]
pub(crate) fn write(
    _writer: Authorized<WriteMessages>,
    messages: &State<Messages>,
    body: Capped<&str>,
) -> Result<(Status, UncachedJson), Status> {
    if !body.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    let message: Message = serde_json::from_str(&body).map_err(|_| Status::BadRequest)?;
    if message.text.chars().count() > MOST_CHARACTERS {
        return Err(Status::PayloadTooLarge);
    }
    let answer = json!(message).to_string().into();
    let mut messages = messages.0.lock();
    if messages.len() == MOST_MESSAGES {
        messages.pop_front();
    }
    messages.push_back(message);
    Ok((Status::Created, answer))
}
