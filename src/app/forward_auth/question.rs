//! What a gateway asks about its client, beyond a token.

use rocket::request::Request;

use crate::rejection::needs::is_token;

/// The longest query, and the longest header, that is read; the client is not known yet.
const MOST_OCTETS: usize = 1_000;

/// What a gateway asks about its client.
pub(super) struct Question {
    /// The scopes, each once, that the client must have been granted.
    pub(super) scopes: Vec<String>,
    /// The roles, each once, that the client must have.
    pub(super) roles: Vec<String>,
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
        let mut question = Self { scopes: vec![], roles: vec![], has_path };
        if has_path {
            let lines = |name| request.headers().get(name);
            let is_read = add_lines(&mut question.scopes, lines("X-Auth-Require-Scope"), is_token);
            is_read.ok_or("the header `X-Auth-Require-Scope` holds what is no scope")?;
            let is_read = add_lines(&mut question.roles, lines("X-Auth-Require-Role"), is_role);
            is_read.ok_or("the header `X-Auth-Require-Role` holds what is no role")?;
        } else if let Some(query) = request.uri().query() {
            let is_read = question.read_query(query.as_str());
            let problem = "a gateway asks `/auth` for something else than `?scope=…` and `?role=…`";
            is_read.ok_or(problem)?;
        }
        Ok(question)
    }

    /// `None` where the query holds anything but scopes and roles.
    fn read_query(&mut self, query: &str) -> Option<()> {
        if query.len() > MOST_OCTETS {
            return None;
        }
        for parameter in query.split('&') {
            match parameter.split_once('=')? {
                ("scope", value) => add_words(&mut self.scopes, &decoded(value)?, is_token)?,
                ("role", value) => add_words(&mut self.roles, &decoded(value)?, is_role)?,
                _ => return None,
            }
        }
        Some(())
    }
}

/// Adds the words of these lines; `None` where they are too long, or one could be no such name.
fn add_lines<'r>(
    words: &mut Vec<String>,
    lines: impl Iterator<Item = &'r str>,
    is_name: fn(&str) -> bool,
) -> Option<()> {
    let mut octets = 0;
    for line in lines {
        octets += line.len();
        if octets > MOST_OCTETS {
            return None;
        }
        add_words(words, line, is_name)?;
    }
    Some(())
}

/// Adds the words of a text that are not there yet; `None` where one could be no such name.
fn add_words(words: &mut Vec<String>, text: &str, is_name: fn(&str) -> bool) -> Option<()> {
    for word in text.split(' ') {
        if !is_name(word) {
            return None;
        }
        if !words.iter().any(|it| it == word) {
            words.push(word.to_owned());
        }
    }
    Some(())
}

/// Whether a word may be a role: `DOMAIN\admins` is one, and no challenge will name it.
fn is_role(word: &str) -> bool {
    let is_apart = |character: char| character.is_whitespace() || character.is_control();
    !word.is_empty() && !word.contains(is_apart)
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
