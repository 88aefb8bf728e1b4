//! Servers of companies, hosted or one's own.

use serde_json::json;

use super::fixture::Fixture;

const TENANT: &str = "8c7f6e5d-0000-4000-8000-00000000000a";
const THEIRS: &str = "22222222-2222-4333-8444-55555555555f";
const API: &str = "11112222-bbbb-4333-8ccc-4444dddd5555";

fn entra(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

#[test]
fn auth0_access_tokens_for_the_api_count_and_nothing_else() {
    let api = "https://api.example.com";
    let userinfo = "https://tenant.eu.auth0.com/userinfo";
    Fixture {
        recipe: "Auth0",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": "https://tenant.eu.auth0.com/", "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
            "aud": [api, userinfo], "azp": "my_client", "scope": "openid read",
            "permissions": ["read"], "https://example.com/roles": ["edit"],
        }),
        roles: Some(["edit", "read"]),
        near: vec![
            ("the ID token", json!({ "aud": "my_client", "azp": null, "nonce": "n" }), "aud"),
            ("for /userinfo alone", json!({ "aud": userinfo }), "aud"),
            ("another API", json!({ "aud": "https://api.example.com/" }), "aud"),
            ("another tenant", json!({ "iss": "https://other.eu.auth0.com/" }), "iss"),
            ("no slash", json!({ "iss": "https://tenant.eu.auth0.com" }), "iss"),
            ("an anonymous session", json!({ "sub": "anon@5f7c8ec7" }), "sub"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn each_custom_domain_of_an_auth0_tenant_is_an_issuer() {
    for domain in ["login.example.com", "login.shop.example"] {
        Fixture {
            recipe: "Auth0, several custom domains",
            alg: "RS256",
            typ: Some("at+jwt"),
            claims: json!({
                "iss": format!("https://{domain}/"), "sub": "m2m@clients", "jti": "j",
                "aud": "https://api.example.com", "client_id": "m2m", "scope": "",
            }),
            roles: None,
            near: vec![
                (
                    "the tenant's own domain",
                    json!({ "iss": "https://tenant.eu.auth0.com/" }),
                    "iss",
                ),
                ("a third domain", json!({ "iss": "https://login.evil.example/" }), "iss"),
                ("a domain below", json!({ "iss": format!("https://a.{domain}/") }), "iss"),
                ("another API", json!({ "aud": "https://other.example.com" }), "aud"),
                ("an anonymous session", json!({ "sub": "anon@1" }), "sub"),
            ],
        }
        .assert_judged();
    }
}

#[test]
fn entra_access_tokens_of_one_tenant_count_and_nothing_else() {
    Fixture {
        recipe: "Entra, one tenant",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": entra(TENANT), "tid": TENANT, "aud": API, "sub": "AAAb", "oid": "o", "ver": "2.0",
            "azp": "spa", "azpacr": "0", "scp": "user", "roles": ["Edit"],
        }),
        roles: Some(["Edit", "user"]),
        near: vec![
            ("the ID token of a shared registration", json!({
                "azp": null, "azpacr": null, "scp": null, "nonce": "n"
            }), "claims"),
            ("azpacr as a number", json!({ "azpacr": 0 }), "claims"),
            ("another tenant", json!({ "iss": entra(THEIRS), "tid": THEIRS }), "iss"),
            ("version 1", json!({ "iss": format!("https://sts.windows.net/{TENANT}/") }), "iss"),
            ("the template itself", json!({ "iss": entra("{tenantid}") }), "iss"),
            ("common", json!({ "iss": entra("common") }), "iss"),
            ("the API's URI", json!({ "aud": format!("api://{API}") }), "aud"),
            ("for Graph", json!({ "aud": "00000003-0000-0000-c000-000000000000" }), "aud"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn entra_access_tokens_of_listed_tenants_count_and_nothing_else() {
    let own = "11111111-2222-4333-8444-55555555555f";
    Fixture {
        recipe: "Entra, many tenants",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": entra(own), "tid": own, "aud": API, "sub": "AAAb", "ver": "2.0",
            "azp": "daemon", "azpacr": "1", "idtyp": "app", "roles": ["Read"],
        }),
        roles: Some(["Read", "app"]),
        near: vec![
            ("a tenant that is not listed", json!({ "iss": entra(THEIRS), "tid": THEIRS }), "iss"),
            ("tid of another listed tenant", json!({ "tid": TENANT }), "iss"),
            ("a listed tid, iss of another", json!({ "iss": entra(THEIRS) }), "iss"),
            ("evil", json!({ "iss": entra("evil"), "tid": "evil" }), "iss"),
            ("the template itself", json!({ "iss": entra("{tenantid}") }), "iss"),
            (
                "the template in both",
                json!({ "iss": entra("{tenantid}"), "tid": "{tenantid}" }),
                "iss",
            ),
            ("no tid", json!({ "tid": null }), "iss"),
            (
                "personal accounts",
                json!({
                    "iss": entra("9188040d-6c67-4c5b-b112-36a304b66dad"),
                    "tid": "9188040d-6c67-4c5b-b112-36a304b66dad",
                }),
                "iss",
            ),
            ("the ID token", json!({ "azpacr": null }), "claims"),
            ("another app", json!({ "aud": TENANT }), "aud"),
        ],
    }
    .assert_judged();
}

#[test]
fn cognito_access_tokens_of_a_listed_client_count_and_nothing_else() {
    let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";
    let client = "7abcdefghijklmnopqrstuvwxy";
    Fixture {
        recipe: "Amazon Cognito",
        alg: "RS256",
        typ: None,
        claims: json!({
            "iss": pool, "sub": "e6f7", "client_id": client, "token_use": "access", "jti": "j",
            "scope": "user", "username": "alice", "version": 2,
            "cognito:groups": ["adms"], "auth_time": 1,
        }),
        roles: Some(["adms", "user"]),
        near: vec![
            (
                "the ID token",
                json!({
                    "client_id": null, "aud": client, "token_use": "id", "cognito:username": "alice"
                }),
                "client",
            ),
            ("the ID token with a client_id", json!({ "token_use": "id" }), "claims"),
            ("no token_use", json!({ "token_use": null }), "claims"),
            ("another app of the pool", json!({ "client_id": "6zyx" }), "client"),
            (
                "another app that asked for ours",
                json!({ "client_id": "6zyx", "aud": client }),
                "client",
            ),
            ("another pool", json!({ "iss": format!("{pool}2") }), "iss"),
            (
                "another region",
                json!({ "iss": pool.replace("eu-central-1.", "us-east-1.") }),
                "iss",
            ),
            ("an identity pool", json!({ "iss": "https://cognito-identity.amazonaws.com" }), "iss"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn keycloak_access_tokens_for_the_api_count_and_nothing_else() {
    let realm = "https://keycloak.example.com/realms/shop";
    Fixture {
        recipe: "Keycloak",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": realm, "sub": "f:1", "typ": "Bearer", "azp": "web", "sid": "s", "acr": "1",
            "aud": ["orders-api", "account"], "scope": "openid", "preferred_username": "alice",
            "realm_access": { "roles": ["edit"] },
            "resource_access": { "account": { "roles": ["mngr"] } },
        }),
        roles: Some(["edit", "mngr"]),
        near: vec![
            ("the ID token with the mapper", json!({ "typ": "ID", "at_hash": "h" }), "claims"),
            ("the logout token", json!({ "typ": "Logout" }), "claims"),
            ("the refresh token", json!({ "typ": "Refresh", "aud": realm }), "aud"),
            ("no typ", json!({ "typ": null }), "claims"),
            ("another app of the realm", json!({ "aud": "account", "azp": "billing" }), "aud"),
            ("without a mapper", json!({ "aud": null }), "aud"),
            ("another realm", json!({ "iss": realm.replace("shop", "shop2") }), "iss"),
            ("the realm by http", json!({ "iss": realm.replace("https", "http") }), "iss"),
            ("bound to a key", json!({ "typ": "DPoP", "cnf": { "jkt": "k" } }), "cnf"),
        ],
    }
    .assert_judged();
}

#[test]
fn okta_access_tokens_of_a_custom_server_count_and_nothing_else() {
    let server = "https://acme.okta.com/oauth2/default";
    let client = "0oa1b2c3d4e5f6g7h8i9";
    Fixture {
        recipe: "Okta",
        alg: "RS256",
        typ: None,
        claims: json!({
            "iss": server, "sub": "alice@acme.example", "aud": "api://default", "cid": client,
            "uid": "00u", "ver": 1, "jti": "AT.x", "scp": ["read"], "groups": ["Adms"],
        }),
        roles: Some(["Adms", "read"]),
        near: vec![
            ("the ID token", json!({ "aud": client, "cid": null, "uid": null, "idp": "i" }), "aud"),
            ("another client of the server", json!({ "cid": "0oa9" }), "client"),
            ("no client", json!({ "cid": null }), "client"),
            ("the org server", json!({ "iss": "https://acme.okta.com" }), "iss"),
            ("another server", json!({ "iss": format!("{server}2") }), "iss"),
            ("another org", json!({ "iss": server.replace("acme", "other") }), "iss"),
            ("another API", json!({ "aud": "api://billing" }), "aud"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}
