//! Back-channel logout: what the issuer's word does, and what is no word of the issuer's.

use std::time::Duration;

use rocket::http::{ContentType, Header, Status};
use rocket::local::blocking::Client;
use rocket_bearer::{Bearer, Config, Revocations, Rule};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{self, AUDIENCE, ISSUER, Signer, but, encode, good_claims, now};
use crate::{client, verdict};

const PATH: &str = "/backchannel-logout";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

struct App {
    client: Client,
    /// Where the rules are; it is gone with the app.
    _folder: TempDir,
}

impl App {
    fn with(set: impl Fn(Config) -> Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = support::issuer(key().set()).logout_clients(["web", "mobile"]).unwrap();
        let config = Config::new(issuer).logout_path(PATH).unwrap();
        let config = set(config.revocation_file(folder.path().join("rules.jsonl")));
        Self { client: client(config), _folder: folder }
    }

    fn new() -> Self {
        Self::with(|config| config)
    }

    /// The status and the body of the answer to a form.
    fn post(&self, form: &str) -> (u16, String) {
        let request = self.client.post(PATH).header(ContentType::Form).body(form);
        let response = request.dispatch();
        assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"), "{form}");
        (response.status().code, response.into_string().unwrap_or_default())
    }

    fn log_out(&self, token: &str) -> (u16, String) {
        self.post(&format!("logout_token={token}"))
    }

    fn rules(&self) -> Vec<Rule> {
        self.client.rocket().state::<Revocations>().unwrap().rules()
    }

    #[track_caller]
    fn assert_refused(&self, (status, body): (u16, String), case: &str) {
        assert_eq!(status, 400, "{case}: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"], "invalid_request", "{case}");
        assert!(body["error_description"].as_str().is_some_and(|it| !it.is_empty()), "{case}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{case}");
        assert_eq!(self.rules(), [], "{case}: no rule is made");
    }
}

fn key() -> Signer {
    Signer::of("ES256")
}

/// The claims of a good logout token, by the standard's own example.
fn logout() -> Value {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    json!({
        "iss": ISSUER, "aud": "web", "sub": "alice", "sid": "session-1", "iat": now(),
        "exp": now() + 120, "jti": format!("logout-{number}"), "events": { EVENT: {} },
    })
}

fn signed(claims: &Value) -> String {
    let key = key();
    key.token(&but(key.header(), json!({ "typ": "logout+jwt" })), claims)
}

fn access(members: Value) -> String {
    let key = key();
    key.token(&key.header(), &but(good_claims(), members))
}

#[test]
fn a_session_that_has_ended_is_refused_and_others_are_not() {
    let app = App::new();
    let sessions = ["session-1", "session-2"].map(|sid| access(json!({ "sid": sid })));
    let none = access(json!({}));
    let statuses = || [&sessions[0], &sessions[1], &none].map(|it| verdict(&app.client, it).0);
    assert_eq!(statuses(), [200, 200, 200]);
    assert_eq!(app.log_out(&signed(&logout())), (200, String::new()));
    assert_eq!(statuses(), [401, 200, 200]);
    // Without a session it is the user, and all that was issued until then.
    assert_eq!(app.log_out(&signed(&but(logout(), json!({ "sid": null })))).0, 200);
    assert_eq!(statuses(), [401, 401, 401]);
    let later = access(json!({ "iat": now() + 2 }));
    assert_eq!(verdict(&app.client, &later).0, 200);
    let rules = app.rules();
    assert_eq!(rules.len(), 2);
    assert!(!format!("{rules:?}").contains("alice"), "{rules:?}");
}

#[test]
fn a_user_is_logged_out_where_that_is_asked_for() {
    let app = App::with(Config::logout_by_sub);
    let token = access(json!({}));
    assert_eq!(app.log_out(&signed(&logout())).0, 200);
    assert_eq!(verdict(&app.client, &token).0, 401);
    let app = App::with(Config::logout_by_sub);
    let answer = app.log_out(&signed(&but(logout(), json!({ "sub": null }))));
    app.assert_refused(answer, "a session without its user");
}

#[test]
fn whatever_the_standard_lets_an_issuer_write_is_taken() {
    for (name, header, members) in [
        ("no typ", json!({ "typ": null }), json!({})),
        ("JWT", json!({ "typ": "jwt" }), json!({})),
        ("the long type", json!({ "typ": "application/LOGOUT+JWT" }), json!({})),
        ("no exp", json!({}), json!({ "exp": null })),
        ("no sub", json!({}), json!({ "sub": null })),
        ("several audiences", json!({}), json!({ "aud": ["other", "mobile"] })),
        ("a fraction", json!({}), json!({ "iat": now() as f64 - 0.5 })),
        ("almost five minutes", json!({}), json!({ "iat": now() - 299, "exp": null })),
        ("another event too", json!({}), json!({ "events": { EVENT: {}, "urn:x": {} } })),
        ("a claim of its own", json!({}), json!({ "trace_id": "x" })),
    ] {
        let (app, key) = (App::new(), key());
        let header = but(but(key.header(), json!({ "typ": "logout+jwt" })), header);
        let token = key.token(&header, &but(logout(), members));
        assert_eq!(app.log_out(&token), (200, String::new()), "{name}");
        assert_eq!(app.rules().len(), 1, "{name}");
    }
}

