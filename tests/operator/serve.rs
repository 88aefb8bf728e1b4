//! `serve`: from the first line it prints to the last.

use std::net::TcpListener;

use serde_json::json;

use super::program::{
    Folder, Pair, Running, Server, Variables, repository, run, token, two_issuers,
};

const NO_AUDIENCE: &str = "[default.bearer]\ndomain = 'tenant.test'\n";

fn token_in(curl_line: &str) -> &str {
    let after = curl_line.split("Authorization: Bearer ").nth(1);
    after.and_then(|after| after.split(['\'', '"']).next()).expect("a token in the line")
}

#[test]
fn the_curl_line_works_as_it_is_printed() {
    for level in ["off", "critical", "normal"] {
        let mut server = Server::start(repository(), &[("ROCKET_LOG_LEVEL", level)]);
        let line = server.curl_line();
        assert!(line.trim_start().starts_with("curl "), "{level}: {line}");
        assert!(line.trim_end().ends_with("/headers"), "{level}: {line}");
        let answer = server.get("/headers", Some(token_in(&line)));
        assert_eq!((answer.status, answer.body), (200, "Access Granted".into()), "{level}");
    }
}

#[test]
fn without_a_token_nobody_is_let_in() {
    let server = Server::start(repository(), &[]);
    let answer = server.get("/headers", None);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.body["code"], "authorization_header_missing");
}

#[test]
fn what_everybody_can_sign_is_taken_by_a_name_of_this_machine_only() {
    let pair = Pair::new("own");
    let own = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
               issuer = 'https://own.test/'\njwks_file = 'set.json'\n";
    let own = Folder::with(own).and("set.json", pair.set()).and("own.pem", &pair.pem);
    let own = (Server::start(own.path(), &[]), token(own.path(), &[], &[]));
    let everybodys = (Server::start(repository(), &[]), token(repository(), &[], &[]));
    for (lines, is_taken) in [
        ("Host: 127.0.0.1:8000", true),
        ("Host: 127.1.2.3", true),
        ("Host: 0.0.0.0:8000", true),
        ("Host: [::1]:8000", true),
        ("Host: LOCALHOST:8000", true),
        ("Host: app.localhost:8000", true),
        ("Host: localhost.", true),
        // The name of a gateway's upstream; nobody can register it.
        ("Host: rocket_bearer", true),
        ("Host:", true),
        // DNS rebinding, or a proxy on loopback that lets in whoever comes.
        ("Host: evil.test", false),
        ("Host: evil.test:8000", false),
        ("Host: EVIL.TEST.:8000", false),
        ("Host: localhost.evil.test", false),
        ("Host: 127.0.0.1.evil.test", false),
        ("Host: 203.0.113.7:8000", false),
        ("Host: [2001:db8::7]", false),
        ("Host: a@evil.test", false),
        ("Host: evil.test:", false),
        ("Host: evil.test, localhost", false),
        ("Host: localhost\r\nHost: evil.test", false),
        ("Host: evil.test\r\nHost: localhost", false),
    ] {
        for ((server, token), is_taken) in [(&everybodys, is_taken), (&own, true)] {
            let head =
                format!("GET /headers HTTP/1.1\r\n{lines}\r\nAuthorization: Bearer {token}\r\n");
            let status = server.send(&head, b"").1.status;
            assert_eq!(status, if is_taken { 200 } else { 500 }, "{lines}");
        }
    }
}

#[test]
fn serve_is_what_it_does_without_a_command() {
    let mut server = Server::of(Running::start(repository(), &[("ROCKET_PORT", "0")], &[]));
    let line = server.curl_line();
    assert_eq!(server.verdict(token_in(&line)), (200, "granted".to_owned()));
}

#[test]
fn the_launch_tells_what_guards_each_route() {
    let said = Server::start(repository(), &[]).terminate();
    let told = said.stdout.lines().chain(said.stderr.lines());
    let told: Vec<_> = told.map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    for line in ["GET /headers AuthedUser", "method /auth Forwarded", "GET /healthz public,"] {
        let words: Vec<_> = line.split(' ').collect();
        let is_told = told.iter().any(|line| line.windows(3).any(|it| it == words));
        assert!(is_told, "{line:?} is not in {said:?}");
    }
}

