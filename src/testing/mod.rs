//! A test kit for guarded apps: keys, good and bad tokens, and an issuer on loopback whose failures a
//! test chooses. It needs the feature `testing`, for `[dev-dependencies]` only:
//!
//! ```toml
//! rocket-bearer = { version = "0.1", default-features = false, features = ["testing"] }
//! ```
//!
//! A test of an app with `rocket()` and a guarded route:
//!
//! ```
//! use rocket::http::Status;
//! use rocket::local::blocking::Client;
//! use rocket::{Build, Rocket, get, routes};
//! use rocket_bearer::testing::TestIssuer;
//! use rocket_bearer::{AuthedUser, Bearer, catchers};
//!
//! #[get("/headers")]
//! fn headers(_user: AuthedUser) -> &'static str {
//!     "Access Granted"
//! }
//!
//! fn rocket() -> Rocket<Build> {
//!     rocket::build().attach(Bearer::fairing()).register("/", catchers()).mount("/", routes![headers])
//! }
//!
//! let issuer = TestIssuer::new();
//! let client = Client::tracked(issuer.guards(rocket())).expect("the app launches");
//! let status = |token| client.get("/headers").header(token).dispatch().status();
//!
//! assert_eq!(status(issuer.token()), Status::Ok);
//! assert_eq!(status(issuer.token().expired()), Status::Unauthorized);
//! ```
//!
//! The kit panics on errors, so that the test fails.

mod issuer_answer;
mod key;
mod proof;
mod served;
mod test_issuer;
mod token;

pub use issuer_answer::IssuerAnswer;
pub use key::Key;
pub use proof::Proof;
pub use served::ServedIssuer;
pub use test_issuer::TestIssuer;
pub use token::Token;
