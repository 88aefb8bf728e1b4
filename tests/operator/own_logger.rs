//! What an app's own logger hears of refusals, where it has no subscriber for `tracing`.

use crate::alone;
use crate::support::{self, Signer};
use log::Level;
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::{AuthedUser, Bearer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Member {
    #[serde(rename = "level")]
    _level: u8,
}

#[get("/plain")]
fn plain(_user: AuthedUser) {}

#[get("/member")]
fn member(_user: AuthedUser<Member>) {}

#[test]
fn an_apps_own_logger_hears_of_refusals() {
    let _alone = alone();
    let key = Signer::of("ES256");
    let rocket = support::rocket()
        .attach(Bearer::with(support::config(key.set())))
        .mount("/", routes![plain, member]);
    let client = Client::untracked(rocket).unwrap();
    client.get("/plain").dispatch();
    let header = Header::new("Authorization", format!("Bearer {}", key.good()));
    client.get("/member").header(header).dispatch();

    let kept = support::leaks::logged();
    let is_ours = |text: &str| text.contains("/plain") || text.contains("/member");
    let refusals: Vec<_> = kept
        .iter()
        .filter(|(_, target, text)| target.ends_with("refusal") && is_ours(text))
        .collect();
    assert_eq!(refusals.len(), 2, "{kept:?}");
    for ((level, target, text), words) in refusals.iter().zip([
        ["request refused", "reason=\"header_missing\"", "status=401", "route=\"GET /plain\""],
        [
            "reason=\"malformed_claim\"",
            "issuer=\"default\"",
            "kid=\"test-es256\"",
            "Member at `level`",
        ],
    ]) {
        assert_eq!((*level, target.as_str()), (Level::Info, "rocket_bearer::refusal"));
        for word in words {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}

#[test]
fn an_app_without_catchers_is_told_so_and_one_with_them_is_not() {
    #[rocket::catch(401)]
    fn unauthorized() {}
    #[rocket::catch(default)]
    fn any() {}

    let _alone = alone();
    let told = || {
        let kept = support::leaks::logged();
        kept.iter().filter(|(_, _, text)| text.contains("catchers()` is not registered")).count()
    };
    for (catchers, is_told) in [
        (vec![], true),
        (rocket_bearer::catchers(), false),
        (rocket::catchers![unauthorized], false),
        (rocket::catchers![any], false),
    ] {
        let before = told();
        let bearer = Bearer::with(support::config(Signer::of("ES256").set()));
        let rocket = support::rocket().attach(bearer).mount("/", routes![plain]);
        let _client = Client::untracked(rocket.register("/", catchers.clone())).unwrap();
        assert_eq!(told() > before, is_told, "{catchers:?}");
    }
}
