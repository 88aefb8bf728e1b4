//! `explain`: what it says of what people get wrong, and how it says it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::program::{Folder, Pair, Said, Variables, command, part, repository, run, token};
use super::support::issuer::{IssuerAnswer, MockIssuer};
use super::support::{Signer, but, good_claims};

/// When everything here is judged.
const AT: &str = "2026-05-01T12:00:00Z";
const NOW: i64 = 1_777_636_800;

/// An Auth0 profile whose keys are at hand: the bundled ones have other names in it.
fn tenant() -> Folder {
    let pair = Pair::new("tenant-key");
    Folder::with(
        "[default.bearer]\naudience = 'https://api.example'\n\
         [auth0.bearer]\nissuer = 'https://tenant.eu.auth0.com/'\njwks_file = 'keys.json'\n\
         algorithms = ['RS256', 'ES256']\n\
         [auth0.bearer.issuers.other]\nissuer = 'https://other.example/'\njwks_file = 'other.json'\n\
         [strict.bearer]\nissuer = 'https://tenant.eu.auth0.com/'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\ntoken_type = 'at+jwt'\nmax_age = 600\n\
         [plain.bearer]\nissuer = 'https://one.example/realms/a'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\n\
         [down.bearer]\nissuer = 'https://tenant.eu.auth0.com/'\n\
         jwks_uri = 'http://127.0.0.1:9/jwks.json'\n",
    )
    .and("keys.json", pair.set())
    .and("tenant-key.pem", &pair.pem)
    .and("other.json", Pair::new("others-key").set())
}

/// A token of the tenant, valid at [`AT`] but for these arguments.
fn tenants(folder: &Folder, arguments: &[&str]) -> String {
    let (iat, exp) = (format!("iat={}", NOW - 60), format!("exp={}", NOW + 540));
    let mut all = vec!["--claim", &iat, "--claim", &exp];
    for (option, value) in [
        ("--aud", "https://api.example"),
        ("--iss", "https://tenant.eu.auth0.com/"),
        ("--key", "tenant-key.pem"),
    ] {
        if !arguments.contains(&option) {
            all.extend([option, value]);
        }
    }
    token(folder.path(), &[("ROCKET_PROFILE", "auth0")], &[&all, arguments].concat())
}

