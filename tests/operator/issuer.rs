//! An `issuer` that no token carries in `iss` does not launch.

use serde_json::json;

use crate::assert_refused;

/// How the keys of the issuer are found; the last is discovery.
const KEYS: [&str; 3] = ["jwks_file = 'keys.json'", "jwks_uri = 'https://a.test/'", ""];

/// Asserts that these issuers are refused with this cure, in a file and in a variable.
#[track_caller]
fn assert_none_launches(issuers: &[&str], cure: &str) {
    for issuer in issuers {
        for keys in KEYS {
            let file = format!("[default.bearer]\naudience = 'image'\n{keys}\n");
            assert_refused(&file, &[("BEARER_ISSUER", issuer)], &["`BEARER_ISSUER`", cure]);
            let file = format!("{file}issuer = {}\n", json!(issuer));
            assert_refused(&file, &[], &["`issuer` in [default.bearer]", cure]);
        }
    }
}

#[test]
fn white_space_at_either_end_is_named_with_its_cure() {
    let issuers = [
        "https://s3cr3t.test/ ",
        " https://s3cr3t.test/",
        "\thttps://s3cr3t.test/",
        "https://s3cr3t.test/\n\n",
        "https://s3cr3t.test/\r\n\n",
        "\nhttps://s3cr3t.test/",
        "https://s3cr3t.test/\u{a0}",
        "\u{feff}https://s3cr3t.test/",
        "s3cr3t ",
        " ",
    ];
    let cure = "has white space at its start or end; remove it";
    assert_none_launches(&issuers, cure);
    // In a file a single line break is no accident of a secret: it is refused too.
    let file = "[default.bearer]\naudience = 'image'\nissuer = \"https://s3cr3t.test/\\n\"\n";
    assert_refused(file, &[], &["`issuer` in [default.bearer]", cure]);
}

#[test]
fn the_address_of_its_metadata_is_named_with_its_cure() {
    let issuers = [
        "https://s3cr3t.test/.well-known/openid-configuration",
        "https://s3cr3t.test/realms/a/.well-known/openid-configuration",
        "https://s3cr3t.test/.well-known/oauth-authorization-server/tenant",
        "https://s3cr3t.test/.well-known/jwks.json",
        "https://s3cr3t.test/.well-known/",
        "https://s3cr3t.test/.well-known",
    ];
    assert_none_launches(&issuers, "write the value of `issuer` in that document");
}

#[test]
fn a_placeholder_is_named_with_its_cure() {
    let issuers = [
        "https://s3cr3t.test/{tenant}/v2.0",
        "https://{tenantid}.test/s3cr3t",
        "https://login.test/s3cr3t-{tenantid}",
        "https://login.test/{tenantid}{tenantid}/s3cr3t",
        "https://login.test/{tenantid}/s3cr3t/{tenantid}",
        "https://login.test/s3cr3t?tenant=/{tenantid}",
        "https://login.test/%7Btenantid%7D/s3cr3t",
        "https://login.test/%7btenantid%7d/s3cr3t",
        "https://s3cr3t.test/realms/{{ realm }}",
        "https://s3cr3t.test/${REALM}",
        "{s3cr3t}",
    ];
    let cure = "or `{tenantid}` as one whole segment of the path with `tenants` beside it";
    assert_none_launches(&issuers, cure);
    let cure = "write as `tenants` the ids of those whose tokens count, or `\"any\"`";
    assert_none_launches(&["https://login.test/{tenantid}/s3cr3t"], cure);
    // Nor is one the address of a key set.
    let file = "[default.bearer]\naudience = 'image'\nissuer = 'https://a.test/'\n\
                jwks_uri = 'https://s3cr3t.test/{tenantid}/keys'\n";
    assert_refused(file, &[], &["`jwks_uri`", "write the address of the key set itself"]);
}
