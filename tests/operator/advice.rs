//! What `explain` advises by the provider of a token. Each cure that is a line of configuration is
//! followed, and the token is accepted then.

use super::program::{Folder, Pair, Said, repository, run, token};

/// The issuer that is configured, the arguments of the token, the diagnosis, what its cure says, and the
/// lines that follow from it; none where the cure is not on this side.
type Row<'r> = (&'r str, &'r [&'r str], &'r str, &'r [&'r str], &'r str);

fn folder(lines: &str) -> Folder {
    let pair = Pair::new("k1");
    Folder::with(&format!(
        "[default.bearer]\naudience = 'my-api'\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n{lines}\n"
    ))
    .and("keys.json", pair.set())
    .and("k1.pem", pair.pem)
}

fn minted(folder: &Folder, arguments: &[&str]) -> String {
    let key = folder.path().join("k1.pem");
    let mut all = vec!["--key", key.to_str().unwrap(), "--kid", "k1"];
    all.extend(arguments);
    token(folder.path(), &[], &all)
}

#[track_caller]
fn assert_advised(rows: &[Row<'_>]) {
    for (issuer, arguments, name, words, lines) in rows {
        let folder = folder(&format!("issuer = '{issuer}'"));
        let token = minted(&folder, arguments);
        let said = run(folder.path(), &[], &["explain", &token]);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        for word in [&[*name], *words].concat() {
            assert!(said.stdout.contains(word), "{arguments:?}: {word:?} is not in {said:?}");
        }
        for never in
            ["audience = \"account\"", "audience = \"web\"", "audience = \"*\"", "{tenantid}"]
        {
            assert!(!said.stdout.contains(never), "{arguments:?}: {never:?} is in {said:?}");
        }
        if !lines.is_empty() {
            let set = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
            let cured = Folder::with(&format!(
                "[default.bearer]\njwks_file = 'keys.json'\nalgorithms = ['ES256']\n{lines}\n"
            ))
            .and("keys.json", set);
            let said = run(cured.path(), &[], &["explain", &token]);
            assert_eq!(said.code, Some(0), "{lines}: {said:?}");
        }
    }
}

#[test]
fn a_token_for_no_api_is_advised_by_its_provider() {
    let kc = "https://kc.example/realms/a";
    let account: &[&str] = &["--aud", "account", "--claim", "azp=web"];
    let own: &[&str] = &["--aud", "web", "--claim", "azp=web", "--scope", "a"];
    let several: &[&str] = &["--aud", "account", "--aud", "my-api-2", "--claim", "azp=web"];
    let two: &[&str] = &["--aud", "one", "--aud", "two", "--scope", "a"];
    assert_advised(&[
        (
            kc,
            account,
            "wrong_audience",
            &["Audience, Included Custom Audience `my-api`", "client web"],
            "",
        ),
        (kc, own, "wrong_audience", &["audience mapper"], ""),
        (
            kc,
            several,
            "wrong_audience",
            &["audience mapper", "`audience = \"my-api-2\"`"],
            "issuer = 'https://kc.example/realms/a'\naudience = 'my-api-2'",
        ),
        (
            "https://issuer.example/",
            two,
            "wrong_audience",
            &["`audience=my-api`", "`resource=my-api`"],
            "",
        ),
        ("https://issuer.example/", &["--aud", "*"], "wrong_audience", &["`audience=my-api`"], ""),
        (
            "https://t.auth0.com/",
            &["--aud", "https://t.auth0.com/userinfo"],
            "wrong_audience",
            &["with `audience=my-api`."],
            "",
        ),
        (
            "https://login.microsoftonline.com/a/v2.0",
            &["--aud", "api://other", "--claim", "tid=a"],
            "wrong_audience",
            &["`scope=api://my-api/.default`", "`audience = \"api://other\"`"],
            "issuer = 'https://login.microsoftonline.com/a/v2.0'\naudience = 'api://other'",
        ),
        (
            "https://login.microsoftonline.com/a/v2.0",
            &["--aud", "00000003-0000-0000-c000-000000000000"],
            "graph_token",
            &["Microsoft Graph", "`scope=api://my-api/.default`"],
            "",
        ),
        (
            "https://acme.okta.com/oauth2/default",
            &["--aud", "api://default"],
            "wrong_audience",
            &["authorization server whose audience is my-api"],
            "issuer = 'https://acme.okta.com/oauth2/default'\naudience = 'api://default'",
        ),
    ]);
}

/// Such tokens come from an issuer whose name says nothing; two of the cures are configuration.
#[test]
fn a_token_without_an_audience_is_advised_by_its_claims() {
    let issuer =
        "issuer = 'https://issuer.example/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']";
    let pair = Pair::new("k1");
    let with = |lines: &str| {
        let folder = Folder::with(&format!("[default.bearer]\n{issuer}\n{lines}\n"));
        folder.and("keys.json", pair.set()).and("k1.pem", &pair.pem)
    };
    let (without, wanted) =
        (with("audience = false\nclients = ['app']"), with("audience = 'my-api'"));
    let clients = "audience = false\nclients = ['app']";
    for (claims, words, lines) in [
        (
            &["client_id=app", "token_use=access"][..],
            "`clients = […]` with `audience = false`",
            clients,
        ),
        (&["azp=app", "resource_access={}"], "an audience mapper", ""),
        (&["azp=app", "tid=a", "oid=b"], "`scope=api://my-api/.default`", ""),
        (&["cid=app", "uid=u"], "the authorization server whose audience is my-api", ""),
        (&["client_id=app", "kubernetes.io={}"], "`audience: my-api`", ""),
        (&["azp=app"], "`audience=my-api`, or with `resource=my-api`", clients),
    ] {
        let claims: Vec<_> = claims.iter().flat_map(|claim| ["--claim", *claim]).collect();
        let token = token(without.path(), &[], &claims);
        let said = run(wanted.path(), &[], &["explain", &token]);
        assert!(
            said.stdout.contains("no_audience") && said.stdout.contains(words),
            "{words} {said:?}"
        );
        if !lines.is_empty() {
            let said = run(with(lines).path(), &[], &["explain", &token]);
            assert_eq!(said.code, Some(0), "{lines}: {said:?}");
        }
    }
}

#[test]
fn another_issuer_is_advised_by_the_provider() {
    let entra = "https://login.microsoftonline.com/a/v2.0";
    assert_advised(&[
        (
            entra,
            &["--iss", "https://sts.windows.net/a/"],
            "entra_version",
            &["`requestedAccessTokenVersion` to 2"],
            "",
        ),
        (
            "https://sts.windows.net/a/",
            &["--iss", entra],
            "entra_version",
            &["`issuer = \"https://login.microsoftonline.com/a/v2.0\"`"],
            "issuer = 'https://login.microsoftonline.com/a/v2.0'\naudience = 'my-api'",
        ),
        (
            "https://acme.b2clogin.com/acme.onmicrosoft.com/b2c_1_in/v2.0/",
            &["--iss", "https://acme.b2clogin.com/1a/v2.0/"],
            "b2c_policy",
            &[
                "`issuer = \"https://acme.b2clogin.com/1a/v2.0/\"`",
                "`jwks_uri = \"https://acme.b2clogin.com/acme.onmicrosoft.com/b2c_1_in/discovery/v2.0/keys\"`",
            ],
            "issuer = 'https://acme.b2clogin.com/1a/v2.0/'\naudience = 'my-api'",
        ),
        (
            "https://token.actions.githubusercontent.com",
            &["--iss", "https://token.actions.githubusercontent.com/acme"],
            "other_tenant",
            &["`issuer = \"https://token.actions.githubusercontent.com/acme\"`"],
            "issuer = 'https://token.actions.githubusercontent.com/acme'\naudience = 'my-api'",
        ),
        (
            "https://accounts.google.com",
            &["--iss", "accounts.google.com"],
            "issuer_spelling",
            &["`issuer = \"accounts.google.com\"`"],
            "issuer = 'accounts.google.com'\naudience = 'my-api'",
        ),
        (
            "https://kc.example/realms/a",
            &["--iss", "http://kc.example/realms/a"],
            "issuer_spelling",
            &["`issuer = \"http://kc.example/realms/a\"`"],
            "issuer = 'http://kc.example/realms/a'\naudience = 'my-api'",
        ),
        (
            "https://one.example/",
            &["--iss", "https://two.example/"],
            "other_issuer",
            &["issuers.<name>"],
            "",
        ),
        (
            "https://a.one.example/",
            &["--iss", "https://b.one.example/"],
            "other_issuer",
            &["issuers.<name>"],
            "",
        ),
    ]);
}

#[test]
fn a_key_that_is_not_published_is_advised_by_the_provider() {
    let folder_of = |issuer: &str| folder(&format!("issuer = '{issuer}'"));
    for (issuer, claims, words) in [
        ("https://acme.okta.com", &[][..], &["okta_org_server", "custom authorization server"][..]),
        ("https://acme.okta.com/oauth2/default", &[], &["unknown_key", "Get a new token"]),
        (
            "https://issuer.example/v2.0",
            &["--claim", "tid=evil", "--claim", "ver=2.0"],
            &["unknown_key", "Get a new token"],
        ),
        ("https://issuer.example/", &[], &["unknown_key", "Get a new token"]),
    ] {
        let folder = folder_of(issuer);
        let key = folder.path().join("k1.pem");
        let fixed = ["--key", key.to_str().unwrap(), "--kid", "old"];
        let token = token(folder.path(), &[], &[&fixed[..], claims].concat());
        let said = run(folder.path(), &[], &["explain", &token]);
        for word in words {
            assert!(said.stdout.contains(word), "{issuer}: {word:?} is not in {said:?}");
        }
    }
}

/// The application is that of the configuration. The tenant and the audience of a token may be those of an
/// attacker, who signs with a key of his own application.
#[test]
fn a_key_of_an_application_of_entra_is_advised_by_its_configured_id() {
    const ONE: &str = "11111111-2222-4333-8444-555555555555";
    const TWO: &str = "22222222-2222-4333-8444-555555555555";
    let (by_one, by_two) = (format!("api://{ONE}"), format!("api://{TWO}"));
    let named = [ONE, "https://acme.example/api"];
    for (issuer, configured, found, id) in [
        ("https://login.microsoftonline.com/a/v2.0", &[ONE][..], ONE, Some(ONE)),
        ("https://login.microsoftonline.com/a/v2.0", &[ONE], TWO, Some(ONE)),
        ("https://sts.windows.net/a/", &[&by_one], "evil", Some(ONE)),
        ("https://login.microsoftonline.com/a/v2.0", &[ONE, &by_one], "evil", Some(ONE)),
        ("https://login.microsoftonline.com/a/v2.0", &named, "evil", Some(ONE)),
        ("https://login.microsoftonline.com/a/v2.0", &[ONE, &by_two], &by_two, Some(TWO)),
        ("https://login.microsoftonline.com/a/v2.0", &[ONE, TWO], "evil", None),
        ("https://login.microsoftonline.com/a/v2.0", &["api://my-api"], "api://my-api", None),
    ] {
        let audience = serde_json::json!(configured);
        let lines = |more: &str| {
            let pair = Pair::new("k1");
            Folder::with(&format!(
                "[default.bearer]\nissuer = '{issuer}'\naudience = {audience}\nalgorithms = ['ES256']\n{more}\n"
            ))
            .and("keys.json", pair.set())
            .and("k1.pem", pair.pem)
        };
        let folder = lines("jwks_file = 'keys.json'");
        let of_evil = ["--claim", "tid=evil", "--aud", found];
        let token = token(
            folder.path(),
            &[],
            &[&["--key", "k1.pem", "--kid", "old"], &of_evil[..]].concat(),
        );
        let said = run(folder.path(), &[], &["explain", &token]);
        let keys = "https://login.microsoftonline.com/a/discovery/v2.0/keys?appid=";
        let line = format!("jwks_uri = \"{keys}{}\"", id.unwrap_or("<client id>"));
        assert!(said.stdout.contains(&format!("`{line}`")), "{configured:?} {found}: {said:?}");
        let is_open =
            said.stdout.contains("with the application (client) id of the API in its place");
        assert_eq!(is_open, id.is_none(), "{configured:?} {found}: {said:?}");
        // Nothing is asked of Entra: that it launches is all that can be seen here.
        let cured = lines(&line.replace("<client id>", ONE));
        let said = run(cured.path(), &[], &["explain", "--offline", &token]);
        assert!(said.stdout.contains("\noffline: "), "{line}: {said:?}");
    }
}

/// The cure is followed: the program launches with it, and asks the issuer of the token.
#[test]
fn a_real_token_before_the_development_configuration_tells_how_to_start() {
    let folder = folder("issuer = 'https://issuer.example/'");
    for (iss, start, variables) in [
        (
            "https://tenant.invalid.auth0.com/",
            "ROCKET_PROFILE=auth0 AUTH0_DOMAIN=tenant.invalid.auth0.com API_AUDIENCE=my-api cargo run",
            &[
                ("ROCKET_PROFILE", "auth0"),
                ("AUTH0_DOMAIN", "tenant.invalid.auth0.com"),
                ("API_AUDIENCE", "my-api"),
            ][..],
        ),
        (
            "https://login.invalid/",
            "ROCKET_PROFILE=default BEARER_ISSUER=https://login.invalid/ BEARER_AUDIENCE=my-api cargo run",
            &[
                ("ROCKET_PROFILE", "default"),
                ("BEARER_ISSUER", "https://login.invalid/"),
                ("BEARER_AUDIENCE", "my-api"),
            ],
        ),
        (
            "http://login.invalid/",
            "with the `jwks_uri` of its keys and the `audience` of your API, and start the server with `ROCKET_PROFILE=default`",
            &[
                ("ROCKET_PROFILE", "default"),
                ("BEARER_ISSUER", "http://login.invalid/"),
                ("BEARER_JWKS_URI", "https://login.invalid/keys"),
                ("BEARER_AUDIENCE", "my-api"),
            ],
        ),
    ] {
        let token = minted(&folder, &["--iss", iss, "--aud", "my-api"]);
        let said: Said = run(repository(), &[("ROCKET_PROFILE", "debug")], &["explain", &token]);
        assert!(said.stdout.contains("development_configuration"), "{said:?}");
        assert!(said.stdout.contains(start), "{start} is not in {said:?}");
        let variables = [variables, &[("BEARER_ALGORITHMS", "ES256")]].concat();
        let followed = run(repository(), &variables, &["explain", "--offline", &token]);
        assert!(followed.stdout.contains(&format!("✓ iss         \"{iss}\" ")), "{followed:?}");
        assert!(followed.stdout.contains("offline: "), "{followed:?}");
    }
}

/// A token that is explained may be made to deceive: none of what it says stands in a line that a
/// configuration refuses, that says more than it shows, or that runs in a shell.
#[test]
fn what_an_unknown_token_says_is_no_line_to_write_or_to_run() {
    let long = format!("https://issuer.example/?{}", "a".repeat(200));
    let (issuer, local) = ("https://issuer.example/", "https://issuer.localhost/");
    for (configured, arguments, name, never) in [
        (issuer, &["--iss", "https://issuer.example/ "][..], "issuer_spelling", "`issuer = "),
        (issuer, &["--iss", "https://issuer.example/?a={b}"], "issuer_spelling", "`issuer = "),
        (issuer, &["--iss", "https://issuer.example/#\", a = \""], "issuer_spelling", "`issuer = "),
        (issuer, &["--iss", &long], "issuer_spelling", "`issuer = "),
        (
            "https://sts.windows.net/a/",
            &["--iss", "https://login.microsoftonline.com/evil/v2.0"],
            "other_tenant",
            "`issuer = ",
        ),
        (
            "https://sts.windows.net/a/",
            &["--iss", "https://login.microsoftonline.example/a/v2.0"],
            "other_issuer",
            "`issuer = ",
        ),
        (
            "https://token.actions.githubusercontent.com",
            &["--iss", "https://token.actions.example"],
            "other_issuer",
            "`issuer = ",
        ),
        (local, &["--iss", "https://a.test/;$(id)"], "development_configuration", "BEARER_ISSUER"),
        (local, &["--iss", "https://a.test/&id"], "development_configuration", "BEARER_ISSUER"),
        (local, &["--iss", "plain"], "development_configuration", "BEARER_ISSUER"),
        (local, &["--iss", "http://a.test/"], "development_configuration", "BEARER_ISSUER"),
        (local, &["--iss", "https://a.auth0.com:1/"], "development_configuration", "AUTH0_DOMAIN"),
        (local, &["--iss", "https://a.auth0.com/b"], "development_configuration", "AUTH0_DOMAIN"),
        (
            local,
            &["--iss", "https://a.test/", "--aud", "$(id)"],
            "development_configuration",
            "API_AUDIENCE=$",
        ),
        (
            local,
            &["--iss", "https://a.test/", "--aud", "a,b"],
            "development_configuration",
            "BEARER_AUDIENCE=a",
        ),
    ] {
        let folder = folder(&format!("issuer = '{configured}'"));
        let said = run(folder.path(), &[], &["explain", &minted(&folder, arguments)]);
        assert!(said.stdout.contains(name), "{arguments:?}: {said:?}");
        assert!(!said.stdout.contains(never), "{arguments:?}: {never} is in {said:?}");
    }
}

/// `check` finds fault with each of these, or they are the names of clients.
#[test]
fn no_audience_is_offered_that_is_nobodys_or_that_check_warns_of() {
    let folder = folder("issuer = 'https://issuer.example/'");
    for audience in [
        "account",
        "realm-management",
        "broker",
        "*",
        "https://*.example",
        "{audience}",
        "<audience>",
        "YOUR_API",
        " api",
        "a\"b",
        "a'b",
        "a\\b",
        "https://issuer.example",
        "https://issuer.example/",
        "https://issuer.example//",
        "https://issuer.example/userinfo",
        "https://a.auth0.com/api/v2/",
        "https://graph.microsoft.com/",
        "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF",
        "client-by-appid",
        "client-by-client-id",
        "client-by-cid",
        &"a".repeat(200),
    ] {
        let claims = [
            "azp=client-by-azp",
            "client_id=[\"client-by-client-id\"]",
            "cid=client-by-cid",
            "appid=client-by-appid",
        ];
        let claims = claims.into_iter().flat_map(|claim| ["--claim", claim]);
        let arguments: Vec<_> =
            ["--scope", "a", "--aud", audience].into_iter().chain(claims).collect();
        let said = run(folder.path(), &[], &["explain", &minted(&folder, &arguments)]);
        assert_eq!(said.code, Some(1), "{audience}: {said:?}");
        assert!(!said.stdout.contains("configure `audience = "), "{audience}: {said:?}");
    }
}
