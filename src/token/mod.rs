//! Token → parts: three of them, and nothing in them is believed yet (RFC 7515 §5.2).

pub(crate) mod algorithm;
pub(crate) mod claims;
pub(crate) mod payload;

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use memchr::memchr_iter;
use serde::de::{self, MapAccess};

use crate::json::members::{self, Members};
use crate::json::{JsonString, Skimmed};
use crate::rejection::Rejection;
use crate::token::algorithm::Algorithm;
use crate::token::payload::Sealed;
use crate::verifier::checks::{Check, Watch};

/// A token taken apart; whether it was signed by anyone is not known.
pub(crate) struct Unverified<'t> {
    pub(crate) header: Header<'t>,
    pub(crate) claims: Sealed<'t>,
    /// What the signature is over: the first two parts and the dot between them.
    pub(crate) signing_input: &'t [u8],
    pub(crate) signature: &'t [u8],
}

/// The three parts of a token, whatever is in them.
pub(crate) struct Parts<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    signing_input: &'t [u8],
}

impl<'t> Parts<'t> {
    pub(crate) fn of(
        token: &'t str,
        max_bytes: usize,
        watch: &mut impl Watch,
    ) -> Result<Self, Rejection> {
        watch.at(Check::Size);
        if token.len() > max_bytes {
            return Err(Rejection::TooLong);
        }
        watch.at(Check::Shape);
        Self::between_dots(token).ok_or(Rejection::Malformed)
    }

    /// Three of them; a third dot ends the search (CVE-2025-30204).
    fn between_dots(token: &'t str) -> Option<Self> {
        let mut dots = memchr_iter(b'.', token.as_bytes());
        let (first, second) = (dots.next()?, dots.next()?);
        let parts = Self {
            header: &token[..first],
            payload: &token[first + 1..second],
            signature: &token[second + 1..],
            signing_input: &token.as_bytes()[..second],
        };
        dots.next().is_none().then_some(parts)
    }
}

impl<'t> Unverified<'t> {
    /// Decodes and reads the parts in this [`room`](in_room_for).
    pub(crate) fn parse(parts: &Parts<'t>, room: &'t mut [u8]) -> Result<Self, Rejection> {
        let (header, room) = decode(parts.header, room)?;
        let header = members::read(text(header)?).map_err(|_| Rejection::Malformed)?;
        let (payload, room) = decode(parts.payload, room)?;
        let claims = Sealed::skim(text(payload)?)?;
        let (signature, _) = decode(parts.signature, room)?;
        Ok(Self { header, claims, signing_input: parts.signing_input, signature })
    }

    /// The name of the key to verify with.
    pub(crate) fn kid(&self) -> Result<&str, Rejection> {
        self.header.kid.as_deref().ok_or(Rejection::KeyIdMissing)
    }
}

/// The JSON text in the middle of a token.
pub(crate) fn payload(token: &str) -> Option<String> {
    let octets = BASE64URL.decode(Parts::between_dots(token)?.payload).ok()?;
    String::from_utf8(octets).ok()
}

fn text(octets: &[u8]) -> Result<&str, Rejection> {
    str::from_utf8(octets).map_err(|_| Rejection::Malformed)
}

/// Lends room for what a token of this length decodes to: on the stack, unless `max_token_bytes` was
/// raised.
pub(crate) fn in_room_for<T>(bytes: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    match bytes {
        0..=2_048 => use_it(&mut [0; 2_048]),
        2_049..=16_384 => use_it(&mut [0; 12_288]),
        _ => use_it(&mut vec![0; bytes]),
    }
}

/// By vector instructions where the processor has them: scalar, it is a third of what it costs to
/// refuse a token before its signature.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64URL: LazyLock<base64::engine::Simd> =
    LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static BASE64URL: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// Strict base64url: no padding, no white space, no stray bits (RFC 7515 §2, RFC 4648 §3.5).
/// Returns the octets and the room that is left.
fn decode<'r>(part: &str, room: &'r mut [u8]) -> Result<(&'r [u8], &'r mut [u8]), Rejection> {
    let octets = BASE64URL.decode_slice(part, room).map_err(|_| Rejection::Malformed)?;
    let (octets, room) = room.split_at_mut(octets);
    Ok((octets, room))
}

/// What we read of a header. `jwk`, `jku`, `x5u`, `x5c` and the rest are passed over unread.
pub(crate) struct Header<'t> {
    /// `None` for a name that is no [`Algorithm`], `none` and `HS256` among them.
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
