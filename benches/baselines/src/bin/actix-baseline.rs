//! actix-web with the same check, and an answer to refusals as long as ours.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError, get};

const CHALLENGE: &str = r#"Bearer realm="api", error="invalid_token", error_description="Unable to parse authentication token.""#;
const BODY: &str =
    r#"{"code":"invalid_header","description":"Unable to parse authentication token."}"#;

struct User(baselines::Claims);

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::Unauthorized()
            .content_type("application/json")
            .insert_header(("Cache-Control", "no-store"))
            .insert_header(("WWW-Authenticate", CHALLENGE))
            .body(BODY)
    }
}

impl FromRequest for User {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get("Authorization").and_then(|it| it.to_str().ok());
        let claims = baselines::claims(header);
        ready(claims.map(Self).ok_or(Refused))
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
