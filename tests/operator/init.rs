//! `init`: what an app needs to run offline, and nothing that is there is overwritten.

use std::fs;

use super::program::{Folder, run, token};

#[test]
fn an_empty_folder_gets_all_that_an_app_needs_to_run_offline() {
    let folder = Folder::new();
    let said = run(folder.path(), &[], &["init"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let made: Vec<_> = said.stdout.lines().collect();
    assert!(
        matches!(made[..], ["keys/.gitignore", "Rocket.toml", "keys/jwks.json", key]
        if key.ends_with(".pem")),
        "{said:?}"
    );
    for file in made {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    assert!(said.stderr.contains("cargo run"), "{said:?}");
    let debug = [("ROCKET_PROFILE", "debug")];
    assert_eq!(run(folder.path(), &debug, &["check"]).code, Some(0));
    let good = token(folder.path(), &debug, &[]);
    assert_eq!(run(folder.path(), &debug, &["explain", &good]).code, Some(0));
    // In release there is no issuer yet, and the launch says what to write.
    let said = run(folder.path(), &[("ROCKET_PROFILE", "release")], &["check"]);
    assert!(said.code == Some(1) && said.stderr.contains("AUTH0_DOMAIN"), "{said:?}");
}

#[test]
fn what_is_there_is_left_as_it_is() {
    let folder = Folder::new();
    assert_eq!(run(folder.path(), &[], &["init"]).code, Some(0));
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let before = ["Rocket.toml", "keys/jwks.json", "keys/.gitignore"].map(read);
    let said = run(folder.path(), &[("ROCKET_PROFILE", "debug")], &["init"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""), "{said:?}");
    assert_eq!(["Rocket.toml", "keys/jwks.json", "keys/.gitignore"].map(read), before);
    assert!(said.stderr.contains("has a table `bearer` already"), "{said:?}");
}

/// The lines that are printed are added, and the app's own stay.
#[test]
fn a_rocket_toml_of_an_app_is_told_which_lines_it_lacks() {
    let own = "[default]\nport = 8123\n";
    let folder = Folder::with(own);
    let said = run(folder.path(), &[], &["init"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let path = folder.path().join("Rocket.toml");
    assert_eq!(fs::read_to_string(&path).unwrap(), own);
    let (_, lines) = said.stderr.split_once("Add to it:\n").expect("the lines are told");
    fs::write(&path, format!("{own}\n{lines}")).unwrap();
    let debug = [("ROCKET_PROFILE", "debug")];
    let good = token(folder.path(), &debug, &[]);
    assert_eq!(run(folder.path(), &debug, &["explain", &good]).code, Some(0));
}

#[test]
fn where_nothing_can_be_written_that_is_told() {
    let folder = Folder::new().and("keys", "a file in the way");
    let said = run(folder.path(), &[], &["init"]);
    assert!(said.code == Some(1) && said.stderr.contains("cannot be written"), "{said:?}");
    assert!(!folder.path().join("Rocket.toml").exists(), "{said:?}");
}
