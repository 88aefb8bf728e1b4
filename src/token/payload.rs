//! The payload of a token: sealed until its signature holds.

use std::borrow::Cow;

use serde::de::MapAccess;

use crate::json::Skimmed;
use crate::json::members::{self, Members};
use crate::rejection::Rejection;
use crate::token::claims::Claims;

/// The payload of a token whose signature nobody has checked: known to be JSON, and of which issuer.
///
/// The rest stays closed. Only a signature is worth the memory that claims may take.
pub(crate) struct Sealed<'t> {
    payload: &'t str,
    issuer: Result<Cow<'t, str>, Rejection>,
}

impl<'t> Sealed<'t> {
    pub(crate) fn skim(payload: &'t str) -> Result<Self, Rejection> {
        let Skim(issuer) = members::read(payload).map_err(|_| Rejection::Malformed)?;
        Ok(Self { payload, issuer })
    }

    /// The issuer the token names. It may choose among the configured ones, and prove nothing.
    pub(crate) fn unverified_issuer(&self) -> Result<&str, Rejection> {
        self.issuer.as_deref().map_err(|rejection| *rejection)
    }

    /// What stands in it. Call it after the signature held.
    pub(crate) fn open(&self) -> Result<Claims, Rejection> {
        Claims::parse(self.payload)
    }
}

/// What may be read of claims before they are signed: that they are JSON, each name once, and `iss`.
struct Skim<'t>(Result<Cow<'t, str>, Rejection>);

impl<'de> Members<'de> for Skim<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut issuer = Err(Rejection::ClaimMissing);
        members::each(object, |name, object| {
            let Skimmed(text) = object.next_value()?;
            if name == "iss" {
                issuer = text.ok_or(Rejection::MalformedClaim);
            }
            Ok(())
        })?;
        Ok(Self(issuer))
    }
}
