//! Token → parts: three of them, and nothing in them is believed yet (RFC 7515 §5.2).

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::algorithm::Algorithm;
use crate::claims::UnverifiedClaims;
use crate::json::{Name, Strict};
use crate::rejection::Rejection;
use crate::walk::{Check, Watch};

/// A token taken apart; whether it was signed by anyone is not known.
pub(crate) struct Unverified<'t> {
    pub(crate) header: Header,
    pub(crate) claims: UnverifiedClaims,
    /// The JSON text of the claims.
    pub(crate) payload: String,
    /// What the signature is over: the first two parts and the dot between them.
    pub(crate) signing_input: &'t [u8],
    pub(crate) signature: Vec<u8>,
}

impl<'t> Unverified<'t> {
    pub(crate) fn parse(
        token: &'t str,
        max_bytes: usize,
        watch: &mut impl Watch,
    ) -> Result<Self, Rejection> {
        watch.at(Check::Size);
        if token.len() > max_bytes {
            return Err(Rejection::TooLong);
        }
        watch.at(Check::Shape);
        // Three parts; a fourth dot ends the search (CVE-2025-30204).
        let mut parts = token.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Rejection::Malformed);
        };
        let signing_input = &token.as_bytes()[..header.len() + 1 + payload.len()];

        let header = decode(header)?;
        let header = serde_json::from_slice(&header).map_err(|_| Rejection::Malformed)?;
        let payload = String::from_utf8(decode(payload)?).map_err(|_| Rejection::Malformed)?;
        let claims = serde_json::from_str(&payload).map_err(|_| Rejection::Malformed)?;
        let signature = decode(signature)?;
        Ok(Self { header, claims, payload, signing_input, signature })
    }
}

impl Unverified<'_> {
    /// The name of the key to verify with.
    pub(crate) fn kid(&self) -> Result<&str, Rejection> {
        self.header.kid.as_deref().ok_or(Rejection::KeyIdMissing)
    }
}

/// Strict base64url: no padding, no white space, no stray bits (RFC 7515 §2, RFC 4648 §3.5).
fn decode(part: &str) -> Result<Vec<u8>, Rejection> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejection::Malformed)
}

/// What we read of a header. `jwk`, `jku`, `x5u`, `x5c` and the rest are passed over unread.
pub(crate) struct Header {
    /// `None` for a name that is no [`Algorithm`], `none` and `HS256` among them.
    pub(crate) alg: Option<Algorithm>,
    pub(crate) has_crit: bool,
    pub(crate) typ: Typ,
    pub(crate) kid: Option<String>,
}

/// The media type of a token, in any letter case (RFC 7515 §4.1.9, RFC 9068 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typ {
    Absent,
    Jwt,
    AccessToken,
    Other,
}

impl Typ {
    fn named(name: &str) -> Self {
        if name.eq_ignore_ascii_case("JWT") {
            Self::Jwt
        } else if name.eq_ignore_ascii_case("at+jwt")
            || name.eq_ignore_ascii_case("application/at+jwt")
        {
            Self::AccessToken
        } else {
            Self::Other
        }
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Header, A::Error> {
        let (mut alg, mut typ, mut kid) = (None::<String>, None::<String>, None::<String>);
        let mut has_crit = false;
        let mut others = BTreeSet::new();
        while let Some(Name(name)) = members.next_key()? {
            let seen = match name.as_str() {
                "alg" => alg.replace(members.next_value()?).is_some(),
                "typ" => typ.replace(members.next_value()?).is_some(),
                "kid" => kid.replace(members.next_value()?).is_some(),
                "crit" => {
                    members.next_value::<Strict>()?;
                    std::mem::replace(&mut has_crit, true)
                }
                _ => {
                    members.next_value::<Strict>()?;
                    !others.insert(name)
                }
            };
            if seen {
                return Err(de::Error::custom("a member stands twice"));
            }
        }
        Ok(Header {
            alg: alg.ok_or_else(|| de::Error::missing_field("alg"))?.parse().ok(),
            has_crit,
            typ: typ.map_or(Typ::Absent, |name| Typ::named(&name)),
            kid,
        })
    }
}
