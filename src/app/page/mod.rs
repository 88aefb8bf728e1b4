//! A page for developers: the app's configuration, a token to try, and `explain`.
//!
//! It is served only in the `debug` profile on a loopback address with the bundled keys.

mod html;
pub(crate) mod routes;
mod visitor;
mod wanted;

use std::time::SystemTime;

use rocket::data::{Data, ToByteUnit};
use rocket::figment::Figment;
use rocket::http::Status;
use rocket::{Build, Orbit, Rocket, State, get, post, routes};
use serde_json::{Map, Value, json};

use crate::app::uncached::UncachedJson;
use crate::explain::{PLAIN_ROUTE, explain_input, json_lines};
use crate::guard::Policy;
use crate::guard::policy::trust;
use crate::keys::Trust;
use html::Document;
use visitor::{OfThePage, OfferedProof, Visitor};
pub(crate) use wanted::Wanted;

/// The most KiB of a pasted text; no token is longer.
const MOST_KIBIBYTES: u64 = 64;

/// Makes a token of an issuer of the configuration in a figment, where a private key is at hand.
pub(crate) type Mint = fn(&Figment, Wanted) -> Option<String>;

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
fn page(_visitor: Visitor, policy: &State<Policy>, config: &rocket::Config) -> Document {
    Document::of(policy, config, routes::ROUTES.into_iter().map(|(name, _)| name))
}

/// The report on a text, as `GET /headers` or another route that the page offers judges it, and on the
/// proof beside it.
#[post("/page/explain?<route>", data = "<input>")]
async fn explain(
    _page: OfThePage,
    policy: &State<Policy>,
    route: Option<&str>,
    proof: Option<OfferedProof<'_>>,
    input: Data<'_>,
) -> Result<UncachedJson, Status> {
    let proof = proof.map(|OfferedProof(proof)| proof);
    let asked = routes::asked_by(route.unwrap_or(PLAIN_ROUTE), proof).ok_or(Status::BadRequest)?;
    let input = text(input).await?;
    let (header, now) = (policy.token_header(), SystemTime::now());
    let report = explain_input(&policy.verifier, &policy.answers, header, &input, now, &asked);
    // A browser would round great numbers, so it gets text.
    let lines =
        |members: &Option<Map<String, Value>>| members.as_ref().map(|it| json_lines(&json!(it)));
    let decoded =
        json!({ "header": lines(&report.shown.header), "claims": lines(&report.shown.claims) });
    let mut told = json!(report);
    told["decoded"] = decoded;
    Ok(told.to_string().into())
}

#[post("/page/token", data = "<wanted>")]
async fn token(
    _page: OfThePage,
    minting: &State<Minting>,
    wanted: Data<'_>,
) -> Result<UncachedJson, Status> {
    let wanted = Wanted::parse(&text(wanted).await?).ok_or(Status::BadRequest)?;
    let token = (minting.mint)(&minting.figment, wanted).ok_or(Status::NotFound)?;
    Ok(json!({ "token": token }).to_string().into())
}

async fn text(data: Data<'_>) -> Result<String, Status> {
    let text = data.open(MOST_KIBIBYTES.kibibytes()).into_string().await;
    let text = text.map_err(|_| Status::BadRequest)?;
    if text.is_complete() { Ok(text.into_inner()) } else { Err(Status::PayloadTooLarge) }
}
