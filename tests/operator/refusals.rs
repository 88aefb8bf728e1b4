//! A refusal is counted and logged when a guard says it, whatever the app makes of it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use log::Level;
use rocket::fairing::AdHoc;
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket::request::Request;
use rocket::response::Redirect;
use rocket::{Build, Rocket, catch, catchers, get, routes};
use rocket_bearer::{AuthedUser, Authorized, Bearer, Needs, Rejection, Requirement};
use serde::Deserialize;
use serde_json::json;

use crate::support::{self, Signer, forged};

struct Editor;

impl Requirement for Editor {
    const NEEDS: Needs = Needs::Scope("edit");
}

struct Admin;

impl Requirement for Admin {
    const NEEDS: Needs = Needs::Scope("admin");
}

struct Fresh;

impl Requirement for Fresh {
    const NEEDS: Needs = Needs::SignedInWithin(Duration::from_secs(60));
}

#[derive(Deserialize)]
struct Member {
    #[serde(rename = "level")]
    _level: u8,
}

#[get("/user")]
fn user(_user: AuthedUser) {}

#[get("/editor")]
fn editor(_editor: Authorized<Editor>) {}

#[get("/fresh")]
fn fresh(_fresh: Authorized<Fresh>) {}

#[get("/public")]
fn public() {}

#[get("/option")]
fn option(_user: Option<AuthedUser>, _editor: Option<Authorized<Editor>>) {}

#[get("/result")]
fn result(_user: Result<AuthedUser, Rejection>, _same: Option<AuthedUser>) {}

#[get("/mixed")]
fn mixed(_member: Option<AuthedUser<Member>>, _editor: Authorized<Editor>) {}

/// Asks for the user of every answer, as an access log does.
fn access_log() -> AdHoc {
    AdHoc::on_response("Access log", |request, _| {
        Box::pin(async move {
            let _ = request.guard::<AuthedUser>().await;
        })
    })
}

/// Asks every answer for what it may be told from: rights, a fresh sign-in and claims of its own.
fn curious_log() -> AdHoc {
    AdHoc::on_response("Curious log", |request, _| {
        Box::pin(async move {
            let _ = request.guard::<Authorized<Admin>>().await;
            let _ = request.guard::<Authorized<Fresh>>().await;
            let _ = request.guard::<AuthedUser<Member>>().await;
            let _ = request.guard::<AuthedUser>().await;
        })
    })
}

