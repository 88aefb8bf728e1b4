//! What a gateway asks about its client, beyond a token.

use rocket::request::Request;

use crate::rejection::needs::is_token;

/// The longest query, and the longest header, that is read; the client is not known yet.
const MOST_OCTETS: usize = 1_000;

/// What a gateway asks about its client.
pub(super) struct Question {
    /// The scopes, each once, that the client must have been granted.
    pub(super) scopes: Vec<String>,
    /// Whether the gateway appends its client's path, and takes 200 alone for yes.
    pub(super) has_path: bool,
}

impl Question {
    /// The question of this request, or what is wrong with it.
    ///
    /// Behind `/auth/` path and query are the client's and are not read; the gateway asks by headers.
    pub(super) fn of(request: &Request<'_>) -> Result<Self, &'static str> {
        let path = request.uri().path().as_str();
        // `//auth` and `/%61uth` lead here too; a gateway that writes them matches other paths likewise.
        let has_path = match path.strip_prefix("/auth") {
            Some("") => false,
            Some(rest) if rest.starts_with('/') => true,
            _ => return Err("a gateway asks for `/auth` by another path that leads there"),
        };
        let mut question = Self { scopes: vec![], has_path };
        if has_path {
            let lines = request.headers().get("X-Auth-Require-Scope");
            let is_read = question.read_lines(lines);
            is_read.ok_or("the header `X-Auth-Require-Scope` holds no scopes")?;
        } else if let Some(query) = request.uri().query() {
            let is_read = question.read_query(query.as_str());
            is_read.ok_or("a gateway asks `/auth` for something else than `?scope=…`")?;
        }
        Ok(question)
    }

    /// `None` where the query holds anything but scopes.
    fn read_query(&mut self, query: &str) -> Option<()> {
        if query.len() > MOST_OCTETS {
            return None;
        }
        for parameter in query.split('&') {
            add_words(&mut self.scopes, &decoded(parameter.strip_prefix("scope=")?)?)?;
        }
        Some(())
    }

    /// `None` where a line holds anything but scopes.
    fn read_lines<'r>(&mut self, lines: impl Iterator<Item = &'r str>) -> Option<()> {
        let mut octets = 0;
        for line in lines {
            octets += line.len();
            if octets > MOST_OCTETS {
                return None;
            }
            add_words(&mut self.scopes, line)?;
        }
        Some(())
    }
}

/// Adds the words of a text that are not there yet; `None` where one could be no scope.
fn add_words(words: &mut Vec<String>, text: &str) -> Option<()> {
    for word in text.split(' ') {
        if !is_token(word) {
            return None;
        }
        if !words.iter().any(|it| it == word) {
            words.push(word.to_owned());
        }
    }
    Some(())
}

/// A value of a form (`application/x-www-form-urlencoded`).
fn decoded(value: &str) -> Option<String> {
    let mut octets = value.bytes();
    let mut decoded = vec![];
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(octets.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            octet => octet,
        });
    }
    String::from_utf8(decoded).ok()
}
