//! Tokens for tests: good ones, and bad ones with exactly one fault.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::http::Header;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::key::Key;
use crate::dpop::draft;

/// A token that a test may change before it is signed; it begins as
/// [`TestIssuer::token`](crate::testing::TestIssuer::token) says.
///
/// It converts into an `Authorization` header for a request of `rocket::local`;
/// [`Display`](fmt::Display) writes the signed token, the same text each time.
///
/// ```
/// use rocket_bearer::testing::TestIssuer;
///
/// let token = TestIssuer::new().token().subject("bob").scope("read:messages").claim("roles", ["admin"]);
/// assert_eq!(token.to_string().matches('.').count(), 2);
/// ```
#[must_use = "a token does nothing until it is sent"]
#[derive(Debug, Clone)]
pub struct Token {
    key: Key,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    issued: u64,
    lifetime: u64,
    is_signed: bool,
    is_bound: bool,
    /// The signed text, once it was asked for: a signature of ECDSA is another each time, and a proof is
    /// for one text.
    text: OnceLock<String>,
}

const AN_HOUR: u64 = 3_600;

impl Token {
    pub(super) fn new(key: &Key, iss: &str, audience: &str) -> Self {
        let header = [("typ", json!("at+jwt"))];
        let claims = [
            ("iss", json!(iss)),
            ("sub", json!("alice")),
            ("aud", json!(audience)),
            ("client_id", json!("test-client")),
            ("jti", json!("test-token")),
        ];
        let owned = |(name, value): (&str, Value)| (name.to_owned(), value);
        let token = Self {
            key: key.clone(),
            header: header.map(owned).into_iter().collect(),
            claims: claims.map(owned).into_iter().collect(),
            issued: 0,
            lifetime: AN_HOUR,
            is_signed: true,
            is_bound: false,
            text: OnceLock::new(),
        };
        token.signed_by(key.clone()).issued(SystemTime::now())
    }

    /// Sets the user, the claim `sub`.
    pub fn subject(self, sub: &str) -> Self {
        self.claim("sub", sub)
    }

    /// Sets the granted scopes, separated by spaces: the claim `scope`.
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", scope)
    }

    /// Sets the permissions of Auth0's role-based access control: the claim `permissions`.
    pub fn permissions<'p>(self, permissions: impl IntoIterator<Item = &'p str>) -> Self {
        self.claim("permissions", permissions.into_iter().collect::<Vec<_>>())
    }

    /// Sets a claim, right or wrong.
    ///
    /// # Panics
    ///
    /// Where the value cannot be written as JSON.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        self.claims.insert(name.to_owned(), value_of(value));
        self.unsigned_yet()
    }

    /// Removes a claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self.unsigned_yet()
    }

    /// Binds the token to this key, by the claim `cnf` (RFC 9449 §6.1): it is then sent as `DPoP`, with a
    /// [proof](Key::proof) beside it.
    ///
    /// # Panics
    ///
    /// If no proofs can be made with the key, as with those of ML-DSA.
    pub fn bound_to(mut self, key: &Key) -> Self {
        self.is_bound = true;
        let thumbprint = draft::thumbprint(key.signing());
        let thumbprint = thumbprint.expect("a key of RSA, ECDSA or Ed25519");
        self.claim("cnf", json!({ "jkt": thumbprint }))
    }

    fn unsigned_yet(mut self) -> Self {
        self.text = OnceLock::new();
        self
    }

    /// Sets a member of the header, right or wrong.
    ///
    /// # Panics
    ///
    /// Where the value cannot be written as JSON.
    pub fn header(mut self, member: &str, value: impl Serialize) -> Self {
        self.header.insert(member.to_owned(), value_of(value));
        self.unsigned_yet()
    }

    /// Removes `kid` from the header, for an issuer that
    /// [does without](crate::Issuer::kid_optional).
    pub fn without_kid(mut self) -> Self {
        self.header.remove("kid");
        self.unsigned_yet()
    }

    /// Sets the time of issue, `iat`; the lifetime stays. It is now by default.
    pub fn issued(mut self, at: SystemTime) -> Self {
        self.issued = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.timed()
    }

    /// Sets the time from issue to expiry, in whole seconds; it is an hour by default.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.as_secs();
        self.timed()
    }

    fn timed(self) -> Self {
        let (issued, expires) = (self.issued, self.issued + self.lifetime);
        self.claim("iat", issued).claim("exp", expires)
    }

    /// Moves the time of issue back by two hours, so that the token expired an hour ago:
    /// [`Rejection::Expired`](crate::Rejection::Expired).
    pub fn expired(self) -> Self {
        let expired = self.issued.saturating_sub(AN_HOUR);
        self.claim("iat", expired.saturating_sub(AN_HOUR)).claim("exp", expired)
    }

    /// Becomes valid half an hour after its issue, by `nbf`:
    /// [`Rejection::NotYetValid`](crate::Rejection::NotYetValid).
    pub fn not_yet_valid(self) -> Self {
        let begins = self.issued + AN_HOUR / 2;
        self.claim("nbf", begins)
    }

    /// Is for another API, by `aud`: [`Rejection::WrongAudience`](crate::Rejection::WrongAudience).
    pub fn wrong_audience(self) -> Self {
        self.claim("aud", "https://another-api.test")
    }

    /// Is of another issuer, by `iss`: [`Rejection::WrongIssuer`](crate::Rejection::WrongIssuer).
    pub fn wrong_issuer(self) -> Self {
        self.claim("iss", "https://mallory.test/")
    }

    /// Is signed with an unknown key under the `kid` of the issuer's key:
    /// [`Rejection::BadSignature`](crate::Rejection::BadSignature).
    pub fn forged(mut self) -> Self {
        self.key = Key::strangers(self.key.algorithm()).with_kid(self.key.kid());
        self.unsigned_yet()
    }

    /// Is signed with an unknown key under its own `kid`:
    /// [`Rejection::UnknownKey`](crate::Rejection::UnknownKey).
    pub fn unknown_key(self) -> Self {
        let stranger = Key::strangers(self.key.algorithm());
        self.signed_by(stranger)
    }

    /// Has `alg` `none` and no signature:
    /// [`Rejection::ForbiddenAlgorithm`](crate::Rejection::ForbiddenAlgorithm).
    pub fn unsigned(mut self) -> Self {
        self.is_signed = false;
        self.header("alg", "none")
    }

    fn signed_by(mut self, key: Key) -> Self {
        let (alg, kid) = (key.algorithm().name(), key.kid().to_owned());
        self.key = key;
        self.header("alg", alg).header("kid", kid)
    }
}

pub(super) fn value_of(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("a claim or header member can be written as JSON")
}

/// Signs the token, and writes its compact serialisation (RFC 7515 §7.1).
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.get_or_init(|| {
            let [header, claims] =
                [&self.header, &self.claims].map(|it| Value::Object(it.clone()).to_string());
            match self.is_signed {
                true => self.key.token(header, claims),
                false => {
                    let encode = |text| URL_SAFE_NO_PAD.encode(text);
                    format!("{}.{}.", encode(header), encode(claims))
                }
            }
        }))
    }
}

/// The header `Authorization: Bearer …` (RFC 6750 §2.1), or `DPoP …` for a bound token (RFC 9449 §7.1).
impl From<Token> for Header<'static> {
    fn from(token: Token) -> Self {
        let scheme = if token.is_bound { "DPoP" } else { "Bearer" };
        Header::new("Authorization", format!("{scheme} {token}"))
    }
}
