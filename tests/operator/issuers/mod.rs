//! What an operator may say of one issuer, by file and variable, and what `check` says of it.

mod told;
mod wrong;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::program::{Folder, Pair, Variables, part, run, token};
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
    let other = ["--claim", "azp=another-client"];
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
fn aliases_belong_to_the_issuer_beside_which_they_stand() {
    let one =
        "[default.bearer.issuers.one]\nissuer = 'https://one.test/'\njwks_file = 'keys.json'\n";
    let folder = folder(&format!("audience = 'image'\naliases = ['issuer.test']\n{one}"));
    let one = [("BEARER_ISSUERS__ONE__ALIASES", "one.test,1.test")];
    let own = [("BEARER_ALIASES", "i.test")];
    let domain = [("BEARER_DOMAIN", "issuer.test")];
    for (variables, iss, code) in [
        (&[][..], "https://issuer.test/", 0),
        (&[], "issuer.test", 0),
        (&[], "https://one.test/", 0),
        (&[], "one.test", 1),
        (&one, "one.test", 0),
        (&one, "1.test", 0),
        (&one, "issuer.test", 0),
        (&own, "i.test", 0),
        (&own, "issuer.test", 1),
        // A domain is another issuer, so the file's aliases go.
        (&domain, "issuer.test", 1),
    ] {
        let key = folder.path().join("k1.pem");
        let arguments = ["--iss", iss, "--key", key.to_str().unwrap(), "--kid", "k1"];
        let token = token(folder.path(), variables, &arguments);
        let said = run(folder.path(), variables, &["explain", &token, "--offline"]);
        assert_eq!(said.code, Some(code), "{variables:?} {iss}: {said:?}");
    }
    let said = run(folder.path(), &one, &["check"]).stdout;
    assert!(said.contains("aliases     issuer.test\n"), "{said}");
    assert!(said.contains("aliases     one.test, 1.test\n"), "{said}");
}

#[test]
fn keys_and_tokens_without_kid_count_where_kid_is_optional() {
    let mut pair = Pair::new("k1");
    pair.jwk.as_object_mut().unwrap().remove("kid");
    let issuer = |iss: &str| format!("issuer = '{iss}'\njwks_file = 'keys.json'\n");
    let top = format!("audience = 'image'\nalgorithms = ['ES256']\n{}", issuer("https://a.test/"));
    let file = |lines: &str| format!("[default.bearer]\n{top}{lines}");
    let optional = [("BEARER_KID", "optional")];
    for (lines, variables) in [("kid = 'optional'", &[][..]), ("kid = 'required'", &optional)] {
        let folder = Folder::with(&file(lines)).and("keys.json", pair.set());
        let said = run(folder.path(), variables, &["check"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        for line in ["kid         optional: ", "key         without `kid` (ES256)"] {
            assert!(said.stdout.contains(line), "{line} {said:?}");
        }
        assert!(!said.stdout.contains("passed over"), "{said:?}");
    }
    let useless = ["keys.json", "a key without `kid`"];
    for lines in ["", "kid = 'required'"] {
        let folder = Folder::with(&file(lines)).and("keys.json", pair.set());
        let said = run(folder.path(), &[], &["check"]);
        assert_told(&said, lines, &[], &useless);
    }
    for (lines, variables, key) in [
        ("kid = 's3cr3t'", &[][..], "`kid`"),
        ("kid = 'Optional'", &[], "`kid`"),
        ("kid = ''", &[], "`kid`"),
        ("", &[("BEARER_KID", "s3cr3t")], "`BEARER_KID`"),
    ] {
        assert_refused(&file(lines), variables, &[key, "write `required` or `optional`"]);
    }
    assert_refused(&file("kid = false"), &[], &["`kid`", "in quotes"]);
}

#[test]
fn a_development_key_without_its_kid_is_one_still() {
    let set = include_str!("../../../keys/jwks.json");
    let mut set: Value = serde_json::from_str(set).unwrap();
    for key in set["keys"].as_array_mut().unwrap() {
        key.as_object_mut().unwrap().remove("kid");
    }
    let folder = Folder::with(
        "[default.bearer]\nissuer = 'https://a.test/'\njwks_file = 'keys.json'\n\
         audience = 'image'\nkid = 'optional'\n",
    )
    .and("keys.json", set.to_string());
    let said = run(folder.path(), &[("ROCKET_PROFILE", "release")], &["check"]);
    assert_told(&said, "release", &[], &["development keys that everybody has"]);
}

#[test]
fn tenants_are_said_by_file_and_variable() {
    let (ours, theirs) =
        ("8c7f6e5d-0000-4000-8000-00000000000a", "11111111-2222-4333-8444-555555555555");
    let template = "https://login.test/{tenantid}/v2.0";
    let upper = ours.to_uppercase();
    let by_file = format!("tenants = ['{upper}']");
    for (lines, variables, told) in [
        (by_file.as_str(), &[][..], ours),
        ("tenants = '11111111-2222-4333-8444-555555555555'", &[("BEARER_TENANTS", ours)], ours),
        ("tenants = 'any'", &[], "any"),
        ("", &[("BEARER_TENANTS", "any")], "any"),
    ] {
        let folder = folder(&format!("audience = 'image'\n{lines}"));
        let variables = [&[("BEARER_ISSUER", template)], variables].concat();
        let said = run(folder.path(), &variables, &["check"]);
        assert!(said.stdout.contains(&format!("tenants     {told}")), "{said:?}");
        let token = |arguments: &[&str]| token(folder.path(), &variables, arguments);
        let explained = |token: String| run(folder.path(), &variables, &["explain", &token]).code;
        assert_eq!(explained(token(&[])), Some(0), "{lines} {variables:?}");
        let iss = template.replace("{tenantid}", theirs);
        let other = token(&["--iss", &iss, "--claim", &format!("tid={theirs}")]);
        assert_eq!(explained(other), Some(i32::from(told != "any")), "{lines} {variables:?}");
    }
}

#[test]
fn anonymous_sessions_are_taken_by_name_and_check_says_so() {
    let good = "[default.bearer]\naudience = 'image'\ndomain = 'localhost'\n";
    let told = "tokens of anonymous sessions are accepted";
    for (line, variables, is_told) in [
        ("", &[][..], false),
        ("anonymous = true", &[], true),
        ("anonymous = false", &[("BEARER_ANONYMOUS", "true")], true),
        ("anonymous = true", &[("BEARER_ANONYMOUS", "false")], false),
    ] {
        let said = run(Folder::with(&format!("{good}{line}\n")).path(), variables, &["check"]);
        assert_eq!(said.stdout.contains(told), is_told, "{line} {variables:?}: {said:?}");
    }
    // Without `domain` nothing says that it is a tenant of Auth0.
    for (issuer, is_told) in [
        ("https://tenant.eu.auth0.com/", true),
        ("https://auth0.com.test/", false),
        ("https://test/a.auth0.com", false),
    ] {
        let said =
            run(folder("audience = 'image'").path(), &[("BEARER_ISSUER", issuer)], &["check"]);
        // Beside `jwks_file` a `domain` would be a second source.
        let cure = "write `provider = \"auth0\"` beside it";
        let is_so = said.stdout.contains(told) && said.stdout.contains(cure);
        assert_eq!(is_so, is_told, "{issuer}: {said:?}");
    }
    let file = format!("{good}anonymous = 's3cr3t'\n");
    assert_refused(&file, &[], &["`anonymous`", "`true` or `false`"]);
    assert_refused(good, &[("BEARER_ANONYMOUS", "s3cr3t")], &["`BEARER_ANONYMOUS`", "`true` or"]);
}
