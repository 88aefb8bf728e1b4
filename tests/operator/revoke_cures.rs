//! Each cure that `revoke` prints is followed, and the rule is made then.

use super::program::{Variables, run, two_issuers};

/// The arguments that are refused, the cure, and those that follow from it.
type Row<'r> = (&'r [&'r str], &'r str, &'r [&'r str]);

#[track_caller]
fn assert_cured(row: Row<'_>, before: Variables<'_>, after: Variables<'_>) {
    let (wrong, cure, right) = row;
    let folder = two_issuers("");
    let revoke = |arguments: &[&str], variables: Variables<'_>| {
        run(folder.path(), variables, &[&["revoke"], arguments].concat())
    };
    let said = revoke(wrong, before);
    assert!(!said.stderr.is_empty() && said.code != Some(0), "{wrong:?}: {said:?}");
    assert!(said.stderr.contains(cure), "{wrong:?}: {cure:?} is not in {said:?}");
    let said = revoke(right, after);
    assert_eq!(said.code, Some(0), "{right:?}: {said:?}");
}

#[test]
fn a_rule_that_is_refused_is_made_as_is_said() {
    let file = [("BEARER_REVOCATION__FILE", "rules.jsonl")];
    let of = ["--issuer", "second"];
    let with = |arguments: &[&'static str]| [&of[..], arguments].concat();
    for (wrong, cure, right) in [
        (vec!["--all"], "the issuers are default, second", with(&["--all"])),
        (vec!["--all", "--issuer", "b"], "the issuers are default, second", with(&["--all"])),
        (with(&["--sub", ""]), "write the claim as tokens carry it", with(&["--sub", "a"])),
        (with(&["--sub", ""]), "or ask for all tokens", with(&["--all"])),
        (
            with(&["--all", "--for", "9000y"]),
            "write an earlier time",
            with(&["--all", "--for", "90d"]),
        ),
        (
            with(&["--all", "--before", "1777636800000"]),
            "in seconds where it is a number",
            with(&["--all", "--before", "1777636800"]),
        ),
    ] {
        assert_cured((&wrong, cure, &right), &file, &file);
    }
    let all = with(&["--all"]);
    assert_cured((&all, "`revocation.file`", &all), &[], &file);
}

#[test]
fn a_full_file_of_rules_is_cured_by_room_for_more_or_by_fewer() {
    let folder = two_issuers("revocation.file = 'rules.jsonl'");
    let most = |most: &'static str| [("BEARER_REVOCATION__RULES", most)];
    let ask = |arguments: &[&str], variables: Variables<'_>| {
        let said = run(folder.path(), variables, arguments);
        (said.code, said.stderr)
    };
    let rule = |sub: &'static str| ["revoke", "--issuer", "default", "--sub", sub];
    assert_eq!(ask(&rule("a"), &most("1")).0, Some(0));
    let (code, told) = ask(&rule("b"), &most("1"));
    assert!(code == Some(1) && told.contains("raise `revocation.rules`, or remove some"), "{told}");
    assert_eq!(ask(&rule("b"), &most("2")).0, Some(0));
    assert_eq!(ask(&rule("c"), &most("2")).0, Some(1));
    let remove = ["revocations", "remove", "--issuer", "default", "--sub", "a"];
    assert_eq!(ask(&remove, &most("2")).0, Some(0));
    assert_eq!(ask(&rule("c"), &most("2")).0, Some(0));
}
