//! Findings on what stands beside a `provider`. No cure takes a check away that the preset brings.

use std::sync::LazyLock;

use rocket_bearer::Provider;

use super::{assert_cured, checked};
use crate::program::{Folder, Pair, run, token};

fn folder(lines: &str) -> Folder {
    static PAIR: LazyLock<Pair> = LazyLock::new(|| Pair::new("k1"));
    Folder::with(&format!(
        "[default.bearer]\nalgorithms = ['ES256']\njwks_file = 'keys.json'\naudience = 'image'\n{lines}\n"
    ))
    .and("keys.json", PAIR.set())
    .and("k1.pem", &PAIR.pem)
}

/// Whether a token of this issuer with these claims is accepted. It has no claims but those that are said.
fn accepts(folder: &Folder, issuer: &str, claims: &[&str]) -> bool {
    let mut arguments = vec!["--key", "k1.pem", "--kid", "k1"];
    arguments.extend(claims.iter().flat_map(|claim| ["--claim", *claim]));
    let bare = self::folder(&format!("issuer = '{issuer}'"));
    super::accepts(folder, &token(bare.path(), &[], &arguments))
}

/// The lines that `check` says a preset fills.
fn filled(folder: &Folder) -> Vec<String> {
    let said = run(folder.path(), &[], &["check"]).stdout;
    let lines = said.lines().skip_while(|line| !line.starts_with("  provider    ")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("              "));
    lines.map(|line| line.trim_start().to_owned()).collect()
}

#[test]
fn claims_of_the_preset_are_added_to_those_that_are_set() {
    for (provider, issuer, set, added) in [
        (
            "cognito",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
            "scope = 'x'",
            "token_use = 'access'",
        ),
        (
            "entra",
            "https://login.microsoftonline.com/8c7f/v2.0",
            "tid = '8c7f'",
            "azpacr = ['0', '1', '2']",
        ),
        ("keycloak", "https://kc.test/realms/a", "azp = 'web'", "typ = ['Bearer', 'DPoP']"),
        ("supabase", "https://ref.supabase.co/auth/v1", "aal = 'aal2'", "is_anonymous = false"),
    ] {
        let with = |claims: &str| {
            folder(&format!(
                "provider = '{provider}'\nissuer = '{issuer}'\nclaims = {{ {claims} }}"
            ))
        };
        let (faulty, cured) = (with(set), with(&format!("{set}, {added}")));
        assert_cured(
            "is not in force",
            "add that to yours",
            &checked(&faulty, &[]),
            &checked(&cured, &[]),
        );
        let claim = set.replace(" = ", "=").replace('\'', "");
        assert!(accepts(&faulty, issuer, &[&claim]), "{provider}");
        assert!(!accepts(&cured, issuer, &[&claim]), "{provider}");
    }
}

#[test]
fn another_issuer_than_the_providers_is_cured_by_the_one_of_its_tokens() {
    for (provider, faulty, cure, cured) in [
        (
            "entra",
            "https://sts.windows.net/11111111-2222-4333-8444-555555555555/",
            "write `issuer = \"https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0\"`",
            "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
        ),
        (
            "entra",
            "https://login.microsoftonline.us/11111111-2222-4333-8444-555555555555",
            "write `issuer = \"https://login.microsoftonline.us/11111111-2222-4333-8444-555555555555/v2.0\"`",
            "https://login.microsoftonline.us/11111111-2222-4333-8444-555555555555/v2.0",
        ),
        (
            "entra",
            "https://sts.windows.net/8c7f/",
            "write `issuer = \"https://login.microsoftonline.com/<tenant id>/v2.0\"`",
            "https://login.microsoftonline.com/8c7f/v2.0",
        ),
        (
            "okta",
            "https://acme.okta.com",
            "or take the one named `default`",
            "https://acme.okta.com/oauth2/default",
        ),
        (
            "supabase",
            "https://ref.supabase.co",
            "write it as tokens carry it in `iss`",
            "https://ref.supabase.co/auth/v1",
        ),
    ] {
        let with = |issuer: &str| folder(&format!("provider = '{provider}'\nissuer = '{issuer}'"));
        let (faulty, cured) = (with(faulty), with(cured));
        assert_cured("`issuer` is \"", cure, &checked(&faulty, &[]), &checked(&cured, &[]));
    }
}

