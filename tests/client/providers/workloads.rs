//! Providers for programs, and for what stands before one.

use serde_json::{Value, json};

use super::fixture::Fixture;

#[test]
fn github_tokens_of_the_named_repository_and_branch_count_and_nothing_else() {
    let actions = "https://token.actions.githubusercontent.com";
    Fixture {
        recipe: "GitHub Actions",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": actions, "aud": "https://api.example.com", "jti": "j", "nbf": 1,
            "sub": "repo:acme@1/shop@123456789:ref:refs/heads/main", "ref": "refs/heads/main",
            "repository": "acme/shop", "repository_id": "123456789", "repository_owner": "acme",
            "workflow": "deploy", "event_name": "push", "runner_environment": "github-hosted",
        }),
        roles: None,
        near: vec![
            ("another repository of the owner", json!({ "repository": "acme/web" }), "claims"),
            ("a repository of that name, made again", json!({ "repository_id": "987" }), "claims"),
            ("a fork", json!({ "repository": "mallory/shop", "repository_id": "55" }), "claims"),
            (
                "a pull request",
                json!({
                    "ref": "refs/pull/7/merge", "event_name": "pull_request"
                }),
                "claims",
            ),
            ("a tag named main", json!({ "ref": "refs/tags/main" }), "claims"),
            ("sub alone", json!({ "repository": null }), "claims"),
            ("the default audience", json!({ "aud": "https://github.com/acme" }), "aud"),
            ("an enterprise", json!({ "iss": format!("{actions}/acme") }), "iss"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

/// A service account's token, as `kubernetes.io` in its claims says.
fn account(namespace: &str) -> Value {
    json!({
        "iss": "https://kubernetes.default.svc.cluster.local", "aud": ["orders-api"],
        "sub": format!("system:serviceaccount:{namespace}:client"), "jti": "j", "nbf": 1,
        "kubernetes.io": {
            "namespace": namespace, "serviceaccount": { "name": "worker-7", "uid": "u" },
            "pod": { "name": "client-0", "uid": "p" },
        },
    })
}

#[test]
fn kubernetes_tokens_for_the_api_of_the_named_namespace_count_and_nothing_else() {
    let server = "https://kubernetes.default.svc.cluster.local";
    let mut near = vec![
        ("the token that each pod has", json!({ "aud": [server] }), "aud"),
        ("no audience", json!({ "aud": null }), "aud"),
        (
            "a legacy secret",
            json!({
                "iss": "kubernetes/serviceaccount", "kubernetes.io": null,
                "kubernetes.io/serviceaccount/namespace": "shop",
            }),
            "iss",
        ),
        (
            "another cluster",
            json!({ "iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/A" }),
            "iss",
        ),
        ("a short name", json!({ "iss": "https://kubernetes.default.svc" }), "iss"),
        ("expired", json!({ "exp": 1 }), "exp"),
    ];
    let by_file = Fixture {
        recipe: "Kubernetes by a file",
        alg: "RS256",
        typ: None,
        claims: account("billing"),
        roles: None,
        near: near.clone(),
    };
    by_file.assert_judged();
    near.extend([
        ("another namespace", account("billing"), "claims"),
        ("the namespace in another place", json!({
            "kubernetes.io": null, "kubernetes.io/namespace": "shop", "/kubernetes.io/namespace": "shop"
        }), "claims"),
    ]);
    let recipe = "Kubernetes";
    Fixture { recipe, alg: "RS256", typ: None, claims: account("shop"), roles: None, near }
        .assert_judged();
}

#[test]
fn cloudflare_tokens_of_the_application_count_and_nothing_else() {
    let tag = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228";
    let team = "https://acme.cloudflareaccess.com";
    for who in [json!({ "sub": "7335d417" }), json!({ "sub": "", "common_name": "e367.access" })] {
        let claims = json!({
            "iss": team, "aud": [tag], "type": "app", "nbf": 1, "country": "US",
            "identity_nonce": "6ei69kawdKzMIAPF",
        });
        Fixture {
            recipe: "Cloudflare Access",
            alg: "RS256",
            typ: Some("JWT"),
            claims: crate::support::but(claims, who),
            roles: None,
            near: vec![
                ("another application", json!({ "aud": [tag.replace("32ea", "97e2")] }), "aud"),
                ("a prefix of the tag", json!({ "aud": [tag[..32]] }), "aud"),
                ("the session of the team", json!({ "type": "org" }), "claims"),
                ("no type", json!({ "type": null }), "claims"),
                ("another team", json!({ "iss": "https://other.cloudflareaccess.com" }), "iss"),
                ("a slash", json!({ "iss": format!("{team}/") }), "iss"),
                ("expired", json!({ "exp": 1 }), "exp"),
            ],
        }
        .assert_judged();
    }
}
