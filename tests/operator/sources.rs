//! Issuers that are missing, contradictory or incomplete are refused with a way out.

use crate::program::Variables;
use crate::{SECRET, assert_refused};

#[test]
fn sources_that_remain_side_by_side_are_both_named() {
    let file_issuer = "[default.bearer]\naudience = 'a'\nissuer = 'https://s3cr3t.test/'\n";
    let file_domain = "[default.bearer]\naudience = 'a'\ndomain = 's3cr3t.test'\n";
    let domain = ("BEARER_DOMAIN", "s3cr3t.test");
    let tutorial = ("AUTH0_DOMAIN", "s3cr3t.test");
    let issuer = ("BEARER_ISSUER", "https://s3cr3t.test/");
    let jwks_uri = ("BEARER_JWKS_URI", "https://s3cr3t.test/");
    let jwks_file = ("BEARER_JWKS_FILE", "s3cr3t.json");
    let cases: [(&str, &[_], [&str; 2]); 6] = [
        (file_issuer, &[domain, jwks_file], ["`BEARER_DOMAIN`", "`BEARER_JWKS_FILE`"]),
        (file_issuer, &[domain, jwks_uri], ["`BEARER_DOMAIN`", "`BEARER_JWKS_URI`"]),
        (file_issuer, &[domain, issuer], ["`BEARER_DOMAIN`", "`BEARER_ISSUER`"]),
        (file_issuer, &[jwks_uri, jwks_file], ["`BEARER_JWKS_URI`", "`BEARER_JWKS_FILE`"]),
        (file_issuer, &[tutorial, jwks_file], ["`AUTH0_DOMAIN`", "`BEARER_JWKS_FILE`"]),
        (file_domain, &[issuer], ["`domain` in [default.bearer]", "`BEARER_ISSUER`"]),
    ];
    for (file, variables, named) in cases {
        assert_refused(file, variables, &[&named[..], &["keep one"]].concat());
    }
}

#[test]
fn a_key_source_without_an_issuer_is_named() {
    let file = "[default.bearer]\naudience = 'a'\ndomain = 's3cr3t.test'\n";
    let variables = [
        ("BEARER_JWKS_FILE", "s3cr3t.json"),
        // The file's `domain` goes, and with it the issuer that it stood for.
        ("BEARER_JWKS_URI", "https://s3cr3t.test/"),
    ];
    for variable in variables {
        assert_refused(file, &[variable], &[&format!("`{}`", variable.0), "write `issuer`"]);
    }
}

#[test]
fn a_missing_audience_is_asked_for_in_the_section_of_the_profile() {
    for profile in ["debug", "release", "staging"] {
        let file = "[default.bearer]\ndomain = 's3cr3t.test'\n";
        let words = ["`audience`", &format!("[{profile}.bearer]"), "BEARER_AUDIENCE"];
        assert_refused(file, &[("ROCKET_PROFILE", profile)], &words);
    }
}

#[test]
fn without_any_source_the_ways_to_one_are_named() {
    let words = ["ROCKET_PROFILE", "AUTH0_DOMAIN", "API_AUDIENCE", "`issuer`", "`jwks_file`"];
    for file in ["", "[default.bearer]\naudience = 'image'\n", "[default.bearer.issuers]\n"] {
        for profile in ["release", "debug", "auth0"] {
            let of_profile = format!("`{profile}`");
            let words = [&words[..], &[&of_profile]].concat();
            assert_refused(file, &[("ROCKET_PROFILE", profile)], &words);
        }
    }
}

#[test]
fn issuers_that_cannot_be_told_apart_or_have_no_keys_are_named() {
    let top = "[default.bearer]\naudience = 'image'\n";
    let with_domain = "domain = 's3cr3t.test'";
    let cases = [
        ("[default.bearer.issuers.Acme]", with_domain, "issuers.Acme", "a-z, 0-9 and `-`"),
        ("[default.bearer.issuers.a_b]", with_domain, "issuers.a_b", "a-z, 0-9 and `-`"),
        ("[default.bearer.issuers.'']", with_domain, "issuers.", "a-z, 0-9 and `-`"),
        ("[default.bearer.issuers.acme]", "audience = 's3cr3t'", "issuers.acme", "a `domain`"),
        ("[default.bearer.issuers]", "acme = 's3cr3t'", "`acme`", "write it as a table"),
        ("[default.bearer.issuers.acme]", "isuer = 's3cr3t'", "issuers.acme]", "issuer`?"),
        ("[default.bearer.issuers.acme]", "leeway = 5", "issuers.acme]", "the keys are domain"),
        ("[default.bearer.issuers.acme.more]", with_domain, "more", "the keys are domain"),
    ];
    for (table, line, named, cure) in cases {
        assert_refused(&format!("{top}{table}\n{line}\n"), &[], &[named, cure]);
    }

    let twice = [
        format!("{top}{with_domain}\n[default.bearer.issuers.acme]\n{with_domain}\n"),
        // A domain stands for its issuer.
        format!(
            "{top}{with_domain}\n[default.bearer.issuers.acme]\nissuer = 'https://s3cr3t.test/'\n"
        ),
        format!(
            "{top}[default.bearer.issuers.a]\n{with_domain}\n\
             [default.bearer.issuers.acme]\n{with_domain}\n"
        ),
    ];
    for file in twice {
        assert_refused(&file, &[], &["issuers.acme", "`iss`", "keep one"]);
    }
    let file = format!("{top}{with_domain}\n[default.bearer.issuers.default]\ndomain = 'a.b'\n");
    assert_refused(&file, &[], &["issuers.default", "name"]);
}

#[test]
fn what_is_wrong_with_an_issuer_as_a_whole_is_named_with_its_origin() {
    let cases: [(&str, Variables<'_>, &str); 4] = [
        ("[default.bearer.issuers.Acme]\ndomain = 'a.b'\n", &[], "[default.bearer.issuers.Acme]"),
        ("[default.bearer.issuers.'a.b']\ndomain = 'a.b'\n", &[], "a-z, 0-9 and `-`"),
        ("", &[("BEARER_ISSUERS__A_B__DOMAIN", "s3cr3t.test")], "BEARER_ISSUERS__A_B__"),
        ("", &[("BEARER_ISSUERS__ACME__AUDIENCE", SECRET)], "BEARER_ISSUERS__ACME__"),
    ];
    for (tables, variables, origin) in cases {
        let file = format!("[default.bearer]\naudience = 'image'\n{tables}");
        assert_refused(&file, variables, &[origin]);
    }
}
