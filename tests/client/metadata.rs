//! What a client learns before it has a token (RFC 9728).

use rocket::http::{Header, Method, Status};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::keys::KeySet;
use rocket_bearer::{Authorized, Bearer, Config, Issuer, Needs, Requirement, StatusTable};
use serde_json::{Value, json};

use crate::support::{self, Signer, good_claims};
use crate::{client, request};

const ROOT: &str = "/.well-known/oauth-protected-resource";

fn config() -> Config {
    support::config(Signer::of("EdDSA").set())
}

fn told(client: &Client, path: &str) -> Option<Value> {
    let response = client.get(path.to_owned()).dispatch();
    if response.status() == Status::NotFound {
        return None;
    }
    assert_eq!(response.status(), Status::Ok, "{path}");
    assert_eq!(response.content_type(), Some(rocket::http::ContentType::JSON), "{path}");
    Some(serde_json::from_str(&response.into_string().unwrap()).unwrap())
}

#[test]
fn the_metadata_names_the_resource_its_issuers_and_the_scopes_in_use() {
    let client = client(config().resource("https://api.example.com").unwrap());
    let expected = json!({
        "resource": "https://api.example.com",
        "authorization_servers": ["https://issuer.localhost/"],
        "scopes_supported": ["read:messages", "write:messages"],
        "bearer_methods_supported": ["header"],
    });
    assert_eq!(told(&client, ROOT), Some(expected));
    assert_eq!(request(&client, Method::Head, ROOT, &[]).status(), Status::Ok);
}

#[test]
fn it_is_where_clients_look_for_it_and_every_challenge_says_so() {
    let token = Signer::of("EdDSA").good();
    let elsewhere = ["/", "/v1", "/v1/", "/v1/api", "/v2", "/%76%31", "/caf%C3%A9", "/a/../v1"];
    // The resource, its metadata's address, the path to which the root is not the only one.
    for (resource, address, own) in [
        ("https://api.example.com", "https://api.example.com{}", ""),
        ("https://api.example.com/", "https://api.example.com{}", ""),
        ("https://api.example.com:8443", "https://api.example.com:8443{}", ""),
        ("http://localhost:8000", "http://localhost:8000{}", ""),
        ("https://api.example.com/v1", "https://api.example.com{}/v1", "/v1"),
        ("https://api.example.com/v1/", "https://api.example.com{}/v1/", "/v1/"),
        ("https://api.example.com/v1/api", "https://api.example.com{}/v1/api", "/v1/api"),
        ("https://api.example.com/café", "https://api.example.com{}/caf%C3%A9", "/caf%C3%A9"),
        ("https://api.example.com/a\"b", "https://api.example.com{}/a%22b", "/a%22b"),
    ] {
        for table in [StatusTable::Auth0, StatusTable::Rfc6750] {
            let client = client(config().errors(table).resource(resource).unwrap());
            assert_eq!(told(&client, ROOT).unwrap()["resource"], resource);
            for suffix in elsewhere.into_iter().chain([own]) {
                let found = told(&client, &format!("{ROOT}{suffix}")).is_some();
                assert_eq!(found, suffix == own, "{resource}: {suffix}");
            }
            let address = address.replace("{}", ROOT);
            let start = format!("Bearer realm=\"api\", resource_metadata=\"{address}\"");
            for (path, authorization, rest) in [
                ("/headers", vec![], ""),
                ("/headers", vec!["Basic YTpi".to_owned()], ""),
                ("/headers", vec!["Bearer garbage".to_owned()], ", error=\"invalid_token\""),
                ("/headers", vec!["Bearer".to_owned()], ", error=\"invalid_request\""),
                ("/messages", vec![format!("Bearer {token}")], ", error=\"insufficient_scope\""),
                ("/auth", vec![], ""),
                (
                    "/auth?scope=a",
                    vec![format!("Bearer {token}")],
                    ", error=\"insufficient_scope\"",
                ),
            ] {
                let authorization: Vec<_> = authorization.iter().map(String::as_str).collect();
                let response = request(&client, Method::Get, path, &authorization);
                let challenge = response.headers().get_one("WWW-Authenticate").unwrap();
                let after = challenge.strip_prefix(&start).unwrap_or_else(|| panic!("{challenge}"));
                assert!(after.starts_with(rest), "{challenge}");
                assert!(!rest.is_empty() || after.is_empty(), "{challenge}");
            }
        }
    }
}

#[test]
fn without_a_resource_there_is_neither() {
    let client = client(config());
    assert_eq!(told(&client, ROOT), None);
    let response = request(&client, Method::Get, "/headers", &[]);
    assert_eq!(response.headers().get_one("WWW-Authenticate"), Some("Bearer realm=\"api\""));
}

