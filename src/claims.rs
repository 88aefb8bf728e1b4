//! What a token says: the registered claims by their types, the others as they came.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::json::{Name, Strict};
use crate::rejection::Rejection;

/// The claims of an accepted token.
///
/// The registered ones have the types of RFC 7519 §4.1. Times are seconds since the Unix epoch
/// and may have a fraction. A claim that RFC 7519 does not register and that has an unexpected
/// type (`scope` as a list, say) stands in [`other`](Self::other), as it came.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// Who issued the token.
    pub iss: String,
    /// Whom the token is about.
    pub sub: Option<String>,
    /// Whom the token is for; a single audience is a list of one.
    pub aud: Vec<String>,
    /// When it expires.
    pub exp: f64,
    /// From when it holds.
    pub nbf: Option<f64>,
    /// When it was issued.
    pub iat: Option<f64>,
    /// The token's own id.
    pub jti: Option<String>,
    /// The client it was issued to, in OpenID Connect's and Auth0's word.
    pub azp: Option<String>,
    /// The client it was issued to, in RFC 9068's word.
    pub client_id: Option<String>,
    /// What was granted, separated by spaces (RFC 8693 §4.2).
    pub scope: Option<String>,
    /// What Auth0's role-based access control granted.
    pub permissions: Vec<String>,
    /// Every other claim, as JSON.
    pub other: Map<String, Value>,
}

/// Who stands behind a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A person, for whom a client acts.
    User,
    /// A client that acts for itself (OAuth 2.0 client credentials).
    Machine,
    /// The token does not say.
    Unknown,
}

impl Claims {
    /// Reads a payload. Every registered claim has its type; `null` is a wrong one.
    pub(crate) fn read(payload: &str) -> Result<Self, Rejection> {
        let members: Members = serde_json::from_str(payload).map_err(|_| Rejection::Malformed)?;
        members.typed()
    }

    /// Who stands behind the token: a machine by Auth0's `gty` or `sub`, or where `sub` is the client
    /// itself (RFC 9068 §2.2).
    pub fn caller(&self) -> Caller {
        // A user of Auth0 is `connection|id`, and the id may be anything: `samlp|corp|eve@clients`.
        let is_client = |sub: &String| sub.ends_with("@clients") && !sub.contains('|');
        let is_auth0_machine = self.texts("gty").any(|grant| grant == "client-credentials")
            || self.sub.as_ref().is_some_and(is_client);
        match &self.sub {
            _ if is_auth0_machine => Caller::Machine,
            None => Caller::Unknown,
            Some(sub) if self.client_id.as_ref().or(self.azp.as_ref()) == Some(sub) => {
                Caller::Machine
            }
            Some(_) => Caller::User,
        }
    }

    /// The granted scopes: `scope` and Entra's `scp`, each a text with spaces or a list of texts.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let text = self.scope.as_deref().into_iter();
        let text =
            text.chain(["scope", "scp"].iter().filter_map(|name| self.other.get(*name)?.as_str()));
        let lists = ["scope", "scp"].iter().filter_map(|name| self.other.get(*name)?.as_array());
        let listed = lists.flatten().filter_map(Value::as_str);
        text.flat_map(|text| text.split(' ')).chain(listed).filter(|scope| !scope.is_empty())
    }

    /// Whether this scope was granted.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Whether Auth0's role-based access control granted this.
    pub fn has_permission(&self, permission: &str) -> bool {
        self.permissions.iter().any(|granted| granted == permission)
    }

    /// A claim that has no field of its own, by name: `https://example.com/roles`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.other.get(name)
    }

    /// When the user signed in, in seconds since the epoch (`auth_time`).
    pub(crate) fn auth_time(&self) -> Option<f64> {
        self.get("auth_time")?.as_f64()
    }

    /// The text that a claim is, or the texts in the list that it is.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        // Of permissions that are no list of texts none is granted, whoever asks.
        let other = self.get(name).filter(|_| name != "permissions");
        let field = match name {
            "iss" => Some(self.iss.as_str()),
            "sub" => self.sub.as_deref(),
            "jti" => self.jti.as_deref(),
            "azp" => self.azp.as_deref(),
            "client_id" => self.client_id.as_deref(),
            "scope" => self.scope.as_deref(),
            _ => other.and_then(Value::as_str),
        };
        let list = other.and_then(Value::as_array);
        let own_list = match name {
            "aud" => self.aud.as_slice(),
            "permissions" => self.permissions.as_slice(),
            _ => &[],
        };
        let listed = list.into_iter().flatten().filter_map(Value::as_str);
        field.into_iter().chain(own_list.iter().map(String::as_str)).chain(listed)
    }
}

