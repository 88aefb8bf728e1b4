//! Revoked tokens: which rule fits which token, and that every door obeys.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::testing::TestIssuer;
use rocket_bearer::{
    AuthedUser, Authorized, Bearer, Config, Needs, OptionalUser, Rejection, Requirement,
    RevocationError, Revocations, Rule, Verifier,
};
use serde_json::{Value, json};

use crate::support::{self, Signer, but, good_claims, now};
use crate::{GRANTED, client, verdict};

const REVOKED: (u16, &str) = (401, "Token revoked.");

fn revocations(client: &Client) -> &Revocations {
    client.rocket().state().unwrap()
}

fn revoke(client: &Client, rule: Rule) {
    rocket::execute(revocations(client).revoke(rule)).unwrap();
}

fn remove(client: &Client, rule: Rule) -> bool {
    rocket::execute(revocations(client).remove(rule)).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn token(key: &Signer, members: Value) -> String {
    key.token(&key.header(), &but(good_claims(), members))
}

#[test]
fn a_rule_fits_the_tokens_that_it_names_and_no_other() {
    let (key, iat) = (Signer::of("ES256"), now() - 60);
    let alice = json!({ "iat": iat, "jti": "t", "sid": "s", "azp": "c" });
    for (rule, members, is_revoked) in [
        (Rule::sub("alice"), json!({}), true),
        (Rule::sub("alice"), json!({ "sub": "Alice" }), false),
        (Rule::sub("alice"), json!({ "sub": null }), false),
        (Rule::sub("auth0|ä \""), json!({ "sub": "auth0|ä \"" }), true),
        (Rule::jti("t"), json!({}), true),
        (Rule::jti("t"), json!({ "jti": "t2" }), false),
        (Rule::jti("alice"), json!({}), false),
        (Rule::sid("s"), json!({}), true),
        (Rule::sid("s"), json!({ "sid": ["s"] }), false),
        (Rule::client("c"), json!({}), true),
        (Rule::client("c"), json!({ "azp": null, "client_id": "c" }), true),
        (Rule::client("c"), json!({ "azp": "d", "client_id": "c" }), false),
        (Rule::client("c"), json!({ "azp": 7, "client_id": "c" }), false),
        (Rule::client("c"), json!({ "azp": null, "cid": "c" }), true),
        (Rule::client("c"), json!({ "azp": null, "appid": "c" }), true),
        (Rule::all(), json!({ "sub": null, "jti": null }), true),
        (Rule::all().before(at(iat)), json!({}), true),
        (Rule::sub("alice").before(at(iat)), json!({}), true),
        (Rule::sub("alice").before(at(iat)), json!({ "iat": iat as f64 + 0.9 }), true),
        (Rule::sub("alice").before(at(iat)), json!({ "iat": iat + 1 }), false),
        (Rule::sub("alice").before(at(iat - 1)), json!({}), false),
        (Rule::sub("alice").before(at(iat - 1)), json!({ "iat": null }), true),
        (Rule::sub("alice").until(at(now() + 60)), json!({}), true),
    ] {
        let client = client(support::config(key.set()));
        let claims = but(but(good_claims(), alice.clone()), members.clone());
        let token = key.token(&key.header(), &claims);
        let case = format!("{rule:?} {members}");
        assert_eq!(verdict(&client, &token).0, 200, "{case}");
        revoke(&client, rule.clone());
        // The token is remembered the first time, and has to be refused all the same.
        let expected = if is_revoked { REVOKED } else { GRANTED };
        for _ in 0..2 {
            assert_eq!(verdict(&client, &token), (expected.0, expected.1.to_owned()), "{case}");
        }
        assert!(remove(&client, rule.clone()), "{case}");
        assert!(!remove(&client, rule), "{case}");
        assert_eq!(verdict(&client, &token).0, 200, "{case}");
    }
}

#[test]
fn a_rule_is_of_one_issuer_and_fits_all_its_spellings() {
    let key = Signer::of("ES256");
    let [one, other] = ["https://one.test/", "https://other.test/"].map(|iss| {
        let issuer = rocket_bearer::Issuer::with_keys(iss, key.set(), [support::AUDIENCE]).unwrap();
        let issuer = issuer.algorithms([rocket_bearer::Algorithm::ES256]).unwrap();
        issuer.named(&iss[8..iss.len() - 6]).unwrap()
    });
    let config = Config::new(one.aliases(["one.test"]).unwrap()).also(other).unwrap();
    let client = client(config);
    let of = |iss: &str| token(&key, json!({ "iss": iss }));
    let spellings = ["https://one.test/", "one.test", "https://other.test/"];
    let statuses = || spellings.map(|iss| verdict(&client, &of(iss)).0);
    revoke(&client, Rule::sub("alice").of_issuer("one"));
    assert_eq!(statuses(), [401, 401, 200]);
    revoke(&client, Rule::all().of_issuer("other"));
    assert_eq!(statuses(), [401, 401, 401]);
    assert!(remove(&client, Rule::sub("alice").of_issuer("one")));
    assert_eq!(statuses(), [200, 200, 401]);

    let refused = |rule| rocket::execute(revocations(&client).revoke(rule)).unwrap_err();
    for rule in [Rule::all(), Rule::all().of_issuer("default"), Rule::sub("a").of_issuer("")] {
        let error = refused(rule.clone());
        assert!(matches!(error, RevocationError::UnknownIssuer(_)), "{rule:?}: {error}");
        assert!(error.to_string().contains("one, other"), "{error}");
    }
}

#[test]
fn a_token_of_any_tenant_is_fit_by_a_rule_of_the_template() {
    let (key, tid) = (Signer::of("ES256"), "0a1b2c3d-0000-1111-2222-333344445555");
    let template = "https://login.test/{tenantid}/v2.0";
    let issuer = rocket_bearer::Issuer::with_keys(template, key.set(), [support::AUDIENCE]);
    let issuer = issuer.unwrap().algorithms([rocket_bearer::Algorithm::ES256]).unwrap();
    let client = client(Config::new(issuer.tenants(["any"]).unwrap()));
    let iss = template.replace("{tenantid}", tid);
    let token = token(&key, json!({ "iss": iss, "tid": tid }));
    assert_eq!(verdict(&client, &token).0, 200);
    revoke(&client, Rule::sub("alice"));
    assert_eq!(verdict(&client, &token).0, 401);
}

#[test]
fn what_is_no_rule_is_refused_and_changes_nothing() {
    let key = Signer::of("ES256");
    let client = client(support::config(key.set()));
    for rule in [
        Rule::sub(""),
        Rule::jti("x".repeat(1_025)),
        Rule::sub("alice").until(at(now())),
        Rule::sub("alice").until(at(1)),
        Rule::sub("alice").until(at(253_402_300_800)),
        Rule::sub("alice").before(at(253_402_300_800)),
    ] {
        let error = rocket::execute(revocations(&client).revoke(rule.clone())).unwrap_err();
        assert!(matches!(error, RevocationError::Invalid(_)), "{rule:?}: {error}");
        assert!(!format!("{rule:?}{error}").contains("alice"), "{rule:?}: {error}");
    }
    assert_eq!(revocations(&client).rules(), []);
    assert_eq!(verdict(&client, &key.good()).0, 200);
}

#[test]
fn a_full_list_refuses_aloud_and_keeps_what_it_has() {
    let key = Signer::of("ES256");
    let client = client(support::config(key.set()).revocation_rules(2).unwrap());
    revoke(&client, Rule::sub("alice"));
    revoke(&client, Rule::sub("bob"));
    let error = rocket::execute(revocations(&client).revoke(Rule::sub("carol"))).unwrap_err();
    assert!(matches!(error, RevocationError::Full { most: 2 }), "{error}");
    assert!(error.to_string().contains("`revocation.rules`"), "{error}");
    // One that is there already may still be widened.
    revoke(&client, Rule::sub("bob").before(at(now())));
    assert_eq!(revocations(&client).rules().len(), 2);
    assert_eq!(verdict(&client, &key.good()).0, 401);
}

struct Read;

impl Requirement for Read {
    const NEEDS: Needs = Needs::Scope("read");
}

#[get("/user")]
fn user(_user: AuthedUser) {}

#[get("/result")]
fn result(user: Result<AuthedUser, Rejection>) -> String {
    format!("{:?}", user.err())
}

#[get("/optional")]
fn optional(user: OptionalUser) -> &'static str {
    if user.user().is_some() { "user" } else { "anonymous" }
}

