//! Each cure that `check` prints is followed to the letter: then the finding is gone, and nothing new is found.

mod configuration;
mod connection;
mod files;
mod key_names;
mod key_set;
mod metadata;
mod own_keys;
mod preset;
mod publisher;
mod refused;
mod settings;
mod source;
mod store;
mod variables;

use crate::program::{Folder, Said, Server, Variables, run};

/// One finding as it is printed.
#[derive(Debug, PartialEq)]
struct Finding {
    weight: String,
    what: String,
    cure: String,
}

/// The findings in the output of `check`.
fn findings(said: &Said) -> Vec<Finding> {
    let lines: Vec<_> = said.stdout.lines().collect();
    let finding = |pair: &[&str]| {
        let weights = ["error", "warning", "note"];
        let weight = weights.into_iter().find(|it| pair[0].starts_with(&format!("  {it:11} ")))?;
        let [what, cure] = [pair[0], pair[1]].map(|line| line[14..].to_owned());
        Some(Finding { weight: weight.to_owned(), what, cure })
    };
    lines.windows(2).filter_map(finding).collect()
}

/// A run of `check` that got as far as its findings.
#[track_caller]
fn checked(folder: &Folder, variables: Variables<'_>) -> Vec<Finding> {
    let said = run(folder.path(), variables, &["check"]);
    assert!(said.stdout.starts_with("profile "), "it does not launch: {said:?}");
    let found = findings(&said);
    let errors = found.iter().filter(|it| it.weight == "error").count();
    assert_eq!(said.code, Some(i32::from(errors > 0)), "{said:?}");
    found
}

/// Whether a server lets a token in; `explain` must say the same.
#[track_caller]
fn accepts(folder: &Folder, token: &str) -> bool {
    let status = Server::start(folder.path(), &[("ROCKET_PROFILE", "debug")]).verdict(token).0;
    let explained = run(folder.path(), &[], &["explain", token]);
    assert_eq!(explained.code, Some(i32::from(status != 200)), "{status}: {explained:?}");
    status == 200
}

/// Asserts that this was found with this cure, and that it is not found any more, nor anything new.
#[track_caller]
fn assert_cured(what: &str, cure: &str, before: &[Finding], after: &[Finding]) {
    let is_told = before.iter().any(|it| it.what.contains(what) && it.cure.contains(cure));
    assert!(is_told, "{what:?} with {cure:?} is not in {before:#?}");
    for found in after {
        assert!(!found.what.contains(what), "{what:?} is not cured: {found:#?}");
        let is_old = before.iter().any(|it| (&it.weight, &it.what) == (&found.weight, &found.what));
        assert!(is_old, "{what:?}: the cure brings {found:#?}");
    }
}
