//! What a Rocket developer builds from the guards.

use std::time::UNIX_EPOCH;

use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket::request::Request;
use rocket::{Build, Responder, Rocket, catch, catchers, get, routes};
use rocket_bearer::{AuthedUser, Bearer, Needs, OptionalUser, Rejection, StatusTable};
use serde::Deserialize;
use serde_json::json;

use crate::support::{self, Signer, but, good_claims};

fn bare() -> Rocket<Build> {
    support::rocket()
}

fn guarded() -> Rocket<Build> {
    let config = support::config(Signer::dev("dev-rs256").set());
    bare().attach(Bearer::with(config.errors(StatusTable::Auth0)))
}

fn send<'c>(
    client: &'c Client,
    path: &'c str,
    token: Option<&str>,
) -> (u16, Option<String>, String) {
    let mut request = client.get(path);
    if let Some(token) = token {
        request = request.header(Header::new("Authorization", format!("Bearer {token}")));
    }
    let response = request.dispatch();
    let challenge = response.headers().get_one("WWW-Authenticate").map(str::to_owned);
    (response.status().code, challenge, response.into_string().unwrap_or_default())
}

#[get("/until")]
fn until(user: AuthedUser) -> String {
    let until = user.expires_at().duration_since(UNIX_EPOCH).unwrap();
    format!("{} {:?}", until.as_secs_f64() == user.claims().exp, user.claims().actor())
}

#[test]
fn a_user_tells_when_its_token_expires_and_who_acts() {
    let client = Client::untracked(guarded().mount("/", routes![until])).unwrap();
    let key = Signer::dev("dev-rs256");
    let exp = crate::support::now() as f64 + 60.5;
    let act = json!({ "sub": "bot", "act": { "sub": "app" } });
    for (members, told) in [
        (json!({ "exp": exp }), "true None"),
        (json!({ "exp": exp.floor() as u64, "act": act }), "true Some(\"bot\")"),
    ] {
        let token = key.token(&key.header(), &but(good_claims(), members));
        assert_eq!(send(&client, "/until", Some(&token)).2, told);
    }
}

#[get("/result")]
fn result(user: Result<AuthedUser, Rejection>) -> (Status, String) {
    match user {
        Ok(user) => (Status::Ok, user.claims().sub.clone().unwrap_or_default()),
        Err(rejection) => (Status::ImATeapot, format!("{rejection:?}")),
    }
}

#[get("/result-401")]
fn result_401(user: Result<AuthedUser, Rejection>) -> Status {
    user.map_or(Status::Unauthorized, |_| Status::Ok)
}

#[get("/optional")]
fn optional(user: OptionalUser) -> String {
    user.user().and_then(|user| user.claims().sub.clone()).unwrap_or("anonymous".to_owned())
}

#[get("/option")]
fn option(user: Option<AuthedUser>) -> Status {
    // The handler's own 403 is not a refusal of ours.
    if user.is_some() { Status::Ok } else { Status::Forbidden }
}

#[derive(Deserialize, Clone)]
struct Member {
    sub: String,
    #[serde(rename = "https://example.com/roles")]
    roles: Vec<String>,
}

#[get("/typed")]
fn typed(user: AuthedUser<Member>, same: AuthedUser) -> String {
    assert_eq!(user.token(), same.token());
    assert_eq!(Some(&user.claims().sub), same.claims().sub.as_ref());
    user.into_claims().roles.join(",")
}

#[get("/bad-request")]
fn bad_request() -> Status {
    Status::BadRequest
}

#[get("/broken")]
fn broken() -> Status {
    Status::InternalServerError
}

#[test]
fn a_result_tells_the_route_why() {
    let key = Signer::dev("dev-rs256");
    let client = Client::untracked(guarded().mount("/", routes![result, result_401])).unwrap();
    let expired = key.token(&key.header(), &but(good_claims(), json!({ "exp": 1 })));
    assert_eq!(send(&client, "/result", Some(&key.good())), (200, None, "alice".to_owned()));
    assert_eq!(send(&client, "/result", Some(&expired)), (418, None, "Expired".to_owned()));
    assert_eq!(send(&client, "/result", None), (418, None, "HeaderMissing".to_owned()));
    // Answered by the route with our status, it still has our challenge.
    let (status, challenge, _) = send(&client, "/result-401", None);
    assert_eq!((status, challenge.as_deref()), (401, Some("Bearer realm=\"api\"")));
}

