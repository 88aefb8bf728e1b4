//! Claims + private key → token.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::{JwtSigner, aws_lc};
use jsonwebtoken::signature::{self as jose, Signer};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::token::algorithm::Algorithm;

/// A private key that can sign tokens of one algorithm.
#[derive(Clone)]
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    pair: KeyPair,
}

#[derive(Clone)]
enum KeyPair {
    Rsa(RsaSigner),
    /// PKCS#8 of an ECDSA key.
    Ecdsa(EncodingKey),
    /// PKCS#8 of an Ed25519 key.
    Ed25519(EncodingKey),
}

/// An RSA pair that is parsed once.
///
/// jsonwebtoken's RSA signer parses and checks its key for each signature. With 2048 bits that makes
/// 0.9 of 0.4 ms, and 2.1 of 0.4 in a debug build, where tests sign.
#[derive(Clone)]
struct RsaSigner {
    algorithm: jsonwebtoken::Algorithm,
    encoding: &'static dyn RsaEncoding,
    pair: Arc<RsaKeyPair>,
}

impl Signer<Vec<u8>> for RsaSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, jose::Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(self.encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(jose::Error::from_source)?;
        Ok(signature)
    }
}

impl JwtSigner for RsaSigner {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm
    }
}
