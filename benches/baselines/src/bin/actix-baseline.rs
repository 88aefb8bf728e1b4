//! actix-web with the same check.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::error::ErrorUnauthorized;
use actix_web::{App, Error, FromRequest, HttpRequest, HttpServer, get};

struct User(baselines::Claims);

impl FromRequest for User {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get("Authorization").and_then(|it| it.to_str().ok());
        let claims = baselines::claims(header);
        ready(claims.map(Self).ok_or_else(|| ErrorUnauthorized("unauthorized")))
    }
}

#[get("/")]
async fn hello() -> &'static str {
    "Hello, world!"
}

#[get("/headers")]
async fn headers(user: User) -> &'static str {
    if user.0.sub.is_empty() { "" } else { "Access Granted" }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let server = HttpServer::new(|| App::new().service(hello).service(headers));
    server.workers(1).bind(("127.0.0.1", baselines::port()))?.run().await
}
