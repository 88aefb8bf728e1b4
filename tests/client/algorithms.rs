//! Which key verifies which token.

use rocket_bearer::keys::{KeySet, Reason};
use rocket_bearer::{Algorithm, Config, Issuer, TokenType};
use serde_json::{Value, json};

use crate::support::{self, AUDIENCE, ISSUER, Signer, but, good_claims, set};
use crate::{GRANTED, NO_KEY, UNPARSABLE, assert_verdicts, client};

#[test]
fn every_algorithm_is_accepted_where_it_is_allowed_and_nowhere_else() {
    for allowed in Algorithm::ALL {
        let keys: Vec<_> = Algorithm::ALL.map(|algorithm| Signer::of(algorithm.name())).to_vec();
        let jwks: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
        let issuer = Issuer::with_keys(ISSUER, set(&jwks), [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer.algorithms([allowed]).unwrap()));
        let expected = |key: &Signer| if key.alg == allowed.name() { GRANTED } else { UNPARSABLE };
        assert_verdicts(&client, keys.iter().map(|key| (key.alg, key.good(), expected(key))));
    }
}

#[test]
fn a_key_verifies_only_what_its_jwk_allows() {
    let rsa = Signer::of("RS256");
    let ec = Signer::of("ES256");
    let p521 = Signer::of("ES512");
    let ed = Signer::of("EdDSA");
    let ml_dsa = Signer::of("ML-DSA-65");
    let allowed = |members: Value| (members, true);
    let not = |members: Value| (members, false);
    let rows: Vec<(&Signer, (Value, bool))> = vec![
        (&rsa, allowed(json!({}))),
        (&rsa, allowed(json!({ "alg": "RS256" }))),
        (&rsa, allowed(json!({ "use": "sig" }))),
        (&rsa, allowed(json!({ "key_ops": ["verify"] }))),
        (&rsa, allowed(json!({ "key_ops": ["sign", "verify"] }))),
        (&rsa, allowed(json!({ "x5c": "not even a list", "x5t": 7 }))),
        (&rsa, not(json!({ "alg": "RS384" }))),
        (&rsa, not(json!({ "alg": "PS256" }))),
        (&rsa, not(json!({ "alg": "RSA-OAEP" }))),
        (&rsa, not(json!({ "alg": "HS256" }))),
        (&rsa, not(json!({ "alg": "none" }))),
        (&rsa, not(json!({ "alg": "rs256" }))),
        (&rsa, not(json!({ "alg": "ES256" }))),
        (&rsa, not(json!({ "use": "enc" }))),
        (&rsa, not(json!({ "use": "SIG" }))),
        (&rsa, not(json!({ "key_ops": [] }))),
        (&rsa, not(json!({ "key_ops": ["sign"] }))),
        (&rsa, not(json!({ "key_ops": "verify" }))),
        (&rsa, not(json!({ "kty": "EC" }))),
        (&rsa, not(json!({ "kty": "rsa" }))),
        (&rsa, not(json!({ "kty": "oct", "k": "AAAA" }))),
        (&rsa, not(json!({ "d": "AAAA" }))),
        (&rsa, not(json!({ "e": "AQ" }))),
        (&rsa, not(json!({ "e": "AQAA" }))),
        (&rsa, not(json!({ "e": "AQAAAAAAAAAB" }))),
        (&rsa, not(json!({ "e": "" }))),
        (&rsa, not(json!({ "n": "AQAB" }))),
        (&rsa, not(json!({ "n": "====" }))),
        (&ec, allowed(json!({ "alg": "ES256" }))),
        (&ec, not(json!({ "alg": "ES384" }))),
        (&ec, not(json!({ "crv": "P-384" }))),
        (&ec, not(json!({ "crv": "secp256k1" }))),
        (&ec, not(json!({ "crv": "P-521" }))),
        (&ec, not(json!({ "y": ec.jwk["x"] }))),
        (&ec, not(json!({ "x": "AA" }))),
        (&p521, allowed(json!({ "alg": "ES512" }))),
        (&p521, allowed(json!({ "use": "sig", "key_ops": ["verify"] }))),
        (&p521, not(json!({ "alg": "ES256" }))),
        (&p521, not(json!({ "alg": "ES384" }))),
        (&p521, not(json!({ "alg": "ECDH-ES" }))),
        (&p521, not(json!({ "crv": "P-256" }))),
        (&p521, not(json!({ "crv": "P-384" }))),
        (&p521, not(json!({ "crv": "P521" }))),
        (&p521, not(json!({ "use": "enc" }))),
        (&p521, not(json!({ "y": p521.jwk["x"] }))),
        (&ed, allowed(json!({ "alg": "EdDSA" }))),
        (&ed, allowed(json!({ "alg": "Ed25519" }))),
        (&ed, not(json!({ "alg": "Ed448" }))),
        (&ed, not(json!({ "crv": "X25519" }))),
        (&ed, not(json!({ "crv": "Ed448" }))),
        (&ed, not(json!({ "x": "AAAA" }))),
        (&ed, not(json!({ "x": support::encode([0; 32]) }))),
        (&ml_dsa, allowed(json!({}))),
        (&ml_dsa, allowed(json!({ "use": "sig", "key_ops": ["sign", "verify"] }))),
        (&ml_dsa, allowed(json!({ "crv": "P-256", "x": "AA" }))),
        (&ml_dsa, not(json!({ "alg": null }))),
        (&ml_dsa, not(json!({ "alg": "ML-DSA-44" }))),
        (&ml_dsa, not(json!({ "alg": "ML-DSA-87" }))),
        (&ml_dsa, not(json!({ "alg": "ml-dsa-65" }))),
        (&ml_dsa, not(json!({ "alg": "EdDSA" }))),
        (&ml_dsa, not(json!({ "use": "enc" }))),
        (&ml_dsa, not(json!({ "key_ops": ["sign"] }))),
        (&ml_dsa, not(json!({ "kty": "akp" }))),
        (&ml_dsa, not(json!({ "priv": support::encode([0; 32]) }))),
        (&ml_dsa, not(json!({ "pub": Signer::of("ML-DSA-44").jwk["pub"] }))),
        (&ml_dsa, not(json!({ "pub": null }))),
        (&ml_dsa, not(json!({ "pub": "====" }))),
    ];
    // The set needs a usable key beside the one in question.
    let other = Signer::dev("dev-es256");
    for (key, (members, is_allowed)) in rows {
        let jwk = but(key.jwk.clone(), members.clone());
        let client = client(support::config(set(&[&jwk, &other.jwk])));
        let (status, _) = crate::verdict(&client, &key.good());
        assert_eq!(status == 200, is_allowed, "{} with {members}", key.alg);
        assert_eq!(crate::verdict(&client, &other.good()).0, 200, "the good key, with {members}");
    }
}

