//! `explain` and the server are of one mind.

use rocket::http::Method;
use rocket::local::blocking::Client;
use rocket_bearer::StatusTable;
use rocket_bearer::keys::KeySet;
use serde_json::{Value, json};

use crate::attacks::{Attack, Corpus};
use crate::support::{self, Signer};
use crate::{client, refusals, request};

/// Sends this and asks `explain` about it; what they say must be the same.
pub(crate) fn differences(client: &Client, name: &str, headers: &[&str]) -> Vec<String> {
    let response = request(client, Method::Get, "/headers", headers);
    let report = rocket_bearer::cli::explained(client.rocket(), headers);
    let status = response.status().code;
    let challenge = response.headers().get_one("WWW-Authenticate").map(str::to_owned);
    let retry_after =
        response.headers().get_one("Retry-After").map(|it| it.parse::<u64>().unwrap());
    let body = response.into_string().unwrap();
    let body: Value = serde_json::from_str(&body).unwrap_or(json!(body));

    let outcomes = |outcome: &str| {
        let checks = report["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["outcome"] == outcome).count()
    };
    let is_granted = status == 200;
    let text = report.to_string();
    let signature = headers.iter().filter_map(|header| header.split('.').nth(2));
    let mut shown = signature.filter(|it| it.len() > 16 && text.contains(it));
    [
        ("status", report["answer"]["status"] == status),
        ("challenge", report["answer"]["www_authenticate"] == json!(challenge)),
        ("time to wait", report["answer"]["retry_after"] == json!(retry_after)),
        ("body", report["answer"]["body"] == body),
        ("acceptance", report["accepted"] == is_granted),
        ("one refusing check, or none", outcomes("refused") == usize::from(!is_granted)),
        ("every check passed", !is_granted || outcomes("passed") == 22),
        ("a diagnosis", report["diagnoses"].as_array().unwrap().is_empty() == is_granted),
        ("silence on the signature", shown.next().is_none()),
        ("printable text", text.chars().all(|it| !it.is_control() && it != '\u{202e}')),
    ]
    .into_iter()
    .filter(|(_, is_so)| !is_so)
    .map(|(what, _)| format!("{name}: no {what}: {status} {challenge:?} {body} and {report:#}"))
    .collect()
}

#[test]
fn explain_and_the_server_say_the_same_of_everything() {
    let key = Signer::dev("dev-rs256");
    let mut wrong = vec![];
    for table in [StatusTable::Auth0, StatusTable::Rfc6750] {
        let client = client(support::config(key.set()).errors(table));
        refusals::revoke(&client);
        wrong.extend(differences(&client, "good", &[&format!("Bearer {}", key.good())]));
        for row in refusals::rows(&key).iter().filter(|row| row.path == "/headers") {
            let headers: Vec<_> = row.headers.iter().map(String::as_str).collect();
            wrong.extend(differences(&client, row.name, &headers));
        }
    }
    let Corpus { jwks, attacks } = Corpus::luring_to("http://127.0.0.1:9");
    let keys = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
    let client = client(support::config(keys));
    for Attack { name, source, token, expected } in &attacks {
        let name = format!("{name} ({source}), {expected:?}");
        wrong.extend(differences(&client, &name, &[&format!("Bearer {token}")]));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
