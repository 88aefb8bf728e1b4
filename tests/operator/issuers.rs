//! What an operator may say of one issuer, by file and variable, and what `check` says of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

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
fn what_is_wrong_about_aliases_stops_the_launch_with_a_cure() {
    let good = "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.test/'\n";
    for (line, cure) in [
        ("aliases = []", "other spellings of `iss`"),
        ("aliases = ''", "other spellings of `iss`"),
        ("aliases = ['s3cr3t', '']", "other spellings of `iss`"),
        ("aliases = ['https://issuer.test/']", "remove it"),
        ("aliases = ['s3cr3t', 's3cr3t']", "remove it"),
        ("aliases = ['s3cr3t ']", "compared byte for byte"),
        ("aliases = [\"\\ts3cr3t\"]", "compared byte for byte"),
        ("aliases = ['https://s3cr3t/{tenantid}/']", "each tenant's own spelling"),
        ("aliases = ['https://s3cr3t/%7Btenant%7D/']", "write the id of a tenant in its place"),
        ("aliases = ['https://s3cr3t/.well-known/openid-configuration']", "in that document"),
        ("aliases = 7", "write it as `[\"a\", \"b\"]`"),
        ("alias = ['s3cr3t']", "did you mean `aliases`?"),
    ] {
        assert_refused(&format!("{good}{line}\n"), &[], &["[default.bearer]", "`alias", cure]);
    }
    let one = "[default.bearer.issuers.one]\ndomain = 'one.test'\n";
    for aliases in ["'https://one.test/'", "['a.test', 'https://one.test/']"] {
        let file = format!("{good}aliases = {aliases}\n{one}");
        assert_refused(&file, &[], &["issuers.one", "the `iss` of another issuer"]);
    }
    let file = format!("{good}aliases = 'a'\n{one}aliases = ['b', 'a']\n");
    assert_refused(&file, &[], &["issuers.one", "or its alias", "keep one of the two"]);
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
    let set = include_str!("../../keys/jwks.json");
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
fn what_is_wrong_about_tenants_stops_the_launch_with_a_cure() {
    let good =
        "[default.bearer]\naudience = 'image'\nissuer = 'https://login.test/{tenantid}/v2.0'\n";
    let ids = "write the ids of the tenants (GUIDs)";
    for (line, cure) in [
        ("", "write as `tenants` the ids"),
        ("tenants = []", ids),
        ("tenants = ''", ids),
        ("tenants = ['s3cr3t']", ids),
        ("tenants = ['any', '8c7f6e5d-0000-4000-8000-00000000000a']", ids),
        ("tenants = 7", "write it as `[\"a\", \"b\"]`"),
    ] {
        assert_refused(&format!("{good}{line}\n"), &[], &["[default.bearer]", cure]);
    }
    // An alias counts whatever `tid` says.
    let ours = "https://login.test/8c7f6e5d-0000-4000-8000-00000000000a/v2.0";
    for tenants in ["'any'", "['8c7f6e5d-0000-4000-8000-00000000000a']"] {
        let file = format!("{good}tenants = {tenants}\naliases = ['{ours}']\n");
        assert_refused(&file, &[], &["the issuer of one of its tenants", "remove the alias"]);
    }
    let plain = good.replace("{tenantid}", "common");
    let file = format!("{plain}tenants = 'any'\n");
    assert_refused(&file, &[], &["`tenants`", "`issuer` has no `{tenantid}`"]);
    for issuer in ["{tenant}", "{tenantid}{tenantid}", "a{tenantid}", "%7Btenantid%7D"] {
        let file = format!("{}tenants = 'any'\n", good.replace("{tenantid}", issuer));
        assert_refused(&file, &[], &["`issuer`", "one whole segment of the path"]);
    }
    // Tenants belong to the issuer beside which they stand.
    let one = "[default.bearer.issuers.one]\nissuer = 'https://one.test/{tenantid}'\n";
    let file = format!("{good}tenants = 'any'\n{one}");
    assert_refused(&file, &[], &["issuers.one", "`{tenantid}` without `tenants`"]);
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

#[test]
fn explain_says_what_is_amiss_about_a_tenant_and_about_the_issuer_of_a_key() {
    let (ours, theirs) =
        ("8c7f6e5d-0000-4000-8000-00000000000a", "11111111-2222-4333-8444-55555555555f");
    let iss = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let mut pair = Pair::new("k1");
    pair.jwk["issuer"] = iss(ours).into();
    let template = iss("{tenantid}");
    let folder = Folder::with(&format!(
        "[default.bearer]\nissuer = '{template}'\njwks_file = 'keys.json'\naudience = 'image'\n\
         algorithms = ['ES256']\ntenants = ['{ours}']\n\
         [default.bearer.issuers.theirs]\nissuer = '{}'\njwks_file = 'keys.json'\n",
        iss(theirs)
    ))
    .and("keys.json", pair.set())
    .and("k1.pem", &pair.pem);
    let (upper, other) = (ours.to_uppercase(), "22222222-2222-4333-8444-555555555555");
    for (tenant, tid, name, says) in [
        (other, other, "tenant_not_listed", "which `tenants` does not name"),
        (ours, "null", "tenant_mismatch", "`tid` is null"),
        (ours, other, "tenant_mismatch", other),
        (ours, "7", "tenant_mismatch", "`tid` is 7"),
        (&upper, &upper, "tenant_spelling", "lower case"),
        ("{tenantid}", ours, "tenant_spelling", "lower case"),
        ("common", "common", "other_tenant", "another tenant"),
        (theirs, theirs, "key_for_another_issuer", "member `issuer`"),
    ] {
        let iss = iss(tenant);
        let claim = format!("tid={tid}");
        let arguments = ["--key", "k1.pem", "--kid", "k1", "--iss", &iss, "--claim", &claim];
        let token = token(folder.path(), &[], &arguments);
        let said = run(folder.path(), &[], &["explain", "--json", &token]);
        assert_eq!(said.code, Some(1), "{tenant} {tid}: {said:?}");
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let diagnosis = &report["diagnoses"][0];
        let told = diagnosis["says"].as_str().unwrap();
        let is_so = diagnosis["name"] == name && told.contains(says);
        assert!(is_so, "{tenant} {tid}: {diagnosis}");
    }
}

#[test]
fn explain_says_that_an_issuer_stands_for_many_tenants() {
    let folder = folder("audience = 'image'");
    let iss = "https://login.test/8c7f6e5d-0000-4000-8000-00000000000a/v2.0";
    let token = token(folder.path(), &[], &["--iss", iss]);
    for (configured, name) in [
        ("https://login.test/common/v2.0", "many_tenants"),
        ("https://login.test/organizations/v2.0", "many_tenants"),
        ("https://login.test/commons/v2.0", "other_tenant"),
        ("https://other.example/common/v2.0", "other_issuer"),
    ] {
        let variables = [("BEARER_ISSUER", configured)];
        let said = run(folder.path(), &variables, &["explain", "--json", &token]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(report["diagnoses"][0]["name"], name, "{configured}: {said:?}");
    }
}

#[test]
fn explain_and_check_know_the_header_of_an_identity_proxy() {
    let folder = folder("audience = 'image'\ntoken_header = 'Cf-Access-Jwt-Assertion'");
    let good = token(folder.path(), &[], &[]);
    for (input, code, status, says) in [
        (good.clone(), 0, 200, "Cf-Access-Jwt-Assertion: <token>"),
        (format!("{good}\n"), 0, 200, ""),
        (format!("Bearer {good}"), 1, 401, "`Bearer` before it"),
        (format!("{good} {good}"), 1, 401, "white space within"),
        (format!("{good}\t{good}"), 1, 401, "white space within"),
        ("Bearer".to_owned(), 1, 400, ""),
        (" ".to_owned(), 1, 401, "`Cf-Access-Jwt-Assertion: <token>`"),
    ] {
        let said =
            run(folder.path(), &[("BEARER_ERRORS", "auth0")], &["explain", "--json", &input]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let is_so = said.code == Some(code) && report["answer"]["status"] == status;
        assert!(is_so && said.stdout.contains(says), "{input:?}: {said:?}");
    }
    let said = run(folder.path(), &[], &["check"]);
    let told =
        "tokens are read from the header `Cf-Access-Jwt-Assertion`, and `Authorization` is not";
    assert!(said.code == Some(0) && said.stdout.contains(told), "{said:?}");
}

#[test]
fn explain_shows_the_check_that_refused_where_issuers_want_different_headers() {
    let one =
        "[default.bearer.issuers.one]\nissuer = 'https://one.test/'\njwks_file = 'keys.json'\n";
    let folder = folder(&format!(
        "audience = 'image'\nkid = 'optional'\n{one}algorithms = ['RS256', 'ES256']\n\
         token_type = 'at+jwt'\nkid = 'required'\n[default.bearer.issuers.two]\n\
         issuer = 'https://two.test/'\njwks_file = 'rsa.json'\nalgorithms = ['RS256']\n"
    ))
    .and("rsa.json", include_str!("../../keys/jwks.json"));
    let named = |typ| json!({ "alg": "ES256", "kid": "k1", "typ": typ });
    for (iss, header, refused) in [
        ("https://one.test/", named("JWT"), "typ"),
        ("https://one.test/", json!({ "alg": "ES256", "typ": "at+jwt" }), "kid"),
        ("https://two.test/", named("JWT"), "alg"),
        ("https://three.test/", named("JWT"), "iss"),
        ("https://issuer.test/", json!({ "alg": "ES256" }), "signature"),
    ] {
        let claims = json!({ "iss": iss, "aud": "image", "exp": 4_000_000_000_u64 });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.{}", part(&header), part(&claims), "A".repeat(86));
        let said = run(folder.path(), &[], &["explain", "--json", &token]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let of: Vec<_> = checks.filter(|check| check["outcome"] == "refused").collect();
        assert!(of.len() == 1 && of[0]["check"] == refused, "{iss} {header}: {of:?}");
    }
}

#[test]
fn check_tells_of_keys_that_verify_nothing_here_and_of_tokens_that_find_several() {
    let ours = "8c7f6e5d-0000-4000-8000-00000000000a";
    let iss = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let key = |kid: &str, issuer: &str| {
        let mut jwk = Pair::new(kid).jwk;
        jwk["issuer"] = issuer.into();
        jwk
    };
    let mut nameless = Pair::new("x").jwk;
    nameless.as_object_mut().unwrap().remove("kid");
    let keys = [
        Pair::new("plain").jwk,
        key("template", &iss("{tenantid}")),
        key("ours", &iss(ours)),
        key("theirs", &iss("11111111-2222-4333-8444-555555555555")),
        key("v1", "https://sts.test/{tenantid}/"),
        nameless,
    ];
    let file = |lines: &str| {
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
             jwks_file = 'keys.json'\n{lines}\n"
        ))
        .and("keys.json", json!({ "keys": keys }).to_string())
    };
    let listed = format!("issuer = '{}'\ntenants = ['{ours}']\n", iss("{tenantid}"));
    let single = format!("issuer = '{}'\n", iss(ours));
    let optional = format!("{single}kid = 'optional'\n");
    for (lines, foreign) in [
        (listed.as_str(), &["theirs", "v1"][..]),
        (&listed.replace(&format!("['{ours}']"), "'any'"), &["v1"]),
        (&single, &["theirs", "v1"]),
        (&format!("{single}aliases = ['https://sts.test/{ours}/']\n"), &["theirs"]),
        ("issuer = 'https://other.test/'\n", &["template", "ours", "theirs", "v1"]),
        (&optional, &["theirs", "v1"]),
    ] {
        let said = run(file(lines).path(), &[], &["check"]);
        assert_eq!(said.code, Some(0), "{lines}: {said:?}");
        for kid in ["plain", "template", "ours", "theirs", "v1"] {
            let told = format!("key \"{kid}\" verifies nothing here: its `issuer` is \"");
            assert_eq!(said.stdout.contains(&told), foreign.contains(&kid), "{lines}: {said:?}");
        }
        let several = "several keys fit ES256: tokens without `kid` are refused";
        assert_eq!(said.stdout.contains(several), lines == optional, "{lines}: {said:?}");
        let cure = "or set `kid = \"optional\"`";
        assert_eq!(said.stdout.contains(cure), lines != optional, "{lines}: {said:?}");
    }
}
