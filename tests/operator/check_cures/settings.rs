//! What stops `check`, as it stops the launch: the line that is to be written in place of the wrong one launches.

use super::checked;
use crate::program::{Folder, Pair, Variables, run};

/// The wrong lines, the cure, and the lines that follow from it.
type Row<'r> = (&'r str, &'r str, &'r str);

fn folder(section: &str, lines: &str) -> Folder {
    Folder::with(&format!("[default.bearer]\n{section}\n{lines}\n"))
        .and("keys.json", Pair::new("k1").set())
}

/// Asserts that the wrong lines are refused with the cure, and that the others launch without a finding but
/// that issuers out there cannot be reached.
#[track_caller]
fn assert_all_cured(section: &str, rows: &[Row<'_>]) {
    for (wrong, cure, right) in rows {
        let said = run(folder(section, wrong).path(), &[], &["check"]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{wrong}: {said:?}");
        assert!(said.stderr.contains(cure), "{wrong}: {cure:?} is not in {said:?}");
        assert_launches(&folder(section, right), &[]);
    }
}

#[track_caller]
fn assert_launches(folder: &Folder, variables: Variables<'_>) {
    for found in checked(folder, variables) {
        let is_elsewhere = found.what.starts_with("no keys, every token gets 503: cannot connect");
        assert!(is_elsewhere, "the cure brings {found:#?}");
    }
}

/// All that a launch needs, without the network.
const GOOD: &str = "audience = 'image'\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']";
/// The same without keys: nothing answers at that proxy.
const FETCHED: &str = "audience = 'image'\njwks.proxy = 'http://127.0.0.1:1'\njwks.timeout = 1";

#[test]
fn a_name_and_a_value_are_cured_by_the_ones_that_are_shown() {
    assert_all_cured(
        GOOD,
        &[
            ("Leeway = 5", "did you mean `leeway`?", "leeway = 5"),
            ("role = 'groups'", "did you mean `roles`?", "roles = ['groups']"),
            ("leeway = 301", "write a number from 0 to 300", "leeway = 300"),
            ("leeway = '5'", "without quotes", "leeway = 5"),
            ("leeway = 1.5", "digits only", "leeway = 1"),
            ("max_age = 0", "from 1", "max_age = 1"),
            ("max_age = '1h'", "without quotes or a unit", "max_age = 3600"),
            ("max_token_bytes = 0", "from 1", "max_token_bytes = 1"),
            ("cache = 100", "as a table", "cache = { tokens = 100 }"),
            ("cache.tokens = 10_000_001", "0 turns it off", "cache.tokens = 0"),
            ("errors = 'Auth0'", "`rfc6750` or `auth0`", "errors = 'auth0'"),
            ("errors = true", "in quotes", "errors = 'rfc6750'"),
            ("token_type = 'JWT'", "`any` or `at+jwt`", "token_type = 'any'"),
            ("kid = 'sometimes'", "`required` or `optional`", "kid = 'optional'"),
            ("realm = 'é'", "for instance `api`", "realm = 'api'"),
            ("token_header = 'Cookie'", "as `Cf-Access-Jwt-Assertion`", ""),
            ("roles = ['/a/~2']", "`~1` for `/`", "roles = ['/a/~1']"),
            ("roles = []", "name at least one", "roles = ['groups']"),
            (
                "roles = ['user_metadata']",
                "as `app_metadata` of Supabase",
                "roles = ['/app_metadata/roles']",
            ),
            ("claims = {}", "or leave it out", ""),
            (
                "claims = {}",
                "write it as `{ token_use = \"access\" }`",
                "claims = { token_use = \"access\" }",
            ),
            ("clients = []", "write the ids of the clients", "clients = ['app']"),
            ("aliases = ['https://issuer.test/']", "remove it, and the key with the last one", ""),
            ("aliases = ['a', 'a']", "remove it, and the key with the last one", "aliases = ['a']"),
            ("tenants = 'any'", "remove it", ""),
            ("jwks_token_file = 'token'", "remove it", ""),
            ("log.sub = 'yes'", "`true` or `false`", "log.sub = true"),
            ("metrics.address = ':9464'", "`127.0.0.1:9464`", "metrics.address = '127.0.0.1:9464'"),
            (
                "metrics = '127.0.0.1:9464'",
                "write it as a table",
                "metrics = { address = '127.0.0.1:9464' }",
            ),
            ("'jwks.watch' = false", "write it as a table", "jwks = { watch = false }"),
            (
                "scopes.implies = { a = ['b'], b = ['a'] }",
                "never the other way round too",
                "scopes.implies = { a = ['b'] }",
            ),
            ("scopes.implies = {}", "or leave it out", ""),
            (
                "scopes.implies = { 'a b' = ['c'] }",
                "write each scope by itself",
                "scopes.implies = { a = ['c'], b = ['c'] }",
            ),
            ("provider = 'azure'", "or leave the key out", ""),
            (
                "[default.bearer.issuers.b]\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'",
                "keep one of the two",
                "",
            ),
        ],
    );
}

#[test]
fn what_clients_and_pages_are_told_is_cured_as_is_shown() {
    assert_all_cured(
        "issuer = 'https://issuer.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']",
        &[
            ("audience = ''", "write the identifier of your API", "audience = 'image'"),
            (
                "audience = ['a', '*']",
                "write the identifier of your API",
                "audience = ['a', 'image']",
            ),
            ("audience = 7", "write it as `[\"a\", \"b\"]`", "audience = [\"7\"]"),
            ("", "write the identifier of your API there", "audience = 'image'"),
            ("", "write the ids of your clients there, as `clients`", "clients = ['app']"),
            ("resource = 'api.test'", "write it in full", "resource = 'https://api.test'"),
            ("resource = 'http://api.test'", "write `https://…`", "resource = 'https://api.test'"),
            ("resource = 'https://api.test '", "remove it", "resource = 'https://api.test'"),
            ("resource = 'https://me@api.test'", "without them", "resource = 'https://api.test'"),
            ("resource = 'https://api.test/?a'", "up to its path", "resource = 'https://api.test'"),
        ],
    );
    assert_all_cured(
        GOOD,
        &[
            ("cors.origins = ['https://a.test/']", "no path", "cors.origins = ['https://a.test']"),
            (
                "cors.origins = ['https://A.test']",
                "small letters",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['https://a.test:443']",
                "not the scheme's own",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['a.test']",
                "write each in full",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['http://a.test']",
                "write `https://…`",
                "cors.origins = ['https://a.test']",
            ),
            (
                "forward.headers = ['sub']",
                "`X-Auth-Subject=sub`",
                "forward.headers = ['X-Auth-Subject=sub']",
            ),
            (
                "forward.headers = ['Sub=sub']",
                "begin it with `X-`",
                "forward.headers = ['X-Sub=sub']",
            ),
            (
                "forward.headers = ['X-A_b=sub']",
                "letters, digits and `-`",
                "forward.headers = ['X-A-b=sub']",
            ),
            (
                "forward.headers = ['X-A=a', 'x-a=b']",
                "keep one of the two",
                "forward.headers = ['X-A=a']",
            ),
        ],
    );
}

#[test]
fn a_source_is_cured_as_is_shown() {
    assert_all_cured(
        FETCHED,
        &[
            (
                "domain = 'https://a.invalid/'",
                "without `https://` and without a path",
                "domain = 'a.invalid'",
            ),
            ("domain = 'a.invalid:443'", "or a port", "domain = 'a.invalid'"),
            ("issuer = 'a.invalid'", "write it in full", "issuer = 'https://a.invalid'"),
            (
                "issuer = 'http://a.invalid'",
                "`jwks_uri` beside",
                "issuer = 'http://a.invalid'\njwks_uri = 'https://a.invalid/keys'",
            ),
            ("issuer = 'https://a.invalid '", "remove it", "issuer = 'https://a.invalid'"),
            (
                "issuer = 'https://a.invalid/{tenantid}/v2.0'",
                "write as `tenants` the ids",
                "issuer = 'https://a.invalid/{tenantid}/v2.0'\ntenants = \"any\"",
            ),
            (
                "issuer = 'https://a.invalid/{tenant}/v2.0'",
                "write the id of a tenant in its place",
                "issuer = 'https://a.invalid/8c7f/v2.0'",
            ),
            (
                "issuer = 'https://a.invalid/b'\ntenants = 'any'",
                "or write `{tenantid}` into `issuer` in the place of the tenant's id",
                "issuer = 'https://a.invalid/{tenantid}'\ntenants = 'any'",
            ),
            (
                "issuer = 'https://a.invalid/.well-known/openid-configuration'",
                "write the value of `issuer` in that document",
                "issuer = 'https://a.invalid'",
            ),
            (
                "jwks_uri = 'https://a.invalid/'",
                "write `issuer` beside it",
                "jwks_uri = 'https://a.invalid/'\nissuer = 'a'",
            ),
            (
                "issuer = 'a'\njwks_uri = 'http://a.invalid/'",
                "write `https://…`",
                "issuer = 'a'\njwks_uri = 'https://a.invalid/'",
            ),
            (
                "issuer = 'a'\njwks_uri = 'https://me:pw@a.invalid/'",
                "without them",
                "issuer = 'a'\njwks_uri = 'https://a.invalid/'",
            ),
            (
                "domain = 'a.invalid'\nissuer = 'https://b.invalid/'",
                "keep one: `domain`, or",
                "domain = 'a.invalid'",
            ),
            (
                "domain = 'a.invalid'\njwks.refresh = 86400",
                "write a longer `jwks.stale`",
                "domain = 'a.invalid'\njwks.refresh = 86400\njwks.stale = 86401",
            ),
            (
                "domain = 'a.invalid'\njwks.refresh = 86400",
                "or a shorter `jwks.refresh`",
                "domain = 'a.invalid'\njwks.refresh = 86399",
            ),
            (
                "domain = 'a.invalid'\njwks.cooldown = 0",
                "from 1",
                "domain = 'a.invalid'\njwks.cooldown = 1",
            ),
            (
                "domain = 'a.invalid'\nalgorithms = ['rs384']",
                "did you mean `RS384`?",
                "domain = 'a.invalid'\nalgorithms = ['RS384']",
            ),
            (
                "domain = 'a.invalid'\nalgorithms = ['HS256']",
                "use RS256",
                "domain = 'a.invalid'\nalgorithms = ['RS256']",
            ),
            (
                "issuer = 'a'\njwks_file = 'keys.json'\nalgorithms = ['ES256']\njwks_token_file = 'token'",
                "or write `jwks_uri` in the place of `jwks_file`",
                "issuer = 'a'\njwks_uri = 'https://a.invalid/'\nalgorithms = ['ES256']",
            ),
        ],
    );
    let alone =
        "audience = 'image'\nissuer = 'a'\njwks_uri = 'https://a.invalid/'\njwks.timeout = 1";
    assert_all_cured(
        alone,
        &[
            (
                "jwks.proxy = '127.0.0.1:1'",
                "write it as `http://host:port`",
                "jwks.proxy = 'http://127.0.0.1:1'",
            ),
            (
                "jwks.no_proxy = ['b.invalid']",
                "name the proxy as `jwks.proxy`",
                "jwks.no_proxy = ['b.invalid']\njwks.proxy = 'http://127.0.0.1:1'",
            ),
            (
                "jwks.proxy = 'http://127.0.0.1:1'\njwks.no_proxy = ['*.b.invalid']",
                "write names and addresses alone",
                "jwks.proxy = 'http://127.0.0.1:1'\njwks.no_proxy = ['c.b.invalid']",
            ),
        ],
    );
}

/// What stands in [`GOOD`] already.
#[test]
fn rules_of_whose_tokens_count_are_cured_as_is_shown() {
    const TENANT: &str = "11111111-2222-4333-8444-555555555555";
    let template =
        "audience = 'image'\nissuer = 'https://a.test/{tenantid}'\nalgorithms = ['ES256']";
    assert_all_cured(
        "jwks_file = 'keys.json'",
        &[
            (
                "audience = false\nissuer = 'a'\nalgorithms = ['ES256']",
                "name in `clients` those whose tokens count",
                "audience = false\nissuer = 'a'\nalgorithms = ['ES256']\nclients = ['app']",
            ),
            (
                "audience = 'image'\nissuer = 'a'\nalgorithms = ['EdDSA']",
                "add the algorithm of a key to `algorithms`",
                "audience = 'image'\nissuer = 'a'\nalgorithms = ['ES256']",
            ),
            (
                &format!("{template}\ntenants = ['abc']"),
                "write the ids of the tenants (GUIDs)",
                &format!("{template}\ntenants = ['{TENANT}']"),
            ),
            (
                &format!(
                    "{template}\ntenants = ['{TENANT}']\naliases = ['https://a.test/{TENANT}']"
                ),
                "remove the alias, and `aliases` with the last one",
                &format!("{template}\ntenants = ['{TENANT}']"),
            ),
            (
                "audience = 'image'\nalgorithms = ['ES256']\nprovider = 'okta'\n\
                 issuer = 'https://<org>.okta.com/oauth2/default'",
                "write in its place what it stands for",
                "audience = 'image'\nalgorithms = ['ES256']\nprovider = 'okta'\n\
                 issuer = 'https://acme.okta.com/oauth2/default'",
            ),
        ],
    );
    for (wrong, cure, right) in [
        ("[bearer]", "write [default.bearer]", "[default.bearer]"),
        ("[default]", "they belong into [default.bearer]", "[default.bearer]"),
        ("[default.baerer]", "it belongs into [default.bearer]", "[default.bearer]"),
    ] {
        let folder = |section: &str| {
            Folder::with(&format!("{section}\n{GOOD}\n")).and("keys.json", Pair::new("k1").set())
        };
        let said = run(folder(wrong).path(), &[], &["check"]);
        assert!(said.code == Some(1) && said.stderr.contains(cure), "{wrong}: {said:?}");
        assert_launches(&folder(right), &[]);
    }
}

/// From an empty table to a launch, by what is said at each step.
#[test]
fn a_key_set_of_ones_own_is_made_step_by_step() {
    let steps = [
        ("", "for a key set of your own write `issuer` and `jwks_file`"),
        (
            "issuer = 'https://issuer.test/'\njwks_file = 'keys/own.json'",
            "write the identifier of your API there",
        ),
        (
            "issuer = 'https://issuer.test/'\njwks_file = 'keys/own.json'\naudience = 'image'",
            "or make one with `rocket-bearer keys new`",
        ),
    ];
    let folder = Folder::new();
    for (lines, cure) in steps {
        std::fs::write(folder.path().join("Rocket.toml"), format!("[default.bearer]\n{lines}\n"))
            .unwrap();
        let said = run(folder.path(), &[], &["check"]);
        assert!(said.code == Some(1) && said.stderr.contains(cure), "{lines}: {said:?}");
    }
    let made = run(folder.path(), &[], &["keys", "new"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(checked(&folder, &[("ROCKET_PROFILE", "release")]), []);
}

#[test]
fn a_variable_is_cured_as_is_shown() {
    let good = || folder(GOOD, "");
    for (wrong, cure, right) in [
        (("BEARER_ISUER", "a"), "did you mean `BEARER_ISSUER`?", ("BEARER_ISSUER", "a")),
        (("BEARER_AUDIENCE", ""), "write the identifier of your API", ("BEARER_AUDIENCE", "image")),
        (
            ("BEARER_AUDIENCE", "[\"a\""),
            "write `a,b` or `[\"a\",\"b\"]`",
            ("BEARER_AUDIENCE", "a,b"),
        ),
        (("BEARER_LEEWAY", "5s"), "digits only", ("BEARER_LEEWAY", "5")),
        (
            ("BEARER_CLAIMS", "tier=gold"),
            "in a variable as the JSON object `{\"token_use\":\"access\"}`",
            ("BEARER_CLAIMS", "{\"token_use\":\"access\"}"),
        ),
        (
            ("BEARER_SCOPES__IMPLIES", "a=b"),
            "in a variable as the JSON object `{\"files:write\":[\"files:read\"]}`",
            ("BEARER_SCOPES__IMPLIES", "{\"files:write\":[\"files:read\"]}"),
        ),
        (
            ("BEARER_SCOPES__IMPLIES__A", "b"),
            "as one JSON object in `BEARER_SCOPES__IMPLIES`",
            ("BEARER_SCOPES__IMPLIES", "{\"a\":[\"b\"]}"),
        ),
        (("BEARER_TOKENS", "a"), "remove it", ("BEARER_TOKEN", "for curl")),
    ] {
        let said = run(good().path(), &[wrong], &["check"]);
        assert!(said.code == Some(1) && said.stderr.contains(cure), "{wrong:?}: {said:?}");
        assert_launches(&good(), &[right]);
    }
}
