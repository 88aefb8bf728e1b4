//! Every row of the refusal table, by GET and by HEAD, in both `errors` modes.

use std::time::Duration;

use rocket::http::{Header, Method, Status};
use rocket::local::blocking::Client;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{async_trait, get, routes};
use rocket_bearer::{AuthedUser, Bearer, Config, Needs, Rejection, Revocations, Rule, StatusTable};
use serde_json::json;

use crate::support::{self, Signer, but, good_claims};

/// What is sent, and what comes back: the statuses by `auth0` and by `rfc6750`, code, description
/// and the parameters of the challenge after the realm.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<String>,
    statuses: (u16, u16),
    code: &'static str,
    description: &'static str,
    challenge: Option<&'static str>,
}

pub(crate) fn rows(key: &Signer) -> Vec<Row> {
    let row = |name, headers: Vec<String>, statuses, code, description, challenge| Row {
        name,
        path: "/headers",
        headers,
        statuses,
        code,
        description,
        challenge: Some(challenge),
    };
    let token = |name, token: String, statuses, code, description, challenge| {
        row(name, vec![format!("Bearer {token}")], statuses, code, description, challenge)
    };
    let claims = |name, members| {
        token(
            name,
            key.token(&key.header(), &but(good_claims(), members)),
            (401, 401),
            "invalid_claims",
            "Incorrect claims. Please, check the audience and issuer.",
            r#", error="invalid_token", error_description="Incorrect claims. Please, check the audience and issuer.""#,
        )
    };
    let unparsable = |name, text: String| {
        token(
            name,
            text,
            (400, 401),
            "invalid_header",
            "Unable to parse authentication token.",
            r#", error="invalid_token", error_description="Unable to parse authentication token.""#,
        )
    };
    let missing = |name, headers| {
        row(
            name,
            headers,
            (401, 401),
            "authorization_header_missing",
            "Authorization header is expected.",
            "",
        )
    };
    let not_one = |name, headers| {
        row(
            name,
            headers,
            (401, 400),
            "invalid_header",
            "Authorization header must be bearer token.",
            r#", error="invalid_request", error_description="Authorization header must be bearer token.""#,
        )
    };
    let other_scheme = |name, header: &str| {
        row(
            name,
            vec![header.to_owned()],
            (401, 401),
            "invalid_header",
            "Authorization header must start with \"Bearer\".",
            "",
        )
    };
    let no_token = |name, header: &str| {
        row(
            name,
            vec![header.to_owned()],
            (401, 400),
            "invalid_header",
            "Token not found.",
            r#", error="invalid_request", error_description="Token not found.""#,
        )
    };
    let good = key.good();
    let header = |members| key.token(&but(key.header(), members), &good_claims());
    vec![
        missing("no header", vec![]),
        missing("an empty header", vec![String::new()]),
        missing("a blank header", vec![" \t ".to_owned()]),
        other_scheme("another scheme", "Basic YTpi"),
        other_scheme("a token without a scheme", &good),
        other_scheme("DPoP", &format!("DPoP {good}")),
        no_token("nothing after Bearer", "Bearer"),
        no_token("blanks after Bearer", "bearer \t"),
        not_one("two words", vec![format!("Bearer {good} {good}")]),
        not_one("two words by a tab", vec![format!("Bearer {good}\t{good}")]),
        not_one("two in one header", vec![format!("Bearer {good}, Bearer {good}")]),
        not_one("two headers", vec![format!("Bearer {good}"), format!("Bearer {good}")]),
        not_one("an empty header too", vec![String::new(), format!("Bearer {good}")]),
        not_one("Basic beside Bearer", vec!["Basic YTpi".to_owned(), format!("Bearer {good}")]),
        token(
            "no kid",
            header(json!({ "kid": null })),
            (401, 401),
            "invalid_header",
            "Authorization malformed.",
            r#", error="invalid_token", error_description="Authorization malformed.""#,
        ),
        token(
            "expired",
            key.token(&key.header(), &but(good_claims(), json!({ "exp": 1 }))),
            (401, 401),
            "token_expired",
            "Token expired.",
            r#", error="invalid_token", error_description="Token expired.""#,
        ),
        claims("wrong audience", json!({ "aud": "other" })),
        claims("no audience", json!({ "aud": null })),
        claims("wrong issuer", json!({ "iss": "https://issuer.localhost" })),
        claims("no issuer", json!({ "iss": null })),
        claims("no exp", json!({ "exp": null })),
        claims("nbf to come", json!({ "nbf": 9_999_999_999_u64 })),
        claims("iat to come", json!({ "iat": 9_999_999_999_u64 })),
        claims("a wrong type", json!({ "sub": 7 })),
        claims("sender-constrained", json!({ "cnf": { "jkt": "x" } })),
        token(
            "revoked",
            key.token(&key.header(), &but(good_claims(), json!({ "jti": "stolen-token" }))),
            (401, 401),
            "token_revoked",
            "Token revoked.",
            r#", error="invalid_token", error_description="Token revoked.""#,
        ),
        unparsable("garbage", "garbage".to_owned()),
        unparsable("two parts", "e30.e30".to_owned()),
        unparsable("forbidden alg", header(json!({ "alg": "none" }))),
        unparsable("bad signature", support::forged(&good)),
        unparsable("bad typ", header(json!({ "typ": "dpop+jwt" }))),
        unparsable("crit", header(json!({ "crit": ["exp"] }))),
        unparsable("too long", "a".repeat(20_000)),
        token(
            "unknown kid",
            header(json!({ "kid": "nobody" })),
            (400, 401),
            "invalid_header",
            "Unable to find the appropriate key.",
            r#", error="invalid_token", error_description="Unable to find the appropriate key.""#,
        ),
        Row {
            path: "/scope",
            challenge: Some(
                r#", error="insufficient_scope", error_description="Insufficient permissions.", scope="read write""#,
            ),
            ..token(
                "scope missing",
                good.clone(),
                (403, 403),
                "insufficient_scope",
                "Insufficient permissions.",
                "",
            )
        },
        Row {
            path: "/step-up",
            challenge: Some(
                r#", error="insufficient_user_authentication", error_description="A more recent or stronger sign-in is required.", acr_values="gold", max_age="60""#,
            ),
            ..token(
                "sign-in too weak",
                good.clone(),
                (401, 401),
                "insufficient_user_authentication",
                "A more recent or stronger sign-in is required.",
                "",
            )
        },
        Row {
            path: "/no-keys",
            challenge: None,
            ..token(
                "no keys",
                good,
                (503, 503),
                "keys_unavailable",
                "Signing keys are unavailable.",
                "",
            )
        },
    ]
}

