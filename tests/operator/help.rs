//! `--help`, `--version`, what is no command, and what cannot be said.

use std::fs::File;

use super::program::{Folder, Pair, command, part, repository, run, token};

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let commands = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands = commands.filter(|name| !name.is_empty() && *name != "help");
    commands.map(str::to_owned).collect()
}

/// What a line of an example begins with.
const COMMANDS: [&str; 5] = ["rocket-bearer ", "curl ", "export ", "TOKEN=$(", "KID=$("];

/// The lines of the examples as a shell takes them: a line that ends in a backslash goes on.
fn lines_of_examples(help: &str) -> impl Iterator<Item = String> {
    let block = help.split("\nExample").nth(1).unwrap_or_default();
    let block = block.split("\n\n").next().unwrap_or_default().replace("\\\n", "");
    let lines: Vec<_> = block.lines().skip(1).map(|line| line.trim_start().to_owned()).collect();
    lines.into_iter()
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let mut left = vec![vec![]];
    let mut seen = vec![];
    while let Some(command) = left.pop() {
        let arguments: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let said = run(repository(), &[], &arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        let has_example = said.stdout.split("Example").nth(1).is_some_and(|example| {
            let own = [&["rocket-bearer".to_owned()], command.as_slice()].concat().join(" ");
            example.contains(&own)
        });
        assert!(has_example, "{arguments:?} has no example of its own: {}", said.stdout);
        let too_long = said.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(too_long, None, "{arguments:?}");
        let broken = lines_of_examples(&said.stdout)
            .find(|line| !COMMANDS.iter().any(|it| line.starts_with(it)));
        assert_eq!(broken, None, "{arguments:?}: this line is no command by itself");
        left.extend(
            commands(&said.stdout).into_iter().map(|name| [&command[..], &[name]].concat()),
        );
        seen.push(command.join(" "));
    }
    for command in ["", "serve", "explain", "token"] {
        assert!(seen.iter().any(|seen| seen == command), "{command:?} is not in {seen:?}");
    }
}

#[test]
fn help_needs_no_usable_configuration() {
    let folder = Folder::with("[default.bearer\n");
    for arguments in [["--help"].as_slice(), &["token", "--help"], &["--version"]] {
        let said = run(folder.path(), &[], arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    }
}

#[test]
fn each_command_reads_the_profile_that_it_is_told_to() {
    let two = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
               [debug.bearer]\nissuer = 'https://debug.test/'\njwks_file = 'debug.json'\n\
               [other.bearer]\nissuer = 'https://other.test/'\njwks_file = 'other.json'\n";
    let (debug, other) = (Pair::new("debug-key"), Pair::new("other-key"));
    let folder = Folder::with(two)
        .and("debug.json", debug.set())
        .and("other.json", other.set())
        .and("debug-key.pem", &debug.pem)
        .and("other-key.pem", &other.pem);
    let of_other = token(folder.path(), &[("ROCKET_PROFILE", "other")], &[]);
    let commands: [(&[&str], i32, &str); 7] = [
        (&["check", "--profile", "other"], 0, "profile other\nissuer https://other.test/"),
        (&["token", "--profile", "other"], 0, "eyJ"),
        (&["token", "--profile", "other", "--kid", "debug-key"], 1, "set of profile `other`"),
        (&["explain", "--profile", "other", &of_other], 0, "profile other"),
        (&["keys", "list", "--profile", "other"], 0, "other-key"),
        (&["keys", "--profile", "other", "new", "--kid", "next"], 0, "next"),
        (&["keys", "retire", "--profile", "other", "other-key"], 0, "`other-key` is retired"),
    ];
    // It goes over the variable.
    for variables in [&[][..], &[("ROCKET_PROFILE", "debug")]] {
        let folder = match variables {
            [] => &folder,
            _ => &Folder::with(two).and("other.json", other.set()).and("other-key.pem", &other.pem),
        };
        for (arguments, code, says) in commands {
            let said = run(folder.path(), variables, arguments);
            assert_eq!(said.code, Some(code), "{variables:?} {arguments:?}: {said:?}");
            let all = said.stdout.clone() + &said.stderr;
            assert!(all.contains(says), "{variables:?} {arguments:?}: {said:?}");
            if says == "eyJ" {
                assert_eq!(part(&said.stdout, 1)["iss"], "https://other.test/", "{variables:?}");
            }
        }
    }
}

#[test]
fn the_version_is_the_packages() {
    let said = run(repository(), &[], &["--version"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.stdout, concat!("rocket-bearer ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    for arguments in [["tokens"].as_slice(), &["--token"], &["token", "--subject"], &["serve", "x"]]
    {
        let said = run(repository(), &[], arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
        assert!(said.stderr.contains(arguments.last().unwrap()), "{arguments:?}: {said:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_written_is_a_failure_and_one_that_nobody_reads_is_none() {
    for (arguments, code) in [
        (["token"].as_slice(), 1),
        (&["check"], 1),
        (&["keys", "list"], 1),
        // 1 would mean that the token is refused.
        (&["explain", "garbage"], 2),
    ] {
        let run = |stdout| {
            let output = command(repository()).args(arguments).stdout(stdout).output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (full, said) = run(File::create("/dev/full").unwrap().into());
        assert_eq!(full, Some(code), "{arguments:?}: {said}");
        assert!(said.contains("cannot write the answer"), "{arguments:?}: {said}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let unread = run(writer.into());
        let read = run(std::process::Stdio::null());
        assert_eq!(unread, read, "{arguments:?}");
    }
}
