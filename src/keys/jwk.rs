//! JWK → verifying keys: which ones we accept, and why not the others (RFC 7517 §4, RFC 7518 §6).

use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::public_key::PublicKey;
use crate::json::Strict;
use crate::token::algorithm::Algorithm;
use crate::token::tenant;

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not an object, a member twice, or a member of the wrong type.
    #[error("is not a JWK (RFC 7517 §4)")]
    NotAKey,
    /// `kid` is absent or empty.
    #[error("has no `kid` that a token could name")]
    NoKeyId,
    /// `kty` is `oct`: whoever can verify with it can sign with it.
    #[error("is symmetric")]
    Symmetric,
    /// It carries private members, so it is no longer a secret.
    #[error("is a private key in a published set: replace it")]
    Private,
    /// `use` is not `sig`, or `key_ops` lacks `verify`.
    #[error("is not for verifying signatures (`use`, `key_ops`)")]
    OtherUse,
    /// `kty` or `crv` is one we do not verify with.
    #[error("has a `kty` or `crv` that we do not verify with")]
    OtherType,
    /// `alg` is unknown, or does not go with `kty` and `crv`.
    #[error("has an `alg` that we do not verify, or that its `kty` and `crv` cannot serve")]
    OtherAlgorithm,
    /// One of the keys published with our source.
    #[error("is a development key that everybody has")]
    Development,
    /// An RSA modulus under 2048 or over 8192 bits.
    #[error("is an RSA key under 2048 or over 8192 bits")]
    Size,
    /// A member is no base64url, has the wrong length, or the numbers are no such key.
    #[error("is broken: its numbers are no key of its type")]
    Broken,
}

/// One public key, and the one algorithm it verifies.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(in crate::keys) thumbprint: [u8; 32],
    /// Whoever has this one's private half has the private half of every key with the same.
    pub(in crate::keys) secret_of: [u8; 32],
    /// The only issuer that it is for, perhaps a template; Microsoft Entra writes it.
    issuer: Option<String>,
    key: ParsedPublicKey,
}

/// The same key for the same algorithm (RFC 7638).
impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        (self.algorithm, self.thumbprint, &self.issuer)
            == (other.algorithm, other.thumbprint, &other.issuer)
    }
}

impl VerifyingKey {
    /// Whether it verifies tokens of this `iss`.
    pub(crate) fn is_for(&self, iss: &str) -> bool {
        let is_issuer = |own: &str| own == iss || tenant::of(iss, own).is_some();
        self.issuer.as_deref().is_none_or(is_issuer)
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// A member that is there, `null` too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let Strict(value) = Strict::deserialize(deserializer)?;
    Ok(Some(value))
}

/// The members we read. Certificates (`x5c` and the like) are not among them.
#[derive(Deserialize)]
pub(in crate::keys) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    public_key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    #[serde(default, deserialize_with = "present")]
    issuer: Option<Value>,
    // Their values are of no interest: that they are there is the fault.
    d: Option<Box<RawValue>>,
    p: Option<Box<RawValue>>,
    q: Option<Box<RawValue>>,
    dp: Option<Box<RawValue>>,
    dq: Option<Box<RawValue>>,
    qi: Option<Box<RawValue>>,
    oth: Option<Box<RawValue>>,
    k: Option<Box<RawValue>>,
}

impl Jwk {
    /// One key for each algorithm that `kty`, `crv` and `alg` leave.
    pub(in crate::keys) fn verifying_keys(
        self,
    ) -> Result<(Option<String>, Vec<VerifyingKey>), Reason> {
        if self.kty == "oct" {
            return Err(Reason::Symmetric);
        }
        if self.has_private_members() {
            return Err(Reason::Private);
        }
        let kid = self.kid.clone().filter(|kid| !kid.is_empty());
        let for_signatures = self.public_key_use.as_deref().is_none_or(|what| what == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures {
            return Err(Reason::OtherUse);
        }
        let issuer = match &self.issuer {
            None => None,
            Some(Value::String(issuer)) => Some(issuer.clone()),
            Some(_) => return Err(Reason::NotAKey),
        };
        let public = self.public_key()?;
        let algorithms = match &self.alg {
            None => public.algorithms().to_vec(),
            Some(name) => vec![name.parse().map_err(|_| Reason::OtherAlgorithm)?],
        };
        let (thumbprint, secret_of) = (public.thumbprint(), public.secret_of());
        let keys = algorithms
            .into_iter()
            .map(|algorithm| {
                let key = public.parse(algorithm)?;
                Ok(VerifyingKey { algorithm, thumbprint, secret_of, issuer: issuer.clone(), key })
            })
            .collect::<Result<_, Reason>>()?;
        Ok((kid, keys))
    }

    fn has_private_members(&self) -> bool {
        let members = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k];
        members.iter().any(|member| member.is_some())
    }

    fn public_key(&self) -> Result<PublicKey, Reason> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => PublicKey::rsa(octets(&self.n)?, octets(&self.e)?),
            ("EC", Some("P-256")) => PublicKey::p256(octets(&self.x)?, octets(&self.y)?),
            ("EC", Some("P-384")) => PublicKey::p384(octets(&self.x)?, octets(&self.y)?),
            ("OKP", Some("Ed25519")) => PublicKey::ed25519(octets(&self.x)?),
            _ => Err(Reason::OtherType),
        }
    }
}

fn octets(member: &Option<String>) -> Result<Vec<u8>, Reason> {
    let text = member.as_ref().ok_or(Reason::NotAKey)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638_and_rfc_8037() {
        let rsa = r#"{"kty":"RSA","kid":"a","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}"#;
        let ed25519 = r#"{"kty":"OKP","kid":"a","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        for (jwk, thumbprint) in [
            (rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (ed25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            let (_, keys) = serde_json::from_str::<Jwk>(jwk).unwrap().verifying_keys().unwrap();
            assert_eq!(URL_SAFE_NO_PAD.encode(keys[0].thumbprint), thumbprint);
        }
    }
}
