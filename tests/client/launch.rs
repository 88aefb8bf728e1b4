//! What does not launch, and what a launch that went well does not let through later.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::http::Header;
use rocket::http::uri::Host;
use rocket::local::blocking::Client;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Responder;
use rocket::tokio::time::timeout;
use rocket::{Ignite, Rocket, Route, Sentinel, State, async_trait, delete, get, post, routes};
use rocket_bearer::{
    Algorithm, AuthedUser, Authorized, Bearer, Claims, Config, Issuer, Needs, OptionalUser,
    Rejection, Requirement, abort_as_guard,
};
use serde_json::{Value, json};

use crate::support::{self, Signer};

fn bearer() -> Bearer {
    Bearer::with(support::config(Signer::of("EdDSA").set()))
}

fn status(client: &Client, path: &str, token: &str) -> u16 {
    let authorization = Header::new("Authorization", format!("Bearer {token}"));
    client.get(path.to_owned()).header(authorization).dispatch().status().code
}

struct Reader;

impl Requirement for Reader {
    const NEEDS: Needs = Needs::Scope("read");
}

#[test]
fn a_guarded_route_without_the_fairing_does_not_launch() {
    type Alias = Result<AuthedUser, Rejection>;
    #[get("/1")]
    fn plain(_user: AuthedUser) {}
    #[get("/2")]
    fn in_option(_user: Option<AuthedUser>) {}
    #[get("/3")]
    fn in_result(_user: Result<AuthedUser, Rejection>) {}
    #[get("/4")]
    fn alias(_user: Alias) {}
    #[get("/5")]
    fn optional(_user: OptionalUser) {}
    #[get("/6")]
    fn typed(_user: AuthedUser<Value>) {}
    #[get("/7")]
    fn authorized(_user: Authorized<Reader>) {}
    for routes in [
        routes![plain],
        routes![in_option],
        routes![in_result],
        routes![alias],
        routes![optional],
        routes![typed],
        routes![authorized],
    ] {
        let name = routes[0].uri.to_string();
        let launched = Client::untracked(support::rocket().mount("/", routes.clone()));
        let error = launched.expect_err(&name);
        assert!(matches!(error.kind(), ErrorKind::SentinelAborts(_)), "{name}");
        assert!(
            Client::untracked(support::rocket().attach(bearer()).mount("/", routes)).is_ok(),
            "{name}"
        );
    }
}

#[post("/forgotten")]
fn forgotten() {}

#[post("/login")]
fn login() {}

#[get("/open")]
fn open() {}

#[post("/guarded")]
fn guarded(_user: AuthedUser) {}

#[post("/optional")]
fn optional(_user: OptionalUser) {}

#[post("/option")]
fn option(_user: Option<AuthedUser>) {}

#[post("/result")]
fn result(_user: Result<AuthedUser, Rejection>) {}

#[post("/outcome")]
fn outcome(_user: Outcome<AuthedUser, Rejection>) {}

/// Lets everyone in, whatever the guard within says.
struct Soft<T>(PhantomData<T>);

#[async_trait]
impl<'r, T: FromRequest<'r>> FromRequest<'r> for Soft<T> {
    type Error = ();
    async fn from_request(_: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Success(Self(PhantomData))
    }
}

#[post("/soft")]
fn soft(_user: Soft<AuthedUser>) {}

struct View<T>(PhantomData<T>);

impl<'r, T> Responder<'r, 'static> for View<T> {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        ().respond_to(request)
    }
}

#[post("/view")]
fn view() -> View<AuthedUser> {
    View(PhantomData)
}

#[delete("/login")]
fn login_too() {}

#[post("/guarded", rank = 1)]
fn shadow() {}

#[post("/state")]
fn state(_state: &State<String>) {}

/// A guard of the app's own; its sentinel says whom it admits, or only that `Bearer` has to be there.
struct Own<const STATES: bool>;

#[async_trait]
impl<'r, const STATES: bool> FromRequest<'r> for Own<STATES> {
    type Error = Rejection;
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        AuthedUser::<Claims>::from_request(request).await.map(|_| Self)
    }
}

impl<const STATES: bool> Sentinel for Own<STATES> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        match STATES {
            true => abort_as_guard::<Self>(rocket, "an AuthedUser with an account"),
            false => AuthedUser::<Claims>::abort(rocket),
        }
    }
}

#[post("/own")]
fn own(_own: Own<true>) {}

#[post("/own/unstated")]
fn own_unstated(_own: Own<false>) {}

#[post("/own/option")]
fn own_option(_own: Option<Own<true>>) {}

