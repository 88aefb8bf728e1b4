//! Nonces: a client is told one, and comes again.

use std::io::Write as _;

use rocket_bearer::Verifier;
use rocket_bearer::testing::TestIssuer;

use super::*;

fn asking() -> Dpop {
    allowed().require_nonce(true)
}

fn nonce_of(response: &LocalResponse<'_>) -> Option<String> {
    let mut lines = response.headers().get("DPoP-Nonce");
    let nonce = lines.next().map(str::to_owned);
    assert_eq!(lines.next(), None);
    nonce
}

#[test]
fn a_proof_without_a_nonce_is_told_one() {
    let client = client(asking());
    let token = bound();
    let send = |proof: Proof| get(&client, vec![token.clone().into(), proof.into()]);
    let response = send(proof(&token));
    let nonce = nonce_of(&response).unwrap();
    assert!(nonce.bytes().all(|it| matches!(it, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{nonce}");
    assert_eq!(response.headers().get_one("Cache-Control"), Some("no-store"));
    let both = challenges(&response);
    assert!(!both[0].contains("error") && both[1].contains("error=\"use_dpop_nonce\""), "{both:?}");
    assert_eq!(answered(response), (401, "use_dpop_nonce".to_owned()));

    // The current one is not told again.
    let response = send(proof(&token).nonce(&nonce));
    assert_eq!(nonce_of(&response), None);
    assert_eq!(response.status().code, 200);

    for wrong in ["", "a", &nonce[1..], &format!("{nonce}A"), &nonce.to_lowercase()] {
        let response = send(proof(&token).nonce(wrong));
        assert!(nonce_of(&response).is_some(), "{wrong}");
        assert_eq!(answered(response), (401, "use_dpop_nonce".to_owned()), "{wrong}");
    }
    // Another fault is told first, without a nonce: a new one would not help.
    let response = send(proof(&token).nonce(&nonce).claim("htm", "POST"));
    assert_eq!(nonce_of(&response), None);
    assert_eq!(answered(response).1, "invalid_dpop_proof");
    // Requests that need no proof are told none.
    assert_eq!(nonce_of(&get(&client, vec![])), None);
    let response = get(&client, vec![TestIssuer::new().token().into()]);
    assert_eq!((response.status().code, nonce_of(&response)), (200, None));
}

#[test]
fn instances_with_one_secret_know_each_others_nonces() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&[7; 32]).unwrap();
    let shared = || client(asking().nonce_key_file(file.path()));
    let (one, two, alone) = (shared(), shared(), client(asking()));
    let token = bound();
    let send = |client: &Client, proof: Proof| {
        let response = get(client, vec![token.clone().into(), proof.into()]);
        (nonce_of(&response), response.status().code)
    };
    let nonce = send(&one, proof(&token)).0.unwrap();
    assert_eq!(send(&two, proof(&token).nonce(&nonce)).1, 200);
    assert_eq!(send(&alone, proof(&token).nonce(&nonce)).1, 401);
}

#[test]
fn a_secret_that_is_none_stops_the_launch() {
    let mut short = tempfile::NamedTempFile::new().unwrap();
    short.write_all(&[7; 31]).unwrap();
    for path in [short.path(), std::path::Path::new("/nowhere/nonce.key")] {
        let config = TestIssuer::new().config().dpop(asking().nonce_key_file(path));
        let problem = Verifier::new(&config).unwrap_err().report();
        assert!(problem.contains("openssl rand -out FILE 32"), "{problem}");
    }
}

#[test]
fn pages_of_other_origins_may_read_the_nonce() {
    for (dpop, expected) in [
        (Dpop::default(), "WWW-Authenticate, Retry-After"),
        (allowed(), "WWW-Authenticate, Retry-After, DPoP-Nonce"),
    ] {
        let config = config(dpop).cors_origins(["https://app.example"]).unwrap();
        let client = Client::untracked(app(config)).unwrap();
        let response = get(&client, vec![Header::new("Origin", "https://app.example")]);
        let exposed = response.headers().get_one("Access-Control-Expose-Headers");
        assert_eq!(exposed, Some(expected));
    }
}
