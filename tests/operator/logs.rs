//! What the log says of refusals, what it never says, and how much.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::program::{Folder, Pair, Running, Said, Server, Variables, part, token};

const MINE: &str = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
                    issuer = 'https://mine.test/'\njwks_file = 'keys/set.json'\n";

const RELEASE: (&str, &str) = ("ROCKET_PROFILE", "release");
const CRITICAL: (&str, &str) = ("ROCKET_LOG_LEVEL", "critical");

fn mine() -> Folder {
    let pair = Pair::new("mine");
    Folder::with(MINE).and("keys/set.json", pair.set()).and("keys/mine.pem", pair.pem)
}

/// The lines of a JSON log; each of them must be one.
#[track_caller]
fn lines(said: &Said) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    said.stderr.lines().map(line).collect()
}

#[track_caller]
fn refusals(said: &Said) -> Vec<Value> {
    let mut lines = lines(said);
    lines.retain(|line| line["target"] == "rocket_bearer::refusal");
    lines
}

#[test]
fn a_refusal_is_one_line_of_known_fields() {
    let folder = mine();
    let server = Server::start(folder.path(), &[RELEASE, CRITICAL]);
    let mint = |arguments: &[&str]| token(folder.path(), &[RELEASE], arguments);
    assert_eq!(server.get("/headers", None).status, 401);
    assert_eq!(server.get("/headers", Some(&mint(&["--expires-in=-1m"]))).status, 401);
    assert_eq!(server.get("/headers", Some(&mint(&["--header", "kid=un known"]))).status, 401);
    assert_eq!(server.get("/messages", Some(&mint(&[]))).status, 403);
    let with_id = "/auth HTTP/1.1\r\nX-Request-Id: 7c-4.a\r\nX-Not:";
    assert_eq!(server.get(with_id, Some("garbage")).status, 401);
    let said = server.terminate();

    let mut refusals = refusals(&said);
    for line in &mut refusals {
        let line = line.as_object_mut().unwrap();
        assert!(line.remove("timestamp").unwrap().as_str().unwrap().ends_with('Z'));
        assert_eq!(line.remove("level").unwrap(), "INFO");
        assert_eq!(line.remove("message").unwrap(), "request refused");
        line.remove("target");
    }
    let expected = json!([
        { "reason": "header_missing", "status": 401, "route": "GET /headers" },
        { "reason": "expired", "status": 401, "issuer": "default", "kid": "mine",
          "route": "GET /headers" },
        { "reason": "unknown_key", "status": 401, "issuer": "default", "route": "GET /headers" },
        { "reason": "insufficient_scope", "status": 403, "issuer": "default", "kid": "mine",
          "route": "GET /messages" },
        { "reason": "malformed", "status": 401, "route": "GET /auth", "request_id": "7c-4.a" },
    ]);
    assert_eq!(Value::from(refusals), expected, "{said:?}");
    let page = include_str!("../../docs/operations.md");
    for field in expected.as_array().into_iter().flatten().flat_map(|line| line.as_object()) {
        for name in field.keys() {
            assert!(page.contains(&format!("`{name}`")), "{name} is not in the page");
        }
    }
}

#[test]
fn a_release_server_tells_no_token_no_claim_and_no_key() {
    let pair = Pair::new("mine");
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys/set.json'\n",
    )
    .and("keys/set.json", pair.set())
    .and("keys/mine.pem", &pair.pem);
    let mint = |arguments: &[&str]| {
        let arguments = [arguments, &["--sub", "s3cr3t", "--claim", "email=s3cr3t"]].concat();
        token(folder.path(), &[("ROCKET_PROFILE", "release")], &arguments)
    };
    let tokens = [
        mint(&[]),
        mint(&["--expires-in=-1m"]),
        mint(&["--aud", "s3cr3t"]),
        mint(&["--iss", "s3cr3t"]),
        mint(&["--claim", "exp=\"s3cr3t\""]),
        mint(&["--claim", "s3cr3t=[7]"]),
        mint(&["--header", "kid=other"]),
        mint(&["--header", "alg=s3cr3t"]),
        mint(&["--header", "jku=https://s3cr3t.example/"]),
        "s3cr3t".to_owned(),
    ];
    for level in ["critical", "normal"] {
        let variables = [("ROCKET_PROFILE", "release"), ("ROCKET_LOG_LEVEL", level)];
        let server = Server::start(folder.path(), &variables);
        for token in &tokens {
            for path in ["/headers", "/messages", "/auth", "/me", "/nowhere"] {
                server.get(path, Some(token));
            }
            server.get("/headers", Some(&format!("{token} {token}")));
        }
        let said = server.terminate();
        let all = said.stdout + &said.stderr;
        let parts = tokens.iter().flat_map(|token| token.split('.'));
        let coordinates = ["x", "y"].map(|name| pair.jwk[name].as_str().unwrap());
        let private = pair.pem.lines().nth(1).unwrap();
        for secret in parts.chain(coordinates).chain([private, "s3cr3t", "eyJ"]) {
            assert!(!all.contains(secret), "{level}: {secret:?} is in {all}");
        }
    }
}

