//! What a document is that was taken for a JWK set: by its first octets and its members.

use serde_json::Value;

/// What a document is that is no JWK set. Its content is never repeated: it may be a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoSet {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// The octets of gzip or zstd.
    #[error("it is compressed, and nothing asked for that: have it sent as it is")]
    Compressed,
    /// It is not UTF-8.
    #[error("it is no text in UTF-8")]
    NotUtf8,
    /// A page for a browser.
    #[error("it is an HTML page, perhaps for signing in: name the address of the key set itself")]
    Html,
    /// A public key or a certificate in PEM.
    #[error(
        "it is a PEM file: name a new file as `jwks_file`, and `rocket-bearer keys import FILE.pem` puts its key \
         there"
    )]
    Pem,
    /// A private key in PEM.
    #[error("it is a private key in PEM, which belongs to the issuer alone: take its public half")]
    PrivatePem,
    /// One JWK.
    #[error("it is a single JWK: write it as `{{\"keys\": [ … ]}}`")]
    OneKey,
    /// A list of JWKs, or of anything else.
    #[error("it is a list: write it as `{{\"keys\": [ … ]}}`")]
    List,
    /// Names with certificates in PEM, as Google publishes them beside the key sets.
    #[error(
        "it is a table of certificates: take the key set beside it (Firebase: \
         `https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com`, \
         Google: `https://www.googleapis.com/oauth2/v3/certs`)"
    )]
    Certificates,
    /// The metadata of an issuer.
    #[error("it is the metadata of an issuer: the key set is where its `jwks_uri` leads")]
    Metadata,
    /// A JSON object without `keys`.
    #[error("it is a JSON object without `keys`")]
    WithoutKeys,
    /// `keys` is no list.
    #[error("its `keys` is no list")]
    KeysNotAList,
    /// Any other JSON value.
    #[error("it is JSON, and no object")]
    NotAnObject,
    /// No JSON.
    #[error("it is no JSON, at line {line}, column {column}")]
    NotJson {
        /// The line of the first fault.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// JSON that this library does not take, though others may: a member of a wrong type or twice.
    #[error("it cannot be read at line {line}, column {column}")]
    Other {
        /// The line of the first fault.
        line: usize,
        /// Its column.
        column: usize,
    },
}

impl NoSet {
    /// What this document is, which was refused with `error`.
    pub(super) fn of(document: &[u8], error: &serde_json::Error) -> Self {
        const GZIP: &[u8] = &[0x1f, 0x8b];
        const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
        if document.starts_with(GZIP) || document.starts_with(ZSTD) {
            return Self::Compressed;
        }
        let Ok(text) = str::from_utf8(document) else { return Self::NotUtf8 };
        let text = text.trim_start();
        let (line, column) = (error.line(), error.column());
        match text.as_bytes() {
            [] => Self::Empty,
            [b'<', ..] => Self::Html,
            _ if text.starts_with("-----BEGIN") && text.contains("PRIVATE KEY") => Self::PrivatePem,
            _ if text.starts_with("-----BEGIN") => Self::Pem,
            _ => match serde_json::from_str(text) {
                Ok(value) => Self::of_json(&value).unwrap_or(Self::Other { line, column }),
                Err(error) => Self::NotJson { line: error.line(), column: error.column() },
            },
        }
    }

    fn of_json(value: &Value) -> Option<Self> {
        let object = match value {
            Value::Array(_) => return Some(Self::List),
            Value::Object(object) => object,
            _ => return Some(Self::NotAnObject),
        };
        let is_certificate =
            |value: &Value| value.as_str().is_some_and(|text| text.starts_with("-----BEGIN CERT"));
        match object.get("keys") {
            Some(Value::Array(_)) => None,
            Some(_) => Some(Self::KeysNotAList),
            None if object.contains_key("kty") => Some(Self::OneKey),
            None if object.contains_key("jwks_uri") => Some(Self::Metadata),
            None if !object.is_empty() && object.values().all(is_certificate) => {
                Some(Self::Certificates)
            }
            None => Some(Self::WithoutKeys),
        }
    }
}
