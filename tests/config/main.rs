//! What may be configured, what wins, and what is said where it cannot be served.
//!
//! `token` reads what `serve` reads and says the same of it, but never listens: so most words are
//! asked of `token`.

#[path = "../cli/program.rs"]
mod program;
#[path = "../support/mod.rs"]
#[allow(unreachable_pub, reason = "shared with test binaries that do not check it")]
mod support;

mod broken;
mod fairing;
mod key_sets;
mod precedence;
mod readme;
mod settings;
mod sources;

use program::{Folder, Said, Variables, run};

/// Stands in every value that must not be printed.
const SECRET: &str = "s3cr3t";

/// Runs `token`, which must refuse with these words and without the secret.
#[track_caller]
fn assert_refused(file: &str, variables: Variables<'_>, words: &[&str]) {
    assert_told(&run(Folder::with(file).path(), variables, &["token"]), file, variables, words);
}

#[track_caller]
fn assert_told(said: &Said, file: &str, variables: Variables<'_>, words: &[&str]) {
    let case = format!("{file}{variables:?}");
    assert_eq!(said.code, Some(1), "{case}: {said:?}");
    assert_eq!(said.stdout, "", "{case}");
    for word in words {
        assert!(said.stderr.contains(word), "{case}: {word:?} is not in {said:?}");
    }
    assert!(!said.stderr.contains(SECRET), "{case}: {said:?}");
}