#[test]
fn a_key_that_is_passed_over_is_named_with_the_reason_even_where_it_is_no_key() {
    let rsa = Signer::of("RS256").jwk;
    let good = Signer::of("ES256").jwk;
    for (members, reason) in [
        (json!({ "n": 7 }), Reason::WrongType("n")),
        (json!({ "kty": null }), Reason::Missing("kty")),
        (json!({ "key_ops": "verify" }), Reason::WrongType("key_ops")),
        (json!({ "e": null }), Reason::Missing("e")),
        (json!({ "kty": "oct", "k": "AAAA" }), Reason::Symmetric),
        (json!({ "d": "AAAA" }), Reason::Private),
        (json!({ "use": "enc" }), Reason::OtherUse),
        (json!({ "kty": "KEM" }), Reason::OtherType),
        (json!({ "kty": "EC", "crv": "secp256k1" }), Reason::OtherType),
        (json!({ "kty": "AKP", "alg": null }), Reason::NoAlgorithm),
        (json!({ "kty": "AKP", "alg": "HPKE-0", "pub": "AAAA" }), Reason::OtherAlgorithm),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44" }), Reason::Missing("pub")),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" }), Reason::Length),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "====" }), Reason::NotBase64Url("pub")),
        (json!({ "priv": "AAAA" }), Reason::Private),
        (json!({ "alg": "HS256" }), Reason::OtherAlgorithm),
        (json!({ "n": "AQAB" }), Reason::Size),
        (json!({ "e": "AQ" }), Reason::Broken),
    ] {
        let bad = but(but(rsa.clone(), json!({ "kid": "bad" })), members.clone());
        let keys = set(&[&bad, &good]);
        let passed_over: Vec<_> =
            keys.passed_over().iter().map(|key| (key.kid.as_deref(), key.reason)).collect();
        assert_eq!(passed_over, [(Some("bad"), reason)], "{members}");
    }
    let nameless = KeySet::parse(json!({ "keys": [7, rsa, good] }).to_string().as_bytes()).unwrap();
    assert_eq!(nameless.passed_over()[0].kid, None);
}

#[test]
fn one_name_for_eddsa_is_as_good_as_the_other() {
    let key = Signer::of("EdDSA");
    let client = client(support::config(key.set()));
    let named = |alg: &str| key.token(&but(key.header(), json!({ "alg": alg })), &good_claims());
    assert_verdicts(
        &client,
        [
            ("RFC 8037", named("EdDSA"), GRANTED),
            ("RFC 9864", named("Ed25519"), GRANTED),
            ("another curve", named("Ed448"), UNPARSABLE),
            ("another case", named("eddsa"), UNPARSABLE),
        ],
    );
}

