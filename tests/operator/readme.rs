//! README.md and its translation go together, and their links lead somewhere.

use std::iter;
use std::path::Path;

const ENGLISH: &str = include_str!("../../README.md");
const JAPANESE: &str = include_str!("../../README.ja.md");

#[test]
fn the_translation_says_what_the_original_says() {
    let (first, japanese) = JAPANESE.split_once('\n').unwrap();
    assert!(first.contains("(README.md)"), "{first}");
    let (english, japanese) = (blocks(ENGLISH), blocks(japanese));
    for (original, translation) in iter::zip(&english, &japanese) {
        assert_eq!(original, translation);
    }
    assert_eq!(english.len(), japanese.len());
}

#[test]
fn every_link_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for target in links(ENGLISH).chain(links(JAPANESE)) {
        let file = target.split('#').next().unwrap_or_default();
        assert!(target.starts_with("https://") || root.join(file).exists(), "{target}");
    }
}

/// What stands between two empty lines or is a line of a table, without its prose.
#[derive(Debug, PartialEq)]
enum Block<'a> {
    Heading { level: usize },
    Code(Vec<&'a str>),
    Row(Vec<Vec<&'a str>>),
    Paragraph(Vec<&'a str>),
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = vec![];
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let code = lines.by_ref().take_while(|line| *line != "```").map(without_comment);
            blocks.push(Block::Code(iter::once(line).chain(code).collect()));
        } else if line.starts_with('#') {
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            blocks.push(Block::Heading { level });
        } else if let Some(row) = line.strip_prefix('|') {
            blocks.push(Block::Row(row.split('|').map(untranslated).collect()));
        } else if !line.is_empty() {
            let more = iter::from_fn(|| lines.next_if(|line| !line.is_empty()));
            let mut words: Vec<_> = iter::once(line).chain(more).flat_map(untranslated).collect();
            words.sort_unstable();
            blocks.push(Block::Paragraph(words));
        }
    }
    blocks
}

/// `#[get]` and `https://` begin no comment.
fn without_comment(line: &str) -> &str {
    let comment = ["# ", "// "]
        .iter()
        .flat_map(|sign| line.match_indices(sign))
        .map(|(at, _)| at)
        .filter(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace))
        .min();
    line[..comment.unwrap_or(line.len())].trim_end()
}

/// Inline code, links but those to the other language, and numbers, in any order.
fn untranslated(text: &str) -> Vec<&str> {
    let code = text.split('`').skip(1).step_by(2);
    let numbers = text.split('`').step_by(2).flat_map(|prose| {
        let number = |it: char| it.is_ascii_digit() || matches!(it, '.' | ',');
        prose.split(move |it| !number(it)).map(|it| it.trim_matches(['.', ',']))
    });
    let numbers = numbers.filter(|it| !it.is_empty());
    let links = links(text).filter(|it| !matches!(*it, "README.md" | "README.ja.md"));
    let mut words: Vec<_> = code.chain(numbers).chain(links).collect();
    words.sort_unstable();
    words
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}
