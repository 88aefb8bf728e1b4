//! The app's own routes.

use rocket::http::{Method, Status};
use serde_json::{Value, json};

use crate::support::{self, Signer, but, good_claims};
use crate::{client, request};

#[test]
fn me_is_the_payload_that_was_signed_to_the_letter() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let payload = good_claims().to_string().replace("\"alice\"", "\"\\u0061lice\" ");
    let token = key.token_of(key.header().to_string(), &payload);
    let response = request(&client, Method::Get, "/me", &[&format!("Bearer {token}")]);
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(response.headers().get_one("Content-Type"), Some("application/json"));
    assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"));
    assert_eq!(response.into_string().unwrap(), payload);
    assert_eq!(request(&client, Method::Get, "/me", &[]).status(), Status::Unauthorized);
}

#[test]
fn headers_is_text() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let response = crate::get(&client, &key.good());
    assert_eq!(response.content_type(), Some(rocket::http::ContentType::Plain));
    assert_eq!(response.into_string().unwrap(), "Access Granted");
}

#[test]
fn health_and_readiness_need_no_token() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    assert_eq!(request(&client, Method::Get, "/healthz", &[]).status(), Status::Ok);
    let response = request(&client, Method::Get, "/readyz", &[]);
    assert_eq!(response.status(), Status::Ok);
    let mut body: Value = serde_json::from_str(&response.into_string().unwrap()).unwrap();
    assert!(body["issuers"][0]["age"].take().as_u64().unwrap() < 60);
    let expected = json!({ "name": "default", "source": "code", "keys": ["dev-rs256"] });
    let expected = but(expected, json!({ "age": Value::Null }));
    body["issuers"][0].as_object_mut().unwrap().retain(|_, value| !value.is_null());
    assert_eq!(body, json!({ "issuers": [expected] }));
}

#[test]
fn anything_else_is_json_too() {
    let client = client(support::config(Signer::dev("dev-rs256").set()));
    for (method, path) in
        [(Method::Get, "/nowhere"), (Method::Post, "/headers"), (Method::Delete, "/me")]
    {
        let response = request(&client, method, path, &[]);
        assert_eq!(response.status(), Status::NotFound, "{method} {path}");
        let body = response.into_string().unwrap();
        assert_eq!(body, r#"{"code":"not_found","description":"Not Found."}"#);
    }
}
