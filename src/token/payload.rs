//! The payload of a token whose signature has not been verified yet.

use std::borrow::Cow;

use serde::de::MapAccess;

use crate::json::Skimmed;
use crate::json::members::{self, Members};
use crate::rejection::Rejection;
use crate::token::claims::Claims;
use crate::token::logout_claims::LogoutClaims;

/// A payload that is known to be a strict JSON object, and to name this issuer.
///
/// No other claim is kept before the signature holds: claims can take much memory, and until then
/// anyone may have written them.
pub(crate) struct UnverifiedPayload<'t> {
    json: &'t str,
    issuer: Result<Cow<'t, str>, Rejection>,
}

impl<'t> UnverifiedPayload<'t> {
    pub(crate) fn parse(json: &'t str) -> Result<Self, Rejection> {
        let Iss(issuer) = members::read(json).map_err(|_| Rejection::Malformed)?;
        Ok(Self { json, issuer })
    }

    /// The `iss` of the token. It selects a configured issuer and proves nothing.
    pub(crate) fn issuer(&self) -> Result<&str, Rejection> {
        self.issuer.as_deref().map_err(|rejection| *rejection)
    }

    /// The text `tid` of the token, its tenant, which proves nothing either. Few issuers ask for it, so
    /// it is looked for only then.
    pub(crate) fn tenant(&self) -> Option<Cow<'t, str>> {
        members::read(self.json).ok().and_then(|Tenant(tenant)| tenant)
    }

    /// Parses all claims. Call this after the signature was verified.
    pub(crate) fn claims(&self) -> Result<Claims, Rejection> {
        Claims::parse(self.json)
    }

    /// Parses the claims of a logout token. Call this after the signature was verified.
    pub(crate) fn logout_claims(&self) -> Result<LogoutClaims, &'static str> {
        LogoutClaims::parse(self.json)
    }
}

/// The `iss` of an object whose other members were only checked.
struct Iss<'t>(Result<Cow<'t, str>, Rejection>);

impl<'de> Members<'de> for Iss<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut issuer = Err(Rejection::ClaimMissing);
        members::each(object, |name, object| {
            let Skimmed(string) = object.next_value()?;
            if name == "iss" {
                issuer = string.ok_or(Rejection::MalformedClaim);
            }
            Ok(())
        })?;
        Ok(Self(issuer))
    }
}

/// The `tid` of such an object, where it is a text.
struct Tenant<'t>(Option<Cow<'t, str>>);

impl<'de> Members<'de> for Tenant<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut tenant = None;
        members::each(object, |name, object| {
            let Skimmed(string) = object.next_value()?;
            if name == "tid" {
                tenant = string;
            }
            Ok(())
        })?;
        Ok(Self(tenant))
    }
}
