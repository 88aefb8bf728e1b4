//! The numbers of a key, written otherwise than the key's issuer should.

use serde_json::{Value, json};

use crate::support::{self, Signer, but, set};
use crate::{GRANTED, NO_KEY, assert_verdicts, client};

#[test]
fn a_development_key_is_known_by_another_name_exponent_or_sign() {
    let changed = |kid: &str, member: &str, change: fn(&mut Vec<u8>)| {
        let mut jwk = Signer::dev(kid).jwk;
        let mut octets = decode(jwk[member].as_str().unwrap());
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
    let octets = |jwk: &Value, member: &str| decode(jwk[member].as_str().unwrap());
    for (alg, member) in
        ["ES256", "ES384", "ES512"].into_iter().flat_map(|alg| [(alg, "x"), (alg, "y")])
    {
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

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
