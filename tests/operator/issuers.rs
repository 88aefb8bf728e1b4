//! What an operator may say of one issuer, by file and variable, and what `check` says of it.

use serde_json::Value;

use super::program::{Folder, Pair, Variables, part, run, token};
use crate::{assert_refused, assert_told};

/// A folder with a key pair, whose `Rocket.toml` names it for one issuer and holds these lines too.
fn folder(lines: &str) -> Folder {
    let pair = Pair::new("k1");
    Folder::with(&format!(
        "[default.bearer]\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\n{lines}\n"
    ))
    .and("keys.json", pair.set())
    .and("k1.pem", pair.pem)
}

/// Asserts that `explain` accepts what `token` prints, and that it refuses what is `other`.
#[track_caller]
fn assert_in_force(lines: &str, variables: Variables<'_>, other: &[&str]) -> Value {
    let folder = folder(lines);
    let explained = |arguments: &[&str]| {
        let token = token(folder.path(), variables, arguments);
        let said = run(folder.path(), variables, &["explain", &token]);
        (said.code, token)
    };
    let (code, token) = explained(&[]);
    assert_eq!(code, Some(0), "{lines} {variables:?}");
    assert_eq!(explained(other).0, Some(1), "{lines} {variables:?} {other:?}");
    part(&token, 1)
}

#[test]
fn clients_are_said_by_file_and_variable_at_the_top_and_for_an_issuer() {
    let other = ["--claim", "azp=other"];
    let claims = assert_in_force("audience = 'image'\nclients = ['web']", &[], &other);
    assert_eq!((&claims["azp"], &claims["aud"]), (&"web".into(), &"image".into()));

    let variables = [("BEARER_CLIENTS", "web,cli")];
    assert_eq!(assert_in_force("audience = 'image'", &variables, &other)["aud"], "image");
    // Without an audience, or without it on purpose.
    for (lines, variables) in [
        ("clients = 'web'", &[][..]),
        ("clients = ['web']\naudience = false", &[]),
        ("clients = ['web']\naudience = 'image'", &[("BEARER_AUDIENCE", "false")]),
        ("audience = false", &[("BEARER_CLIENTS", "[\"web\"]")]),
    ] {
        let claims = assert_in_force(lines, variables, &other);
        assert_eq!(claims.get("aud"), None, "{lines} {variables:?}");
    }
    // `resource` is an audience too.
    let claims = assert_in_force(
        "clients = ['web']\nresource = 'https://api.test'",
        &[],
        &["--aud", "https://other.test"],
    );
    assert_eq!(claims["aud"], "https://api.test");
}

#[test]
fn an_issuer_falls_back_to_the_clients_of_the_top_and_may_have_its_own() {
    let rest =
        "[default.bearer.issuers.one]\nissuer = 'https://one.test/'\njwks_file = 'keys.json'\n";
    let folder =
        folder(&format!("audience = 'image'\nclients = ['web']\n{rest}clients = ['one']\n"));
    let one = ["--iss", "https://one.test/"];
    for (arguments, code) in [
        (&["--claim", "azp=web"][..], 0),
        (&["--claim", "azp=one"], 1),
        (&[one[0], one[1], "--claim", "azp=one"], 0),
        (&[one[0], one[1], "--claim", "azp=web"], 1),
    ] {
        let token = token(folder.path(), &[], arguments);
        let said = run(folder.path(), &[], &["explain", &token]);
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
    }
    let folder = self::folder(&format!("audience = 'image'\nclients = ['web']\n{rest}"));
    let variables =
        [("BEARER_ISSUERS__ONE__CLIENTS", "two"), ("BEARER_ISSUERS__ONE__AUDIENCE", "false")];
    let said = run(folder.path(), &variables, &["check"]);
    let checked = said.stdout.replace(' ', "");
    for line in ["audienceimage\nclientsweb\n", "audienceany(`aud`isnotlookedat)\nclientstwo\n"] {
        assert!(checked.contains(line), "{line} {said:?}");
    }
}

#[test]
fn what_is_wrong_about_clients_stops_the_launch_with_a_cure() {
    let source = "[default.bearer]\ndomain = 'tenant.test'\n";
    let ids = "write the ids of the clients";
    for (lines, key, cure) in [
        ("audience = false", "`audience`", "name in `clients` those whose tokens count"),
        ("clients = ['a']\naudience = true", "`audience`", "write it as `[\"a\", \"b\"]`"),
        ("clients = ['a']\naudience = []", "`audience`", "the identifier of your API"),
        ("clients = ['a']\naudience = ''", "`audience`", "the identifier of your API"),
        ("audience = 'a'\nclients = []", "`clients`", ids),
        ("audience = 'a'\nclients = ''", "`clients`", ids),
        ("audience = 'a'\nclients = ['a', ' ']", "`clients`", ids),
        ("audience = 'a'\nclients = 7", "`clients`", "write it as `[\"a\", \"b\"]`"),
        ("audience = 'a'\nclients = false", "`clients`", "write it as `[\"a\", \"b\"]`"),
        ("audience = 'a'\nclient = ['s3cr3t']", "`client`", "did you mean `clients`?"),
    ] {
        let file = format!("{source}{lines}\n");
        assert_refused(&file, &[], &[key, "[default.bearer]", "Rocket.toml", cure]);
    }
    let variable = [("BEARER_AUDIENCE", "false")];
    assert_refused(source, &variable, &["`BEARER_AUDIENCE`", "without `clients`"]);
    let variable = [("BEARER_ISSUERS__ONE__AUDIENCE", "false")];
    let one = "[default.bearer]\naudience = 'a'\nissuers.one.domain = 'tenant.test'\n";
    assert_refused(one, &variable, &["`BEARER_ISSUERS__ONE__AUDIENCE`", "without `clients`"]);
    let said = run(Folder::with(source).path(), &[], &["token"]);
    assert_told(&said, source, &[], &["`audience` is missing", "as `clients`"]);
}

