//! Every row of the table of refusals, by both tables of statuses, in every mode: status, body, and a
//! challenge for each scheme that is offered, with the error on the one that was used.

use rocket_bearer::{OriginalRequest, StatusTable};

use super::*;

/// A case: the lines of the request, the code and the description, the statuses `auth0` and `rfc6750`, and
/// the error of the challenge; empty for a bare one.
type Row = (Vec<(&'static str, String)>, &'static str, &'static str, [u16; 2], &'static str);

const OFFER: &str =
    "DPoP algs=\"ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512\", realm=\"api\"";

fn authorization(value: impl std::fmt::Display) -> Vec<(&'static str, String)> {
    vec![("Authorization", value.to_string())]
}

/// What may be sent as `scheme` and is refused alike in all modes that take the scheme.
fn rows_of(scheme: &str) -> Vec<Row> {
    let issuer = TestIssuer::new();
    let token = || issuer.token();
    let line = |token: &dyn std::fmt::Display| authorization(format!("{scheme} {token}"));
    let with = |lines: Vec<_>, more: &str| [lines, authorization(more)].concat();
    let start = "Authorization header must be bearer token.";
    let claims = "Incorrect claims. Please, check the audience and issuer.";
    let parse = "Unable to parse authentication token.";
    let (both, parsed, form) = ([401, 401], [400, 401], [401, 400]);
    vec![
        (authorization(scheme), "invalid_header", "Token not found.", form, "invalid_request"),
        (line(&"a b"), "invalid_header", start, form, "invalid_request"),
        (with(line(&token()), ""), "invalid_header", start, form, "invalid_request"),
        (with(line(&token()), "Basic YTpi"), "invalid_header", start, form, "invalid_request"),
        (
            line(&token().without_kid()),
            "invalid_header",
            "Authorization malformed.",
            both,
            "invalid_token",
        ),
        (line(&token().expired()), "token_expired", "Token expired.", both, "invalid_token"),
        (line(&token().wrong_audience()), "invalid_claims", claims, both, "invalid_token"),
        (line(&token().wrong_issuer()), "invalid_claims", claims, both, "invalid_token"),
        (line(&token().not_yet_valid()), "invalid_claims", claims, both, "invalid_token"),
        (
            line(&token().claim("cnf", json!({ "x5t#S256": "a" }))),
            "invalid_claims",
            claims,
            both,
            "invalid_token",
        ),
        (line(&"x.y.z"), "invalid_header", parse, parsed, "invalid_token"),
        (line(&token().unsigned()), "invalid_header", parse, parsed, "invalid_token"),
        (line(&token().forged()), "invalid_header", parse, parsed, "invalid_token"),
        (
            line(&token().unknown_key()),
            "invalid_header",
            "Unable to find the appropriate key.",
            parsed,
            "invalid_token",
        ),
    ]
}

/// What is sent of bound tokens where they are taken.
fn rows_of_binding() -> Vec<Row> {
    let (token, plain) = (bound(), TestIssuer::new().token());
    let (binding, says) = ("invalid_token_binding", "The token is bound to another key or scheme.");
    let (bad, invalid) = ("invalid_dpop_proof", "DPoP proof is missing or invalid.");
    let both = [401, 401];
    let sent = |proof: Proof| lines(&token, proof).to_vec();
    let two = [sent(proof(&token)), sent(proof(&token))[1..].to_vec()].concat();
    vec![
        (authorization(format!("Bearer {token}")), binding, says, both, "invalid_token"),
        (authorization(format!("DPoP {plain}")), binding, says, both, "invalid_token"),
        (lines(&plain, proof(&plain)).to_vec(), binding, says, both, "invalid_token"),
        (sent(proof(&token).by_stranger()), binding, says, both, "invalid_token"),
        (authorization(format!("DPoP {token}")), bad, invalid, both, bad),
        (two, bad, invalid, both, bad),
        (sent(proof(&token).forged()), bad, invalid, both, bad),
        (sent(proof(&token).old()), bad, invalid, both, bad),
        (sent(proof(&token).without("jti")), bad, invalid, both, bad),
        (sent(proof(&token).claim("htm", "PUT")), bad, invalid, both, bad),
    ]
}

/// The challenges of a refusal with this error of a request with these lines.
///
/// A gateway gets that of the scheme that was used first: an old nginx hands on one line.
fn expected_challenges(row: &Row, mode: DpopMode, is_gateway: bool) -> Vec<String> {
    let (lines, _, description, _, error) = row;
    let told = match error.is_empty() {
        true => String::new(),
        false => {
            let description = description.replace('"', "");
            format!(", error=\"{error}\", error_description=\"{description}\"")
        }
    };
    let sent: Vec<_> = lines.iter().filter(|(name, _)| *name == "Authorization").collect();
    // Of several lines none says which scheme was meant.
    let used = match &sent[..] {
        [(_, value)] => value.split(' ').next().unwrap_or_default(),
        _ => "",
    };
    let on = |scheme: &str| if used.is_empty() || used == scheme { told.as_str() } else { "" };
    match mode {
        DpopMode::Off => vec![format!("Bearer realm=\"api\"{told}")],
        DpopMode::Allowed => {
            let mut both = vec![
                format!("Bearer realm=\"api\"{}", on("Bearer")),
                format!("{OFFER}{}", on("DPoP")),
            ];
            if is_gateway && used == "DPoP" {
                both.reverse();
            }
            both
        }
        DpopMode::Required => vec![format!("{OFFER}{told}")],
    }
}

#[test]
fn every_refusal_is_answered_as_its_row_says() {
    let starts = "Authorization header must start with \"Bearer\".";
    let nothing: Row = (
        vec![],
        "authorization_header_missing",
        "Authorization header is expected.",
        [401, 401],
        "",
    );
    let other =
        |value: String| -> Row { (authorization(value), "invalid_header", starts, [401, 401], "") };
    for mode in [DpopMode::Off, DpopMode::Allowed, DpopMode::Required] {
        let mut rows = rows_of("Bearer");
        rows.extend([nothing.clone(), other("Basic YTpi".to_owned())]);
        let (_, code, description, statuses, error) = nothing.clone();
        rows.push((authorization(""), code, description, statuses, error));
        if mode == DpopMode::Off {
            rows.extend(["DPoP", "DPoP a b"].map(|it| other(it.to_owned())));
            rows.push(other(format!("DPoP {}", bound())));
        } else {
            rows.extend(rows_of("DPoP"));
            rows.extend(rows_of_binding());
        }
        for (number, table) in [StatusTable::Auth0, StatusTable::Rfc6750].into_iter().enumerate() {
            let config = config(allowed().mode(mode)).errors(table);
            let config = config.original_request(OriginalRequest::Path);
            let client = Client::untracked(app(config)).unwrap();
            for row in &rows {
                let (lines, code, description, statuses, _) = row;
                for path in ["/headers", "/auth/headers"] {
                    let response = ask(&client, path, lines);
                    let case = format!("{mode:?} {table:?} {path} {lines:?}");
                    // A gateway knows no 400, and has one table.
                    let status = match path {
                        "/headers" => statuses[number],
                        _ => 401,
                    };
                    assert_eq!(response.status().code, status, "{case}");
                    let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
                    assert_eq!(
                        challenges,
                        expected_challenges(row, mode, path != "/headers"),
                        "{case}"
                    );
                    assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"));
                    assert_eq!(response.headers().get_one("DPoP-Nonce"), None);
                    let body: Value =
                        serde_json::from_str(&response.into_string().unwrap()).unwrap();
                    assert_eq!(body, json!({ "code": code, "description": description }), "{case}");
                }
            }
        }
    }
}

fn ask<'c>(client: &'c Client, path: &str, lines: &[(&'static str, String)]) -> LocalResponse<'c> {
    let mut request = client.get(path.to_owned());
    for (name, value) in lines {
        request.add_header(Header::new(*name, value.clone()));
    }
    request.dispatch()
}

/// A right that is missing, a nonce, and the store are told with the scheme that was used, too.
#[test]
fn what_is_refused_after_the_proof_is_told_on_its_scheme() {
    let token = TestIssuer::new().token().bound_to(&key()).scope("other");
    let made = |path: &str| key().proof("GET", &format!("{BASE}{path}")).for_token(&token);
    let client = client(allowed());
    let response = ask(&client, "/messages", &lines(&token, made("/messages")));
    assert_eq!(response.status().code, 403);
    let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
    let error = ", error=\"insufficient_scope\", error_description=\"Insufficient permissions.\"";
    let scope = ", scope=\"read:messages\"";
    assert_eq!(
        challenges,
        [format!("Bearer realm=\"api\"{scope}"), format!("{OFFER}{error}{scope}")]
    );

    let config = config(allowed().require_nonce(true)).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    for path in ["/headers", "/auth/headers"] {
        let response = ask(&client, path, &lines(&token, made("/headers")));
        let nonces: Vec<_> = response.headers().get("DPoP-Nonce").collect();
        assert_eq!((response.status().code, nonces.len()), (401, 1), "{path}");
        assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"));
        let challenges: Vec<_> = response.headers().get("WWW-Authenticate").collect();
        let error = ", error=\"use_dpop_nonce\", error_description=\"A DPoP nonce is required.\"";
        let mut expected = ["Bearer realm=\"api\"".to_owned(), format!("{OFFER}{error}")];
        if path != "/headers" {
            expected.reverse();
        }
        assert_eq!(challenges, expected);
    }
}