/// The other way out: without `provider`, and with all that it has filled.
#[test]
fn a_provider_is_left_out_without_the_loss_of_a_check() {
    for (provider, id_token, access_token) in [
        ("cognito", "token_use=id", "token_use=access"),
        ("keycloak", "typ=ID", "typ=Bearer"),
        ("supabase", "is_anonymous=true", "is_anonymous=false"),
    ] {
        let issuer = "https://login.test";
        let faulty = folder(&format!("provider = '{provider}'\nissuer = '{issuer}'"));
        let lines = filled(&faulty).join("\n");
        let cured = folder(&format!("issuer = '{issuer}'\n{lines}"));
        let cure = "leave `provider` out and write the lines that it fills yourself";
        assert_cured("`issuer` is \"", cure, &checked(&faulty, &[]), &checked(&cured, &[]));
        for folder in [&faulty, &cured] {
            assert!(!accepts(folder, issuer, &[id_token]), "{provider}: {lines}");
            assert!(accepts(folder, issuer, &[access_token]), "{provider}: {lines}");
        }
    }
    // Tokens of version 1.0 have another claim in place of the preset's.
    let issuer = "https://sts.windows.net/8c7f/";
    let faulty = folder(&format!("provider = 'entra'\nissuer = '{issuer}'"));
    let lines = "claims = { appidacr = [\"0\", \"1\", \"2\"] }\nroles = [\"roles\"]";
    let cured = folder(&format!("issuer = '{issuer}'\n{lines}"));
    let cure =
        "write `claims = { appidacr = [\"0\", \"1\", \"2\"] }` and `roles = [\"roles\"]` yourself";
    assert_cured("`issuer` is \"", cure, &checked(&faulty, &[]), &checked(&cured, &[]));
    assert!(!accepts(&cured, issuer, &[]) && accepts(&cured, issuer, &["appidacr=\"1\""]));
    assert!(!accepts(&faulty, issuer, &["appidacr=\"1\""]));
    // Where it fills nothing, nothing is to be written.
    let faulty = folder("provider = 'hydra'\nissuer = 'https://hydra.test'");
    let found = checked(&faulty, &[]);
    assert!(found.iter().any(|it| it.cure.ends_with("or leave `provider` out")), "{found:?}");
    let cured = folder("issuer = 'https://hydra.test'");
    assert_cured(
        "`issuer` is \"",
        "leave `provider` out",
        &checked(&faulty, &[]),
        &checked(&cured, &[]),
    );
}

#[test]
fn tokens_that_anyone_can_get_are_cured_by_the_line_that_is_shown() {
    let github = "provider = 'github-actions'";
    let zitadel = "provider = 'zitadel'\nissuer = 'https://a.zitadel.cloud'";
    for (faulty, what, cure, more) in [
        (
            github,
            "every repository on GitHub",
            "`claims = { repository = \"owner/name\" }`",
            "claims = { repository = \"owner/name\" }",
        ),
        (
            github,
            "every repository on GitHub",
            "or `repository_owner_id`",
            "claims = { repository_owner_id = \"1\" }",
        ),
        (
            zitadel,
            "those of the project of the client",
            "`roles = [\"urn:zitadel:iam:org:project:<project id>:roles\"]`",
            "roles = [\"urn:zitadel:iam:org:project:12:roles\"]",
        ),
    ] {
        let cured = folder(&format!("{faulty}\n{more}"));
        assert_cured(what, cure, &checked(&folder(faulty), &[]), &checked(&cured, &[]));
    }
    let issuer = "https://token.actions.githubusercontent.com";
    let cured = folder(&format!("{github}\nclaims = {{ repository = \"owner/name\" }}"));
    assert!(accepts(&cured, issuer, &["repository=owner/name"]));
    assert!(!accepts(&cured, issuer, &["repository=evil/name"]));
}

/// The preset of Supabase says the audience, so to leave it out changes nothing.
#[test]
fn an_audience_of_the_preset_is_not_to_be_left_out() {
    let supabase = "provider = 'supabase'\nissuer = 'https://ref.supabase.co/auth/v1'";
    let with = |lines: &str| {
        Folder::with(&format!(
            "[default.bearer]\nalgorithms = ['ES256']\njwks_file = 'keys.json'\n{supabase}\n\
             resource = 'https://api.test'\n{lines}\n"
        ))
        .and("keys.json", Pair::new("k1").set())
    };
    let cure = "write `audience = \"https://api.test\"` if its tokens carry that";
    let cured = with("audience = \"https://api.test\"");
    assert_cured("is not `resource`", cure, &checked(&with(""), &[]), &checked(&cured, &[]));
}

/// From the name of a provider to a launch, each time by the line that is told, with an `a` for what it leaves
/// open.
#[test]
fn what_a_provider_lacks_is_written_line_by_line() {
    let filled = |line: &str| {
        let mut parts = line.split('<');
        let begin = parts.next().unwrap().to_owned();
        parts.fold(begin, |line, part| line + "a" + part.split_once('>').unwrap().1)
    };
    for provider in Provider::ALL {
        for wrong in ["", "domain = 'a.invalid'"] {
            let mut lines = vec!["jwks.proxy = 'http://127.0.0.1:1'".to_owned(), wrong.to_owned()];
            lines.push(format!("provider = '{provider}'"));
            let mut told = vec![];
            loop {
                let toml = format!("[default.bearer]\n{}\n", lines.join("\n"));
                let said = run(Folder::with(&toml).path(), &[], &["check"]);
                if said.stdout.starts_with("profile ") {
                    break;
                }
                let (what, cure) = said.stderr.split_once("; write ").expect("a cure");
                assert!(told.len() < 2, "{toml}: {said:?}");
                let line = filled(cure.split('`').nth(1).expect("a line to write"));
                if what.contains("is Auth0's shorthand") {
                    lines.retain(|it| it != wrong);
                }
                lines.push(line.clone());
                told.push(line);
            }
            let is_all_known = provider == Provider::Auth0 && !wrong.is_empty();
            assert!(!told.is_empty() || is_all_known, "{provider}: {lines:?}");
        }
    }
}
