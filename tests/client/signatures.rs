//! What is nearly the signature of a key.

use serde_json::json;

use crate::support::{self, Signer, but, good_claims, set};
use crate::{GRANTED, UNPARSABLE, assert_verdicts, client};

/// The header, the key and the signature must be of one algorithm, and that one allowed.
#[test]
fn what_is_nearly_a_signature_by_es512_or_ml_dsa_is_none() {
    let signers = ["ES256", "ES512", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"].map(Signer::of);
    let [_, p521, small, middle, _] = &signers;
    let jwks: Vec<_> = signers.iter().map(|key| &key.jwk).collect();
    let client = client(support::config(set(&jwks)));
    let called = |key: &Signer, alg: &str| {
        key.token(&but(key.header(), json!({ "alg": alg })), &good_claims())
    };
    let by = |signing: &Signer, named: &Signer| signing.token(&named.header(), &good_claims());
    let mut rows = vec![];
    for key in &signers {
        let good = key.good();
        let (input, signature) = good.rsplit_once('.').unwrap();
        let octets = decode(signature);
        let with = |octets: &[u8]| format!("{input}.{}", support::encode(octets));
        rows.extend([
            ("good", good.clone(), GRANTED),
            ("cut", with(&octets[..octets.len() - 1]), UNPARSABLE),
            ("extended", with(&[&octets[..], &[0]].concat()), UNPARSABLE),
            ("empty", with(&[]), UNPARSABLE),
            ("zero", with(&vec![0; octets.len()]), UNPARSABLE),
        ]);
    }
    let good = p521.good();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let octets = decode(signature);
    let (r, s) = octets.split_at(66);
    let halves = |r: &[u8], s: &[u8]| format!("{input}.{}", support::encode([r, s].concat()));
    rows.extend([
        ("ES512 with r = 0", halves(&[0; 66], s), UNPARSABLE),
        ("ES512 with s = 0", halves(r, &[0; 66]), UNPARSABLE),
        ("ES512 with r over the order", halves(&[0xff; 66], s), UNPARSABLE),
        ("ES512 with s over the order", halves(r, &[0xff; 66]), UNPARSABLE),
        ("ES512 with halves of 65 octets", halves(&r[1..], &s[1..]), UNPARSABLE),
        ("ES512 in DER", in_der(&p521.good(), 66), UNPARSABLE),
        ("P-521 called ES256", called(p521, "ES256"), UNPARSABLE),
        ("P-521 called ES384", called(p521, "ES384"), UNPARSABLE),
        ("P-521 called HS512", called(p521, "HS512"), UNPARSABLE),
        ("65 called 44", called(middle, "ML-DSA-44"), UNPARSABLE),
        ("44 called 65", called(small, "ML-DSA-65"), UNPARSABLE),
        ("44 called EdDSA", called(small, "EdDSA"), UNPARSABLE),
        ("44 in another case", called(small, "ml-dsa-44"), UNPARSABLE),
        ("44 in the name of 65", by(small, middle), UNPARSABLE),
        ("65 in the name of 44", by(middle, small), UNPARSABLE),
        ("P-521 in the name of 44", by(p521, small), UNPARSABLE),
        ("a stranger's", by(&Signer::stranger("ML-DSA-44"), small), UNPARSABLE),
    ]);
    assert_verdicts(&client, rows);
}

/// A token whose ECDSA signature is an ASN.1 SEQUENCE (RFC 3279 §2.2.3), as most libraries make it.
fn in_der(token: &str, half: usize) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let octets = decode(signature);
    let (r, s) = octets.split_at(half);
    let integer = |number: &[u8]| {
        let number: Vec<_> = number.iter().copied().skip_while(|octet| *octet == 0).collect();
        let sign = if number[0] & 0x80 == 0 { vec![] } else { vec![0] };
        [vec![2, (sign.len() + number.len()) as u8], sign, number].concat()
    };
    let both = [integer(r), integer(s)].concat();
    let length = if both.len() < 128 { vec![] } else { vec![0x81] };
    let der = [vec![0x30], length, vec![both.len() as u8], both].concat();
    format!("{input}.{}", support::encode(der))
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
