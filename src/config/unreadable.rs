//! Errors of figment, told without a line or a value of a file: a password may stand there.

use rocket::figment::error::{Error, Kind};
use rocket::figment::{Metadata, Source};

use crate::printable::escaped_but_quotes;

/// The most characters of a place that are told.
const LONGEST_PLACE: usize = 200;

/// What is wrong and where: the path of a file, with line and column where it cannot be parsed, or the
/// name of a variable.
pub(crate) fn unreadable(errors: Error) -> String {
    errors.into_iter().map(|error| told(&error)).collect::<Vec<_>>().join("; ")
}

fn told(error: &Error) -> String {
    let metadata = error.metadata.as_ref();
    let place = metadata.map(place).unwrap_or_default();
    let key = error.path.join(".");
    if key.is_empty() {
        return whole(error, metadata, &place);
    }
    let is_variable = place.contains("environment");
    let key = if is_variable { format!("ROCKET_{}", key.to_uppercase()) } else { key };
    let problem = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("should be {expected}")
        }
        Kind::UnknownVariant(_, known) => format!("should be one of {}", known.join(", ")),
        Kind::UnknownField(_, known) => format!("has a key that is none of {}", known.join(", ")),
        Kind::MissingField(name) => format!("has no key `{name}`"),
        // What figment says of these may hold the value.
        _ => "cannot be read".to_owned(),
    };
    format!("`{key}` {problem} ({place})")
}

/// Of a source that cannot be read at all.
fn whole(error: &Error, metadata: Option<&Metadata>, place: &str) -> String {
    if let Some((line, column)) = position(&error.kind.to_string()) {
        return format!("{place} cannot be parsed at line {line}, column {column}");
    }
    let file = metadata.and_then(|it| it.source.as_ref()).and_then(Source::file_path);
    match file.map(std::fs::read_to_string) {
        Some(Err(error)) => format!("{place} cannot be read: {error}"),
        _ => format!("{place} cannot be read"),
    }
}

fn place(metadata: &Metadata) -> String {
    let file = metadata.source.as_ref().and_then(Source::file_path);
    let place = file.map_or_else(|| metadata.name.to_string(), |file| file.display().to_string());
    escaped_but_quotes(&place, LONGEST_PLACE)
}

/// The numbers in `… at line 3, column 45 …`.
fn position(text: &str) -> Option<(u32, u32)> {
    let (_, rest) = text.split_once(" at line ")?;
    let (line, rest) = rest.split_once(" column ")?;
    let column = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    Some((line.trim_end_matches(',').parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use rocket::figment::Figment;
    use rocket::figment::providers::{Format as _, Toml};

    use super::*;

    #[test]
    fn a_file_that_cannot_be_parsed_is_told_by_its_place() {
        let toml = "a = 1\nproxy = \"http://user:s3cr3t@proxy.test\n";
        let error = Figment::from(Toml::string(toml)).find_value("bearer").unwrap_err();
        let told = unreadable(error);
        // Where in the line differs by the version of the parser.
        assert!(told.contains("cannot be parsed at line 2, column "), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }

    #[test]
    fn a_position_is_two_numbers() {
        for (text, expected) in [
            (
                "TOML parse error at line 3, column 45\n  |\n3 | a at line 7, column 8",
                Some((3, 45)),
            ),
            ("expected value at line 1 column 2", Some((1, 2))),
            ("expected value at line one column 2", None),
            ("expected value at line 1", None),
            ("stream did not contain valid UTF-8", None),
        ] {
            assert_eq!(position(text), expected, "{text}");
        }
    }
}
