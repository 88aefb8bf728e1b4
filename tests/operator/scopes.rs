//! Which scopes imply which, as an operator says it by file and variable.

use rocket::figment::providers::{Format as _, Toml};
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket_bearer::Bearer;

use crate::assert_refused;
use crate::support::{self, Signer, but, good_claims};

const GOOD: &str = "[default.bearer]\ndomain = 'tenant.test'\naudience = 'image'\n";

#[test]
fn what_is_wrong_about_implied_scopes_stops_the_launch_with_a_cure() {
    let table = "write it as `{ \"files:write\" = [\"files:read\"] }`";
    let circle = "never the other way round";
    let name = "printable ASCII without spaces";
    for (implies, in_variable, cure) in [
        ("{}", "{}", table),
        ("'s3cr3t'", "s3cr3t", table),
        ("['s3cr3t']", r#"["s3cr3t"]"#, table),
        ("true", "true", table),
        ("{ s3cr3t = 7 }", r#"{"s3cr3t":7}"#, table),
        ("{ s3cr3t = [7] }", r#"{"s3cr3t":[7]}"#, table),
        ("{ s3cr3t = ['a', true] }", r#"{"s3cr3t":["a",true]}"#, table),
        ("{ s3cr3t = [['a']] }", r#"{"s3cr3t":[["a"]]}"#, table),
        ("{ s3cr3t = { a = 'b' } }", r#"{"s3cr3t":{"a":"b"}}"#, table),
        ("{ s3cr3t = [] }", r#"{"s3cr3t":[]}"#, "name at least one"),
        ("{ a = ['b'], s3cr3t = [] }", r#"{"a":["b"],"s3cr3t":[]}"#, "name at least one"),
        ("{ s3cr3t = [''] }", r#"{"s3cr3t":[""]}"#, name),
        ("{ s3cr3t = ['a b'] }", r#"{"s3cr3t":["a b"]}"#, name),
        ("{ '' = ['s3cr3t'] }", r#"{"":["s3cr3t"]}"#, name),
        ("{ 'a b' = ['s3cr3t'] }", r#"{"a b":["s3cr3t"]}"#, name),
        (r#"{ 'a"' = ['s3cr3t'] }"#, r#"{"a\"":["s3cr3t"]}"#, name),
        ("{ s3cr3t = ['s3cr3t'] }", r#"{"s3cr3t":["s3cr3t"]}"#, circle),
        ("{ s3cr3t = ['b', 's3cr3t'] }", r#"{"s3cr3t":["b","s3cr3t"]}"#, circle),
        ("{ a = ['b'], b = ['a'] }", r#"{"a":["b"],"b":["a"]}"#, circle),
        (
            "{ a = ['b'], b = ['c'], c = ['d', 'a'] }",
            r#"{"a":["b"],"b":["c"],"c":["d","a"]}"#,
            circle,
        ),
    ] {
        let lines = format!("{GOOD}[default.bearer.scopes]\nimplies = {implies}\n");
        assert_refused(&lines, &[], &["implies", "[default.bearer.scopes", "Rocket.toml", cure]);
        let variable = [("BEARER_SCOPES__IMPLIES", in_variable)];
        assert_refused(GOOD, &variable, &["`BEARER_SCOPES__IMPLIES`", cure]);
    }
    for in_variable in ["a=b", "{a:[b]}", r#"{"a":["b"],"a":["c"]}"#, "null"] {
        let variable = [("BEARER_SCOPES__IMPLIES", in_variable)];
        assert_refused(GOOD, &variable, &["`BEARER_SCOPES__IMPLIES`", table]);
    }
    let variable = [("BEARER_SCOPES__IMPLIES__A", "s3cr3t")];
    assert_refused(GOOD, &variable, &["one JSON object in `BEARER_SCOPES__IMPLIES`"]);
    let table = format!("{GOOD}scopes = 's3cr3t'\n");
    assert_refused(&table, &[], &["scopes", "write it as a table"]);
    let typo = format!("{GOOD}[default.bearer.scopes]\nimplie = {{ a = ['b'] }}\n");
    assert_refused(&typo, &[], &["implie", "did you mean `implies`?"]);
    // The scopes are of the app, not of an issuer.
    let of_an_issuer = format!(
        "{GOOD}[default.bearer.issuers.one]\ndomain = 'one.test'\nscopes = {{ implies = {{ a = ['b'] }} }}\n"
    );
    assert_refused(&of_an_issuer, &[], &["scopes", "is no key"]);
}

#[test]
fn file_and_code_say_the_same() {
    let key = Signer::of("EdDSA");
    let in_code = support::config(key.set()).scope_implies("b", ["c"]);
    let in_code = in_code.and_then(|it| it.scope_implies("a", ["b", "x"])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("keys.json"),
        serde_json::json!({ "keys": [key.jwk] }).to_string(),
    )
    .unwrap();
    let toml = format!(
        "[default.bearer]\nissuer = '{}'\njwks_file = '{}/keys.json'\naudience = '{}'\nalgorithms = ['EdDSA']\n\
         [default.bearer.scopes]\nimplies = {{ a = ['b', 'x'], b = 'c' }}\n",
        support::ISSUER,
        folder.path().display(),
        support::AUDIENCE,
    );
    let figment = support::figment().merge(Toml::string(&toml).nested());
    let of_file = support::leaks::watched(figment).attach(Bearer::fairing());
    let of_code = support::rocket().attach(Bearer::with(in_code));
    for rocket in [of_file, of_code] {
        let client = Client::untracked(rocket_bearer::app::mounted_on(rocket)).unwrap();
        for (scope, granted) in
            [("a", "a b c x"), ("b", "b c"), ("c", "c"), ("x", "x"), ("b x", "b c x"), ("A", "")]
        {
            let claims = but(good_claims(), serde_json::json!({ "scope": scope }));
            let token = format!("Bearer {}", key.token(&key.header(), &claims));
            for asked in ["a", "b", "c", "x"] {
                let request = client.get(format!("/auth?scope={asked}"));
                let response =
                    request.header(Header::new("Authorization", token.clone())).dispatch();
                let is_in = response.status() == Status::NoContent;
                assert_eq!(is_in, granted.contains(asked), "{scope}: {asked}: {response:?}");
            }
        }
    }
}
