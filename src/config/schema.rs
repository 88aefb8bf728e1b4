//! The keys there are, and how each is written.

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Path,
    List,
    WholeNumber,
    Flag,
}

/// The keys that say where signing keys come from; `issuer` does too, where it stands alone.
pub(super) const SOURCES: [&str; 3] = ["domain", "jwks_uri", "jwks_file"];

/// The keys that an issuer of its own may have too, as `issuers.<name>.<key>`.
const OF_AN_ISSUER: &[(&str, Kind)] = &[
    ("domain", Kind::Text),
    ("issuer", Kind::Text),
    ("jwks_uri", Kind::Text),
    ("jwks_file", Kind::Path),
    ("audience", Kind::List),
    ("algorithms", Kind::List),
    ("token_type", Kind::Text),
];

const OF_THE_APP: &[(&str, Kind)] = &[
    ("leeway", Kind::WholeNumber),
    ("max_age", Kind::WholeNumber),
    ("max_token_bytes", Kind::WholeNumber),
    ("errors", Kind::Text),
    ("realm", Kind::Text),
    ("resource", Kind::Text),
    ("jwks.refresh", Kind::WholeNumber),
    ("jwks.cooldown", Kind::WholeNumber),
    ("jwks.stale", Kind::WholeNumber),
    ("jwks.timeout", Kind::WholeNumber),
    ("jwks.max_bytes", Kind::WholeNumber),
    ("jwks.ca_file", Kind::Path),
    ("jwks.proxy", Kind::Text),
    ("jwks.watch", Kind::Flag),
    ("forward.headers", Kind::List),
    ("cors.origins", Kind::List),
    ("cache.tokens", Kind::WholeNumber),
    ("metrics.address", Kind::Text),
    ("log.sub", Kind::Flag),
];

/// The tables within `bearer`; `issuers` holds one more table for each name.
pub(super) fn is_table(key: &str) -> bool {
    matches!(key, "jwks" | "forward" | "cors" | "cache" | "metrics" | "log" | "issuers")
        || key.strip_prefix("issuers.").is_some_and(|name| !name.contains('.'))
}

/// `issuers.acme.domain` → (`issuers.acme.`, `domain`); the first part is empty for other keys.
pub(super) fn split(key: &str) -> (&str, &str) {
    let is_of_an_issuer = key.starts_with("issuers.") && key.matches('.').count() == 2;
    let last = if is_of_an_issuer { key.rfind('.').map_or(0, |dot| dot + 1) } else { 0 };
    key.split_at(last)
}

/// How this key is written, if it exists.
pub(super) fn kind(key: &str) -> Option<Kind> {
    let (scope, last) = split(key);
    all(scope).find(|(known, _)| *known == last).map(|(_, kind)| kind)
}

/// The cure for a key that does not exist; `spell` writes a key as it would have to be written.
pub(super) fn cure(key: &str, spell: impl Fn(&str) -> String) -> String {
    if is_table(key) {
        return "write it as a table, not as a value".to_owned();
    }
    let (scope, last) = split(key);
    let similar = all(scope)
        .map(|(known, _)| (strsim::osa_distance(known, last), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    match similar {
        Some((_, known)) => format!("did you mean `{}`?", spell(&format!("{scope}{known}"))),
        None => {
            let known: Vec<_> = all(scope).map(|(known, _)| known).collect();
            format!("remove it; the keys are {}", known.join(", "))
        }
    }
}

fn all(scope: &str) -> impl Iterator<Item = (&'static str, Kind)> {
    let of_the_app = if scope.is_empty() { OF_THE_APP } else { &[] };
    OF_AN_ISSUER.iter().chain(of_the_app).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_in_the_reference() {
        let reference = include_str!("../../docs/configuration.md");
        for (key, _) in all("") {
            assert!(reference.contains(&format!("| `{key}` |")), "{key}");
        }
    }
}
