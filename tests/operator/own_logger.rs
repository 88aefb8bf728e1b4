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