#[test]
fn issuers_that_cannot_be_discovered_are_left_out() {
    let issuer = |name: &str, iss: &str, keys: KeySet| {
        Issuer::with_keys(iss, keys, ["image"]).unwrap().named(name).unwrap()
    };
    let keys = || Signer::of("RS256").set();
    let config = Config::new(issuer("a", "acme", keys()))
        .also(issuer("b", "https://b.test/", keys()))
        .unwrap()
        .also(issuer("c", "http://c.test/", keys()))
        .unwrap();
    let told = |config: Config| {
        let client = client(config.resource("https://api.test").unwrap());
        told(&client, ROOT).unwrap()["authorization_servers"].take()
    };
    assert_eq!(told(config), json!(["https://b.test/"]));
    assert_eq!(told(Config::new(issuer("a", "acme", keys()))), Value::Null);
}

#[test]
fn a_template_is_no_issuer_but_each_of_its_listed_tenants_is() {
    let (one, two) =
        ("8c7f6e5d-0000-4000-8000-00000000000a", "11111111-2222-4333-8444-555555555555");
    let iss = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    for (tenants, expected) in [
        (vec![one], json!([iss(one)])),
        (vec![one, two], json!([iss(one), iss(two)])),
        (vec!["any"], Value::Null),
    ] {
        let keys = Signer::of("RS256").set();
        let issuer = Issuer::with_keys(&iss("{tenantid}"), keys, ["image"]).unwrap();
        let config = Config::new(issuer.tenants(tenants.clone()).unwrap());
        let client = client(config.resource("https://api.test").unwrap());
        let told = told(&client, ROOT).unwrap();
        assert_eq!(
            told.get("authorization_servers").unwrap_or(&Value::Null),
            &expected,
            "{tenants:?}"
        );
    }
}

#[test]
fn a_header_of_another_name_is_no_bearer_method() {
    for (name, is_one) in [("Authorization", true), ("X-Token", false)] {
        let config = config().token_header(name).unwrap().resource("https://api.test").unwrap();
        let told = told(&client(config), ROOT).unwrap();
        assert_eq!(told.get("bearer_methods_supported").is_some(), is_one, "{name}: {told}");
    }
}

/// Of an app of one's own, the routes that are mounted, and what wraps the guard as well.
#[test]
fn the_scopes_are_those_of_the_routes_that_are_mounted() {
    struct Read;
    impl Requirement for Read {
        const NEEDS: Needs = Needs::Scope("read");
    }
    struct Either;
    impl Requirement for Either {
        const NEEDS: Needs = Needs::Any(&[Needs::Scope("a"), Needs::Permission("p")]);
    }
    struct Unused;
    impl Requirement for Unused {
        const NEEDS: Needs = Needs::Scope("unused");
    }
    #[get("/read")]
    fn read(_reader: Authorized<Read>) {}
    #[get("/either")]
    fn either(_maybe: Option<Authorized<(Read, Either)>>) {}
    #[get("/unused")]
    fn unused(_user: Authorized<Unused>) {}
    let _ = routes![unused];

    for (routes, expected) in [
        (vec![], Value::Null),
        (routes![read], json!(["read"])),
        (routes![either], json!(["a", "read"])),
        (routes![read, either], json!(["a", "read"])),
    ] {
        let config = config().resource("https://api.test").unwrap();
        let rocket = support::rocket().mount("/api", routes);
        let client = Client::untracked(rocket.attach(Bearer::with(config))).unwrap();
        assert_eq!(told(&client, ROOT).unwrap()["scopes_supported"], expected);
    }
}

/// A refresh token is a matter between client and issuer.
#[test]
fn a_route_that_asks_for_offline_access_is_warned_of() {
    struct Offline;
    impl Requirement for Offline {
        const NEEDS: Needs = Needs::Scope("offline_access");
    }
    #[get("/")]
    fn route(_user: Authorized<Offline>) {}
    let is_warned =
        || support::leaks::logged().iter().any(|(_, _, line)| line.contains("`offline_access`"));
    assert!(!is_warned());
    let rocket = support::rocket().mount("/", routes![route]).attach(Bearer::with(config()));
    let _client = Client::untracked(rocket).unwrap();
    assert!(is_warned());
}

/// What is told is what holds: a token for that issuer, with those scopes, opens the route.
#[test]
fn who_follows_the_metadata_gets_in() {
    let key = Signer::of("EdDSA");
    let client = client(config().resource("https://api.example.com").unwrap());
    let told = told(&client, ROOT).unwrap();
    let mut claims = good_claims();
    claims["iss"] = told["authorization_servers"][0].clone();
    claims["scope"] = told["scopes_supported"][0].clone();
    let token = format!("Bearer {}", key.token(&key.header(), &claims));
    let response = client.get("/messages").header(Header::new("Authorization", token)).dispatch();
    assert_eq!(response.status(), Status::Ok);
}
