//! A proof serves once, and nothing that fails uses one up.

use std::thread;
use std::time::{Duration, SystemTime};

use rocket_bearer::testing::TestIssuer;

use super::*;
use crate::support::server::Server;

fn with(token: &Token, proof: impl std::fmt::Display) -> Vec<Header<'static>> {
    vec![token.clone().into(), Header::new("DPoP", proof.to_string())]
}

#[test]
fn a_proof_serves_once() {
    let client = client(allowed());
    let token = bound();
    let once = proof(&token).claim("jti", "one");
    let text = once.to_string();
    assert_eq!(get(&client, with(&token, &text)).status().code, 200);
    let replayed = (401, "invalid_dpop_proof".to_owned());
    assert_eq!(answered(get(&client, with(&token, &text))), replayed);
    // Nothing about it has two spellings: another proof with the same `jti` is the same.
    let again = once.clone().made(SystemTime::now() - Duration::from_secs(60));
    assert_eq!(answered(get(&client, with(&token, again))), replayed);
    let other_route = once.clone().claim("htu", "https://api.example/me");
    let response = send(&client, Method::Get, "/me", with(&token, other_route));
    assert_eq!(answered(response), replayed);
    // Another client may use the same `jti`.
    let other = Key::of(Algorithm::ES256);
    let others = TestIssuer::new().token().bound_to(&other);
    let proof = other.proof("GET", URL).for_token(&others).claim("jti", "one");
    assert_eq!(get(&client, with(&others, proof)).status().code, 200);
}

/// Single use is the last check: a proof that was refused for something else can still serve.
#[test]
fn a_refused_proof_is_not_used_up() {
    let client = client(allowed());
    let token = bound();
    let text = proof(&token).to_string();
    let bearer = Header::new("Authorization", format!("Bearer {token}"));
    let expired = token.clone().expired();
    for (name, path, headers) in [
        ("wrong scheme", "/headers", vec![bearer, Header::new("DPoP", text.clone())]),
        ("wrong route", "/me", with(&token, &text)),
        ("wrong token", "/headers", with(&expired, &text)),
        (
            "two proofs",
            "/headers",
            [with(&token, &text), with(&token, &text)[1..].to_vec()].concat(),
        ),
    ] {
        assert_eq!(send(&client, Method::Get, path, headers).status().code, 401, "{name}");
    }
    assert_eq!(send(&client, Method::Post, "/headers", with(&token, &text)).status().code, 404);
    assert_eq!(get(&client, with(&token, &text)).status().code, 200);
}

/// One request asks several guards, and a catcher may ask again: its proof is used up once.
#[test]
fn one_request_uses_its_proof_once() {
    use rocket_bearer::{AuthedUser, OptionalUser};

    #[rocket::get("/twice")]
    fn twice(_one: AuthedUser, _two: OptionalUser, _three: Option<AuthedUser>) {}

    let app = app(config(allowed())).mount("/", rocket::routes![twice]);
    let client = Client::untracked(app).unwrap();
    let token = bound();
    let proof = key().proof("GET", "https://api.example/twice").for_token(&token).to_string();
    assert_eq!(send(&client, Method::Get, "/twice", with(&token, &proof)).status().code, 200);
    assert_eq!(send(&client, Method::Get, "/twice", with(&token, &proof)).status().code, 401);
}

#[test]
fn of_many_at_once_one_gets_in() {
    let server = Server::start(config(allowed()));
    let token = bound();
    let authorization = format!("Authorization: DPoP {token}");
    for _ in 0..20 {
        let text = format!("DPoP: {}", proof(&token));
        let lines = [authorization.as_bytes(), text.as_bytes()];
        let accepted: usize = thread::scope(|scope| {
            let ask = || usize::from(server.connect().get(&lines).0 == 200);
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(accepted, 1);
    }
}

/// A full memory refuses new proofs with 503, and no proof that lives becomes new again.
#[test]
fn what_cannot_be_remembered_is_refused_and_nothing_is_forgotten() {
    let client = client(allowed().entries(200).unwrap());
    let keys: Vec<_> = (0..12).map(|_| Key::generate(Algorithm::EdDSA)).collect();
    let tokens: Vec<_> = keys.iter().map(|key| TestIssuer::new().token().bound_to(key)).collect();
    let made =
        |number: usize| keys[number].proof("GET", URL).for_token(&tokens[number]).to_string();
    let mut sent = vec![];
    for (number, token) in tokens.iter().enumerate().take(10) {
        for _ in 0..20 {
            let proof = made(number);
            assert_eq!(get(&client, with(token, &proof)).status().code, 200);
            sent.push((number, proof));
        }
        // A tenth is one key's share, and another key has its own.
        let response = get(&client, with(token, made(number)));
        let wait = response.headers().get_one("Retry-After").unwrap().parse::<u64>().unwrap();
        assert!((1..=375).contains(&wait), "{wait}");
        assert!(challenges(&response).is_empty());
        assert_eq!(answered(response), (429, "too_many_proofs".to_owned()));
    }
    let response = get(&client, with(&tokens[10], made(10)));
    assert!(response.headers().get_one("Retry-After").is_some());
    assert!(challenges(&response).is_empty());
    assert_eq!(answered(response), (503, "store_unavailable".to_owned()));
    for (number, proof) in &sent {
        let (status, code) = answered(get(&client, with(&tokens[*number], proof)));
        assert_eq!((status, code.as_str()), (401, "invalid_dpop_proof"));
    }
    // Plain tokens are none of its business.
    assert_eq!(get(&client, vec![TestIssuer::new().token().into()]).status().code, 200);
}
