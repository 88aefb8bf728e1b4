//! Which scheme a token may be sent by, and what a client is told of it.

use rocket::http::Header;
use rocket_bearer::testing::TestIssuer;
use rocket_bearer::{Rejection, Verifier};
use serde_json::json;
use std::time::SystemTime;

use super::*;

/// What is sent, and what is answered in each of the three modes.
#[test]
fn a_token_is_sent_by_the_scheme_that_it_is_bound_for() {
    let issuer = TestIssuer::new();
    let line =
        |scheme: &str, token: &Token| Header::new("Authorization", format!("{scheme} {token}"));
    let clients = [client(Dpop::default()), client(allowed()), client(required())];
    let (bound, plain) = (bound(), issuer.token());
    let x5t = issuer.token().claim("cnf", json!({ "x5t#S256": "a".repeat(43) }));
    let no_text = issuer.token().claim("cnf", json!({ "jkt": 7 }));
    let short = issuer.token().claim("cnf", json!({ "jkt": "abc" }));
    let padded = issuer.token().claim("cnf", json!({ "jkt": format!("{}=", "a".repeat(43)) }));
    let (good, binding) = ((200, ""), (401, "invalid_token_binding"));
    let (claims, no_proof) = ((401, "invalid_claims"), (401, "invalid_dpop_proof"));
    let other_scheme = (401, "invalid_header");
    for (name, headers, expected) in [
        ("unbound as Bearer", vec![line("Bearer", &plain)], [good, good, binding]),
        ("unbound as DPoP", vec![line("DPoP", &plain)], [other_scheme, binding, binding]),
        (
            "unbound as DPoP, with a proof",
            vec![line("DPoP", &plain), proof(&plain).into()],
            [other_scheme, binding, binding],
        ),
        (
            "unbound as Bearer, with a proof",
            vec![line("Bearer", &plain), proof(&plain).into()],
            [good, good, binding],
        ),
        ("bound as Bearer", vec![line("Bearer", &bound)], [claims, binding, binding]),
        (
            "bound as Bearer, with a proof",
            vec![line("Bearer", &bound), proof(&bound).into()],
            [claims, binding, binding],
        ),
        ("bound without a proof", vec![line("DPoP", &bound)], [other_scheme, no_proof, no_proof]),
        (
            "bound with its proof",
            vec![line("dpop", &bound), proof(&bound).into()],
            [other_scheme, good, good],
        ),
        ("bound to a certificate", vec![line("Bearer", &x5t)], [claims; 3]),
        (
            "bound to a certificate, as DPoP",
            vec![line("DPoP", &x5t), proof(&x5t).into()],
            [other_scheme, claims, claims],
        ),
        ("jkt is no text", vec![line("Bearer", &no_text)], [claims; 3]),
        ("jkt is too short", vec![line("Bearer", &short)], [claims; 3]),
        ("jkt with padding", vec![line("Bearer", &padded)], [claims; 3]),
        ("null", vec![line("Bearer", &issuer.token().claim("cnf", json!(null)))], [claims; 3]),
        ("Basic", vec![Header::new("Authorization", "Basic YTpi")], [other_scheme; 3]),
        ("nothing", vec![], [(401, "authorization_header_missing"); 3]),
        (
            "DPoP alone",
            vec![Header::new("Authorization", "DPoP")],
            [other_scheme, (400, "invalid_header"), (400, "invalid_header")],
        ),
        (
            "expired",
            vec![line("DPoP", &bound.clone().expired())],
            [other_scheme, (401, "token_expired"), (401, "token_expired")],
        ),
    ] {
        for (client, (status, code)) in clients.iter().zip(expected) {
            // A proof serves once in each app.
            let found = answered(get(client, headers.clone()));
            assert_eq!(found, (status, code.to_owned()), "{name}");
        }
    }
}

#[test]
fn the_members_beside_jkt_do_not_matter() {
    let token = bound();
    let thumbprint = "x".repeat(43);
    let text = token.to_string();
    let cnf = text.split('.').nth(1).unwrap().to_owned();
    assert!(!cnf.is_empty());
    let payload = claims_of(&token);
    let both = TestIssuer::new()
        .token()
        .claim("cnf", json!({ "x5t#S256": thumbprint, "jkt": payload["cnf"]["jkt"] }));
    let headers = vec![Header::new("Authorization", format!("DPoP {both}")), proof(&both).into()];
    assert_eq!(answered(get(&client(allowed()), headers)).0, 200);
}

