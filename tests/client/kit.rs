//! What a test may rely on that takes `rocket_bearer::testing`.

use std::time::{Duration, SystemTime};

use rocket::http::Status;
use rocket::local::blocking::Client;
use rocket::{Build, Rocket, get, routes};
use rocket_bearer::testing::{IssuerAnswer, Key, ServedIssuer, TestIssuer, Token};
use rocket_bearer::{
    Algorithm, AuthedUser, Authorized, Bearer, Config, Needs, Rejection, Requirement, StatusTable,
    Verifier,
};
use serde_json::{Value, json};

use crate::support;

const JWKS: &str = "/.well-known/jwks.json";

#[get("/")]
fn sub(user: AuthedUser) -> Option<String> {
    user.into_claims().sub
}

/// An app that says this of its policy.
fn app(policy: Value) -> Rocket<Build> {
    let quiet = rocket::Config { log_level: rocket::config::LogLevel::Off, ..Default::default() };
    support::leaks::watched(rocket::figment::Figment::from(quiet).join(("bearer", policy)))
        .attach(Bearer::fairing())
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![sub])
}

fn client(rocket: Rocket<Build>) -> Client {
    Client::tracked(rocket).expect("the app launches")
}

fn status(client: &Client, token: Token) -> u16 {
    client.get("/").header(token).dispatch().status().code
}

#[test]
fn every_deliberate_fault_is_refused_for_itself_and_for_nothing_else() {
    for algorithm in Algorithm::ALL {
        let issuer = TestIssuer::new().with_key(Key::of(algorithm));
        let verifier = Verifier::new(&issuer.config()).unwrap();
        let client = client(issuer.guards(app(json!({ "errors": "auth0" }))));
        for (token, refused) in [
            (issuer.token(), None),
            (issuer.token().expired(), Some(Rejection::Expired)),
            (issuer.token().not_yet_valid(), Some(Rejection::NotYetValid)),
            (issuer.token().wrong_audience(), Some(Rejection::WrongAudience)),
            (issuer.token().wrong_issuer(), Some(Rejection::WrongIssuer)),
            (issuer.token().forged(), Some(Rejection::BadSignature)),
            (issuer.token().unknown_key(), Some(Rejection::UnknownKey)),
            (issuer.token().unsigned(), Some(Rejection::ForbiddenAlgorithm)),
            (issuer.token().without("exp"), Some(Rejection::ClaimMissing)),
            (issuer.token().header("crit", ["b64"]), Some(Rejection::CriticalExtension)),
        ] {
            let judged = verifier.verify(&token.to_string(), SystemTime::now());
            assert_eq!(judged.err(), refused, "{algorithm} {token:?}");
            let expected = refused.map_or(200, |it| it.status(StatusTable::Auth0));
            assert_eq!(status(&client, token), expected, "{algorithm} {refused:?}");
        }
    }
}

#[test]
fn the_apps_own_policy_stays_and_its_issuers_go() {
    let issuer = TestIssuer::new();
    let told = |policy: Value, token: Token| {
        let elsewhere = json!({ "domain": "tenant.eu.auth0.com", "audience": "elsewhere" });
        let mut policy = policy;
        policy.as_object_mut().unwrap().extend(elsewhere.as_object().unwrap().clone());
        status(&client(issuer.guards(app(policy))), token)
    };
    let half_an_hour_old = || issuer.token().issued(SystemTime::now() - Duration::from_secs(1_800));
    for (policy, token, expected) in [
        (json!({}), issuer.token(), 200),
        (json!({ "errors": "auth0" }), issuer.token().forged(), 400),
        (json!({ "errors": "rfc6750" }), issuer.token().forged(), 401),
        (json!({}), half_an_hour_old(), 200),
        (json!({ "max_age": 60 }), half_an_hour_old(), 401),
        (json!({ "token_type": "at+jwt" }), issuer.token(), 200),
        (json!({ "token_type": "at+jwt" }), issuer.token().header("typ", "JWT"), 401),
        (json!({ "token_type": "at+jwt" }), issuer.token().without("jti"), 401),
        (json!({ "max_token_bytes": 100 }), issuer.token(), 401),
    ] {
        assert_eq!(told(policy.clone(), token), expected, "{policy}");
    }
}

#[test]
#[should_panic(expected = "did you mean `leeway`?")]
fn a_policy_that_would_not_launch_does_not_launch_with_the_kit() {
    TestIssuer::new().guards(app(json!({ "leway": 5 })));
}

#[test]
fn what_is_said_of_a_token_is_in_it() {
    let issuer = TestIssuer::new();
    let client = client(issuer.guards(app(json!({}))));
    let response = client.get("/").header(issuer.token().subject("bob")).dispatch();
    assert_eq!(response.into_string().unwrap(), "bob");

    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let token = issuer.token().permissions(["edit:pages"]).claim("roles", ["admin"]);
    let token = token.issued(then).expires_in(Duration::from_secs(60)).to_string();
    let verifier = Verifier::new(&issuer.config()).unwrap();
    let verified = verifier.verify(&token, then + Duration::from_secs(30)).unwrap();
    let claims = verified.claims();
    assert_eq!((claims.iat, claims.exp), (Some(1_000_000.0), 1_000_060.0));
    assert!(claims.has_permission("edit:pages"));
    assert_eq!(claims.get("roles"), Some(&json!(["admin"])));
    let late = verifier.verify(&token, then + Duration::from_secs(66));
    assert_eq!(late.unwrap_err(), Rejection::Expired);
}

