//! Scopes that imply others: `scopes.implies`.

use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{Route, get, routes};
use rocket_bearer::{Authorized, Bearer, Claims, Config, Needs, Requirement};
use serde_json::{Value, json};

use crate::support::{self, Signer, but, good_claims};

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
                fn route(_user: Authorized<$name>) {}
                all.extend(routes![route]);
            })*
            all
        }
    };
}

routes_that_need! {
    Read = "/read": Needs::Scope("ro");
    Write = "/write": Needs::Scope("rw");
    Granted = "/granted": Needs::Granted("ro");
    Permitted = "/permitted": Needs::Permission("ro");
    InRole = "/in-role": Needs::Role("ro");
    Claimed = "/claimed": Needs::Claim { name: "scope", value: "ro" };
    All = "/all": Needs::All(&[Needs::Scope("ro"), Needs::Scope("rw"), Needs::Scope("mail")]);
    Broad = "/broad-first": Needs::Any(&[Needs::Scope("adm"), Needs::Scope("ro"), Needs::Scope("mail")]);
    Narrow = "/narrow-first": Needs::Any(&[Needs::Scope("ro"), Needs::Scope("adm")]);
    Several = "/several": Needs::Any(&[
        Needs::All(&[Needs::Scope("rw"), Needs::Scope("mail")]), Needs::Scope("ro"),
    ]);
}

/// `adm` > `rw` > `ro`, and `own` > `rw`.
fn config() -> Config {
    let issuer = support::issuer(Signer::of("EdDSA").set()).roles(["roles"]).unwrap();
    Config::new(issuer)
        .scope_implies("rw", ["ro"])
        .and_then(|it| it.scope_implies("own", ["rw"]))
        .and_then(|it| it.scope_implies("adm", ["rw", "del"]))
        .unwrap()
}

fn ask(client: &Client, path: &str, members: Option<Value>) -> (u16, String) {
    let key = Signer::of("EdDSA");
    let mut request = client.get(path.to_owned());
    if let Some(members) = members {
        let token = key.token(&key.header(), &but(good_claims(), members));
        request.add_header(Header::new("Authorization", format!("Bearer {token}")));
    }
    let response = request.dispatch();
    let challenge = response.headers().get_one("WWW-Authenticate").unwrap_or_default();
    let scopes = challenge.split_once("scope=\"").and_then(|(_, rest)| rest.strip_suffix('"'));
    (response.status().code, scopes.unwrap_or_default().to_owned())
}

fn client(config: Config) -> Client {
    let rocket = support::rocket().attach(Bearer::with(config)).mount("/", needy());
    Client::untracked(rocket_bearer::app::mounted_on(rocket)).unwrap()
}

#[test]
fn a_broader_scope_does_for_each_that_it_implies_and_for_no_other() {
    let client = client(config());
    for (path, members, status) in [
        ("/read", json!({ "scope": "ro" }), 200),
        ("/read", json!({ "scope": "rw" }), 200),
        ("/read", json!({ "scope": "adm" }), 200),
        ("/read", json!({ "scope": "mail own" }), 200),
        ("/read", json!({ "scp": ["adm"] }), 200),
        ("/read", json!({ "scope": ["adm"] }), 200),
        ("/read", json!({ "scope": "del" }), 403),
        ("/read", json!({ "scope": "Adm" }), 403),
        ("/read", json!({ "scope": "adm2" }), 403),
        ("/read", json!({ "scope": "fil" }), 403),
        ("/read", json!({ "scope": "" }), 403),
        ("/write", json!({ "scope": "ro" }), 403),
        ("/write", json!({ "scope": "own" }), 200),
        ("/granted", json!({ "scope": "rw" }), 200),
        ("/granted", json!({ "permissions": ["ro"] }), 200),
        // Permissions, roles and claims are what they are.
        ("/read", json!({ "permissions": ["adm"] }), 403),
        ("/granted", json!({ "permissions": ["rw"] }), 403),
        ("/permitted", json!({ "permissions": ["adm"] }), 403),
        ("/permitted", json!({ "scope": "adm" }), 403),
        ("/in-role", json!({ "roles": ["adm"] }), 403),
        ("/claimed", json!({ "scope": "adm" }), 403),
        ("/all", json!({ "scope": "rw mail" }), 200),
        ("/all", json!({ "scope": "adm" }), 403),
        ("/broad-first", json!({ "scope": "own" }), 200),
        ("/several", json!({ "scope": "rw" }), 200),
        ("/auth?scope=ro", json!({ "scope": "adm" }), 204),
        ("/auth?scope=ro+del", json!({ "scope": "adm" }), 204),
        ("/auth?scope=ro+del", json!({ "scope": "own" }), 403),
        ("/auth?scope=ro", json!({ "permissions": ["adm"] }), 403),
    ] {
        assert_eq!(ask(&client, path, Some(members.clone())).0, status, "{path} {members}");
    }
}

#[test]
fn a_challenge_names_the_least_that_would_do() {
    let client = client(config());
    for (path, scopes) in [
        ("/read", "ro"),
        ("/write", "rw"),
        ("/all", "rw mail"),
        ("/broad-first", "ro"),
        ("/narrow-first", "ro"),
        ("/several", "ro"),
        ("/auth?scope=ro", "ro"),
        ("/auth?scope=ro+mail+adm+own", "mail adm own"),
    ] {
        assert_eq!(ask(&client, path, None), (401, scopes.to_owned()), "{path}");
        assert_eq!(ask(&client, path, Some(json!({}))), (403, scopes.to_owned()), "{path}");
        // What it names opens the route.
        let told = ask(&client, path, Some(json!({ "scope": scopes })));
        assert!(told.0 < 300, "{path}: {told:?}");
    }
}

#[test]
fn claims_say_what_was_signed() {
    let claims = but(good_claims(), json!({ "scope": "adm" }));
    let key = Signer::of("EdDSA");
    let verifier = rocket_bearer::Verifier::new(&config()).unwrap();
    let token = key.token(&key.header(), &claims);
    let verified = verifier.verify(&token, std::time::SystemTime::now()).unwrap();
    let claims: &Claims = verified.claims();
    assert!(claims.has_scope("adm") && !claims.has_scope("ro"));
    let client = client(config());
    let authorization = Header::new("Authorization", format!("Bearer {token}"));
    let response = client.get("/auth?scope=ro").header(authorization).dispatch();
    assert_eq!(response.headers().get_one("X-Auth-Scope"), Some("adm"));
}

#[test]
fn without_the_key_no_scope_implies_another() {
    let client = client(support::config(Signer::of("EdDSA").set()));
    for (path, scopes) in [
        ("/read", "ro"),
        ("/all", "ro rw mail"),
        ("/broad-first", "adm"),
        ("/several", "rw mail"),
        ("/auth?scope=ro+adm", "ro adm"),
    ] {
        let told = ask(&client, path, Some(json!({ "scope": "own" })));
        assert_eq!(told, (403, scopes.to_owned()), "{path}");
    }
}
