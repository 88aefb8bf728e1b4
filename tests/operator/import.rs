//! `keys import`: the public key of another signer, from PEM into the set.

use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

use super::program::{Folder, Pair, repository, run, token};

const FOLDER: &str = "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n\
                      jwks_file = 'keys/set.json'\n\
                      algorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256']\n";

/// The types of keys that a test can make.
fn pairs() -> [(&'static str, KeyPair); 5] {
    let of = |algorithm: &'static SignatureAlgorithm| KeyPair::generate_for(algorithm).unwrap();
    [
        ("ES256", of(&rcgen::PKCS_ECDSA_P256_SHA256)),
        ("ES384", of(&rcgen::PKCS_ECDSA_P384_SHA384)),
        ("ES512", of(&rcgen::PKCS_ECDSA_P521_SHA512)),
        ("EdDSA", of(&rcgen::PKCS_ED25519)),
        ("RS256", of(&rcgen::PKCS_RSA_SHA256)),
    ]
}

fn certificate(pair: &KeyPair) -> String {
    let params = CertificateParams::new(["issuer.example".to_owned()]).unwrap();
    params.self_signed(pair).unwrap().pem()
}

/// The key counts at once: what its signer has signed is accepted.
#[test]
fn the_key_of_a_pem_file_is_put_into_the_set_and_verifies() {
    for (algorithm, pair) in pairs() {
        for (what, pem) in [("key", pair.public_key_pem()), ("certificate", certificate(&pair))] {
            let folder =
                Folder::with(FOLDER).and("theirs.pem", pem).and("signer.pem", pair.serialize_pem());
            let said =
                run(folder.path(), &[], &["keys", "import", "theirs.pem", "--kid", "theirs"]);
            assert_eq!(
                (said.code, said.stdout.as_str()),
                (Some(0), "theirs\n"),
                "{what}: {said:?}"
            );
            assert!(said.stderr.contains(algorithm), "{what}: {said:?}");
            let signer = ["--key", "signer.pem", "--kid", "theirs", "--header"];
            let alg = format!("alg={algorithm}");
            let token = token(folder.path(), &[], &[&signer[..], &[&alg]].concat());
            let said = run(folder.path(), &[], &["explain", &token]);
            assert_eq!(said.code, Some(0), "{algorithm} {what}: {said:?}");
            let said = run(folder.path(), &[], &["keys", "list"]);
            assert!(said.stdout.contains("theirs"), "{said:?}");
            let said = run(folder.path(), &[], &["keys", "new"]);
            assert_eq!(said.code, Some(0), "{said:?}");
            let said = run(folder.path(), &[], &["keys", "retire", "theirs"]);
            assert_eq!(said.code, Some(0), "{said:?}");
        }
    }
}

/// Another signer may choose any name, and the key goes as it came.
#[test]
fn a_key_may_have_any_name_that_tokens_have() {
    let (_, pair) = &pairs()[0];
    let folder = Folder::with(FOLDER)
        .and("theirs.pem", pair.public_key_pem())
        .and("signer.pem", pair.serialize_pem())
        .and("keys/set.json", Pair::new("mine").set());
    let kid = "a+b/c=:1 é";
    let said = run(folder.path(), &[], &["keys", "import", "theirs.pem", "--kid", kid]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let header = format!("kid={kid}");
    let signed = ["--key", "signer.pem", "--kid", "x", "--header", &header];
    let token = token(folder.path(), &[], &signed);
    assert_eq!(run(folder.path(), &[], &["explain", &token]).code, Some(0));
    assert_eq!(run(folder.path(), &[], &["keys", "retire", kid]).code, Some(0));
    assert_eq!(run(folder.path(), &[], &["explain", &token]).code, Some(1));
    for none in ["", "a\nb"] {
        let said = run(folder.path(), &[], &["keys", "import", "theirs.pem", "--kid", none]);
        assert_eq!(said.code, Some(2), "{said:?}");
    }
}

/// Without `--kid` it is named by its thumbprint, as a key that is made here.
#[test]
fn an_imported_key_has_its_thumbprint_as_its_name_and_comes_in_once() {
    let (_, pair) = &pairs()[0];
    let folder = Folder::with(FOLDER).and("theirs.pem", pair.public_key_pem());
    let said = run(folder.path(), &[], &["keys", "import", "theirs.pem"]);
    assert_eq!((said.code, said.stdout.trim_end().len()), (Some(0), 43), "{said:?}");
    for (arguments, words) in [
        (&["keys", "import", "theirs.pem"][..], "already"),
        (
            &["keys", "import", "theirs.pem", "--kid", "again"],
            "has this key already, under another name",
        ),
    ] {
        let said = run(folder.path(), &[], arguments);
        assert!(said.code == Some(1) && said.stderr.contains(words), "{said:?}");
    }
}

#[test]
fn what_is_no_public_key_that_counts_is_refused_by_name_and_changes_nothing() {
    let (_, pair) = &pairs()[0];
    let p256 = pair.public_key_pem();
    let weak = "-----BEGIN PUBLIC KEY-----\n\
        MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALfRM20sfTUtbuo4S4SJVnEqvwJ8H/+C\n\
        CTWcoD7jgKkpJTQ8QKr0XgZ9dGXxKkP5Jk4SvFsq7bYHgXbBb8uw0QECAwEAAQ==\n\
        -----END PUBLIC KEY-----\n";
    let secp256k1 = "-----BEGIN PUBLIC KEY-----\n\
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEeb5mfvncu6xVoGKVzocLBwKb/NstzijZ\n\
        WfKBWxb4F5hIOtp3JqPEZV2k+/wOEQio/Re0SKaFVBmcR9CP+xDUuA==\n\
        -----END PUBLIC KEY-----\n";
    let set = Pair::new("mine").set();
    let pem = |text: &str| text.to_owned();
    for (text, arguments, words) in [
        (pair.serialize_pem(), &[][..], &["private key", "openssl pkey -in", "-pubout"][..]),
        (format!("{p256}{}", pair.serialize_pem()), &[], &["private key"]),
        (pem("no PEM"), &[], &["is no PEM of a public key"]),
        (pem(""), &[], &["is no PEM of a public key"]),
        (
            pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            &[],
            &["cannot be read"],
        ),
        (
            pem("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n"),
            &[],
            &["cannot be read"],
        ),
        (pem(weak), &[], &["is an RSA key under 2048"]),
        (pem(secp256k1), &[], &["of a type that is not verified here", "ES256"]),
        (p256.clone(), &["--alg", "RS256"], &["cannot serve RS256; it serves ES256"]),
        (p256.clone(), &["--kid", "mine"], &["has a key `mine` already"]),
        (p256.clone(), &["--iss", "https://other.test/"], &["--iss"]),
    ] {
        let folder = Folder::with(FOLDER).and("theirs.pem", &text).and("keys/set.json", &set);
        let said =
            run(folder.path(), &[], &[&["keys", "import", "theirs.pem"], arguments].concat());
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{text}: {said:?}");
        for word in words {
            assert!(said.stderr.contains(word), "{word:?} is not in {said:?}");
        }
        let path = folder.path().join("keys/set.json");
        assert_eq!(std::fs::read_to_string(path).unwrap(), set, "{said:?}");
    }
    let said = run(repository(), &[], &["keys", "import", "absent.pem"]);
    assert!(said.code == Some(1) && said.stderr.contains("cannot be read"), "{said:?}");
}

/// The key comes in, and its tokens only when `algorithms` is corrected as is said.
#[test]
fn a_key_for_an_algorithm_that_is_not_allowed_comes_in_with_a_word_about_it() {
    let (_, pair) = &pairs()[1];
    let only =
        FOLDER.replace("['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256']", "['ES256']");
    let folder = Folder::with(&only).and("theirs.pem", pair.public_key_pem());
    let said = run(folder.path(), &[], &["keys", "import", "theirs.pem", "--kid", "theirs"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("`algorithms` does not allow ES384: add it there"), "{said:?}");
}
