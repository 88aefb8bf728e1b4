//! Signing and verifying by a JWK, without a line of the crate.

use aws_lc_rs::rsa::KeyPairComponents;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, PqdsaKeyPair, PqdsaSigningAlgorithm,
    RsaEncoding, RsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey,
};
use aws_lc_rs::{hmac, rand::SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A token by a private JWK.
pub(crate) fn sign(alg: &str, kid: &str, key: &str, payload: &str) -> String {
    let header = json!({ "alg": alg, "kid": kid }).to_string();
    let input = format!("{}.{}", encode(header), encode(payload));
    let (key, message) = (jwk(key), input.as_bytes());
    let signature = match alg {
        "RS256" => rsa(&signature::RSA_PKCS1_SHA256, &key, message),
        "PS384" => rsa(&signature::RSA_PSS_SHA384, &key, message),
        "ES256" => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &key, message),
        "ES512" => ecdsa(&signature::ECDSA_P521_SHA512_FIXED_SIGNING, &key, message),
        "ML-DSA-44" => ml_dsa(&signature::ML_DSA_44_SIGNING, &key, message),
        "ML-DSA-65" => ml_dsa(&signature::ML_DSA_65_SIGNING, &key, message),
        "ML-DSA-87" => ml_dsa(&signature::ML_DSA_87_SIGNING, &key, message),
        "EdDSA" => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(&of(&key, "d"), &of(&key, "x"));
            pair.unwrap().sign(message).as_ref().to_vec()
        }
        _ => panic!("{alg}"),
    };
    format!("{input}.{}", encode(signature))
}

fn rsa(padding: &'static dyn RsaEncoding, key: &Value, message: &[u8]) -> Vec<u8> {
    let [d, p, q, dp, dq, qi] = ["d", "p", "q", "dp", "dq", "qi"].map(|name| of(key, name));
    let public_key = RsaPublicKeyComponents { n: of(key, "n"), e: of(key, "e") };
    let pair = KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi };
    let pair = RsaKeyPair::from_components(&pair).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, key: &Value, message: &[u8]) -> Vec<u8> {
    let (d, point) = (of(key, "d"), point(key));
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &point).unwrap();
    pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

fn ml_dsa(set: &'static PqdsaSigningAlgorithm, key: &Value, message: &[u8]) -> Vec<u8> {
    let pair = PqdsaKeyPair::from_seed(set, &of(key, "priv")).unwrap();
    let mut signature = vec![0; set.signature_len()];
    pair.sign(message, &mut signature).unwrap();
    signature
}

/// Whether a signature holds: a typing error must not pass for a refusal.
pub(crate) fn holds(key: &Value, token: &str) -> bool {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    let (message, signature) = (input.as_bytes(), decode(signature));
    let rsa = || RsaPublicKeyComponents { n: of(key, "n"), e: of(key, "e") };
    let verified = match header["alg"].as_str().unwrap() {
        "HS256" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &of(key, "k"));
            hmac::verify(&key, message, &signature)
        }
        "RS256" => rsa().verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, &signature),
        "PS384" => rsa().verify(&signature::RSA_PSS_2048_8192_SHA384, message, &signature),
        "ES256" => UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point(key))
            .verify(message, &signature),
        "ES512" => UnparsedPublicKey::new(&signature::ECDSA_P521_SHA512_FIXED, point(key))
            .verify(message, &signature),
        "EdDSA" => {
            UnparsedPublicKey::new(&signature::ED25519, of(key, "x")).verify(message, &signature)
        }
        "ML-DSA-44" => UnparsedPublicKey::new(&signature::ML_DSA_44, of(key, "pub"))
            .verify(message, &signature),
        "ML-DSA-65" => UnparsedPublicKey::new(&signature::ML_DSA_65, of(key, "pub"))
            .verify(message, &signature),
        "ML-DSA-87" => UnparsedPublicKey::new(&signature::ML_DSA_87, of(key, "pub"))
            .verify(message, &signature),
        other => panic!("{other}"),
    };
    verified.is_ok()
}

/// An uncompressed point (SEC 1 §2.3.3).
fn point(key: &Value) -> Vec<u8> {
    [vec![4], of(key, "x"), of(key, "y")].concat()
}

/// The octets of a member.
fn of(key: &Value, member: &str) -> Vec<u8> {
    decode(key[member].as_str().unwrap())
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn jwk(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}
