//! The user's own words, in arguments, variables and names of files, come back as words only.

use super::program::{Folder, Pair, Variables, run};

/// Acts on a terminal in every way, and then speaks with the program's voice.
const ODD: &str = "a\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2028}\r\nforged: b";

#[test]
fn what_the_user_wrote_comes_back_without_acting_on_a_terminal_or_forging_a_line() {
    let pair = Pair::new("mine");
    let odd_pem = format!("{ODD}.pem");
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         [debug.bearer]\nissuer = 'https://mine.test/'\njwks_file = 'keys/set.json'\n",
    )
    .and("keys/set.json", pair.set())
    .and("keys/mine.pem", &pair.pem)
    .and(&odd_pem, "no PEM");
    let odd_set = format!("{ODD}/set.json");
    let odd_variable = format!("BEARER_{ODD}");
    let odd_option = format!("--{ODD}");
    let odd_value = format!("--kid={ODD}");

    let no_variables: Variables<'_> = &[];
    let profile: Variables<'_> = &[("ROCKET_PROFILE", ODD)];
    let with_keys: Variables<'_> = &[
        ("ROCKET_PROFILE", ODD),
        ("BEARER_ISSUER", "https://mine.test/"),
        ("BEARER_JWKS_FILE", "keys/set.json"),
    ];
    let file: Variables<'_> = &[("BEARER_JWKS_FILE", &odd_set)];
    let name: Variables<'_> = &[(&odd_variable, "x")];
    let cases: &[(Variables<'_>, &[&str], i32)] = &[
        (no_variables, &["explain", "--profile", ODD, "garbage"], 2),
        (with_keys, &["explain", "garbage"], 1),
        (with_keys, &["explain", "--json", "garbage"], 1),
        (no_variables, &["explain", ODD], 1),
        (no_variables, &["explain", "--at", ODD, "garbage"], 2),
        (no_variables, &["token", "--key", ODD], 1),
        (no_variables, &["token", "--key", &odd_pem], 1),
        (no_variables, &["token", "--kid", ODD], 1),
        (no_variables, &["token", &odd_value], 1),
        (no_variables, &["token", "--claim", ODD], 2),
        (no_variables, &["token", "--expires-in", ODD], 2),
        (no_variables, &["token", ODD], 2),
        (no_variables, &["keys", "retire", ODD], 1),
        (no_variables, &["keys", "list", "--iss", ODD], 1),
        (no_variables, &["keys", "new", "--kid", ODD], 2),
        (no_variables, &["keys", "new", &odd_value], 2),
        (no_variables, &["keys", "new", "--alg", ODD], 2),
        (no_variables, &[ODD], 2),
        (no_variables, &[&odd_option], 2),
        (no_variables, &["check", "--profile", ODD], 1),
        (no_variables, &["token", "--profile", ODD], 1),
        (no_variables, &["keys", "list", "--profile", ODD], 1),
        (profile, &["check"], 1),
        (with_keys, &["check"], 0),
        (profile, &["keys", "list"], 1),
        (profile, &["token"], 1),
        (profile, &["serve"], 1),
        (with_keys, &["token", "--kid", "gone"], 1),
        (file, &["keys", "list"], 1),
        (file, &["keys", "new"], 0),
        (file, &["keys", "list"], 0),
        (file, &["check"], 0),
        (file, &["keys", "new", "--kid", "next"], 0),
        (file, &["keys", "retire", "next"], 0),
        (file, &["keys", "retire", ODD], 1),
        (name, &["token"], 1),
        (name, &["serve"], 1),
    ];
    let mut faults = vec![];
    for (variables, arguments, code) in cases {
        let said = run(folder.path(), variables, arguments);
        let mut right = said.code == Some(*code);
        let all = said.stdout + &said.stderr;
        let acts =
            |it: char| (it.is_control() && it != '\n') || ['\u{202e}', '\u{2028}'].contains(&it);
        right &= !all.contains(acts);
        right &= !all.lines().any(|line| line.trim_start().starts_with("forged"));
        if !right {
            faults.push(format!("{variables:?} {arguments:?}: {:?}: {all:?}", said.code));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
