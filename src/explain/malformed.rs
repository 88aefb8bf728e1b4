//! What can be wrong with a text before it is a JWT at all.

use super::Case;
use super::reading::{Part, Reading};
use super::words::{Text, fixed};
use Form::*;

/// A text that is no JWT, or not what should have been sent.
pub(super) enum Form {
    NothingSent,
    OtherScheme,
    BearerAlone,
    SeveralHeaders,
    BearerPasted,
    HeaderPasted,
    WhiteSpace,
    LineBroken,
    Quoted,
    UrlEncoded,
    OtherBase64,
    TokenResponse,
    TooLong,
    Jwe { audience: String },
    Opaque { audience: String },
    RefreshToken,
    ClientSecret,
    CutOff { what: &'static str },
    NotToTheLetter,
}

const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

impl Case<'_> {
    /// What happened to the text on its way here.
    pub(super) fn mangled(&self) -> Vec<Form> {
        let Some(header) = self.headers.first() else { return vec![] };
        let token = self.token;
        let first_word = header.split_whitespace().next().unwrap_or_default();
        let found = [
            (first_word.eq_ignore_ascii_case("authorization:"), HeaderPasted),
            (token.trim_start().starts_with('{'), TokenResponse),
            (token.starts_with(QUOTES) || token.ends_with(QUOTES), Quoted),
            (token.contains(['\r', '\n']), LineBroken),
            (token.contains("%2E") || token.contains("%2e") || token.contains("%3D"), UrlEncoded),
            (
                token.contains(['+', '/', '=']) && matches!(self.reading.header, Part::Object(_)),
                OtherBase64,
            ),
        ];
        found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, it)| it).collect()
    }

    pub(super) fn malformed(&self) -> Form {
        let audience = self.asked_for();
        let Reading { parts, header, claims, signature, .. } = &self.reading;
        match (parts, header, claims) {
            _ if is_refresh_token(self.token) => RefreshToken,
            _ if is_client_secret(self.token) => ClientSecret,
            (1, ..) => Opaque { audience },
            (5, ..) => Jwe { audience },
            (3, Part::Object(_), Part::Object(_)) if signature.is_some() => NotToTheLetter,
            (3, Part::Object(_), Part::Object(_)) => CutOff { what: "its end is no base64url" },
            (3, Part::Object(_), _) => CutOff { what: "its claims cannot be read" },
            (3, ..) => CutOff { what: "its header cannot be read" },
            _ => CutOff { what: "it has not three parts" },
        }
    }
}

impl Form {
    pub(super) fn text(&self) -> Text {
        match self {
            NothingSent => fixed(
                "nothing_sent",
                "There is no credential.",
                "Send `Authorization: Bearer <token>`; a proxy may strip the header on the way.",
            ),
            OtherScheme => fixed(
                "other_scheme",
                "The header does not begin with `Bearer`.",
                "Send the access token as `Authorization: Bearer <token>`; nothing else is taken here.",
            ),
            BearerAlone => fixed(
                "bearer_alone",
                "`Bearer` stands there without a token.",
                "Look where the client takes the token from: the variable is empty.",
            ),
            SeveralHeaders => fixed(
                "several_headers",
                "There is more than one `Authorization` header.",
                "Send one; look for a proxy or a client library that adds its own.",
            ),
            BearerPasted => fixed(
                "bearer_pasted",
                "`Bearer` was pasted along, so this was read as the whole header.",
                "Give a client that adds `Bearer` itself the token alone: with the word twice, every \
                 token is refused.",
            ),
            HeaderPasted => fixed(
                "header_pasted",
                "The header's name was pasted along.",
                "Take only what follows `Authorization: Bearer`.",
            ),
            WhiteSpace => fixed(
                "white_space",
                "There is white space within: a token that was wrapped, two tokens, or a word too many.",
                "Send one token, in one piece, after one `Bearer`.",
            ),
            LineBroken => fixed(
                "line_broken",
                "There are line breaks within: the token was wrapped on its way here.",
                "Join the lines; no HTTP client can send it like this.",
            ),
            Quoted => fixed(
                "quoted",
                "There are quotes around the token.",
                "Remove them; with `jq` write `jq -r .access_token`.",
            ),
            UrlEncoded => fixed(
                "url_encoded",
                "The token is URL-encoded.",
                "Decode it once; it was taken from a URL or a form without that.",
            ),
            OtherBase64 => fixed(
                "other_base64",
                "Its parts are in base64 with `+`, `/` or `=`, and a JWT is in base64url without padding.",
                "Pass the token on as it was issued; something has encoded it again.",
            ),
            TokenResponse => fixed(
                "token_response",
                "This is JSON, perhaps the whole answer of a token endpoint.",
                "Send the value of its `access_token` alone.",
            ),
            TooLong => fixed(
                "too_long",
                "The token is longer than `max_token_bytes`.",
                "Have the issuer put less into it (groups, roles), or raise `max_token_bytes`.",
            ),
            Jwe { audience } => (
                "encrypted",
                "Five parts: this is an encrypted token (JWE), made for the issuer itself. Auth0 gives \
                 one to a client that asks without an audience."
                    .to_owned(),
                format!("Have the client ask for the token with `audience={audience}`."),
            ),
            Opaque { audience } => (
                "opaque",
                "One part without dots: this is an opaque token, which only its issuer can read. Auth0 \
                 gives one to a client that asks without an audience."
                    .to_owned(),
                format!("Have the client ask for the token with `audience={audience}`."),
            ),
            RefreshToken => fixed(
                "refresh_token",
                "This looks like a refresh token: it is for the issuer's token endpoint only.",
                "Exchange it there and send the `access_token`; treat this one as seen by others.",
            ),
            ClientSecret => fixed(
                "client_secret",
                "This looks like a client secret: it proves a client to its issuer and opens no API.",
                "Exchange it at the issuer's token endpoint for an access token, and replace the \
                 secret: it has been sent to a place where it does not belong.",
            ),
            CutOff { what } => (
                "cut_off",
                format!("This is no whole JWT: {what}."),
                "Copy it again from where it was issued, from the first character to the last."
                    .to_owned(),
            ),
            NotToTheLetter => fixed(
                "not_to_the_letter",
                "It can be read with good will, but it is no strict JWT: stray bits, a member twice, a \
                 member of a wrong type, or a number that no double holds.",
                "Pass the token on as it was issued; if it was, its issuer breaks RFC 7515 or RFC 7519.",
            ),
        }
    }
}

/// By the marks that Auth0, Google and Entra give theirs.
fn is_refresh_token(token: &str) -> bool {
    ["v1.", "1//", "0.A", "1.A"].iter().any(|mark| token.starts_with(mark))
}

/// By the marks that Google and Entra give theirs, and the length of Auth0's.
fn is_client_secret(token: &str) -> bool {
    let is_base64url = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let has_auth0s_length = (60..=70).contains(&token.len()) && token.chars().all(is_base64url);
    has_auth0s_length || token.starts_with("GOCSPX-") || token.contains("8Q~")
}
