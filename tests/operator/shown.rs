//! What `explain` shows of a token: header and claims, never its signature.

use serde_json::{Value, json};

use super::needs::{app, explained, report};
use super::program::{Folder, Server, part, repository, token};

#[test]
fn the_claims_are_shown_as_proved_only_where_the_signature_holds() {
    let folder = app("");
    let good = token(folder.path(), &[], &["--sub", "alice", "--claim", r#"a={"b":[1,null]}"#]);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let changed = format!("{head}.{}", "A".repeat(signature.len()));
    let expired = token(folder.path(), &[], &["--sub", "alice", "--expires-in=-1m"]);
    for (name, token, is_proved, members) in [
        ("good", &good, true, true),
        ("expired", &expired, true, true),
        ("changed", &changed, false, true),
        ("quoted", &format!("\"{good}\""), false, true),
        ("cut off", &head.to_owned(), false, true),
        ("opaque", &"wq3Xz0b3m1yQ8fK2t7uLr5Vn9sPdGcJh".to_owned(), false, false),
    ] {
        let said = explained(&folder, token, &[]);
        let report = report(&explained(&folder, token, &["--json"]));
        assert_eq!(report["proved"], is_proved, "{name}");
        let claims = if members { part(&good, 1)["sub"].clone() } else { Value::Null };
        assert_eq!(report["claims"]["sub"], claims, "{name}");
        let proof =
            if is_proved { "claims, proved by the signature:" } else { "claims, unproved:" };
        assert_eq!(said.stdout.contains(proof), members, "{name}: {said:?}");
        assert_eq!(said.stdout.contains("  \"alice\"\n"), members, "{name}: {said:?}");
        for secret in [signature, &good] {
            assert!(!said.stdout.contains(secret), "{name}: {said:?}");
        }
    }
    let said = explained(&folder, &good, &[]);
    assert!(said.stdout.contains("  a    {\"b\":[1,null]}\n"), "{said:?}");
}

#[test]
fn a_token_is_decoded_without_a_configuration_too() {
    let good = token(repository(), &[], &["--sub", "alice", "--scope", "a\u{202e}b"]);
    let signature = good.rsplit_once('.').unwrap().1;
    for (name, toml) in [
        ("none", ""),
        ("a table without a source", "[default.bearer]\naudience = 'image'\n"),
        ("another profile", "[release.bearer]\ndomain = 'a.test'\naudience = 'image'\n"),
    ] {
        let folder = Folder::with(toml);
        let said = explained(&folder, &good, &[]);
        assert_eq!(said.code, Some(2), "{name}: {said:?}");
        for words in ["header, unproved:", "claims, unproved:", "sub    \"alice\"", "Z)"] {
            assert!(said.stdout.contains(words), "{name}: {words} is not in {said:?}");
        }
        assert!(
            said.stdout
                .ends_with("\nnot_configured: Nothing was judged: there is no configuration.\n"),
            "{name}: {said:?}"
        );
        assert!(said.stderr.starts_with("rocket-bearer: "), "{name}: {said:?}");
        let json = explained(&folder, &good, &["--json"]);
        let report = report(&json);
        assert_eq!((json.code, &report["proved"]), (Some(2), &json!(false)), "{name}");
        assert_eq!(report["accepted"], false, "{name}");
        assert_eq!(report["diagnoses"][0]["name"], "not_configured", "{name}");
        assert!(said.stderr.contains(report["diagnoses"][0]["cure"].as_str().unwrap()), "{name}");
        assert_eq!(
            (&report["header"], &report["claims"]),
            (&part(&good, 0), &part(&good, 1)),
            "{name}"
        );
        for said in [said, json] {
            assert!(
                !said.stdout.contains(signature) && !said.stdout.contains('\u{202e}'),
                "{said:?}"
            );
        }
        // What may be a secret is not repeated.
        assert_eq!(explained(&folder, "opaque-s3cr3t", &[]).stdout, "", "{name}");
    }
}

#[test]
fn no_claim_that_is_shown_on_the_page_is_logged() {
    let server = Server::start(repository(), &[("ROCKET_LOG_LEVEL", "normal")]);
    let token = token(repository(), &[], &["--sub", "alice-on-the-page"]);
    let origin = format!("Host: {0}\r\nOrigin: http://{0}\r\n", server.address);
    let head = format!("POST /page/explain HTTP/1.1\r\n{origin}");
    let (_, answer) = server.send(&head, token.as_bytes());
    assert_eq!(answer.body["claims"]["sub"], "alice-on-the-page", "{answer:?}");
    let said = server.terminate();
    assert!(!format!("{said:?}").contains("alice-on-the-page"), "{said:?}");
}
