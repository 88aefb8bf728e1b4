//! What stops `check`, as it stops the launch, and what launches when its cure was followed.

use super::checked;
use crate::program::{Folder, Pair, Variables, run};

/// The wrong lines, the cure, and the lines that follow from it.
pub(super) type Row<'r> = (&'r str, &'r str, &'r str);

pub(super) fn folder(section: &str, lines: &str) -> Folder {
    Folder::with(&format!("[default.bearer]\n{section}\n{lines}\n"))
        .and("keys.json", Pair::new("k1").set())
}

/// Asserts that the wrong lines are refused with the cure, and that the others launch without a finding but
/// that issuers and stores out there cannot be reached.
#[track_caller]
pub(super) fn assert_all_cured(section: &str, rows: &[Row<'_>]) {
    for (wrong, cure, right) in rows {
        let said = run(folder(section, wrong).path(), &[], &["check"]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{wrong}: {said:?}");
        assert!(said.stderr.contains(cure), "{wrong}: {cure:?} is not in {said:?}");
        assert_launches(&folder(section, right), &[]);
    }
}

#[track_caller]
pub(super) fn assert_launches(folder: &Folder, variables: Variables<'_>) {
    for found in checked(folder, variables) {
        let is_elsewhere = found.what.starts_with("no keys, every token gets 503: cannot connect")
            || found.what.starts_with("the store is out of reach");
        assert!(is_elsewhere, "the cure brings {found:#?}");
    }
}

/// All that a launch needs, without the network.
pub(super) const GOOD: &str = "audience = 'image'\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']";
