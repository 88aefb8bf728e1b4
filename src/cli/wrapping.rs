//! Lines that fit a terminal, broken between words.

use std::io::{self, IsTerminal as _};

use terminal_size::{Width, terminal_size_of};

/// The columns of stdout; `None` where it is no terminal, and lines stay whole for other programs.
pub(super) fn columns_of_stdout() -> Option<usize> {
    let stdout = io::stdout();
    stdout.is_terminal().then(|| columns(terminal_size_of(&stdout)))
}

/// The columns of stderr, likewise.
pub(super) fn columns_of_stderr() -> Option<usize> {
    let stderr = io::stderr();
    stderr.is_terminal().then(|| columns(terminal_size_of(&stderr)))
}

/// A terminal that does not tell its width has 80 columns; below 40 no text reads well.
fn columns(size: Option<(Width, terminal_size::Height)>) -> usize {
    size.map_or(80, |(Width(columns), _)| usize::from(columns)).max(40)
}

/// Each line within `columns`, broken between words. What follows a break stands under what the line
/// says after its label, or two columns in. A word that is too long stays whole.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    let lines = text.split('\n').map(|line| wrapped_line(line, columns));
    lines.collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let hang = hang(line, columns);
    let (mut wrapped, mut at) = (String::new(), 0);
    for word in words(line) {
        let bare = word.trim_start_matches(' ');
        if at > hang && at + width(word) > columns {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(hang));
            wrapped.push_str(bare);
            at = hang + width(bare);
        } else {
            wrapped.push_str(word);
            at += width(word);
        }
    }
    wrapped
}

/// The words of a line, each with the blanks before it.
fn words(line: &str) -> Vec<&str> {
    let mut words = vec![];
    let mut rest = line;
    while !rest.is_empty() {
        let begin = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[begin..].find(' ').map_or(rest.len(), |length| begin + length);
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

/// The column in which a line goes on: after its label, which two blanks end, or where a line begins
/// that stands below what has one.
fn hang(line: &str, columns: usize) -> usize {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let after_label = line[indent..].find("  ").map(|label| {
        let rest = &line[indent + label..];
        width(&line[..indent + label]) + rest.len() - rest.trim_start_matches(' ').len()
    });
    let below = if indent >= BELOW_A_LABEL { indent } else { indent + 2 };
    after_label.filter(|column| *column <= columns / 2).unwrap_or(below)
}

/// From this indent on a line stands below what has a label.
const BELOW_A_LABEL: usize = 8;

/// The columns that a text takes, without the codes of colours.
pub(super) fn width(text: &str) -> usize {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().chars().count();
    let coloured = pieces.map(|piece| match piece.split_once('m') {
        Some((_, text)) => text.chars().count(),
        None => piece.chars().count(),
    });
    first + coloured.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_go_on_under_what_they_say() {
        for (line, expected) in [
            ("short", "short"),
            ("", ""),
            (
                "one two three four five six seven eight nine",
                "one two three four five six seven eight\n  nine",
            ),
            (
                "  warning     the key set has a key that serves nothing",
                "  warning     the key set has a key that\n              serves nothing",
            ),
            (
                "              below a label, and too long for 40",
                "              below a label, and too\n              long for 40",
            ),
            (
                "    indented, and long enough to be broken",
                "    indented, and long enough to be\n      broken",
            ),
            (
                "see https://tenant.eu.auth0.com/.well-known/jwks.json there",
                "see\n  https://tenant.eu.auth0.com/.well-known/jwks.json\n  there",
            ),
            (
                "\u{1b}[31mred\u{1b}[0m and nothing else in 40 columns",
                "\u{1b}[31mred\u{1b}[0m and nothing else in 40 columns",
            ),
        ] {
            assert_eq!(wrapped(line, 40), expected, "{line:?}");
        }
    }

    #[test]
    fn no_word_is_lost() {
        let text = "a  b c   d eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee f\n\n g h ";
        for columns in 1..60 {
            let wrapped = wrapped(text, columns);
            assert!(wrapped.split_whitespace().eq(text.split_whitespace()), "{columns}: {wrapped}");
        }
    }
}