#[test]
fn optional_is_anonymous_without_credentials_and_refuses_bad_ones() {
    let key = Signer::dev("dev-rs256");
    let rocket = guarded().mount("/", routes![optional]).register("/", rocket_bearer::catchers());
    let client = Client::untracked(rocket).unwrap();
    assert_eq!(send(&client, "/optional", None), (200, None, "anonymous".to_owned()));
    assert_eq!(send(&client, "/optional", Some(&key.good())).2, "alice");
    for (header, status) in [("Bearer garbage", 400), ("Basic YTpi", 401), ("Bearer", 401)] {
        let request = client.get("/optional").header(Header::new("Authorization", header));
        assert_eq!(request.dispatch().status().code, status, "{header}");
    }
}

#[test]
fn typed_claims_fit_or_are_refused() {
    let key = Signer::dev("dev-rs256");
    let rocket = guarded().mount("/", routes![typed]).register("/", rocket_bearer::catchers());
    let client = Client::untracked(rocket).unwrap();
    let with = |roles| {
        key.token(&key.header(), &but(good_claims(), json!({ "https://example.com/roles": roles })))
    };
    assert_eq!(send(&client, "/typed", Some(&with(json!(["a", "b"])))).2, "a,b");
    for roles in [json!(null), json!("a"), json!([1]), json!({})] {
        let (status, _, body) = send(&client, "/typed", Some(&with(roles.clone())));
        assert_eq!(status, 401, "{roles}");
        assert!(body.contains("invalid_claims"), "{roles}: {body}");
    }
}

#[test]
fn a_catcher_of_ones_own_reads_the_reason_and_keeps_the_challenge() {
    #[catch(401)]
    fn own(status: Status, request: &Request<'_>) -> String {
        format!("own: {:?}", Rejection::of(status, request))
    }
    let rocket = guarded().mount("/", routes![result_401, typed]).register("/", catchers![own]);
    let client = Client::untracked(rocket).unwrap();
    let (status, challenge, body) = send(&client, "/typed", None);
    assert_eq!((status, body.as_str()), (401, "own: Some(HeaderMissing)"));
    assert_eq!(challenge.as_deref(), Some("Bearer realm=\"api\""));
}

