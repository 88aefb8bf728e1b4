//! What an app's own logger hears of refusals, where it has no subscriber for `tracing`.

#[path = "../support/mod.rs"]
mod support;

use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use rocket::http::Header;
use rocket::local::blocking::Client;
use rocket::{get, routes};
use rocket_bearer::{AuthedUser, Bearer};
use serde::Deserialize;
use support::Signer;

/// Keeps what this crate tells.
struct Kept(Mutex<Vec<(Level, String, String)>>);

static KEPT: Kept = Kept(Mutex::new(vec![]));

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("rocket_bearer")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let (target, text) = (record.target().to_owned(), record.args().to_string());
            self.0.lock().unwrap().push((record.level(), target, text));
        }
    }

    fn flush(&self) {}
}

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
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Info);
    let key = Signer::of("ES256");
    let rocket = rocket::custom(support::figment())
        .attach(Bearer::with(support::config(key.set())))
        .mount("/", routes![plain, member]);
    let client = Client::untracked(rocket).unwrap();
    client.get("/plain").dispatch();
    let header = Header::new("Authorization", format!("Bearer {}", key.good()));
    client.get("/member").header(header).dispatch();

    let kept = KEPT.0.lock().unwrap();
    let refusals: Vec<_> =
        kept.iter().filter(|(_, target, _)| target.ends_with("refusal")).collect();
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
