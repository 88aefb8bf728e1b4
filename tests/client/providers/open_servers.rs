//! Servers that anyone may run.

use serde_json::json;

use super::fixture::Fixture;

#[test]
fn zitadel_tokens_for_the_project_count_with_the_roles_of_that_project() {
    let (instance, project) = ("https://acme-abc123.zitadel.cloud", "287654321098765432");
    let roles = format!("urn:zitadel:iam:org:project:{project}:roles");
    let org = json!({ "1234": "acme.zitadel.cloud" });
    Fixture {
        recipe: "Zitadel",
        alg: "RS256",
        typ: None,
        claims: json!({
            "iss": instance, "sub": "2001", "jti": "V2_1", "nbf": 1,
            "aud": ["2002@shop", "2003@shop", project],
            roles: { "clrk": org },
            // The roles of the project of the client, which need not be ours.
            "urn:zitadel:iam:org:project:roles": { "boss": org },
            "urn:zitadel:iam:user:metadata": { "role": "YWRtaW4" },
        }),
        roles: Some(["clrk", "boss"]),
        near: vec![
            ("the API is not asked for", json!({ "aud": ["2002@shop", "2003@shop"] }), "aud"),
            ("another project", json!({ "aud": ["287654321098765433"] }), "aud"),
            ("a role in the place of aud", json!({ "aud": null, "azp": project }), "aud"),
            ("another instance", json!({ "iss": "https://acme-xyz.zitadel.cloud" }), "iss"),
            ("a slash", json!({ "iss": format!("{instance}/") }), "iss"),
            ("not yet", json!({ "nbf": 33_000_000_000_u64 }), "nbf"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn hydra_tokens_for_the_api_count_and_nothing_else() {
    let api = "https://api.example.com";
    Fixture {
        recipe: "Ory Hydra",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": "https://auth.example.com/", "sub": "alice", "client_id": "web", "jti": "j",
            "aud": [api], "nbf": 1, "scp": ["read"], "ext": { "roles": ["edit"] },
        }),
        roles: Some(["edit", "read"]),
        near: vec![
            ("the ID token", json!({ "aud": ["web"], "scp": null, "at_hash": "h" }), "aud"),
            ("no audience asked for", json!({ "aud": [] }), "aud"),
            ("another API", json!({ "aud": ["https://api.example.com/v2"] }), "aud"),
            ("no slash", json!({ "iss": "https://auth.example.com" }), "iss"),
            ("another server", json!({ "iss": "https://auth.example.com/other/" }), "iss"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn tokens_of_any_issuer_count_by_name_audience_and_type() {
    let api = "https://api.example.com";
    Fixture {
        recipe: "Any OpenID Connect issuer",
        alg: "ES256",
        typ: Some("at+jwt"),
        claims: json!({
            "iss": "https://login.example.com", "sub": "alice", "aud": api,
            "client_id": "web", "jti": "j", "scope": "openid",
        }),
        roles: None,
        near: vec![
            ("the ID token", json!({ "aud": "web", "client_id": null }), "aud"),
            ("what RFC 9068 asks for", json!({ "client_id": null }), "token_type"),
            ("no jti", json!({ "jti": null }), "token_type"),
            ("another API", json!({ "aud": "https://api.example.com/" }), "aud"),
            ("a slash", json!({ "iss": "https://login.example.com/" }), "iss"),
            ("another host", json!({ "iss": "https://login.example.com.evil.example" }), "iss"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
    // The same claims as an ID token's type.
    let claims = json!({ "iss": "https://login.example.com", "aud": api });
    let near = |typ| Fixture {
        recipe: "Any OpenID Connect issuer",
        alg: "ES256",
        typ,
        claims: claims.clone(),
        roles: None,
        near: vec![],
    };
    for typ in [Some("JWT"), None] {
        near(typ).assert_refused("typ");
    }
}
