//! What an answer needs beside its status and body: challenges, a time to wait, a nonce.

use std::io;

use rocket::http::Method;
use rocket::{Request, Response};

use super::proofs;
use crate::guard::{self, Policy};

/// Completes the answer to a request; nonces are told only where answers may have to carry one.
pub(super) fn complete(request: &Request<'_>, response: &mut Response<'_>, asks_for_nonces: bool) {
    if matches!(request.method(), Method::Get | Method::Head)
        && has_form(request)
        && guard::was_head(request)
    {
        // Rocket rewrites a POST by the `_method` of its form. Of a HEAD it then sends a
        // length without a body, and the connection breaks: the client waits for that body.
        response.set_sized_body(0, io::Cursor::new(""));
    }
    let status = response.status();
    let is_refusal = status.code >= 400;
    if !is_refusal && !asks_for_nonces {
        return;
    }
    let Some(policy) = Policy::of(request.rocket()) else { return };
    if asks_for_nonces && guard::needs_new_nonce(status, request) {
        proofs::tell_nonce(policy, response);
    }
    if !is_refusal {
        return;
    }
    let Some(refusal) = guard::answered(status, request) else { return };
    if let Some(retry_after) = refusal.rejection.retry_after()
        && !has(response, "Retry-After")
    {
        response.set_raw_header("Retry-After", retry_after.as_secs().to_string());
    }
    if !has(response, "WWW-Authenticate") {
        let lines = match policy.answers.challenges(&refusal, policy.scheme(request)) {
            // Of two lines Firefox shows a script neither.
            [Some(one), Some(other)] if is_of_a_page(request) => {
                [Some(format!("{one}, {other}").into()), None]
            }
            lines => lines,
        };
        for challenge in lines.into_iter().flatten() {
            response.adjoin_raw_header("WWW-Authenticate", challenge.into_owned());
        }
    }
}

/// Whether the request says that its body is a form.
fn has_form(request: &Request<'_>) -> bool {
    request.content_type().is_some_and(|it| it.is_form() || it.is_form_data())
}

/// Whether a browser says that a page has asked: by the page's origin, or by how it has asked.
fn is_of_a_page(request: &Request<'_>) -> bool {
    ["Origin", "Sec-Fetch-Mode"].iter().any(|name| request.headers().contains(name))
}

/// Comparing a few names costs less than hashing one.
fn has(response: &Response<'_>, name: &str) -> bool {
    response.headers().iter().any(|header| header.name() == name)
}
