//! A token in compact form: header, payload and signature in base64url (RFC 7515 §7.1). Nothing in it
//! is verified here.

pub(crate) mod algorithm;
pub(crate) mod claim_path;
pub(crate) mod claims;
pub(crate) mod confirmation;
pub(crate) mod header;
pub(crate) mod logout_claims;
mod payload;
pub(crate) mod required_claim;
mod roles;
pub(crate) mod scope_hierarchy;
pub(crate) mod tenant;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use memchr::memchr_iter;

use crate::json::members;
use crate::rejection::Rejection;
use crate::token::header::Header;
use crate::token::payload::UnverifiedPayload;

/// A token that is well-formed; its signature has not been verified.
pub(crate) struct Unverified<'t> {
    pub(crate) header: Header<'t>,
    pub(crate) payload: UnverifiedPayload<'t>,
    /// What the signature covers: the first two parts and the dot between them.
    pub(crate) signing_input: &'t [u8],
    pub(crate) signature: &'t [u8],
}

impl Unverified<'_> {
    /// Decodes and parses `token`, and returns what `judge` makes of it.
    ///
    /// The decoded parts are on the stack: a token that is refused should cost no allocation.
    pub(crate) fn read<T>(
        token: &str,
        judge: impl FnOnce(Unverified<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let parts = Parts::of(token).ok_or(Rejection::Malformed)?;
        with_buffer(token.len(), |buffer| judge(parts.decode(buffer)?))
    }
}

/// The JSON text of the payload, decoded; `None` for a text that is no token.
pub(crate) fn payload_text(token: &str) -> Option<String> {
    let octets = BASE64URL.decode(Parts::of(token)?.payload).ok()?;
    String::from_utf8(octets).ok()
}

/// The three parts of a JWS in compact form, not yet decoded.
pub(crate) struct Parts<'t> {
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
    /// What the signature covers: the first two parts and the dot between them.
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Parts<'t> {
    /// Splits at two dots. A third dot ends the search at once (CVE-2025-30204).
    pub(crate) fn of(token: &'t str) -> Option<Self> {
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

    fn decode(&self, buffer: &'t mut [u8]) -> Result<Unverified<'t>, Rejection> {
        let (header, buffer) = decode(self.header, buffer)?;
        let header = members::read(text(header)?).map_err(|_| Rejection::Malformed)?;
        let (payload, buffer) = decode(self.payload, buffer)?;
        let payload = UnverifiedPayload::parse(text(payload)?)?;
        let (signature, _) = decode(self.signature, buffer)?;
        Ok(Unverified { header, payload, signing_input: self.signing_input, signature })
    }
}

/// Calls `use_it` with a buffer for the decoded parts of a token of this many bytes. The buffer is on
/// the stack, unless `max_token_bytes` was raised and the token is longer than its default.
pub(crate) fn with_buffer<T>(bytes: usize, use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    match bytes {
        0..=2_048 => use_it(&mut [0; 2_048]),
        2_049..=16_384 => use_it(&mut [0; 12_288]),
        _ => use_it(&mut vec![0; bytes]),
    }
}

/// Decodes by vector instructions where the processor has them: scalar decoding would be a third of
/// the cost of a token that is refused before its signature.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static BASE64URL: LazyLock<base64::engine::Simd> =
    LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static BASE64URL: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// Decodes strict base64url: no padding, no white space, no stray bits (RFC 7515 §2, RFC 4648 §3.5).
/// Returns the octets and the rest of the buffer.
pub(crate) fn decode<'b>(
    part: &str,
    buffer: &'b mut [u8],
) -> Result<(&'b [u8], &'b mut [u8]), Rejection> {
    let octets = BASE64URL.decode_slice(part, buffer).map_err(|_| Rejection::Malformed)?;
    let (octets, rest) = buffer.split_at_mut(octets);
    Ok((octets, rest))
}

pub(crate) fn text(octets: &[u8]) -> Result<&str, Rejection> {
    str::from_utf8(octets).map_err(|_| Rejection::Malformed)
}
