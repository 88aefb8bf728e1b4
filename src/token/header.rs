//! The header of a token: `alg`, `kid`, `typ` and `crit` (RFC 7515 §4.1).

use std::borrow::Cow;

use serde::de::{self, MapAccess};

use crate::json::members::{self, Members};
use crate::json::{JsonString, Skimmed};
use crate::token::algorithm::Algorithm;

/// The members of a header that count. The others, `jwk`, `jku`, `x5u` and `x5c` among them, are
/// skipped: a token does not bring its own key.
pub(crate) struct Header<'t> {
    /// `None` for a name that is no [`Algorithm`], such as `none` or `HS256`.
    pub(crate) alg: Option<Algorithm>,
    pub(crate) has_crit: bool,
    pub(crate) typ: Typ,
    pub(crate) kid: Option<Cow<'t, str>>,
}

/// The media type of a token, in any letter case (RFC 7515 §4.1.9, RFC 9068 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typ {
    Absent,
    Jwt,
    AccessToken,
    /// `logout+jwt` (OpenID Connect Back-Channel Logout 1.0 §2.4).
    Logout,
    Other,
}

/// Which tokens count as access tokens: the key `token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenType {
    /// `typ` is absent, `JWT` or `at+jwt`, or the long form `application/…` of one of them.
    #[default]
    Any,
    /// `typ` is `at+jwt`, and the claims that RFC 9068 requires are there.
    AtJwt,
}

impl TokenType {
    /// Whether a token with this `typ` may be an access token.
    pub(crate) fn allows(self, typ: Typ) -> bool {
        match self {
            Self::Any => matches!(typ, Typ::Absent | Typ::Jwt | Typ::AccessToken),
            Self::AtJwt => typ == Typ::AccessToken,
        }
    }
}

impl Typ {
    fn named(name: &str) -> Self {
        let is = |known: [&str; 2]| known.iter().any(|it| name.eq_ignore_ascii_case(it));
        if is(["JWT", "application/jwt"]) {
            Self::Jwt
        } else if is(["at+jwt", "application/at+jwt"]) {
            Self::AccessToken
        } else if is(["logout+jwt", "application/logout+jwt"]) {
            Self::Logout
        } else {
            Self::Other
        }
    }
}

impl<'de> Members<'de> for Header<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let (mut alg, mut has_crit, mut typ, mut kid) = (None, false, Typ::Absent, None);
        members::each(object, |name, object| {
            match name {
                "alg" => alg = Some(object.next_value::<JsonString<'_>>()?.0.parse().ok()),
                "typ" => typ = Typ::named(&object.next_value::<JsonString<'_>>()?.0),
                "kid" => kid = Some(object.next_value::<JsonString<'_>>()?.0),
                _ => {
                    has_crit |= name == "crit";
                    object.next_value::<Skimmed<'_>>()?;
                }
            }
            Ok(())
        })?;
        let alg = alg.ok_or_else(|| de::Error::missing_field("alg"))?;
        Ok(Self { alg, has_crit, typ, kid })
    }
}
