//! What only a server finds out: that a key set cannot be used, or must not be.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Folder, Pair, Said, Variables, repository, run, token};
use crate::support::issuer::{IssuerAnswer, MockIssuer};

const MINE: &str = "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256', 'RS256']\n\
                    issuer = 'https://mine.test/'\njwks_file = 'keys.json'\n";

/// The first of the development keys that are published with this crate.
fn development_key() -> Value {
    let set = fs::read(repository().join("keys/jwks.json")).unwrap();
    let mut set: Value = serde_json::from_slice(&set).unwrap();
    set["keys"][0].take()
}

/// Serves this folder, which must end by itself: in vain.
#[track_caller]
fn serve_in_vain(folder: &Folder, variables: Variables<'_>) -> Said {
    let variables = [&[("ROCKET_PORT", "0"), ("ROCKET_LOG_LEVEL", "off")], variables].concat();
    let said = run(folder.path(), &variables, &["serve"]);
    assert_eq!(said.code, Some(1), "{variables:?}: {said:?}");
    said
}

#[test]
fn a_key_set_that_gives_no_key_stops_the_launch_and_says_why() {
    let private = {
        let mut jwk = Pair::new("mine").jwk;
        jwk["d"] = json!("AAAA");
        jwk
    };
    let without_kid = {
        let mut jwk = Pair::new("mine").jwk;
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    };
    let symmetric = json!({ "kty": "oct", "kid": "mine", "k": "c2VjcmV0" });
    let cases = [
        ("", "not a JWK set"),
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("no JSON", "it is no JSON, at line 1, column"),
        ("{\"keys\": [", "it is no JSON, at line 1, column 10"),
        ("[]", "it is a list"),
        ("7", "it is JSON, and no object"),
        ("{}", "it is a JSON object without `keys`"),
        ("{\"keys\": {}}", "its `keys` is no list"),
        ("{\"keys\": [], \"keys\": []}", "it cannot be read at line 1"),
        ("<!DOCTYPE html><title>Sign in</title>", "it is an HTML page"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", "`rocket-bearer keys import FILE.pem`"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "`rocket-bearer keys import FILE.pem`"),
        ("-----BEGIN EC PRIVATE KEY-----\nAAAA", "it is a private key in PEM"),
        ("\u{1f}\u{8b}", "it is no JSON"),
        ("{\"a\": \"-----BEGIN CERTIFICATE-----\"}", "it is a table of certificates"),
        ("{\"issuer\": \"a\", \"jwks_uri\": \"b\"}", "it is the metadata of an issuer"),
        (&Pair::new("mine").jwk.to_string(), "it is a single JWK"),
        ("{\"keys\": []}", "no usable key"),
        (&json!({ "keys": [symmetric] }).to_string(), "is symmetric"),
        (&json!({ "keys": [private] }).to_string(), "is a private key"),
        (&json!({ "keys": [without_kid] }).to_string(), "has no `kid`"),
    ];
    for (set, why) in cases {
        let said = serve_in_vain(&Folder::with(MINE).and("keys.json", set), &[]);
        for word in ["keys.json", why, "public key"] {
            assert!(said.stderr.contains(word), "{set}: {word:?} is not in {said:?}");
        }
    }
}

/// Each key is named with the member that is at fault, and nothing of its value.
#[test]
fn a_key_that_is_not_used_is_told_with_the_member_that_is_at_fault() {
    let key = Pair::new("mine").jwk;
    let but = |member: &str, value: Value| {
        let mut key = key.clone();
        key[member] = value;
        key.to_string()
    };
    let without = |member: &str| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().remove(member);
        key.to_string()
    };
    let twice =
        |member: &str| key.to_string().replacen('{', &format!("{{\"{member}\":\"s3cr3t\","), 1);
    let rsa = json!({ "kty": "RSA", "kid": "mine", "e": "AQAB", "x5c": ["AAAA"] }).to_string();
    for (entry, told) in [
        ("7".to_owned(), "is not a JWK, a JSON object"),
        (without("kty"), "`kty` is missing"),
        (without("x"), "`x` is missing"),
        (rsa, "`n` is missing"),
        (but("x", json!(7)), "`x` has a wrong type"),
        (but("kid", json!(["s3cr3t"])), "`kid` has a wrong type"),
        (but("key_ops", json!("verify")), "`key_ops` has a wrong type"),
        (but("issuer", json!(7)), "`issuer` has a wrong type"),
        (twice("kty"), "`kty` stands twice"),
        (twice("y"), "`y` stands twice"),
        (but("x", json!("s3cr3t+/")), "its `x` is no base64url"),
        (but("y", json!("s3cr3t==")), "its `y` is no base64url"),
        (but("x", json!("AAAA")), "its numbers are no key"),
    ] {
        let set = format!("{{\"keys\":[{entry}]}}");
        let said = serve_in_vain(&Folder::with(MINE).and("keys.json", &set), &[]);
        assert!(said.stderr.contains(told), "{told:?} is not in {said:?}");
        assert!(!said.stderr.contains("s3cr3t"), "{said:?}");
    }
}