#[test]
fn each_fault_is_400_and_makes_no_rule() {
    let app = App::new();
    let claims = |members: Value| signed(&but(logout(), members));
    for (name, token) in [
        ("another issuer", claims(json!({ "iss": "https://mallory.test/" }))),
        ("no issuer", claims(json!({ "iss": null }))),
        ("the API as audience", claims(json!({ "aud": AUDIENCE }))),
        ("another client", claims(json!({ "aud": "other" }))),
        ("no audience", claims(json!({ "aud": null }))),
        ("an audience that is no text", claims(json!({ "aud": ["web", 7] }))),
        ("neither sub nor sid", claims(json!({ "sub": null, "sid": null }))),
        ("a sub that is no text", claims(json!({ "sub": 7 }))),
        ("a sid that is no text", claims(json!({ "sid": ["session-1"] }))),
        ("an empty sid", claims(json!({ "sid": "" }))),
        ("a long sid", claims(json!({ "sid": "x".repeat(1_025) }))),
        ("no jti", claims(json!({ "jti": null }))),
        ("an empty jti", claims(json!({ "jti": "" }))),
        ("a jti that is no text", claims(json!({ "jti": 7 }))),
        ("no iat", claims(json!({ "iat": null }))),
        ("an old iat", claims(json!({ "iat": now() - 310 }))),
        ("an iat to come", claims(json!({ "iat": now() + 60 }))),
        ("an iat that is no number", claims(json!({ "iat": "now" }))),
        ("expired", claims(json!({ "exp": now() - 10 }))),
        ("no events", claims(json!({ "events": null }))),
        ("another event", claims(json!({ "events": { "urn:x": {} } }))),
        ("an event that is no object", claims(json!({ "events": { EVENT: true } }))),
        ("events as a list", claims(json!({ "events": [EVENT] }))),
        ("a nonce", claims(json!({ "nonce": "n" }))),
        ("an access token", access(json!({ "sid": "session-1" }))),
        ("garbage", "garbage".to_owned()),
        ("three parts of nothing", "e30.e30.AA".to_owned()),
        ("too long", "a".repeat(20_000)),
    ] {
        app.assert_refused(app.log_out(&token), name);
    }
    let key = key();
    for (name, header) in [
        ("the type of access tokens", json!({ "typ": "at+jwt" })),
        ("another type", json!({ "typ": "secevent+jwt" })),
        ("no algorithm", json!({ "typ": "logout+jwt", "alg": "none" })),
        ("a shared secret", json!({ "typ": "logout+jwt", "alg": "HS256" })),
        ("crit", json!({ "typ": "logout+jwt", "crit": ["exp"] })),
        ("no kid", json!({ "typ": "logout+jwt", "kid": null })),
        ("an unknown kid", json!({ "typ": "logout+jwt", "kid": "other" })),
    ] {
        let token = key.token(&but(key.header(), header), &logout());
        app.assert_refused(app.log_out(&token), name);
    }
    let good = signed(&logout());
    app.assert_refused(app.log_out(&support::forged(&good)), "a bad signature");
    let stranger = Signer::stranger("ES256").with_kid(&key.kid);
    let forged = stranger.token(&stranger.header(), &logout());
    app.assert_refused(app.log_out(&forged), "a stranger's signature");
    let twice = logout().to_string().replacen('{', "{\"sub\":\"bob\",", 1);
    let header = but(key.header(), json!({ "typ": "logout+jwt" }));
    let twice = key.token_of(header.to_string(), &twice);
    app.assert_refused(app.log_out(&twice), "a claim twice");
    let unsigned = good.rsplit_once('.').unwrap().0;
    app.assert_refused(app.log_out(&format!("{unsigned}.")), "no signature");
    let changed = encode(but(logout(), json!({ "sub": "bob" })).to_string());
    let parts: Vec<_> = good.split('.').collect();
    let changed = format!("{}.{changed}.{}", parts[0], parts[2]);
    app.assert_refused(app.log_out(&changed), "changed claims");
    // After all that, a good one is taken.
    assert_eq!(app.log_out(&good).0, 200);
}

