//! The answer to a gateway that may let its client pass: header lines that name the caller.

use rocket::http::{Method, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde_json::Value;

use crate::config::IdentityHeader;
use crate::token::claims::Claims;

/// How many bytes one identity header may have, its name included, and how many all may: nginx, for
/// one, takes a longer head for the failure of a server, and stops asking it.
const MOST_BYTES_OF_ONE: usize = 2_048;
const MOST_BYTES_OF_ALL: usize = 3_072;

/// The status of the answer, and its header lines.
pub(super) struct Identity {
    status: Status,
    lines: Vec<(String, String)>,
}

impl Identity {
    /// The error says which header is too large, or that all are.
    pub(super) fn of(
        claims: &Claims,
        headers: &[IdentityHeader],
        status: Status,
    ) -> Result<Self, String> {
        let mut lines = vec![];
        let mut all = 0;
        for header in headers {
            let (name, value) = (header.name.clone(), header.value(claims));
            let bytes = name.len() + value.len();
            if bytes > MOST_BYTES_OF_ONE {
                let most = MOST_BYTES_OF_ONE;
                return Err(format!("`{name}` would have {bytes} bytes, and {most} are the most"));
            }
            all += bytes;
            lines.push((name, value));
        }
        if all > MOST_BYTES_OF_ALL {
            let most = MOST_BYTES_OF_ALL;
            return Err(format!(
                "the identity headers would have {all} bytes, and {most} are the most"
            ));
        }
        Ok(Self { status, lines })
    }
}

impl<'r> Responder<'r, 'static> for Identity {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(self.status).raw_header("Cache-Control", "no-store");
        for (name, value) in self.lines {
            response.raw_header(name, value);
        }
        if request.method() == Method::Connect {
            // A 2xx to CONNECT has no `Content-Length` (RFC 9110 §9.3.6), and hyper sends none that has.
            response.streamed_body(rocket::tokio::io::empty());
        }
        response.ok()
    }
}

impl IdentityHeader {
    /// The claim's text, or the texts of its list, separated by spaces. The header is sent even where
    /// it is empty: a gateway might keep the header that its client sent.
    ///
    /// Every octet that is not visible ASCII is percent-encoded, and so are the space and `%`. So no
    /// claim can break out of the header, and two different texts differ in it.
    fn value(&self, claims: &Claims) -> String {
        let texts: Vec<_> = match (&self.pointer, self.claim.as_str()) {
            (Some(pointer), _) => match pointer.value(claims).as_deref() {
                Some(Value::String(text)) => vec![encoded(text)],
                Some(Value::Array(list)) => {
                    list.iter().filter_map(Value::as_str).map(encoded).collect()
                }
                _ => vec![],
            },
            (None, "scope") => claims.scopes().map(encoded).collect(),
            (None, name) => claims.texts(name).map(encoded).collect(),
        };
        texts.join(" ")
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        match octet {
            b'%' => encoded.push_str("%25"),
            b'!'..=b'~' => encoded.push(char::from(octet)),
            _ => encoded.push_str(&format!("%{octet:02X}")),
        }
    }
    encoded
}
