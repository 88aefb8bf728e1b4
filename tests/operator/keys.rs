//! `keys`: pairs on disk, made, listed and retired while a server runs.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{
    Folder, Pair, Said, Server, Variables, part, repository, run, run_in_turn, token,
};

const MINE: &str = "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n\
                    jwks_file = 'keys/set.json'\nalgorithms = ['ES256', 'EdDSA', 'RS256']\n";

/// Runs `keys`, which must succeed: what it answers.
#[track_caller]
fn keys(folder: &Path, variables: Variables<'_>, arguments: &[&str]) -> String {
    let said = run_in_turn(folder, variables, &[&["keys"], arguments].concat());
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said.stdout
}

/// Runs `keys`, which must not: what it says.
#[track_caller]
fn keys_in_vain(folder: &Path, arguments: &[&str], named: &[&str]) -> Said {
    let said = run(folder, &[], &[&["keys"], arguments].concat());
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{arguments:?}: {said:?}");
    for word in named {
        assert!(said.stderr.contains(word), "{arguments:?}: {word:?} is not in {said:?}");
    }
    said
}

fn set(folder: &Folder) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join("keys/set.json")).unwrap()).unwrap()
}

fn kids(folder: &Folder) -> Vec<String> {
    let set = set(folder);
    let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap());
    kids.map(str::to_owned).collect()
}

#[test]
fn the_first_key_is_made_where_nothing_is_yet_and_serves() {
    let folder = Folder::with(MINE);
    assert_eq!(run(folder.path(), &[("ROCKET_PORT", "0")], &[]).code, Some(1), "no set, no launch");
    let kid = keys(folder.path(), &[], &["new"]);
    let kid = kid.strip_suffix('\n').expect("one line");
    assert_eq!(kid.len(), 43, "a SHA-256 thumbprint: {kid}");
    let key = &set(&folder)["keys"][0];
    assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")), "{key}");
    assert_eq!(key.get("d"), None);

    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.verdict(&token(folder.path(), &[], &[])), (200, "granted".to_owned()));
}

#[test]
fn every_algorithm_gets_a_key_whose_tokens_are_accepted() {
    let algorithms = rocket_bearer::Algorithm::ALL.map(rocket_bearer::Algorithm::name);
    let folder =
        Folder::with(&MINE.replace("['ES256', 'EdDSA', 'RS256']", &format!("{algorithms:?}")));
    for alg in algorithms {
        keys(folder.path(), &[], &["new", "--alg", alg, "--kid", alg]);
    }
    let server = Server::start(folder.path(), &[]);
    for alg in algorithms {
        let token = token(folder.path(), &[], &["--kid", alg]);
        assert_eq!(part(&token, 0)["alg"], alg);
        assert_eq!(server.verdict(&token), (200, "granted".to_owned()), "{alg}");
    }
    // Where no set tells the algorithm, the type of the key does.
    for alg in algorithms {
        let file = format!("keys/{alg}.pem");
        let token = token(folder.path(), &[], &["--key", &file, "--kid", "other"]);
        let expected = if alg.starts_with(['R', 'P']) { "RS256" } else { alg };
        assert_eq!(part(&token, 0)["alg"], expected);
    }
    let listed = keys(folder.path(), &[], &["list"]);
    assert!(algorithms.iter().all(|alg| listed.contains(&format!(" {alg} "))), "{listed}");
    assert!(!listed.contains("orphan"), "{listed}");
}

/// Asks until the verdict is this one; a watched file is looked at every two seconds.
#[track_caller]
fn until(server: &Server, token: &str, status: u16) {
    let begun = Instant::now();
    while server.verdict(token).0 != status {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", server.verdict(token));
        thread::yield_now();
    }
}

