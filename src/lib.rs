//! A bearer-token guard for [Rocket](https://rocket.rs): a route that takes an [`AuthedUser`] is
//! entered only with a token that was signed by your issuer, for your API, and is valid now.
//!
//! ```no_run
//! use rocket::{get, launch, routes};
//! use rocket_bearer::{AuthedUser, Bearer};
//!
//! #[get("/headers")]
//! fn headers(_user: AuthedUser) -> &'static str {
//!     "Access Granted"
//! }
//!
//! #[launch]
//! fn rocket() -> _ {
//!     rocket::build()
//!         .attach(Bearer::fairing())
//!         .register("/", rocket_bearer::catchers())
//!         .mount("/", routes![headers])
//! }
//! ```
//!
//! An app with such a route and no [`Bearer`] does not launch. A refusal is answered as JSON with a
//! challenge (RFC 6750); [`Rejection`] has every reason.
//!
//! # Which tokens are accepted
//!
//! That stands under `bearer` in `Rocket.toml`, by profile, or in `BEARER_*` variables, which win:
//!
//! ```toml
//! [default.bearer]
//! audience = "https://api.example"   # the identifier of your API, as tokens carry it in `aud`
//!
//! [release.bearer]
//! domain = "tenant.eu.auth0.com"     # Auth0; for others `issuer`, with `jwks_uri` or `jwks_file`
//! ```
//!
//! A key that is missing, unknown or contradictory stops the launch, and the message says what to write
//! instead. [`Config`] builds the same in code, for [`Bearer::with`].
//!
//! # What a caller may do
//!
//! An accepted token does not yet grant everything. Make a type that is a [`Requirement`], and take the
//! guard [`Authorized`] of it:
//!
//! ```
//! use rocket::get;
//! use rocket_bearer::{Authorized, requirement};
//!
//! requirement!(ReadMessages = "read:messages");  // a scope or a permission of that name
//!
//! #[get("/messages")]
//! fn messages(reader: Authorized<ReadMessages>) -> String {
//!     format!("for {:?}", reader.claims().sub)
//! }
//! ```
//!
//! # What a token says
//!
//! [`Claims`] has the usual claims. A type of your own has your claims, and a token that does not fit
//! it is refused. Rocket brings the `serde` that reads it; with one of your own (`cargo add serde -F
//! derive`) the line `crate = "rocket::serde"` goes. [`OptionalUser`] is empty for a request without credentials, and refuses bad ones.
//!
//! ```
//! use rocket::serde::Deserialize;
//! use rocket::get;
//! use rocket_bearer::{AuthedUser, OptionalUser};
//!
//! #[derive(Deserialize)]
//! #[serde(crate = "rocket::serde")]
//! struct Member {
//!     #[serde(rename = "https://example.com/email")]
//!     email: String,
//! }
//!
//! #[get("/email")]
//! fn email(user: AuthedUser<Member>) -> String {
//!     user.claims().email.clone()
//! }
//!
//! #[get("/greeting")]
//! fn greeting(user: OptionalUser) -> &'static str {
//!     if user.user().is_some() { "Welcome back" } else { "Hello" }
//! }
//! ```
//!
//! # Testing and running an app
//!
//! The feature `testing`, for `[dev-dependencies]`, has an issuer that makes good and bad tokens. To run
//! an app without an issuer, `rocket-bearer init` writes its own, with a key, for the `debug` profile:
//!
//! ```toml
//! [debug.bearer]
//! issuer = "https://issuer.localhost/"
//! jwks_file = "keys/jwks.json"
//! ```
//!
//! ```sh
//! cargo install --debug rocket-bearer    # a release build reads `[release.bearer]`
//! rocket-bearer init                     # `Rocket.toml`, a first key and `keys/.gitignore`
//! cargo run                              # and elsewhere:
//! curl -H "Authorization: Bearer $(rocket-bearer token)" http://127.0.0.1:8000/headers
//! ```
//!
//! [`Verifier`] verifies tokens without Rocket. An app fetches key sets in the background, and outlasts
//! rotations and outages by itself. The repository's `docs/` describe every key, every refusal and
//! what to alert on.

mod address;
#[doc(hidden)]
pub mod app;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod config;
mod dpop;
mod error;
#[cfg(feature = "cli")]
mod explain;
mod fairing;
mod guard;
mod json;
pub mod keys;
mod metrics;
mod named_file;
mod printable;
mod refusal_log;
mod rejection;
mod replaced_file;
mod revocation;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod verifier;

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    //! What `fuzz/` calls.

    pub use crate::dpop::fuzzing::judge_proof;
    pub use crate::keys::fuzzing::jwks_uri;
}

pub use config::{Config, Issuer, OriginalRequest, Provider};
pub use dpop::{Dpop, DpopMode};
pub use error::{Error, Invalid};
pub use fairing::Bearer;
pub use guard::authorized::Authorized;
pub use guard::catchers::catchers;
pub use guard::mcp::needs::McpNeeds;
pub use guard::mcp::{McpError, McpTools};
pub use guard::requirement::Requirement;
pub use guard::sentinel::abort_as_guard;
pub use guard::user::{AuthedUser, OptionalUser};
pub use keys::source::fetching::KeyFetching;
pub use rejection::needs::Needs;
pub use rejection::{Rejection, StatusTable};
pub use revocation::{RevocationError, Revocations, Rule};
pub use store::StoreSettings;
pub use token::algorithm::{Algorithm, UnknownAlgorithm};
pub use token::claims::{Caller, Claims};
pub use token::header::TokenType;
pub use verifier::Verifier;
pub use verifier::verified::Verified;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/from-flask.md")]
struct FromFlask;