#[test]
fn a_challenge_of_a_catchers_own_stands_alone_in_any_letter_case() {
    #[derive(Responder)]
    struct Own((), Header<'static>);

    #[catch(401)]
    fn own() -> Own {
        Own((), Header::new("www-authenticate", "Negotiate"))
    }
    let rocket = guarded().mount("/", routes![typed]).register("/", catchers![own]);
    let client = Client::untracked(rocket).unwrap();
    let response = client.get("/typed").dispatch();
    let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
    assert_eq!(challenges, ["Negotiate"]);
}

#[test]
fn a_failure_of_another_cause_is_answered_neutrally() {
    let rocket = guarded().mount("/", routes![bad_request, broken, option]);
    let client = Client::untracked(rocket.register("/", rocket_bearer::catchers())).unwrap();
    let neutral = |code: &str, text: &str| format!(r#"{{"code":"{code}","description":"{text}"}}"#);
    for (path, token, status, body) in [
        ("/bad-request", None, 400, neutral("bad_request", "Bad Request.")),
        ("/bad-request", Some("garbage"), 400, neutral("bad_request", "Bad Request.")),
        ("/broken", None, 500, neutral("internal_server_error", "Internal Server Error.")),
        ("/option", None, 403, neutral("forbidden", "Forbidden.")),
        // A refusal of status 400 is on record, the handler's own 403 is not it.
        ("/option", Some("garbage"), 403, neutral("forbidden", "Forbidden.")),
    ] {
        assert_eq!(send(&client, path, token), (status, None, body), "{path} {token:?}");
    }
}

#[test]
fn a_guard_that_hides_ours_from_rocket_gets_500_without_the_fairing() {
    struct Hiding;
    #[rocket::async_trait]
    impl<'r> rocket::request::FromRequest<'r> for Hiding {
        type Error = Rejection;
        async fn from_request(
            request: &'r Request<'_>,
        ) -> rocket::request::Outcome<Self, Rejection> {
            AuthedUser::<rocket_bearer::Claims>::from_request(request).await.map(|_| Self)
        }
    }
    #[get("/hidden")]
    fn hidden(_user: Hiding) -> &'static str {
        "never"
    }
    let rocket = bare().mount("/", routes![hidden]).register("/", rocket_bearer::catchers());
    let client = Client::untracked(rocket).unwrap();
    let body = r#"{"code":"internal_server_error","description":"The server is misconfigured."}"#;
    for token in [Some(&*Signer::dev("dev-rs256").good()), None] {
        assert_eq!(send(&client, "/hidden", token), (500, None, body.to_owned()));
    }
}

#[test]
fn the_later_of_two_policies_stands() {
    let key = Signer::of("ES256");
    let rocket = guarded().attach(Bearer::with(support::config(key.set())));
    let client = Client::untracked(rocket.mount("/", routes![optional])).unwrap();
    assert_eq!(send(&client, "/optional", Some(&key.good())).0, 200);
    assert_ne!(send(&client, "/optional", Some(&Signer::dev("dev-rs256").good())).0, 200);
}

#[test]
fn nobody_but_the_guard_can_write_its_verdict() {
    use rocket_bearer::{Verified, Verifier};
    struct Partner;
    #[rocket::async_trait]
    impl<'r> rocket::request::FromRequest<'r> for Partner {
        type Error = ();
        async fn from_request(request: &'r Request<'_>) -> rocket::request::Outcome<Self, ()> {
            let key = Signer::of("ES256");
            let verifier = Verifier::new(&support::config(key.set())).unwrap();
            request.local_cache(|| -> Result<Verified, Rejection> {
                verifier.verify(&key.good(), std::time::SystemTime::now())
            });
            rocket::request::Outcome::Success(Self)
        }
    }
    #[get("/both")]
    fn both(_partner: Partner, _user: AuthedUser) -> &'static str {
        "in"
    }
    let client = Client::untracked(guarded().mount("/", routes![both])).unwrap();
    assert_eq!(send(&client, "/both", Some("x")).0, 400);
    assert_eq!(send(&client, "/both", None).0, 401);
}

#[test]
fn a_refusal_that_a_later_guard_overcame_is_not_the_reason() {
    #[get("/either")]
    fn either(_member: Option<AuthedUser<Member>>, _user: AuthedUser) -> Status {
        Status::Unauthorized
    }
    let rocket = guarded().mount("/", routes![either]).register("/", rocket_bearer::catchers());
    let client = Client::untracked(rocket).unwrap();
    let (status, challenge, body) =
        send(&client, "/either", Some(&Signer::dev("dev-rs256").good()));
    assert_eq!((status, challenge), (401, None));
    assert_eq!(body, r#"{"code":"unauthorized","description":"Unauthorized."}"#);
}

#[test]
fn a_challenge_holds_only_what_its_grammar_allows() {
    struct Odd;
    #[rocket::async_trait]
    impl<'r> rocket::request::FromRequest<'r> for Odd {
        type Error = Rejection;
        async fn from_request(
            request: &'r Request<'_>,
        ) -> rocket::request::Outcome<Self, Rejection> {
            let needs = Some(&Needs::Scope("read\", realm=\"evil\r\n\u{e9}\\"));
            Rejection::InsufficientScope { needs }.refuse(request)
        }
    }
    #[get("/odd")]
    fn odd(_odd: Odd) {}
    let client = Client::untracked(guarded().mount("/", routes![odd])).unwrap();
    let (status, challenge, _) = send(&client, "/odd", None);
    assert_eq!(status, 403);
    assert!(challenge.unwrap().ends_with("error_description=\"Insufficient permissions.\""));
}
