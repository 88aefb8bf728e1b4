//! The token of a bearer for an issuer that shows its keys to the authenticated only
//! (`jwks_token_file`).

use std::io::{self, Read as _};
use std::sync::Arc;

use reqwest::header::HeaderValue;
use url::{Origin, Url};

use crate::error::{Invalid, ensure};
use crate::named_file::{NamedFile, open_regular};

/// The most octets of a file: servers take no longer header.
const MOST_BYTES: usize = 16_384;

/// A file with a bearer token, and the only origin that the token is sent to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenFile {
    file: Arc<NamedFile>,
    origin: Origin,
}

/// Why a file gives no token. It never holds what the file does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenFileError {
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is empty")]
    Empty,
    #[error("holds more than {MOST_BYTES} bytes, which no token has")]
    TooLong,
    #[error("holds no token: white space, or what is no visible ASCII; write the token alone")]
    NoToken,
}

impl TokenFile {
    /// The token in this file, for the origin of `url`. Refuses a token in the place of a path.
    pub(crate) fn new(file: NamedFile, url: &Url) -> Result<Self, Invalid> {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        // A JWT begins so, and has no slash. Errors tell paths.
        let is_token = name.starts_with("eyJ") && name.matches('.').count() == 2;
        ensure(!is_token, "is a token", "write the path of a file that holds it")?;
        Ok(Self { file: Arc::new(file), origin: url.origin() })
    }

    /// Whether the token is for requests to this URL: scheme, host and port are as configured.
    pub(super) fn is_for(&self, url: &Url) -> bool {
        self.origin == url.origin()
    }

    /// How an error names the file.
    pub(super) fn named(&self) -> &str {
        &self.file.unreadable
    }

    /// The value of `Authorization`, read now. Needs a Tokio runtime.
    pub(super) async fn read(&self) -> Result<HeaderValue, TokenFileError> {
        let file = self.file.clone();
        let read = tokio::task::spawn_blocking(move || content(&file)).await;
        credentials(&read.map_err(io::Error::other).flatten().map_err(TokenFileError::Unreadable)?)
    }
}

fn content(file: &NamedFile) -> io::Result<Vec<u8>> {
    let mut content = vec![];
    open_regular(&file.path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// `Bearer` and the token, which white space may follow in its file.
fn credentials(content: &[u8]) -> Result<HeaderValue, TokenFileError> {
    if content.len() > MOST_BYTES {
        return Err(TokenFileError::TooLong);
    }
    let token = content.trim_ascii_end();
    if token.is_empty() {
        return Err(TokenFileError::Empty);
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(TokenFileError::NoToken);
    }
    let credentials = [b"Bearer ", token].concat();
    let mut credentials =
        HeaderValue::from_bytes(&credentials).map_err(|_| TokenFileError::NoToken)?;
    credentials.set_sensitive(true);
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_all_of_its_file_but_white_space_at_the_end() {
        let long = "a".repeat(MOST_BYTES);
        for (content, expected) in [
            ("abc", Ok("Bearer abc")),
            ("abc\n", Ok("Bearer abc")),
            ("abc \t\r\n\n", Ok("Bearer abc")),
            ("a.b-c_d~e+f/g==", Ok("Bearer a.b-c_d~e+f/g==")),
            (&long, Ok(&*format!("Bearer {long}"))),
            (&format!("{long}\n"), Err("more than 16384")),
            ("", Err("empty")),
            (" \r\n", Err("empty")),
            (" abc", Err("no token")),
            ("a bc", Err("no token")),
            ("Bearer abc", Err("no token")),
            ("abc\ndef", Err("no token")),
            ("abc\r\nX-Evil: 1", Err("no token")),
            ("abc\0", Err("no token")),
            ("abc\u{7f}", Err("no token")),
            ("\u{feff}abc", Err("no token")),
            ("abc\u{a0}", Err("no token")),
            ("é", Err("no token")),
        ] {
            match (credentials(content.as_bytes()), expected) {
                (Ok(value), Ok(expected)) => {
                    assert_eq!(value, expected, "{content:?}");
                    assert_eq!(format!("{value:?}"), "Sensitive");
                }
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{content:?}: {error}");
                }
                (found, _) => panic!("{content:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_token_is_for_one_origin() {
        let token = |url: &str| {
            TokenFile::new(
                NamedFile::from(std::path::PathBuf::from("token")),
                &url.parse().unwrap(),
            )
        };
        let token = token("https://10.0.0.1:6443/openid/v1/jwks").unwrap();
        for (url, expected) in [
            ("https://10.0.0.1:6443/.well-known/openid-configuration", true),
            ("https://10.0.0.1:6443", true),
            ("https://167772161:6443/", true),
            ("http://10.0.0.1:6443/", false),
            ("https://10.0.0.1/", false),
            ("https://10.0.0.1:443/", false),
            ("https://10.0.0.1:64430/", false),
            ("https://10.0.0.10:6443/", false),
            ("https://10.0.0.1.example:6443/", false),
            ("https://[::ffff:10.0.0.1]:6443/", false),
        ] {
            assert_eq!(token.is_for(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