fn claims_of(token: &Token) -> serde_json::Value {
    use base64::Engine as _;
    let text = token.to_string();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text.split('.').nth(1).unwrap())
        .unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// The challenges of both schemes: the error is on the one that was used.
#[test]
fn a_refusal_offers_the_schemes_that_are_taken() {
    let (bound, plain) = (bound(), TestIssuer::new().token());
    let line = |value: String| Header::new("Authorization", value);
    let invalid_token = ", error=\"invalid_token\"";
    let invalid_proof = ", error=\"invalid_dpop_proof\"";
    let invalid_request = ", error=\"invalid_request\"";
    // What is sent, and the errors of the challenges: in mode `allowed` for `Bearer` and `DPoP`, in mode
    // `required` for `DPoP` alone.
    for (headers, bearer, dpop, alone) in [
        (vec![], "", "", ""),
        (vec![line("Basic YTpi".into())], "", "", ""),
        (vec![line(format!("Bearer {bound}"))], invalid_token, "", invalid_token),
        (vec![line("Bearer x.y.z".into())], invalid_token, "", invalid_token),
        (vec![line("DPoP x.y.z".into())], "", invalid_token, invalid_token),
        (vec![line(format!("DPoP {plain}"))], "", invalid_token, invalid_token),
        (vec![line(format!("DPoP {bound}"))], "", invalid_proof, invalid_proof),
        (vec![line("Bearer".into())], invalid_request, "", invalid_request),
        (vec![line("DPoP a b".into())], "", invalid_request, invalid_request),
        (
            vec![line("Bearer a".into()), line("DPoP b".into())],
            invalid_request,
            invalid_request,
            invalid_request,
        ),
    ] {
        let told = |dpop| challenges(&get(&client(dpop), headers.clone()));
        let both = told(allowed());
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[0].starts_with(&format!("Bearer realm=\"api\"{bearer}")), "{both:?}");
        assert_eq!(both[0].contains("error"), !bearer.is_empty(), "{both:?}");
        let offer = "DPoP algs=\"ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512\", \
                     realm=\"api\"";
        assert!(both[1].starts_with(&format!("{offer}{dpop}")), "{both:?}");
        assert_eq!(both[1].contains("error"), !dpop.is_empty(), "{both:?}");

        let one = told(required());
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(one[0].starts_with(&format!("{offer}{alone}")), "{one:?}");
    }
}

#[test]
fn scopes_and_metadata_stand_in_both_challenges() {
    let config = config(allowed()).resource("https://api.example").unwrap();
    let client = Client::untracked(app(config)).unwrap();
    let response = send(&client, Method::Get, "/messages", vec![]);
    let both = challenges(&response);
    for challenge in &both {
        assert!(
            challenge.contains("resource_metadata=\"https://api.example/.well-known"),
            "{both:?}"
        );
        assert!(challenge.ends_with("scope=\"read:messages\""), "{both:?}");
    }
    let metadata = client.get("/.well-known/oauth-protected-resource").dispatch().into_string();
    let metadata: serde_json::Value = serde_json::from_str(&metadata.unwrap()).unwrap();
    assert_eq!(metadata["dpop_signing_alg_values_supported"][0], "ES256");
    assert_eq!(metadata["dpop_bound_access_tokens_required"], json!(null));

    let config = super::config(required()).resource("https://api.example").unwrap();
    let client = Client::untracked(app(config)).unwrap();
    let metadata = client.get("/.well-known/oauth-protected-resource").dispatch().into_string();
    let metadata: serde_json::Value = serde_json::from_str(&metadata.unwrap()).unwrap();
    assert_eq!(metadata["dpop_bound_access_tokens_required"], true);
}