#[test]
fn the_launch_tells_each_route_once_and_last_what_to_call() {
    let said = Server::start(repository(), &[("ROCKET_LOG_LEVEL", "normal")]).terminate();
    let launch = said.stderr.lines().take_while(|line| !line.contains("rocket::server"));
    let launch: Vec<_> = launch.collect();
    let all = said.stdout.clone() + &launch.join("\n") + "\n";
    for route in ["GET /me", "GET /messages", "POST /messages", "/auth/<_..>", "GET /readyz"] {
        let times = all.matches(&format!("{route} ")).count();
        assert_eq!(times, 1, "{route}: {said:?}");
    }
    assert!(launch.last().unwrap().contains("Rocket has launched from"), "{said:?}");
    // A terminal wraps the rest: Rocket's limits, the keys and their path, and the like.
    let too_long: Vec<_> = launch.iter().filter(|line| line.chars().count() > 80).collect();
    assert!(too_long.len() <= 4, "{too_long:?}");
    assert!(said.stdout.trim_end().lines().last().unwrap().starts_with("Or look: "), "{said:?}");
}

#[test]
fn serve_takes_a_profile_as_every_command_does() {
    let variables = [("ROCKET_PORT", "0"), ("ROCKET_LOG_LEVEL", "critical")];
    let said = Running::start(repository(), &variables, &["serve", "--profile", "auth0"]).end();
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("profile `auth0`"), "{said:?}");
}

#[test]
fn with_keys_of_ones_own_the_page_is_no_route() {
    let pair = Pair::new("own");
    let own = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://own.test/'\njwks_file = 'set.json'\n",
    )
    .and("set.json", pair.set())
    .and("own.pem", &pair.pem);
    let said = Server::start(own.path(), &[("ROCKET_LOG_LEVEL", "normal")]).terminate();
    let all = said.stdout + &said.stderr;
    assert!(!all.contains("/page/token") && !all.contains("Or look"), "{all}");
    assert!(all.contains("GET /headers"), "{all}");
}

#[test]
fn a_supervisor_can_end_it() {
    let said = Server::start(repository(), &[]).terminate();
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_port_in_use_is_named_with_its_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for level in ["off", "normal"] {
        let variables = [("ROCKET_PORT", port.as_str()), ("ROCKET_LOG_LEVEL", level)];
        let said = run(repository(), &variables, &["serve"]);
        assert_eq!(said.code, Some(1), "{level}: {said:?}");
        for word in ["127.0.0.1", &port, "ROCKET_ADDRESS", "ROCKET_PORT"] {
            assert!(said.stderr.contains(word), "{level}: {word:?} is not in {said:?}");
        }
    }
}

#[test]
fn why_it_does_not_launch_is_told_at_every_log_level() {
    let folder = Folder::with(NO_AUDIENCE);
    for level in ["off", "critical", "normal", "debug"] {
        let said = run(folder.path(), &[("ROCKET_LOG_LEVEL", level), ("ROCKET_PORT", "0")], &[]);
        assert_eq!(said.code, Some(1), "{level}: {said:?}");
        assert!(said.stderr.contains("`audience`"), "{level}: {said:?}");
        assert!(said.stderr.contains("BEARER_AUDIENCE"), "{level}: {said:?}");
    }
}

#[test]
fn serve_and_token_refuse_a_configuration_with_the_same_words() {
    let folder = Folder::with(NO_AUDIENCE);
    let why = run(folder.path(), &[], &["token"]).stderr;
    let why = why.trim().strip_prefix("rocket-bearer: ").expect("it says who speaks");
    let served = run(folder.path(), &[("ROCKET_PORT", "0")], &["serve"]).stderr;
    assert!(served.contains(why), "{why:?} is not in {served:?}");
}

const ISSUERS: [&str; 2] = ["https://first.test/", "https://second.test/"];

#[test]
fn outside_the_debug_profile_tokens_are_accepted_but_never_printed() {
    let folder = two_issuers("");
    for (profile, level) in [("release", "critical"), ("release", "normal"), ("staging", "normal")]
    {
        let variables = [("ROCKET_PROFILE", profile), ("ROCKET_LOG_LEVEL", level)];
        let server = Server::start(folder.path(), &variables);
        for issuer in ISSUERS {
            let token = token(folder.path(), &variables, &["--iss", issuer]);
            assert_eq!(server.verdict(&token), (200, "granted".to_owned()), "{profile}: {token}");
        }
        let said = server.terminate();
        // Every JWT begins like this: `{"` in base64url.
        assert!(!(said.stdout.clone() + &said.stderr).contains("eyJ"), "{profile}: {said:?}");
    }
}

/// Asserts that the launch speaks of each issuer in one line.
#[track_caller]
fn assert_a_line_for_each_issuer(level: &str) {
    let variables = [("ROCKET_PROFILE", "release"), ("ROCKET_LOG_LEVEL", level)];
    let said = Server::start(two_issuers("").path(), &variables).terminate();
    let all = said.stdout + &said.stderr;
    for issuer in ISSUERS {
        let lines = all.lines().filter(|line| line.contains(issuer)).count();
        assert_eq!(lines, 1, "{level}: {issuer} in {all}");
    }
}

