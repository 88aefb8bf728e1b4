//! The check that tutorials show: `jsonwebtoken::decode` with a key that is read once, an audience and an
//! issuer. What it accepts beside good tokens stands in `docs/from-jsonwebtoken.md`.

use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Claims {
    pub sub: String,
}

/// The public key in the PEM file that `BASELINE_KEY` names.
static KEY: LazyLock<DecodingKey> = LazyLock::new(|| {
    let path = std::env::var("BASELINE_KEY").expect("BASELINE_KEY names a PEM file");
    DecodingKey::from_rsa_pem(&std::fs::read(path).expect("a readable file")).expect("an RSA key")
});

static VALIDATION: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["image"]);
    validation.set_issuer(&["https://issuer.localhost/"]);
    validation
});

/// The claims of the token in an `Authorization` header, if it is a good one.
pub fn claims(header: Option<&str>) -> Option<Claims> {
    let token = header?.strip_prefix("Bearer ")?;
    decode::<Claims>(token, &KEY, &VALIDATION).ok().map(|token| token.claims)
}

/// The port in `PORT`.
pub fn port() -> u16 {
    std::env::var("PORT").ok().and_then(|port| port.parse().ok()).expect("PORT is a port")
}
