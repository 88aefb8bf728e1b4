//! What a token says: the registered claims by their types, the others as they came.

use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde_json::{Map, Value};

use crate::json::Strict;
use crate::json::members::{self, Members, Object};
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
        members::read::<Said>(payload).map_err(|_| Rejection::Malformed)?.claims()
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

/// The claims as they stand there, by their types.
#[derive(Default)]
struct Said {
    iss: Option<String>,
    sub: Option<String>,
    aud: Vec<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: Option<String>,
    azp: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    permissions: Vec<String>,
    other: Map<String, Value>,
    /// A registered claim is of another type.
    is_malformed: bool,
}

impl Said {
    fn add(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("iss", Value::String(text)) => self.iss = Some(text),
            ("sub", Value::String(text)) => self.sub = Some(text),
            ("aud", Value::String(text)) => self.aud = vec![text],
            ("aud", Value::Array(list)) if is_of_texts(&list) => self.aud = texts(list),
            ("exp", Value::Number(seconds)) => self.exp = seconds.as_f64(),
            ("nbf", Value::Number(seconds)) => self.nbf = seconds.as_f64(),
            ("iat", Value::Number(seconds)) => self.iat = seconds.as_f64(),
            ("jti", Value::String(text)) => self.jti = Some(text),
            // RFC 7519 §4.1 says which types these have; `null` is none of them.
            ("iss" | "sub" | "aud" | "exp" | "nbf" | "iat" | "jti", _) => self.is_malformed = true,
            ("azp", Value::String(text)) => self.azp = Some(text),
            ("client_id", Value::String(text)) => self.client_id = Some(text),
            ("scope", Value::String(text)) => self.scope = Some(text),
            ("permissions", Value::Array(list)) if is_of_texts(&list) => {
                self.permissions = texts(list);
            }
            (name, value) => {
                self.other.insert(name.to_owned(), value);
            }
        }
    }

    fn claims(self) -> Result<Claims, Rejection> {
        if self.is_malformed {
            return Err(Rejection::MalformedClaim);
        }
        Ok(Claims {
            iss: self.iss.ok_or(Rejection::ClaimMissing)?,
            sub: self.sub,
            aud: self.aud,
            exp: self.exp.ok_or(Rejection::ClaimMissing)?,
            nbf: self.nbf,
            iat: self.iat,
            jti: self.jti,
            azp: self.azp,
            client_id: self.client_id,
            scope: self.scope,
            permissions: self.permissions,
            other: self.other,
        })
    }
}

fn is_of_texts(list: &[Value]) -> bool {
    list.iter().all(Value::is_string)
}

fn texts(list: Vec<Value>) -> Vec<String> {
    // Collected, they would stay in the room of the values.
    let mut texts = Vec::with_capacity(list.len());
    texts.extend(list.into_iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    }));
    texts
}

impl<'de> Members<'de> for Said {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut said = Self::default();
        members::each(object, |name, object| {
            let Strict(value) = object.next_value()?;
            said.add(name, value);
            Ok(())
        })?;
        Ok(said)
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(said) = Object::<Said>::deserialize(deserializer)?;
        said.claims().map_err(de::Error::custom)
    }
}
