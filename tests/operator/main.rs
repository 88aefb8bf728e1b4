//! What an operator may configure, what the program says and writes, and what stands in the log.
//!
//! `token` reads what `serve` reads and says the same of it, but never listens: so most words about a
//! configuration are asked of `token`.

#[path = "../support/mod.rs"]
mod support;

mod advice;
mod arguments;
mod broken;
mod check;
mod check_cures;
mod cures;
mod explain;
mod fairing;
#[cfg(unix)]
mod handles;
mod help;
mod hostile;
mod import;
mod init;
mod issuer;
mod issuers;
mod key_files;
mod key_sets;
mod keyring;
mod keys;
mod logs;
mod metrics;
mod needs;
mod own_logger;
mod page;
mod precedence;
mod presets;
mod program;
mod proofs;
mod proxy;
mod readme;
mod refusals;
mod revocation;
#[cfg(unix)]
mod revocation_shared;
mod revoke_cures;
mod scopes;
mod serve;
mod settings;
mod shown;
mod shutdown;
mod sources;
mod store;
mod token;
mod token_file;
mod unwritable;
mod variables;

use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// An app that is launched looks at its routes, and meanwhile the whole process logs nothing.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