#[test]
fn without_rocket_a_bound_token_is_no_bearer_token() {
    let issuer = TestIssuer::new();
    let now = SystemTime::now();
    let verify = |dpop: Dpop, token: &Token| {
        let verifier = Verifier::new(&issuer.config().dpop(dpop)).unwrap();
        // Twice, since the second time it would be remembered.
        let first = verifier.verify(&token.to_string(), now).map(|_| ());
        assert_eq!(verifier.verify(&token.to_string(), now).map(|_| ()), first);
        first
    };
    assert_eq!(verify(Dpop::default(), &bound()), Err(Rejection::SenderConstrained));
    assert_eq!(verify(allowed(), &bound()), Err(Rejection::BoundToken));
    assert_eq!(verify(required(), &bound()), Err(Rejection::BoundToken));
    assert_eq!(verify(required(), &issuer.token()), Err(Rejection::BearerToken));
    assert_eq!(verify(allowed(), &issuer.token()), Ok(()));
}

#[test]
fn the_user_says_to_which_key_the_token_is_bound() {
    use rocket::{get, routes};
    use rocket_bearer::AuthedUser;

    /// No answer holds a claim, so the route says whether it is the expected one.
    #[get("/key")]
    fn key_of(user: AuthedUser) -> &'static str {
        let cnf = user.claims().get("cnf").and_then(|cnf| cnf["jkt"].as_str());
        match user.key_thumbprint() {
            None => "none",
            Some(thumbprint) if Some(thumbprint.as_str()) == cnf => "the key of the token",
            Some(_) => "another",
        }
    }

    let client = Client::untracked(app(config(allowed())).mount("/", routes![key_of])).unwrap();
    let token = bound();
    let proof = key().proof("GET", "https://api.example/key").for_token(&token);
    let response = send(&client, Method::Get, "/key", vec![token.into(), proof.into()]);
    assert_eq!(response.into_string().unwrap(), "the key of the token");
    let plain = vec![TestIssuer::new().token().into()];
    assert_eq!(send(&client, Method::Get, "/key", plain).into_string().unwrap(), "none");
}

#[test]
fn what_cannot_be_meant_is_refused_at_launch() {
    let issuer = TestIssuer::new();
    let config = || issuer.config();
    let no_base = config().dpop(Dpop::default().mode(DpopMode::Allowed));
    let problem = Verifier::new(&no_base).unwrap_err().to_string();
    assert!(problem.contains("`dpop.mode` is set") && problem.contains("`dpop.base`"), "{problem}");
    // The origin of `resource` is the base where none is set.
    let resource = no_base.resource("https://api.example/v1").unwrap();
    Verifier::new(&resource).unwrap();
    let beside = config().dpop(allowed()).token_header("X-Token").unwrap();
    let problem = Verifier::new(&beside).unwrap_err().to_string();
    assert!(problem.contains("`token_header`"), "{problem}");
    for base in [
        "http://api.example",
        "api.example",
        "https://u@api.example",
        "https://api.example?a",
        "https://api.example#a",
        "https://\u{e4}.example",
        "",
    ] {
        assert!(Dpop::default().base([base]).is_err(), "{base}");
    }
    assert!(Dpop::default().base(Vec::<String>::new()).is_err());
    assert!(Dpop::default().algorithms([Algorithm::MlDsa44]).is_err());
    assert!(Dpop::default().algorithms([]).is_err());
    let seconds = std::time::Duration::from_secs;
    for (age, leeway, entries) in [(0, 9, 199), (301, 61, 100_000_001)] {
        assert!(Dpop::default().max_age(seconds(age)).is_err());
        assert!(Dpop::default().leeway(seconds(leeway)).is_err());
        assert!(Dpop::default().entries(entries).is_err());
    }
}

#[test]
fn a_revoked_token_is_told_so_before_its_proof_is_looked_at() {
    let client = client(allowed());
    let bound = bound();
    let token = || Header::new("Authorization", format!("DPoP {bound}"));
    let code = |headers| get(&client, headers).into_string().unwrap();
    assert!(code(vec![token()]).contains("invalid_dpop_proof"));
    assert!(code(vec![token(), proof(&bound).into()]).contains("Access Granted"));
    let used = proof(&bound);
    TestIssuer::new().revoke(client.rocket(), rocket_bearer::Rule::sub("alice"));
    for headers in [vec![token()], vec![token(), used.clone().into()]] {
        assert!(code(headers).contains("token_revoked"));
    }
    // The proof was not used up by that.
    let revocations: &rocket_bearer::Revocations = client.rocket().state().unwrap();
    let rule = rocket_bearer::Rule::sub("alice");
    assert!(rocket::execute(revocations.remove(rule)).unwrap());
    assert!(code(vec![token(), used.into()]).contains("Access Granted"));
}