#[test]
fn the_launch_has_a_line_for_each_issuer() {
    assert_a_line_for_each_issuer("normal");
}

#[test]
fn the_launch_has_a_line_for_each_issuer_at_a_release_builds_log_level() {
    assert_a_line_for_each_issuer("critical");
}

#[test]
fn without_a_private_key_the_debug_profile_serves_and_says_that_it_has_no_token() {
    let pair = Pair::new("mine");
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys.json'\n",
    )
    .and("keys.json", pair.set())
    .and("elsewhere/mine.pem", &pair.pem);
    let server = Server::start(folder.path(), &[]);
    let token = token(folder.path(), &[], &["--key", "elsewhere/mine.pem"]);
    assert_eq!(server.verdict(&token), (200, "granted".to_owned()));
    let said = server.terminate();
    assert!(said.stdout.contains("No private key"), "{said:?}");
    assert!(!(said.stdout + &said.stderr).contains("eyJ"));
}

#[test]
fn a_log_level_that_prints_tokens_is_warned_of() {
    for (level, warned) in [("debug", true), ("normal", false)] {
        let said = Server::start(repository(), &[("ROCKET_LOG_LEVEL", level)]).terminate();
        let all = said.stdout + &said.stderr;
        assert_eq!(all.contains("tokens included"), warned, "{level}: {all}");
    }
}

#[test]
fn a_configuration_that_rocket_cannot_read_is_a_launch_error_like_any_other() {
    let cases: [(&str, Variables<'_>, &str); 10] = [
        ("[default.bearer\n", &[], "line 1"),
        ("[default]\nworkers = 'many'\n", &[], "workers"),
        ("[default]\nshutdown = { force = 3 }\n", &[], "force"),
        ("[default]\naddress = 'here'\n", &[], "`address`"),
        ("[default]\nmax_blocking = 0\n", &[], "`max_blocking` at 0"),
        ("", &[("ROCKET_WORKERS", "0")], "`workers` at 0"),
        ("", &[("ROCKET_WORKERS", "s3cr3t")], "`ROCKET_WORKERS`"),
        ("", &[("ROCKET_ADDRESS", "s3cr3t")], "`ROCKET_ADDRESS` cannot be read"),
        ("", &[("ROCKET_SHUTDOWN", "{signals=[\"s3cr3t\"]}")], "one of alrm, chld"),
        ("", &[("ROCKET_LIMITS", "{string=s3cr3t}")], "ROCKET_LIMITS"),
    ];
    for (file, variables, named) in cases {
        let folder = Folder::with(file);
        for (command, code) in [("serve", 1), ("check", 1), ("explain", 2)] {
            let said = run(folder.path(), variables, &[command]);
            assert_eq!(said.code, Some(code), "{command} {file} {variables:?}: {said:?}");
            assert!(said.stderr.contains(named), "{command} {file} {variables:?}: {said:?}");
            let all = said.stdout + &said.stderr;
            for word in ["panicked", "s3cr3t"] {
                assert!(!all.contains(word), "{command} {file} {variables:?}: {all}");
            }
        }
    }
}

#[test]
fn a_port_that_is_no_number_is_a_launch_error() {
    let said = run(repository(), &[("ROCKET_PORT", "http")], &["serve"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("PORT"), "{said:?}");
}

#[test]
fn the_curl_line_of_an_ipv6_address_is_a_url() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let variables = [("ROCKET_ADDRESS", "::1"), ("ROCKET_PORT", "0")];
    let line = Running::start(repository(), &variables, &[]).line_with("curl ");
    assert!(line.contains(" http://[::1]:"), "{line}");
}

#[test]
fn each_key_that_is_passed_over_is_warned_of_once() {
    let mut bad = Pair::new("bad").jwk;
    bad["key_ops"] = json!("verify");
    let keys = json!({ "keys": [bad, Pair::new("good").jwk] }).to_string();
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys.json'\n",
    )
    .and("keys.json", keys);
    let mut running = Running::start(folder.path(), &[("ROCKET_PORT", "0")], &["serve"]);
    let line = running.line_with("is not a JWK");
    assert!(line.contains("keys.json") && line.contains("\"bad\""), "{line}");
    let said = Server::of(running).terminate();
    let all = said.stdout + &said.stderr;
    assert_eq!(all.matches("is not a JWK").count(), 1, "{all}");
}
