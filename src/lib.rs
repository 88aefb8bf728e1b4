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
//! A launch with such a route and no [`Bearer`] fails. What is refused is answered as JSON with a
//! challenge (RFC 6750); [`Rejection`] has every reason.
//!
//! # Say whose tokens
//!
//! Under `bearer` in `Rocket.toml`, by profile, or in `BEARER_*` variables, which win:
//!
//! ```toml
//! [default.bearer]
//! audience = "https://api.example"   # the identifier of your API, as tokens carry it in `aud`
//!
//! [release.bearer]
//! domain = "tenant.eu.auth0.com"     # Auth0; for others `issuer`, with `jwks_uri` or `jwks_file`
//! ```
//!
//! What is missing, unknown or contradictory stops the launch with the cure. [`Config`] builds the
//! same in code, for [`Bearer::with`].
//!
//! # Say who may
//!
//! A valid token is not yet allowed to do everything. A [`Requirement`] is a type of yours, and
//! [`Authorized`] asks for it:
//!
//! ```
//! # use rocket::{get, routes};
//! use rocket_bearer::{Authorized, Needs, Requirement};
//!
//! struct ReadMessages;
//!
//! impl Requirement for ReadMessages {
//!     const NEEDS: Needs = Needs::Granted("read:messages");
//! }
//!
//! #[get("/messages")]
//! fn messages(reader: Authorized<ReadMessages>) -> String {
//!     format!("for {:?}", reader.claims().sub)
//! }
//! # let _ = routes![messages];
//! ```
//!
//! # Read what is said
//!
//! [`Claims`] has the usual claims; a type of your own has yours, and a token that does not fit it
//! is refused. [`OptionalUser`] is anonymous without credentials, and refuses bad ones.
//!
//! ```
//! # use rocket::{get, routes, serde::Deserialize};
//! use rocket_bearer::{AuthedUser, OptionalUser};
//!
//! #[derive(Deserialize)]
//! # #[serde(crate = "rocket::serde")]
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
//! # let _ = routes![email, greeting];
//! ```
//!
//! # Test it, run it
//!
//! The feature `testing` has an issuer for `[dev-dependencies]`, with tokens good and broken. To run
//! your app without an issuer, be your own in the `debug` profile:
//!
//! ```toml
//! [debug.bearer]
//! issuer = "https://issuer.localhost/"
//! jwks_file = "keys/jwks.json"
//! ```
//!
//! ```sh
//! cargo install --debug rocket-bearer    # a release build reads `[release.bearer]`
//! rocket-bearer keys new                 # beside `Rocket.toml`; leave `keys/*.pem` out of git
//! cargo run                              # and elsewhere:
//! curl -H "Authorization: Bearer $(rocket-bearer token)" http://127.0.0.1:8000/headers
//! ```
//!
//! [`Verifier`] judges tokens without Rocket. An app fetches key sets in the background; rotations and
//! outages need nobody. Every key, every refusal and what to alert on stand in the repository's
//! `docs/`.
//!
//! # The life of a request
//!
//! | room | what happens there |
//! |---|---|
//! | `config` | before any request: what an operator may say, parsed once into types that cannot be wrong |
//! | `fairing`, `gate`, `audit` | the launch: the policy in force, and which route is guarded by what |
//! | `bearer` | one `Authorization` header, one credential |
//! | `token`, `sealed`, `members`, `json` | the token taken apart, strictly; everything in it is still unverified |
//! | [`keys`], `algorithm` | its `kid` → the keys that may verify it |
//! | `claims`, `rules` | its claims, judged at one instant |
//! | [`Verifier`], `issuer`, `walk`, `witness` | the walk through these rooms, in order; the first failure answers |
//! | [`Verified`], `memory` | an accepted token, and what it takes; `cache` remembers it |
//! | `verdict`, `guard`, `typed` | the same in Rocket's terms, one verdict a request |
//! | `requirement`, `needs` | what a caller must have been granted, or have done, beyond that |
//! | [`Rejection`], `answer`, `catchers` | why not, and what a client is told |
//! | `reason`, `journal`, `throttle`, `meters`, `scrape` | what is told of refusals, in lines and in numbers |
//! | `metadata` | where a client gets a token from, before it has one |
//! | `forward`, `cors` | a guard for services behind a gateway, and answers that pages in a browser may read |
//! | `health`, `error` | what an operator sees of an issuer, and why there is no launch |
//! | `app`, `messages`, `cli`, `explain`, `lint`, `page` | the program |
//! | `mint`, `testing` | tokens made: for the program, and for tests of an app |

mod address;
#[doc(hidden)]
pub mod app;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod config;
mod error;
#[cfg(feature = "cli")]
mod explain;
mod fairing;
mod guard;
mod json;
pub mod keys;
mod metrics;
mod printable;
mod refusal_log;
mod rejection;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod verifier;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use keys::fuzzing;

pub use config::{Config, Issuer};
pub use error::{Error, Invalid};
pub use fairing::Bearer;
pub use guard::authorized::Authorized;
pub use guard::catchers::catchers;
pub use guard::requirement::Requirement;
pub use guard::user::{AuthedUser, OptionalUser};
pub use keys::source::fetching::KeyFetching;
pub use rejection::needs::Needs;
pub use rejection::{Rejection, StatusTable};
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
