//! Proofs on the command line: `proof`, `token --bind`, `explain --proof`, what they say of a wrong use,
//! and each cure that `explain` prints for a proof, done.

use serde_json::json;

use super::program::{Folder, Pair, Said, Server, Variables, part, run, token};
use super::support::but;

const URL: &str = "https://api.test/headers";

/// An API that takes bound tokens, and the key of a client.
fn folder() -> Folder {
    let (pair, client) = (Pair::new("k1"), Pair::new("client"));
    Folder::with(
        "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\n[default.bearer.dpop]\nmode = 'allowed'\nbase = 'https://api.test'\n",
    )
    .and("keys.json", pair.set())
    .and("k1.pem", pair.pem)
    .and("client.pem", client.pem)
    .and("other.pem", Pair::new("other").pem)
}

/// A token that is bound to the client's key.
fn bound(folder: &Folder) -> String {
    token(folder.path(), &[], &["--bind", "client.pem"])
}

/// The proof that `rocket-bearer proof` prints with these arguments; it must.
#[track_caller]
fn proof(folder: &Folder, arguments: &[&str]) -> String {
    let said = run(folder.path(), &[], &[&["proof"], arguments].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{arguments:?}: {said:?}");
    said.stdout.strip_suffix('\n').expect("a line").to_owned()
}

fn good(folder: &Folder, token: &str) -> String {
    proof(folder, &["--key", "client.pem", "--token", token, "--url", URL])
}

#[test]
fn a_proof_says_what_was_asked_for() {
    let folder = folder();
    let token = bound(&folder);
    let with_query = format!("{URL}?a=b#c");
    for (arguments, claim, value) in [
        (&["--url", URL][..], "htu", json!(URL)),
        (&["--url", &with_query], "htu", json!(URL)),
        (&["--url", URL], "htm", json!("GET")),
        (&["--url", URL, "--method", "PATCH"], "htm", json!("PATCH")),
        (&["--url", URL], "ath", json!(null)),
        (&["--url", URL], "nonce", json!(null)),
        (&["--url", URL, "--nonce", "abc"], "nonce", json!("abc")),
        (&["--url", URL, "--nonce", " abc\n"], "nonce", json!("abc")),
    ] {
        let made = proof(&folder, &[&["--key", "client.pem"], arguments].concat());
        assert_eq!(part(&made, 1)[claim], value, "{arguments:?}");
        let header = part(&made, 0);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert_eq!(header["jwk"], but(header["jwk"].clone(), json!({ "d": null, "kid": null })));
    }
    let [one, other] = [&token, &format!("{token}\n")].map(|it| part(&good(&folder, it), 1));
    assert_eq!(one["ath"], other["ath"]);
    assert_ne!(one["jti"], other["jti"]);
}

#[test]
fn a_new_key_is_made_once_and_for_its_owner() {
    let folder = folder();
    let new = ["--new-key", "new.pem", "--url", URL];
    let first = proof(&folder, &new);
    let again = run(folder.path(), &[], &[&["proof"], &new[..]].concat());
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("new.pem exists already; use its key with `--key new.pem`"));
    let second = proof(&folder, &["--key", "new.pem", "--url", URL]);
    assert_eq!(part(&first, 0)["jwk"], part(&second, 0)["jwk"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("new.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let bound = token(folder.path(), &[], &["--bind", "new.pem"]);
    assert_eq!(part(&bound, 1)["cnf"]["jkt"].as_str().map(str::len), Some(43));
}

#[test]
fn a_wrong_use_is_told_and_makes_nothing() {
    let folder = folder();
    let token = bound(&folder);
    let bearer = format!("Bearer {token}");
    let key = ["--key", "client.pem"];
    let url = ["--url", URL];
    for (arguments, code, says) in [
        (&["proof"][..], 2, "--url <URL>"),
        (&["proof", "--url", URL], 2, "--key <FILE>"),
        (&["proof", "--url", "/headers", "--key", "client.pem"], 1, "is no absolute URL"),
        (&["proof", "--url", "headers", "--new-key", "made.pem"], 1, "is no absolute URL"),
        (&["proof", "--url", "https://u@api.test/", "--new-key", "made.pem"], 1, "no absolute URL"),
        (&["proof", "--url", URL, "--key", "a.pem", "--new-key", "made.pem"], 2, "cannot be used"),
        (
            &["proof", "--url", URL, "--key", "nowhere.pem"],
            1,
            "`rocket-bearer proof --new-key nowhere",
        ),
        (&["proof", "--url", URL, "--key", "Rocket.toml"], 1, "no PEM of a private key"),
        (
            &["proof", "--url", URL, "--new-key", "nowhere/made.pem"],
            1,
            "cannot write nowhere/made.pem",
        ),
        (&["proof", key[0], key[1], url[0], url[1], "--method", ""], 2, "one word, as `GET`"),
        (&["proof", key[0], key[1], url[0], url[1], "--method", "GET /"], 2, "one word, as `GET`"),
        (&["proof", key[0], key[1], url[0], url[1], "--token", ""], 1, "is a variable not set?"),
        (&["proof", key[0], key[1], url[0], url[1], "--token", &bearer], 1, "leave out the scheme"),
        (&["proof", key[0], key[1], url[0], url[1], "--nonce", ""], 1, "is a variable not set?"),
        (&["token", "--bind", "nowhere.pem"], 1, "`rocket-bearer proof --new-key nowhere"),
        (&["token", "--bind", "Rocket.toml"], 1, "no PEM of a private key"),
        (&["explain", "--method", "PUT", &token], 2, "--proof <PROOF>"),
        (&["explain", "--url", URL, &token], 2, "--proof <PROOF>"),
        (&["explain", "--proof", "a", "--method", "", &token], 2, "one word, as `GET`"),
        (&["explain", "--proof", "a", "--url", "", &token], 2, "or its path"),
        (&["explain", "--proof", "a", "--url", "headers", &token], 2, "or its path"),
    ] {
        let said = run(folder.path(), &[], arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(says), "{arguments:?}: {says:?} is not in {said:?}");
    }
    assert!(!folder.path().join("made.pem").exists());
    let off = run(
        folder.path(),
        &[("BEARER_DPOP__MODE", "off")],
        &["explain", "--proof", &good(&folder, &token), "--url", URL, &token],
    );
    assert_eq!(off.code, Some(2), "{off:?}");
    assert!(off.stderr.contains("`dpop.mode` is `off`"), "{off:?}");
}

#[track_caller]
fn explained(folder: &Folder, variables: Variables<'_>, sent: &[&str]) -> Said {
    run(folder.path(), variables, &[&["explain"], sent].concat())
}

/// Asserts that `explain` names the diagnosis, and that what the cure makes is accepted: by `explain`, and
/// by a server.
#[track_caller]
fn assert_cured(
    folder: &Folder,
    name: &str,
    bad: (Variables<'_>, &[&str]),
    cured: (Variables<'_>, &[&str]),
) {
    let said = explained(folder, bad.0, bad.1);
    assert_eq!(said.code, Some(1), "{name}: {said:?}");
    assert!(said.stdout.contains(&format!("\n{name}: ")), "{name} is not in {said:?}");
    let said = explained(folder, cured.0, cured.1);
    assert_eq!(said.code, Some(0), "{name}: {said:?}");
    assert!(said.stdout.contains("accepted"), "{name}: {said:?}");
}

#[test]
fn each_cure_of_a_proof_is_one() {
    let folder = folder();
    let token = bound(&folder);
    let plain = super::program::token(folder.path(), &[], &[]);
    let made = good(&folder, &token);
    let with = |arguments: &[&str]| {
        proof(&folder, &[&["--key", "client.pem", "--token", &token], arguments].concat())
    };
    let cured = ["--proof", &made, "--url", URL, &token];
    let (required, at_port) =
        ([("BEARER_DPOP__MODE", "required")], [("BEARER_DPOP__BASE", "https://api.test:8443/v1")]);
    let es384 = [("BEARER_DPOP__ALGORITHMS", "ES384")];
    let both = [("BEARER_DPOP__ALGORITHMS", "ES384,ES256")];
    let as_bearer = format!("Bearer {token}");
    let two = format!("{made},{made}");
    let cut_off = &made[..made.len() - 6];
    let elsewhere = "https://api.test:8443/v1/headers";
    let (put, other_url) =
        (with(&["--url", URL, "--method", "PUT"]), with(&["--url", "https://api.test/"]));
    let beyond = with(&["--url", elsewhere]);
    let strangers = proof(&folder, &["--key", "other.pem", "--token", &token, "--url", URL]);
    let untold = proof(&folder, &["--key", "client.pem", "--url", URL]);
    let of_other = good(&folder, &plain);
    let nothing: Variables<'_> = &[];
    for (name, before, bad, after, good) in [
        ("bound_token", nothing, &["--proof", &made, &as_bearer][..], nothing, &cured[..]),
        ("unbound_token", nothing, &["--proof", &made, &plain], nothing, &[&plain]),
        ("unbound_token", &required, &[&plain], nothing, &[&plain]),
        ("proof_missing", nothing, &[&token], nothing, &cured),
        ("several_proofs", nothing, &["--proof", &two, &token], nothing, &cured),
        ("forbidden_proof_algorithm", &es384, &cured, &both, &cured),
        ("other_key", nothing, &["--proof", &strangers, &token], nothing, &cured),
        ("bad_proof_signature", nothing, &["--proof", cut_off, &token], nothing, &cured),
        ("wrong_method", nothing, &["--proof", &put, &token], nothing, &cured),
        (
            "wrong_method",
            nothing,
            &["--proof", &put, &token],
            nothing,
            &["--proof", &put, "--method", "PUT", &token],
        ),
        ("wrong_url", nothing, &["--proof", &other_url, "--url", URL, &token], nothing, &cured),
        (
            "wrong_url",
            nothing,
            &["--proof", &beyond, "--url", elsewhere, &token],
            &at_port,
            &["--proof", &beyond, "--url", elsewhere, &token],
        ),
        ("wrong_token_hash", nothing, &["--proof", &of_other, &token], nothing, &cured),
        ("malformed_proof", nothing, &["--proof", &untold, &token], nothing, &cured),
        ("malformed_proof", nothing, &["--proof", &token, &token], nothing, &cured),
    ] {
        assert_cured(&folder, name, (before, bad), (after, good));
    }
}

/// Proofs that the program does not make, by the kit.
#[test]
fn each_cure_of_a_client_that_makes_its_own_proofs_is_one() {
    use std::time::{Duration, SystemTime};

    use rocket_bearer::Algorithm;
    use rocket_bearer::testing::Key;

    let folder = folder();
    let token = bound(&folder);
    let pem = std::fs::read(folder.path().join("client.pem")).unwrap();
    let key = Key::from_pem(pem, Algorithm::ES256);
    let made = || key.proof("GET", URL).for_token(&token);
    let good = made().to_string();
    let earlier = SystemTime::now() - Duration::from_secs(400);
    let later = SystemTime::now() + Duration::from_secs(400);
    for (name, bad) in [
        ("malformed_proof", made().header("typ", "JWT")),
        ("malformed_proof", made().header("crit", ["a"])),
        ("malformed_proof", made().without("jti")),
        ("malformed_proof", made().claim("iat", "now")),
        ("malformed_proof", made().claim("x", "y".repeat(9_000))),
        ("forbidden_proof_algorithm", made().header("alg", "HS256")),
        ("bad_proof_key", made().header("jwk", json!({ "kty": "oct", "k": "AAAA" }))),
        ("bad_proof_signature", made().forged()),
        ("wrong_url", made().claim("htu", "/headers")),
        ("proof_too_old", made().made(earlier)),
        ("proof_too_old", made().claim("exp", 1)),
        ("proof_from_future", made().made(later)),
    ] {
        let bad = bad.to_string();
        let sent = ["--proof", &bad, "--url", URL, &token];
        let cured = ["--proof", &good, "--url", URL, &token];
        assert_cured(&folder, name, (&[], &sent), (&[], &cured));
    }
}

/// The cure of a missing nonce is that of a server: its answer tells the nonce.
#[test]
fn the_nonce_of_a_server_is_the_cure_of_none() {
    let folder = folder().and("nonce.key", [7; 32]);
    let variables =
        [("BEARER_DPOP__NONCE", "required"), ("BEARER_DPOP__NONCE_KEY_FILE", "nonce.key")];
    let token = bound(&folder);
    let server = Server::start(folder.path(), &variables);
    let made = |more: &[&str]| {
        proof(&folder, &[&["--key", "client.pem", "--token", &token, "--url", URL], more].concat())
    };
    let ask = |proof: &str| {
        let lines = format!("Authorization: DPoP {token}\r\nDPoP: {proof}\r\n");
        let (head, answer) =
            server.send(&format!("GET /headers HTTP/1.1\r\nHost: a\r\n{lines}"), b"");
        (answer.status, head.to_ascii_lowercase(), head)
    };
    let without = made(&[]);
    let (status, lower, head) = ask(&without);
    assert_eq!(status, 401, "{head}");
    let begin = lower.find("dpop-nonce: ").unwrap() + "dpop-nonce: ".len();
    let nonce = head[begin..].lines().next().unwrap();
    let said = explained(&folder, &variables, &["--proof", &without, "--url", URL, &token]);
    assert!(said.stdout.contains("\nnonce_required: "), "{said:?}");
    let with = made(&["--nonce", nonce]);
    let said = explained(&folder, &variables, &["--proof", &with, "--url", URL, &token]);
    assert_eq!(said.code, Some(0), "{said:?}");
    // It has used nothing up, and a pasted line of the header is read, too.
    let pasted = format!("DPoP: {with}");
    let said = explained(&folder, &variables, &["--proof", &pasted, "--url", "/headers", &token]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(ask(&with).0, 200);
}

/// The values of a report stand below each other, whatever the names of its checks.
#[test]
fn the_columns_of_a_report_about_a_proof_are_straight() {
    let folder = folder();
    let token = bound(&folder);
    let said = explained(&folder, &[], &["--proof", &good(&folder, &token), "--url", URL, &token]);
    let lines: Vec<_> = said.stdout.lines().filter(|line| line.starts_with('✓')).collect();
    assert!(lines.len() > 30, "{said:?}");
    let short = lines.iter().filter(|line| !["cnf", "ath"].iter().any(|it| line.contains(it)));
    let mut columns: Vec<_> = short.filter_map(|line| line.find("  expected: ")).collect();
    columns.dedup();
    assert_eq!(columns.len(), 1, "{}", said.stdout);
}