/// Asks for more than the route did, as an error page does that offers links.
#[catch(401)]
async fn curious(request: &Request<'_>) -> &'static str {
    let _ = request.guard::<Authorized<Admin>>().await;
    "No."
}

/// Greets the user, as an error page does.
#[catch(403)]
async fn greeting(request: &Request<'_>) -> &'static str {
    if request.guard::<AuthedUser>().await.is_success() { "Dear user, no." } else { "No." }
}

#[catch(401)]
fn to_login() -> Redirect {
    Redirect::to("/login")
}

/// How an app is made of the part with the routes and the policy.
type Made = fn(Rocket<Build>, Bearer) -> Rocket<Build>;

/// The app under this base, its client, and where its numbers are.
fn client(base: &str, key: &Signer, made: Made) -> (Client, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bearer = Bearer::with(support::config(key.set()).metrics(free));
    let routes = routes![user, editor, fresh, public, option, result, mixed];
    let rocket = support::rocket().mount(base.to_owned(), routes);
    (Client::untracked(made(rocket, bearer)).unwrap(), free)
}

fn send(client: &Client, path: &str, token: &str) -> (Status, Option<String>) {
    let header = Header::new("Authorization", format!("Bearer {token}"));
    let response = client.get(path.to_owned()).header(header).dispatch();
    let challenge = response.headers().get_one("WWW-Authenticate").map(str::to_owned);
    (response.status(), challenge)
}

/// The lines of the log about routes under this base.
fn lines(base: &str) -> Vec<String> {
    let kept = support::leaks::logged().into_iter();
    let lines = kept.filter(|(_, target, _)| target == "rocket_bearer::refusal");
    lines.map(|(_, _, text)| text).filter(|text| text.contains(&format!(" {base}/"))).collect()
}

/// How many of these lines tell this reason and status.
fn told(base: &str, reason: &str, status: u16) -> usize {
    let words = format!("reason=\"{reason}\" status={status} ");
    lines(base).iter().filter(|line| line.contains(&words)).count()
}

/// How many refusals for this reason are counted.
fn counted(metrics: SocketAddr, reason: &str) -> u64 {
    let mut stream = TcpStream::connect(metrics).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    let is_of_reason = |line: &&str| {
        line.starts_with("bearer_refused_total") && line.contains(&format!("\"{reason}\""))
    };
    let counts = page.lines().filter(is_of_reason).map(|line| line.rsplit(' ').next().unwrap());
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

#[test]
fn no_code_of_an_app_hides_a_refusal_from_log_numbers_and_challenge() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let (good, forged) = (key.good(), forged(&key.good()));
    let made: [(&str, Made, &[&str], &[&str]); 8] = [
        ("/plain-app", |it, bearer| it.attach(bearer), &["/user"], &["/editor"]),
        (
            "/log-first",
            |it, bearer| it.attach(access_log()).attach(bearer),
            &["/user", "/option", "/public"],
            &["/editor"],
        ),
        (
            "/log-last",
            |it, bearer| it.attach(bearer).attach(access_log()),
            &["/user", "/public"],
            &["/editor"],
        ),
        (
            "/greeting",
            |it, bearer| it.attach(bearer).register("/", catchers![greeting]),
            &["/user"],
            &["/editor"],
        ),
        (
            "/redirect",
            |it, bearer| it.attach(bearer).register("/", catchers![to_login]),
            &["/user", "/editor"],
            &["/editor"],
        ),
        ("/swallowed", |it, bearer| it.attach(bearer), &["/option", "/result"], &["/editor"]),
        (
            "/ours-and-log",
            |it, bearer| {
                let it = it.register("/", rocket_bearer::catchers());
                it.attach(access_log()).attach(bearer)
            },
            &["/user"],
            &["/editor"],
        ),
        ("/mixed-up", |it, bearer| it.attach(bearer), &["/mixed"], &["/editor"]),
    ];
    for (base, made, paths_of_forged, paths_of_lacking) in made {
        let (client, metrics) = client(base, &key, made);
        for path in paths_of_forged {
            for _ in 0..4 {
                send(&client, &format!("{base}{path}"), &forged);
            }
        }
        for path in paths_of_lacking {
            let (status, challenge) = send(&client, &format!("{base}{path}"), &good);
            assert_eq!(status, Status::Forbidden, "{base}{path}");
            let challenge = challenge.unwrap_or_default();
            assert!(challenge.contains("scope=\"edit\""), "{base}{path}: {challenge}");
        }
        for (reason, status, times) in [
            ("bad_signature", 401, 4 * paths_of_forged.len()),
            ("insufficient_scope", 403, paths_of_lacking.len()),
        ] {
            let told = told(base, reason, status);
            assert_eq!(told, times, "{base}: {reason} in the log: {:#?}", lines(base));
            assert_eq!(counted(metrics, reason), times as u64, "{base}: {reason} in the numbers");
        }
        assert_eq!(lines(base).len(), 4 * paths_of_forged.len() + paths_of_lacking.len());
    }
}

#[test]
fn what_is_not_a_refusal_of_a_token_is_told_only_as_the_answer() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let made: Made = |it, bearer| it.attach(bearer).register("/", catchers![to_login]);
    let (client, metrics) = client("/anonymous", &key, made);
    for (path, sent) in [
        ("/option", None),
        ("/option", Some("Basic YTpi")),
        ("/result", None),
        // Sent on to where users sign in.
        ("/user", None),
        ("/option", Some(&*format!("Bearer {}", key.good()))),
    ] {
        let mut request = client.get(format!("/anonymous{path}"));
        if let Some(sent) = sent {
            request = request.header(Header::new("Authorization", sent.to_owned()));
        }
        request.dispatch();
    }
    assert_eq!(lines("/anonymous"), Vec::<String>::new());
    for reason in ["header_missing", "other_scheme", "insufficient_scope"] {
        assert_eq!(counted(metrics, reason), 0, "{reason}");
    }
}

#[test]
fn each_line_tells_the_detail_of_its_own_refusal() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let (client, _) = client("/details", &key, |it, bearer| it.attach(bearer));
    assert_eq!(send(&client, "/details/mixed", &key.good()).0, Status::Forbidden);
    let lines = lines("/details");
    let [claim, scope] = &lines[..] else { panic!("{lines:#?}") };
    assert!(claim.contains("malformed_claim") && claim.contains("Member at `level`"), "{claim}");
    assert!(scope.contains("insufficient_scope") && !scope.contains("Member"), "{scope}");
}

