//! Several programs on one keyring at the same time: no key is lost, and no file is ever half there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use serde_json::Value;

use super::program::{Folder, Said, command, run, run_in_turn};

pub(crate) const MINE: &str = "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n\
                    jwks_file = 'keys/set.json'\nalgorithms = ['ES256']\n";

pub(crate) fn kids(set: &Path) -> BTreeSet<String> {
    let set: Value = serde_json::from_slice(&fs::read(set).unwrap()).expect("a whole set");
    let keys = set["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
pub(crate) fn assert_done(said: &Said) {
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
#[cfg(unix)]
fn programs_that_make_retire_list_and_sign_at_once_leave_exactly_what_they_were_told() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::with(MINE);
    let path = folder.path();
    let keys = |arguments: &[&str]| run_in_turn(path, &[], &[&["keys"], arguments].concat());
    for kid in ["first", "old-0", "old-1", "old-2"] {
        assert_done(&keys(&["new", "--kid", kid]));
    }
    // The same set under another name, in another folder.
    fs::create_dir(path.join("alias")).unwrap();
    symlink("../keys/set.json", path.join("alias/set.json")).unwrap();
    let alias = [("BEARER_JWKS_FILE", "alias/set.json")];

    thread::scope(|scope| {
        let mut programs = vec![];
        for number in 0..3 {
            programs.push(scope.spawn(move || keys(&["new", "--kid", &format!("new-{number}")])));
            programs.push(scope.spawn(move || keys(&["retire", &format!("old-{number}")])));
            programs.push(scope.spawn(move || {
                run_in_turn(path, &alias, &["keys", "new", "--kid", &format!("alias-{number}")])
            }));
            programs.push(scope.spawn(move || keys(&["list"])));
            programs.push(scope.spawn(move || run(path, &[], &["token", "--kid", "first"])));
        }
        while programs.iter().any(|program| !program.is_finished()) {
            assert!(kids(&path.join("keys/set.json")).contains("first"));
        }
        programs.into_iter().for_each(|program| assert_done(&program.join().unwrap()));
    });

    let with = |names: &[&str]| -> BTreeSet<String> {
        let numbered = |name: &&str| (0..3).map(|it| format!("{name}-{it}")).collect::<Vec<_>>();
        names.iter().flat_map(numbered).chain(["first".to_owned()]).collect()
    };
    assert_eq!(kids(&path.join("keys/set.json")), with(&["new", "alias"]));
    let files = |folder: &str| -> BTreeSet<_> {
        let files = fs::read_dir(path.join(folder)).unwrap();
        files.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut expected: BTreeSet<_> = with(&["new"]).iter().map(|kid| format!("{kid}.pem")).collect();
    expected.insert("set.json".to_owned());
    assert_eq!(files("keys"), expected, "and nothing half-written");
    for folder in ["keys", "alias"] {
        for file in files(folder).iter().filter(|file| file.ends_with(".pem")) {
            let mode = fs::metadata(path.join(folder).join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{folder}/{file}");
        }
    }
}

#[test]
fn a_program_that_is_killed_leaves_a_whole_set_and_no_lock() {
    let folder = Folder::with(MINE);
    let path = folder.path();
    let keys = |arguments: &[&str]| run(path, &[], &[&["keys"], arguments].concat());
    assert_done(&keys(&["new", "--kid", "first"]));
    let files = || fs::read_dir(path.join("keys")).unwrap().count();
    for number in 0..20 {
        let (kid, before) = (format!("k{number}"), files());
        let mut program = command(path).args(["keys", "new", "--kid", &kid]).spawn().unwrap();
        // As soon as it writes the first of its files, or a little later.
        while files() == before && program.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        (0..number * 10).for_each(|_| thread::yield_now());
        let _ = program.kill();
        program.wait().unwrap();
        assert!(kids(&path.join("keys/set.json")).contains("first"), "{kid}");
    }
    assert_done(&keys(&["new", "--kid", "last"]));
    let kids = kids(&path.join("keys/set.json"));
    assert!(kids.contains("last"));
    // What is published can sign.
    for kid in &kids {
        assert_done(&run(path, &[], &["token", "--kid", kid]));
    }
    // What is not, is told, and can be removed.
    let listed = keys(&["list"]).stdout;
    let orphan =
        |line: &str| line.split_once("`keys retire ")?.1.split_once('`')?.0.to_owned().into();
    for kid in listed.lines().filter_map(orphan) {
        let kid: String = kid;
        assert_done(&keys(&["retire", &kid]));
    }
    let mut expected: Vec<_> = kids.iter().map(|kid| format!("{kid}.pem")).collect();
    expected.push("set.json".to_owned());
    let left = fs::read_dir(path.join("keys")).unwrap().map(|file| file.unwrap().file_name());
    let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, expected);
}

#[test]
#[cfg(unix)]
fn whoever_may_read_the_folder_cannot_hold_up_a_command_without_end() {
    let folder = Folder::with(MINE);
    let keys = |arguments: &[&str]| run(folder.path(), &[], &[&["keys"], arguments].concat());
    for kid in ["old", "new"] {
        assert_done(&keys(&["new", "--kid", kid]));
    }
    let lock = fs::File::open(folder.path().join("keys")).unwrap();
    lock.lock().unwrap();
    let said = keys(&["retire", "old"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("another program has it locked"), "{said:?}");
    drop(lock);
    assert_done(&keys(&["retire", "old"]));
}
