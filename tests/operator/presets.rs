//! The presets of `provider`: what each fills, what it asks for, and what `check` says of it.

use rocket_bearer::Provider;

use super::program::{Folder, Pair, run};
use crate::assert_refused;

/// A folder with a key pair, whose `Rocket.toml` holds these lines.
fn folder(lines: &str) -> Folder {
    let pair = Pair::new("k1");
    let set = pair.set();
    Folder::with(&format!("[default.bearer]\nalgorithms = ['ES256']\n{lines}\n"))
        .and("keys.json", set)
        .and("k1.pem", pair.pem)
}

#[test]
fn every_preset_asks_for_what_it_cannot_know_by_the_line_to_write() {
    for (provider, issuer, audience) in [
        ("auth0", "domain = \"<tenant>.<region>.auth0.com\"", "audience = \"<identifier of"),
        ("entra", "https://login.microsoftonline.com/<tenant id>/v2.0", "<application (client) id"),
        (
            "cognito",
            "https://cognito-idp.<region>.amazonaws.com/<pool>",
            "clients = [\"<id of an app",
        ),
        ("keycloak", "https://<host>/realms/<realm>", "audience mapper"),
        ("okta", "https://<org>.okta.com/oauth2/<server id>", "audience = \"<"),
        ("google", "", "<client id>.apps.googleusercontent.com"),
        ("firebase", "https://securetoken.google.com/<project id>", "<project id>"),
        ("github-actions", "", "audience = \"<"),
        ("kubernetes", "https://kubernetes.default.svc.cluster.local", "audience = \"<"),
        ("supabase", "https://<project ref>.supabase.co/auth/v1", ""),
        ("clerk", "https://<slug>.clerk.accounts.dev", "clients = [\"<origin"),
        ("zitadel", "https://<instance>.zitadel.cloud", "<project id>"),
        ("hydra", "https://<public URL of Hydra>/", "audience = \"<"),
    ] {
        let key = "`provider` in [default.bearer]";
        for (lines, asked) in [
            (format!("audience = 'a'\nprovider = '{provider}'"), issuer),
            (format!("issuer = 'https://a.test/'\nprovider = '{provider}'"), audience),
        ] {
            if !asked.is_empty() {
                let file = format!("[default.bearer]\n{lines}\n");
                assert_refused(&file, &[], &[key, provider, "write beside it `", asked]);
            }
        }
        if !issuer.is_empty() {
            let file =
                format!("[default.bearer.issuers.b]\naudience = 'a'\nprovider = '{provider}'\n");
            assert_refused(
                &file,
                &[],
                &["[default.bearer.issuers.b]", "write beside it `", issuer],
            );
            let variables = [("BEARER_PROVIDER", provider), ("BEARER_AUDIENCE", "a")];
            assert_refused("", &variables, &["`BEARER_PROVIDER`", "write beside it `", issuer]);
        }
    }
}

#[test]
fn what_is_no_preset_or_contradicts_one_stops_the_launch_with_a_cure() {
    for (lines, words) in [
        ("provider = 'Auth0'\ndomain = 'a.test'", "is no provider with a preset"),
        ("provider = ''", "is no provider with a preset"),
        ("provider = ['auth0']", "put the value in quotes"),
        (
            "provider = 'keycloak'\ndomain = 'a.test'",
            "write `issuer = \"https://<host>/realms/<realm>\"`",
        ),
        (
            "provider = 'okta'\nissuer = 'https://<org>.okta.com/oauth2/a'",
            "placeholder in angle brackets",
        ),
        (
            "provider = 'entra'\nissuer = 'https://login.microsoftonline.com/{tenantid}/v2.0'",
            "`tenants`",
        ),
        (
            "provider = 'entra'\nissuer = 'https://login.microsoftonline.com/a/v2.0'\ntenants = 'any'",
            "has no `{tenantid}`",
        ),
        (
            "provider = 'cognito'\nissuer = 'https://a.test'\nroles = ['/user_metadata/roles']",
            "write",
        ),
    ] {
        let file = format!("[default.bearer]\naudience = 'image'\n{lines}\n");
        assert_refused(&file, &[], &[words]);
    }
    let file = "[default.bearer]\naudience = 'image'\nprovider = 'azure'\n";
    assert_refused(file, &[], &Provider::ALL.map(Provider::name));
}

