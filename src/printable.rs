//! Text from outside, made safe for a log and a terminal.

/// The first `most` characters of `text`, escaped as between quotes.
///
/// Every character that is not printable is escaped (controls, line separators, bidi controls, what has
/// no width), and so are quotes and backslashes. A text that was cut ends in `…`.
pub(crate) fn escaped(text: &str, most: usize) -> String {
    cut(text, most, &[])
}

/// As [`escaped`], but with quotes and backslashes as they are: for JSON, and for text without quotes
/// around it.
pub(crate) fn escaped_but_quotes(text: &str, most: usize) -> String {
    cut(text, most, &['"', '\'', '\\'])
}

fn cut(text: &str, most: usize, kept: &[char]) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == most {
            shown.push('…');
            break;
        }
        if kept.contains(&character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_debug());
        }
    }
    shown
}

/// Whether `character` acts on a terminal or ends a line: a control, DEL and C1 included, a line or
/// paragraph separator, or a bidi control. [`escaped`] escapes all of them; a whole line of a log needs
/// no more.
pub(crate) fn needs_escape(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters escaped, and all others as they are.
pub(crate) fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for character in text.chars() {
        match needs_escape(character) {
            true => inert.extend(character.escape_default()),
            false => inert.push(character),
        }
    }
    inert
}

/// A JSON text with no character that acts on a terminal.
#[cfg(feature = "cli")]
pub(crate) fn inert_json(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    // JSON has such characters in texts only, but for the line breaks between its lines.
    for character in json.chars() {
        match needs_escape(character) && character != '\n' {
            true => inert.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => inert.push(character),
        }
    }
    inert
}

/// Whether `name` has 1 to 64 octets, each a letter or digit of ASCII or one of `punctuation`.
pub(crate) fn is_plain(name: &str, punctuation: &[u8]) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || punctuation.contains(&octet);
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_text_acts_on_no_terminal_and_ends_no_quotes() {
        let acting: String = ('\0'..=char::MAX).filter(|it| needs_escape(*it)).collect();
        assert!(acting.contains(['\n', '\u{1b}', '\u{9b}', '\u{2028}', '\u{202e}']));
        let most = usize::MAX;
        for shown in [escaped(&acting, most), escaped_but_quotes(&acting, most), inert(&acting)] {
            assert!(shown.chars().all(|it| (' '..='~').contains(&it)), "{shown}");
        }
        assert_eq!(escaped(r#"é"'\"#, 4), r#"é\"\'\\"#);
        assert_eq!(escaped_but_quotes(r#"é"'\"#, 4), r#"é"'\"#);
        assert_eq!(inert(r#"é 漢"'\"#), r#"é 漢"'\"#);
    }

    #[test]
    fn a_cut_shows() {
        for (text, expected) in
            [("", ""), ("漢字", "漢字"), ("漢字漢", "漢字…"), ("\n\n\n", r"\n\n…")]
        {
            assert_eq!(escaped(text, 2), expected, "{text:?}");
        }
    }

    #[test]
    fn a_plain_name_is_short_and_of_few_characters() {
        for (name, expected) in [("", false), ("Az09-_", true), ("a.b", false), ("é", false)] {
            assert_eq!(is_plain(name, b"-_"), expected, "{name:?}");
        }
        assert!(is_plain(&"a".repeat(64), b"") && !is_plain(&"a".repeat(65), b""));
    }
}
