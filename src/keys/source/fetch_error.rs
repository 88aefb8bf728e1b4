//! Why a fetch brought no keys, for the operator and for `/readyz`.

use std::error::Error as _;
use std::time::Duration;

use reqwest::StatusCode;

use crate::keys::jwk_set::KeySetError;
use crate::printable::escaped_but_quotes;

/// Why a fetch brought no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer within the deadline of {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("cannot connect or read: {0}")]
    Transport(String),
    #[error("{url} answers with status {status}, not 200{}", not_followed(.redirect))]
    Status { url: String, status: StatusCode, redirect: Option<String> },
    /// Of the two places of metadata, the one that tells more first.
    #[error("{0}; {1}")]
    NoMetadata(Box<Self>, Box<Self>),
    #[error("{0} answers with more than {1} bytes (`jwks.max_bytes`)")]
    TooLarge(String, usize),
    #[error("{0} is not the metadata of an issuer, at line {1}")]
    NotMetadata(String, usize),
    #[error("the metadata is of another issuer; ours is {0}, and every byte counts")]
    OtherIssuer(String),
    #[error("{0} names a `jwks_uri` that {1}")]
    BadUri(String, &'static str),
    #[error("{0} gives no key: {1}")]
    NoKey(String, KeySetError),
}

impl FetchError {
    /// For `/readyz`: what kind of fault, and no more.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Transport(_) => "unreachable",
            Self::Status { .. } => "status",
            Self::NoMetadata(first, _) => first.code(),
            Self::TooLarge(..) => "too_large",
            Self::NotMetadata(..) => "not_metadata",
            Self::OtherIssuer(_) => "other_issuer",
            Self::BadUri(..) => "bad_jwks_uri",
            Self::NoKey(..) => "no_key",
        }
    }
}

fn not_followed(redirect: &Option<String>) -> String {
    let told = redirect.as_ref().map(|target| format!(" (a redirect to {target}, not followed)"));
    told.unwrap_or_default()
}

/// The most characters of such an error: a certificate that fits no host has its names in it.
const MOST_SHOWN: usize = 400;

/// The causes of an error of reqwest, without the URL, which may hold a secret.
pub(super) fn transport(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    FetchError::Transport(escaped_but_quotes(&text, MOST_SHOWN))
}
