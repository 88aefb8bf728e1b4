//! The payload of a token: sealed until its signature holds.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::claims::Claims;
use crate::json::{Name, Names, Skimmed};
use crate::rejection::Rejection;

/// The payload of a token whose signature nobody has checked: known to be JSON, and of which issuer.
///
/// The rest stays closed. Only a signature is worth the memory that claims may take.
pub(crate) struct Sealed<'t> {
    payload: &'t str,
    issuer: Result<Cow<'t, str>, Rejection>,
}

impl<'t> Sealed<'t> {
    pub(crate) fn skim(payload: &'t [u8]) -> Result<Self, Rejection> {
        let payload = str::from_utf8(payload).map_err(|_| Rejection::Malformed)?;
        let Skim(issuer) = serde_json::from_str(payload).map_err(|_| Rejection::Malformed)?;
        Ok(Self { payload, issuer })
    }

    /// The issuer the token names. It may choose among the configured ones, and prove nothing.
    pub(crate) fn unverified_issuer(&self) -> Result<&str, Rejection> {
        self.issuer.as_deref().map_err(|rejection| *rejection)
    }

    /// What stands in it. Call it after the signature held.
    pub(crate) fn open(&self) -> Result<Claims, Rejection> {
        Claims::read(self.payload)
    }

    pub(crate) fn payload(&self) -> &'t str {
        self.payload
    }
}

/// What may be read of claims before they are signed: that they are JSON, each name once, and `iss`.
struct Skim<'de>(Result<Cow<'de, str>, Rejection>);

impl<'de> Deserialize<'de> for Skim<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SkimVisitor)
    }
}

struct SkimVisitor;

impl<'de> Visitor<'de> for SkimVisitor {
    type Value = Skim<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut issuer = Err(Rejection::ClaimMissing);
        let mut names = Names::default();
        while let Some(Name(name)) = members.next_key()? {
            let Skimmed(text) = members.next_value()?;
            if name == "iss" {
                issuer = text.ok_or(Rejection::MalformedClaim);
            }
            names.add(name)?;
        }
        Ok(Skim(issuer))
    }
}
