//! Rocket with its default settings: a bare route, and one behind a plain `jsonwebtoken` guard.

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{get, launch, routes};

struct User(baselines::Claims);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for User {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match baselines::claims(request.headers().get_one("Authorization")) {
            Some(claims) => Outcome::Success(Self(claims)),
            None => Outcome::Error((Status::Unauthorized, ())),
        }
    }
}

#[get("/")]
fn hello() -> &'static str {
    "Hello, world!"
}

#[get("/headers")]
fn headers(user: User) -> &'static str {
    if user.0.sub.is_empty() { "" } else { "Access Granted" }
}

#[launch]
fn rocket() -> _ {
    let port = rocket::Config::figment().merge(("port", baselines::port()));
    rocket::custom(port).mount("/", routes![hello, headers])
}
