//! `check`: what it finds in a configuration and in the issuer behind it.

mod connections;
mod keys;
mod names;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::program::{Folder, Said, Variables, repository, run};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{Signer, but, good_claims};

const OPENID: &str = "/.well-known/openid-configuration";

const JWKS: &str = "/jwks.json";

/// Checks, and asserts the exit code and that all of these words are said on stdout.
#[track_caller]
fn check(folder: &Path, variables: Variables<'_>, code: i32, words: &[&str]) -> Said {
    let said = run(folder, variables, &["check"]);
    assert_eq!(said.code, Some(code), "{said:?}");
    for word in words {
        assert!(said.stdout.contains(word), "{word:?} is not in {said:?}");
    }
    said
}

/// An issuer that is all right: the tests spoil one thing each.
fn good(issuer: &MockIssuer, keys: &[&Signer]) -> Value {
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": format!("{}{JWKS}", issuer.url) });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    issuer.answers(JWKS, IssuerAnswer::keys(keys));
    metadata
}

fn discovered(url: &str) -> Folder {
    Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nissuer = '{url}'\nalgorithms = ['ES256']\n"
    ))
}

#[test]
fn a_good_configuration_gives_no_finding() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    good(&issuer, &[&key]);
    let folder = discovered(&issuer.url).and("ca.pem", pem);
    let said = check(folder.path(), &[("BEARER_JWKS__CA_FILE", "ca.pem")], 0, &[&key.kid, "image"]);
    assert_eq!(said.stderr, "");
    for word in ["error", "warning"] {
        assert!(!said.stdout.contains(word), "{said:?}");
    }
}

#[test]
fn what_clients_learn_of_the_app_fits_what_it_accepts() {
    let key = Signer::of("ES256");
    let (issuer, pem) = MockIssuer::start_tls();
    good(&issuer, &[&key]);
    let said = |lines: &str| {
        let folder = Folder::with(&format!(
            "[default.bearer]\nissuer = '{}'\nalgorithms = ['ES256']\n{lines}\n",
            issuer.url
        ));
        let folder = folder.and("ca.pem", pem.clone());
        check(folder.path(), &[("BEARER_JWKS__CA_FILE", "ca.pem")], 0, &[]).stdout
    };
    let (other, slash) = ("is not `resource`", "differs from `resource` by a slash");
    let (ending, offline) = ("`resource` has a slash at its end", "names `offline_access`");
    let unlooked = "is not looked at, and MCP";
    let all = [other, slash, ending, offline, unlooked];
    for (lines, found) in [
        ("resource = 'https://api.test'", &[] as &[&str]),
        ("resource = 'https://api.test'\naudience = 'https://api.test'", &[]),
        ("resource = 'https://api.test'\naudience = ['image', 'https://api.test']", &[]),
        ("audience = 'image'", &[]),
        ("resource = 'https://api.test'\naudience = 'image'", &[other]),
        ("resource = 'https://api.test/mcp'\naudience = 'https://api.test'", &[other]),
        ("resource = 'https://api.test'\naudience = 'https://api.test/'", &[slash]),
        ("resource = 'https://api.test/'\naudience = 'https://api.test'", &[slash, ending]),
        ("resource = 'https://api.test/v1/'", &[ending]),
        ("resource = 'https://api.test'\nclients = ['app']\naudience = false", &[unlooked]),
        ("audience = 'image'\nscopes.implies = { a = ['offline_access'] }", &[offline]),
        ("audience = 'image'\nscopes.implies = { offline_access = ['a'] }", &[offline]),
        ("audience = 'image'\nscopes.implies = { a = ['b'] }", &[]),
    ] {
        let said = said(lines);
        for finding in all {
            assert_eq!(
                said.contains(finding),
                found.contains(&finding),
                "{lines}: {finding}: {said}"
            );
        }
    }
    // The cure is followed.
    let said = said("resource = 'https://api.test/v1/'");
    assert!(said.contains("write `resource = \"https://api.test/v1\"`"), "{said}");
}

#[test]
fn metadata_without_an_authorization_server_is_found() {
    let key = Signer::of("ES256");
    let set = json!({ "keys": [key.jwk] }).to_string();
    let none = "names no authorization server";
    for (issuer, more, is_found) in [
        ("acme", "", true),
        ("https://acme.test/", "", false),
        ("https://login.test/{tenantid}/v2.0", "tenants = ['any']\n", true),
        (
            "https://login.test/{tenantid}/v2.0",
            "tenants = ['11111111-2222-4333-8444-555555555555']\n",
            false,
        ),
    ] {
        for resource in ["", "resource = 'https://api.test'\n"] {
            let folder = Folder::with(&format!(
                "[default.bearer]\nissuer = '{issuer}'\njwks_file = 'keys.json'\n\
                 algorithms = ['ES256']\naudience = 'https://api.test'\n{more}{resource}"
            ));
            let said = check(folder.and("keys.json", set.clone()).path(), &[], 0, &[]).stdout;
            let expected = is_found && !resource.is_empty();
            assert_eq!(said.contains(none), expected, "{issuer} {resource}: {said}");
        }
    }
}

#[test]
fn an_audience_that_is_none_is_warned_of() {
    let issuer = MockIssuer::start();
    good(&issuer, &[&Signer::of("ES256")]);
    for (audience, found) in
        [("YOUR_API_IDENTIFIER", "placeholder"), (&issuer.url as &str, "the issuer itself")]
    {
        let variables = [("BEARER_AUDIENCE", audience)];
        check(discovered(&issuer.url).path(), &variables, 0, &["`audience`", found]);
    }
}

#[test]
fn a_dotted_name_that_no_token_has_is_warned_of_with_its_pointer() {
    let issuer = MockIssuer::start();
    good(&issuer, &[&Signer::of("ES256")]);
    for (variable, value, key) in [
        ("BEARER_ROLES", "realm_access.roles", "`roles`"),
        ("BEARER_FORWARD__HEADERS", "X-Auth-Roles=realm_access.roles", "`forward.headers`"),
    ] {
        let words = ["warning", key, "\"/realm_access/roles\""];
        check(discovered(&issuer.url).path(), &[(variable, value)], 0, &words);
        let pointer = value.replace("realm_access.roles", "/realm_access/roles");
        let said = check(discovered(&issuer.url).path(), &[(variable, &pointer)], 0, &[]);
        assert!(!said.stdout.contains("probably no token has"), "{said:?}");
    }
}

#[test]
fn every_issuer_is_looked_at() {
    let (first, second) = (MockIssuer::start(), MockIssuer::start());
    good(&first, &[&Signer::of("ES256")]);
    let toml = format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\nissuer = '{}'\n\
         [default.bearer.issuers.second]\nissuer = '{}'\n",
        first.url, second.url
    );
    let said = check(Folder::with(&toml).path(), &[], 1, &[&first.url, &second.url, "no keys"]);
    assert_eq!(said.stdout.matches("  error ").count(), 1, "{said:?}");
}
