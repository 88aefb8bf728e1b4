//! The claims of a token: the registered ones by their types, the others as JSON.

use std::borrow::Cow;

use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde_json::{Map, Number, Value};

use crate::json::Strict;
use crate::json::members::{self, Members, Object};
use crate::rejection::Rejection;

/// `10000-01-01T00:00:00Z` in seconds since the Unix epoch.
pub(crate) const YEAR_10000: f64 = 253_402_300_800.0;

/// The claims of an accepted token.
///
/// The registered claims have the types of RFC 7519 §4.1. Times are seconds since the Unix epoch and
/// may have a fraction. A claim that RFC 7519 does not register and that has an unexpected type
/// (`scope` as a list, for instance) is in [`other`](Self::other), unchanged.
///
/// ```
/// use rocket::{get, routes};
/// use rocket_bearer::AuthedUser;
///
/// #[get("/whoami")]
/// fn whoami(user: AuthedUser) -> String {
///     let claims = user.claims();
///     let email = claims.get("https://example.com/email").and_then(|it| it.as_str());
///     let writes = claims.has_scope("write:messages");
///     format!("{:?}, {email:?}, may write: {writes}", claims.sub)
/// }
///
/// let routes = routes![whoami];
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer of the token.
    pub iss: String,
    /// The subject of the token, usually a user.
    pub sub: Option<String>,
    /// The audiences of the token; a single one is a list of one.
    pub aud: Vec<String>,
    /// When the token expires.
    pub exp: f64,
    /// When the token becomes valid.
    pub nbf: Option<f64>,
    /// When the token was issued.
    pub iat: Option<f64>,
    /// The id of the token.
    pub jti: Option<String>,
    /// The client that the token was issued to, as OpenID Connect and Auth0 call it.
    pub azp: Option<String>,
    /// The client that the token was issued to, as RFC 9068 calls it.
    pub client_id: Option<String>,
    /// The granted scopes, separated by spaces (RFC 8693 §4.2).
    pub scope: Option<String>,
    /// The permissions that Auth0's role-based access control granted.
    pub permissions: Vec<String>,
    /// Every other claim, as JSON.
    pub other: Map<String, Value>,
    pub(crate) roles: Vec<String>,
}

/// The kind of caller that a token was issued for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A person, on whose behalf a client acts.
    User,
    /// A client that acts on its own behalf (OAuth 2.0 client credentials).
    Machine,
    /// The token does not say.
    Unknown,
}

impl Claims {
    /// Parses a payload. A registered claim of another type than RFC 7519's is refused; `null` is
    /// another type, and so is a time after the year 9999.
    pub(crate) fn parse(json: &str) -> Result<Self, Rejection> {
        members::read::<RawClaims>(json).map_err(|_| Rejection::Malformed)?.claims()
    }

    /// Whether a user or a machine calls: a machine by Auth0's `gty` or `sub`, or where `sub` is the
    /// client itself (RFC 9068 §2.2).
    pub fn caller(&self) -> Caller {
        // The `sub` of an Auth0 user is `connection|id`, with any id: `samlp|corp|eve@clients`.
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

    /// The granted scopes, from `scope` and Entra's `scp`; each is a string with spaces or a list of
    /// strings.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let text = self.scope.as_deref().into_iter();
        let text =
            text.chain(["scope", "scp"].iter().filter_map(|name| self.other.get(*name)?.as_str()));
        let lists = ["scope", "scp"].iter().filter_map(|name| self.other.get(*name)?.as_array());
        let listed = lists.flatten().filter_map(Value::as_str);
        text.flat_map(|text| text.split(' ')).chain(listed).filter(|scope| !scope.is_empty())
    }

    /// Whether `scope` is among the granted [`scopes`](Self::scopes).
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Whether `permission` is among the [`permissions`](Self::permissions).
    pub fn has_permission(&self, permission: &str) -> bool {
        self.permissions.iter().any(|granted| granted == permission)
    }

