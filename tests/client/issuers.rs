//! Which tokens of an issuer count: as many near misses as good ones for each key.

use std::time::SystemTime;

use rocket_bearer::testing::{TestIssuer, Token};
use rocket_bearer::{Config, Invalid, Issuer, Rejection, Verifier};
use serde_json::json;

use crate::client;
use crate::explained::differences;

/// The name of a case, its token, and what becomes of it.
type Row<'r> = (&'r str, Token, Result<(), Rejection>);

/// Judges every token of the table, without Rocket, by an app, and by `explain`.
#[track_caller]
fn assert_judged<'r>(config: &Config, rows: impl IntoIterator<Item = Row<'r>>) {
    let verifier = Verifier::new(config).expect("the configuration is in order");
    let client = client(config.clone());
    for (name, token, expected) in rows {
        let token = token.to_string();
        for again in [false, true] {
            let judged = verifier.verify(&token, SystemTime::now()).map(drop);
            assert_eq!(judged, expected, "{name}, again: {again}");
        }
        let wrong = differences(&client, name, &[&format!("Bearer {token}")]);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn accepting(issuer: Result<Issuer, Invalid>) -> Config {
    Config::new(issuer.expect("the issuer is in order"))
}

#[test]
fn the_first_client_claim_of_a_token_is_one_of_the_clients() {
    let issuer = TestIssuer::new();
    let config = accepting(issuer.trusted().clients(["web-client", "cli-client"]));
    let token = || issuer.token().without("client_id");
    let other = Err(Rejection::WrongClient);
    let rows = [
        ("azp", token().claim("azp", "web-client"), Ok(())),
        ("client_id", token().claim("client_id", "cli-client"), Ok(())),
        ("Okta's cid", token().claim("cid", "web-client"), Ok(())),
        ("Entra's appid", token().claim("appid", "web-client"), Ok(())),
        (
            "azp before client_id",
            token().claim("azp", "web-client").claim("client_id", "strange-client"),
            Ok(()),
        ),
        ("another client", token().claim("azp", "strange-client"), other),
        (
            "another client, which names ours later",
            issuer.token().claim("cid", "web-client"),
            other,
        ),
        (
            "azp of another",
            token().claim("azp", "strange-client").claim("client_id", "web-client"),
            other,
        ),
        (
            "azp that is no text",
            token().claim("azp", ["web-client"]).claim("client_id", "web-client"),
            other,
        ),
        ("azp that is null", token().claim("azp", ()).claim("client_id", "web-client"), other),
        (
            "client_id that is no text",
            token().claim("client_id", 7).claim("cid", "web-client"),
            other,
        ),
        (
            "cid that is no text",
            token().claim("cid", json!({})).claim("appid", "web-client"),
            other,
        ),
        ("another letter case", token().claim("azp", "Web-client"), other),
        ("a part of the id", token().claim("azp", "web-clien"), other),
        ("an empty one", token().claim("azp", ""), other),
        ("no client", token(), other),
        ("the subject alone", token().subject("web-client"), other),
        ("ours for another API", token().claim("azp", "web-client").wrong_audience(), {
            Err(Rejection::WrongAudience)
        }),
        ("ours without an audience", token().claim("azp", "web-client").without("aud"), {
            Err(Rejection::WrongAudience)
        }),
    ];
    assert_judged(&config, rows);
}

#[test]
fn clients_alone_say_whose_tokens_count_where_no_audience_does() {
    let issuer = TestIssuer::new();
    let config = accepting(issuer.trusted().clients_alone(["pool-client"]));
    // As Cognito writes it: an access token has `client_id` and no `aud`, an ID token the reverse.
    let token = || issuer.token().without("aud").claim("client_id", "pool-client");
    let id_token = token().without("client_id").claim("aud", "pool-client");
    let other = Err(Rejection::WrongClient);
    let rows = [
        ("an access token", token(), Ok(())),
        ("with any audience", token().claim("aud", "https://elsewhere.test"), Ok(())),
        ("with an empty list of audiences", token().claim("aud", json!([])), Ok(())),
        ("its ID token", id_token, other),
        ("another client of the pool", token().claim("client_id", "strange-client"), other),
        (
            "another client, for ours",
            token().claim("client_id", "a").claim("aud", "pool-client"),
            { other },
        ),
        ("an audience of a wrong type", token().claim("aud", 7), Err(Rejection::MalformedClaim)),
        ("an audience that is null", token().claim("aud", ()), Err(Rejection::MalformedClaim)),
        ("expired", token().expired(), Err(Rejection::Expired)),
        ("forged", token().forged(), Err(Rejection::BadSignature)),
        ("of another issuer", token().wrong_issuer(), Err(Rejection::WrongIssuer)),
    ];
    assert_judged(&config, rows);
}

#[test]
fn a_required_claim_is_there_with_its_value_and_its_type() {
    let issuer = TestIssuer::new();
    let trusted = issuer.trusted().claim("token_use", ["access"]);
    let trusted = trusted.and_then(|it| it.claim("/realm_access/roles", ["staff", "admin"]));
    let trusted = trusted.and_then(|it| it.claim("https://a.test/level", [2]));
    let config = accepting(trusted.and_then(|it| it.claim("email_verified", [true])));
    let token = || {
        let token = issuer.token().claim("token_use", "access").claim("email_verified", true);
        let token = token.claim("realm_access", json!({ "roles": ["user", "staff"] }));
        token.claim("https://a.test/level", 2)
    };
    let other = Err(Rejection::ClaimMismatch);
    let role = |roles| token().claim("realm_access", roles);
    let rows = [
        ("all of them", token(), Ok(())),
        ("a list that holds it", token().claim("token_use", ["id", "access"]), Ok(())),
        ("the other role, as a text", role(json!({ "roles": "admin" })), Ok(())),
        ("a number with a fraction of 0", token().claim("https://a.test/level", 2.0), Ok(())),
        ("a list of numbers", token().claim("https://a.test/level", [1, 2]), Ok(())),
        ("an ID token", token().claim("token_use", "id"), other),
        ("none", token().without("token_use"), other),
        ("null", token().claim("token_use", ()), other),
        ("another letter case", token().claim("token_use", "Access"), other),
        ("with a space", token().claim("token_use", "access "), other),
        ("words", token().claim("token_use", "id access"), other),
        ("an empty list", token().claim("token_use", json!([])), other),
        ("a list within a list", token().claim("token_use", [["access"]]), other),
        ("an object of that name", token().claim("token_use", json!({ "access": true })), other),
        ("a flag as a text", token().claim("email_verified", "true"), other),
        ("the other flag", token().claim("email_verified", false), other),
        ("a flag as a number", token().claim("email_verified", 1), other),
        ("a number as a text", token().claim("https://a.test/level", "2"), other),
        ("another number", token().claim("https://a.test/level", 2.5), other),
        ("the roles of another app", role(json!({ "roles": ["user"] })), other),
        ("roles at the top", token().without("realm_access").claim("roles", ["staff"]), other),
        (
            "a claim named as the pointer",
            { token().without("realm_access").claim("/realm_access/roles", "staff") },
            other,
        ),
        (
            "a name that is taken for a path",
            { token().without("https://a.test/level").claim("https:", json!({ "level": 2 })) },
            other,
        ),
    ];
    assert_judged(&config, rows);
}

#[test]
fn a_registered_claim_may_be_required_too() {
    let issuer = TestIssuer::new();
    let trusted = issuer.trusted().claim("sub", ["alice", "bob"]);
    let trusted = trusted.and_then(|it| it.claim("aud", ["https://also.test"]));
    let trusted = trusted.and_then(|it| it.claim("scope", ["read"]));
    let config = accepting(trusted.and_then(|it| it.claim("permissions", ["p"])));
    let token = || {
        let token = issuer.token().scope("read").permissions(["q", "p"]);
        token.claim("aud", ["https://api.test", "https://also.test"])
    };
    let other = Err(Rejection::ClaimMismatch);
    let rows = [
        ("alice", token(), Ok(())),
        ("bob", token().subject("bob"), Ok(())),
        ("mallory", token().subject("mallory"), other),
        ("no subject", token().without("sub"), other),
        ("one audience", token().claim("aud", "https://api.test"), other),
        ("more scopes", token().scope("read write"), other),
        ("no permission", token().permissions([]), other),
        ("permissions of a wrong type", token().claim("permissions", "p x"), other),
    ];
    assert_judged(&config, rows);
}

#[test]
fn a_list_that_is_empty_is_no_rule() {
    let issuer = || TestIssuer::new().trusted();
    let none: [&str; 0] = [];
    for (name, refused) in [
        ("no client", issuer().clients(none)),
        ("an empty client", issuer().clients(["web-client", ""])),
        ("a client of white space", issuer().clients([" "])),
        ("no client alone", issuer().clients_alone(none)),
        ("no value", issuer().claim("token_use", none)),
        ("an empty value", issuer().claim("token_use", [""])),
        ("no name", issuer().claim("", ["access"])),
        ("a broken pointer", issuer().claim("/a~b", ["access"])),
        ("null", issuer().claim("token_use", [()])),
        ("a list in a list", issuer().claim("token_use", [vec!["access"]])),
    ] {
        assert!(refused.is_err(), "{name}");
    }
}