#[test]
fn a_gateway_that_asks_amiss_is_a_warning_of_its_own() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let bearer = Bearer::with(support::config(key.set()));
    let rocket = rocket_bearer::app::mounted_on(support::rocket()).attach(bearer);
    let client = Client::untracked(rocket).unwrap();
    for (path, status, reason) in [
        ("/auth?x", 503, "bad_gateway_request"),
        ("/auth?scope=", 503, "bad_gateway_request"),
        ("//auth", 503, "bad_gateway_request"),
        ("/%61uth", 503, "bad_gateway_request"),
        ("/auth", 403, "identity_too_large"),
    ] {
        let before = support::leaks::logged().len();
        let claims = support::but(support::good_claims(), json!({ "sub": "a".repeat(3_000) }));
        let token = key.token(&key.header(), &claims);
        assert_eq!(send(&client, path, &token).0.code, status, "{path}");
        let level = if status == 503 { Level::Warn } else { Level::Info };
        let logged = support::leaks::logged();
        let is_ours =
            |(_, target, _): &&(Level, String, String)| target == "rocket_bearer::refusal";
        let told: Vec<_> = logged[before..].iter().filter(is_ours).collect();
        let [(told_as, _, text)] = told[..] else { panic!("{path}: {told:?}") };
        assert_eq!(*told_as, level, "{path}");
        let words = format!("reason=\"{reason}\" status={status} ");
        assert!(text.contains(&words) && text.contains("detail="), "{path}: {text}");
    }
}

#[test]
fn what_is_asked_after_the_answer_does_not_take_the_place_of_its_refusal() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let made: [(&str, Made); 2] = [
        ("/curious-last", |it, bearer| it.attach(bearer).attach(curious_log())),
        ("/curious-and-ours", |it, bearer| {
            let it = it.register("/", rocket_bearer::catchers());
            it.attach(curious_log()).attach(bearer)
        }),
    ];
    for (base, made) in made {
        let (client, metrics) = client(base, &key, made);
        for (path, status, reason, challenge) in [
            ("/editor", 403, "insufficient_scope", "scope=\"edit\""),
            ("/fresh", 401, "insufficient_authentication", "max_age=\"60\""),
        ] {
            let path = format!("{base}{path}");
            let (said, sent) = send(&client, &path, &key.good());
            assert_eq!(said.code, status, "{path}");
            assert!(sent.as_deref().unwrap_or_default().contains(challenge), "{path}: {sent:?}");
            assert_eq!(counted(metrics, reason), 1, "{path}: {reason}");
            let told = told(base, reason, status);
            assert_eq!(told, 1, "{path}: {:#?}", lines(base));
        }
    }
}

#[test]
fn a_page_that_asks_for_a_right_of_another_status_leaves_the_answer_its_own() {
    let _alone = crate::alone();
    let key = Signer::of("ES256");
    let base = "/curious-page";
    let (client, metrics) =
        client(base, &key, |it, bearer| it.attach(bearer).register("/", catchers![curious]));
    let (status, sent) = send(&client, "/curious-page/fresh", &key.good());
    assert_eq!(status, Status::Unauthorized);
    assert!(sent.as_deref().unwrap_or_default().contains("max_age=\"60\""), "{sent:?}");
    assert_eq!(counted(metrics, "insufficient_authentication"), 1);
    assert_eq!(counted(metrics, "insufficient_scope"), 0);
}