    /// A claim without a field of its own, by name: `https://example.com/roles`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.other.get(name)
    }

    /// Any claim, as JSON; a single audience is a list of one.
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let field = match name {
            "iss" => Some(Value::from(self.iss.as_str())),
            "sub" => text(&self.sub),
            "aud" if !self.aud.is_empty() => Some(Value::from(self.aud.clone())),
            "exp" => Some(Value::from(self.exp)),
            "nbf" => self.nbf.map(Value::from),
            "iat" => self.iat.map(Value::from),
            "jti" => text(&self.jti),
            "azp" => text(&self.azp),
            "client_id" => text(&self.client_id),
            "scope" => text(&self.scope),
            "permissions" if !self.permissions.is_empty() => {
                Some(Value::from(self.permissions.clone()))
            }
            _ => None,
        };
        field.map(Cow::Owned).or_else(|| self.get(name).map(Cow::Borrowed))
    }

    /// The party that acts for the subject now: the outermost `act.sub` of a token exchange. Prior actors,
    /// in an `act` within it, are for the record only (RFC 8693 §4.1).
    pub fn actor(&self) -> Option<&str> {
        self.get("act")?.as_object()?.get("sub")?.as_str()
    }

    /// The client that the token was issued to: the first claim that is present of `azp`, `client_id`,
    /// `cid` and `appid`, where it is a text.
    pub(crate) fn client(&self) -> Option<&str> {
        ["azp", "client_id", "cid", "appid"].into_iter().find_map(|name| {
            let field = match name {
                "azp" => self.azp.as_deref(),
                "client_id" => self.client_id.as_deref(),
                _ => None,
            };
            // What is no text is in `other`, and no later claim speaks for it.
            field.map(Some).or_else(|| self.get(name).map(Value::as_str))
        })?
    }

    /// When the user signed in, in seconds since the epoch (`auth_time`).
    pub(crate) fn auth_time(&self) -> Option<f64> {
        self.get("auth_time")?.as_f64()
    }

    /// The string that a claim is, or the strings of the list that it is.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        // `permissions` grants nothing unless it is a list of strings.
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

/// The claims that an object has, by their types.
#[derive(Default)]
struct RawClaims {
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
    /// Whether a registered claim has another type.
    is_malformed: bool,
}

impl RawClaims {
    fn add(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("iss", Value::String(text)) => self.iss = Some(text),
            ("sub", Value::String(text)) => self.sub = Some(text),
            ("aud", Value::String(text)) => self.aud = vec![text],
            ("aud", Value::Array(list)) if is_of_texts(&list) => self.aud = texts(list),
            ("exp", Value::Number(date)) if is_date(&date) => self.exp = date.as_f64(),
            ("nbf", Value::Number(date)) if is_date(&date) => self.nbf = date.as_f64(),
            ("iat", Value::Number(date)) if is_date(&date) => self.iat = date.as_f64(),
            ("jti", Value::String(text)) => self.jti = Some(text),
            // RFC 7519 §4.1 gives each of these one type, and `null` is none of them.
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
            roles: vec![],
        })
    }
}

/// Whether this is a NumericDate up to the year 9999. A later one counts milliseconds: as seconds, it
/// would let a token live for thousands of years.
fn is_date(date: &Number) -> bool {
    date.as_f64().is_some_and(|seconds| seconds < YEAR_10000)
}

fn is_of_texts(list: &[Value]) -> bool {
    list.iter().all(Value::is_string)
}

fn texts(list: Vec<Value>) -> Vec<String> {
    // `collect` would keep the larger allocation of the values.
    let mut texts = Vec::with_capacity(list.len());
    texts.extend(list.into_iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    }));
    texts
}

impl<'de> Members<'de> for RawClaims {
    fn read<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut raw = Self::default();
        members::each(object, |name, object| {
            let Strict(value) = object.next_value()?;
            raw.add(name, value);
            Ok(())
        })?;
        Ok(raw)
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(raw) = Object::<RawClaims>::deserialize(deserializer)?;
        raw.claims().map_err(de::Error::custom)
    }
}
