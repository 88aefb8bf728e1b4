//! `explain --needs` and `--route`: what is there, what is missing, and who grants it.

use serde_json::Value;

use super::program::{Folder, Pair, Said, Server, part, repository, run, token};

/// Runs `explain` on a token with these arguments, in a folder.
pub(super) fn explained(folder: &Folder, token: &str, arguments: &[&str]) -> Said {
    run(folder.path(), &[], &[&["explain", token], arguments].concat())
}

pub(super) fn report(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

/// An app whose issuer is `issuer.localhost`, with these lines more under `bearer`.
pub(super) fn app(lines: &str) -> Folder {
    app_of("https://issuer.localhost/", lines)
}

fn app_of(issuer: &str, lines: &str) -> Folder {
    let pair = Pair::new("mine");
    Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = '{issuer}'\njwks_file = 'keys.json'\n{lines}"
    ))
    .and("keys.json", pair.set())
    .and("mine.pem", &pair.pem)
}

/// Needs, the token's arguments, the status, the names of the diagnoses, and words of them.
type Case<'c> = (&'c str, &'c [&'c str], u16, &'c [&'c str], &'c [&'c str]);

#[test]
fn every_kind_of_need_is_met_by_what_grants_it_and_missed_without() {
    let folder = app("roles = ['/realm_access/roles', 'groups']\n");
    let recent = format!("auth_time={}", now() - 60);
    let old = format!("auth_time={}", now() - 7_200);
    let may = ["--scope", "read:messages Files:read", "--permission", "edit"];
    let role = ["--claim", r#"realm_access={"roles":["admin","Site Admin"]}"#];
    let acted = ["--claim", r#"act={"sub":"robot|1"}"#];
    let member = ["--claim", "org_id=org_1", "--claim", "tier=[\"gold\",\"blue\"]"];
    let strong = ["--claim", "acr=urn:mfa", "--claim", &recent];
    let weak = ["--claim", "acr=urn:pwd", "--claim", &old];
    let machine = ["--claim", "gty=client-credentials"];
    let cases: &[Case<'_>] = &[
        ("read:messages", &may, 200, &[], &[]),
        ("scope:read:messages permission:edit", &may, 200, &[], &[]),
        ("read:messages", &[], 403, &["missing_scope"], &["scopes none; permissions none"]),
        ("scope:edit", &may, 403, &["missing_scope"], &["permission of this name, which is no"]),
        (
            "permission:read:messages",
            &may,
            403,
            &["missing_permission"],
            &["which is no permission"],
        ),
        ("files:read", &may, 403, &["missing_scope"], &["Files:read: letter case counts"]),
        ("read", &["--scope", "read,write"], 403, &["missing_scope"], &["parted by commas"]),
        ("admin", &role, 403, &["missing_scope"], &["`/realm_access/roles`, which says roles"]),
        ("role:admin role:\"Site Admin\"", &role, 200, &[], &[]),
        ("role:owner", &role, 403, &["missing_role"], &["/realm_access/roles, groups", "owner"]),
        ("role:admin", &may, 403, &["missing_role"], &["roles none"]),
        ("org:org_1", &member, 200, &[], &[]),
        ("org:org_2", &member, 403, &["other_organization"], &["`organization=org_2`"]),
        ("org:org_2", &[], 403, &["other_organization"], &["`org_id` is absent"]),
        ("claim:tier=gold", &member, 200, &[], &[]),
        ("claim:tier=silver", &member, 403, &["missing_claim"], &[r#"["gold","blue"]"#]),
        ("actor:robot|1", &acted, 200, &[], &[]),
        ("actor:robot|2", &acted, 403, &["other_actor"], &["act.sub robot|1", "exchange"]),
        ("acr:urn:mfa max-age:5m", &strong, 200, &[], &[]),
        ("acr:urn:mfa", &weak, 401, &["weak_sign_in"], &["`acr_values=urn:mfa`", "urn:pwd"]),
        ("max-age:300", &weak, 401, &["old_sign_in"], &["`max_age=300`", "2 h"]),
        ("max-age:300", &may, 401, &["no_auth_time"], &["auth_time absent"]),
        ("max-age:300", &machine, 401, &["machine"], &["signed nobody in"]),
        ("acr:urn:mfa", &machine, 401, &["machine"], &[]),
        // The first that is not met answers, and each that is not met is told.
        ("write acr:urn:mfa", &may, 403, &["missing_scope", "weak_sign_in"], &[]),
        ("acr:urn:mfa write", &may, 401, &["weak_sign_in", "missing_scope"], &[]),
        ("write or read:messages", &may, 200, &[], &[]),
        ("write or role:admin edit", &may, 403, &["missing_scope", "missing_role"], &["One of 2"]),
    ];
    for (needs, arguments, status, names, words) in cases {
        let case = format!("--needs {needs:?} of {arguments:?}");
        let token = token(folder.path(), &[], arguments);
        let said = explained(&folder, &token, &["--needs", needs]);
        let report = report(&explained(&folder, &token, &["--needs", needs, "--json"]));
        let is_met = *status == 200;
        assert_eq!(said.code, Some(i32::from(!is_met)), "{case}: {said:?}");
        assert_eq!(report["accepted"], is_met, "{case}");
        assert_eq!(report["answer"]["status"], *status, "{case}");
        assert_eq!(report["proved"], true, "{case}");
        let diagnoses = report["diagnoses"].as_array().unwrap();
        let told: Vec<_> = diagnoses.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(told, *names, "{case}: {said:?}");
        for word in *words {
            assert!(said.stdout.contains(word), "{case}: {word:?} is not in {said:?}");
        }
        let verdict = match status {
            200 => "accepted: a route with these needs lets it in".to_owned(),
            _ => format!("refused: a route with these needs answers {status}"),
        };
        assert!(said.stdout.contains(&verdict), "{case}: {said:?}");
    }
}

#[test]
fn a_cure_that_is_followed_grants_what_was_missing() {
    for (arguments, lines, needs, cure, more) in [
        (
            &[][..],
            "",
            "read:messages",
            "token --scope 'read:messages'",
            &["--scope", "read:messages"][..],
        ),
        (&[], "", "permission:edit", "token --permission 'edit'", &["--permission", "edit"]),
        (
            &[],
            "roles = ['roles']\n",
            "role:admin",
            r#"token --claim 'roles=["admin"]'"#,
            &["--claim", r#"roles=["admin"]"#],
        ),
    ] {
        let folder = app(lines);
        let explain = |arguments: &[&str]| {
            explained(&folder, &token(folder.path(), &[], arguments), &["--needs", needs])
        };
        let said = explain(arguments);
        assert!(said.code == Some(1) && said.stdout.contains(cure), "{needs}: {said:?}");
        assert_eq!(explain(more).code, Some(0), "{needs}");
    }
    // Where the token has the role, the line to write is told.
    for (lines, claim, line) in [
        ("", r#"realm_access={"roles":["admin"]}"#, "roles = [\"/realm_access/roles\"]"),
        ("", r#"cognito:groups=["admin"]"#, "roles = [\"cognito:groups\"]"),
        ("", r#"https://a.test/roles=["admin"]"#, "roles = [\"https://a.test/roles\"]"),
        ("", r#"x={"a/b":{"admin":{}}}"#, "roles = [\"/x/a~1b\"]"),
        ("roles = ['groups']\n", "roles=user admin", "roles = [\"groups\", \"roles\"]"),
    ] {
        let arguments = ["--claim", claim];
        let before = app(lines);
        let said =
            explained(&before, &token(before.path(), &[], &arguments), &["--needs", "role:admin"]);
        assert!(said.code == Some(1) && said.stdout.contains(line), "{claim}: {said:?}");
        let after = app(&format!("{line}\n"));
        let said =
            explained(&after, &token(after.path(), &[], &arguments), &["--needs", "role:admin"]);
        assert_eq!(said.code, Some(0), "{claim}: {said:?}");
    }
    // What users write themselves is never named.
    let folder = app("");
    let own = token(folder.path(), &[], &["--claim", r#"user_metadata={"roles":["admin"]}"#]);
    let said = explained(&folder, &own, &["--needs", "role:admin"]);
    assert!(!said.stdout.contains("metadata/roles"), "{said:?}");
}

#[test]
fn who_grants_it_is_said_by_the_kind_of_issuer() {
    for (issuer, scope, role) in [
        ("https://tenant.eu.auth0.com/", "Machine to Machine Applications", "User Management"),
        ("https://login.microsoftonline.com/t/v2.0", "Expose an API", "app role"),
        ("https://sso.example/realms/a", "Client scopes", "Role mapping"),
        ("https://cognito-idp.eu-west-1.amazonaws.com/p", "resource server", "cognito:groups"),
        ("https://dev-1.okta.com/oauth2/default", "access policy", "groups"),
        ("https://a.supabase.co/auth/v1", "The issuer grants it", "/app_metadata/roles"),
        ("https://clerk.example.com", "The issuer grants it", "/o/rol"),
        ("https://a.zitadel.cloud", "The issuer grants it", "urn:zitadel:iam:org:project:roles"),
        ("https://issuer.example/", "The issuer grants it", "The issuer grants the role"),
    ] {
        let folder = app_of(issuer, "");
        let token = token(folder.path(), &[], &[]);
        for (needs, word) in [("scope:read", scope), ("role:admin", role)] {
            let said = explained(&folder, &token, &["--needs", needs]);
            assert!(said.stdout.contains(word), "{issuer} {needs}: {said:?}");
        }
    }
}

#[test]
fn the_line_that_has_roles_read_fits_what_the_issuer_writes() {
    let quoted = |text: &str| {
        text.split("Set `").nth(1).and_then(|it| it.split('`').next()).map(str::to_owned)
    };
    for (issuer, claim) in [
        ("https://login.microsoftonline.com/t/v2.0", r#"roles=["admin"]"#),
        ("https://sso.example/realms/a", r#"realm_access={"roles":["admin"]}"#),
        ("https://cognito-idp.eu-west-1.amazonaws.com/p", r#"cognito:groups=["admin"]"#),
        ("https://dev-1.okta.com/oauth2/default", r#"groups=["admin"]"#),
        ("https://a.supabase.co/auth/v1", r#"app_metadata={"roles":["admin"]}"#),
        ("https://clerk.example.com", r#"o={"rol":"admin"}"#),
        (
            "https://a.zitadel.cloud",
            r#"urn:zitadel:iam:org:project:roles={"admin":{"7":"a.test"}}"#,
        ),
        ("https://issuer.localhost/", r#"roles=["admin"]"#),
    ] {
        let before = app_of(issuer, "");
        let said = explained(&before, &token(before.path(), &[], &[]), &["--needs", "role:admin"]);
        let line = quoted(&said.stdout).unwrap_or_else(|| panic!("{issuer}: {said:?}"));
        let after = app_of(issuer, &format!("{line}\n"));
        let token = token(after.path(), &[], &["--claim", claim]);
        let said = explained(&after, &token, &["--needs", "role:admin"]);
        assert_eq!(said.code, Some(0), "{issuer} {line}: {said:?}");
    }
}

#[test]
fn a_route_is_told_as_the_server_answers() {
    let server = Server::start(repository(), &[]);
    let good = |arguments: &[&str]| token(repository(), &[], arguments);
    let reader = good(&["--scope", "read:messages"]);
    let (writer, other) = (good(&["--permission", "write:messages"]), good(&["--aud", "other"]));
    for (route, head, token) in [
        ("GET /messages", "GET /messages", &reader),
        ("get /messages", "GET /messages", &writer),
        ("POST /messages", "POST /messages", &reader),
        ("GET /messages", "GET /messages", &other),
        ("GET /headers", "GET /headers", &writer),
        ("GET /headers", "GET /headers", &other),
        ("GET /me", "GET /me", &reader),
    ] {
        let case = format!("{route} {:?}", part(token, 1));
        let host = format!("Host: {}", server.address);
        let head = format!("{head} HTTP/1.1\r\n{host}\r\nAuthorization: Bearer {token}\r\n");
        let (told, answer) = server.send(&head, b"{}");
        let said = run(repository(), &[], &["explain", token, "--route", route, "--json"]);
        let report = report(&said);
        assert_eq!(report["answer"]["status"], answer.status, "{case}: {report:#}");
        assert_eq!(said.code, Some(i32::from(answer.status != 200)), "{case}");
        assert!(report["route"].as_str().unwrap().eq_ignore_ascii_case(route), "{case}");
        match report["answer"]["www_authenticate"].as_str() {
            Some(challenge) => assert!(told.contains(challenge), "{case}: {told}"),
            None => assert!(!told.contains("WWW-Authenticate"), "{case}: {told}"),
        }
        if answer.status != 200 || route == "GET /headers" {
            assert_eq!(report["answer"]["body"], answer.body, "{case}");
        }
    }
    let said = run(repository(), &[], &["explain", &reader, "--route", "POST /messages"]);
    for words in ["refused: POST /messages answers 403", "token --scope 'write:messages'"] {
        assert!(said.stdout.contains(words), "{words}: {said:?}");
    }
}

#[test]
fn what_cannot_be_asked_for_is_a_usage_error() {
    let token = token(repository(), &[], &[]);
    for (arguments, says) in [
        (&["--route", "GET /nowhere"][..], "`GET or POST /messages`"),
        (&["--route", "GET /healthz"], "needs no token"),
        (&["--route", "GET /\u{1b}[31m"], "has no route"),
        (&["--needs", ""], "write one as"),
        (&["--needs", "claim:tier"], "claim:NAME=VALUE"),
        (&["--needs", "max-age:soon"], "max-age:5m"),
        (&["--needs", "a or"], "write one as"),
        (&["--needs", "a", "--route", "GET /me"], "cannot be used with"),
    ] {
        let said = run(repository(), &[], &[&["explain", &token], arguments].concat());
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(says), "{arguments:?}: {said:?}");
        assert!(!said.stderr.contains('\u{1b}'), "{arguments:?}: {said:?}");
    }
}

#[test]
fn needs_of_a_token_that_is_refused_are_not_judged() {
    let folder = app("");
    let expired = token(folder.path(), &[], &["--expires-in=-1m", "--scope", "read"]);
    let said = explained(&folder, &expired, &["--needs", "read"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    for words in ["· needs       not judged", "answers 401", "expired: "] {
        assert!(said.stdout.contains(words), "{words}: {said:?}");
    }
}

fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// As a guard that knows its scopes says them on each 401 (RFC 6750 §3).
#[test]
fn the_challenge_of_a_refused_token_names_the_scopes_that_are_needed() {
    let folder = app("");
    let token = token(folder.path(), &[], &["--expires-in=-1m"]);
    let said = run(folder.path(), &[], &["explain", "--needs", "scope:a scope:b role:c", &token]);
    assert!(said.stdout.contains(r#"error_description="Token expired.", scope="a b""#), "{said:?}");
    let said = run(folder.path(), &[], &["explain", &token]);
    assert!(!said.stdout.contains("scope="), "{said:?}");
}
