//! A key pair that nobody has yet.

use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::keys::KeySet;
use crate::keys::signing_key::SigningKey;
use crate::token::algorithm::Algorithm;

/// What is published of it, and what is not.
pub(super) struct Pair {
    pub(super) kid: String,
    pub(super) jwk: Value,
    /// PKCS#8 as PEM (RFC 7468 §10).
    pub(super) pem: String,
}

impl Pair {
    /// Makes one; without a `kid` it is named by its thumbprint (RFC 7638).
    pub(super) fn generate(algorithm: Algorithm, kid: Option<&str>) -> Result<Self, Unspecified> {
        let key = SigningKey::generate(algorithm)?;
        let jwk = key.jwk("unnamed");
        let set = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes());
        let set = set.expect("the reader takes what is made here");
        let thumbprint = || URL_SAFE_NO_PAD.encode(set.thumbprint("unnamed"));
        let kid = kid.map_or_else(thumbprint, str::to_owned);
        Ok(Self { jwk: key.jwk(&kid), kid, pem: key.pem()? })
    }
}
