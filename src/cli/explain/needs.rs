//! The words of `--needs` → [`Needs`].

use std::time::Duration;

use crate::rejection::needs::Needs;

/// Reads words by spaces, which are all needed; `or` between two makes them alternatives.
///
/// The names are kept for the rest of the process, as those of a guard are.
pub(super) fn needs(text: &str) -> Result<Needs, String> {
    let words = words(text)?;
    let mut all: Vec<Vec<Needs>> = vec![];
    let mut is_alternative = false;
    for word in &words {
        if word == "or" {
            if is_alternative || all.is_empty() {
                return Err("`or` stands between two needs: `read:messages or role:admin`".into());
            }
            is_alternative = true;
            continue;
        }
        let need = need(word)?;
        match all.last_mut() {
            Some(alternatives) if is_alternative => alternatives.push(need),
            _ => all.push(vec![need]),
        }
        is_alternative = false;
    }
    if is_alternative || all.is_empty() {
        return Err("a need is missing; write one as `read:messages`".into());
    }
    let together = all.into_iter().map(|alternatives| match alternatives.as_slice() {
        [one] => *one,
        _ => Needs::Any(alternatives.leak()),
    });
    let together: Vec<_> = together.collect();
    Ok(match together.as_slice() {
        [one] => *one,
        _ => Needs::All(together.leak()),
    })
}

/// One word: `kind:name`, or the name of a scope or permission.
fn need(word: &str) -> Result<Needs, String> {
    let Some((kind, name)) = word.split_once(':') else { return sound(word, granted(word)) };
    let need = match kind {
        "scope" => Needs::Scope(kept(name)),
        "permission" => Needs::Permission(kept(name)),
        "role" => Needs::Role(kept(name)),
        "org" => Needs::Organization(kept(name)),
        "actor" => Needs::Actor(kept(name)),
        "claim" => {
            let (name, value) = name
                .split_once('=')
                .ok_or_else(|| format!("`{word}` has no value; write `claim:NAME=VALUE`"))?;
            Needs::Claim { name: kept(name), value: kept(value) }
        }
        "acr" => Needs::Acr(name.split(',').map(kept).collect::<Vec<_>>().leak()),
        "max-age" => Needs::SignedInWithin(age(name).ok_or_else(|| {
            format!("`{word}` has no length of time; write `max-age:5m` or `max-age:300`")
        })?),
        _ => granted(word),
    };
    sound(word, need)
}

fn granted(word: &str) -> Needs {
    Needs::Granted(kept(word))
}

/// Refuses what a guard with this need would not compile with.
fn sound(word: &str, need: Needs) -> Result<Needs, String> {
    let problem = || format!("`{word}` is no name that a token could carry");
    need.is_sound().then_some(need).ok_or_else(problem)
}

/// `5m`, or a whole number of seconds.
fn age(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| humantime::parse_duration(text).ok())
}

fn kept(name: &str) -> &'static str {
    name.to_owned().leak()
}

/// The words between spaces; those within double quotes belong to a word, and the quotes do not.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut is_quoted) = (vec![], None::<String>, false);
    for character in text.chars() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            it if it.is_whitespace() && !is_quoted => words.extend(word.take()),
            it => word.get_or_insert_default().push(it),
        }
    }
    if is_quoted {
        return Err("a double quote is not closed".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_any_needs() {
        let minutes = |minutes: u64| Needs::SignedInWithin(Duration::from_secs(minutes * 60));
        let claim = Needs::Claim { name: "https://example.com/tier", value: "gold=1" };
        for (text, expected) in [
            ("read:messages", Needs::Granted("read:messages")),
            ("read", Needs::Granted("read")),
            ("  scope:read:messages ", Needs::Scope("read:messages")),
            ("scope:role:admin", Needs::Scope("role:admin")),
            ("permission:edit", Needs::Permission("edit")),
            ("role:admin", Needs::Role("admin")),
            ("role:\"Site Admin\"", Needs::Role("Site Admin")),
            ("org:org_1", Needs::Organization("org_1")),
            ("actor:auth0|42", Needs::Actor("auth0|42")),
            ("claim:https://example.com/tier=gold=1", claim),
            ("acr:urn:mfa", Needs::Acr(&["urn:mfa"])),
            ("acr:silver,gold", Needs::Acr(&["silver", "gold"])),
            ("max-age:300", minutes(5)),
            ("max-age:5m", minutes(5)),
            ("a role:admin", Needs::All(&[Needs::Granted("a"), Needs::Role("admin")])),
            ("a or role:admin", Needs::Any(&[Needs::Granted("a"), Needs::Role("admin")])),
            (
                "a or b c",
                Needs::All(&[
                    Needs::Any(&[Needs::Granted("a"), Needs::Granted("b")]),
                    Needs::Granted("c"),
                ]),
            ),
        ] {
            assert_eq!(needs(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn words_that_no_token_could_meet_are_no_needs() {
        for text in [
            "",
            "  ",
            "or",
            "a or",
            "or a",
            "a or or b",
            "scope:",
            "role:",
            "permission:",
            "org:",
            "actor:",
            "claim:tier",
            "claim:=gold",
            "acr:",
            "acr:a,",
            "max-age:",
            "max-age:soon",
            "scope:\"a b\"",
            "a\\b",
            "\"a",
            "é",
        ] {
            assert!(needs(text).is_err(), "{text:?}: {:?}", needs(text));
        }
    }
}
