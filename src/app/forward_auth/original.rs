//! The request that a gateway asks about, for the proof that its client has sent along (RFC 9449).

use rocket::http::Method;
use rocket::request::Request;

use crate::config::OriginalRequest;
use crate::guard::{Original, sent_method};

/// The method and the path of the request that the gateway asks about, or why they are not known.
pub(super) fn original(
    request: &Request<'_>,
    told: OriginalRequest,
) -> Result<Original, &'static str> {
    match told {
        OriginalRequest::Untold => {
            Err("a bound token came to `/auth`, and `forward.original` is not set")
        }
        OriginalRequest::XForwarded => in_headers(request, "X-Forwarded-Method", "X-Forwarded-Uri"),
        OriginalRequest::XOriginal => in_headers(request, "X-Original-Method", "X-Original-URI"),
        OriginalRequest::Path => {
            let path = request.uri().path().as_str().strip_prefix("/auth");
            let path = path.filter(|path| path.starts_with('/'));
            let path = path.ok_or("the gateway does not append its client's path to `/auth`")?;
            let method = sent_method(request);
            // Rocket has taken the method from the body then.
            if method != Method::Post && has_form_body(request) {
                return Err(
                    "the gateway passes bodies on to `/auth`, and a form may name another method",
                );
            }
            Ok(Original { method: method.to_string(), path: path.to_owned() })
        }
    }
}

fn has_form_body(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let has_body = headers.contains("Transfer-Encoding")
        || headers.get("Content-Length").any(|length| length.trim() != "0");
    has_body && request.content_type().is_some_and(|it| it.is_form())
}

fn in_headers(request: &Request<'_>, method: &str, uri: &str) -> Result<Original, &'static str> {
    let one = |name| {
        let mut lines = request.headers().get(name);
        lines.next().filter(|_| lines.next().is_none())
    };
    let method = one(method).filter(|method| !method.is_empty());
    let path = one(uri).and_then(|uri| uri.split(['?', '#']).next());
    match (method, path.filter(|path| path.starts_with('/'))) {
        (Some(method), Some(path)) => {
            Ok(Original { method: method.to_owned(), path: path.to_owned() })
        }
        _ => Err(
            "the gateway does not send the two headers of `forward.original`, each once, and a path",
        ),
    }
}
