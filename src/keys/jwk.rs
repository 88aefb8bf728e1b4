//! JWK → verifying keys, or why the key is not used (RFC 7517 §4, RFC 7518 §6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{KeyOperations, PublicKeyUse};
use jsonwebtoken::signature::Verifier as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::public_key::{ParsedKey, PublicKey};
use super::reason::Reason;
use crate::json::Strict;
use crate::token::algorithm::Algorithm;
use crate::token::tenant;

/// A public key, and the one algorithm that it verifies.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: Algorithm,
    pub(in crate::keys) thumbprint: [u8; 32],
    /// Equal for keys with the same secret: one private half serves them all.
    pub(in crate::keys) secret_of: [u8; 32],
    /// The only issuer whose tokens it verifies, perhaps a template; Microsoft Entra writes it.
    issuer: Option<String>,
    key: ParsedKey,
}

/// Two keys are equal if their thumbprints (RFC 7638), their algorithms and their issuers are.
impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl VerifyingKey {
    /// What makes two keys one: equal keys have it equal.
    pub(in crate::keys) fn identity(&self) -> (Algorithm, &[u8; 32], Option<&str>) {
        (self.algorithm, &self.thumbprint, self.issuer.as_deref())
    }

    /// Whether the key verifies tokens of this `iss`.
    pub(crate) fn is_for(&self, iss: &str) -> bool {
        let is_issuer = |own: &str| own == iss || tenant::of(iss, own).is_some();
        self.issuer.as_deref().is_none_or(is_issuer)
    }

    /// The only issuer whose tokens it verifies, perhaps a template.
    #[cfg(feature = "cli")]
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether this key made the signature of the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify(message, &signature).is_ok()
    }
}

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

/// What is signed with jsonwebtoken is verified here.
#[cfg(all(test, any(feature = "cli", feature = "testing")))]
mod signed {
    use jsonwebtoken::DecodingKey;
    use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

    use super::*;
    use crate::keys::signing_key::SigningKey;

    /// A key for this algorithm, its JWK, and what is read from that.
    fn key(algorithm: Algorithm) -> (SigningKey, String, VerifyingKey) {
        let pem = include_bytes!("../../keys/dev-rs256.pem");
        let key = SigningKey::from_pem(pem, algorithm);
        let key = key.unwrap_or_else(|_| SigningKey::generate(algorithm).unwrap());
        let jwk = key.jwk("a").to_string();
        let (_, mut keys) = serde_json::from_str::<Jwk>(&jwk).unwrap().verifying_keys().unwrap();
        (key, jwk, keys.remove(0))
    }

    /// Both verify with aws-lc-rs. Ours has parsed the key before, theirs parses it each time.
    #[test]
    fn a_parsed_key_judges_as_the_verifier_of_jsonwebtoken_does() {
        for (algorithm, jose) in Algorithm::ALL.map(|algorithm| (algorithm, algorithm.jose())) {
            let Some(jose) = jose else { continue };
            let (signer, jwk, VerifyingKey { key: ours, .. }) = key(algorithm);
            let key = DecodingKey::from_jwk(&serde_json::from_str(&jwk).unwrap()).unwrap();
            let theirs = (DEFAULT_PROVIDER.verifier_factory)(&jose, &key).unwrap();

            for (message, signature, holds) in cases(&signer) {
                let verdicts =
                    [ours.verify(message, &signature), theirs.verify(message, &signature)];
                assert_eq!(verdicts.map(|it| it.is_ok()), [holds; 2], "{algorithm} {signature:?}");
            }
        }
    }

    /// jsonwebtoken has no name for these.
    #[test]
    fn es512_and_ml_dsa_judge_alike() {
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.jose().is_none()) {
            let (signer, _, key) = key(algorithm);
            for (message, signature, holds) in cases(&signer) {
                assert_eq!(key.verifies(message, &signature), holds, "{algorithm} {signature:?}");
            }
        }
    }

    /// Messages, signatures, and whether they belong together.
    fn cases(signer: &SigningKey) -> [(&'static [u8], Vec<u8>, bool); 6] {
        let good = signer.sign(b"message");
        let altered = good.iter().map(|octet| octet ^ 1).collect();
        let (short, long) = (good[1..].to_vec(), [&good[..], &[0]].concat());
        [
            (b"message", good.clone(), true),
            (b"Message", good, false),
            (b"message", altered, false),
            (b"message", short, false),
            (b"message", long, false),
            (b"message", vec![], false),
        ]
    }

    /// The key of RFC 9964, appendix A, whose seed is zero.
    #[test]
    fn the_thumbprint_of_ml_dsa_is_the_one_of_rfc_9964() {
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MDQCAQAwCwYJYIZIAWUDBAMRBCKAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
                   AAAAAAAA\n\
                   -----END PRIVATE KEY-----\n";
        let key = SigningKey::from_pem(pem.as_bytes(), Algorithm::MlDsa44).unwrap();
        let jwk = serde_json::from_value::<Jwk>(key.jwk("a")).unwrap();
        let thumbprint = URL_SAFE_NO_PAD.encode(jwk.verifying_keys().unwrap().1[0].thumbprint);
        assert_eq!(thumbprint, "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o");
        assert_eq!(key.pem().unwrap(), pem);
    }

    /// Asking for the provider of the process installs one, and no other can be installed after it.
    #[test]
    fn the_provider_of_the_process_is_left_to_the_app() {
        for algorithm in Algorithm::ALL {
            let (signer, _, key) = key(algorithm);
            assert!(key.verifies(b"message", &signer.sign(b"message")), "{algorithm}");
        }
        assert!(DEFAULT_PROVIDER.install_default().is_ok());
    }
}
