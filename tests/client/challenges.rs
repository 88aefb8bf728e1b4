//! Which scopes a challenge names, so that a client asks for the right token at its first try.

use std::time::Duration;

use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{Route, get, routes};
use rocket_bearer::{
    AuthedUser, Authorized, Bearer, Config, Needs, OptionalUser, Rejection, Requirement,
    StatusTable,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{self, Signer, but, forged, good_claims};

/// Requirements that are nothing but needs, each with a route that asks for it.
macro_rules! routes_that_need {
    ($($name:ident = $path:literal: $needs:expr;)*) => {
        fn needy() -> Vec<Route> {
            let mut all = vec![];
            $({
                #[get($path)]
                fn route(_user: Authorized<$name>) {}
                all.extend(routes![route]);
            })*
            all
        }

        $(
            struct $name;
            impl Requirement for $name {
                const NEEDS: Needs = $needs;
            }
        )*
    };
}

routes_that_need! {
    Read = "/read": Needs::Scope("read");
    Granted = "/granted": Needs::Granted("read");
    Both = "/both": Needs::All(&[Needs::Scope("read"), Needs::Scope("write"), Needs::Scope("read")]);
    Mixed = "/mixed": Needs::All(&[
        Needs::Permission("p"), Needs::Role("r"), Needs::Scope("read"), Needs::Acr(&["gold"]),
        Needs::Organization("o"), Needs::Actor("b"), Needs::Claim { name: "c", value: "v" },
    ]);
    Either = "/either": Needs::Any(&[Needs::Scope("read"), Needs::Scope("admin")]);
    Other = "/other": Needs::Any(&[Needs::Permission("p"), Needs::Scope("read"), Needs::Scope("admin")]);
    Nested = "/nested": Needs::All(&[
        Needs::Any(&[Needs::All(&[Needs::Scope("a"), Needs::Scope("b")]), Needs::Scope("c")]),
        Needs::Any(&[Needs::Scope("b"), Needs::Scope("c")]),
        Needs::Scope("d"),
    ]);
    Beside = "/beside": Needs::Any(&[
        Needs::All(&[Needs::Scope("a"), Needs::Permission("p")]),
        Needs::All(&[Needs::Scope("b"), Needs::Any(&[Needs::Role("r"), Needs::Actor("x")])]),
        Needs::All(&[Needs::Scope("c"), Needs::Acr(&["gold"]), Needs::Any(&[Needs::Role("r"), Needs::Scope("d")])]),
    ]);
    Neither = "/neither": Needs::Any(&[
        Needs::Role("r"), Needs::All(&[Needs::Scope("a"), Needs::Permission("p")]),
        Needs::All(&[Needs::Scope("b"), Needs::Organization("o")]),
    ]);
    Nothing = "/nothing": Needs::All(&[]);
    Permitted = "/permitted": Needs::Permission("p");
    InRole = "/in-role": Needs::Role("r");
    Fresh = "/fresh": Needs::SignedInWithin(Duration::from_secs(60));
}

fn client_with(config: Config, routes: Vec<Route>) -> Client {
    let rocket = support::rocket().attach(Bearer::with(config)).mount("/", routes);
    Client::untracked(rocket.register("/", rocket_bearer::catchers())).unwrap()
}

fn config() -> Config {
    support::config(Signer::of("EdDSA").set())
}

fn token(members: Value) -> String {
    let key = Signer::of("EdDSA");
    key.token(&key.header(), &but(good_claims(), members))
}

/// The status of the answer, and the scopes that its challenge names, once.
fn ask(client: &Client, path: &str, authorization: Option<&str>) -> (u16, Option<String>) {
    let mut request = client.get(path.to_owned());
    if let Some(value) = authorization {
        request.add_header(Header::new("Authorization", value.to_owned()));
    }
    let response = request.dispatch();
    let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
    assert!(challenges.len() <= 1, "{challenges:?}");
    let mut named = challenges.concat();
    let rest = named.find(", scope=\"").map(|at| named.split_off(at)).unwrap_or_default();
    assert!(!named.contains("scope=\""), "{path}: {named}");
    let scopes = rest.strip_prefix(", scope=\"").map(|it| it.strip_suffix('"').unwrap().to_owned());
    (response.status().code, scopes)
}

#[test]
fn every_401_of_a_guard_names_the_scopes_that_it_asks_for() {
    let client = client_with(config(), needy());
    let unknown = {
        let key = Signer::of("EdDSA").with_kid("unknown");
        key.token(&key.header(), &good_claims())
    };
    let bad = [
        None,
        Some("".to_owned()),
        Some("Basic YTpi".to_owned()),
        Some("Bearer garbage".to_owned()),
        Some(format!("Bearer {}", token(json!({ "exp": 1 })))),
        Some(format!("Bearer {}", token(json!({ "aud": "other" })))),
        Some(format!("Bearer {}", token(json!({ "scope": "read write", "nbf": 9e9 })))),
        Some(format!("Bearer {}", forged(&token(json!({}))))),
        Some(format!("Bearer {unknown}")),
    ];
    for (path, scopes) in [
        ("/read", Some("read")),
        ("/granted", Some("read")),
        ("/both", Some("read write")),
        ("/mixed", Some("read")),
        ("/either", Some("read")),
        ("/other", Some("read")),
        ("/nested", Some("a b d")),
        // Asking for `a` would not help: no scope gives the permission beside it.
        ("/beside", Some("c d")),
        ("/neither", Some("a")),
        ("/nothing", None),
        ("/permitted", None),
        ("/in-role", None),
        ("/fresh", None),
    ] {
        let expected = (401, scopes.map(str::to_owned));
        for authorization in &bad {
            let told = ask(&client, path, authorization.as_deref());
            assert_eq!(told, expected, "{path} {authorization:?}");
        }
        // The form of the request is not about rights.
        for authorization in ["Bearer", "Bearer a b"] {
            assert_eq!(ask(&client, path, Some(authorization)), (400, None), "{path}");
        }
    }
}

#[test]
fn a_403_and_a_step_up_name_the_same_scopes() {
    let client = client_with(config(), needy());
    for (path, members, expected) in [
        ("/read", json!({}), (403, Some("read"))),
        ("/both", json!({ "scope": "write" }), (403, Some("read write"))),
        ("/either", json!({}), (403, Some("read"))),
        ("/nested", json!({ "scope": "a b" }), (403, Some("a b d"))),
        ("/permitted", json!({}), (403, None)),
        ("/fresh", json!({}), (401, None)),
        ("/mixed", json!({ "scope": "read" }), (403, Some("read"))),
    ] {
        let told = ask(&client, path, Some(&format!("Bearer {}", token(members.clone()))));
        assert_eq!(told, (expected.0, expected.1.map(str::to_owned)), "{path} {members}");
    }
    struct ReadGold;
    impl Requirement for ReadGold {
        const NEEDS: Needs = Needs::All(&[Needs::Scope("read"), Needs::Acr(&["gold"])]);
    }
    #[get("/")]
    fn route(_user: Authorized<ReadGold>) {}
    let client = client_with(config(), routes![route]);
    let weak =
        Header::new("Authorization", format!("Bearer {}", token(json!({ "scope": "read" }))));
    let response = client.get("/").header(weak).dispatch();
    assert_eq!(
        response.headers().get_one("WWW-Authenticate"),
        Some(
            "Bearer realm=\"api\", error=\"insufficient_user_authentication\", error_description=\"A more \
             recent or stronger sign-in is required.\", acr_values=\"gold\", scope=\"read\""
        )
    );
}

/// With the tutorial's table some refused tokens are 400, whose challenge names no scope.
#[test]
fn the_table_of_statuses_decides_which_are_401() {
    for (table, expected) in
        [(StatusTable::Rfc6750, (401, Some("read".to_owned()))), (StatusTable::Auth0, (400, None))]
    {
        let client = client_with(config().errors(table), needy());
        assert_eq!(ask(&client, "/read", Some("Bearer garbage")), expected);
        assert_eq!(ask(&client, "/read", None), (401, Some("read".to_owned())));
    }
}

#[test]
fn the_guard_that_refuses_speaks_whatever_stands_beside_it() {
    #[derive(Deserialize)]
    struct Member {
        #[serde(rename = "age")]
        _age: u8,
    }
    struct Adult;
    impl Requirement<Member> for Adult {
        const NEEDS: Needs = Needs::Scope("bar");
        fn admits(_: &Member) -> bool {
            false
        }
    }
    #[get("/first")]
    fn first(_reader: Authorized<Read>, _user: AuthedUser) {}
    #[get("/second")]
    fn second(_user: AuthedUser, _reader: Authorized<Read>) {}
    #[get("/optional")]
    fn optional(_user: OptionalUser, _reader: Authorized<Read>) {}
    #[get("/passed-over")]
    fn passed_over(_user: Option<AuthedUser>, _reader: Authorized<Read>) {}
    #[get("/pair")]
    fn pair(_user: Authorized<(Read, Both)>) {}
    #[get("/result")]
    fn result(user: Result<Authorized<Read>, Rejection>) -> rocket::http::Status {
        user.map_or(rocket::http::Status::Unauthorized, |_| rocket::http::Status::Ok)
    }
    #[get("/typed")]
    fn typed(_user: Authorized<Adult, Member>) {}
    let routes = routes![first, second, optional, passed_over, pair, result, typed];
    let client = client_with(config(), routes);
    for (path, scopes) in [
        ("/first", Some("read")),
        ("/second", None),
        ("/optional", Some("read")),
        ("/passed-over", Some("read")),
        ("/pair", Some("read write")),
        ("/result", Some("read")),
        ("/typed", Some("bar")),
    ] {
        assert_eq!(ask(&client, path, None), (401, scopes.map(str::to_owned)), "{path}");
    }
    // Claims of another shape are a 401 of the guard too; what `admits` wants, no scope gives.
    let of = |members| format!("Bearer {}", token(members));
    let unfit = of(json!({ "scope": "bar", "age": "old" }));
    assert_eq!(ask(&client, "/typed", Some(&unfit)), (401, Some("bar".to_owned())));
    let young = of(json!({ "scope": "bar", "age": 7 }));
    assert_eq!(ask(&client, "/typed", Some(&young)), (403, None));
}

#[test]
fn a_gateway_hears_of_the_scopes_that_it_asked_for() {
    let client = crate::client(config());
    let ask = |path: &str, lines: &[&str], authorization: Option<&str>| {
        let mut request = client.get(path.to_owned());
        for line in lines {
            request.add_header(Header::new("X-Auth-Require-Scope", (*line).to_owned()));
        }
        if let Some(value) = authorization {
            request.add_header(Header::new("Authorization", value.to_owned()));
        }
        let response = request.dispatch();
        let challenge = response.headers().get_one("WWW-Authenticate").unwrap_or_default();
        let scopes = challenge.split_once(", scope=").map(|(_, scopes)| scopes.to_owned());
        (response.status().code, scopes)
    };
    let expired = format!("Bearer {}", token(json!({ "exp": 1 })));
    for authorization in
        [None, Some("Bearer"), Some("Basic YTpi"), Some("Bearer a"), Some(&*expired)]
    {
        for (path, lines, scopes) in [
            ("/auth", &[] as &[&str], None),
            ("/auth?scope=a", &[], Some("\"a\"")),
            ("/auth?scope=a+b&scope=a&scope=c", &[], Some("\"a b c\"")),
            ("/auth/x?scope=a", &[], None),
            ("/auth/x", &["a b", "c"], Some("\"a b c\"")),
            // Of a gateway that appends no path the headers are its client's.
            ("/auth", &["a"], None),
        ] {
            let told = ask(path, lines, authorization);
            assert_eq!(
                told,
                (401, scopes.map(str::to_owned)),
                "{path} {lines:?} {authorization:?}"
            );
        }
    }
}