#[test]
fn in_production_rocket_adds_nothing_to_a_refusal_and_a_404_is_no_line() {
    let folder = mine();
    let server = Server::start(folder.path(), &[RELEASE, CRITICAL]);
    server.get("/headers", None);
    server.get("/nowhere", None);
    let said = server.terminate();
    let lines = lines(&said);
    let (of_the_launch, others): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line["target"] == "rocket::launch");
    assert!(of_the_launch.len() >= 2, "issuer and address are told: {said:?}");
    assert!(of_the_launch.iter().all(|line| line["level"] == "INFO"), "no warning: {said:?}");
    assert_eq!(others.len(), 2, "the refusal and the end: {others:?}");
    assert!(others[1]["message"].as_str().unwrap().contains("SIGTERM"), "{others:?}");
    assert_eq!(said.stdout, "", "a log is not the answer");
}

#[test]
fn no_token_and_no_claim_is_in_any_log() {
    let folder = mine();
    for (variables, with_sub) in [
        (&[RELEASE, CRITICAL] as Variables<'_>, false),
        (&[RELEASE, ("ROCKET_LOG_LEVEL", "normal")], false),
        (&[("ROCKET_LOG_LEVEL", "normal"), ("ROCKET_PROFILE", "debug")], false),
        (&[RELEASE, CRITICAL, ("BEARER_LOG__SUB", "true")], true),
    ] {
        let server = Server::start(folder.path(), variables);
        let claims =
            ["--sub", "s3cr3t-sub", "--claim", "email=s3cr3t@mail", "--claim", "jti=s3cr3t-jti"];
        let mut tokens = vec![];
        for more in [
            &[][..],
            &["--expires-in=-1m"],
            &["--aud", "s3cr3t-aud"],
            &["--header", "kid=s3cr3t kid"],
            &["--claim", "nbf=\"s3cr3t\""],
            &["--scope", "s3cr3t"],
        ] {
            let token = token(folder.path(), &[RELEASE], &[&claims[..], more].concat());
            for path in ["/headers", "/messages", "/me", "/auth?scope=gateways-scope"] {
                server.get(path, Some(&token));
            }
            tokens.push(token);
        }
        for path in ["/messages", "/nowhere"] {
            server.get(&format!("{path}?access_token={}", tokens[0]), None);
        }
        server.get("/messages", Some(&format!("{} again", tokens[0])));
        let said = server.terminate();
        assert!(said.stderr.contains("insufficient_scope"), "{variables:?}");
        assert!(!said.stderr.contains("gateways-scope"), "{variables:?}: {said:?}");
        for token in &tokens {
            for part in token.split('.') {
                assert!(!said.stderr.contains(part), "{variables:?}: {part}");
            }
        }
        let told = said.stderr.replace("s3cr3t-sub", "");
        let line = told.lines().find(|line| line.contains("s3cr3t"));
        assert_eq!(line, None, "{variables:?}");
        assert_eq!(said.stderr.contains("s3cr3t-sub"), with_sub, "{variables:?}");
    }
}

#[test]
fn no_odd_request_brings_queries_or_colours_into_the_log() {
    let folder = mine();
    for profile in ["release", "debug"] {
        let variables = [("ROCKET_PROFILE", profile), ("ROCKET_LOG_LEVEL", "normal")];
        let server = Server::start(folder.path(), &variables);
        // Rocket's own parsers tell of the one, and Rocket of the other.
        server.send("GET /odd HTTP/1.1\r\nHost: a\r\nContent-Type: odd\r\n", b"");
        server.send("GET /a|b?access_token=s3cr3t HTTP/1.1\r\nHost: a\r\n", b"");
        server.send("GET /nowhere?access_token=s3cr3t HTTP/1.1\r\nHost: a\r\n", b"");
        let said = server.terminate();
        assert!(said.stderr.contains("GET /nowhere?…"), "{profile}: {said:?}");
        let line = said
            .stderr
            .lines()
            .find(|line| ["s3cr3t", "u001b", "u{1b}"].iter().any(|it| line.contains(it)));
        assert_eq!(line, None, "{profile}");
    }
}

#[test]
fn a_sub_is_told_of_callers_who_were_accepted_and_of_no_others() {
    let folder = mine();
    let variables = [RELEASE, CRITICAL, ("BEARER_LOG__SUB", "true")];
    let server = Server::start(folder.path(), &variables);
    let sub = "Ada \"the\nfirst\"";
    let good = token(folder.path(), &[RELEASE], &["--sub", sub]);
    assert_eq!(part(&good, 1)["sub"], sub);
    server.get("/messages", Some(&good));
    let expired = token(folder.path(), &[RELEASE], &["--sub", sub, "--expires-in=-1m"]);
    server.get("/messages", Some(&expired));
    let refusals = refusals(&server.terminate());
    assert_eq!(
        (refusals[0]["reason"].as_str(), &refusals[0]["sub"]),
        (Some("insufficient_scope"), &sub.into())
    );
    assert_eq!((refusals[1]["reason"].as_str(), refusals[1].get("sub")), (Some("expired"), None));
}

#[test]
fn a_flood_is_told_in_a_few_lines_and_a_number() {
    let folder = mine();
    let server = Server::start(folder.path(), &[RELEASE, CRITICAL]);
    for _ in 0..200 {
        assert_eq!(server.verdict("garbage").0, 401);
    }
    server.get("/headers", None);
    let refusals = refusals(&server.terminate());
    let told = refusals.iter().filter(|line| line["message"] == "request refused");
    let told: Vec<_> = told.map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(told.len(), 21, "{refusals:?}");
    assert_eq!(told.last(), Some(&"header_missing"), "a flood of one reason hides no other");
    let more = refusals.last().unwrap();
    assert_eq!(more["message"], "more requests refused");
    assert_eq!((&more["reason"], &more["count"]), (&"malformed".into(), &180.into()));
}

#[test]
fn what_rocket_says_of_odd_requests_is_bounded_in_production() {
    let folder = mine();
    let server = Server::start(folder.path(), &[RELEASE, CRITICAL]);
    for _ in 0..30 {
        server.send("BREW /headers?access_token=s3cr3t HTTP/1.1\r\nHost: a\r\n", b"");
    }
    let said = server.terminate();
    let of_requests = lines(&said).iter().filter(|line| line["target"] == "rocket::server").count();
    assert_eq!(of_requests, 20, "{said:?}");
}

#[test]
#[cfg(unix)]
fn connections_that_cannot_be_accepted_are_told_under_a_name_that_is_bounded() {
    let folder = mine();
    let mut limited = Command::new("/bin/sh");
    let script = "ulimit -n 40; exec \"$0\" serve";
    limited.args(["-c", script, env!("CARGO_BIN_EXE_rocket-bearer")]).current_dir(folder.path());
    limited.env_clear().envs([RELEASE, CRITICAL, ("ROCKET_PORT", "0")]);
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Server::of(Running::spawn(&mut limited));
    let connections: Vec<_> = (0..60).map(|_| server.connect()).collect();
    let line: Value = serde_json::from_str(&server.line_with("accept error")).unwrap();
    assert_eq!(line["target"], "rocket_http::listener", "`logs.rs` throttles by this: {line}");
    drop(connections);
}

#[test]
fn a_message_stays_one_line_in_both_formats() {
    let name = "a\n\u{1b}[2J.json";
    let folder = mine().and(name, Pair::new("mine").set());
    let config = MINE.replace("'keys/set.json'", r#""a\n\u001b[2J.json""#);
    let folder = folder.and("Rocket.toml", config);
    let said = Server::start(folder.path(), &[RELEASE, CRITICAL]).terminate();
    let is_whole = |line: &Value| line["message"].as_str().unwrap().contains(name);
    assert!(lines(&said).iter().any(is_whole), "{said:?}");
    let said = Server::start(folder.path(), &[CRITICAL]).terminate();
    assert!(said.stderr.contains(r"a\n\u{1b}[2J.json"), "{said:?}");
    assert!(!said.stderr.contains('\u{1b}'), "{said:?}");
}

#[test]
fn no_claim_and_no_path_acts_on_a_terminal_or_parts_a_line_in_either_format() {
    let odd = [
        "\u{0}\u{7}\u{8}\t\n\u{b}\r\u{1b}[2J",
        "\u{7f}\u{80}\u{85}\u{90}\u{9b}31m\u{9d}0;title\u{9f}",
        "\u{2028}\u{2029}",
        "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}",
        "é 漢 \" \\ \u{a0}",
    ];
    let file = format!("{}.json", odd[1]);
    let folder = mine();
    let set = std::fs::read(folder.path().join("keys/set.json")).unwrap();
    let folder = folder.and(&file, set);
    // TOML takes no DEL as it is, and an argument of a program no NUL; JSON has them by number.
    let toml = json!(file).to_string().replace('\u{7f}', "\\u007f");
    let folder = folder.and("Rocket.toml", MINE.replace("'keys/set.json'", &toml));
    let sub = odd.concat();
    let claim = format!("sub={}", json!(sub));
    let pem = folder.path().join("keys/mine.pem").display().to_string();
    let token = token(folder.path(), &[RELEASE], &["--claim", &claim, "--key", &pem]);
    for (profile, is_json) in [("release", true), ("debug", false)] {
        let variables = [
            ("ROCKET_PROFILE", profile),
            ("ROCKET_LOG_LEVEL", "normal"),
            ("BEARER_LOG__SUB", "true"),
        ];
        let server = Server::start(folder.path(), &variables);
        assert_eq!(server.get("/messages", Some(&token)).status, 403);
        let said = server.terminate();
        for character in odd[..4].concat().chars().filter(|it| !it.is_ascii_graphic()) {
            let is_there = said.stderr.contains(character);
            assert_eq!(is_there, character == '\n', "{character:?} in {profile}: {said:?}");
        }
        assert!(said.stderr.contains("é 漢 "), "{said:?}");
        if is_json {
            let refusals = refusals(&said);
            assert_eq!(refusals[0]["sub"], sub, "{said:?}");
            let told = lines(&said).iter().any(|line| line.to_string().contains("0;title"));
            assert!(told, "the path of the keys: {said:?}");
        }
    }
}

#[test]
fn at_level_off_nothing_is_said() {
    let folder = mine();
    let variables = [("ROCKET_LOG_LEVEL", "off"), ("ROCKET_PORT", "0")];
    // In the debug profile the curl line tells where it listens.
    let server = Server::start(folder.path(), &variables);
    server.get("/headers", None);
    assert_eq!(server.terminate().stderr, "");
}

#[test]
fn the_debug_profile_is_readable_and_colourless_in_a_pipe() {
    let folder = mine();
    let server = Server::start(folder.path(), &[("ROCKET_LOG_LEVEL", "normal")]);
    server.get("/headers", None);
    let said = server.terminate();
    let line = said.stderr.lines().find(|line| line.contains("request refused")).unwrap();
    let rest = " INFO rocket_bearer::refusal: request refused reason=\"header_missing\" status=401 \
                route=\"GET /headers\"";
    assert!(line.ends_with(rest), "{line}");
    assert!(!said.stderr.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_json_line_tells_each_thing_once() {
    let folder = mine();
    let server = Server::start(folder.path(), &[RELEASE, ("ROCKET_LOG_LEVEL", "normal")]);
    server.get("/headers", None);
    // Of Rocket's lines, one about a request and one with a field's name and quotes in it.
    server.get("/nowhere/%22,%22log.target%22:%22x%22", None);
    let said = server.terminate();
    let lines = lines(&said);
    let targets: Vec<_> = lines.iter().map(|line| line["target"].as_str().unwrap()).collect();
    for target in ["rocket::launch", "rocket::server", "rocket_bearer::refusal"] {
        assert!(targets.contains(&target), "{target} is not in {targets:?}");
    }
    for (line, text) in lines.iter().zip(said.stderr.lines()) {
        let members = line.as_object().unwrap();
        for name in ["timestamp", "level", "message", "target"] {
            assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{name}: {text}");
            assert!(members[name].is_string(), "{name}: {text}");
        }
        let twice = members.keys().find(|name| name.starts_with("log."));
        assert_eq!(twice, None, "{text}");
    }
}
