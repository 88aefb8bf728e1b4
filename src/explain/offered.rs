//! What a token or an issuer says, where a cure may have the operator write it: it may be made to deceive.

use super::words::printable;
use crate::config::Issuer;

/// A text that stands between the quotes of a setting, all of it and nothing else.
pub(crate) fn setting(text: &str) -> Option<&str> {
    let is_whole = printable(text) == text && !text.contains(['"', '\\', '`']);
    Some(text).filter(|_| is_whole)
}

/// An `iss` that a configuration takes as `issuer`, or as one of `aliases`.
pub(crate) fn issuer(iss: &str) -> Option<&str> {
    // A template needs `tenants`.
    let is_taken = !iss.contains('{') && Issuer::with_file(iss, "keys.json", ["any"]).is_ok();
    setting(iss).filter(|_| is_taken)
}

/// A text that is one word of a shell, and one text of a variable.
pub(super) fn variable(text: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@%+=".contains(&byte);
    let is_word = !text.is_empty() && text != "false" && text.bytes().all(fits);
    setting(text).filter(|_| is_word)
}

/// Whether this looks like a client id of Auth0: 32 characters, with upper case, lower case and digits.
pub(crate) fn is_client_id(text: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|character| kind(&character));
    text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
}