/// The claims as they came.
#[derive(Default)]
struct Members {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
    iat: Option<Value>,
    jti: Option<Value>,
    azp: Option<Value>,
    client_id: Option<Value>,
    scope: Option<Value>,
    permissions: Option<Value>,
    other: Map<String, Value>,
}

impl Members {
    /// Gives every registered claim its type; `null` is a wrong one.
    fn typed(mut self) -> Result<Claims, Rejection> {
        Ok(Claims {
            sub: typed(self.sub)?,
            aud: audience(self.aud)?,
            nbf: seconds(self.nbf)?,
            iat: seconds(self.iat)?,
            jti: typed(self.jti)?,
            iss: typed(self.iss)?.ok_or(Rejection::ClaimMissing)?,
            exp: seconds(self.exp)?.ok_or(Rejection::ClaimMissing)?,
            azp: text_or_other(self.azp, "azp", &mut self.other),
            client_id: text_or_other(self.client_id, "client_id", &mut self.other),
            scope: text_or_other(self.scope, "scope", &mut self.other),
            permissions: texts_or_other(self.permissions, "permissions", &mut self.other),
            other: self.other,
        })
    }
}

/// A registered claim as its own type, if it is there.
fn typed<T: DeserializeOwned>(claim: Option<Value>) -> Result<Option<T>, Rejection> {
    claim.map(serde_json::from_value).transpose().map_err(|_| Rejection::MalformedClaim)
}

/// A NumericDate (RFC 7519 §2): a number, fractions included.
fn seconds(claim: Option<Value>) -> Result<Option<f64>, Rejection> {
    match typed::<f64>(claim)? {
        Some(seconds) if !seconds.is_finite() => Err(Rejection::MalformedClaim),
        seconds => Ok(seconds),
    }
}

/// A string or an array of strings (RFC 7519 §4.1.3), and nothing else in between.
fn audience(claim: Option<Value>) -> Result<Vec<String>, Rejection> {
    match claim {
        Some(Value::String(one)) => Ok(vec![one]),
        claim => Ok(typed(claim)?.unwrap_or_default()),
    }
}

/// A claim that ought to be a text, and goes to the others if it is none.
fn text_or_other(
    claim: Option<Value>,
    name: &str,
    other: &mut Map<String, Value>,
) -> Option<String> {
    claim.and_then(|claim| text(claim).map_err(|value| other.insert(name.to_owned(), value)).ok())
}

/// The same for a list of texts.
fn texts_or_other(claim: Option<Value>, name: &str, other: &mut Map<String, Value>) -> Vec<String> {
    match claim {
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.into_iter().filter_map(|item| text(item).ok()).collect()
        }
        Some(value) => {
            other.insert(name.to_owned(), value);
            vec![]
        }
        None => vec![],
    }
}

fn text(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        value => Err(value),
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members::deserialize(deserializer)?.typed().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimsVisitor)
    }
}

struct ClaimsVisitor;

impl<'de> Visitor<'de> for ClaimsVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut claims = Members::default();
        while let Some(Name(name)) = members.next_key()? {
            let Strict(value) = members.next_value()?;
            let earlier = match &*name {
                "iss" => claims.iss.replace(value),
                "sub" => claims.sub.replace(value),
                "aud" => claims.aud.replace(value),
                "exp" => claims.exp.replace(value),
                "nbf" => claims.nbf.replace(value),
                "iat" => claims.iat.replace(value),
                "jti" => claims.jti.replace(value),
                "azp" => claims.azp.replace(value),
                "client_id" => claims.client_id.replace(value),
                "scope" => claims.scope.replace(value),
                "permissions" => claims.permissions.replace(value),
                _ => claims.other.insert(name.into_owned(), value),
            };
            if earlier.is_some() {
                return Err(de::Error::custom("a claim stands twice"));
            }
        }
        Ok(claims)
    }
}
