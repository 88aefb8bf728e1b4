//! `token_header`: a token alone, in a header of another name.

use rocket::http::Header;
use rocket::local::blocking::Client;

use crate::client;
use crate::support::{self, Signer, but, good_claims};

const NAME: &str = "Cf-Access-Jwt-Assertion";

fn app(name: &str) -> Client {
    let config = support::config(Signer::of("EdDSA").set());
    client(config.token_header(name).unwrap())
}

/// The status of the answer to a request with these headers, and its description.
fn answer(client: &Client, headers: &[(&'static str, String)]) -> (u16, String) {
    let mut request = client.get("/headers");
    for (name, value) in headers {
        request.add_header(Header::new(*name, value.clone()));
    }
    let response = request.dispatch();
    let status = response.status().code;
    let body = response.into_string().unwrap_or_default();
    let body = serde_json::from_str::<serde_json::Value>(&body);
    let description = body.map(|body| body["description"].as_str().unwrap_or_default().to_owned());
    (status, description.unwrap_or_default())
}

#[test]
fn the_header_that_is_named_holds_the_token_alone_and_no_other_is_read() {
    let key = Signer::of("EdDSA");
    let client = app(NAME);
    let good = key.good();
    let expired = key.token(&key.header(), &but(good_claims(), serde_json::json!({ "exp": 1 })));
    let bearer = format!("Bearer {good}");
    let missing = "Authorization header is expected.";
    let one = "Authorization header must be bearer token.";
    for (headers, status, description) in [
        (vec![(NAME, good.clone())], 200, ""),
        (vec![("cf-access-jwt-assertion", good.clone())], 200, ""),
        (vec![(NAME, format!(" {good}\t"))], 200, ""),
        (vec![(NAME, good.clone()), ("Authorization", "Basic YTpi".to_owned())], 200, ""),
        (vec![(NAME, good.clone()), ("Authorization", "Bearer x".to_owned())], 200, ""),
        (vec![], 401, missing),
        (vec![(NAME, String::new())], 401, missing),
        (vec![("Authorization", bearer.clone())], 401, missing),
        (vec![("Cf-Access-Jwt", good.clone())], 401, missing),
        (vec![("Cf_Access_Jwt_Assertion", good.clone())], 401, missing),
        (vec![("Cookie", format!("{NAME}={good}"))], 401, missing),
        (vec![(NAME, bearer)], 400, one),
        (vec![(NAME, format!("{good} {good}"))], 400, one),
        (vec![(NAME, good.clone()), (NAME, good.clone())], 400, one),
        (vec![(NAME, format!("{good},{good}"))], 401, "Unable to parse authentication token."),
        (vec![(NAME, "Bearer".to_owned())], 401, "Unable to parse authentication token."),
        (vec![(NAME, expired)], 401, "Token expired."),
    ] {
        let expected = (status, description.to_owned());
        assert_eq!(answer(&client, &headers), expected, "{headers:?}");
    }
}

#[test]
fn authorization_by_name_is_what_is_read_without_a_name() {
    let bearer = format!("Bearer {}", Signer::of("EdDSA").good());
    for name in ["Authorization", "authorization", "AUTHORIZATION"] {
        let client = app(name);
        assert_eq!(answer(&client, &[("Authorization", bearer.clone())]).0, 200, "{name}");
        let alone = bearer.replace("Bearer ", "");
        assert_eq!(answer(&client, &[("Authorization", alone)]).0, 401, "{name}");
    }
}

#[test]
fn a_gateway_is_answered_by_the_same_header() {
    let client = app(NAME);
    for path in ["/auth", "/auth/orders/7"] {
        let good = Signer::of("EdDSA").good();
        let answer = client.get(path).header(Header::new(NAME, good.clone())).dispatch();
        assert_eq!(answer.headers().get_one("X-Auth-Subject"), Some("alice"), "{path}");
        let answer =
            client.get(path).header(Header::new("Authorization", format!("Bearer {good}")));
        assert_eq!(answer.dispatch().status().code, 401, "{path}");
    }
}

#[test]
fn what_is_no_header_for_a_token_is_refused() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "",
        " ",
        "Cookie",
        "cookie",
        "X Token",
        "X-Token:",
        "X-Tok\u{e9}n",
        "X-Token\r\nA",
    ] {
        let config = support::config(Signer::of("EdDSA").set());
        let refused = config.token_header(name).unwrap_err().to_string();
        assert!(refused.contains("is no header for a token"), "{name:?}: {refused}");
    }
}

#[test]
fn explain_reads_the_same_header_as_the_server() {
    let client = app(NAME);
    let good = Signer::of("EdDSA").good();
    for values in [
        vec![good.clone()],
        vec![format!(" {good}\t")],
        vec![],
        vec![String::new()],
        vec!["Bearer".to_owned()],
        vec![format!("Bearer {good}")],
        vec![format!("{good} {good}")],
        vec![format!("{good},{good}")],
        vec![good.clone(), good.clone()],
    ] {
        let headers: Vec<_> = values.iter().map(|value| (NAME, value.clone())).collect();
        let (status, description) = answer(&client, &headers);
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        let report = rocket_bearer::cli::explained(client.rocket(), &values);
        let said = &report["answer"];
        assert_eq!(said["status"], status, "{values:?}: {report:#}");
        let told = said["body"]["description"].as_str().unwrap_or_default();
        assert_eq!(told, description, "{values:?}: {report:#}");
        let refused = report["checks"].as_array().unwrap().iter();
        let refused = refused.filter(|check| check["outcome"] == "refused").count();
        assert_eq!(refused, usize::from(status != 200), "{values:?}: {report:#}");
    }
}
