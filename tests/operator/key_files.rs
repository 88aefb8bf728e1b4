//! The files of a keyring: who may read and replace them, what is none of them, and what stays of them.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::keyring::{MINE, assert_done, kids};
use super::program::{Folder, run};

#[test]
fn a_private_key_is_its_owners_and_no_other_may_replace_a_set_whatever_the_umask() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (umask, of_folders) in
        [("000", 0o755), ("002", 0o755), ("022", 0o755), ("027", 0o750), ("077", 0o700)]
    {
        let folder = Folder::with(&MINE.replace("keys/set.json", "deep/keys/set.json"));
        // The last mask shuts its own owner out of a folder that it makes.
        for (kid, umask) in [("mine", umask), ("next", "177")] {
            let script = format!("umask {umask}; exec \"$0\" keys new --kid {kid}");
            let said = Command::new("/bin/sh")
                .args(["-c", &script, env!("CARGO_BIN_EXE_rocket-bearer")])
                .current_dir(folder.path())
                .env_clear()
                .output()
                .unwrap();
            assert!(said.status.success(), "{umask}: {said:?}");
        }
        // A server of another user reads the set: without a mask, all may enter its folder.
        for (path, expected) in [
            ("deep", of_folders),
            ("deep/keys", of_folders),
            ("deep/keys/set.json", 0o644),
            ("deep/keys/mine.pem", 0o600),
            ("deep/keys/next.pem", 0o600),
        ] {
            let found = mode(&folder.path().join(path));
            assert_eq!(found, expected, "{umask}: {path} has {found:o}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_command_waits_for_what_is_no_regular_file() {
    let odd = ["mkfifo", "mkdir", "ln -s /dev/zero", "mkfifo fifo; ln -s ../fifo"];
    for make in odd {
        let folder_with = |name: &str| {
            let folder = Folder::with(MINE);
            for kid in ["old", "new"] {
                assert_done(&run(folder.path(), &[], &["keys", "new", "--kid", kid]));
            }
            folder.make(&format!("rm keys/{name}; {make} keys/{name}"));
            folder
        };
        // In the place of a private key it is none, and stays.
        let folder = folder_with("old.pem");
        for (arguments, code, words) in [
            (["keys", "list"].as_slice(), 0, "no private key"),
            (&["token", "--kid", "old"], 1, "no private key for `old`"),
            (&["token"], 0, ""),
            (&["keys", "new", "--kid", "next"], 0, "next"),
            (&["keys", "retire", "old"], 0, "and stays"),
        ] {
            let said = run(folder.path(), &[], arguments);
            assert_eq!(said.code, Some(code), "{make} {arguments:?}: {said:?}");
            let all = said.stdout + &said.stderr;
            assert!(all.contains(words), "{make} {arguments:?}: {all}");
        }
        assert!(folder.path().join("keys/old.pem").symlink_metadata().is_ok(), "{make}");
        assert_eq!(
            kids(&folder.path().join("keys/set.json")),
            ["new", "next"].map(str::to_owned).into()
        );

        // In the place of the set it is an error.
        let folder = folder_with("set.json");
        for (arguments, words) in [
            (["keys", "list"].as_slice(), "set.json): it cannot be read: it is no regular file"),
            (&["keys", "new", "--kid", "next"], "it is no regular file"),
            (&["keys", "retire", "old"], "it is no regular file"),
            (&["token"], "no private key"),
        ] {
            let said = run(folder.path(), &[], arguments);
            assert_eq!(said.code, Some(1), "{make} {arguments:?}: {said:?}");
            assert!(said.stderr.contains(words), "{make} {arguments:?}: {said:?}");
        }
    }
}

#[test]
fn the_next_command_sweeps_what_a_killed_one_left_and_nothing_else() {
    let ours = [".set.json.rocket-bearer-AbC123", ".set.json.rocket-bearer-000000"];
    let theirs = [
        ".set.json.rocket-bearer-AbC1234",
        ".set.json.rocket-bearer-AbC12",
        ".set.json.rocket-bearer-AbC12~",
        ".set.json.rocket-bearer-AbC123.bak",
        ".set.json.swp",
        ".other.json.rocket-bearer-AbC123",
        ".tmpAbC123",
        "set.json.rocket-bearer-AbC123",
        "lone.pem",
    ];
    for (arguments, sweeps) in [
        (["keys", "new", "--kid", "next"].as_slice(), true),
        (&["keys", "retire", "old"], true),
        // It looks at the keys without the lock.
        (&["keys", "list"], false),
        (&["token"], false),
    ] {
        let folder = Folder::with(MINE);
        let keys = folder.path().join("keys");
        for kid in ["old", "new"] {
            assert_done(&run(folder.path(), &[], &["keys", "new", "--kid", kid]));
        }
        for name in ours.iter().chain(&theirs) {
            fs::copy(keys.join("old.pem"), keys.join(name)).unwrap();
        }
        // A folder and a link of such a name are not what a command leaves.
        fs::create_dir(keys.join(".set.json.rocket-bearer-folder")).unwrap();
        symlink("old.pem", keys.join(".set.json.rocket-bearer-linked")).unwrap();
        assert_done(&run(folder.path(), &[], arguments));
        for name in ours {
            assert_eq!(keys.join(name).exists(), !sweeps, "{arguments:?}: {name}");
        }
        for name in theirs.iter().chain(&[".set.json.rocket-bearer-folder"]) {
            assert!(keys.join(name).exists(), "{arguments:?}: {name}");
        }
        assert!(keys.join(".set.json.rocket-bearer-linked").is_symlink(), "{arguments:?}");
    }
}

#[test]
fn a_private_key_without_a_published_half_is_named_by_list_and_removed_by_retire() {
    type Leave = fn(path: &Path, pem: &str);
    fn kept(path: &Path, pem: &str) {
        fs::write(path, pem).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    /// The set that publishes it.
    fn aside(path: &Path) -> PathBuf {
        path.ancestors().nth(2).unwrap().join("aside/set.json")
    }
    let cases: [(&str, Leave, bool); 8] = [
        ("as `keys new` leaves it", kept, true),
        (
            "of another set in the folder",
            |path, pem| {
                kept(path, pem);
                fs::copy(aside(path), path.with_file_name("another.jwks")).unwrap();
            },
            false,
        ),
        (
            "published under another name",
            |path, pem| {
                kept(path, pem);
                let renamed =
                    fs::read_to_string(aside(path)).unwrap().replace("\"gone\"", "\"new\"");
                fs::write(path.with_file_name("another.jwks"), renamed).unwrap();
            },
            false,
        ),
        (
            "with a certificate",
            |path, pem| {
                kept(
                    path,
                    &format!("{pem}-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"),
                );
            },
            false,
        ),
        ("no key", |path, _| kept(path, "something else"), false),
        (
            "readable by others",
            |path, pem| {
                fs::write(path, pem).unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
            },
            false,
        ),
        ("a link", |path, _| symlink("../aside/gone.pem", path).unwrap(), false),
        ("a folder", |path, _| fs::create_dir(path).unwrap(), false),
    ];
    for (what, leave, is_orphan) in cases {
        let folder = Folder::with(MINE);
        let path = folder.path().join("keys/gone.pem");
        assert_done(&run(folder.path(), &[], &["keys", "new", "--kid", "mine"]));
        let variables = [("BEARER_JWKS_FILE", "aside/set.json")];
        assert_done(&run(folder.path(), &variables, &["keys", "new", "--kid", "gone"]));
        leave(&path, &fs::read_to_string(folder.path().join("aside/gone.pem")).unwrap());

        let listed = run(folder.path(), &[], &["keys", "list"]);
        assert_done(&listed);
        assert_eq!(listed.stdout.contains("keys retire gone"), is_orphan, "{what}: {listed:?}");
        assert_eq!(listed.stdout.contains("gone"), is_orphan, "{what}: {listed:?}");
        let retired = run(folder.path(), &[], &["keys", "retire", "gone"]);
        assert_eq!(retired.code, Some(i32::from(!is_orphan)), "{what}: {retired:?}");
        assert!(retired.stderr.contains("gone"), "{what}: {retired:?}");
        assert_eq!(path.symlink_metadata().is_ok(), !is_orphan, "{what}");
        assert_eq!(
            kids(&folder.path().join("keys/set.json")),
            ["mine".to_owned()].into(),
            "{what}"
        );
    }

    // Of the first key that was ever to be made, there is no set.
    let folder = Folder::with(MINE);
    assert_done(&run(folder.path(), &[], &["keys", "new", "--kid", "gone"]));
    fs::remove_file(folder.path().join("keys/set.json")).unwrap();
    let listed = run(folder.path(), &[], &["keys", "list"]);
    assert_eq!(listed.code, Some(1), "{listed:?}");
    assert!(listed.stdout.contains("keys retire gone"), "{listed:?}");
    assert_done(&run(folder.path(), &[], &["keys", "retire", "gone"]));
    assert!(!folder.path().join("keys/gone.pem").exists());
}

#[test]
fn a_private_key_that_stays_elsewhere_after_its_retirement_is_told_with_its_place() {
    let cases: [(&str, &str, bool, &[&str]); 7] = [
        ("a link", "mv old.pem ../vault.pem; ln -s ../vault.pem old.pem", true, &["vault.pem"]),
        (
            "links to links",
            "mv old.pem ../vault.pem; ln -s vault.pem ../by; ln -s ../by old.pem",
            true,
            &["vault.pem"],
        ),
        ("another name of the file", "ln old.pem ../vault.pem", true, &["1 more name"]),
        (
            "a link to a file of two names",
            "mv old.pem ../vault.pem; ln ../vault.pem ../twin.pem; ln -s ../vault.pem old.pem",
            true,
            &["vault.pem", "1 more name"],
        ),
        (
            "a set that is a link, and a key beside it",
            "mkdir ../vault; mv set.json old.pem ../vault; ln -s ../vault/set.json set.json",
            false,
            &["vault/old.pem"],
        ),
        (
            "a set and a key that are links",
            "mkdir ../vault; mv set.json old.pem ../vault; ln -s ../vault/* .",
            true,
            &["vault/old.pem"],
        ),
        ("none", "true", true, &[]),
    ];
    for (what, script, is_beside, words) in cases {
        let folder = Folder::with(MINE);
        let keys = folder.path().join("keys");
        for kid in ["old", "new"] {
            assert_done(&run(folder.path(), &[], &["keys", "new", "--kid", kid]));
        }
        let pem = fs::read(keys.join("old.pem")).unwrap();
        folder.make(&format!("cd keys\n{script}"));
        assert_eq!(keys.join("old.pem").exists(), is_beside, "{what}");
        let said = run(folder.path(), &[], &["keys", "retire", "old"]);
        assert_done(&said);
        assert!(keys.join("old.pem").symlink_metadata().is_err(), "{what}: it is removed");
        let lines: Vec<_> = said.stderr.lines().skip(1).collect();
        assert_eq!(lines.len(), words.len(), "{what}: {said:?}");
        for (line, word) in lines.iter().zip(words) {
            assert!(line.contains("private key") && line.contains(word), "{what}: {said:?}");
        }
        for vault in ["vault.pem", "vault/old.pem", "twin.pem"] {
            if let Ok(left) = fs::read(folder.path().join(vault)) {
                assert_eq!(left, pem, "{what}: {vault} is not ours to remove");
            }
        }
    }
}