#[test]
fn required_claims_are_said_by_file_and_variable() {
    let other = ["--claim", "token_use=id"];
    for (lines, variables) in [
        ("claims = { token_use = 'access', n = [7, 8], '/realm/kind' = 'b' }", &[][..]),
        ("[default.bearer.claims]\ntoken_use = ['access']\nn = 7\n'/realm/kind' = 'b'", &[]),
        ("", &[("BEARER_CLAIMS", r#"{"token_use":"access","n":7,"/realm/kind":["b","c"]}"#)]),
        (
            "claims = { x = 'y' }",
            &[("BEARER_CLAIMS", r#"{"token_use":["access"],"n":7,"/realm/kind":"b"}"#)],
        ),
    ] {
        let claims = assert_in_force(&format!("audience = 'image'\n{lines}"), variables, &other);
        assert_eq!(claims["token_use"], "access", "{lines}");
        assert_eq!((&claims["n"], &claims["realm"]["kind"]), (&7.into(), &"b".into()), "{lines}");
        assert_eq!(claims.get("x"), None, "a variable puts the whole table aside");
    }
    let folder =
        folder("audience = 'image'\nclaims = { token_use = ['access', 'm2m'], flag = true }");
    let said = run(folder.path(), &[], &["check"]);
    for line in ["claim       flag = true", "claim       token_use = \"access\" or \"m2m\""] {
        assert!(said.stdout.contains(line), "{line} {said:?}");
    }
}

#[test]
fn what_is_wrong_about_claims_stops_the_launch_with_a_cure() {
    let good = "[default.bearer]\ndomain = 'tenant.test'\naudience = 'image'\n";
    let table = "write it as `{ token_use = \"access\" }`";
    for (line, in_variable, cure) in [
        ("claims = 's3cr3t'", "s3cr3t", table),
        ("claims = ['s3cr3t']", "[\"s3cr3t\"]", table),
        ("claims = {}", "{}", table),
        ("claims = { '' = 's3cr3t' }", r#"{"":"s3cr3t"}"#, "the name of a claim"),
        ("claims = { s3cr3t = '' }", r#"{"s3cr3t":""}"#, "write a text, a number, a flag"),
        ("claims = { s3cr3t = [] }", r#"{"s3cr3t":[]}"#, "name at least one"),
        ("claims = { s3cr3t = ['a', ''] }", r#"{"s3cr3t":["a",""]}"#, "write a text, a number"),
        ("claims = { s3cr3t = { a = 1 } }", r#"{"s3cr3t":{"a":1}}"#, "write a text, a number"),
        ("claims = { s3cr3t = [['a']] }", r#"{"s3cr3t":[["a"]]}"#, "write a text, a number"),
        ("claims = { '/s3cr3t~2' = 'a' }", r#"{"/s3cr3t~2":"a"}"#, "`~0` for `~`"),
        ("claims = { '/s3cr3t~' = 'a' }", r#"{"/s3cr3t~":"a"}"#, "`~1` for `/`"),
    ] {
        let places = ["[default.bearer", "claims", "Rocket.toml", cure];
        assert_refused(&format!("{good}{line}\n"), &[], &places);
        assert_refused(good, &[("BEARER_CLAIMS", in_variable)], &["`BEARER_CLAIMS`", cure]);
    }
    for in_variable in ["token_use=s3cr3t", "{s3cr3t}", r#"{"a":"s3cr3t","a":"b"}"#, "null"] {
        assert_refused(good, &[("BEARER_CLAIMS", in_variable)], &["`BEARER_CLAIMS`", table]);
    }
    let variable = [("BEARER_CLAIMS__TOKEN_USE", "s3cr3t")];
    assert_refused(good, &variable, &["one JSON object in `BEARER_CLAIMS`"]);
    let variable = [("BEARER_ISSUERS__ONE__CLAIMS__A", "s3cr3t")];
    assert_refused(good, &variable, &["one JSON object in `BEARER_ISSUERS__ONE__CLAIMS`"]);
    let typo = format!("{good}claim = {{ a = 's3cr3t' }}\n");
    assert_refused(&typo, &[], &["claim", "did you mean `claims`?"]);
}
