//! stderr and stdout that cannot be written: no command panics, and each does what it does otherwise.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::process::{Command, Stdio};

use super::program::{Folder, Running, Server, Variables, command, repository, token};

const MINE: &str = "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n\
                    jwks_file = 'keys/set.json'\nalgorithms = ['ES256']\n";

/// What takes nothing, by name.
fn unwritable() -> [(&'static str, Stdio); 2] {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let full = File::options().write(true).open("/dev/full").unwrap();
    [("a pipe without a reader", writer.into()), ("a full disk", full.into())]
}

/// Runs the program with this stderr: its exit code, and what it answers.
fn run_with(folder: &Folder, stderr: Stdio, arguments: &[&str]) -> (Option<i32>, String) {
    // Of this name `tell_what_it_took` says that it was used.
    let variables = [("API_AUDIENCE", "image"), ("RUST_BACKTRACE", "0")];
    let mut command = command(folder.path());
    let output = command.envs(variables).args(arguments).stderr(stderr).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn remarks_that_cannot_be_written_change_nothing_that_a_command_does() {
    let rotation: [(&[&str], i32, &str); 4] = [
        (&["keys", "new", "--kid", "old"], 0, "old\n"),
        (&["keys", "new", "--kid", "new"], 0, "new\n"),
        (&["keys", "retire", "old"], 0, ""),
        (&["keys", "retire", "old"], 1, ""),
    ];
    for (what, _) in unwritable() {
        let stderr = || unwritable().into_iter().find(|(name, _)| *name == what).unwrap().1;
        let folder = Folder::with(MINE);
        for (arguments, code, answer) in rotation {
            let expected = (Some(code), answer.to_owned());
            assert_eq!(run_with(&folder, stderr(), arguments), expected, "{what}: {arguments:?}");
        }
        let files = fs::read_dir(folder.path().join("keys")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["new.pem", "set.json"], "{what}: the retired private key is gone");

        // The others, each done and in vain.
        let token = token(folder.path(), &[], &[]);
        let others: [(&[&str], i32); 9] = [
            (&["keys", "list"], 0),
            (&["keys", "list", "--iss", "https://other.test/"], 1),
            (&["token", "--kid", "gone"], 1),
            (&["token"], 0),
            (&["check"], 0),
            (&["explain", &token], 0),
            (&["explain", "garbage"], 1),
            (&["explain", "--profile", "none", "garbage"], 1),
            (&["nothing"], 2),
        ];
        for (arguments, code) in others {
            let (said, answer) = run_with(&folder, stderr(), arguments);
            let (as_read, answer_read) = run_with(&folder, Stdio::piped(), arguments);
            assert_eq!((said, as_read), (Some(code), Some(code)), "{what}: {arguments:?}");
            assert_eq!(
                answer.lines().count(),
                answer_read.lines().count(),
                "{what}: {arguments:?}"
            );
        }
    }
}

#[test]
fn a_key_whose_name_cannot_be_told_is_told_of_as_made() {
    let folder = Folder::with(MINE);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command(folder.path()).args(["keys", "new"]).stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "the caller does not learn the `kid`: {said}");
    for word in ["set.json", "has the new key", "cannot write the answer", "keep it out of git"] {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

/// Serves the bundled keys, with what takes nothing in the place of stdout or of stderr.
fn served(variables: Variables<'_>, put: impl FnOnce(&mut Command) -> &mut Command) -> Server {
    let mut command = command(repository());
    command.env("ROCKET_PORT", "0").envs(variables.iter().copied()).arg("serve");
    Server::of(Running::spawn(put(&mut command)))
}

#[test]
fn a_server_serves_though_nothing_that_it_says_can_be_written() {
    let token = token(repository(), &[], &[]);
    for ((what, stderr), (_, stdout)) in unwritable().into_iter().zip(unwritable()) {
        // The debug profile has a line on stdout, and refusals are lines on stderr.
        let took = [("API_AUDIENCE", "image"), ("ALGORITHMS", "RS256")];
        let on_stderr = served(&took, |command| command.stderr(stderr));
        let on_stdout = served(&[], |command| command.stdout(stdout));
        for server in [on_stderr, on_stdout] {
            assert_eq!(server.verdict(&token).0, 200, "{what}");
            for _ in 0..3 {
                assert_eq!(server.get("/headers", None).status, 401, "{what}");
            }
            assert_eq!(server.terminate().code, Some(0), "{what}");
        }
    }
}

#[test]
fn a_launch_that_fails_fails_with_its_own_code_where_the_reason_cannot_be_written() {
    let no_audience = Folder::with("[default.bearer]\nissuer = 'https://mine.test/'\n");
    let no_port = Folder::with("[default]\nport = 'many'\n");
    for folder in [no_audience, no_port] {
        for (what, stderr) in unwritable() {
            let mut command = command(folder.path());
            let output = command.env("ROCKET_PORT", "0").stderr(stderr).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{what}");
        }
    }
}
