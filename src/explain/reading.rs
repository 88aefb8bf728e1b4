//! Token → unverified header and claims, read leniently: for messages, never for a decision.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::json::Strict;
use crate::token::claim_path::ClaimPath;
use crate::token::claims::YEAR_10000;

/// An unverified token. The strict parser of `token` refuses quotes, white space, URL-encoding,
/// padding and the other base64 alphabet; this one reads past them.
pub(super) struct Reading {
    /// The number of parts between the dots.
    pub(super) parts: usize,
    pub(super) header: Part,
    pub(super) claims: Part,
    /// The length of the third part in octets, where it is base64url; the signature is not kept.
    pub(super) signature: Option<usize>,
}

/// The content of the first or second part.
pub(super) enum Part {
    NotBase64,
    NotJson,
    Object(Map<String, Value>),
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The claims that may name the client.
const CLIENT: [&str; 4] = ["azp", "client_id", "cid", "appid"];

/// What is wrong with a time that counts milliseconds.
pub(super) const AFTER_9999: &str = "is after the year 9999";

impl Reading {
    pub(super) fn of(token: &str) -> Self {
        let plain = token.replace("%2E", ".").replace("%2e", ".").replace("%3D", "=");
        let plain: String = plain
            .chars()
            .filter(|it| !it.is_whitespace() && !"\"'`“”‘’".contains(*it))
            .map(|it| match it {
                '+' => '-',
                '/' => '_',
                it => it,
            })
            .collect();
        let mut parts = plain.split('.');
        let header = Part::of(parts.next());
        let claims = Part::of(parts.next());
        let signature = parts.next().and_then(|it| URL_SAFE_NO_PAD.decode(it).ok());
        Self {
            parts: plain.split('.').count(),
            header,
            claims,
            signature: signature.map(|octets| octets.len()),
        }
    }

    /// A member of the header.
    pub(super) fn header(&self, name: &str) -> Option<&Value> {
        self.header.member(name)
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.member(name)
    }

    /// A text in the header.
    pub(super) fn header_text(&self, name: &str) -> Option<&str> {
        self.header(name)?.as_str()
    }

    pub(super) fn claim_text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    pub(super) fn at(&self, path: &ClaimPath) -> Option<&Value> {
        match &self.claims {
            Part::Object(members) => path.value_in(members),
            _ => None,
        }
    }

    /// The first claim that names the client, and its name.
    pub(super) fn client(&self) -> Option<(&'static str, &Value)> {
        CLIENT.into_iter().find_map(|name| Some((name, self.claim(name)?)))
    }

    /// Whether a claim that names a client names this one.
    pub(super) fn is_a_client(&self, id: &str) -> bool {
        let names = |claim: &Value| match claim {
            Value::Array(ids) => ids.iter().any(|it| it == id),
            one => one == id,
        };
        CLIENT.iter().any(|name| self.claim(name).is_some_and(names))
    }

    /// A claim that is a time, in seconds.
    pub(super) fn time(&self, name: &str) -> Option<f64> {
        self.claim(name)?.as_f64()
    }

    /// The texts in `aud`, which is one text or a list.
    pub(super) fn audience(&self) -> Vec<&str> {
        match self.claim("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        }
    }

    /// The first registered claim that is missing or has a wrong type (RFC 7519 §4.1).
    pub(super) fn bad_claim(&self) -> Option<(&'static str, &'static str)> {
        let typed =
            ["iss", "sub", "aud", "nbf", "iat", "jti", "exp"].into_iter().find_map(|claim| {
                let (fits, problem) = match (claim, self.claim(claim)?) {
                    ("exp" | "nbf" | "iat", value) => match value.as_f64() {
                        Some(seconds) => (seconds < YEAR_10000, AFTER_9999),
                        None => (false, "is no number"),
                    },
                    ("aud", Value::Array(items)) => {
                        (items.iter().all(Value::is_string), "holds what is no text")
                    }
                    (_, value) => (value.is_string(), "is no text"),
                };
                (!fits).then_some((claim, problem))
            });
        let required = ["iss", "exp"].into_iter().find(|claim| self.claim(claim).is_none());
        typed.or(required.map(|claim| (claim, "is missing")))
    }

    /// Whether the claims look like those of an OpenID Connect ID token.
    pub(super) fn is_id_token(&self) -> bool {
        let has = |names: &[&str]| names.iter().any(|name| self.claim(name).is_some());
        let is_for_its_client = ["azp", "client_id"]
            .iter()
            .any(|name| self.claim_text(name).is_some_and(|client| self.audience() == [client]));
        has(&["nonce", "at_hash", "c_hash", "s_hash"])
            || self.claim_text("token_use") == Some("id")
            || self.claim_text("typ") == Some("ID")
            || has(&["email_verified", "picture", "nickname"]) && !has(&["scope", "permissions"])
            || is_for_its_client && !has(&["scope", "scp", "permissions", "gty"])
    }
}

impl Part {
    fn of(text: Option<&str>) -> Self {
        let Some(octets) = text.and_then(|text| LENIENT.decode(text).ok()) else {
            return Self::NotBase64;
        };
        match serde_json::from_slice(&octets) {
            Ok(Strict(Value::Object(members))) => Self::Object(members),
            _ => Self::NotJson,
        }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_mangled_on_its_way_is_still_read() {
        let good = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.AAAA";
        for mangled in [
            good.to_owned(),
            format!("\"{good}\""),
            format!(" {}\n{}\r\n", &good[..9], &good[9..]),
            good.replace('.', "%2E"),
            good.replace("In0", "In0="),
        ] {
            let reading = Reading::of(&mangled);
            assert_eq!(reading.header_text("alg"), Some("RS256"), "{mangled:?}");
            assert_eq!(reading.claim_text("iss"), Some("a"), "{mangled:?}");
            assert_eq!((reading.parts, reading.signature), (3, Some(3)), "{mangled:?}");
        }
    }
}
