//! The members of a token's header and payload as they stand, for people and for programs.

use serde::Serialize;
use serde_json::{Map, Value};

use super::reading::{Part, Reading};
use super::words::{printable, shown, shown_time};

/// The claims that are times, in seconds since the epoch.
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// What a token says: never its signature, nor the token itself.
#[derive(Serialize)]
pub(crate) struct Shown {
    /// Whether the signature was found to hold. Until then anyone may have written the members.
    pub(crate) proved: bool,
    /// `None` where the first part cannot be read.
    pub(crate) header: Option<Map<String, Value>>,
    /// `None` where the second part cannot be read.
    pub(crate) claims: Option<Map<String, Value>>,
}

/// What a pasted text says that nothing was judged by.
pub(crate) fn unproved(input: &str) -> Shown {
    let word = super::longest_word(&[input]);
    Shown::of(Reading::of(word), false)
}

impl Shown {
    pub(super) fn of(reading: Reading, proved: bool) -> Self {
        Self { proved, header: members(reading.header), claims: members(reading.claims) }
    }

    /// Whether any part can be read.
    pub(crate) fn has_members(&self) -> bool {
        self.header.is_some() || self.claims.is_some()
    }

    /// A line for each member, the names padded to one width. Nothing in a line acts on a terminal.
    pub(crate) fn lines(&self) -> Vec<String> {
        let proof = if self.proved { "proved by the signature" } else { "unproved" };
        let mut lines = vec![];
        for (part, members) in [("header", &self.header), ("claims", &self.claims)] {
            let Some(members) = members else { continue };
            lines.push(format!("{part}, {proof}:"));
            let named = members.iter().map(|(name, value)| (printable(name), told(name, value)));
            let named: Vec<_> = named.collect();
            let widest = named.iter().map(|(name, _)| name.chars().count()).max();
            let widest = widest.unwrap_or_default().min(WIDEST);
            lines.extend(named.iter().map(|(name, value)| format!("  {name:widest$}  {value}")));
        }
        lines
    }
}

/// The widest name, in characters, behind which the values are aligned.
const WIDEST: usize = 24;

fn members(part: Part) -> Option<Map<String, Value>> {
    match part {
        Part::Object(members) => Some(members),
        Part::NotBase64 | Part::NotJson => None,
    }
}

fn told(name: &str, value: &Value) -> String {
    if TIMES.contains(&name) { shown_time(Some(value)) } else { shown(Some(value)) }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn read(header: &str, claims: &str) -> Shown {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        unproved(&format!("Bearer {}.{}.c2lnbmF0dXJl", part(header), part(claims)))
    }

    #[test]
    fn each_member_has_a_line_and_the_signature_has_none() {
        let claims = r#"{"aud":["a","b"],"exp":1777636800,"iat":"soon","a":{"b":[null,true]}}"#;
        assert_eq!(
            read(r#"{"kid":"k","alg":"RS256"}"#, claims).lines(),
            [
                "header, unproved:",
                r#"  alg  "RS256""#,
                r#"  kid  "k""#,
                "claims, unproved:",
                r#"  a    {"b":[null,true]}"#,
                r#"  aud  ["a","b"]"#,
                "  exp  1777636800 (2026-05-01T12:00:00Z)",
                r#"  iat  "soon""#,
            ]
        );
    }

    #[test]
    fn no_member_acts_on_a_terminal_and_a_long_one_is_cut() {
        let long = "x".repeat(500);
        let claims =
            format!("{{\"\u{1b}[2J\u{202e}\":\"\u{9b}\u{2028}\\u0007\",\"n\":\"{long}\"}}");
        for line in read("{}", &claims).lines() {
            assert!(line.chars().all(|it| (' '..='~').contains(&it) || it == '…'), "{line:?}");
            assert!(line.chars().count() < 160, "{line:?}");
        }
    }

    #[test]
    fn a_part_that_cannot_be_read_is_left_out() {
        for (text, lines) in [("", 0), ("opaque", 0), ("a.b.c", 0), ("e30.b.c", 1), ("e30", 1)] {
            let shown = unproved(text);
            assert_eq!(shown.lines().len(), lines, "{text:?}");
            assert_eq!(shown.has_members(), lines > 0, "{text:?}");
        }
    }
}
