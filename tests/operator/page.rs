//! The developer's page: what it is, and who gets nothing of it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::program::{Answer, Folder, Pair, Server, repository, token};

const PATHS: [(&str, &str); 3] = [("GET", "/"), ("POST", "/page/explain"), ("POST", "/page/token")];

/// A request with these header lines, where `{port}` is the server's.
#[track_caller]
fn ask(server: &Server, (method, path): (&str, &str), lines: &[&str]) -> (String, Answer) {
    let port = server.address.rsplit_once(':').unwrap().1;
    let lines = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
    let head = format!("{method} {path} HTTP/1.1\r\n{lines}").replace("{port}", port);
    server.send(&head, b"")
}

#[test]
fn only_a_browser_on_this_machine_and_only_this_page_may_use_it() {
    let server = Server::start(repository(), &[]);
    let (ours, here) = ("Origin: http://127.0.0.1:{port}", "Host: 127.0.0.1:{port}");
    let same = "Sec-Fetch-Site: same-origin";
    // Header lines; whether the page is shown; whether it may mint and explain.
    let cases: &[(&[&str], bool, bool)] = &[
        (&[here, ours], true, true),
        (&[here, same], true, true),
        (&[here, ours, same], true, true),
        (&["Host: localhost:{port}", "Origin: http://localhost:{port}"], true, true),
        (&["Host: LOCALHOST:{port}", same], true, true),
        (&["Host: [::1]:{port}", "Origin: http://[::1]:{port}"], true, true),
        (&["Host: localhost", "Origin: http://localhost"], true, true),
        (&["Host: 127.0.0.1:9", "Origin: http://127.0.0.1:9"], true, true),
        // No browser, or one that tells nothing.
        (&[here], true, false),
        // Another site, which can send a simple request without asking.
        (&[here, "Origin: https://evil.test"], true, false),
        (&[here, "Origin: http://localhost:{port}"], true, false),
        (&[here, "Origin: https://127.0.0.1:{port}"], true, false),
        (&[here, "Origin: http://127.0.0.1"], true, false),
        (&[here, "Origin: http://127.0.0.1:1"], true, false),
        (&[here, "Origin: http://127.0.0.1:{port}.evil.test"], true, false),
        (&[here, "Origin: http://127.0.0.1:{port}/"], true, false),
        (&[here, "Origin: null"], true, false),
        (&[here, "Origin:"], true, false),
        (&[here, ours, "Origin: https://evil.test"], true, false),
        (&[here, ours, "Sec-Fetch-Site: cross-site"], true, false),
        (&[here, "Sec-Fetch-Site: same-site"], true, false),
        (&[here, "Sec-Fetch-Site: none"], true, false),
        (&[here, "Sec-Fetch-Site: cross-site"], true, false),
        (&[here, same, "Sec-Fetch-Site: cross-site"], true, false),
        (&[here, same, "Origin: https://evil.test"], true, false),
        // DNS rebinding: the browser believes that it speaks to another host.
        (&["Host: evil.test:{port}", "Origin: http://evil.test:{port}"], false, false),
        (&["Host: evil.test", same], false, false),
        (&["Host: localhost.evil.test", same], false, false),
        (&["Host: 127.0.0.1.evil.test:{port}", same], false, false),
        (&["Host: localhost.:{port}", same], false, false),
        (&["Host: 127.0.0.2:{port}", same], false, false),
        (&["Host: 0.0.0.0:{port}", same], false, false),
        (&["Host: 127.1:{port}", same], false, false),
        (&["Host: ::1", same], false, false),
        (&["Host: localhost:port", same], false, false),
        (&["Host: localhost:65536", same], false, false),
        (&["Host: evil.test@127.0.0.1:{port}", same], false, false),
        (&["Host: 127.0.0.1:{port}, evil.test", same], false, false),
        (&["Host:", same], false, false),
        (&["Host: evil.test", here, same], false, false),
        (&[here, "Host: evil.test", same], false, false),
        (&[same], false, false),
    ];
    for (lines, is_shown, is_used) in cases {
        for (request, may) in PATHS.into_iter().zip([*is_shown, *is_used, *is_used]) {
            let (head, answer) = ask(&server, request, lines);
            let expected = if may { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{request:?} with {lines:?}: {answer:?}");
            if !may {
                assert_eq!(answer.body["code"], "forbidden", "{request:?} with {lines:?}");
            }
            let head = head.to_ascii_lowercase();
            assert!(!head.contains("access-control-"), "{request:?} with {lines:?}: {head}");
            assert!(head.contains("cache-control: no-store"), "{request:?} with {lines:?}: {head}");
        }
    }
}

#[test]
fn it_is_there_for_the_bundled_keys_in_the_debug_profile_on_loopback_only() {
    let pair = Pair::new("mine");
    let own = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys.json'\n",
    )
    .and("keys.json", pair.set())
    .and("mine.pem", &pair.pem);
    for variables in [
        [("ROCKET_PROFILE", "release"), ("ROCKET_LOG_LEVEL", "normal")].as_slice(),
        &[("ROCKET_PROFILE", "staging"), ("ROCKET_LOG_LEVEL", "normal")],
        &[("ROCKET_PROFILE", "debug")],
    ] {
        let server = Server::start(own.path(), variables);
        for request in PATHS {
            let (_, answer) =
                ask(&server, request, &["Host: localhost", "Origin: http://localhost"]);
            assert_eq!(answer.status, 404, "{variables:?} {request:?}: {answer:?}");
            assert_eq!(answer.body["code"], "not_found", "{variables:?} {request:?}");
        }
    }
}

