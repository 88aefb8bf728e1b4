//! Tokens that are bound to the key of a client, and proofs for them (RFC 9449).

use rocket_bearer::testing::{Key, Proof, TestIssuer, Token};
use rocket_bearer::{Algorithm, Config, Dpop, DpopMode};

/// Where clients call the app.
pub(crate) const BASE: &str = "https://api.example";

/// The URL of the route that is asked for most.
pub(crate) const URL: &str = "https://api.example/headers";

pub(crate) fn allowed() -> Dpop {
    Dpop::default().mode(DpopMode::Allowed).base([BASE]).unwrap()
}

pub(crate) fn config(dpop: Dpop) -> Config {
    TestIssuer::new().config().dpop(dpop)
}

/// The key of a client, which is made once per process.
pub(crate) fn key() -> Key {
    Key::of(Algorithm::EdDSA)
}

pub(crate) fn bound() -> Token {
    TestIssuer::new().token().bound_to(&key())
}

/// A proof for this token and a GET of [`URL`].
pub(crate) fn proof(token: &Token) -> Proof {
    key().proof("GET", URL).for_token(token)
}
