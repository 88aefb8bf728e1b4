//! Issuers that are missing, contradictory or incomplete are refused with a way out.

use std::fs;

use crate::program::{Folder, Variables, run};
use crate::{SECRET, assert_refused, assert_told};

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
fn without_any_source_it_is_said_which_file_was_read_and_what_it_has() {
    let debug = "[debug.bearer]\ndomain = 's3cr3t.test'\naudience = 'image'\n";
    let both = &format!("{debug}[auth0.bearer]\n");
    let beside = "[default]\naudience = 's3cr3t'\ndomain = 's3cr3t.test'\n";
    // The file, the profile, and what is said of both; `THERE` stands for the path.
    for (file, profile, words) in [
        ("", "debug", &["THERE has no table `bearer`", "[debug.bearer], in [default.bearer]"][..]),
        ("[default]\nport = 1\n", "debug", &["THERE has no table `bearer`"]),
        (debug, "release", &["THERE has [debug.bearer])", "[release.bearer]", "`ROCKET_PROFILE`"]),
        (both, "release", &["THERE has [auth0.bearer] and [debug.bearer])"]),
        (debug, "debgu", &["THERE has [debug.bearer])", "did you mean the profile `debug`"]),
        (debug, "d\u{1b}[2J", &["profile `d\\u{1b}[2J`"]),
        ("[default.bearer]\n[default.bearer.issuers]", "debug", &["THERE has [default.bearer])"]),
        // Settings beside the table.
        (
            beside,
            "debug",
            &["`audience` in [default] of THERE and `domain` in [default] of THERE are"],
        ),
        (beside, "debug", &["not read: they belong into [default.bearer]"]),
        ("[debug.jwks]\nstale = 1", "debug", &["[debug.jwks] of THERE is not read: it belongs"]),
        ("[debug]\nissuer = 's3cr3t'", "debug", &["`issuer` in [debug] of THERE is not read"]),
        ("[default.issuers.a]\ndomain = 'a.b'", "debug", &["[default.issuers] of THERE is not"]),
        ("[default.Bearer]\ndomain = 'a.b'", "debug", &["[default.Bearer] of THERE is not read"]),
        ("[debug.baerer]\ndomain = 'a.b'", "debug", &["[debug.baerer] of THERE is not read"]),
    ] {
        let folder = Folder::with(file);
        let path = folder.path().join("Rocket.toml").display().to_string();
        let variables = [("ROCKET_PROFILE", profile)];
        let said = run(folder.path(), &variables, &["token"]);
        let words: Vec<_> = words.iter().map(|word| word.replace("THERE", &path)).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        assert_told(&said, file, &variables, &words);
        assert!(!said.stderr.contains('\u{1b}'), "{said:?}");
    }
}

#[test]
fn without_any_file_it_is_said_where_one_was_looked_for() {
    let folder = Folder::with("").and("sub/empty", "");
    fs::remove_file(folder.path().join("Rocket.toml")).unwrap();
    let here = folder.path().join("sub").display().to_string();
    let none = format!("there is no `Rocket.toml` in {here} or above");
    let long = format!("/{}", "long".repeat(100));
    let cases: [(Variables<'_>, &str); 5] = [
        (&[], &none),
        (&[("ROCKET_CONFIG", "/nope/R.toml")], "`ROCKET_CONFIG` names /nope/R.toml, which is no"),
        (
            &[("ROCKET_CONFIG", "R.toml")],
            &format!("names R.toml, and there is no such file in {here}"),
        ),
        (&[("rocket_config", "/no\u{1b}[2J")], "names /no\\u{1b}[2J, which"),
        (&[("ROCKET_CONFIG", &long)], &format!("{}…, which is no file", &long[..200])),
    ];
    for (variables, words) in cases {
        let said = run(&folder.path().join("sub"), variables, &["token"]);
        assert_told(&said, "", variables, &[words]);
    }
    // Another file, which is found.
    let other = Folder::with("").and("other.toml", "[staging.bearer]\ndomain = 'a.b'\n");
    let path = other.path().join("other.toml").display().to_string();
    let variables = [("ROCKET_CONFIG", path.as_str())];
    let said = run(folder.path(), &variables, &["token"]);
    assert_told(&said, "", &variables, &[&format!("{path} has [staging.bearer])")]);
}

#[test]
fn a_table_bearer_that_is_a_profile_of_its_own_is_named_with_its_cure() {
    let good = "[default.bearer]\ndomain = 'a.b'\naudience = 'image'\n";
    for table in [
        "[bearer]\ndomain = 's3cr3t.test'\naudience = 's3cr3t'\n",
        "[bearer]\nleeway = 1\n",
        "[Bearer]\naudience = 's3cr3t'\n",
        "[bearer.jwks]\nrefresh = 60\n",
        "[bearer.issuers.acme]\ndomain = 's3cr3t.test'\n",
        "[bearer.default]\naudience = 's3cr3t'\n",
    ] {
        for file in [table.to_owned(), format!("{good}{table}")] {
            let words =
                ["[bearer] of ", "Rocket.toml", "write [default.bearer], or [debug.bearer]"];
            assert_refused(&file, &[], &words);
        }
    }
}

#[test]
fn an_audience_beside_the_table_is_named_with_its_cure() {
    let file = "[default]\naudience = 's3cr3t'\n[default.bearer]\ndomain = 'a.b'\n";
    let words = ["`audience` is missing from [debug.bearer]", "`audience` in [default] of"];
    assert_refused(file, &[], &[&words[..], &["is not read", "BEARER_AUDIENCE"]].concat());
    assert_refused("", &[("ROCKET_AUDIENCE", SECRET)], &["`audience` from `ROCKET_` environment"]);
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
        (
            "[default.bearer.issuers.acme]",
            "leeway = 5",
            "issuers.acme]",
            "outside of any, as `leeway`",
        ),
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