#[post("/own/soft")]
fn own_soft(_own: Soft<Own<true>>) {}

#[test]
fn a_guard_of_ones_own_counts_only_where_it_states_whom_it_admits() {
    for (routes, launches) in [
        (routes![own], true),
        (routes![own_unstated], false),
        (routes![own_option], false),
        (routes![own_soft], false),
        (routes![own, forgotten], false),
    ] {
        let rocket = support::rocket().mount("/", routes.clone());
        let launched = Client::untracked(rocket.attach(bearer().public_only([] as [&str; 0])));
        assert_eq!(launched.is_ok(), launches, "{routes:?}");
        let _ = launched.map_err(|error| error.kind().to_string());
    }
    // Without `Bearer` it launches no more than a guard of ours.
    let error = Client::untracked(support::rocket().mount("/", routes![own])).err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::SentinelAborts(_)));
}

#[test]
fn a_forgotten_guard_stops_the_launch_where_that_was_asked_for() {
    let rocket = |routes: Vec<Route>| support::rocket().mount("/", routes);
    for (routes, launches) in [
        (routes![open, guarded], true),
        (routes![open, guarded, login], true),
        (routes![open, guarded, login, forgotten], false),
        // None of these keeps anyone out.
        (routes![optional], false),
        (routes![option], false),
        (routes![result], false),
        (routes![state], false),
        (routes![outcome], false),
        (routes![soft], false),
        (routes![view], false),
        (routes![login_too], false),
    ] {
        let public_only = bearer().public_only(["POST /login"]);
        let rocket = |routes| rocket(routes).manage(String::new());
        let launched = Client::untracked(rocket(routes.clone()).attach(public_only));
        assert_eq!(launched.is_ok(), launches, "{routes:?}");
        // Dropped unseen, an error of Rocket's panics.
        let _ = launched.map_err(|error| error.kind().to_string());
        assert!(Client::untracked(rocket(routes).attach(bearer())).is_ok());
    }
}

#[test]
fn a_route_that_is_mounted_too_late_to_be_seen_ends_the_launch() {
    let late = |earlier: Vec<Route>, later: Vec<Route>, patience| {
        let figment = support::figment().merge(("port", 0));
        let rocket = support::leaks::watched(figment)
            .mount("/", earlier)
            .attach(bearer().public_only(["POST /login"]))
            .attach(AdHoc::on_ignite("Late", |rocket| async { rocket.mount("/", later) }));
        rocket::execute(async { timeout(patience, rocket.launch()).await.is_ok() })
    };
    for (earlier, later, ends) in [
        (routes![open], routes![open_too], false),
        (routes![open], routes![login], false),
        (routes![open], routes![forgotten], true),
        // Nothing was there to be looked at.
        (routes![], routes![forgotten], true),
        // A namesake of one that was seen.
        (routes![guarded], routes![shadow], true),
    ] {
        let case = format!("{earlier:?} {later:?}");
        // One that goes on serving does not come back.
        let patience = Duration::from_secs(if ends { 30 } else { 1 });
        assert_eq!(late(earlier, later, patience), ends, "{case}");
    }
}

#[get("/open-too")]
fn open_too() {}

#[test]
fn development_keys_do_not_follow_an_app_that_a_later_fairing_moves() {
    #[get("/plain")]
    fn plain(_user: AuthedUser) {}
    #[get("/result")]
    fn hidden(request: Hidden) -> &'static str {
        let _ = request;
        "in"
    }
    struct Hidden;
    #[async_trait]
    impl<'r> FromRequest<'r> for Hidden {
        type Error = Rejection;
        async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
            AuthedUser::<Claims>::from_request(request).await.map(|_| Self)
        }
    }
    let token = Signer::dev("dev-rs256").good();
    let own = Signer::of("ES256");
    let moved = |config, to: fn(Figment) -> Figment| {
        support::rocket().attach(Bearer::with(config)).attach(AdHoc::on_ignite(
            "Move",
            move |rocket| async move {
                let figment = to(rocket.figment().clone());
                rocket.configure(figment)
            },
        ))
    };
    let ways: [fn(Figment) -> Figment; 2] =
        [|figment| figment.merge(("address", "0.0.0.0")), |figment| figment.select("release")];
    for to in ways {
        let config = support::config(Signer::dev("dev-rs256").set());
        let rocket = moved(config.clone(), to).mount("/", routes![plain]);
        let error = Client::untracked(rocket).expect_err("it does not launch");
        assert!(matches!(error.kind(), ErrorKind::SentinelAborts(_)));
        // Where Rocket cannot see the guard, nobody gets in.
        let rocket = moved(config, to).mount("/", routes![hidden]);
        assert_eq!(status(&Client::untracked(rocket).unwrap(), "/result", &token), 500);
        // Keys of one's own may be moved.
        let rocket = moved(support::config(own.set()), to).mount("/", routes![plain]);
        assert_eq!(status(&Client::untracked(rocket).unwrap(), "/plain", &own.good()), 200);
    }
}