#[get("/authorized")]
fn authorized(_user: Authorized<Read>) {}

#[test]
fn every_door_obeys() {
    let key = Signer::of("ES256");
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    let rocket = rocket.mount("/", routes![user, result, optional, authorized]);
    let config = support::config(key.set());
    let client = Client::untracked(rocket.attach(Bearer::with(config.clone()))).unwrap();
    let token = token(&key, json!({ "scope": "read read:messages" }));
    let ask = |path: &'static str| {
        let header = Header::new("Authorization", format!("Bearer {token}"));
        let response = client.get(path).header(header).dispatch();
        let challenge = response.headers().get_one("WWW-Authenticate").unwrap_or_default();
        let is_invalid = challenge.contains("error=\"invalid_token\"");
        (response.status().code, is_invalid, response.into_string().unwrap_or_default())
    };
    let doors =
        ["/user", "/optional", "/authorized", "/headers", "/me", "/messages", "/auth", "/auth/x"];
    for door in doors {
        assert!(ask(door).0 < 300, "{door}");
    }
    assert_eq!(ask("/result").2, "None");
    revoke(&client, Rule::sub("alice").before(SystemTime::now()));
    for door in doors {
        let (status, is_invalid, body) = ask(door);
        assert_eq!((status, is_invalid), (401, true), "{door}");
        assert_eq!(body, r#"{"code":"token_revoked","description":"Token revoked."}"#, "{door}");
    }
    assert_eq!(ask("/result").2, "Some(Revoked)");
    let anonymous = client.get("/optional").dispatch();
    assert_eq!(anonymous.into_string().as_deref(), Some("anonymous"));

    // And without Rocket.
    let verifier = Verifier::new(&config).unwrap();
    let verdict = || verifier.verify(&token, SystemTime::now()).err();
    assert_eq!([verdict(), verdict()], [None, None]);
    rocket::execute(verifier.revocations().revoke(Rule::sub("alice"))).unwrap();
    assert_eq!([verdict(), verdict()], [Some(Rejection::Revoked); 2]);
}

