//! The key that a token is bound to: `cnf` (RFC 7800), with the thumbprint of RFC 9449 §6.1.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::token::claims::Claims;

/// What `cnf` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// There is none: a bearer token.
    Absent,
    /// The SHA-256 thumbprint (RFC 7638) of a key, in `jkt`. Other members stand beside it at some issuers.
    Key([u8; 32]),
    /// Nothing that is known here.
    Other,
}

impl Claims {
    /// What the token says of the key of its sender.
    pub(crate) fn confirmation(&self) -> Confirmation {
        let Some(cnf) = self.get("cnf") else { return Confirmation::Absent };
        let jkt = cnf.as_object().and_then(|cnf| cnf.get("jkt")).and_then(Value::as_str);
        let octets = jkt.and_then(|jkt| URL_SAFE_NO_PAD.decode(jkt).ok());
        match octets.map(<[u8; 32]>::try_from) {
            Some(Ok(thumbprint)) => Confirmation::Key(thumbprint),
            _ => Confirmation::Other,
        }
    }
}