#[test]
fn a_key_set_that_cannot_be_read_stops_the_launch_and_names_its_path() {
    let set = Pair::new("mine").set();
    let cases = [
        ("absent", Folder::with(MINE)),
        ("a folder", Folder::with(MINE).and("keys.json/jwks.json", &set)),
        ("elsewhere", Folder::with(MINE).and("keys/keys.json", &set)),
    ];
    for (what, folder) in cases {
        let said = serve_in_vain(&folder, &[]);
        for word in ["keys.json", "`jwks_file`"] {
            assert!(said.stderr.contains(word), "{what}: {word:?} is not in {said:?}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_or_a_device_in_place_of_a_key_set_stops_the_launch_at_once() {
    for make in ["mkfifo keys.json", "ln -s /dev/zero keys.json"] {
        let folder = Folder::with(MINE);
        folder.make(make);
        for said in [serve_in_vain(&folder, &[]), run(folder.path(), &[], &["check"])] {
            assert!(said.stderr.contains("it is no regular file"), "{make}: {said:?}");
            assert!(said.stderr.contains("keys.json"), "{make}: {said:?}");
        }
    }
}

#[test]
fn a_byte_order_mark_before_a_key_set_is_passed_over() {
    let pair = Pair::new("mine");
    let folder = Folder::with(MINE)
        .and("keys.json", format!("\u{feff}{}", pair.set()))
        .and("mine.pem", &pair.pem);
    let token = token(folder.path(), &[], &[]);
    for arguments in [&["explain", &token][..], &["check"], &["keys", "list"], &["keys", "new"]] {
        let said = run(folder.path(), &[], arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    }
    // One is a mark, two are a fault.
    let folder = Folder::with(MINE).and("keys.json", format!("\u{feff}\u{feff}{}", pair.set()));
    assert!(serve_in_vain(&folder, &[]).stderr.contains("not a JWK set"));
}

#[test]
fn the_development_keys_are_for_the_debug_profile_on_loopback_only() {
    let folder =
        Folder::with(MINE).and("keys.json", json!({ "keys": [development_key()] }).to_string());
    let cases: [Variables<'_>; 6] = [
        &[("ROCKET_PROFILE", "release")],
        &[("ROCKET_PROFILE", "staging")],
        &[("ROCKET_PROFILE", "Debugging")],
        &[("ROCKET_ADDRESS", "0.0.0.0")],
        &[("ROCKET_ADDRESS", "::")],
        &[("ROCKET_PROFILE", "release"), ("ROCKET_ADDRESS", "0.0.0.0")],
    ];
    for variables in cases {
        let said = serve_in_vain(&folder, variables);
        for word in ["dev-rs256", "`debug`", "loopback", "BEARER_DOMAIN", "`jwks_file`"] {
            assert!(said.stderr.contains(word), "{variables:?}: {word:?} is not in {said:?}");
        }
    }
}

#[test]
fn a_development_key_is_known_wherever_it_is_copied_and_whatever_it_is_called() {
    let renamed = |kid: &str| {
        let mut jwk = development_key();
        jwk["kid"] = json!(kid);
        jwk
    };
    let stripped = {
        let key = development_key();
        json!({ "kty": "RSA", "kid": "production", "n": key["n"], "e": key["e"] })
    };
    let mine = Pair::new("mine").jwk;
    // It hides behind a key of ours, also behind the same name.
    let sets = [
        json!({ "keys": [renamed("production")] }),
        json!({ "keys": [stripped] }),
        json!({ "keys": [mine, renamed("production")] }),
        json!({ "keys": [Pair::new("production").jwk, renamed("production")] }),
    ];
    for set in sets {
        let folder = Folder::with(MINE).and("keys.json", set.to_string());
        let said = serve_in_vain(&folder, &[("ROCKET_PROFILE", "release")]);
        for word in ["development keys", "production"] {
            assert!(said.stderr.contains(word), "{set}: {word:?} is not in {said:?}");
        }
        assert!(!said.stderr.contains("mine"), "{set}: {said:?}");
    }
}

#[test]
fn the_development_keys_of_a_further_issuer_are_refused_too() {
    let file = format!(
        "{MINE}[default.bearer.issuers.second]\nissuer = 'https://second.test/'\n\
         jwks_file = 'second.json'\n"
    );
    let folder = Folder::with(&file)
        .and("keys.json", Pair::new("mine").set())
        .and("second.json", json!({ "keys": [development_key()] }).to_string());
    let said = serve_in_vain(&folder, &[("ROCKET_PROFILE", "release")]);
    assert!(said.stderr.contains("dev-rs256"), "{said:?}");
}

#[test]
fn a_key_set_that_cannot_be_used_is_named_with_the_origin_of_its_path() {
    let published = json!({ "keys": [development_key()] }).to_string();
    let in_file =
        |file: &str| file.replace("jwks_file = 'keys.json'", "").replace("default", "release");
    for (path, what) in
        [("absent.json", "unreadable"), ("bad.json", "useless"), ("dev.json", "published")]
    {
        let release = ("ROCKET_PROFILE", "release");
        let folder =
            |toml: &str| Folder::with(toml).and("bad.json", "{}").and("dev.json", &published);
        let said = serve_in_vain(&folder(&MINE.replace("keys.json", path)), &[release]);
        assert!(said.stderr.contains("`jwks_file` in [default.bearer]"), "{what}: {said:?}");
        let is_told = what == "unreadable";
        let said = serve_in_vain(&folder(&in_file(MINE)), &[release, ("BEARER_JWKS_FILE", path)]);
        assert!(said.stderr.contains("`BEARER_JWKS_FILE`"), "{what}: {said:?}");
        assert_eq!(said.stderr.contains(path), is_told, "{what}, of a variable: {said:?}");
        let table = format!("{{audience=\"image\",issuer=\"i\",jwks_file=\"{path}\"}}");
        let said = serve_in_vain(&folder(""), &[release, ("ROCKET_BEARER", &table)]);
        assert!(said.stderr.contains("`ROCKET_` environment"), "{what}: {said:?}");
        assert_eq!(said.stderr.contains(path), is_told, "{what}, of a variable: {said:?}");
    }
}

#[test]
fn a_path_that_a_variable_gives_is_named_where_it_cannot_be_read() {
    let folder =
        Folder::with("[default.bearer]\naudience = 'image'\nissuer = 'https://mine.test/'\n")
            .and("a folder/file", "");
    let here = folder.path().display().to_string();
    let long = format!("/{}", "long".repeat(100));
    for variable in [
        "BEARER_JWKS_FILE",
        "BEARER_JWKS__CA_FILE",
        "BEARER_ISSUERS__ACME__JWKS_FILE",
        "ROCKET_BEARER",
    ] {
        for (path, told) in [
            ("keys/nope.json", format!("({here}/keys/nope.json) cannot be read")),
            ("a folder", format!("({here}/a folder) cannot be read")),
            ("/nope.json", "(/nope.json) cannot be read".to_owned()),
            ("/no\u{1b}[2J\u{202e}", r"(/no\u{1b}[2J\u{202e}) cannot be read".to_owned()),
            (&long, format!("({}…) cannot be read", &long[..200])),
        ] {
            if variable == "ROCKET_BEARER" && path.contains('\u{1b}') {
                continue; // figment takes a table with a control character in it for a text.
            }
            let table = format!("{{jwks_file=\"{path}\"}}");
            let value = if variable == "ROCKET_BEARER" { &table } else { path };
            let acme = ("BEARER_ISSUERS__ACME__ISSUER", "https://acme.test/");
            let variables: &[_] = match variable.contains("ACME") {
                true => &[(variable, value), acme],
                false => &[(variable, value)],
            };
            let said = serve_in_vain(&folder, variables);
            let name = if variable == "ROCKET_BEARER" { "`ROCKET_`" } else { variable };
            for words in [name, &told] {
                assert!(said.stderr.contains(words), "{words:?} is not in {said:?}");
            }
        }
    }
    // The commands that change the set say so too.
    let said = run(folder.path(), &[("BEARER_JWKS_FILE", "a folder")], &["keys", "list"]);
    let told = format!("`BEARER_JWKS_FILE` ({here}/a folder): it cannot be read");
    assert!(said.code == Some(1) && said.stderr.contains(&told), "{said:?}");
}

#[test]
fn a_certificate_authority_that_cannot_be_used_is_named_once_with_its_place() {
    let remote = MINE.replace("jwks_file = 'keys.json'", "jwks.ca_file = 'ca.pem'");
    let cure = "; name as `jwks.ca_file` a PEM file with the certificate of your authority";
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    for (pem, problem) in [
        (None, "cannot be read"),
        (Some(""), "has no certificate in it"),
        (Some("s3cr3t"), "has no certificate in it"),
        (Some(broken), "is no PEM of certificates"),
    ] {
        let with_pem = |folder: Folder| match pem {
            Some(pem) => folder.and("ca.pem", pem),
            None => folder,
        };
        let folder = with_pem(Folder::with(&remote));
        let path = folder.path().display();
        let place =
            format!("`ca_file` in [default.bearer.jwks] of {path}/Rocket.toml ({path}/ca.pem)");
        let said = serve_in_vain(&folder, &[]);
        let words = format!("cannot launch: {place} {problem}{cure}");
        assert!(said.stderr.contains(&words), "{words:?} is not in {said:?}");

        let folder = with_pem(Folder::with(&remote.replace("jwks.ca_file = 'ca.pem'", "")));
        let said = serve_in_vain(&folder, &[("BEARER_JWKS__CA_FILE", "ca.pem")]);
        assert!(said.stderr.contains("cannot launch: `BEARER_JWKS__CA_FILE`"), "{said:?}");
        assert!(said.stderr.contains(problem) && said.stderr.contains(cure), "{said:?}");
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let pair = Pair::new("mine");
    let (proxy, issuer) = (MockIssuer::start(), MockIssuer::start());
    issuer.answers("/jwks.json", IssuerAnswer::json(&json!({ "keys": [pair.jwk] })));
    let uri = format!("{}/jwks.json", issuer.url);
    let names =
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let mut variables = names.map(|name| (name, proxy.url.as_str())).to_vec();
    variables.push(("BEARER_JWKS_URI", &uri));
    let said = run(Folder::with(MINE).path(), &variables, &["check"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(proxy.heads(), [""; 0]);
}