#[test]
fn a_running_server_takes_up_a_whole_rotation() {
    let folder = Folder::with(MINE);
    let path = folder.path();
    keys(path, &[], &["new", "--kid", "old"]);
    let server = Server::start(path, &[]);
    let old = token(path, &[], &[]);
    assert_eq!(server.verdict(&old).0, 200);

    keys(path, &[], &["new", "--kid", "new"]);
    let new = token(path, &[], &[]);
    assert_eq!(part(&new, 0)["kid"], "new", "the newest key signs");
    until(&server, &new, 200);
    assert_eq!(server.verdict(&old).0, 200, "both are accepted");

    keys(path, &[], &["retire", "old"]);
    until(&server, &old, 401);
    assert_eq!(server.verdict(&new).0, 200);
    assert_eq!(kids(&folder), ["new"]);
    assert!(!path.join("keys/old.pem").exists());
    assert_eq!(part(&token(path, &[], &[]), 0)["kid"], "new");
}

#[test]
fn a_new_key_signs_only_where_its_private_half_is_at_hand() {
    let folder = Folder::with(MINE);
    let path = folder.path();
    for kid in ["one", "two", "three"] {
        keys(path, &[], &["new", "--kid", kid]);
    }
    assert_eq!(kids(&folder), ["three", "two", "one"]);
    let signs = || part(&token(path, &[], &[]), 0)["kid"].clone();
    assert_eq!(signs(), "three");
    fs::remove_file(path.join("keys/three.pem")).unwrap();
    assert_eq!(signs(), "two");
    // What lies there under its name is not always its private half.
    fs::copy(path.join("keys/one.pem"), path.join("keys/two.pem")).unwrap();
    assert_eq!(signs(), "one");

    let listed = keys(path, &[], &["list"]);
    let lines: Vec<_> = listed.lines().collect();
    for (line, (kid, state)) in lines.iter().zip([
        ("three", "no private key"),
        ("two", "no private key"),
        ("one", "private key at hand, signs"),
    ]) {
        assert!(line.starts_with(kid) && line.contains("ES256") && line.ends_with(state), "{line}");
    }
    assert_eq!(lines.len(), 3, "{listed}");
}

#[cfg(unix)]
#[test]
fn a_private_key_is_its_owners_and_a_public_set_everybodys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(MINE);
    let path = folder.path();
    let mode = |file: &str| fs::metadata(path.join(file)).unwrap().permissions().mode() & 0o777;
    keys(path, &[], &["new", "--kid", "one"]);
    assert_eq!((mode("keys/one.pem"), mode("keys/set.json")), (0o600, 0o644));
    fs::set_permissions(path.join("keys/set.json"), fs::Permissions::from_mode(0o640)).unwrap();
    keys(path, &[], &["new", "--kid", "two"]);
    assert_eq!((mode("keys/two.pem"), mode("keys/set.json")), (0o600, 0o640), "as it was");
}

#[cfg(unix)]
#[test]
fn a_set_that_is_a_link_stays_one() {
    let folder = Folder::with(MINE).and("elsewhere/set.json", Pair::new("there").set());
    let path = folder.path();
    fs::create_dir(path.join("keys")).unwrap();
    std::os::unix::fs::symlink("../elsewhere/set.json", path.join("keys/set.json")).unwrap();
    keys(path, &[], &["new", "--kid", "mine"]);
    assert!(path.join("keys/set.json").is_symlink());
    assert_eq!(kids(&folder), ["mine", "there"]);
    assert!(path.join("keys/mine.pem").is_file());
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::with(MINE).and("keys/other.pem", "something else");
    let path = folder.path();
    keys(path, &[], &["new", "--kid", "mine"]);
    let before = fs::read(path.join("keys/set.json")).unwrap();
    let private = fs::read(path.join("keys/mine.pem")).unwrap();
    keys_in_vain(path, &["new", "--kid", "mine"], &["`mine`", "--kid"]);
    keys_in_vain(path, &["new", "--kid", "other"], &["other.pem", "not overwritten"]);
    assert_eq!(fs::read(path.join("keys/set.json")).unwrap(), before);
    assert_eq!(fs::read(path.join("keys/mine.pem")).unwrap(), private);
    assert_eq!(fs::read(path.join("keys/other.pem")).unwrap(), b"something else");

    for broken in ["", "no JSON", "[]", "{\"keys\":{}}", "{\"kids\":[]}"] {
        let folder = Folder::with(MINE).and("keys/set.json", broken);
        keys_in_vain(folder.path(), &["new", "--kid", "mine"], &["set.json", "no JWK set"]);
        assert_eq!(fs::read_to_string(folder.path().join("keys/set.json")).unwrap(), broken);
        assert!(!folder.path().join("keys/mine.pem").exists(), "{broken}");
    }
}

