//! Why a fetch brought no keys, for the operator and for `/readyz`.

use std::error::Error as _;
use std::time::Duration;

use reqwest::StatusCode;

use super::token_file::TokenFileError;
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
    Status { url: String, status: StatusCode, redirect: Option<String>, token: Sent },
    /// The file, as an error names it.
    #[error("no token to send: {0} {1}")]
    Token(String, TokenFileError),
    /// Of the two places of metadata, the one that tells more first.
    #[error("{0}; {1}")]
    NoMetadata(Box<Self>, Box<Self>),
    #[error("{0} answers with more than {1} bytes (`jwks.max_bytes`)")]
    TooLarge(String, usize),
    #[error("{0} is not the metadata of an issuer: {1}")]
    NotMetadata(String, String),
    #[error("the metadata is of another issuer; ours is {0}, and every byte counts")]
    OtherIssuer(String),
    #[error("{0} names a `jwks_uri` that {1}")]
    BadUri(String, &'static str),
    #[error("{0} gives no key: {1}")]
    NoKey(String, KeySetError),
}

/// Whether a request had the token of `jwks_token_file`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sent {
    /// There is none.
    Nothing,
    Token,
    /// The token is for another origin.
    ElsewhereOnly,
}

impl FetchError {
    /// For `/readyz`: what kind of fault, and no more.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Transport(_) => "unreachable",
            Self::Status { .. } => "status",
            Self::Token(..) => "unusable_token_file",
            Self::NoMetadata(first, _) => first.code(),
            Self::TooLarge(..) => "too_large",
            Self::NotMetadata(..) => "not_metadata",
            Self::OtherIssuer(_) => "other_issuer",
            Self::BadUri(..) => "bad_jwks_uri",
            Self::NoKey(..) => "no_key",
        }
    }

    /// For the operator: with the cure, where the issuer asks for another token.
    pub(super) fn told(&self) -> String {
        let cure = match self.unauthorized() {
            Some(Sent::Nothing) => {
                "; if it wants a token, name a file with one as `jwks_token_file` beside its `issuer`"
            }
            Some(Sent::Token) => "; the token of `jwks_token_file` is not accepted there",
            Some(Sent::ElsewhereOnly) => {
                "; the token of `jwks_token_file` is for the origin of `issuer` only: if you trust that \
                 address, name it yourself as `jwks_uri`"
            }
            None => "",
        };
        format!("{self}{cure}")
    }

    /// What was sent for an answer that wants a token, or another (RFC 9110 §15.5.2, §15.5.4).
    fn unauthorized(&self) -> Option<Sent> {
        match self {
            Self::Status {
                status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN,
                token,
                ..
            } => Some(*token),
            Self::NoMetadata(first, second) => {
                first.unauthorized().or_else(|| second.unauthorized())
            }
            _ => None,
        }
    }

    /// Whether the process may have had no file handle for the fetch.
    pub(super) fn may_need_handles(&self) -> bool {
        matches!(self, Self::Transport(_) | Self::Token(_, TokenFileError::Unreadable(_)))
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
