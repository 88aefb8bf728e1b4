//! What stops the launch, and the cure that is told.

use super::*;

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
