//! Files that stop `check`: what is to be put there, or named in their place, launches.

use super::refused::assert_launches;
use crate::program::{Folder, Pair, run};

const OWN: &str = "audience = 'image'\nissuer = 'https://issuer.test/'\nalgorithms = ['ES256']\njwks_file = 'keys.json'";

fn folder(lines: &str, given: Option<&str>) -> Folder {
    let folder = Folder::with(&format!("[default.bearer]\n{lines}\n"))
        .and("keys.json", Pair::new("k1").set());
    match given {
        Some(content) => folder.and("given", content),
        None => folder,
    }
}

fn authority() -> String {
    rcgen::generate_simple_self_signed(vec!["a.invalid".to_owned()]).unwrap().cert.pem()
}

/// What is in the file `given`, if it is there, does not do.
#[test]
fn a_file_that_is_named_is_cured_by_what_belongs_there() {
    let with = |line: &str| format!("{OWN}\n{line}");
    let set = OWN.replace("keys.json", "given");
    let fetched = OWN.replace("jwks_file = 'keys.json'", "jwks_uri = 'https://a.invalid/'");
    let fetched = format!("{fetched}\njwks.proxy = 'http://127.0.0.1:1'");
    let of_keys = format!("{fetched}\njwks.ca_file = 'given'");
    let of_redis = with("store.redis = 'rediss://a.invalid'\nstore.ca_file = 'given'");
    let nonces = with(
        "dpop.mode = 'allowed'\ndpop.base = ['https://api.test']\ndpop.nonce = 'required'\n\
         dpop.nonce_key_file = 'given'",
    );
    let (no_pem, half_pem) = ("no PEM", "-----BEGIN CERTIFICATE-----\nAAAA");
    let empty_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let symmetric = r#"{"keys":[{"kty":"oct","kid":"k1","k":"AAAA"}]}"#;
    let good_set = Pair::new("k1").set();
    let readable = "write the path of a readable JWK set";
    let a_key = "P-256, P-384, P-521, Ed25519 or ML-DSA public key with a `kid` in it";
    let of_the_issuer = "name as `jwks.ca_file` a PEM file with the certificate of your authority";
    let of_the_store = "name as `store.ca_file` a PEM file with the certificate of your authority";
    let openssl = "make one with `openssl rand -out FILE 32`";
    let ca = authority();
    let octets = "x".repeat(32);
    let token = with("").replace("jwks_file = 'keys.json'", "jwks_uri = 'https://a.invalid/'");
    let token = format!("{token}\njwks.proxy = 'http://127.0.0.1:1'\njwks_token_file = ");
    for (lines, wrong, cure, cured, right) in [
        (&set, None, readable, &with(""), None),
        (&set, Some(symmetric), a_key, &set, Some(&good_set)),
        (&of_keys, None, of_the_issuer, &of_keys, Some(&ca)),
        (&of_keys, Some(no_pem), of_the_issuer, &of_keys, Some(&ca)),
        (&of_keys, Some(half_pem), of_the_issuer, &of_keys, Some(&ca)),
        (&of_redis, None, of_the_store, &of_redis, Some(&ca)),
        (&of_redis, Some(no_pem), of_the_store, &of_redis, Some(&ca)),
        (&of_redis, Some(half_pem), of_the_store, &of_redis, Some(&ca)),
        (&of_redis, Some(empty_pem), of_the_store, &of_redis, Some(&ca)),
        (&nonces, None, openssl, &nonces, Some(&octets)),
        (&nonces, Some("short"), openssl, &nonces, Some(&octets)),
        (
            &format!("{token}'eyJ.a.b'"),
            None,
            "write the path of a file that holds it",
            &format!("{token}'given'"),
            Some(&"eyJ.a.b".to_owned()),
        ),
        (&OWN.replace("keys.json", ""), None, "write the path of a file", &with(""), None),
    ] {
        let said = run(folder(lines, wrong).path(), &[], &["check"]);
        let case = format!("{lines}\n{wrong:?}");
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{case}: {said:?}");
        assert!(said.stderr.contains(cure), "{case}: {cure:?} is not in {said:?}");
        assert_launches(&folder(cured, right.map(String::as_str)), &[]);
    }
}

/// In the profile `release` no development key counts.
#[test]
fn development_keys_are_cured_by_an_issuer_or_by_keys_of_ones_own() {
    let bundled = include_str!("../../../keys/jwks.json");
    let lines = OWN.replace("keys.json", "given");
    let before = folder(&lines, Some(bundled));
    let release = ("ROCKET_PROFILE", "release");
    let said = run(before.path(), &[release], &["check"]);
    for cure in [
        "use them in the `debug` profile on a loopback `address` only",
        "configure your issuer (`BEARER_DOMAIN`, `BEARER_AUDIENCE`)",
        "or a `jwks_file` of your own",
    ] {
        assert!(said.code == Some(1) && said.stderr.contains(cure), "{cure}: {said:?}");
    }
    let debug = run(before.path(), &[("ROCKET_PROFILE", "debug")], &["check"]);
    assert_eq!(debug.code, Some(0), "{debug:?}");
    let issuer = [
        release,
        ("BEARER_DOMAIN", "a.invalid"),
        ("BEARER_AUDIENCE", "image"),
        ("BEARER_JWKS__PROXY", "http://127.0.0.1:1"),
    ];
    assert_launches(&before, &issuer);
    assert_launches(&before, &[release, ("BEARER_JWKS_FILE", "keys.json")]);
}

/// As in a container without the package `ca-certificates`.
#[test]
#[cfg(target_os = "linux")]
fn a_system_without_authorities_is_cured_by_a_file_with_one() {
    let none = [("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")];
    let fetched = "audience = 'image'\ndomain = 'a.invalid'\njwks.proxy = 'http://127.0.0.1:1'";
    let ca = authority();
    for (lines, key) in [
        (fetched, "jwks.ca_file"),
        (&format!("{OWN}\nstore.redis = 'rediss://a.invalid'"), "store.ca_file"),
    ] {
        let said = run(folder(lines, None).path(), &none, &["check"]);
        let cure = format!("install its package `ca-certificates`, or name a PEM file as `{key}`");
        assert!(said.code == Some(1) && said.stderr.contains(&cure), "{key}: {said:?}");
        assert_launches(&folder(lines, None), &[]);
        assert_launches(&folder(&format!("{lines}\n{key} = 'given'"), Some(&ca)), &none);
    }
}
