//! A DPoP proof: read strictly, and held to the request that it came with (RFC 9449 §4.3).

use std::borrow::Cow;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{self, MapAccess};

use super::proof_key::{self, ProofJwk};
use crate::json::members::{self, Members, Object};
use crate::json::{JsonString, Skimmed, Strict};
use crate::rejection::Rejection;
use crate::token::algorithm::Algorithm;
use crate::token::claims::YEAR_10000;
use crate::token::{Parts, decode, text, with_buffer};

/// The longest proof, in bytes. One of RSA-4096 and a long URL has about 3 kB.
pub(crate) const MOST_BYTES: usize = 8_192;

/// The longest `jti`, in bytes.
const MOST_ID_BYTES: usize = 256;

/// A check of a proof. They are made in this order, and the first that fails refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofCheck {
    /// The proof is not longer than [`MOST_BYTES`].
    Size,
    /// There are three parts of base64url, and the first two are JSON objects.
    Shape,
    /// `typ` is `dpop+jwt`, and there is no `crit`.
    Type,
    /// `alg` is allowed.
    Algorithm,
    /// `jti`, `htm`, `htu`, `iat` and `ath` are there, and every claim that is read has its type.
    Claims,
    /// `jwk` is a public key for this `alg`.
    Key,
    /// The key is the one that the token is bound to.
    Binding,
    /// The signature holds.
    Signature,
    /// `htm` is the method of the request.
    Method,
    /// `htu` is the URL of the request.
    Url,
    /// `ath` is the digest of the token.
    TokenHash,
    /// `nonce` is one of ours, where one is asked for.
    Nonce,
    /// `iat` is neither too old nor too far in the future, and `exp` and `nbf` hold.
    Time,
}

/// A proof that is well-formed; its signature has not been verified.
pub(super) struct UnverifiedProof<'t> {
    header: ProofHeader<'t>,
    claims: ProofClaims<'t>,
    signing_input: &'t [u8],
    signature: &'t [u8],
}

/// The header of a proof.
struct ProofHeader<'t> {
    is_proof: bool,
    /// `None` for a name that is no [`Algorithm`].
    algorithm: Option<Algorithm>,
    has_crit: bool,
    jwk: Option<ProofJwk<'t>>,
}

/// The claims of a proof. Each is `None` where it is absent or of another type.
#[derive(Default)]
pub(super) struct ProofClaims<'t> {
    pub(super) jti: Option<Cow<'t, str>>,
    pub(super) htm: Option<Cow<'t, str>>,
    pub(super) htu: Option<Cow<'t, str>>,
    ath: Option<Cow<'t, str>>,
    pub(super) nonce: Option<Cow<'t, str>>,
    pub(super) iat: Option<f64>,
    pub(super) exp: Option<f64>,
    pub(super) nbf: Option<f64>,
    /// Whether a claim that is read has another type than its own.
    is_malformed: bool,
}

