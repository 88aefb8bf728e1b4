//! Rules in a file, and the commands that write it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{
    Folder, Said, Server, Variables, command, run, run_in_turn, token, two_issuers,
};
use super::support::now;
use super::{assert_refused, assert_told};

const FILE: &str = "rules.jsonl";

/// An app with one issuer whose private key is at hand, and a file of rules that is not there yet.
fn folder() -> Folder {
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://issuer.test/'\njwks_file = 'keys.json'\n\
         revocation.file = 'rules.jsonl'\n",
    );
    let made = run(folder.path(), &[], &["keys", "new"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    folder
}

fn rules(folder: &Folder) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn revoke(folder: &Folder, arguments: &[&str]) -> Value {
    let said = run(folder.path(), &[], &[&["revoke"], arguments].concat());
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    serde_json::from_str(&said.stdout).unwrap()
}

/// Waits until the token is answered so, and no longer than two seconds and a little.
#[track_caller]
fn until(server: &Server, token: &str, expected: (u16, &str)) {
    let begun = Instant::now();
    while server.verdict(token) != (expected.0, expected.1.to_owned()) {
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", server.verdict(token));
        thread::sleep(Duration::from_millis(20));
    }
}

const REVOKED: (u16, &str) = (401, "token_revoked");
const GRANTED: (u16, &str) = (200, "granted");

#[test]
fn a_running_server_obeys_each_command() {
    let folder = folder();
    let server = Server::start(folder.path(), &[]);
    let mint = |sub: &str| token(folder.path(), &[], &[&format!("--sub={sub}")]);
    let (alice, bob) = (mint("alice@example.test"), mint("-bob"));
    until(&server, &alice, GRANTED);
    let made = run(folder.path(), &[], &["revoke", "--sub", "alice@example.test"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.stderr.contains(FILE) && made.stderr.contains("was not there"), "{made:?}");
    let again = run(folder.path(), &[], &["revoke", "--sub", "alice@example.test"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""), "{again:?}");
    let rule: Value = serde_json::from_str(&again.stdout).unwrap();
    let until_then = rule["until"].as_u64().unwrap();
    assert!((now() + 2_591_900..=now() + 2_592_000).contains(&until_then), "{rule}");
    until(&server, &alice, REVOKED);
    until(&server, &bob, GRANTED);
    revoke(&folder, &["--sub", "-bob", "--before", "now", "--for", "1h"]);
    until(&server, &bob, REVOKED);

    let removed =
        run(folder.path(), &[], &["revocations", "remove", "--sub", "alice@example.test"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    until(&server, &alice, GRANTED);
    let again = run(folder.path(), &[], &["revocations", "remove", "--sub", "alice@example.test"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""), "{again:?}");
    // A token that is issued later is accepted.
    thread::sleep(Duration::from_millis(1_100));
    assert_eq!(server.verdict(&mint("-bob")).0, 200);
    assert_eq!(server.verdict(&bob).0, 401);

    // One that starts later obeys before its first answer.
    let later = Server::start(folder.path(), &[]);
    assert_eq!(later.verdict(&bob), (401, "token_revoked".to_owned()));
    let said = run(folder.path(), &[], &["explain", &bob]);
    assert_eq!(said.code, Some(1), "{said:?}");
    for words in ["revoked: It is revoked by its `sub`", "the rule is from `revocation.file`"] {
        assert!(said.stdout.contains(words), "{said:?}");
    }
    let told = server.terminate();
    assert!(told.stderr.contains("Revocations in /"), "{told:?}");
    assert!(!told.stderr.contains("alice@"), "{told:?}");
}

#[test]
fn a_bad_file_changes_nothing_and_is_told_of_once() {
    let folder = folder();
    let alice = token(folder.path(), &[], &["--sub", "alice"]);
    revoke(&folder, &["--sub", "alice"]);
    let path = folder.path().join(FILE);
    let good = fs::read_to_string(&path).unwrap();
    let mut server = Server::start(folder.path(), &[("BEARER_REVOCATION__RULES", "2")]);
    let line = |sub: &str| format!("{{\"sub\":\"{sub}\",\"until\":4102444800}}\n");
    let two_more = format!("{good}{}{}", line("s3cr3t-b"), line("s3cr3t-c"));
    for (content, says) in [
        (Some("{\"sub\":\"s3cr3t-a\",\"unt"), "line 1 is no JSON object"),
        (Some("\n\n{\"sub\":\"s3cr3t-a\"}\n"), "line 3 has no `until`"),
        (Some("{\"sub\":\"s3cr3t-a\",\"until\":1,\"x\":1}"), "line 1 has a member that is none"),
        (Some("{\"sub\":\"s3cr3t-a\",\"until\":4102444800,\"issuer\":\"x\"}"), "not configured"),
        (Some(two_more.as_str()), "more than 2 rules"),
        (None, "it is gone"),
    ] {
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let told = server.line_with("`revocation.file` is not taken");
        assert!(told.contains(says) && !told.contains("s3cr3t"), "{says}: {told}");
        assert_eq!(server.verdict(&alice), (401, "token_revoked".to_owned()), "{says}");
    }
    fs::write(&path, "").unwrap();
    server.line_with("`revocation.file` has changed");
    until(&server, &alice, GRANTED);
    // A byte-order mark, blank lines, a missing last line break and rules that are past are in order.
    let odd =
        format!("\u{feff}\r\n \n{{\"sub\":\"old\",\"until\":1}}\r\n{}", line("alice").trim_end());
    fs::write(&path, odd).unwrap();
    until(&server, &alice, REVOKED);
}

#[test]
fn a_launch_needs_a_file_in_order_or_none() {
    let toml = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
                issuer = 'https://issuer.test/'\njwks_file = 'keys.json'\n";
    let keys = super::program::Pair::new("k");
    for (content, code) in [
        (None, 0),
        (Some(""), 0),
        (Some("\n"), 0),
        (Some("{\"all\":true,\"until\":1}"), 0),
        (Some("{\"sub\":\"s3cr3t\"}"), 1),
        (Some("s3cr3t"), 1),
        (Some("\u{0}"), 1),
    ] {
        let folder = Folder::with(toml).and("keys.json", keys.set()).and("k.pem", &keys.pem);
        let folder = match content {
            Some(content) => folder.and("s3cr3t.jsonl", content),
            None => folder,
        };
        let variables = [("BEARER_REVOCATION__FILE", "s3cr3t.jsonl")];
        let said = run(folder.path(), &variables, &["check"]);
        assert_eq!(said.code, Some(code), "{content:?}: {said:?}");
        if code == 1 {
            let words = ["`BEARER_REVOCATION__FILE` is no file of rules: line 1", "write one rule"];
            assert_told(&said, toml, &variables, &words);
        }
    }
    // A folder is no file, and the path of what cannot be read is told.
    let folder = Folder::with(toml).and("keys.json", keys.set()).and("rules/x", "");
    let said = run(folder.path(), &[("BEARER_REVOCATION__FILE", "rules")], &["check"]);
    assert!(said.code == Some(1) && said.stderr.contains("no regular file"), "{said:?}");
    for (line, word) in [
        ("revocation.rules = 0", "`rules` in [default.bearer.revocation]"),
        ("revocation.rules = 10000001", "is 0, or over 10000000"),
        ("revocation.files = 'x'", "did you mean `file`"),
        ("revocation = 'x'", "write it as a table"),
        ("revocation.file = ''", "is empty"),
    ] {
        assert_refused(&format!("{toml}{line}\n"), &[], &[word]);
    }
}

#[test]
fn rules_of_several_issuers_are_told_apart_and_listed() {
    let folder = two_issuers("revocation.file = 'rules.jsonl'");
    let refused = |arguments: &[&str], variables: Variables<'_>, code: i32, words: &str| {
        let said = run(folder.path(), variables, arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(words), "{arguments:?}: {said:?}");
    };
    refused(&["revoke", "--all"], &[], 1, "the issuers are default, second");
    refused(&["revoke", "--all", "--issuer", "third"], &[], 1, "the issuers are default, second");
    refused(&["revoke"], &[], 2, "--jti");
    refused(&["revoke", "--all", "--sub", "a"], &[], 2, "cannot be used with");
    refused(&["revoke", "--sub", ""], &[], 1, "issuers are");
    refused(&["revoke", "--issuer", "default", "--sub", ""], &[], 1, "an empty text");
    refused(&["revoke", "--issuer", "default", "--all", "--for", "0s"], &[], 2, "`30d`");
    for span in ["400000000000y", "99999999999999999999y", "-1d", ""] {
        let life = format!("--for={span}");
        refused(&["revoke", "--issuer", "default", "--all", &life], &[], 2, "`30d`");
    }
    refused(&["revoke", "--issuer", "default", "--all", "--for", "9000y"], &[], 1, "year 9999");
    refused(&["revoke", "--issuer", "default", "--all", "--before", "noon"], &[], 2, "or `now`");
    let nowhere = [("BEARER_REVOCATION__FILE", "")];
    let other = two_issuers("");
    let said = run(other.path(), &nowhere, &["revoke", "--issuer", "second", "--all"]);
    assert!(said.code == Some(1) && said.stderr.contains("`revocation.file`"), "{said:?}");

    let before = "2026-05-01T14:00:00+02:00";
    revoke(&folder, &["--issuer", "second", "--all", "--before", before]);
    revoke(&folder, &["--issuer", "second", "--sub", "ä\u{202e}\u{1b}[31m", "--before", "7"]);
    revoke(&folder, &["--issuer", "default", "--client", "app"]);
    revoke(&folder, &["--issuer", "default", "--client", "app", "--for", "90d"]);
    let listed = run(folder.path(), &[], &["revocations", "list", "--json"]);
    let array: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(array, rules(&folder));
    let of = |index: usize, member: &str| array[index][member].clone();
    assert_eq!([of(0, "issuer"), of(0, "client")], [json!("default"), json!("app")]);
    assert!(of(0, "until").as_u64().unwrap() > now() + 89 * 86_400, "{array:?}");
    assert_eq!([of(1, "all"), of(1, "before")], [json!(true), json!(1_777_636_800)]);
    assert_eq!(of(2, "sub"), "ä\u{202e}\u{1b}[31m");
    let text = run(folder.path(), &[], &["revocations", "list"]).stdout;
    for words in ["default  client app  until ", "second  all  issued up to 2026-05-01T12:00:00Z"] {
        assert!(text.contains(words), "{text}");
    }
    let acts = |it: char| (it.is_control() && it != '\n') || it == '\u{202e}';
    assert!(!text.contains(acts) && !listed.stdout.contains(acts), "{text} {listed:?}");

    let second = token(folder.path(), &[], &["--iss", "https://second.test/"]);
    let first = token(folder.path(), &[], &["--claim", "azp=app"]);
    let server = Server::start(folder.path(), &[]);
    // It was issued after the rule's second.
    assert_eq!(server.verdict(&second).0, 200);
    assert_eq!(server.verdict(&first), (401, "token_revoked".to_owned()));
}

#[test]
fn commands_at_the_same_time_lose_no_rule() {
    let folder = folder();
    thread::scope(|scope| {
        for number in 0..12 {
            let folder = &folder;
            scope.spawn(move || {
                let sub = format!("user-{number}");
                let said = run_in_turn(folder.path(), &[], &["revoke", "--sub", &sub]);
                assert_eq!(said.code, Some(0), "{said:?}");
            });
        }
    });
    assert_eq!(rules(&folder).len(), 12);
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|it| it.to_string_lossy().contains(".rocket-bearer-")), "{left:?}");
}

#[test]
fn a_command_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let folder = folder();
    let many = (0..20_000).map(|number| format!("{{\"jti\":\"{number}\",\"until\":4102444800}}\n"));
    fs::write(folder.path().join(FILE), many.collect::<String>()).unwrap();
    for after in 0..12 {
        let sub = format!("user-{after}");
        let mut child = command(folder.path()).args(["revoke", "--sub", &sub]).spawn().unwrap();
        thread::sleep(Duration::from_millis(20 * after));
        let _ = child.kill();
        let _ = child.wait();
        let count = rules(&folder).len() as u64;
        assert!((20_000..=20_001 + after).contains(&count), "{count} after {after}");
    }
    // What was left behind is swept up by the next.
    revoke(&folder, &["--sub", "last"]);
    let left = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
    let left: Vec<_> = left.filter(|it| it.to_string_lossy().starts_with(".rules")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn one_rule_too_many_and_a_file_that_cannot_be_written_change_nothing() {
    let folder = folder();
    let few = [("BEARER_REVOCATION__RULES", "1")];
    let revoke =
        |variables: Variables<'_>, sub| run(folder.path(), variables, &["revoke", "--sub", sub]);
    assert_eq!(revoke(&few, "a").code, Some(0));
    let said = revoke(&few, "s3cr3t");
    assert_told(&said, "", &few, &["there are 1 rules", "`revocation.rules`"]);
    let elsewhere = [("BEARER_REVOCATION__FILE", "nowhere/rules.jsonl")];
    let said: Said = revoke(&elsewhere, "s3cr3t");
    assert_told(&said, "", &elsewhere, &["nowhere/rules.jsonl) cannot be written"]);
    fs::write(folder.path().join(FILE), "broken").unwrap();
    assert_told(&revoke(&[], "s3cr3t"), "", &[], &["line 1", "is no file of rules"]);
    assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "broken");
}

#[test]
#[cfg(unix)]
fn links_owner_and_mode_of_the_file_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder().and("real/rules.jsonl", "");
    folder.make("chmod 640 real/rules.jsonl; ln -s real/rules.jsonl rules.jsonl");
    revoke(&folder, &["--sub", "a"]);
    let path = folder.path().join(FILE);
    assert!(path.is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(rules(&folder).len(), 1);
}

#[test]
#[cfg(unix)]
fn a_link_to_a_file_that_is_still_to_be_made_stays_a_link() {
    let folder = folder();
    folder.make("mkdir disk; ln -s rules.link rules.jsonl; ln -s disk/rules rules.link");
    revoke(&folder, &["--sub", "a"]);
    assert!(folder.path().join(FILE).is_symlink());
    assert!(folder.path().join("disk/rules").is_file());
    assert_eq!(rules(&folder).len(), 1);
}

#[test]
fn a_logout_that_could_not_be_taken_or_kept_stops_the_launch() {
    let toml = "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.test/'\n\
                jwks_file = 'keys.json'\n";
    let (path, clients) = ("logout.path = '/logout'\n", "logout_clients = ['web']\n");
    let file = "revocation.file = 'rules.jsonl'\n";
    for (lines, words) in [
        (format!("{clients}{file}"), "there is no `logout.path`"),
        (format!("{path}{file}"), "no issuer has `logout_clients`"),
        (format!("{path}{clients}"), "set `revocation.file` or `store.redis`"),
        (
            format!(
                "{path}{clients}store.redis = 'redis://127.0.0.1:9'\nrevocation.redis = false\n"
            ),
            "or leave `revocation.redis` out",
        ),
        (format!("{path}logout_clients = []\n{file}"), "`logout_clients`"),
        (format!("{path}logout_clients = ['']\n{file}"), "is empty"),
        (format!("logout.path = 'logout'\n{clients}{file}"), "is no path of the app"),
        (format!("logout.path = '/<x>'\n{clients}{file}"), "is no path of the app"),
        (format!("logout.path = '/a?b'\n{clients}{file}"), "is no path of the app"),
        (format!("logout.path = '/a//b'\n{clients}{file}"), "is no path of the app"),
        (format!("{path}logout.by = 'user'\n{clients}{file}"), "write `sid` or `sub`"),
        (format!("{path}logout.keep = 0\n{clients}{file}"), "write a whole number of seconds"),
        (format!("{path}logout.keep = '1d'\n{clients}{file}"), "`keep` in [default.bearer.logout]"),
    ] {
        assert_refused(&format!("{toml}{lines}"), &[], &[words]);
    }
}

#[test]
fn check_tells_of_rules_that_end_before_a_token_and_of_logouts_that_hit_none() {
    let folder = folder();
    let checked = |token: &str, variables: Variables<'_>| {
        let said = run(folder.path(), variables, &["check", "--token", token]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.stdout.contains(token) && !said.stdout.contains("alice"), "{said:?}");
        said.stdout
    };
    let mint = |arguments: &[&str]| token(folder.path(), &[], arguments);
    let short = mint(&["--sub", "alice"]);
    assert!(!checked(&short, &[]).contains("warning"), "{}", checked(&short, &[]));
    let long = mint(&["--sub", "alice", "--expires-in", "40d"]);
    assert!(checked(&long, &[]).contains("live for 40 days"));
    revoke(&folder, &["--sub", "alice", "--for", "10m"]);
    assert!(checked(&short, &[]).contains("is revoked by a rule by `sub` until"));
    revoke(&folder, &["--sub", "alice", "--for", "2h"]);
    assert!(!checked(&short, &[]).contains("counts again"));
    assert!(checked("garbage", &[]).contains("a token is refused: Unable to parse"));

    let logout = [("BEARER_LOGOUT__PATH", "/logout"), ("BEARER_LOGOUT_CLIENTS", "web")];
    let with_sid = mint(&["--claim", "sid=s"]);
    assert!(checked(&short, &logout).contains("has no `sid`, so no logout of a session hits it"));
    assert!(!checked(&with_sid, &logout).contains("warning"));
    let by_sub = [logout[0], logout[1], ("BEARER_LOGOUT__BY", "sub")];
    assert!(!checked(&short, &by_sub).contains("warning"));
    // A logout's rule has to live as long as a token; the line to write does it.
    let short_lived = [logout[0], logout[1], ("BEARER_LOGOUT__KEEP", "60")];
    assert!(checked(&with_sid, &short_lived).contains("set `logout.keep = 3600`"));
    let cured = [logout[0], logout[1], ("BEARER_LOGOUT__KEEP", "3600")];
    assert!(!checked(&with_sid, &cured).contains("warning"));
    let auth0 = [logout[0], logout[1], ("BEARER_ANONYMOUS", "false")];
    assert!(checked(&with_sid, &auth0).contains("Auth0's access tokens have no `sid`"));
}