#[test]
fn an_earlier_fault_answers_and_a_later_one_does_not() {
    let key = Signer::of("ES256");
    let client = client(support::config(key.set()));
    revoke(&client, Rule::sub("alice"));
    for (members, description) in [
        (json!({ "exp": 1 }), "Token expired."),
        (json!({ "aud": "other" }), "Incorrect claims. Please, check the audience and issuer."),
        (json!({}), "Token revoked."),
    ] {
        assert_eq!(verdict(&client, &token(&key, members.clone())).1, description, "{members}");
    }
    let forged = support::forged(&key.good());
    assert_eq!(verdict(&client, &forged).1, "Unable to parse authentication token.");
    // A right that the caller lacks is asked for later.
    let header = Header::new("Authorization", format!("Bearer {}", key.good()));
    assert_eq!(client.get("/messages").header(header).dispatch().status(), Status::Unauthorized);
}

#[test]
fn rules_are_listed_in_one_order_and_joined() {
    let key = Signer::of("ES256");
    let client = client(support::config(key.set()));
    let until = now() + 1_000;
    for rule in [
        Rule::sub("b").before(at(7)).until(at(until)),
        Rule::jti("t").until(at(until)),
        Rule::sub("a").before(at(7)).until(at(until - 1)),
        Rule::all().before(at(5)).until(at(until)),
        Rule::sub("a").before(at(9)).until(at(until)),
        Rule::sub("b").until(at(until - 2)),
    ] {
        revoke(&client, rule);
    }
    let of = |rule: Rule| rule.of_issuer("default").until(at(until));
    let expected = [
        of(Rule::all().before(at(5))),
        of(Rule::jti("t")),
        of(Rule::sub("a").before(at(9))),
        of(Rule::sub("b")),
    ];
    assert_eq!(revocations(&client).rules(), expected);
}

#[test]
fn explain_names_the_kind_the_end_and_the_source_and_no_value_of_another() {
    let key = Signer::of("ES256");
    let client = client(support::config(key.set()));
    let until = at(4_102_444_800);
    let cases = [
        (Rule::sub("alice").until(until), "by its `sub`, until 2100-01-01T00:00:00Z"),
        (
            Rule::all().before(at(now() + 5)).until(until),
            "All tokens of its issuer are revoked as every one issued up to ",
        ),
    ];
    for (rule, says) in cases {
        revoke(&client, rule.clone());
        revoke(&client, Rule::sub("s3cr3t"));
        let header = format!("Bearer {}", key.good());
        let report = rocket_bearer::cli::explained(client.rocket(), &[&header]);
        let diagnosis = &report["diagnoses"][0];
        assert_eq!(diagnosis["name"], "revoked", "{report:#}");
        let told = diagnosis["says"].as_str().unwrap();
        assert!(told.contains(says) && told.contains("from this process"), "{told}");
        assert!(!report.to_string().contains("s3cr3t"), "{report:#}");
        assert!(remove(&client, rule));
    }
}

#[test]
fn the_kit_revokes_tokens_of_its_issuer_in_a_running_app() {
    let (issuer, other) =
        (TestIssuer::new(), TestIssuer::named("https://b.test/", "https://api.test"));
    let rocket = support::rocket().mount("/", routes![user]);
    let client = Client::untracked(issuer.guards_with([&other], rocket)).unwrap();
    let status =
        |issuer: &TestIssuer| client.get("/user").header(issuer.token()).dispatch().status();
    other.revoke(client.rocket(), Rule::sub("alice"));
    assert_eq!((status(&issuer), status(&other)), (Status::Ok, Status::Unauthorized));
    issuer.revoke(client.rocket(), Rule::all());
    assert_eq!(status(&issuer), Status::Unauthorized);
}
