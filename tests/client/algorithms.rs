//! Which key verifies which token.

use rocket_bearer::keys::{KeySet, Reason};
use rocket_bearer::{Algorithm, Config, Issuer, TokenType};
use serde_json::{Value, json};

use crate::support::{self, AUDIENCE, ISSUER, Signer, but, good_claims, set};
use crate::{GRANTED, NO_KEY, UNPARSABLE, assert_verdicts, client};

const ALL: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

#[test]
fn every_algorithm_is_accepted_where_it_is_allowed_and_nowhere_else() {
    for allowed in Algorithm::ALL {
        let keys: Vec<_> = ALL.map(Signer::of).to_vec();
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
    let ed = Signer::of("EdDSA");
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
        (&ed, allowed(json!({ "alg": "EdDSA" }))),
        (&ed, allowed(json!({ "alg": "Ed25519" }))),
        (&ed, not(json!({ "alg": "Ed448" }))),
        (&ed, not(json!({ "crv": "X25519" }))),
        (&ed, not(json!({ "crv": "Ed448" }))),
        (&ed, not(json!({ "x": "AAAA" }))),
        (&ed, not(json!({ "x": support::encode([0; 32]) }))),
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
        (json!({ "n": 7 }), Reason::NotAKey),
        (json!({ "kty": null }), Reason::NotAKey),
        (json!({ "key_ops": "verify" }), Reason::NotAKey),
        (json!({ "e": null }), Reason::NotAKey),
        (json!({ "kty": "oct", "k": "AAAA" }), Reason::Symmetric),
        (json!({ "d": "AAAA" }), Reason::Private),
        (json!({ "use": "enc" }), Reason::OtherUse),
        (json!({ "kty": "AKP" }), Reason::OtherType),
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
fn a_development_key_is_known_by_another_name_exponent_or_sign() {
    use base64::Engine as _;
    let changed = |kid: &str, member: &str, change: fn(&mut Vec<u8>)| {
        let mut jwk = Signer::dev(kid).jwk;
        let text = jwk[member].as_str().unwrap();
        let mut octets = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
        change(&mut octets);
        jwk[member] = json!(support::encode(octets));
        jwk
    };
    // The mirrored point: p − y, octet by octet, for the prime of P-256.
    fn mirror(y: &mut [u8]) {
        let p = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
        let mut borrow = 0;
        for index in (0..32).rev() {
            let octet = i32::from(u8::from_str_radix(&p[2 * index..2 * index + 2], 16).unwrap());
            let difference = octet - i32::from(y[index]) - borrow;
            borrow = i32::from(difference < 0);
            y[index] = difference.rem_euclid(256) as u8;
        }
    }
    for jwk in [
        Signer::dev("dev-rs256").jwk,
        but(Signer::dev("dev-rs256").jwk, json!({ "kid": "other", "alg": null, "use": null })),
        changed("dev-rs256", "n", |n| n.insert(0, 0)),
        changed("dev-rs256", "e", |e| *e = vec![17]),
        changed("dev-es256", "y", |y| mirror(y)),
        changed("dev-ed25519", "x", |x| x[31] ^= 0x80),
    ] {
        let config = support::config(set(&[&jwk]));
        let error = rocket_bearer::Verifier::new(&config).expect_err(&jwk.to_string());
        assert!(error.to_string().contains("development keys"), "{error}");
    }
}

/// One key in 128 has a coordinate that begins with a zero, and some issuers leave it out.
#[test]
fn a_coordinate_without_its_leading_zeros_is_the_same_number() {
    use base64::Engine as _;
    let octets = |jwk: &Value, member: &str| {
        let text = jwk[member].as_str().unwrap();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    for (alg, member) in [("ES256", "x"), ("ES256", "y"), ("ES384", "x"), ("ES384", "y")] {
        let mut keys = std::iter::repeat_with(|| Signer::stranger(alg));
        let key = keys.find(|key| octets(&key.jwk, member)[0] == 0).unwrap();
        let full = octets(&key.jwk, member);
        let short = full.iter().copied().skip_while(|octet| *octet == 0).collect::<Vec<_>>();
        let with = |octets: &[u8]| but(key.jwk.clone(), json!({ member: support::encode(octets) }));
        for jwk in [with(&full), with(&short)] {
            let client = client(support::config(set(&[&jwk])));
            assert_verdicts(&client, [("a good token", key.good(), GRANTED)]);
        }
        // Fewer octets are another number, and more are none of this curve.
        let other = Signer::of("EdDSA").jwk;
        for (name, octets) in [
            ("cut at the end", full[..full.len() - 1].to_vec()),
            ("cut at the front", short[1..].to_vec()),
            ("empty", vec![]),
            ("one zero more", [&[0], &full[..]].concat()),
        ] {
            let client = client(support::config(set(&[&with(&octets), &other])));
            assert_verdicts(&client, [(name, key.good(), NO_KEY)]);
        }
    }
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
