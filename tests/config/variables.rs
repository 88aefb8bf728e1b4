//! Variables: how their names and values are read.

use crate::program::{Folder, Pair, run, token};
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