fn explained(folder: &Folder, profile: &str, input: &str, arguments: &[&str]) -> Said {
    let fixed = ["explain", "--profile", profile, "--at", AT];
    let mut command = command(folder.path());
    let command = command.args(fixed).args(arguments).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What is pasted in, by the name of the case, and the profile that judges it.
fn cases(folder: &Folder) -> Vec<(&'static str, &'static str, String)> {
    let good = tenants(folder, &[]);
    let made = |arguments: &[&str]| tenants(folder, arguments);
    let iss = |iss: &str| made(&["--iss", iss]);
    let bundled = |arguments: &[&str]| {
        let key = repository().join("keys/dev-rs256.pem");
        let key = ["--key", key.to_str().unwrap(), "--kid", "dev-rs256"];
        made(&[&key[..], arguments].concat())
    };
    let all_but_the_end = good[..good.len() - 5].to_owned();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let at = |claim: &str, seconds: i64| format!("{claim}={}", NOW + seconds);
    let longer = ["--claim", &format!("roles={}", "x".repeat(20_000))].map(str::to_owned);
    let jwe = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.aXZ";
    vec![
        ("a good token", "auth0", good.clone()),
        ("nothing", "auth0", String::new()),
        ("Bearer alone", "auth0", "Bearer ".to_owned()),
        ("another scheme", "auth0", "Basic YTpi".to_owned()),
        ("Bearer pasted along", "auth0", format!("Bearer {good}")),
        ("the header pasted along", "auth0", format!("Authorization: Bearer {good}")),
        ("two tokens", "auth0", format!("{good} {good}")),
        ("Bearer twice", "auth0", format!("Bearer Bearer {good}")),
        ("a wrapped token", "auth0", format!("{}\r\n{}", &good[..80], &good[80..])),
        ("quotes", "auth0", format!("\"{good}\"")),
        ("URL-encoding", "auth0", good.replace('.', "%2E")),
        ("base64 padding", "auth0", format!("{good}==")),
        ("a token endpoint's answer", "auth0", json!({ "access_token": good }).to_string()),
        ("a token too long", "auth0", made(&[&longer[0], &longer[1]])),
        ("a JWE", "auth0", jwe.to_owned()),
        ("an opaque token", "auth0", "wq3Xz0b3m1yQ8fK2t7uLr5Vn9sPdGcJh".to_owned()),
        ("an unset variable", "auth0", "undefined".to_owned()),
        ("the name of a variable", "auth0", "$TOKEN".to_owned()),
        ("an object as text", "auth0", "Bearer [object Object]".to_owned()),
        ("an access token of Google", "auth0", "ya29.a0AfH6SMBx".to_owned()),
        ("a refresh token", "auth0", "v1.MRjVNoZfnQgAK3HshlAw8aSDVnU".to_owned()),
        ("a client secret", "auth0", "aZ9-".repeat(16)),
        ("a token cut off", "auth0", all_but_the_end),
        ("the first half of a token", "auth0", head.to_owned()),
        ("no header", "auth0", format!("e30{good}")),
        ("alg twice", "auth0", {
            let header = "eyJhbGciOiJFUzI1NiIsImFsZyI6Im5vbmUiLCJraWQiOiJ0ZW5hbnQta2V5In0";
            format!("{header}.{}", good.split_once('.').unwrap().1)
        }),
        ("an unsigned token", "auth0", made(&["--header", "alg=none"])),
        ("an HS256 application", "auth0", made(&["--header", "alg=HS256"])),
        ("an algorithm that is not allowed", "auth0", made(&["--header", "alg=RS512"])),
        ("crit", "auth0", made(&["--header", "crit=[\"b64\"]"])),
        ("a logout token", "auth0", made(&["--header", "typ=logout+jwt"])),
        ("no kid", "auth0", {
            let header = "eyJhbGciOiJFUzI1NiJ9";
            format!("{header}.{}", good.split_once('.').unwrap().1)
        }),
        ("a slash missing", "auth0", iss("https://tenant.eu.auth0.com")),
        ("no scheme", "auth0", iss("tenant.eu.auth0.com/")),
        ("another tenant", "auth0", iss("https://staging.eu.auth0.com/")),
        ("a custom domain", "auth0", iss("https://login.acme.test/")),
        ("another issuer", "plain", iss("https://two.example/")),
        ("another realm", "plain", iss("https://one.example/realms/b")),
        ("a development token", "auth0", bundled(&["--iss", "https://issuer.localhost/"])),
        ("a development key", "auth0", bundled(&[])),
        ("another issuer's key", "auth0", made(&["--kid", "others-key"])),
        ("an unknown key", "auth0", made(&["--kid", "old-key"])),
        ("a key of another type", "auth0", made(&["--header", "alg=RS256"])),
        ("a changed token", "auth0", {
            let claims = part(&good, 1).to_string().replace("developer", "mallory");
            let claims = URL_SAFE_NO_PAD.encode(claims);
            format!("{}.{claims}.{signature}", good.split('.').next().unwrap())
        }),
        ("an issuer that is down", "down", made(&["--header", "alg=RS256"])),
        ("exp as text", "auth0", made(&["--claim", "exp=\"soon\""])),
        ("aud as a number", "auth0", made(&["--claim", "aud=[\"https://api.example\",7]"])),
        ("milliseconds", "auth0", made(&["--claim", "iat=1777636800000"])),
        ("milliseconds till the end", "auth0", made(&["--claim", "exp=1777637400000"])),
        ("an expired token", "auth0", made(&["--claim", &at("exp", -3_783)])),
        ("a clock that is ahead", "auth0", made(&["--claim", &at("iat", 43)])),
        ("a token for later", "auth0", made(&["--claim", &at("nbf", 300)])),
        ("a token too old", "strict", {
            let iat = at("iat", -7_200);
            made(&["--header", "typ=at+jwt", "--claim", &iat])
        }),
        ("no client_id in at+jwt", "strict", made(&["--header", "typ=at+jwt"])),
        ("JWT where at+jwt is wanted", "strict", good.clone()),
        ("an ID token", "auth0", made(&["--aud", "client-1", "--claim", "nonce=n"])),
        ("a wrong audience", "auth0", made(&["--claim", "aud=[\"https://other.example\"]"])),
        ("no audience", "auth0", made(&["--claim", "aud=[]"])),
        ("a DPoP token", "auth0", made(&["--claim", "cnf={\"jkt\":\"x\"}"])),
        ("an expired token of an unknown key", "auth0", {
            made(&["--kid", "old-key", "--claim", &at("exp", -90_000)])
        }),
    ]
}

#[test]
fn every_diagnosis_reads_as_it_is_written_down() {
    let folder = tenant();
    let mut said = String::new();
    for (name, profile, input) in cases(&folder) {
        let Said { code, stdout, stderr } = explained(&folder, profile, &input, &[]);
        let (_, checks) = stdout.split_once(" header      ").unwrap();
        let verdict = checks.split_once("\n\n").unwrap().1;
        writeln!(said, "## {name}: exit {}\n\n{verdict}", code.unwrap()).unwrap();
        assert_eq!(stderr, "", "{name}");
        let signature = input.split('.').nth(2).filter(|it| it.len() > 16);
        assert!(signature.is_none_or(|it| !stdout.contains(it)), "{name}: {stdout}");
        if !input.contains('.') && input.len() > 8 {
            assert!(!stdout.contains(&input), "{name} may be a secret: {stdout}");
        }
    }
    assert_golden("tests/operator/explain.md", &format!("{}\n", said.trim_end()));
}

#[test]
fn the_report_is_told_check_by_check() {
    let folder = tenant();
    let token = tenants(&folder, &["--claim", &format!("exp={}", NOW - 5)]);
    let said = explained(&folder, "auth0", &token, &[]);
    assert_golden("tests/operator/explain.txt", &said.stdout);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""));
}

