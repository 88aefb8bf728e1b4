//! The key in the header of a proof (`jwk`). It verifies that proof and nothing else.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::signature::Verifier as _;
use serde::de::MapAccess;
use serde_json::Value;

use crate::json::members::{self, Members};
use crate::json::{JsonString, Skimmed, Strict};
use crate::keys::{ParsedKey, PublicKey};
use crate::token::algorithm::Algorithm;

/// The most octets of an RSA modulus: a longer one only makes verification slow.
const MOST_MODULUS_OCTETS: usize = 512;

/// The members that only a private or a symmetric key has, of any type.
pub(crate) const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// A JWK as a proof carries it.
#[derive(Default)]
pub(super) struct ProofJwk<'t> {
    kty: Option<Cow<'t, str>>,
    crv: Option<Cow<'t, str>>,
    alg: Option<Cow<'t, str>>,
    n: Option<Cow<'t, str>>,
    e: Option<Cow<'t, str>>,
    x: Option<Cow<'t, str>>,
    y: Option<Cow<'t, str>>,
    is_for_other_use: bool,
    is_private: bool,
}

impl<'de> Members<'de> for ProofJwk<'de> {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut jwk = Self::default();
        members::each(object, |name, object| {
            let member = match name {
                "kty" => &mut jwk.kty,
                "crv" => &mut jwk.crv,
                "alg" => &mut jwk.alg,
                "n" => &mut jwk.n,
                "e" => &mut jwk.e,
                "x" => &mut jwk.x,
                "y" => &mut jwk.y,
                "use" => {
                    jwk.is_for_other_use |= object.next_value::<JsonString<'_>>()?.0 != "sig";
                    return Ok(());
                }
                "key_ops" => {
                    let Strict(operations) = object.next_value()?;
                    let operations = operations.as_array();
                    let verifies = |operation: &Value| operation == "verify";
                    jwk.is_for_other_use |= !operations.is_some_and(|it| it.iter().any(verifies));
                    return Ok(());
                }
                _ => {
                    jwk.is_private |= PRIVATE_MEMBERS.contains(&name);
                    object.next_value::<Skimmed<'_>>()?;
                    return Ok(());
                }
            };
            *member = Some(object.next_value::<JsonString<'_>>()?.0);
            Ok(())
        })?;
        Ok(jwk)
    }
}

impl ProofJwk<'_> {
    /// The public key, where it is one that serves this algorithm and is written as RFC 7518 has it.
    ///
    /// A number that could be written in two ways would give one key two thumbprints.
    pub(super) fn key(&self, algorithm: Algorithm) -> Option<ProofKey> {
        let is_of_algorithm =
            |alg: &str| alg.parse::<Algorithm>().is_ok_and(|named| named == algorithm);
        if self.is_private
            || self.is_for_other_use
            || !self.alg.as_deref().is_none_or(is_of_algorithm)
        {
            return None;
        }
        let coordinate = |member: &Option<Cow<'_, str>>, length| {
            let octets = octets(member)?;
            (octets.len() == length).then_some(octets)
        };
        let point = |length| Some((coordinate(&self.x, length)?, coordinate(&self.y, length)?));
        let public = match (self.kty.as_deref()?, self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (octets(&self.n)?, octets(&self.e)?);
                if n.first() == Some(&0) || e.first() == Some(&0) || n.len() > MOST_MODULUS_OCTETS {
                    return None;
                }
                PublicKey::rsa(n, e)
            }
            ("EC", Some("P-256")) => point(32).map(|(x, y)| PublicKey::p256(x, y))?,
            ("EC", Some("P-384")) => point(48).map(|(x, y)| PublicKey::p384(x, y))?,
            ("EC", Some("P-521")) => point(66).map(|(x, y)| PublicKey::p521(x, y))?,
            ("OKP", Some("Ed25519")) => PublicKey::ed25519(octets(&self.x)?),
            _ => return None,
        };
        let public = public.ok().filter(|public| public.algorithms().contains(&algorithm))?;
        Some(ProofKey { public, algorithm })
    }
}

fn octets(member: &Option<Cow<'_, str>>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member.as_deref()?).ok()
}

/// The public key of one proof.
pub(super) struct ProofKey {
    public: PublicKey,
    algorithm: Algorithm,
}

impl ProofKey {
    /// The SHA-256 thumbprint of RFC 7638.
    pub(super) fn thumbprint(&self) -> [u8; 32] {
        self.public.thumbprint()
    }

    /// The key ready for use; `None` where its numbers are no key.
    pub(super) fn parsed(&self) -> Option<ParsedKey> {
        self.public.parse(self.algorithm).ok()
    }
}

/// Whether this key made the signature of the message.
pub(super) fn verifies(key: &ParsedKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(message, &signature).is_ok()
}