#[test]
fn what_is_no_form_with_one_token_is_400() {
    let app = App::new();
    let good = signed(&logout());
    for form in [
        String::new(),
        "logout_token=".to_owned(),
        format!("token={good}"),
        format!("logout_token={good}&logout_token={good}"),
        format!("logout_token={good}&x={}", "x".repeat(70_000)),
    ] {
        app.assert_refused(app.post(&form), &form[..form.len().min(40)]);
    }
    let body = format!("logout_token={good}");
    for content_type in [ContentType::JSON, ContentType::Plain] {
        let response = app.client.post(PATH).header(content_type.clone()).body(&body).dispatch();
        assert_eq!(response.status(), Status::BadRequest, "{content_type}");
    }
    assert_eq!(app.client.get(PATH).dispatch().status(), Status::NotFound);
    // Members that are not ours are passed over, and no access token is asked for.
    assert_eq!(app.post(&format!("a=b&logout_token={good}&c")).0, 200);
}

#[test]
fn a_logout_token_is_taken_once() {
    let app = App::new();
    let token = signed(&logout());
    assert_eq!(app.log_out(&token).0, 200);
    let revocations: &Revocations = app.client.rocket().state().unwrap();
    assert!(rocket::execute(revocations.remove(Rule::sid("session-1"))).unwrap());
    for _ in 0..2 {
        app.assert_refused(app.log_out(&token), "again");
    }
    // The same `jti` is the same logout.
    let claims = logout();
    assert_eq!(app.log_out(&signed(&claims)).0, 200);
    assert!(rocket::execute(revocations.remove(Rule::sid("session-1"))).unwrap());
    app.assert_refused(app.log_out(&signed(&but(claims, json!({ "sid": "s" })))), "its jti again");
}

#[test]
fn a_logout_that_cannot_be_kept_is_503_and_may_come_again() {
    let app = App::with(|config| config.revocation_rules(1).unwrap());
    assert_eq!(app.log_out(&signed(&but(logout(), json!({ "sid": "first" })))).0, 200);
    let token = signed(&logout());
    for _ in 0..2 {
        let request = app.client.post(PATH).header(ContentType::Form);
        let response = request.body(format!("logout_token={token}")).dispatch();
        assert_eq!(response.status(), Status::ServiceUnavailable);
        assert_eq!(response.headers().get_one("Retry-After"), Some("1"));
    }
    let revocations: &Revocations = app.client.rocket().state().unwrap();
    assert!(rocket::execute(revocations.remove(Rule::sid("first"))).unwrap());
    assert_eq!(app.log_out(&token).0, 200);
}

#[test]
fn logouts_leave_room_for_other_rules() {
    let app = App::with(|config| config.revocation_rules(10).unwrap());
    let of = |number: u32| signed(&but(logout(), json!({ "sid": format!("room-{number}") })));
    for number in 0..9 {
        assert_eq!(app.log_out(&of(number)).0, 200, "{number}");
    }
    assert_eq!(app.log_out(&of(9)).0, 503);
    // One that joins another needs no room.
    assert_eq!(app.log_out(&of(0)).0, 200);
    let revocations: &Revocations = app.client.rocket().state().unwrap();
    rocket::execute(revocations.revoke(Rule::sub("room-user"))).unwrap();
    assert!(rocket::execute(revocations.revoke(Rule::sub("room-other"))).is_err());
}

#[test]
fn the_rule_of_a_logout_lives_as_long_as_is_said() {
    for (keep, expected) in [(None, 30 * 86_400), (Some(600), 600)] {
        let app = App::with(|config| match keep {
            Some(seconds) => config.logout_keep(Duration::from_secs(seconds)).unwrap(),
            None => config,
        });
        let claims = logout();
        assert_eq!(app.log_out(&signed(&claims)).0, 200);
        let rule = serde_json::to_value(&app.rules()[0]).unwrap();
        assert_eq!(rule["until"].as_u64(), Some(claims["iat"].as_u64().unwrap() + expected));
    }
}

#[test]
fn an_app_that_refuses_forgotten_routes_launches_with_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = support::issuer(key().set()).logout_clients(["web"]).unwrap();
    let config = Config::new(issuer).logout_path("/api/logout").unwrap();
    let config = config.revocation_file(folder.path().join("rules"));
    let public: [&str; 0] = [];
    let bearer = Bearer::with(config).public_only(public);
    let client = Client::untracked(support::rocket().attach(bearer)).unwrap();
    let request = client.post("/api/logout").header(ContentType::Form);
    let request = request.header(Header::new("Authorization", "Bearer x"));
    let body = format!("logout_token={}", signed(&logout()));
    assert_eq!(request.body(body).dispatch().status(), Status::Ok);
}