/// `UPDATE_GOLDEN=1 cargo test --test cli explain` writes the files anew; read the difference.
#[track_caller]
fn assert_golden(file: &str, said: &str) {
    let path = repository().join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    let difference = said.split("## ").zip(golden.split("## ")).find(|(said, it)| said != it);
    assert_eq!(difference, None, "said, and written in {file}");
    assert_eq!(said, golden);
}

#[test]
fn json_is_for_programs() {
    let folder = tenant();
    let token = tenants(&folder, &[]);
    let said = explained(&folder, "auth0", &token, &["--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["accepted"], true);
    assert_eq!(report["profile"], "auth0");
    assert_eq!(report["offline"], false);
    assert_eq!(report["at"], AT);
    assert_eq!(
        report["checks"][0],
        json!({
            "check": "header", "outcome": "passed", "expected": "one header, `Bearer <token>`",
            "found": "one token",
        })
    );
    assert_eq!(
        report["answer"],
        json!({ "status": 200, "www_authenticate": null, "retry_after": null, "body": "Access Granted" })
    );
    assert_eq!(report["diagnoses"], json!([]));
}

#[test]
fn a_pipe_gets_no_colour_and_no_escape_of_the_token_reaches_the_terminal() {
    let folder = tenant();
    let token = tenants(&folder, &["--claim", "aud=\u{1b}[31m\u{202e}\u{7}x"]);
    let said = explained(&folder, "auth0", &token, &[]);
    assert!(said.stdout.contains("\\u001b[31m\\u{202e}\\u0007x"), "{said:?}");
    assert!(said.stdout.chars().all(|it| it == '\n' || !it.is_control()), "{said:?}");
}

#[test]
fn the_time_of_judgement_can_be_chosen() {
    let folder = tenant();
    let token = tenants(&folder, &[]);
    let end = NOW + 540;
    for (at, code) in [
        (AT.to_owned(), 0),
        (NOW.to_string(), 0),
        ("2026-05-01 12:00:00".to_owned(), 0),
        ((end + 4).to_string(), 0),
        ((end + 5).to_string(), 1),
        ((NOW - 66).to_string(), 1),
        ("noon".to_owned(), 2),
        ("-1".to_owned(), 2),
        ("99999999999999999999".to_owned(), 2),
    ] {
        let said =
            run(folder.path(), &[], &["explain", "--profile=auth0", &format!("--at={at}"), &token]);
        assert_eq!(said.code, Some(code), "{at}: {said:?}");
    }
}

#[test]
fn offline_nothing_is_fetched_and_that_is_said() {
    let folder = tenant();
    let token = tenants(&folder, &["--header", "alg=RS256"]);
    let said = explained(&folder, "down", &token, &["--offline"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    for words in ["nothing fetched (offline)", "offline: Nothing was fetched", "answers 503"] {
        assert!(said.stdout.contains(words), "{words}: {said:?}");
    }
    let said = explained(&folder, "auth0", &tenants(&folder, &[]), &["--offline"]);
    assert_eq!(said.code, Some(0), "a key set at hand needs no network: {said:?}");
}

#[test]
fn whose_keys_have_judged_is_said_where_a_server_may_hold_others() {
    let (key, issuer) = (Signer::of("RS256"), MockIssuer::start());
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": format!("{}/keys", issuer.url) });
    issuer.answers("/.well-known/openid-configuration", IssuerAnswer::json(&metadata));
    issuer.answers("/keys", IssuerAnswer::keys(&[&key]));
    let toml = format!("[default.bearer]\naudience = 'image'\nissuer = '{}'\n", issuer.url);
    let folder = Folder::with(&toml).and("keys.json", json!({ "keys": [key.jwk] }).to_string());
    let claims = |members| but(but(good_claims(), json!({ "iss": issuer.url })), members);
    let good = key.token(&key.header(), &claims(json!({})));
    let expired = key.token(&key.header(), &claims(json!({ "exp": 1 })));
    let no_kid = key.token(&json!({ "alg": "RS256" }), &claims(json!({})));
    let fetched = "fetched now; a running server may hold older ones for up to 600 s";
    let to_an_hour = "(`jwks.refresh`), or 3600 s where the issuer's `Cache-Control` says so";
    let day = "up to 7200 s (`jwks.refresh`)\n";
    let (file, refresh) = (("BEARER_JWKS_FILE", "keys.json"), ("BEARER_JWKS__REFRESH", "7200"));
    let unwatched = ("BEARER_JWKS__WATCH", "false");
    let cases: [(&str, Variables<'_>, &[&str], Option<&str>); 8] = [
        (&good, &[], &[], Some(fetched)),
        (&good, &[], &[], Some(to_an_hour)),
        (&good, &[refresh], &[], Some(day)),
        (&expired, &[], &[], Some(fetched)),
        (&no_kid, &[], &[], None),
        (&good, &[], &["--offline"], None),
        (&good, &[file], &[], None),
        (
            &good,
            &[file, unwatched],
            &[],
            Some("read now; a running server holds those of its launch"),
        ),
    ];
    for (token, variables, arguments, told) in cases {
        let arguments = [&["explain", token], arguments].concat();
        let said = run(folder.path(), variables, &arguments);
        let json = run(folder.path(), variables, &[&arguments[..], &["--json"]].concat());
        let report: Value = serde_json::from_str(&json.stdout).unwrap();
        let checked = run(folder.path(), variables, &["check"]);
        match told {
            Some(told) => {
                assert!(
                    said.stdout.contains("\n  by keys ") && said.stdout.contains(told),
                    "{said:?}"
                );
                assert!(report["keys"].as_str().unwrap().contains(told.trim_end()), "{report}");
                assert!(checked.stdout.contains(told), "{checked:?}");
            }
            None => {
                assert!(!said.stdout.contains("by keys"), "{said:?}");
                assert_eq!(report["keys"], Value::Null);
            }
        }
    }
}

/// A profile that no server starts with accepts nothing.
#[test]
fn nothing_is_accepted_by_a_profile_that_does_not_launch() {
    let pair = Pair::new("mine");
    let mine = "issuer = 'https://mine.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n";
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\n{mine}\
         [idle]\nworkers = 0\n[idle.bearer]\n[nowhere]\naddress = 'nowhere'\n\
         [public]\naddress = '0.0.0.0'\n"
    ))
    .and("keys.json", pair.set())
    .and("mine.pem", &pair.pem);
    let good = token(folder.path(), &[], &[]);
    for (profile, code) in [("debug", 0), ("public", 0), ("idle", 2), ("nowhere", 2)] {
        let said = run(folder.path(), &[], &["explain", &good, "--profile", profile]);
        assert_eq!(said.code, Some(code), "{profile}: {said:?}");
    }
}

#[test]
fn the_profile_and_the_tutorials_names_choose_the_configuration() {
    let token = token(repository(), &[], &[]);
    let auth0 =
        [("ROCKET_PROFILE", "auth0"), ("AUTH0_DOMAIN", "tenant.test"), ("API_AUDIENCE", "image")];
    let cases: [(Variables<'_>, &[&str], i32, &str); 4] = [
        (&[], &[], 0, "profile debug"),
        (&auth0, &["--offline"], 1, "https://tenant.test/"),
        (&auth0[1..], &["--offline", "--profile", "auth0"], 1, "https://tenant.test/"),
        (&auth0, &["--profile", "nowhere"], 1, "profile nowhere"),
    ];
    for (variables, arguments, code, says) in cases {
        let said = run(repository(), variables, &[&["explain", &token], arguments].concat());
        assert_eq!(said.code, Some(code), "{variables:?} {arguments:?}: {said:?}");
        assert!(said.stdout.contains(says), "{variables:?} {arguments:?}: {said:?}");
    }
}

#[test]
fn a_time_that_no_calendar_has_is_told_in_seconds() {
    let token = token(repository(), &[], &[]);
    let said = run(repository(), &[], &["explain", &token, "--at", "253402300900"]);
    assert!(said.stdout.contains("profile debug, at 253402300900\n"), "{said:?}");
    assert!(said.stdout.contains("expected: after 253402300895"), "{said:?}");
}

#[test]
fn what_cannot_be_judged_is_no_refusal() {
    let folder = tenant();
    let (good, empty) = (tenants(&folder, &[]), Folder::with(""));
    for (folder, arguments, says) in [
        (&folder, ["--profile", "nowhere"].as_slice(), "ROCKET_PROFILE"),
        (&empty, &[], "signing keys"),
        (&folder, &["--when", "now"], "--when"),
    ] {
        let said = run(folder.path(), &[], &[&["explain", &good], arguments].concat());
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(says), "{arguments:?}: {said:?}");
        let is_usage = arguments == ["--when", "now"];
        assert_eq!(said.stdout.is_empty(), is_usage, "{arguments:?}: {said:?}");
    }
}

#[test]
fn what_it_found_is_what_the_token_says() {
    let folder = tenant();
    let token = tenants(&folder, &["--sub", "alice"]);
    let said = explained(&folder, "auth0", &token, &["--json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    for (check, value) in [
        ("alg", &header["alg"]),
        ("kid", &header["kid"]),
        ("typ", &header["typ"]),
        ("iss", &claims["iss"]),
        ("aud", &claims["aud"]),
    ] {
        let checks = report["checks"].as_array().unwrap();
        let found = checks.iter().find(|it| it["check"] == check).unwrap();
        assert_eq!(found["found"], value.to_string(), "{check}");
    }
    assert_eq!(
        (&report["header"], &report["claims"], &report["proved"]),
        (&header, &claims, &json!(true))
    );
}
