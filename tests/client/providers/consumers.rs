//! Providers for the users of an app.

use serde_json::json;

use super::fixture::Fixture;

#[test]
fn google_id_tokens_of_our_client_and_workspace_count_and_nothing_else() {
    let client = "1234567890-abc.apps.googleusercontent.com";
    for iss in ["https://accounts.google.com", "accounts.google.com"] {
        Fixture {
            recipe: "Google",
            alg: "RS256",
            typ: Some("JWT"),
            claims: json!({
                "iss": iss, "aud": client, "azp": client, "sub": "1101", "hd": "example.com",
                "email": "alice@example.com", "email_verified": true,
            }),
            roles: None,
            near: vec![
                ("another app", json!({ "aud": "99-x.apps.googleusercontent.com" }), "aud"),
                (
                    "a service account for our audience",
                    json!({
                        "azp": "1045", "hd": null, "email": "a@b.iam.gserviceaccount.com"
                    }),
                    "client",
                ),
                ("no azp", json!({ "azp": null }), "client"),
                ("a private account", json!({ "hd": null }), "claims"),
                ("another workspace", json!({ "hd": "example.com.evil.example" }), "claims"),
                ("another spelling", json!({ "iss": "http://accounts.google.com" }), "iss"),
                ("a slash", json!({ "iss": "https://accounts.google.com/" }), "iss"),
                ("IAP", json!({ "iss": "https://cloud.google.com/iap" }), "iss"),
                ("Firebase", json!({ "iss": "https://securetoken.google.com/my-project" }), "iss"),
                ("expired", json!({ "exp": 1 }), "exp"),
            ],
        }
        .assert_judged();
    }
}

#[test]
fn firebase_id_tokens_of_our_project_and_methods_count_and_nothing_else() {
    let named = |method| json!({ "sign_in_provider": method, "identities": {} });
    let toolkit =
        "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit";
    Fixture {
        recipe: "Firebase",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": "https://securetoken.google.com/my-project", "aud": "my-project",
            "sub": "uid1", "user_id": "uid1", "auth_time": 1, "roles": ["edit"],
            "firebase": named("password"),
        }),
        roles: Some(["edit", "pass"]),
        near: vec![
            ("an anonymous user", json!({ "firebase": named("anonymous") }), "claims"),
            ("another method", json!({ "firebase": named("custom") }), "claims"),
            ("no method", json!({ "firebase": null }), "claims"),
            ("the method at the top", json!({
                "firebase": null, "sign_in_provider": "password", "/firebase/sign_in_provider": "password"
            }), "claims"),
            ("another project", json!({
                "iss": "https://securetoken.google.com/other", "aud": "other"
            }), "iss"),
            ("another project for ours", json!({ "iss": "https://securetoken.google.com/other" }), "iss"),
            ("ours for another project", json!({ "aud": "other" }), "aud"),
            ("a session cookie", json!({ "iss": "https://session.firebase.google.com/my-project" }), "iss"),
            ("a custom token", json!({ "iss": "a@b.iam.gserviceaccount.com", "aud": toolkit }), "iss"),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}

#[test]
fn supabase_tokens_of_signed_in_users_count_and_nothing_else() {
    let project = "https://abcdefghijklmnopqrst.supabase.co/auth/v1";
    for alg in ["ES256", "RS256"] {
        Fixture {
            recipe: "Supabase",
            alg,
            typ: Some("JWT"),
            claims: json!({
                "iss": project, "sub": "u1", "aud": "authenticated", "role": "authenticated",
                "aal": "aal1", "session_id": "s", "email": "a@b.example", "phone": "",
                "is_anonymous": false, "app_metadata": { "roles": ["edit"] },
                "user_metadata": { "role": "boss", "roles": ["boss"] },
            }),
            roles: Some(["edit", "boss"]),
            near: vec![
                ("an anonymous user", json!({ "is_anonymous": true }), "claims"),
                ("no is_anonymous", json!({ "is_anonymous": null }), "claims"),
                ("is_anonymous as a text", json!({ "is_anonymous": "false" }), "claims"),
                ("nobody signed in", json!({ "aud": "anon", "role": "anon" }), "aud"),
                ("an API key", json!({
                    "iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "service_role", "aud": null
                }), "iss"),
                ("another project", json!({ "iss": project.replace("abc", "xyz") }), "iss"),
                ("the project alone", json!({ "iss": project.replace("/auth/v1", "") }), "iss"),
                ("expired", json!({ "exp": 1 }), "exp"),
            ],
        }
        .assert_judged();
    }
}

#[test]
fn clerk_tokens_of_our_page_and_a_whole_sign_in_count_and_nothing_else() {
    Fixture {
        recipe: "Clerk",
        alg: "RS256",
        typ: Some("JWT"),
        claims: json!({
            "iss": "https://clerk.example.com", "azp": "https://app.example.com", "sub": "user_1",
            "sid": "sess_1", "v": 2, "fva": [7, -1], "sts": "active", "jti": "j", "nbf": 1,
            "o": { "id": "org_1", "rol": "adm", "slg": "acme", "per": "manage" },
            "unsafe_metadata": { "role": "boss" },
        }),
        roles: Some(["adm", "boss"]),
        near: vec![
            ("a page of another", json!({ "azp": "https://evil.example" }), "client"),
            ("a page below", json!({ "azp": "https://app.example.com.evil.example" }), "client"),
            ("the page by http", json!({ "azp": "http://app.example.com" }), "client"),
            ("no page", json!({ "azp": null }), "client"),
            (
                "our page as the audience",
                json!({ "azp": null, "aud": "https://app.example.com" }),
                "client",
            ),
            ("a pending session", json!({ "sts": "pending" }), "claims"),
            ("a template's token", json!({ "sts": null, "sid": null, "v": null }), "claims"),
            ("another instance", json!({ "iss": "https://clerk.other.example" }), "iss"),
            (
                "the development instance",
                json!({ "iss": "https://ours.clerk.accounts.dev" }),
                "iss",
            ),
            ("expired", json!({ "exp": 1 }), "exp"),
        ],
    }
    .assert_judged();
}
