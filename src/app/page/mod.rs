//! A page for developers: the app's configuration, a token to try, and `explain`.
//!
//! It is served only in the `debug` profile on a loopback address with the bundled keys.

mod visitor;

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::data::{Data, ToByteUnit};
use rocket::figment::Figment;
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Build, Orbit, Rocket, State, get, post, routes};
use serde_json::json;

use crate::app::uncached::UncachedJson;
use crate::explain::{Asked, explain_input};
use crate::guard::Policy;
use crate::guard::policy::trust;
use crate::keys::Trust;
use visitor::{OfThePage, Visitor};

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");
const JS: &str = include_str!("page.js");

/// The most KiB of a pasted text; no token is longer.
const MOST_KIBIBYTES: u64 = 64;

/// Makes a token that the configuration in a figment accepts, where a private key is at hand.
pub(crate) type Mint = fn(&Figment) -> Option<String>;

struct Minting {
    figment: Figment,
    mint: Mint,
}

/// Mounts the page where the profile and the address allow it.
pub(crate) fn mounted_on(rocket: Rocket<Build>, mint: Mint) -> Rocket<Build> {
    let figment = rocket.figment().clone();
    if trust(&figment) != Trust::Published {
        return rocket;
    }
    rocket.manage(Minting { figment, mint }).mount("/", routes![page, explain, token])
}

/// Whether this app serves the page.
pub(crate) fn is_on(rocket: &Rocket<Orbit>) -> bool {
    rocket.state::<Minting>().is_some() && visitor::is_for_development(rocket)
}

#[get("/")]
fn page(_visitor: Visitor, policy: &State<Policy>, config: &rocket::Config) -> Page {
    Page(
        HTML.replace("{css}", CSS)
            .replace("{js}", JS)
            .replace("{configuration}", &configuration(policy, config)),
    )
}

#[post("/page/explain", data = "<input>")]
async fn explain(
    _page: OfThePage,
    policy: &State<Policy>,
    input: Data<'_>,
) -> Result<UncachedJson, Status> {
    let input = input.open(MOST_KIBIBYTES.kibibytes()).into_string().await;
    let input = input.map_err(|_| Status::BadRequest)?;
    if !input.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    let header = policy.token_header();
    let (now, asked) = (SystemTime::now(), Asked::default());
    let report = explain_input(&policy.verifier, &policy.answers, header, &input, now, &asked);
    Ok(json!(report).to_string().into())
}

#[post("/page/token")]
fn token(_page: OfThePage, minting: &State<Minting>) -> Result<UncachedJson, Status> {
    let token = (minting.mint)(&minting.figment).ok_or(Status::NotFound)?;
    Ok(json!({ "token": token }).to_string().into())
}

/// The configuration in force, as the rows of an HTML definition list.
fn configuration(policy: &Policy, config: &rocket::Config) -> String {
    let mut rows = vec![
        ("Profile".to_owned(), config.profile.to_string()),
        ("Address".to_owned(), format!("{}, port {}", config.address, config.port)),
    ];
    for issuer in policy.verifier.issuers() {
        let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
        let keys = issuer.keys.current();
        add("Issuer", format!("{} ({})", issuer.rules.issuer, issuer.name));
        add("Audience", issuer.rules.audiences());
        let algorithms: Vec<_> = issuer.algorithms.iter().map(|it| it.name()).collect();
        add("Algorithms", algorithms.join(", "));
        add("Keys", keys.keys().map_or_else(|| "none yet".to_owned(), |keys| keys.listed()));
        add("From", issuer.keys.place().to_owned());
        if let Some(most) = issuer.rules.max_age {
            add("Largest age", format!("{} s", most.as_secs()));
        }
    }
    rows.push(("Leeway".to_owned(), format!("{} s", policy.leeway.as_secs())));
    rows.push(("Statuses".to_owned(), format!("{:?}", policy.answers.errors).to_lowercase()));
    let row = |(name, value): (String, String)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", escaped(&name), escaped(&value))
    };
    rows.into_iter().map(row).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// The page, with headers by which it loads nothing, calls this server only, and stands in no frame.
struct Page(String);

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(JS),
            hash(CSS)
        );
        Response::build()
            .header(ContentType::HTML)
            .raw_header("Content-Security-Policy", policy)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Referrer-Policy", "no-referrer")
            .raw_header("Cross-Origin-Opener-Policy", "same-origin")
            .raw_header("Cross-Origin-Resource-Policy", "same-origin")
            .sized_body(self.0.len(), std::io::Cursor::new(self.0))
            .ok()
    }
}
