//! An entry of a key set: the keys that it gives, or why it is not used (RFC 7517 §4, RFC 7518 §6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{KeyOperations, PublicKeyUse};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::public_key::PublicKey;
use super::reason::Reason;
use super::verifying_key::VerifyingKey;
use crate::json::Strict;

/// A member that is there, `null` too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let Strict(value) = Strict::deserialize(deserializer)?;
    Ok(Some(value))
}

/// The members of a JWK that are read. Certificates (`x5c` and the like) are not among them.
///
/// jsonwebtoken's own `Jwk` does not say which member is broken, and takes private members.
#[derive(Deserialize)]
pub(in crate::keys) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    public_key_use: Option<PublicKeyUse>,
    key_ops: Option<Vec<KeyOperations>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    #[serde(default, deserialize_with = "present")]
    issuer: Option<Value>,
    #[serde(rename = "pub")]
    public: Option<String>,
    // Private members: their presence is the fault, and their values are not read.
    d: Option<Box<RawValue>>,
    p: Option<Box<RawValue>>,
    q: Option<Box<RawValue>>,
    dp: Option<Box<RawValue>>,
    dq: Option<Box<RawValue>>,
    qi: Option<Box<RawValue>>,
    oth: Option<Box<RawValue>>,
    k: Option<Box<RawValue>>,
    #[serde(rename = "priv")]
    private: Option<Box<RawValue>>,
}

impl Jwk {
    /// Reads an entry of a set.
    pub(in crate::keys) fn parse(json: &RawValue) -> Result<Self, Reason> {
        serde_json::from_str(json.get()).map_err(|error| fault(json, &error.to_string()))
    }

    /// The `kid`, and one key for each algorithm that `kty`, `crv` and `alg` allow.
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
        let is_for_signatures =
            self.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let may_verify =
            self.key_ops.as_ref().is_none_or(|ops| ops.contains(&KeyOperations::Verify));
        if !is_for_signatures || !may_verify {
            return Err(Reason::OtherUse);
        }
        let issuer = match &self.issuer {
            None => None,
            Some(Value::String(issuer)) => Some(issuer.clone()),
            Some(_) => return Err(Reason::WrongType("issuer")),
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
        let of_rsa = [&self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth];
        let of_others = [&self.d, &self.k, &self.private];
        of_rsa.iter().chain(&of_others).any(|member| member.is_some())
    }

    fn public_key(&self) -> Result<PublicKey, Reason> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => PublicKey::rsa(octets("n", &self.n)?, octets("e", &self.e)?),
            ("EC", Some("P-256")) => PublicKey::p256(octets("x", &self.x)?, octets("y", &self.y)?),
            ("EC", Some("P-384")) => PublicKey::p384(octets("x", &self.x)?, octets("y", &self.y)?),
            ("EC", Some("P-521")) => PublicKey::p521(octets("x", &self.x)?, octets("y", &self.y)?),
            ("OKP", Some("Ed25519")) => PublicKey::ed25519(octets("x", &self.x)?),
            ("AKP", _) => {
                let alg = self.alg.as_deref().ok_or(Reason::NoAlgorithm)?;
                PublicKey::akp(alg, octets("pub", &self.public)?)
            }
            _ => Err(Reason::OtherType),
        }
    }
}

fn octets(name: &'static str, member: &Option<String>) -> Result<Vec<u8>, Reason> {
    let text = member.as_ref().ok_or(Reason::Missing(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::NotBase64Url(name))
}

/// The members that are read, and whether each is a list.
const MEMBERS: [(&str, bool); 11] = [
    ("kty", false),
    ("kid", false),
    ("alg", false),
    ("use", false),
    ("key_ops", true),
    ("crv", false),
    ("n", false),
    ("e", false),
    ("x", false),
    ("y", false),
    ("pub", false),
];

/// Why an entry cannot be read, which serde refused with `error`.
fn fault(json: &RawValue, error: &str) -> Reason {
    let Ok(Strict(Value::Object(entry))) = serde_json::from_str(json.get()) else {
        return Reason::NotAKey;
    };
    let is_twice = |name: &str| error.contains(&format!("duplicate field `{name}`"));
    let mut names = MEMBERS.into_iter();
    if let Some((name, _)) = names.clone().find(|(name, _)| is_twice(name)) {
        return Reason::Twice(name);
    }
    let has_wrong_type = |(name, is_list): &(&str, bool)| {
        entry.get(*name).is_some_and(|value| match is_list {
            true => !value.is_array() && !value.is_null(),
            false => !value.is_string() && !value.is_null(),
        })
    };
    match names.find(has_wrong_type) {
        Some((name, _)) => Reason::WrongType(name),
        None if entry.get("kty").is_none_or(Value::is_null) => Reason::Missing("kty"),
        None if error.contains("duplicate field") => Reason::Private,
        None => Reason::WrongType("key_ops"),
    }
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
