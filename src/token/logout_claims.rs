//! The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4), by their types.

use serde_json::{Map, Value};

use crate::json::members;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token says. Its `exp` is optional: many providers write none.
#[derive(Debug, PartialEq)]
pub(crate) struct LogoutClaims {
    pub(crate) aud: Vec<String>,
    pub(crate) iat: f64,
    pub(crate) exp: Option<f64>,
    pub(crate) jti: String,
    pub(crate) sub: Option<String>,
    pub(crate) sid: Option<String>,
}

impl LogoutClaims {
    /// The error says what is wrong with them, without a value.
    pub(crate) fn parse(json: &str) -> Result<Self, &'static str> {
        let mut claims: Map<String, Value> =
            members::read(json).map_err(|_| "The logout token is not JSON.")?;
        let mut text = |name: &str| match claims.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(()),
        };
        let [jti, sub, sid] = ["jti", "sub", "sid"].map(&mut text);
        let jti = jti.ok().flatten().ok_or("The logout token has no `jti`.")?;
        let (Ok(sub), Ok(sid)) = (sub, sid) else {
            return Err("The `sub` or `sid` of the logout token is no text.");
        };
        if sub.is_none() && sid.is_none() {
            return Err("The logout token has neither `sub` nor `sid`.");
        }
        if claims.contains_key("nonce") {
            return Err("The logout token has a `nonce`.");
        }
        if !claims.get("events").is_some_and(|events| events[EVENT].is_object()) {
            return Err("The logout token has no logout event.");
        }
        let aud = match claims.remove("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|it| it.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or("The `aud` of the logout token is no text.")?,
            _ => return Err("The logout token has no `aud`."),
        };
        let date = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(Value::Number(date)) => Ok(date.as_f64()),
            Some(_) => Err("A time of the logout token is no number."),
        };
        let iat = date("iat")?.ok_or("The logout token has no `iat`.")?;
        Ok(Self { aud, iat, exp: date("exp")?, jti, sub, sid })
    }
}
