//! Sources of keys that stop `check`, and rules of whose tokens count: what is to be written launches.

use super::checked;
use super::refused::{GOOD, assert_all_cured, assert_launches};
use crate::program::{Folder, Pair, run};

/// The same without keys: nothing answers at that proxy.
const FETCHED: &str = "audience = 'image'\njwks.proxy = 'http://127.0.0.1:1'\njwks.timeout = 1";

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
                "issuer = 'a'\njwks_uri = 'https://a.invalid/{tenant}/keys'",
                "write the address of the key set itself",
                "issuer = 'a'\njwks_uri = 'https://a.invalid/8c7f/keys'",
            ),
            (
                "issuer = ''\njwks_uri = 'https://a.invalid/'",
                "write the issuer exactly as tokens carry it in `iss`",
                "issuer = 'a'\njwks_uri = 'https://a.invalid/'",
            ),
            (
                "domain = 'a.invalid'\n[default.bearer.issuer.b]\ndomain = 'b.invalid'",
                "did you mean `issuers`?",
                "domain = 'a.invalid'\n[default.bearer.issuers.b]\ndomain = 'b.invalid'",
            ),
            (
                "aliases = ['b']\n[default.bearer.issuers.a]\ndomain = 'a.invalid'",
                "write it in the table of the issuer that it is about",
                "[default.bearer.issuers.a]\naliases = ['b']\ndomain = 'a.invalid'",
            ),
            (
                "domain = 'a.invalid'\njwks.max_bytes = 0",
                "from 1; 524288 is the default",
                "domain = 'a.invalid'\njwks.max_bytes = 524288",
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