#[test]
fn it_loads_nothing_and_runs_only_what_is_written_in_it() {
    let server = Server::start(repository(), &[]);
    let (head, answer) = ask(&server, PATHS[0], &["Host: localhost"]);
    let page = answer.body.as_str().unwrap();
    let policy = head.lines().find_map(|it| it.strip_prefix("content-security-policy: ")).unwrap();
    let inline = |tag: &str| {
        let (_, text) = page.split_once(&format!("<{tag}>")).unwrap();
        let text = text.split_once(&format!("</{tag}>")).unwrap().0;
        format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
    };
    for directive in [
        "default-src 'none'".to_owned(),
        format!("script-src {}", inline("script")),
        format!("style-src {}", inline("style")),
        "img-src data:".to_owned(),
        "connect-src 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ] {
        assert!(policy.split("; ").any(|it| it == directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for loaded in
        ["src=", "@import", "url(", "innerHTML", "localStorage", "sessionStorage", "cookie"]
    {
        assert!(!page.contains(loaded), "{loaded}");
    }
    for configured in ["https://issuer.localhost/", "dev-rs256", "image", "auth0"] {
        assert!(
            page.contains(&format!(">{configured}")) || page.contains(configured),
            "{configured}"
        );
    }
}

#[test]
fn it_explains_and_mints_as_the_commands_do() {
    let server = Server::start(repository(), &[]);
    let post = |path: &str, body: &[u8]| {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n", server.address);
        server.send(&head, body).1
    };
    let minted = post("/page/token", b"").body["token"].as_str().unwrap().to_owned();
    assert_eq!(server.verdict(&minted), (200, "granted".to_owned()));
    assert_eq!(post("/page/explain", minted.as_bytes()).body["accepted"], true);

    let expired = token(repository(), &[], &["--expires-in=-1m"]);
    let report = post("/page/explain", expired.as_bytes()).body;
    assert_eq!(report["answer"]["status"], 401, "{report}");
    assert_eq!(report["diagnoses"][0]["name"], "expired", "{report}");

    assert_eq!(post("/page/explain", &[b'a'; 65_537]).status, 413);
    assert_eq!(post("/page/explain", &[b'a'; 65_536]).status, 200);
    assert_eq!(post("/page/explain", b"\xff").status, 400);
}

#[test]
fn it_judges_as_a_route_and_makes_tokens_as_they_are_wanted() {
    let server = Server::start(repository(), &[]);
    let post = |path: &str, body: &str| {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n", server.address);
        server.send(&head, body.as_bytes()).1
    };
    let wanted = r#"{"sub":"alice","scope":"read:messages","permissions":["write:messages"],
        "roles":["admin"],"expires_in":300}"#;
    let token = post("/page/token", wanted).body["token"].as_str().unwrap().to_owned();
    let claims = super::program::part(&token, 1);
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["scope"], "read:messages");
    assert_eq!(claims["permissions"], serde_json::json!(["write:messages"]));
    assert_eq!(claims["roles"], serde_json::json!(["admin"]));
    let (exp, iat) = (claims["exp"].as_i64().unwrap(), claims["iat"].as_i64().unwrap());
    assert_eq!(exp - iat, 300);

    let plain = post("/page/token", "{}").body["token"].as_str().unwrap().to_owned();
    for (route, rich_status, plain_status) in [
        ("", 200, 200),
        ("?route=GET%20/headers", 200, 200),
        ("?route=GET%20/me", 200, 200),
        ("?route=GET%20/messages", 200, 403),
        ("?route=POST%20/messages", 200, 403),
    ] {
        for (token, status) in [(&token, rich_status), (&plain, plain_status)] {
            let report = post(&format!("/page/explain{route}"), token).body;
            assert_eq!(report["answer"]["status"], status, "{route}: {report}");
            assert_eq!(report["proved"], true, "{route}: {report}");
        }
    }
    for (wanted, status) in [
        (r#"{"expires_in":-3600}"#, 401),
        (r#"{"audience":"https://another-api.example/"}"#, 401),
        (r#"{"expires_in":86400}"#, 200),
    ] {
        let token = post("/page/token", wanted).body["token"].as_str().unwrap().to_owned();
        assert_eq!(post("/page/explain", &token).body["answer"]["status"], status, "{wanted}");
    }
    for wanted in ["null", r#"{"key":"prod.pem"}"#, r#"{"expires_in":1e30}"#, "x"] {
        assert_eq!(post("/page/token", wanted).status, 400, "{wanted}");
    }
    for route in ["?route=GET%20/readyz", "?route=", "?route=GET%20/page/token"] {
        assert_eq!(post(&format!("/page/explain{route}"), &plain).status, 400, "{route}");
    }
    assert_eq!(post("/page/token", &" ".repeat(65_537)).status, 413);
}

#[test]
fn its_payload_keeps_numbers_that_a_browser_would_round() {
    let server = Server::start(repository(), &[]);
    let token =
        token(repository(), &[], &["--claim", "id=9007199254740993", "--claim", "n=\u{202e}"]);
    let head = format!(
        "POST /page/explain HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n",
        server.address
    );
    let report = server.send(&head, token.as_bytes()).1.body;
    let payload = report["decoded"]["claims"].as_str().unwrap();
    assert!(payload.contains("\"id\": 9007199254740993,"), "{payload}");
    assert!(payload.contains("\"n\": \"\\u202e\""), "{payload}");
}

#[test]
fn the_launch_says_where_it_is() {
    let said = Server::start(repository(), &[]).terminate();
    assert!(said.stdout.contains("Or look: http://127.0.0.1:"), "{said:?}");
}

#[test]
fn it_signs_with_no_key_but_a_development_key() {
    let own = Pair::new("own");
    let dev = |name: &str| std::fs::read(repository().join("keys").join(name)).unwrap();
    let folder = Folder::with(
        "[debug.bearer]\naudience = 'prod-api'\nalgorithms = ['ES256', 'RS256']\n\
         issuer = 'https://own.test/'\njwks_file = 'own/set.json'\n\
         [debug.bearer.issuers.dev]\nissuer = 'https://issuer.localhost/'\n\
         jwks_file = 'dev/jwks.json'\n",
    )
    .and("own/set.json", own.set())
    .and("own/own.pem", &own.pem)
    .and("dev/jwks.json", dev("jwks.json"))
    .and("dev/dev-rs256.pem", dev("dev-rs256.pem"));
    let server = Server::start(folder.path(), &[]);
    let lines = ["Host: 127.0.0.1:{port}", "Sec-Fetch-Site: same-origin", "Content-Length: 0"];
    let (_, answer) = ask(&server, ("POST", "/page/token"), &lines);
    let token = answer.body["token"].as_str().unwrap();
    assert_eq!(super::program::part(token, 0)["kid"], "dev-rs256");
    assert_eq!(super::program::part(token, 1)["iss"], "https://issuer.localhost/");
}
