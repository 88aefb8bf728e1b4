//! Texts that are no JWT: mangled tokens, and credentials of other kinds.

use super::case::Case;
use super::fault::{self, Fault};
use super::reading::{Part, Reading};
use super::report::Diagnosis;

const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

impl Case<'_> {
    /// The signs of mangling: quotes, line breaks, another encoding, text around the token.
    pub(super) fn mangled(&self) -> Vec<Diagnosis> {
        let Some(header) = self.headers.first() else { return vec![] };
        let token = self.token;
        let first_word = header.split_whitespace().next().unwrap_or_default();
        let is_url_encoded =
            token.contains("%2E") || token.contains("%2e") || token.contains("%3D");
        let is_base64 = token.contains(['+', '/', '=']);
        let found = [
            (
                first_word.eq_ignore_ascii_case("authorization:"),
                "header_pasted",
                "The header's name was pasted along.",
                "Take only what follows `Authorization: Bearer`.",
            ),
            (
                token.trim_start().starts_with('{'),
                "token_response",
                "This is JSON, perhaps the whole answer of a token endpoint.",
                "Send the value of its `access_token` alone.",
            ),
            (
                token.starts_with(QUOTES) || token.ends_with(QUOTES),
                "quoted",
                "There are quotes around the token.",
                "Remove them; with `jq` write `jq -r .access_token`.",
            ),
            (
                token.contains(['\r', '\n']),
                "line_broken",
                "There are line breaks within: the token was wrapped on its way here.",
                "Join the lines; no HTTP client can send it like this.",
            ),
            (
                is_url_encoded,
                "url_encoded",
                "The token is URL-encoded.",
                "Decode it once; it was taken from a URL or a form without that.",
            ),
            (
                is_base64 && matches!(self.reading.header, Part::Object(_)),
                "other_base64",
                "Its parts are in base64 with `+`, `/` or `=`, and a JWT is in base64url without padding.",
                "Pass the token on as it was issued; something has encoded it again.",
            ),
        ];
        let found = found.into_iter().filter(|(is_so, ..)| *is_so);
        found.map(|(_, name, says, cure)| Diagnosis::new(name, says, cure)).collect()
    }

    /// The kind of credential that this is instead of a JWT, or the part that cannot be read.
    pub(super) fn malformed(&self) -> Diagnosis {
        let Reading { parts, header, claims, signature, .. } = &self.reading;
        match (parts, header, claims) {
            _ if is_refresh_token(self.token) => Diagnosis::new(
                "refresh_token",
                "This looks like a refresh token: it is for the issuer's token endpoint only.",
                "Exchange it there and send the `access_token`; treat this one as seen by others.",
            ),
            _ if is_unset(self.token) => unset(),
            _ if self.token.starts_with("ya29.") => Diagnosis::new(
                "google_access_token",
                "This is an access token of Google, which only Google can read.",
                "Send the ID token, and configure `provider = \"google\"` with the client's id as `audience`.",
            ),
            _ if is_client_secret(self.token) => Diagnosis::new(
                "client_secret",
                "This looks like a client secret, which proves a client to its issuer and opens no API, or \
                 like an opaque token, which only its issuer can read.",
                "A secret is exchanged at the issuer's token endpoint for an access token; replace it, for it \
                 has been sent to a place where it does not belong.",
            ),
            (1, ..) => self.without_audience(
                "opaque",
                "One part without dots: this is an opaque token, which only its issuer can read. Auth0 \
                 gives one to a client that asks without an audience.",
            ),
            (5, ..) => self.without_audience(
                "encrypted",
                "Five parts: this is an encrypted token (JWE), made for the issuer itself. Auth0 gives \
                 one to a client that asks without an audience.",
            ),
            (3, Part::Object(_), Part::Object(_)) if signature.is_none() => {
                cut_off("its end is no base64url")
            }
            (3, Part::NotBase64, _) => cut_off("its header cannot be read"),
            (3, _, Part::NotBase64) => cut_off("its claims cannot be read"),
            (3, header, claims) => match fault::of_token(self.token) {
                Some(Fault { says, is_at_the_end: false }) => Diagnosis::new(
                    "not_to_the_letter",
                    format!("This is no strict JWT: {says}."),
                    "Pass the token on as it was issued; if it was, its issuer breaks RFC 7515 or RFC 7519.",
                ),
                _ if !matches!(header, Part::Object(_)) => cut_off("its header cannot be read"),
                _ if !matches!(claims, Part::Object(_)) => cut_off("its claims cannot be read"),
                _ => cut_off("it cannot be read to its end"),
            },
            _ => cut_off("it has not three parts"),
        }
    }

    /// A token of the kind that Auth0 issues to a client that asks without an audience.
    fn without_audience(&self, name: &'static str, says: &'static str) -> Diagnosis {
        Diagnosis::new(name, says, self.ask())
    }
}

/// For a text that stands where a variable has no value.
pub(super) fn unset() -> Diagnosis {
    Diagnosis::new(
        "variable_unset",
        "This is no token: a variable was not set, or its name was sent for its value.",
        "Look where the client takes the token from; a shell fills in `$TOKEN` between double quotes only.",
    )
}

fn cut_off(what: &str) -> Diagnosis {
    Diagnosis::new(
        "cut_off",
        format!("This is no whole JWT: {what}."),
        "Copy it again from where it was issued, from the first character to the last.",
    )
}

/// What programs write for a value that is not there, and the names of variables themselves.
pub(super) fn is_unset(token: &str) -> bool {
    let of_programs = [
        "undefined",
        "null",
        "none",
        "nil",
        "nan",
        "[object",
        "object]",
        "object",
        "false",
        "true",
    ];
    let begins = ["$", "${", "{{", "<", "%7B%7B", "process.env"];
    of_programs.contains(&token.to_ascii_lowercase().as_str())
        || begins.iter().any(|mark| token.starts_with(mark))
        || token.len() > 2 && token.starts_with('%') && token.ends_with('%')
}

/// By the first characters of the refresh tokens of Auth0, Google and Entra.
fn is_refresh_token(token: &str) -> bool {
    ["v1.", "1//", "0.A", "1.A"].iter().any(|mark| token.starts_with(mark))
}

/// By the marks in the client secrets of Google and Entra, and by the length of Auth0's.
fn is_client_secret(token: &str) -> bool {
    let is_base64url = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let has_auth0s_length = (60..=70).contains(&token.len()) && token.chars().all(is_base64url);
    has_auth0s_length || token.starts_with("GOCSPX-") || token.contains("8Q~")
}
