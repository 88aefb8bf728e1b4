//! Two minutes of load while keys rotate: `cargo test --release --test soak`.
//!
//! A third of it each: an issuer whose fetches fail, rotations that nothing announces, and a flood of
//! tokens that no key signed. 64 connections on loopback. `SOAK_SECONDS` sets another length.

#![allow(clippy::print_stdout, reason = "its numbers are for a person or a script beside it")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod flood;
mod outages;
mod rotations;

use std::process::ExitCode;
use std::time::Duration;

use rocket_bearer::{Algorithm, Config, Issuer, KeyFetching};
use serde_json::json;
use support::issuer::{IssuerAnswer, MockIssuer};
use support::{AUDIENCE, ISSUER, Signer, but, good_claims};

const PATH: &str = "/jwks.json";

/// The mean time between two rotations.
const ROTATION: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(120)) / 3;
    let is_good = [outages::run(length), rotations::run(length), flood::run(length)];
    if is_good == [true; 3] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Trusts the tokens of [`ISSUER`] by the keys of this one.
fn config(issuer: &MockIssuer, fetching: KeyFetching) -> Config {
    let source = Issuer::with_uri(ISSUER, &format!("{}{PATH}", issuer.url), [AUDIENCE]).unwrap();
    Config::new(source.algorithms(Algorithm::ALL).unwrap()).key_fetching(fetching).unwrap()
}

/// A good token of this key, an expired one, and garbage, each with the status of its answer.
fn tokens(key: &Signer) -> [(&'static str, String, u16); 3] {
    let expired = but(good_claims(), json!({ "exp": 1 }));
    [
        ("good", key.good(), 200),
        ("expired", key.token(&key.header(), &expired), 401),
        ("garbage", "garbage".to_owned(), 401),
    ]
}

fn publish(issuer: &MockIssuer, keys: &[Signer]) {
    issuer.answers(PATH, IssuerAnswer::keys(&keys.iter().collect::<Vec<_>>()));
}
