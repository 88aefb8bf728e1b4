//! A catcher of your own: refusals as `application/problem+json` (RFC 9457).
//!
//! ```sh
//! cargo run --example catcher
//! curl -i http://127.0.0.1:8000/headers
//! curl -i -H 'Authorization: Bearer not.a.token' http://127.0.0.1:8000/headers
//! curl -i http://127.0.0.1:8000/nowhere
//! ```
//!
//! The challenge (`WWW-Authenticate`) and `Retry-After` are added whoever catches.

use rocket::http::{ContentType, Status};
use rocket::{Request, catch, catchers, get, launch, routes};
use rocket_bearer::{AuthedUser, Bearer, Rejection};
use serde_json::json;

#[get("/headers")]
fn headers(_user: AuthedUser) -> &'static str {
    "Access Granted"
}

#[catch(default)]
fn problem(status: Status, request: &Request<'_>) -> (ContentType, String) {
    let mut problem = json!({ "title": status.reason_lossy(), "status": status.code });
    // `None` where the request failed for a reason that has nothing to do with tokens.
    if let Some(rejection) = Rejection::of(status, request) {
        problem["type"] = json!(format!("https://example.com/problems/{}", rejection.code()));
        problem["detail"] = json!(rejection.description());
        // The log has this refusal by its reason already (`bad_signature`), and bounds its lines.
    }
    (ContentType::new("application", "problem+json"), problem.to_string())
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Bearer::fairing())
        .register("/", catchers![problem])
        .mount("/", routes![headers])
}
