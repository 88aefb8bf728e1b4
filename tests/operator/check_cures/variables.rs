//! Variables that stop `check`: the one that is shown launches.

use super::refused::{GOOD, assert_launches, folder};
use crate::program::{Folder, Pair, run};

#[test]
fn a_variable_is_cured_as_is_shown() {
    let good = || folder(GOOD, "");
    for (wrong, cure, right) in [
        (("BEARER_ISUER", "a"), "did you mean `BEARER_ISSUER`?", ("BEARER_ISSUER", "a")),
        (("BEARER_AUDIENCE", ""), "write the identifier of your API", ("BEARER_AUDIENCE", "image")),
        (
            ("BEARER_AUDIENCE", "[\"a\""),
            "write `a,b` or `[\"a\",\"b\"]`",
            ("BEARER_AUDIENCE", "a,b"),
        ),
        (("BEARER_LEEWAY", "5s"), "digits only", ("BEARER_LEEWAY", "5")),
        (
            ("BEARER_CLAIMS", "tier=gold"),
            "in a variable as the JSON object `{\"token_use\":\"access\"}`",
            ("BEARER_CLAIMS", "{\"token_use\":\"access\"}"),
        ),
        (
            ("BEARER_SCOPES__IMPLIES", "a=b"),
            "in a variable as the JSON object `{\"files:write\":[\"files:read\"]}`",
            ("BEARER_SCOPES__IMPLIES", "{\"files:write\":[\"files:read\"]}"),
        ),
        (
            ("BEARER_SCOPES__IMPLIES__A", "b"),
            "as one JSON object in `BEARER_SCOPES__IMPLIES`",
            ("BEARER_SCOPES__IMPLIES", "{\"a\":[\"b\"]}"),
        ),
        (("BEARER_TOKENS", "a"), "remove it", ("BEARER_TOKEN", "for curl")),
        (
            ("BEARER_LOG", "true"),
            "as a table, not as a value, by `BEARER_LOG__SUB`",
            ("BEARER_LOG__SUB", "true"),
        ),
        (
            ("BEARER_LOG_SUB", "true"),
            "did you mean `BEARER_LOG__SUB`?",
            ("BEARER_LOG__SUB", "true"),
        ),
        (
            ("BEARER_ISSUERS__B__LOG__SUB", "true"),
            "write it outside of any, as `BEARER_LOG__SUB`",
            ("BEARER_LOG__SUB", "true"),
        ),
        (
            ("BEARER_ISSUER__B__ISSUER", "https://b.test/"),
            "did you mean `BEARER_ISSUERS__B__ISSUER`?",
            ("BEARER_ISSUERS__B__ISSUER", "https://b.test/"),
        ),
    ] {
        let said = run(good().path(), &[wrong], &["check"]);
        assert!(said.code == Some(1) && said.stderr.contains(cure), "{wrong:?}: {said:?}");
        assert_launches(&good(), &[right]);
    }
    let (one, other) = (("BEARER_LEEWAY", "5"), ("bearer_leeway", "6"));
    let said = run(good().path(), &[one, other], &["check"]);
    assert!(said.code == Some(1) && said.stderr.contains("unset one of the two"), "{said:?}");
    assert_launches(&good(), &[one]);
    let staging = Folder::with(&format!("[staging.bearer]\n{GOOD}\n"))
        .and("keys.json", Pair::new("k1").set());
    let said = run(staging.path(), &[("ROCKET_PROFILE", "stagign")], &["check"]);
    let cure = "did you mean the profile `staging` (`ROCKET_PROFILE`)?";
    assert!(said.code == Some(1) && said.stderr.contains(cure), "{said:?}");
    assert_launches(&staging, &[("ROCKET_PROFILE", "staging")]);
}