#[test]
fn development_keys_do_not_follow_a_moved_app_by_its_key_file() {
    #[get("/plain")]
    fn plain(_user: AuthedUser) {}
    let (own, dev) = (Signer::of("ES256"), Signer::dev("dev-rs256"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let write = |key: &Signer| {
        std::fs::write(&path, json!({ "keys": [key.jwk] }).to_string()).unwrap();
    };
    write(&own);
    let issuer = Issuer::with_file(support::ISSUER, &path, [support::AUDIENCE]).unwrap();
    let issuer = issuer.algorithms(Algorithm::ALL).unwrap();
    let rocket = support::rocket().attach(Bearer::with(Config::new(issuer))).attach(
        AdHoc::on_ignite("Move", |rocket| async {
            let figment = rocket.figment().clone().merge(("address", "0.0.0.0"));
            rocket.configure(figment)
        }),
    );
    let client = Client::untracked(rocket.mount("/", routes![plain])).unwrap();
    assert_eq!(status(&client, "/plain", &own.good()), 200);
    write(&dev);
    let begun = Instant::now();
    loop {
        let answer = status(&client, "/plain", &dev.good());
        assert_ne!(answer, 200);
        if answer == 500 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{answer}");
    }
}

#[test]
fn development_keys_judge_no_request_that_is_not_of_this_machine() {
    #[get("/plain")]
    fn plain(_user: AuthedUser) {}
    let host = |name: &'static str| Host::parse(name).unwrap();
    let status =
        |client: &Client, token: &str, lines: &[(&str, &str)], authority: Option<&'static str>| {
            let mut request = client.get("/plain");
            request.add_header(Header::new("Authorization", format!("Bearer {token}")));
            for (name, value) in lines {
                request.add_header(Header::new((*name).to_owned(), (*value).to_owned()));
            }
            if let Some(authority) = authority {
                // What Rocket makes of HTTP/2's `:authority`, which is no header.
                request.inner_mut().set_host(host(authority));
            }
            request.dispatch().status().code
        };
    let client = |key: &Signer| {
        let bearer = Bearer::with(support::config(key.set()));
        Client::untracked(support::rocket().attach(bearer).mount("/", routes![plain])).unwrap()
    };
    let (dev, own) = (Signer::dev("dev-rs256"), Signer::of("ES256"));
    let (of_dev, of_own) = (client(&dev), client(&own));
    type Row = (&'static [(&'static str, &'static str)], Option<&'static str>, u16);
    let rows: [Row; 20] = [
        (&[], None, 200),
        (&[("Host", "localhost")], None, 200),
        (&[("Host", "127.0.0.1:8000")], Some("127.0.0.1:8000"), 200),
        (&[("Host", "[::1]:8000")], Some("[::1]:8000"), 200),
        (&[("Host", "api")], None, 200),
        (&[], Some("localhost:8000"), 200),
        (&[], Some("app.localhost"), 200),
        (&[("Host", "evil.example")], None, 500),
        (&[("Host", "localhost"), ("Host", "evil.example")], None, 500),
        (&[], Some("evil.example"), 500),
        (&[], Some("evil.example:8000"), 500),
        (&[("Host", "localhost")], Some("evil.example"), 500),
        (&[("Host", "evil.example")], Some("localhost"), 500),
        (&[("X-Forwarded-For", "192.0.2.1")], None, 500),
        (&[("x-forwarded-host", "localhost")], None, 500),
        (&[("X-FORWARDED-PROTO", "https")], None, 500),
        (&[("Forwarded", "for=192.0.2.1")], None, 500),
        (&[("Via", "1.1 proxy")], None, 500),
        (&[("X-Real-IP", "192.0.2.1"), ("Host", "localhost")], None, 500),
        (&[("X-Request-Id", "a"), ("X-Forwarder", "a")], None, 200),
    ];
    for (lines, authority, expected) in rows {
        let answered = status(&of_dev, &dev.good(), lines, authority);
        assert_eq!(answered, expected, "{lines:?} {authority:?}");
        let answered = status(&of_own, &own.good(), lines, authority);
        assert_eq!(answered, 200, "{lines:?} {authority:?}, by a key of one's own");
    }
}