#[test]
fn several_issuers_stand_side_by_side() {
    let one = TestIssuer::named("https://one.test/", "image");
    let two = TestIssuer::named("https://two.test/", "image").with_key(Key::of(Algorithm::EdDSA));
    let config = Config::new(one.trusted()).also(two.trusted().named("two").unwrap()).unwrap();
    let client = client(app(json!({})).attach(Bearer::with(config)));
    assert_eq!(status(&client, one.token()), 200);
    assert_eq!(status(&client, two.token()), 200);
    let false_name = two.token().claim("iss", "https://one.test/");
    assert_eq!(status(&client, false_name), 401, "one's name, the other's key");
}

#[test]
fn an_app_is_guarded_with_several_issuers() {
    let one = TestIssuer::named("https://one.test/", "image");
    let two = TestIssuer::named("https://two.test/", "image").with_key(Key::of(Algorithm::EdDSA));
    let three = TestIssuer::named("https://three.test/", "image");
    let policy = json!({ "token_type": "at+jwt" });
    let client = client(one.guards_with([&two], app(policy)));
    assert_eq!(status(&client, one.token()), 200);
    assert_eq!(status(&client, two.token()), 200);
    assert_eq!(status(&client, three.token()), 401);
    assert_eq!(status(&client, two.token().claim("iss", "https://one.test/")), 401);
    assert_eq!(status(&client, two.token().header("typ", "JWT")), 401, "the policy is for both");
}

#[test]
fn what_an_app_says_for_each_issuer_holds_for_all_of_the_kits() {
    struct Chief;
    impl Requirement for Chief {
        const NEEDS: Needs = Needs::Role("chief");
    }
    #[get("/by-role")]
    fn by_role(_chief: Authorized<Chief>) {}

    let one = TestIssuer::named("https://one.test/", "image");
    let two = TestIssuer::named("https://two.test/", "image");
    let app = app(json!({ "roles": ["/realm_access/roles"] })).mount("/", routes![by_role]);
    let client = client(one.guards_with([&two], app));
    let status = |token: Token| client.get("/by-role").header(token).dispatch().status().code;
    for issuer in [one, two] {
        let roles =
            |roles: &[&str]| issuer.token().claim("realm_access", json!({ "roles": roles }));
        assert_eq!(status(roles(&["chief"])), 200, "{issuer:?}");
        assert_eq!(status(roles(&["chiefs"])), 403, "{issuer:?}");
        assert_eq!(status(issuer.token().claim("roles", ["chief"])), 403, "{issuer:?}");
    }
}

#[test]
fn a_rotation_is_seen_in_the_next_request_and_a_retired_key_in_the_next_fetch() {
    for rotated in [Algorithm::ES256, Algorithm::EdDSA] {
        let issuer = TestIssuer::new().with_key(Key::of(rotated)).serve();
        let client = client(issuer.guards(app(json!({}))));
        let old = issuer.token();
        assert_eq!(issuer.asked(JWKS), 1);
        issuer.rotate();
        assert_eq!(status(&client, issuer.token()), 200);
        assert_eq!(status(&client, old.clone()), 200, "it is still published");
        assert_eq!(issuer.asked(JWKS), 2);
        issuer.retire();
        assert_eq!(status(&client, issuer.token().unknown_key()), 401);
        assert_eq!(issuer.asked(JWKS), 3);
        assert_eq!(status(&client, old), 401, "and now no more");
        assert_eq!(status(&client, issuer.token()), 200);
    }
}

/// An app that launches while its issuer answers like this.
fn down(answer: IssuerAnswer) -> (ServedIssuer, Client) {
    let issuer = TestIssuer::new().serve();
    issuer.fails(answer);
    let client = client(app(json!({})).attach(Bearer::with(issuer.config())));
    (issuer, client)
}

#[test]
fn an_issuer_fails_as_it_was_told_and_recovers() {
    for (name, answer) in [
        ("out", IssuerAnswer::Close),
        ("an error", IssuerAnswer::status(500)),
        ("oversized", IssuerAnswer::Endless),
        ("garbage", IssuerAnswer::text(200, "Content-Type: text/html", "<html>")),
        ("broken off", IssuerAnswer::Truncated(b"{\"keys\":[".to_vec())),
        ("silent", IssuerAnswer::Hang),
        ("slow", IssuerAnswer::Drip),
    ] {
        let (issuer, client) = down(answer);
        let response = client.get("/").header(issuer.token()).dispatch();
        assert_eq!(response.status(), Status::ServiceUnavailable, "{name}");
        issuer.recovers();
        // The first attempt after the outage may still be an old one.
        let begun = std::time::Instant::now();
        while status(&client, issuer.token()) != 200 {
            assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn keys_at_hand_outlast_an_outage() {
    let issuer = TestIssuer::new().serve();
    let client = client(issuer.guards(app(json!({}))));
    issuer.fails(IssuerAnswer::Close);
    assert_eq!(status(&client, issuer.token()), 200);
}

#[test]
fn a_key_of_ones_own_signs() {
    let pem = Key::generate(Algorithm::ES384).pem();
    let key = Key::from_pem(&pem, Algorithm::ES384).with_kid("mine");
    let issuer = TestIssuer::new().with_key(key.clone());
    assert_eq!((key.kid(), &key.jwk()["kid"]), ("mine", &json!("mine")));
    assert_eq!(status(&client(issuer.guards(app(json!({})))), issuer.token()), 200);
    assert_eq!(format!("{key:?}"), r#"Key { kid: "mine", algorithm: ES384 }"#);
}

#[test]
#[should_panic(expected = "no PEM of a private key for RS256")]
fn a_key_of_another_type_is_not_taken() {
    Key::from_pem(Key::of(Algorithm::ES256).pem(), Algorithm::RS256);
}
