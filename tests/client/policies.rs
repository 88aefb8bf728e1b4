//! Who may do what.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use rocket::local::blocking::Client;
use rocket::{Build, Rocket, Route, get, routes};
use rocket_bearer::{
    AuthedUser, Authorized, Bearer, Caller, Claims, Config, Needs, OptionalUser, Requirement,
    Verifier,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{self, Signer, but, good_claims, now};

/// A requirement that is nothing but these needs, and a route that asks for it.
macro_rules! routes_that_need {
    ($($name:ident = $path:literal: $needs:expr;)*) => {
        fn needy() -> Vec<Route> {
            $(
                struct $name;
                impl Requirement for $name {
                    const NEEDS: Needs = $needs;
                }
            )*
            let mut all = vec![];
            $({
                #[get($path)]
                fn route(_user: Authorized<$name>) -> &'static str { "in" }
                all.extend(routes![route]);
            })*
            all
        }
    };
}

routes_that_need! {
    Nothing = "/nothing": Needs::All(&[]);
    Read = "/read": Needs::Scope("read");
    May = "/may": Needs::Permission("read");
    Granted = "/granted": Needs::Granted("read");
    Both = "/both": Needs::All(&[Needs::Scope("read"), Needs::Scope("write")]);
    Either = "/either": Needs::Any(&[Needs::Scope("read"), Needs::Permission("write")]);
    Nested = "/nested": Needs::All(&[
        Needs::Any(&[Needs::Scope("a"), Needs::Scope("b")]),
        Needs::Any(&[Needs::Scope("b"), Needs::Scope("c")]),
    ]);
    Editor = "/edit": Needs::Claim { name: "https://example.com/roles", value: "editor" };
    App = "/app": Needs::Claim { name: "azp", value: "app" };
    ForImage = "/for-us": Needs::Claim { name: "aud", value: "image" };
    ForOther = "/for-other": Needs::Claim { name: "aud", value: "other" };
    Gold = "/gold": Needs::Acr(&["gold", "silver"]);
    Fresh = "/fresh": Needs::SignedInWithin(Duration::from_secs(60));
    GoldNow = "/gold-now": Needs::All(&[Needs::Acr(&["gold"]), Needs::SignedInWithin(Duration::from_secs(60))]);
    Admin = "/by-role": Needs::Role("adm");
    ReadAdmin = "/read-by-role": Needs::All(&[Needs::Scope("read"), Needs::Role("adm")]);
    OfAcme = "/acme": Needs::Organization("org_acme");
    ForAgent = "/acts": Needs::Actor("bot");
    ReadGold = "/read-gold": Needs::All(&[Needs::Scope("read"), Needs::Acr(&["gold"])]);
}

fn app() -> Rocket<Build> {
    let issuer = support::issuer(Signer::of("EdDSA").set());
    let issuer = issuer.roles(["roles", "/realm_access/roles"]).unwrap();
    let config = Config::new(issuer).leeway(Duration::ZERO).unwrap();
    support::rocket().attach(Bearer::with(config)).register("/", rocket_bearer::catchers())
}

fn client() -> Client {
    Client::untracked(app().mount("/", needy())).unwrap()
}

/// The status and the challenge for a token with these claims over the good ones.
fn ask(client: &Client, path: &str, members: Value) -> (u16, Option<String>) {
    let key = Signer::of("EdDSA");
    let token = key.token(&key.header(), &but(good_claims(), members));
    let request = client.get(path.to_owned());
    let response =
        request.header(Header::new("Authorization", format!("Bearer {token}"))).dispatch();
    let challenge = response.headers().get_one("WWW-Authenticate").map(str::to_owned);
    (response.status().code, challenge)
}

#[test]
fn a_grant_is_met_by_its_whole_name_and_nothing_else() {
    let client = client();
    for (path, members, status) in [
        ("/nothing", json!({}), 200),
        ("/read", json!({}), 403),
        ("/read", json!({ "scope": "read" }), 200),
        ("/read", json!({ "scope": "write read" }), 200),
        ("/read", json!({ "scope": "  read   read " }), 200),
        ("/read", json!({ "scope": "" }), 403),
        ("/read", json!({ "scope": " " }), 403),
        ("/read", json!({ "scope": "Read" }), 403),
        ("/read", json!({ "scope": "reader" }), 403),
        ("/read", json!({ "scope": "read:messages" }), 403),
        ("/read", json!({ "scope": "read,write" }), 403),
        // RFC 6749 §3.3 separates by a space, and by nothing else.
        ("/read", json!({ "scope": "write\tread" }), 403),
        ("/read", json!({ "scope": "write\nread" }), 403),
        ("/read", json!({ "scope": ["read"] }), 200),
        ("/read", json!({ "scope": ["write", "read"] }), 200),
        ("/read", json!({ "scope": ["write read"] }), 403),
        ("/read", json!({ "scope": [["read"]] }), 403),
        ("/read", json!({ "scope": 7 }), 403),
        ("/read", json!({ "scope": { "read": true } }), 403),
        ("/read", json!({ "scp": "read write" }), 200),
        ("/read", json!({ "scp": ["read"] }), 200),
        ("/read", json!({ "scp": "other" }), 403),
        ("/read", json!({ "permissions": ["read"] }), 403),
        ("/may", json!({ "permissions": ["read"] }), 200),
        ("/may", json!({ "permissions": ["write", "read"] }), 200),
        ("/may", json!({ "permissions": [] }), 403),
        ("/may", json!({ "permissions": "read" }), 403),
        ("/may", json!({ "permissions": ["read", 7] }), 403),
        ("/may", json!({ "permissions": vec!["x"; 1_000] }), 403),
        ("/may", json!({ "scope": "read" }), 403),
        ("/granted", json!({ "scope": "read" }), 200),
        ("/granted", json!({ "permissions": ["read"] }), 200),
        ("/granted", json!({}), 403),
        ("/both", json!({ "scope": "read" }), 403),
        ("/both", json!({ "scope": "write" }), 403),
        ("/both", json!({ "scope": "write read" }), 200),
        ("/either", json!({ "scope": "read" }), 200),
        ("/either", json!({ "permissions": ["write"] }), 200),
        ("/either", json!({ "scope": "write", "permissions": ["read"] }), 403),
        ("/nested", json!({ "scope": "b" }), 200),
        ("/nested", json!({ "scope": "a c" }), 200),
        ("/nested", json!({ "scope": "a" }), 403),
        ("/nested", json!({ "scope": "c" }), 403),
        ("/edit", json!({ "https://example.com/roles": ["editor"] }), 200),
        ("/edit", json!({ "https://example.com/roles": "editor" }), 200),
        ("/edit", json!({ "https://example.com/roles": ["reader"] }), 403),
        ("/edit", json!({ "https://example.com/roles": "chief editor" }), 403),
        ("/edit", json!({ "https://example.com/roles": { "editor": true } }), 403),
        ("/app", json!({ "azp": "app" }), 200),
        ("/app", json!({ "azp": "apple" }), 403),
        ("/app", json!({ "azp": ["app"] }), 200),
        ("/by-role", json!({ "roles": ["adm"] }), 200),
        ("/by-role", json!({ "roles": "dev adm" }), 200),
        ("/by-role", json!({ "realm_access": { "roles": ["dev", "adm"] } }), 200),
        ("/by-role", json!({ "realm_access": { "roles": { "adm": {} } } }), 200),
        ("/by-role", json!({ "roles": ["dev adm"] }), 403),
        ("/by-role", json!({ "roles": [["adm"]] }), 403),
        ("/by-role", json!({ "role": "adm" }), 403),
        ("/by-role", json!({ "scope": "adm", "permissions": ["adm"] }), 403),
        ("/by-role", json!({ "realm_access": { "adm": true } }), 403),
        ("/by-role", json!({ "realm_access.roles": ["adm"] }), 403),
        ("/read-by-role", json!({ "scope": "read", "roles": ["adm"] }), 200),
        ("/read-by-role", json!({ "scope": "read" }), 403),
        ("/read-by-role", json!({ "roles": ["adm"] }), 403),
        ("/acme", json!({ "org_id": "org_acme" }), 200),
        ("/acme", json!({}), 403),
        ("/acme", json!({ "org_id": "org_acme2" }), 403),
        ("/acme", json!({ "org_id": "ORG_ACME" }), 403),
        ("/acme", json!({ "org_id": ["org_acme"] }), 403),
        ("/acme", json!({ "org_id": "org_acme org_b" }), 403),
        ("/acme", json!({ "org_name": "org_acme" }), 403),
        ("/acts", json!({ "act": { "sub": "bot" } }), 200),
        ("/acts", json!({ "act": { "sub": "bot", "act": { "sub": "app" } } }), 200),
        // Only the outermost acts now (RFC 8693 §4.1).
        ("/acts", json!({ "act": { "sub": "app", "act": { "sub": "bot" } } }), 403),
        ("/acts", json!({ "act": { "act": { "sub": "bot" } } }), 403),
        ("/acts", json!({ "act": { "sub": ["bot"] } }), 403),
        ("/acts", json!({ "act": [{ "sub": "bot" }] }), 403),
        ("/acts", json!({ "act": "bot" }), 403),
        ("/acts", json!({ "may_act": { "sub": "bot" } }), 403),
        ("/acts", json!({ "sub": "bot" }), 403),
        ("/for-us", json!({}), 200),
        ("/for-us", json!({ "aud": ["other", "image"] }), 200),
        ("/for-other", json!({}), 403),
    ] {
        assert_eq!(ask(&client, path, members.clone()).0, status, "{path} {members}");
    }
}

#[test]
fn who_signed_in_too_weakly_or_too_long_ago_is_asked_to_do_it_again() {
    let client = client();
    let t = now();
    for (path, members, status) in [
        ("/gold", json!({ "acr": "gold" }), 200),
        ("/gold", json!({ "acr": "silver" }), 200),
        ("/gold", json!({ "acr": "bronze" }), 401),
        ("/gold", json!({}), 401),
        ("/gold", json!({ "acr": 1 }), 401),
        ("/fresh", json!({ "auth_time": t }), 200),
        ("/fresh", json!({ "auth_time": t - 30 }), 200),
        ("/fresh", json!({ "auth_time": t - 90 }), 401),
        ("/fresh", json!({ "auth_time": t + 90 }), 401),
        ("/fresh", json!({ "auth_time": "now" }), 401),
        ("/fresh", json!({}), 401),
        ("/gold-now", json!({ "acr": "gold", "auth_time": t }), 200),
        ("/gold-now", json!({ "acr": "gold", "auth_time": t - 90 }), 401),
        ("/read-gold", json!({ "scope": "read", "acr": "gold" }), 200),
        ("/read-gold", json!({ "scope": "read" }), 401),
        ("/read-gold", json!({ "acr": "gold" }), 403),
    ] {
        assert_eq!(ask(&client, path, members.clone()).0, status, "{path} {members}");
    }
}

#[test]
fn the_challenge_names_what_would_do_and_never_a_permission() {
    let client = client();
    let scope = |rest: &str| {
        format!(
            "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"Insufficient \
             permissions.\"{rest}"
        )
    };
    let sign_in = |rest: &str| {
        format!(
            "Bearer realm=\"api\", error=\"insufficient_user_authentication\", \
             error_description=\"A more recent or stronger sign-in is required.\", {rest}"
        )
    };
    for (path, challenge) in [
        ("/read", scope(", scope=\"read\"")),
        ("/may", scope("")),
        ("/granted", scope(", scope=\"read\"")),
        ("/either", scope(", scope=\"read\"")),
        ("/edit", scope("")),
        ("/gold", sign_in("acr_values=\"gold silver\"")),
        ("/fresh", sign_in("max_age=\"60\"")),
    ] {
        assert_eq!(ask(&client, path, json!({})).1, Some(challenge), "{path}");
    }
    // All that is missing or not: the client asks once.
    let (_, challenge) = ask(&client, "/both", json!({ "scope": "read" }));
    assert_eq!(challenge, Some(scope(", scope=\"read write\"")));
    let (_, challenge) = ask(&client, "/gold-now", json!({}));
    assert_eq!(challenge, Some(sign_in("acr_values=\"gold\", max_age=\"60\"")));
}

#[derive(Deserialize, Clone)]
struct Member {
    #[serde(rename = "https://example.com/age")]
    age: u8,
}

struct Adult;

impl Requirement<Member> for Adult {
    const NEEDS: Needs = Needs::Scope("bar");

    fn admits(member: &Member) -> bool {
        member.age >= 18
    }
}

struct Calm;

impl Requirement<Member> for Calm {
    fn admits(member: &Member) -> bool {
        ASKED.fetch_add(1, Ordering::SeqCst);
        member.age > 30
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn requirements_over_typed_claims_hold_alone_and_together() {
    #[get("/bar")]
    fn bar(guest: Authorized<Adult, Member>) -> String {
        format!("{}", guest.into_user().into_claims().age)
    }
    #[get("/quiet-bar")]
    fn quiet(_guest: Authorized<(Adult, Calm), Member>) {}
    let client = Client::untracked(app().mount("/", routes![bar, quiet])).unwrap();
    let of = |age: Value, scope: &str| json!({ "https://example.com/age": age, "scope": scope });
    for (path, members, status) in [
        ("/bar", of(json!(18), "bar"), 200),
        ("/bar", of(json!(17), "bar"), 403),
        ("/bar", of(json!(18), ""), 403),
        ("/bar", of(json!("18"), "bar"), 401),
        ("/bar", of(json!(300), "bar"), 401),
        ("/bar", json!({ "scope": "bar" }), 401),
        ("/quiet-bar", of(json!(31), "bar"), 200),
        ("/quiet-bar", of(json!(30), "bar"), 403),
        ("/quiet-bar", of(json!(31), ""), 403),
    ] {
        assert_eq!(ask(&client, path, members.clone()).0, status, "{path} {members}");
    }
    assert!(ASKED.load(Ordering::SeqCst) > 0);
}

#[test]
fn several_guards_of_one_request_agree_on_one_verification() {
    struct ReadToo;
    impl Requirement for ReadToo {
        const NEEDS: Needs = Needs::Scope("read");
    }
    #[get("/all")]
    fn all(
        user: AuthedUser,
        same: Authorized<ReadToo>,
        optional: OptionalUser,
        other: Authorized<ReadToo>,
    ) -> String {
        // The claims are shared, not made again: they lie in one place.
        let at = |claims: &Claims| std::ptr::from_ref(claims);
        let places = [
            at(user.claims()),
            at(same.claims()),
            at(optional.user().unwrap().claims()),
            at(other.user().claims()),
        ];
        format!("{}", places.iter().all(|place| *place == places[0]))
    }
    // With the token cache, a second verification would find the claims of the first.
    let config = support::config(Signer::of("EdDSA").set()).cache_tokens(0).unwrap();
    let rocket = support::rocket().attach(Bearer::with(config));
    let client = Client::untracked(rocket.mount("/", routes![all])).unwrap();
    let key = Signer::of("EdDSA");
    let token = key.token(&key.header(), &but(good_claims(), json!({ "scope": "read" })));
    let request =
        client.get("/all").header(Header::new("Authorization", format!("Bearer {token}")));
    assert_eq!(request.dispatch().into_string().unwrap(), "true");
}

#[test]
fn a_machine_is_told_from_a_user() {
    let key = Signer::of("EdDSA");
    let verifier = Verifier::new(&support::config(key.set())).unwrap();
    for (members, caller) in [
        (json!({ "sub": "auth0|7" }), Caller::User),
        (json!({ "sub": "app@clients" }), Caller::Machine),
        (json!({ "sub": "x", "gty": "client-credentials" }), Caller::Machine),
        (json!({ "sub": "x", "gty": "password" }), Caller::User),
        (json!({ "sub": "app", "client_id": "app" }), Caller::Machine),
        (json!({ "sub": "app", "azp": "app" }), Caller::Machine),
        (json!({ "sub": "alice", "client_id": "app" }), Caller::User),
        (json!({ "sub": null }), Caller::Unknown),
        (json!({ "sub": null, "gty": "client-credentials" }), Caller::Machine),
        (json!({ "sub": "clients@example.com" }), Caller::User),
        // Who names himself so at his identity provider is no machine by that.
        (json!({ "sub": "samlp|corp|eve@clients" }), Caller::User),
    ] {
        let token = key.token(&key.header(), &but(good_claims(), members.clone()));
        let verified = verifier.verify(&token, std::time::SystemTime::now()).unwrap();
        assert_eq!(verified.claims().caller(), caller, "{members}");
    }
}

#[test]
fn messages_are_read_and_written_by_those_who_may() {
    let config = support::config(Signer::of("EdDSA").set());
    let client = crate::client(config);
    let key = Signer::of("EdDSA");
    let send = |method, grants: Value, body: &str| {
        let token = key.token(&key.header(), &but(good_claims(), grants));
        let request = client.req(method, "/messages").header(ContentType::JSON).body(body);
        let response =
            request.header(Header::new("Authorization", format!("Bearer {token}"))).dispatch();
        (response.status().code, response.into_string().unwrap_or_default())
    };
    let read = || json!({ "scope": "read:messages" });
    let write = || json!({ "permissions": ["write:messages"] });
    let hello = r#"{"text": "hello"}"#;
    for (method, grants, body, status) in [
        (Method::Get, read(), "", 200),
        (Method::Get, write(), "", 403),
        (Method::Post, read(), hello, 403),
        (Method::Post, write(), hello, 201),
        (Method::Post, json!({ "scope": "write:messages" }), hello, 201),
        (Method::Post, write(), "hello", 400),
        (Method::Post, write(), r#"{"text": 7}"#, 400),
        (Method::Post, write(), r#"{"text": "a", "more": 1}"#, 400),
        (Method::Post, write(), &json!({ "text": "a".repeat(1_001) }).to_string(), 413),
        // More than Rocket reads of a text.
        (Method::Post, write(), &json!({ "text": "a".repeat(9_000) }).to_string(), 413),
        (Method::Post, json!({}), "hello", 403),
    ] {
        assert_eq!(send(method, grants.clone(), body).0, status, "{method} {grants} {body}");
    }
    let kept = r#"{"messages":[{"text":"hello"},{"text":"hello"}]}"#;
    assert_eq!(send(Method::Get, read(), "").1, kept);
    // The last hundred are kept.
    for number in 0..150 {
        send(Method::Post, write(), &json!({ "text": number.to_string() }).to_string());
    }
    let messages: Value = serde_json::from_str(&send(Method::Get, read(), "").1).unwrap();
    let messages = messages["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &messages[0]["text"]), (100, &json!("50")));
}
