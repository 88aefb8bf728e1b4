//! Variables: how their names and values are read.

use crate::program::{Folder, Pair, part, run, token};
use crate::{SECRET, assert_refused, assert_told};

const FILE: &str = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
                    issuer = 'https://mine.test/'\njwks_file = 'keys.json'\n";

fn folder(file: &str) -> Folder {
    let mine = Pair::new("mine");
    Folder::with(file).and("keys.json", mine.set()).and("mine.pem", &mine.pem)
}

#[test]
fn a_variable_with_rockets_prefix_is_not_silently_ignored() {
    for (variable, cure) in [
        ("ROCKET_BEARER__AUDIENCE", "did you mean `BEARER_AUDIENCE`?"),
        ("ROCKET_BEARER_AUDIENCE", "did you mean `BEARER_AUDIENCE`?"),
        ("rocket_bearer_audience", "did you mean `BEARER_AUDIENCE`?"),
        ("Rocket_Bearer__Audience", "did you mean `BEARER_AUDIENCE`?"),
        ("ROCKET_BEARER_AUDIANCE", "did you mean `BEARER_AUDIENCE`?"),
        ("ROCKET_BEARER__JWKS__TIMEOUT", "did you mean `BEARER_JWKS__TIMEOUT`?"),
        ("ROCKET_BEARER_JWKS_TIMEOUT", "did you mean `BEARER_JWKS__TIMEOUT`?"),
        ("ROCKET_BEARER_ISSUERS__ACME__DOMAIN", "did you mean `BEARER_ISSUERS__ACME__DOMAIN`?"),
        ("ROCKET_BEARER__SECRET", "remove it; the keys are domain,"),
        ("ROCKET_BEARER_TOKEN", "remove it; the keys are domain,"),
        ("ROCKET_BEARER_", "remove it; the keys are domain,"),
        ("ROCKET_BEARER__", "remove it; the keys are domain,"),
    ] {
        assert_refused(FILE, &[(variable, SECRET)], &[&format!("`{variable}` names no key"), cure]);
    }
}

#[test]
fn a_variable_with_rockets_prefix_stops_every_command() {
    let folder = folder(FILE);
    let token = token(folder.path(), &[], &[]);
    for arguments in [
        &["token"][..],
        &["check"],
        &["keys", "list"],
        &["keys", "new"],
        &["keys", "retire", "mine"],
        &["serve"],
        &["explain", &token],
    ] {
        let variables = [("ROCKET_BEARER__AUDIENCE", SECRET), ("ROCKET_PORT", "0")];
        let mut said = run(folder.path(), &variables, arguments);
        if arguments[0] == "explain" {
            assert_eq!(said.code, Some(2), "{said:?}");
            said.code = Some(1);
        }
        let named = ["`ROCKET_BEARER__AUDIENCE`", "did you mean `BEARER_AUDIENCE`?"];
        assert_told(&said, &arguments.join(" "), &variables, &named);
    }
}

/// What a secret or an editor puts at the end of a value.
const LINE_BREAKS: [&str; 3] = ["\n", "\r\n", "\r"];

#[test]
fn one_line_break_at_the_end_of_any_variable_is_cut() {
    let folder = folder("[default.bearer]\naudience = 'image'\nalgorithms = ['RS256']\n");
    let all = [
        ("BEARER_ISSUER", "https://mine.test/"),
        ("BEARER_JWKS_FILE", "keys.json"),
        ("BEARER_AUDIENCE", "[\"image\",\"other\"]"),
        ("BEARER_ALGORITHMS", "ES256"),
        ("BEARER_TOKEN_TYPE", "any"),
        ("BEARER_ERRORS", "auth0"),
        ("BEARER_REALM", "my api"),
        ("BEARER_RESOURCE", "https://api.test"),
        ("BEARER_LEEWAY", "5"),
        ("BEARER_LOG__SUB", "true"),
        ("BEARER_JWKS__PROXY", "http://proxy.test:3128"),
        ("BEARER_METRICS__ADDRESS", "127.0.0.1:0"),
        ("BEARER_FORWARD__HEADERS", "X-A=sub"),
        ("BEARER_CORS__ORIGINS", "https://app.test"),
        ("BEARER_CACHE__TOKENS", ""),
        ("BEARER_ISSUERS__ACME__DOMAIN", "tenant.test"),
        ("BEARER_ISSUERS__ACME__AUDIENCE", "acme"),
    ];
    for end in LINE_BREAKS {
        let values = all.map(|(_, value)| format!("{value}{end}"));
        let variables: Vec<_> =
            all.iter().zip(&values).map(|(it, value)| (it.0, &**value)).collect();
        let claims = part(&token(folder.path(), &variables, &[]), 1);
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&"https://mine.test/".into(), &"image".into())
        );
        let text = ("BEARER_ISSUERS__MORE__DOMAIN", &*format!("more.test{end}{end}"));
        assert_refused(FILE, &[text], &["`BEARER_ISSUERS__MORE__DOMAIN` is not a host name"]);
    }
    for (name, value) in [("AUTH0_DOMAIN", "tenant.test\n"), ("API_AUDIENCE", "image\n")] {
        let said =
            run(folder.path(), &[(name, value), ("AUTH0_DOMAIN", "tenant.test\n")], &["check"]);
        assert!(said.stdout.contains("issuer https://tenant.test/ (default)\n"), "{said:?}");
    }
}

#[test]
fn an_empty_variable_with_a_line_break_is_empty() {
    for end in LINE_BREAKS {
        assert_refused(FILE, &[("BEARER_AUDIENCE", end)], &["`BEARER_AUDIENCE` is empty"]);
        let token = token(folder(FILE).path(), &[("BEARER_ISSUER", end)], &[]);
        assert_eq!(part(&token, 1)["iss"], "https://mine.test/");
    }
}