#[test]
fn check_prints_the_lines_that_a_preset_has_filled_and_no_others() {
    for provider in Provider::ALL {
        let given = match provider {
            Provider::Auth0 => "issuer = 'https://a.test/'",
            Provider::Google | Provider::GithubActions => "",
            _ => "issuer = 'https://a.test'",
        };
        let folder = folder(&format!(
            "provider = '{provider}'\naudience = 'image'\njwks_file = 'keys.json'\n{given}"
        ));
        let said = run(folder.path(), &[], &["check"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        for line in provider.fills() {
            let key = line.split(' ').next().unwrap();
            // The file says its own key set, audience and algorithms.
            let is_set = ["jwks_uri", "audience", "algorithms"].contains(&key);
            assert_eq!(
                said.stdout.contains(&format!("\n              {line}\n")),
                !is_set,
                "{line}: {said:?}"
            );
        }
        assert!(
            said.stdout.contains(&format!("  provider    {provider}, which fills")),
            "{said:?}"
        );
    }
}

#[test]
fn check_warns_of_an_issuer_that_is_not_of_the_provider_and_of_a_check_that_is_lost() {
    for (lines, words) in [
        (
            "provider = 'entra'\nissuer = 'https://sts.windows.net/a/'",
            "requestedAccessTokenVersion",
        ),
        ("provider = 'okta'\nissuer = 'https://acme.okta.com'", "custom authorization server"),
        ("provider = 'supabase'\nissuer = 'https://a.supabase.co'", "supabase.co/auth/v1"),
        (
            "provider = 'cognito'\nissuer = 'https://cognito-idp.a.amazonaws.com/b'\nclaims = { scope = 'x' }",
            "the preset's `claims = { token_use = \"access\" }` is not in force",
        ),
        ("provider = 'github-actions'", "every repository on GitHub"),
        (
            "provider = 'zitadel'\nissuer = 'https://a.zitadel.cloud'",
            "roles = [\"urn:zitadel:iam:org:project:<project id>:roles\"]",
        ),
    ] {
        let lines = format!("{lines}\naudience = 'image'\njwks_file = 'keys.json'");
        let said = run(folder(&lines).path(), &[], &["check"]);
        assert!(
            said.stdout.contains("warning") && said.stdout.contains(words),
            "{lines}: {said:?}"
        );
    }
    // Nothing is said where all is as it should be, or narrower.
    for lines in [
        "provider = 'entra'\nissuer = 'https://login.microsoftonline.com/a/v2.0'\nclaims = { azpacr = '1' }",
        "provider = 'okta'\nissuer = 'https://acme.okta.com/oauth2/default'",
        "provider = 'github-actions'\nclaims = { repository = 'a/b' }",
        "provider = 'github-actions'\nclaims = { '/repository' = 'a/b' }",
        "provider = 'cognito'\nissuer = 'https://cognito-idp.a.amazonaws.com/b'\nclaims = { '/token_use' = 'access' }",
        "provider = 'zitadel'\nissuer = 'https://a.zitadel.cloud'\nroles = ['urn:zitadel:iam:org:project:1:roles']",
    ] {
        let lines = format!("{lines}\naudience = 'image'\njwks_file = 'keys.json'");
        let said = run(folder(&lines).path(), &[], &["check"]);
        assert!(!said.stdout.contains("warning"), "{lines}: {said:?}");
    }
}

#[test]
fn what_is_set_beside_a_preset_or_above_it_is_not_filled() {
    let preset =
        "provider = 'keycloak'\nissuer = 'https://kc.test/realms/a'\njwks_file = 'keys.json'";
    let said = |lines: &str| run(folder(lines).path(), &[], &["check"]).stdout;
    let filled = "              roles = [\"/realm_access/roles\"]";
    assert!(said(&format!("audience = 'image'\n{preset}")).contains(filled));
    assert!(!said(&format!("audience = 'image'\nroles = ['r']\n{preset}")).contains(filled));
    let below = format!("audience = 'image'\nroles = ['r']\n[default.bearer.issuers.kc]\n{preset}");
    assert!(!said(&below).contains(filled), "{}", said(&below));
    // The preset of the top level is that of its own issuer.
    let above = format!(
        "audience = 'image'\n{preset}\n[default.bearer.issuers.b]\nissuer = 'https://b.test'\njwks_file = 'keys.json'"
    );
    assert_eq!(said(&above).matches("which fills").count(), 1);
}

#[test]
fn a_domain_in_a_variable_puts_the_files_provider_aside() {
    let file = "[default.bearer]\naudience = 'a'\nprovider = 'keycloak'\nissuer = 'https://kc.test/realms/a'\n";
    let variables = [("BEARER_DOMAIN", "tenant.invalid"), ("BEARER_JWKS__TIMEOUT", "1")];
    let said = run(Folder::with(file).path(), &variables, &["check"]);
    assert!(said.stdout.contains("issuer https://tenant.invalid/ "), "{said:?}");
    assert!(!said.stdout.contains("keycloak"), "{said:?}");
}
