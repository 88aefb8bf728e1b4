//! A file that cannot be read is named by its place, and nothing of what stands in it is repeated.

use crate::SECRET;
use crate::program::{Folder, Variables, run};

/// Every command, with the exit code of one that cannot read its configuration.
const COMMANDS: [(&[&str], i32); 7] = [
    (&["serve"], 1),
    (&["check"], 1),
    (&["explain", "garbage"], 2),
    (&["token"], 1),
    (&["keys", "new"], 1),
    (&["keys", "list"], 1),
    (&["keys", "retire", "old"], 1),
];

#[test]
fn a_broken_file_is_named_by_every_command_with_path_and_line_and_none_of_its_text() {
    let files: [(&[u8], &str); 9] = [
        (b"[default.bearer]\njwks.proxy = \"http://user:s3cr3t@proxy.test\n", "line 2, column"),
        (b"[default.bearer]\njwks.proxy = http://user:s3cr3t@proxy.test\n", "line 2, column"),
        (b"[default.bearer]\njwks = { proxy = 'http://user:s3cr3t@proxy.test'\n", "line 2, column"),
        (b"[default.bearer]\n\nrealm = 's3cr3t'\nrealm = 's3cr3t'\n", "line 4, column"),
        (b"[default]\nsecret_key = \"s3cr3t\\q\"\n", "line 2, column"),
        (b"[default]\nsecret_key: s3cr3t\n", "line 2, column"),
        (b"[default]\nsecret_key = 's3cr3t' port = 8000\n", "line 2, column"),
        (b"[default s3cr3t\n", "line 1, column"),
        (
            b"[default]\nident = 's3cr3t\xff'\n",
            "cannot be read: stream did not contain valid UTF-8",
        ),
    ];
    let nothing = Folder::with("");
    for (file, place) in files {
        let folder = Folder::with("").and("Rocket.toml", file).and("elsewhere.toml", file);
        let (here, elsewhere) =
            (folder.path().join("Rocket.toml"), folder.path().join("elsewhere.toml"));
        let config = [("ROCKET_CONFIG", elsewhere.to_str().unwrap())];
        let ways: [(&Folder, Variables<'_>, _); 2] =
            [(&folder, &[], &here), (&nothing, &config, &elsewhere)];
        for (folder, variables, path) in ways {
            for (command, code) in COMMANDS {
                let said = run(folder.path(), variables, command);
                let case = format!("{} {command:?}", String::from_utf8_lossy(file));
                assert_eq!(said.code, Some(code), "{case}: {said:?}");
                for word in [path.to_str().unwrap(), place] {
                    assert!(said.stderr.contains(word), "{case}: {word:?} is not in {said:?}");
                }
                assert!(!said.stderr.contains(SECRET), "{case}: {said:?}");
                assert_eq!(said.stderr.lines().count(), 1, "{case}: {said:?}");
            }
        }
    }
}

#[test]
fn a_wrong_value_of_rockets_own_keys_is_named_with_its_file_and_not_repeated() {
    for (line, named) in [
        ("port = 's3cr3t'", "`port` should be"),
        ("address = 's3cr3t'", "`address` cannot be read"),
        ("log_level = 's3cr3t'", "`log_level` should be"),
        ("cli_colors = 's3cr3t'", "`cli_colors` should be"),
        ("limits = 's3cr3t'", "`limits` should be"),
        ("limits = { json = 's3cr3t' }", "`limits.json` "),
        ("keep_alive = 's3cr3t'", "`keep_alive` should be"),
        ("shutdown = { signals = ['s3cr3t'] }", "`shutdown.signals"),
        ("ident = ['s3cr3t']", "`ident` should be"),
        ("ip_header = ['s3cr3t']", "`ip_header` should be"),
    ] {
        let folder = Folder::with(&format!("[default]\n{line}\n"));
        for command in ["serve", "check"] {
            let said = run(folder.path(), &[], &[command]);
            assert_eq!(said.code, Some(1), "{line}: {said:?}");
            let path = folder.path().join("Rocket.toml");
            for word in [named, path.to_str().unwrap()] {
                assert!(said.stderr.contains(word), "{line}: {word:?} is not in {said:?}");
            }
            assert!(!said.stderr.contains(SECRET), "{line}: {said:?}");
        }
    }
}
