//! Private key → pair: made, or read from a PEM, for one algorithm.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, PqdsaKeyPair, PqdsaSigningAlgorithm,
    RsaEncoding, RsaKeyPair,
};
use jsonwebtoken::EncodingKey;
use rustls_pki_types::PrivateKeyDer;

use super::signers::{MlDsaSigner, P521Signer, RsaSigner};
use crate::token::algorithm::Algorithm;

/// A private key, as its signer takes it.
#[derive(Clone)]
pub(super) enum KeyPair {
    Rsa(RsaSigner),
    /// PKCS#8 of an ECDSA key on P-256 or P-384.
    Ecdsa(EncodingKey),
    P521(P521Signer),
    /// PKCS#8 of an Ed25519 key.
    Ed25519(EncodingKey),
    MlDsa(MlDsaSigner),
}

/// How an algorithm signs.
enum Scheme {
    Rsa(&'static dyn RsaEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm),
    P521,
    Ed25519,
    MlDsa(&'static PqdsaSigningAlgorithm),
}

const P521: &EcdsaSigningAlgorithm = &signature::ECDSA_P521_SHA512_FIXED_SIGNING;

impl Scheme {
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256 => Self::Rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => Self::Rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => Self::Rsa(&signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => Self::Rsa(&signature::RSA_PSS_SHA256),
            Algorithm::PS384 => Self::Rsa(&signature::RSA_PSS_SHA384),
            Algorithm::PS512 => Self::Rsa(&signature::RSA_PSS_SHA512),
            Algorithm::ES256 => Self::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => Self::Ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::ES512 => Self::P521,
            Algorithm::EdDSA => Self::Ed25519,
            Algorithm::MlDsa44 => Self::MlDsa(&signature::ML_DSA_44_SIGNING),
            Algorithm::MlDsa65 => Self::MlDsa(&signature::ML_DSA_65_SIGNING),
            Algorithm::MlDsa87 => Self::MlDsa(&signature::ML_DSA_87_SIGNING),
        }
    }
}

impl KeyPair {
    /// Makes a new pair; RSA has 2048 bits.
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self, Unspecified> {
        Ok(match Scheme::of(algorithm) {
            Scheme::Rsa(encoding) => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?.into();
                Self::Rsa(RsaSigner { pair, encoding })
            }
            Scheme::Ecdsa(curve) => Self::ecdsa(&EcdsaKeyPair::generate(curve)?)?,
            Scheme::P521 => Self::P521(P521Signer(EcdsaKeyPair::generate(P521)?.into())),
            Scheme::Ed25519 => Self::ed25519(&Ed25519KeyPair::generate()?)?,
            Scheme::MlDsa(set) => Self::MlDsa(MlDsaSigner(PqdsaKeyPair::generate(set)?.into())),
        })
    }

    /// The same pair for another algorithm of its type.
    #[cfg(feature = "testing")]
    pub(super) fn signing(self, algorithm: Algorithm) -> Self {
        match (self, Scheme::of(algorithm)) {
            (Self::Rsa(signer), Scheme::Rsa(encoding)) => {
                Self::Rsa(RsaSigner { encoding, ..signer })
            }
            (pair, _) => pair,
        }
    }

    /// The private key of a PEM, if it can sign by this algorithm.
    pub(super) fn read(der: &PrivateKeyDer<'_>, algorithm: Algorithm) -> Option<Self> {
        use PrivateKeyDer::{Pkcs1, Pkcs8, Sec1};
        let octets = der.secret_der();
        match (Scheme::of(algorithm), der) {
            (Scheme::Rsa(encoding), Pkcs8(_)) => {
                let pair = RsaKeyPair::from_pkcs8(octets).ok()?.into();
                Some(Self::Rsa(RsaSigner { pair, encoding }))
            }
            (Scheme::Rsa(encoding), Pkcs1(_)) => {
                let pair = RsaKeyPair::from_der(octets).ok()?.into();
                Some(Self::Rsa(RsaSigner { pair, encoding }))
            }
            (Scheme::Ecdsa(curve), Pkcs8(_) | Sec1(_)) => {
                Self::ecdsa(&EcdsaKeyPair::from_private_key_der(curve, octets).ok()?).ok()
            }
            (Scheme::P521, Pkcs8(_) | Sec1(_)) => {
                let pair = EcdsaKeyPair::from_private_key_der(P521, octets).ok()?;
                Some(Self::P521(P521Signer(pair.into())))
            }
            (Scheme::MlDsa(set), Pkcs8(_)) => {
                let pair = PqdsaKeyPair::from_pkcs8(set, octets).ok()?;
                Some(Self::MlDsa(MlDsaSigner(pair.into())))
            }
            (Scheme::Ed25519, Pkcs8(_)) => {
                Self::ed25519(&Ed25519KeyPair::from_pkcs8(octets).ok()?).ok()
            }
            _ => None,
        }
    }

    fn ecdsa(pair: &EcdsaKeyPair) -> Result<Self, Unspecified> {
        Ok(Self::Ecdsa(EncodingKey::from_ec_der(pair.to_pkcs8v1()?.as_ref())))
    }

    fn ed25519(pair: &Ed25519KeyPair) -> Result<Self, Unspecified> {
        Ok(Self::Ed25519(EncodingKey::from_ed_der(pair.to_pkcs8v1()?.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsRawBytes as _;
    use aws_lc_rs::signature::ML_DSA_44_SIGNING;
    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    /// The three forms of RFC 9881 §6.
    #[test]
    fn a_key_of_ml_dsa_is_read_by_its_seed_its_expanded_key_or_both() {
        let pair = PqdsaKeyPair::from_seed(&ML_DSA_44_SIGNING, &[7; 32]).unwrap();
        let expanded = pair.private_key().as_raw_bytes().unwrap();
        let octet_string = |tag: u8, octets: &[u8]| match octets.len() {
            short @ ..=127 => [&[tag, short as u8], octets].concat(),
            long => [&[tag, 0x82, (long >> 8) as u8, long as u8], octets].concat(),
        };
        let (seed, expanded) = ([7; 32], octet_string(4, expanded.as_ref()));
        let both = octet_string(0x30, &[octet_string(4, &seed), expanded.clone()].concat());
        for (form, is_written) in
            [(octet_string(0x80, &seed), true), (both, true), (expanded, false)]
        {
            let oid = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11];
            let algorithm = octet_string(0x30, &octet_string(6, &oid));
            let members = [&[2, 1, 0][..], &algorithm, &octet_string(4, &form)].concat();
            let der = PrivatePkcs8KeyDer::from(octet_string(0x30, &members)).into();
            let Some(KeyPair::MlDsa(read)) = KeyPair::read(&der, Algorithm::MlDsa44) else {
                panic!("{form:?}")
            };
            assert!(KeyPair::read(&der, Algorithm::MlDsa65).is_none());
            assert_eq!(read.0.to_pkcs8v1().is_ok(), is_written, "{form:?}");
            let public = |pair: &PqdsaKeyPair| {
                use aws_lc_rs::signature::KeyPair as _;
                pair.public_key().as_ref().to_vec()
            };
            assert_eq!(public(&read.0), public(&pair), "{form:?}");
        }
    }
}