#[test]
fn keys_that_share_a_kid_are_each_tried_up_to_four() {
    let wrong = Signer::dev("dev-rs256").with_kid("shared");
    let right = Signer::of("RS256").with_kid("shared");
    let ec = Signer::of("ES256").with_kid("shared");
    for (wrong_ones, expected) in [(0, GRANTED), (1, GRANTED), (3, GRANTED), (4, UNPARSABLE)] {
        let mut jwks = vec![&ec.jwk];
        jwks.extend(std::iter::repeat_n(&wrong.jwk, wrong_ones));
        jwks.push(&right.jwk);
        let client = client(support::config(set(&jwks)));
        assert_verdicts(
            &client,
            [
                ("the last of those that fit", right.good(), expected),
                ("the only one of its type", ec.good(), GRANTED),
            ],
        );
    }
}

#[test]
fn a_set_that_serves_none_of_the_algorithms_does_not_launch() {
    let issuer = Issuer::with_keys(ISSUER, Signer::of("ES256").set(), [AUDIENCE]).unwrap();
    let error = rocket_bearer::Verifier::new(&Config::new(issuer.clone())).unwrap_err();
    assert!(error.to_string().contains("serves `algorithms`"), "{error}");
    let fitting = issuer.algorithms([Algorithm::ES256, Algorithm::RS256]).unwrap();
    assert!(rocket_bearer::Verifier::new(&Config::new(fitting)).is_ok());
}

#[test]
fn a_kid_is_an_opaque_name() {
    let key = Signer::of("ES256");
    for kid in ["../../etc/passwd", "' OR 1=1 --", "\u{0}", "ключ", " ", "a\nb"] {
        let client = client(support::config(key.clone().with_kid(kid).set()));
        assert_verdicts(
            &client,
            [
                ("its own name", key.clone().with_kid(kid).good(), GRANTED),
                ("another name", key.good(), NO_KEY),
            ],
        );
    }
}

#[test]
fn an_issuers_key_verifies_that_issuers_tokens_only() {
    let (one, other) = (Signer::of("ES256"), Signer::of("ES384"));
    let issuer = |name: &str, key: &Signer, algorithm| {
        let issuer = format!("https://{name}.example/");
        let issuer = Issuer::with_keys(&issuer, key.set(), [AUDIENCE]).unwrap();
        issuer.named(name).unwrap().algorithms([algorithm]).unwrap()
    };
    let config = Config::new(issuer("one", &one, Algorithm::ES256));
    let client = client(config.also(issuer("other", &other, Algorithm::ES384)).unwrap());
    let token = |key: &Signer, iss: &str| {
        key.token(&key.header(), &but(good_claims(), json!({ "iss": iss })))
    };
    assert_verdicts(
        &client,
        [
            ("one's own", token(&one, "https://one.example/"), GRANTED),
            ("the other's own", token(&other, "https://other.example/"), GRANTED),
            ("one's name, the other's key", token(&other, "https://one.example/"), UNPARSABLE),
            ("the other's name, one's key", token(&one, "https://other.example/"), UNPARSABLE),
            ("nobody's name", token(&one, "https://three.example/"), crate::WRONG_CLAIMS),
        ],
    );
}

#[test]
fn what_one_issuer_allows_is_not_allowed_to_another() {
    let key = Signer::of("EdDSA");
    let issuer = |name: &str, token_type| {
        let issuer = format!("https://{name}.example/");
        let issuer = Issuer::with_keys(&issuer, key.set(), [AUDIENCE]).unwrap();
        let issuer = issuer.named(name).unwrap().algorithms([Algorithm::EdDSA]).unwrap();
        issuer.token_type(token_type)
    };
    let config = Config::new(issuer("strict", TokenType::AtJwt));
    let client = client(config.also(issuer("any", TokenType::Any)).unwrap());
    let token = |name: &str, typ: &str| {
        let claims =
            json!({ "iss": format!("https://{name}.example/"), "client_id": "a", "jti": "1" });
        key.token(&but(key.header(), json!({ "typ": typ })), &but(good_claims(), claims))
    };
    assert_verdicts(
        &client,
        [
            ("strict, at+jwt", token("strict", "at+jwt"), GRANTED),
            ("strict, JWT", token("strict", "JWT"), UNPARSABLE),
            ("any, at+jwt", token("any", "at+jwt"), GRANTED),
            ("any, JWT", token("any", "JWT"), GRANTED),
        ],
    );
}