#[test]
fn what_we_do_not_read_in_a_set_stays_in_it() {
    let post_quantum = r#"{ "kty": "AKP", "alg":"ML-DSA-44",  "kid":"pq", "big": 1e400 }"#;
    let text = format!(r#"{{"issuer":"x","keys":[{post_quantum},7],"valid until":[1e400, {{}}]}}"#);
    let folder = Folder::with(MINE).and("keys/set.json", text);
    let path = folder.path();
    keys(path, &[], &["new", "--kid", "mine"]);
    keys(path, &[], &["new", "--kid", "next"]);
    keys(path, &[], &["retire", "mine"]);
    let text = fs::read_to_string(path.join("keys/set.json")).unwrap();
    for kept in [post_quantum, r#""issuer": "x""#, r#""valid until": [1e400, {}]"#, "7\n"] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
    // What is passed over can be retired too.
    keys(path, &[], &["retire", "pq"]);
    let text = fs::read_to_string(path.join("keys/set.json")).unwrap();
    assert!(!text.contains(post_quantum), "{text}");
}

#[test]
fn the_last_key_is_not_retired() {
    let folder = Folder::with(MINE);
    let path = folder.path();
    keys(path, &[], &["new", "--kid", "mine"]);
    keys_in_vain(path, &["retire", "mine"], &["last key", "keys new"]);
    keys_in_vain(path, &["retire", "theirs"], &["`theirs`", "keys list"]);
    assert!(path.join("keys/mine.pem").exists());

    // Another that serves no allowed algorithm is none in its place.
    keys(path, &[], &["new", "--alg", "EdDSA", "--kid", "other"]);
    let es256 = [("BEARER_ALGORITHMS", "ES256")];
    let said = run(path, &es256, &["keys", "retire", "mine"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    keys(path, &[], &["retire", "mine"]);
}

#[test]
fn a_file_that_only_bears_the_name_of_a_key_survives_its_retirement() {
    let theirs = Pair::new("tls");
    let folder = Folder::with(MINE)
        .and(
            "keys/set.json",
            json!({ "keys": [Pair::new("tls").jwk, Pair::new("b").jwk] }).to_string(),
        )
        .and("keys/tls.pem", &theirs.pem);
    keys(folder.path(), &[], &["retire", "tls"]);
    assert_eq!(kids(&folder), ["b"]);
    assert_eq!(fs::read_to_string(folder.path().join("keys/tls.pem")).unwrap(), theirs.pem);
}

#[test]
fn no_private_key_takes_the_place_of_the_set_and_is_lost_to_it() {
    let folder = Folder::with(&MINE.replace("keys/set.json", "keys/set.pem"));
    let path = folder.path();
    keys_in_vain(path, &["new", "--kid", "set"], &["the key set itself", "`--kid`"]);
    assert!(!path.join("keys/set.pem").exists());
    keys(path, &[], &["new", "--kid", "other"]);
    keys_in_vain(path, &["new", "--kid", "set"], &["the key set itself", "`--kid`"]);
}

#[test]
fn keys_made_at_the_same_time_are_all_there_and_no_reader_finds_half_a_set() {
    let folder = Folder::with(MINE);
    let path = folder.path();
    keys(path, &[], &["new", "--kid", "first"]);
    let makers = thread::scope(|scope| {
        let makers: Vec<_> = (0..6)
            .map(|number| {
                scope.spawn(move || keys(path, &[], &["new", "--kid", &format!("k{number}")]))
            })
            .collect();
        while makers.iter().any(|maker| !maker.is_finished()) {
            assert!(!kids(&folder).is_empty(), "a reader finds a set at any time");
        }
        makers.into_iter().map(|maker| maker.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(kids(&folder).len(), 1 + makers.len());
    let left: Vec<_> =
        fs::read_dir(path.join("keys")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1 + 1 + makers.len(), "a set and private keys, nothing else: {left:?}");
}

#[test]
fn a_kid_is_a_plain_name() {
    let folder = Folder::with(MINE);
    let long = "a".repeat(65);
    for kid in ["", "a b", "../a", "a.pem", "ä", long.as_str(), "a/b", "a\nb"] {
        let said = run(folder.path(), &[], &["keys", "new", "--kid", kid]);
        assert_eq!(said.code, Some(2), "{kid}: {said:?}");
        assert!(said.stderr.contains("1 to 64"), "{kid}: {said:?}");
    }
    assert!(!folder.path().join("keys").exists());
    // A thumbprint may begin like an option.
    for kid in ["-dash", &"a".repeat(64)] {
        keys(folder.path(), &[], &["new", "--kid", kid]);
    }
    assert_eq!(part(&token(folder.path(), &[], &["--kid", "-dash"]), 0)["kid"], "-dash");
    keys(folder.path(), &[], &["retire", "-dash"]);
}

#[test]
fn an_algorithm_that_is_not_allowed_gets_no_key() {
    let folder = Folder::with(MINE);
    keys_in_vain(folder.path(), &["new", "--alg", "PS256"], &["PS256", "`algorithms`"]);
    assert!(!folder.path().join("keys").exists());
    for alg in ["HS256", "none", "rs256"] {
        let said = run(folder.path(), &[], &["keys", "new", "--alg", alg]);
        assert_eq!(said.code, Some(2), "{alg}: {said:?}");
    }
}

#[test]
fn of_several_issuers_one_is_named() {
    let two = format!(
        "{MINE}[default.bearer.issuers.second]\nissuer = 'https://second.test/'\n\
         jwks_file = 'second.json'\n"
    );
    let folder = Folder::with(&two);
    let both = ["--iss", "https://mine.test/", "https://second.test/"];
    keys_in_vain(folder.path(), &["new"], &both);
    keys_in_vain(folder.path(), &["new", "--iss", "https://third.test/"], &both);
    keys(folder.path(), &[], &["new", "--kid", "a", "--iss", "https://second.test/"]);
    assert!(folder.path().join("second.json").exists() && folder.path().join("a.pem").exists());

    let remote = Folder::with("[default.bearer]\naudience = 'image'\ndomain = 'tenant.test'\n");
    let named = ["profile `debug`", "`issuer`", "`jwks_file`", "`ROCKET_PROFILE`"];
    keys_in_vain(remote.path(), &["list"], &named);
}

#[test]
fn a_launch_without_keys_says_how_to_make_one() {
    let nothing = Folder::with("[default.bearer]\naudience = 'image'\n");
    let no_set = Folder::with(MINE);
    for folder in [&nothing, &no_set] {
        let variables = [("ROCKET_PROFILE", "release"), ("ROCKET_PORT", "0")];
        let said = run(folder.path(), &variables, &["serve"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains("keys new"), "{said:?}");
    }
    keys_in_vain(no_set.path(), &["list"], &["keys new"]);
}

#[test]
fn the_bundled_set_is_listed_with_the_key_that_signs() {
    let listed = keys(repository(), &[], &["list"]);
    let signing: Vec<_> = listed.lines().filter(|line| line.ends_with("signs")).collect();
    assert!(signing.len() == 1 && signing[0].starts_with("dev-rs256 "), "{listed}");
}

#[test]
fn where_the_set_is_not_watched_a_rotation_is_said_to_need_a_restart() {
    for (watch, needs_restart) in [("", false), ("true", false), ("false", true)] {
        let folder = Folder::with(MINE);
        keys(folder.path(), &[], &["new", "--kid", "first"]);
        let variables = [("BEARER_JWKS__WATCH", watch)];
        let server = Server::start(folder.path(), &variables);
        let old = token(folder.path(), &[], &[]);
        for arguments in [["keys", "new", "--kid=next"].as_slice(), &["keys", "retire", "first"]] {
            let said = run(folder.path(), &variables, arguments);
            assert_eq!(said.code, Some(0), "{watch}: {said:?}");
            let told =
                said.stderr.contains("started again") && said.stderr.contains("`jwks.watch`");
            assert_eq!(told, needs_restart, "{watch} {arguments:?}: {said:?}");
        }
        match needs_restart {
            true => assert_eq!(server.verdict(&old).0, 200, "as it is told"),
            false => until(&server, &old, 401),
        }
    }
}