/// A guard that accepts a token and then says no for the reason its number names.
struct Refusing<const REASON: u8>;

#[async_trait]
impl<'r, const REASON: u8> FromRequest<'r> for Refusing<REASON> {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let accepted = AuthedUser::<rocket_bearer::Claims>::from_request(request).await;
        assert!(accepted.is_success());
        match REASON {
            0 => Rejection::InsufficientScope {
                needs: Some(&Needs::All(&[Needs::Scope("read"), Needs::Scope("write")])),
            },
            1 => Rejection::InsufficientAuthentication { needs: &GOLD_NOW },
            _ => Rejection::KeysUnavailable { retry_after: Duration::from_secs(7) },
        }
        .refuse(request)
    }
}

const GOLD_NOW: Needs =
    Needs::All(&[Needs::Acr(&["gold"]), Needs::SignedInWithin(Duration::from_secs(60))]);

#[get("/scope")]
fn scope(_refused: Refusing<0>) {}

#[get("/step-up")]
fn step_up(_refused: Refusing<1>) {}

#[get("/no-keys")]
fn no_keys(_refused: Refusing<2>) {}

fn client(config: Config) -> Client {
    let rocket = rocket_bearer::app::mounted_on(support::rocket());
    let rocket = rocket.mount("/", routes![scope, step_up, no_keys]).attach(Bearer::with(config));
    let client = Client::untracked(rocket).unwrap();
    revoke(&client);
    client
}

/// Makes the rule by which a row is refused.
pub(crate) fn revoke(client: &Client) {
    let revocations: &Revocations = client.rocket().state().unwrap();
    rocket::execute(revocations.revoke(Rule::jti("stolen-token"))).unwrap();
}

#[test]
fn every_refusal_is_answered_as_the_table_says() {
    let key = Signer::dev("dev-rs256");
    for table in [StatusTable::Auth0, StatusTable::Rfc6750] {
        let client = client(support::config(key.set()).errors(table));
        for row in rows(&key) {
            for method in [Method::Get, Method::Head] {
                let headers: Vec<_> = row.headers.iter().map(String::as_str).collect();
                let response = crate::request(&client, method, row.path, &headers);
                let case = format!("{} by {method} in {table:?}", row.name);

                let status = match table {
                    StatusTable::Auth0 => row.statuses.0,
                    StatusTable::Rfc6750 => row.statuses.1,
                };
                assert_eq!(response.status(), Status::new(status), "{case}");
                let headers = response.headers();
                let challenges: Vec<_> = headers.get("WWW-Authenticate").collect();
                let expected = row.challenge.map(|rest| format!("Bearer realm=\"api\"{rest}"));
                assert_eq!(challenges, Vec::from_iter(expected.as_deref()), "{case}");
                let wait = (status == 503).then_some("7");
                assert_eq!(headers.get_one("Retry-After"), wait, "{case}");
                assert_eq!(headers.get_one("Cache-Control"), Some("no-store"), "{case}");
                assert_eq!(headers.get_one("Content-Type"), Some("application/json"), "{case}");

                let body = response.into_string().unwrap_or_default();
                if method == Method::Head {
                    assert_eq!(body, "", "{case}");
                } else {
                    let expected = format!(
                        "{{\"code\":{},\"description\":{}}}",
                        json!(row.code),
                        json!(row.description)
                    );
                    assert_eq!(body, expected, "{case}");
                }
            }
        }
    }
}

#[test]
fn any_letter_case_of_bearer_and_any_blanks_will_do() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let token = key.good();
    for header in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER\t{token}"),
        format!("  bEaReR \t {token} \t"),
    ] {
        let request = client.get("/headers").header(Header::new("Authorization", header.clone()));
        assert_eq!(request.dispatch().into_string().unwrap(), "Access Granted", "{header}");
    }
}
