//! Answers that no cache may keep.

use rocket::Responder;
use rocket::http::Header;

/// JSON with `Cache-Control: no-store`.
#[derive(Responder)]
#[response(content_type = "json")]
pub(super) struct UncachedJson {
    body: String,
    cache_control: Header<'static>,
}

impl From<String> for UncachedJson {
    fn from(body: String) -> Self {
        Self { body, cache_control: Header::new("Cache-Control", "no-store") }
    }
}
