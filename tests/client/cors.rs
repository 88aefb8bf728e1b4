//! What a browser needs to hand an answer to a page of another origin, and what keeps it from that.

use rocket::http::{Header, Method, Status};
use rocket::local::blocking::{Client, LocalResponse};
use rocket::{options, routes};
use rocket_bearer::{AuthedUser, Bearer};

use crate::support::{self, Signer};

const PAGE: &str = "https://app.example.com";

fn client(origins: &[&str]) -> Client {
    let config = support::config(Signer::of("EdDSA").set()).cors_origins(origins).unwrap();
    crate::client(config)
}

fn send<'c>(
    client: &'c Client,
    method: Method,
    path: &'c str,
    headers: &[(&str, &str)],
) -> LocalResponse<'c> {
    let mut request = client.req(method, path);
    for (name, value) in headers {
        request = request.header(Header::new((*name).to_owned(), (*value).to_owned()));
    }
    request.dispatch()
}

/// Every CORS header, with its value.
fn cors(response: &LocalResponse<'_>) -> Vec<(String, String)> {
    let headers = response.headers().iter();
    let mut cors: Vec<_> = headers
        .filter(|it| it.name().as_str().to_ascii_lowercase().starts_with("access-control-"))
        .map(|it| (it.name().to_string(), it.value().to_owned()))
        .collect();
    cors.sort();
    cors
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

const ASKS: (&str, &str) = ("Access-Control-Request-Method", "GET");

/// Origins that are not [`PAGE`], however near.
const OTHERS: [&str; 12] = [
    "https://app.example.com.evil.test",
    "https://evil.test",
    "https://xapp.example.com",
    "https://example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com/",
    "https://APP.example.com",
    "https://app.example.com, https://evil.test",
    " https://app.example.com",
    "null",
    "",
];

#[test]
fn a_preflight_is_answered_before_any_guard() {
    let client = client(&["https://other.example", PAGE]);
    for path in ["/headers", "/me", "/messages", "/", "/no/such/path?a=b"] {
        let preflight = send(&client, Method::Options, path, &[("Origin", PAGE), ASKS]);
        assert_eq!(preflight.status(), Status::NoContent, "{path}");
        let expected = pairs([
            ("Access-Control-Allow-Headers", "Authorization, *"),
            ("Access-Control-Allow-Methods", "*"),
            ("Access-Control-Allow-Origin", PAGE),
            ("Access-Control-Max-Age", "600"),
        ]);
        assert_eq!(cors(&preflight), expected, "{path}");
        assert_eq!(Vec::from_iter(preflight.headers().get("Vary")), ["Origin"], "{path}");
        assert_eq!(preflight.headers().get_one("WWW-Authenticate"), None, "{path}");
    }
}

/// A gateway that asks by its client's method would take 204 for a yes.
#[test]
fn a_preflight_lets_nobody_pass_a_gateway() {
    let client = client(&[PAGE]);
    for (path, status) in [
        ("/auth", 401),
        ("//auth", 503),
        ("/auth?scope=read", 401),
        ("/auth/", 401),
        ("/auth/x?a=b", 401),
        ("/auth/../x", 401),
    ] {
        let preflight = send(&client, Method::Options, path, &[("Origin", PAGE), ASKS]);
        assert_eq!(preflight.status().code, status, "{path}");
    }
}

#[test]
fn a_preflight_of_another_origin_is_refused() {
    let client = client(&[PAGE]);
    for origin in OTHERS {
        let preflight = send(&client, Method::Options, "/headers", &[("Origin", origin), ASKS]);
        assert_eq!(preflight.status(), Status::Forbidden, "{origin}");
        assert_eq!(cors(&preflight), [], "{origin}");
        assert_eq!(Vec::from_iter(preflight.headers().get("Vary")), ["Origin"], "{origin}");
        let body = preflight.into_string().unwrap();
        assert_eq!(body, r#"{"code":"forbidden","description":"Forbidden."}"#, "{origin}");
    }
    let twice = [("Origin", PAGE), ("Origin", "https://evil.test"), ASKS];
    assert_eq!(cors(&send(&client, Method::Options, "/headers", &twice)), []);
}

#[test]
fn an_options_request_that_is_no_preflight_goes_its_way() {
    for (headers, origins) in [
        (vec![], vec![PAGE]),
        (vec![("Origin", PAGE)], vec![PAGE]),
        (vec![ASKS], vec![PAGE]),
        (vec![("Origin", PAGE), ASKS], vec![]),
    ] {
        let client = client(&origins);
        let response = send(&client, Method::Options, "/headers", &headers);
        assert_eq!(response.status(), Status::NotFound, "{headers:?}");
    }
}

#[test]
fn every_answer_can_be_read_by_the_page_and_a_refusal_too() {
    let client = client(&[PAGE]);
    let good = format!("Bearer {}", Signer::of("EdDSA").good());
    let expired = "Bearer garbage";
    for (method, path, authorization, status) in [
        (Method::Get, "/headers", Some(good.as_str()), 200),
        (Method::Head, "/headers", Some(&good), 200),
        (Method::Get, "/me", Some(&good), 200),
        (Method::Get, "/headers", None, 401),
        (Method::Get, "/headers", Some(expired), 401),
        (Method::Get, "/messages", Some(&good), 403),
        (Method::Post, "/messages", Some(&good), 403),
        (Method::Get, "/nowhere", None, 404),
        (Method::Put, "/headers", Some(&good), 404),
        (Method::Get, "/healthz", None, 200),
        (Method::Get, "/auth", None, 401),
    ] {
        let case = format!("{method} {path} {status}");
        for (origin, is_allowed) in OTHERS
            .map(|it| (Some(it), false))
            .into_iter()
            .chain([(Some(PAGE), true), (None, false)])
        {
            let mut headers = vec![];
            headers.extend(authorization.map(|it| ("Authorization", it)));
            headers.extend(origin.map(|it| ("Origin", it)));
            let response = send(&client, method, path, &headers);
            assert_eq!(response.status().code, status, "{case} {origin:?}");
            let expected = match is_allowed {
                true => pairs([
                    ("Access-Control-Allow-Origin", PAGE),
                    ("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After"),
                ]),
                false => vec![],
            };
            assert_eq!(cors(&response), expected, "{case} {origin:?}");
            assert_eq!(Vec::from_iter(response.headers().get("Vary")), ["Origin"], "{case}");
        }
    }
}

#[test]
fn nothing_is_said_where_no_origin_is_configured() {
    let client = client(&[]);
    let response = send(&client, Method::Get, "/headers", &[("Origin", PAGE)]);
    assert_eq!(cors(&response), []);
    assert_eq!(response.headers().get_one("Vary"), None);
}

/// Not even a route for the very same path comes first, with a guard that would refuse.
#[test]
fn an_options_route_of_the_apps_own_gets_all_but_preflights() {
    #[options("/own")]
    fn own(_user: AuthedUser) -> &'static str {
        "own"
    }

    let config = support::config(Signer::of("EdDSA").set()).cors_origins([PAGE]).unwrap();
    let rocket = support::rocket().mount("/", routes![own]);
    let client = Client::untracked(rocket.attach(Bearer::with(config))).unwrap();
    let preflight = send(&client, Method::Options, "/own", &[("Origin", PAGE), ASKS]);
    assert_eq!(preflight.status(), Status::NoContent);
    let good = format!("Bearer {}", Signer::of("EdDSA").good());
    let response = send(&client, Method::Options, "/own", &[("Authorization", &good)]);
    assert_eq!(response.into_string().unwrap(), "own");
    let response = send(&client, Method::Options, "/own", &[]);
    assert_eq!(response.status(), Status::Unauthorized);
}
