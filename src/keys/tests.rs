//! What is signed here, and with jsonwebtoken, is verified here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::signature::Verifier as _;

use super::jwk::Jwk;
use super::signing_key::SigningKey;
use super::verifying_key::VerifyingKey;
use crate::token::algorithm::Algorithm;

/// A key for this algorithm, its JWK, and what is read from that.
fn key(algorithm: Algorithm) -> (SigningKey, String, VerifyingKey) {
    let pem = include_bytes!("../../keys/dev-rs256.pem");
    let key = SigningKey::from_pem(pem, algorithm);
    let key = key.unwrap_or_else(|_| SigningKey::generate(algorithm).unwrap());
    let jwk = key.jwk("a").to_string();
    let (_, mut keys) = serde_json::from_str::<Jwk>(&jwk).unwrap().verifying_keys().unwrap();
    (key, jwk, keys.remove(0))
}

/// Both verify with aws-lc-rs. Ours has parsed the key before, theirs parses it each time.
#[test]
fn a_parsed_key_judges_as_the_verifier_of_jsonwebtoken_does() {
    for (algorithm, jose) in Algorithm::ALL.map(|algorithm| (algorithm, algorithm.jose())) {
        let Some(jose) = jose else { continue };
        let (signer, jwk, VerifyingKey { key: ours, .. }) = key(algorithm);
        let key = DecodingKey::from_jwk(&serde_json::from_str(&jwk).unwrap()).unwrap();
        let theirs = (DEFAULT_PROVIDER.verifier_factory)(&jose, &key).unwrap();

        for (message, signature, holds) in cases(&signer) {
            let verdicts = [ours.verify(message, &signature), theirs.verify(message, &signature)];
            assert_eq!(verdicts.map(|it| it.is_ok()), [holds; 2], "{algorithm} {signature:?}");
        }
    }
}

/// jsonwebtoken has no name for these.
#[test]
fn es512_and_ml_dsa_judge_alike() {
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.jose().is_none()) {
        let (signer, _, key) = key(algorithm);
        for (message, signature, holds) in cases(&signer) {
            assert_eq!(key.verifies(message, &signature), holds, "{algorithm} {signature:?}");
        }
    }
}

/// Messages, signatures, and whether they belong together.
fn cases(signer: &SigningKey) -> [(&'static [u8], Vec<u8>, bool); 6] {
    let good = signer.sign(b"message");
    let altered = good.iter().map(|octet| octet ^ 1).collect();
    let (short, long) = (good[1..].to_vec(), [&good[..], &[0]].concat());
    [
        (b"message", good.clone(), true),
        (b"Message", good, false),
        (b"message", altered, false),
        (b"message", short, false),
        (b"message", long, false),
        (b"message", vec![], false),
    ]
}

/// The key of RFC 9964, appendix A, whose seed is zero.
#[test]
fn the_thumbprint_of_ml_dsa_is_the_one_of_rfc_9964() {
    let pem = "-----BEGIN PRIVATE KEY-----\n\
               MDQCAQAwCwYJYIZIAWUDBAMRBCKAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
               AAAAAAAA\n\
               -----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem(pem.as_bytes(), Algorithm::MlDsa44).unwrap();
    let jwk = serde_json::from_value::<Jwk>(key.jwk("a")).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(jwk.verifying_keys().unwrap().1[0].thumbprint);
    assert_eq!(thumbprint, "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o");
    assert_eq!(key.pem().unwrap(), pem);
}

/// Asking for the provider of the process installs one, and no other can be installed after it.
#[test]
fn the_provider_of_the_process_is_left_to_the_app() {
    for algorithm in Algorithm::ALL {
        let (signer, _, key) = key(algorithm);
        assert!(key.verifies(b"message", &signer.sign(b"message")), "{algorithm}");
    }
    assert!(DEFAULT_PROVIDER.install_default().is_ok());
}