impl UnverifiedProof<'_> {
    /// Decodes and parses a proof, and returns what `judge` makes of it.
    pub(super) fn read<T>(
        proof: &str,
        judge: impl FnOnce(UnverifiedProof<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let parts = Parts::of(proof).ok_or(Rejection::MalformedProof)?;
        with_buffer(proof.len(), |buffer| {
            judge(UnverifiedProof::parse(&parts, buffer).ok_or(Rejection::MalformedProof)?)
        })
    }

    fn parse<'t>(parts: &Parts<'t>, buffer: &'t mut [u8]) -> Option<UnverifiedProof<'t>> {
        let (header, buffer) = decode(parts.header, buffer).ok()?;
        let (claims, buffer) = decode(parts.payload, buffer).ok()?;
        let (signature, _) = decode(parts.signature, buffer).ok()?;
        Some(UnverifiedProof {
            header: members::read(text(header).ok()?).ok()?,
            claims: members::read(text(claims).ok()?).ok()?,
            signing_input: parts.signing_input,
            signature,
        })
    }

    /// Checks everything up to the signature. What the claims say is then the word of the holder of the
    /// key with this thumbprint.
    pub(super) fn check(
        &self,
        algorithms: &[Algorithm],
        thumbprint: &[u8; 32],
        at: &mut impl FnMut(ProofCheck),
    ) -> Result<&ProofClaims<'_>, Rejection> {
        at(ProofCheck::Type);
        if !self.header.is_proof || self.header.has_crit {
            return Err(Rejection::MalformedProof);
        }
        at(ProofCheck::Algorithm);
        let allowed = self.header.algorithm.filter(|it| algorithms.contains(it));
        let algorithm = allowed.ok_or(Rejection::ForbiddenProofAlgorithm)?;
        at(ProofCheck::Claims);
        if !self.claims.are_complete() {
            return Err(Rejection::MalformedProof);
        }
        at(ProofCheck::Key);
        let key = self.header.jwk.as_ref().and_then(|jwk| jwk.key(algorithm));
        let key = key.ok_or(Rejection::BadProofKey)?;
        // Before the key is parsed: a stranger's key should cost nothing.
        at(ProofCheck::Binding);
        if key.thumbprint() != *thumbprint {
            return Err(Rejection::OtherKey);
        }
        let parsed = key.parsed().ok_or(Rejection::BadProofKey)?;
        at(ProofCheck::Signature);
        if !proof_key::verifies(&parsed, self.signing_input, self.signature) {
            return Err(Rejection::BadProofSignature);
        }
        Ok(&self.claims)
    }
}

impl ProofClaims<'_> {
    /// Whether what RFC 9449 §4.2 asks for is there, and has its type and size.
    fn are_complete(&self) -> bool {
        let is_id = |jti: &str| (1..=MOST_ID_BYTES).contains(&jti.len());
        let texts = [&self.htm, &self.htu, &self.ath];
        !self.is_malformed
            && self.iat.is_some()
            && self.jti.as_deref().is_some_and(is_id)
            && texts.iter().all(|text| text.is_some())
    }

    /// Whether the proof is for this token.
    pub(super) fn are_of_token(&self, token: &str) -> bool {
        self.ath.as_deref() == Some(token_hash(token).as_str())
    }
}

/// `ath` of a proof for this token: the SHA-256 digest of its text, in base64url (RFC 9449 §4.2).
pub(crate) fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

impl<'de> Members<'de> for ProofHeader<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut header = Self { is_proof: false, algorithm: None, has_crit: false, jwk: None };
        let mut has_alg = false;
        members::each(object, |name, object| {
            match name {
                "typ" => {
                    let JsonString(typ) = object.next_value()?;
                    let is = |known: &str| typ.eq_ignore_ascii_case(known);
                    header.is_proof = is("dpop+jwt") || is("application/dpop+jwt");
                }
                "alg" => {
                    header.algorithm = object.next_value::<JsonString<'_>>()?.0.parse().ok();
                    has_alg = true;
                }
                "jwk" => {
                    let Object(jwk) = object.next_value()?;
                    header.jwk = Some(jwk);
                }
                _ => {
                    header.has_crit |= name == "crit";
                    object.next_value::<Skimmed<'_>>()?;
                }
            }
            Ok(())
        })?;
        if has_alg { Ok(header) } else { Err(de::Error::missing_field("alg")) }
    }
}

impl<'de> Members<'de> for ProofClaims<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut claims = Self::default();
        members::each(object, |name, object| {
            let text = match name {
                "jti" => &mut claims.jti,
                "htm" => &mut claims.htm,
                "htu" => &mut claims.htu,
                "ath" => &mut claims.ath,
                "nonce" => &mut claims.nonce,
                "iat" | "exp" | "nbf" => {
                    let Strict(date) = object.next_value()?;
                    let date = date.as_f64().filter(|seconds| *seconds < YEAR_10000);
                    claims.is_malformed |= date.is_none();
                    match name {
                        "iat" => claims.iat = date,
                        "exp" => claims.exp = date,
                        _ => claims.nbf = date,
                    }
                    return Ok(());
                }
                _ => return object.next_value::<Skimmed<'_>>().map(|_| ()),
            };
            *text = object.next_value::<Skimmed<'_>>()?.0;
            claims.is_malformed |= text.is_none();
            Ok(())
        })?;
        Ok(claims)
    }
}
