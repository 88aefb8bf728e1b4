//! The payload of a token: sealed until its signature holds.

use std::borrow::Cow;

use serde::de::MapAccess;

use crate::claims::Claims;
use crate::json::Skimmed;
use crate::members::{self, Members};
use crate::rejection::Rejection;

/// The payload of a token whose signature nobody has checked: known to be JSON, and of which issuer.
///
/// The rest stays closed. Only a signature is worth the memory that claims may take.
pub(crate) struct Sealed<'t> {
    payload: &'t str,
    issuer: Issuer<'t>,
}

/// The issuer that a token names, if it names one.
struct Issuer<'t>(Result<Cow<'t, str>, Rejection>);

impl<'t> Sealed<'t> {
    pub(crate) fn skim(payload: &'t str) -> Result<Self, Rejection> {
        Ok(Self { payload, issuer: members::read(payload)? })
    }

    /// The issuer the token names. It may choose among the configured ones, and prove nothing.
    pub(crate) fn unverified_issuer(&self) -> Result<&str, Rejection> {
        self.issuer.0.as_deref().map_err(|rejection| *rejection)
    }

    /// What stands in it. Call it after the signature held.
    pub(crate) fn open(&self) -> Result<Claims, Rejection> {
        Claims::read(self.payload)
    }
}

impl<'de> Members<'de> for Issuer<'de> {
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
