//! Findings on what the configuration itself says.

use super::{assert_cured, checked};
use crate::program::{Folder, Pair};

/// The faulty lines, what is found, the cure, and the lines that follow from it.
type Row<'r> = (&'r str, &'r str, &'r str, &'r str);

const ISSUER: &str = "issuer = 'https://issuer.test/'";

#[track_caller]
fn assert_all_cured(rows: &[Row<'_>]) {
    let set = Pair::new("k1").set();
    for (faulty, what, cure, cured) in rows {
        let folder = |lines: &str| {
            let provider =
                if lines.contains("issuer = ") || lines.contains("provider") { "" } else { ISSUER };
            Folder::with(&format!(
                "[default.bearer]\nalgorithms = ['ES256']\njwks_file = 'keys.json'\n{provider}\n{lines}\n"
            ))
            .and("keys.json", &set)
        };
        assert_cured(what, cure, &checked(&folder(faulty), &[]), &checked(&folder(cured), &[]));
    }
}

#[test]
fn an_audience_that_is_none_is_cured_by_the_name_of_the_api() {
    let cure = "write the identifier of your API";
    for (audience, what) in [
        ("\" image\"", "white space or quotes"),
        ("\"'image'\"", "white space or quotes"),
        ("'<audience>'", "is a placeholder"),
        ("'YOUR_API'", "is a placeholder"),
        ("'https://*.example'", "has a `*`"),
        ("'https://issuer.test'", "is the issuer itself"),
        ("'https://graph.microsoft.com'", "Microsoft Graph"),
        ("'https://t.auth0.com/api/v2/'", "Management API"),
        ("'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF'", "client id of an application"),
    ] {
        let faulty = format!("audience = {audience}");
        assert_all_cured(&[(&faulty, what, cure, "audience = 'image'")]);
    }
}

#[test]
fn an_audience_of_many_apis_is_cured_without_any_of_them() {
    let account = "tokens of every application of a Keycloak realm carry";
    let info = "the issuer's user info";
    assert_all_cured(&[
        (
            "audience = 'account'",
            account,
            "audience mapper in Keycloak, and write that",
            "audience = 'my-api'",
        ),
        (
            "audience = 'account'",
            account,
            "or name in `clients` the applications that may call",
            "audience = 'account'\nclients = ['web']",
        ),
        (
            "audience = ['image', 'https://issuer.test/userinfo']",
            info,
            "remove it",
            "audience = ['image']",
        ),
        (
            "audience = 'https://issuer.test/userinfo'",
            info,
            "write the identifier of your API in its place",
            "audience = 'image'",
        ),
    ]);
}

#[test]
fn what_clients_learn_is_cured_as_is_said() {
    let resource = "audience = 'https://api.test'\nresource = 'https://api.test'";
    assert_all_cured(&[
        (
            "resource = 'https://api.test/v1/'",
            "`resource` has a slash at its end",
            "write `resource = \"https://api.test/v1\"`",
            "resource = \"https://api.test/v1\"",
        ),
        (
            "audience = 'https://api.test/v1/'\nresource = 'https://api.test/v1/'",
            "`resource` has a slash at its end",
            "and the same as `audience` where that is set",
            "audience = 'https://api.test/v1'\nresource = 'https://api.test/v1'",
        ),
        (
            "audience = 'image'\nresource = 'https://api.test'",
            "is not `resource`",
            "leave `audience` out",
            "resource = 'https://api.test'",
        ),
        (
            "audience = 'https://api.test/'\nresource = 'https://api.test'",
            "differs from `resource` by a slash",
            "leave `audience` out",
            "resource = 'https://api.test'",
        ),
        (
            "audience = false\nclients = ['app']\nresource = 'https://api.test'",
            "is not looked at, and MCP wants it",
            "write `audience = \"https://api.test\"`",
            "audience = \"https://api.test\"\nclients = ['app']\nresource = 'https://api.test'",
        ),
        (
            &format!("{resource}\nissuer = 'acme'"),
            "names no authorization server",
            "write an `issuer` with `https://`",
            &format!("{resource}\nissuer = 'https://acme.test/'"),
        ),
        (
            &format!(
                "{resource}\nissuer = 'https://login.test/{{tenantid}}/v2.0'\ntenants = 'any'"
            ),
            "names no authorization server",
            "for Entra its `tenants`",
            &format!(
                "{resource}\nissuer = 'https://login.test/{{tenantid}}/v2.0'\n\
                 tenants = ['11111111-2222-4333-8444-555555555555']"
            ),
        ),
        (
            "resource = 'https://api.test'\nissuer = 'acme'",
            "names no authorization server",
            "or leave `resource` out, and write its value as `audience`",
            "audience = 'https://api.test'\nissuer = 'acme'",
        ),
        (
            "audience = 'image'\nscopes.implies = { a = ['b', 'offline_access'] }",
            "names `offline_access`",
            "remove it",
            "audience = 'image'\nscopes.implies = { a = ['b'] }",
        ),
        (
            "audience = 'image'\nscopes.implies = { a = ['offline_access'] }",
            "names `offline_access`",
            "and whatever is empty then",
            "audience = 'image'",
        ),
    ]);
}

#[test]
fn names_of_claims_and_sessions_are_cured_by_the_line_that_is_shown() {
    let headers =
        |claim: &str| format!("audience = 'image'\nforward.headers = ['X-Auth-Roles={claim}']");
    let auth0 = "audience = 'image'\nissuer = 'https://t.eu.auth0.com/'";
    let anonymous = "tokens of anonymous sessions are accepted";
    assert_all_cured(&[
        (
            "audience = 'image'\nroles = ['realm_access.roles']",
            "`roles` names the claim",
            "\"/realm_access/roles\"",
            "audience = 'image'\nroles = ['/realm_access/roles']",
        ),
        (
            &headers("realm_access.roles"),
            "`forward.headers` names the claim",
            "\"/realm_access/roles\"",
            &headers("/realm_access/roles"),
        ),
        (auth0, anonymous, "`provider = \"auth0\"`", &format!("{auth0}\nprovider = \"auth0\"")),
        (
            "audience = 'image'\nanonymous = true",
            anonymous,
            "leave `anonymous` out",
            "audience = 'image'",
        ),
        (
            &format!("{auth0}\nprovider = 'auth0'\nanonymous = true"),
            anonymous,
            "leave `anonymous` out",
            &format!("{auth0}\nprovider = 'auth0'"),
        ),
        (
            "audience = 'image'\ntoken_header = 'Cf-Access-Jwt-Assertion'",
            "tokens are read from the header `Cf-Access-Jwt-Assertion`",
            "or leave `token_header` out where clients send their tokens themselves",
            "audience = 'image'",
        ),
        (
            "audience = 'image'\nissuer = 'https://t.eu.auth0.com'",
            "`issuer` lacks the slash",
            "write `issuer = \"https://t.eu.auth0.com/\"`",
            auth0,
        ),
    ]);
}
