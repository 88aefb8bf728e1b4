//! Findings on key sets, cured by their issuers or by a line of the configuration.

use rocket_bearer::Algorithm;
use rocket_bearer::testing::Key;
use serde_json::{Value, json};

use super::{Finding, assert_cured, checked};
use crate::program::{Folder, Pair, repository, run, token};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{Signer, but, good_claims};

const JWKS: &str = "/jwks.json";

/// An issuer whose key set changes.
struct Publisher(MockIssuer);

impl Publisher {
    fn new() -> Self {
        let mut issuer = MockIssuer::start();
        // A server says where it listens by the first address on 127.0.0.1.
        issuer.url = issuer.url.replace("127.0.0.1", "localhost");
        let metadata = json!({ "issuer": issuer.url, "jwks_uri": format!("{}{JWKS}", issuer.url) });
        issuer.answers("/.well-known/openid-configuration", IssuerAnswer::json(&metadata));
        Self(issuer)
    }

    fn folder(&self, lines: &str) -> Folder {
        let algorithms = if lines.contains("algorithms") { "" } else { "algorithms = ['ES256']" };
        let url = &self.0.url;
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nissuer = '{url}'\n{algorithms}\n{lines}\n"
        ))
    }

    /// What `check` finds where the issuer answers so.
    fn findings(&self, set: IssuerAnswer, lines: &str) -> Vec<Finding> {
        self.0.answers(JWKS, set);
        checked(&self.folder(lines), &[])
    }

    /// The verdict of a server on a token that this key has signed with this header.
    fn accepts(&self, folder: &Folder, key: &Signer, header: &Value) -> bool {
        let claims = but(good_claims(), json!({ "iss": self.0.url, "aud": "image" }));
        super::accepts(folder, &key.token(header, &claims))
    }
}

/// What the issuer publishes and what is configured, before and after.
struct Case<'c> {
    faulty: (Value, &'c str),
    what: &'c str,
    cure: &'c str,
    cured: (Value, &'c str),
}

#[track_caller]
fn assert_all_cured(cases: &[Case<'_>]) {
    for Case { faulty, what, cure, cured } in cases {
        let issuer = Publisher::new();
        let found =
            |(keys, lines): &(Value, &str)| issuer.findings(IssuerAnswer::json(keys), lines);
        assert_cured(what, cure, &found(faulty), &found(cured));
    }
}

fn set(keys: &[&Value]) -> Value {
    json!({ "keys": keys })
}

#[test]
fn keys_that_are_passed_over_are_cured_by_what_their_issuer_is_told() {
    let good = Signer::of("ES256").jwk;
    let other = Key::generate(Algorithm::ES256).with_kid("other").jwk();
    let with = |members: Value| but(other.clone(), members);
    let without = |member: &str| {
        let mut key = other.clone();
        key.as_object_mut().unwrap().remove(member);
        key
    };
    let weak = json!({ "kty": "RSA", "kid": "other", "n": "_".repeat(172), "e": "AQAB" });
    let correct = "have the issuer correct it";
    let cases = [
        (weak, "passed over", "replace it by one of 2048 bits or more"),
        (with(json!({ "d": "AA" })), "private", "replace the key, then remove it"),
        (
            json!({ "kty": "oct", "kid": "other", "k": "AA" }),
            "symmetric",
            "sign with an asymmetric key instead",
        ),
        (Signer::dev("dev-es256").jwk, "passed over", "have the issuer replace it"),
        (without("kid"), "has no `kid`", "have the issuer name it"),
        (without("x"), "`x` is missing", "have the issuer write it"),
        (
            with(json!({ "x": format!("{}=", other["x"].as_str().unwrap()) })),
            "base64url",
            "have the issuer write base64url",
        ),
        (json!(7), "is not a JWK", correct),
        (with(json!({ "key_ops": "verify" })), "wrong type", correct),
        (json!({ "kty": "AKP", "kid": "other", "pub": "AAAA" }), "passed over", correct),
        (with(json!({ "alg": "ES256K" })), "passed over", correct),
        (with(json!({ "x": "AAAA" })), "passed over", correct),
        (with(json!({ "x": other["y"] })), "passed over", correct),
    ];
    for (key, what, cure) in cases {
        assert_all_cured(&[Case {
            faulty: (set(&[&good, &key]), ""),
            what,
            cure,
            cured: (set(&[&good, &other]), ""),
        }]);
    }
    // A member that stands twice is in no `Value`.
    let issuer = Publisher::new();
    let twice = set(&[&good, &other]).to_string();
    let twice = twice.replacen("\"kid\":\"other\"", "\"kid\":\"other\",\"kid\":\"a\"", 1);
    let before = issuer.findings(IssuerAnswer::text(200, "X: y", &twice), "");
    assert_cured(
        "stands twice",
        correct,
        &before,
        &issuer.findings(IssuerAnswer::keys([good, other]), ""),
    );
}

#[test]
fn algorithms_and_keys_are_made_to_go_together_as_is_said() {
    let (es, ed) = (Signer::of("ES256").jwk, Signer::of("EdDSA").jwk);
    assert_all_cured(&[
        Case {
            faulty: (set(&[&ed]), "algorithms = ['ES256', 'PS512']"),
            what: "no key verifies ES256, PS512",
            cure: "allow in `algorithms` what the keys offer: EdDSA",
            cured: (set(&[&ed]), "algorithms = ['EdDSA']"),
        },
        Case {
            faulty: (set(&[&es]), "algorithms = ['ES256', 'EdDSA']"),
            what: "allows what no key offers: EdDSA",
            cure: "remove it",
            cured: (set(&[&es]), "algorithms = ['ES256']"),
        },
        Case {
            faulty: (set(&[&es, &ed]), ""),
            what: "allows nothing that key \"test-eddsa\" signs",
            cure: "allow its algorithm",
            cured: (set(&[&es, &ed]), "algorithms = ['ES256', 'EdDSA']"),
        },
        Case {
            faulty: (set(&[]), ""),
            what: "no keys, every token gets 503",
            cure: "let it sign with asymmetric keys",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "crv": "secp256k1", "alg": "ES256K" }))]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer sign with a key that counts here",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "x": "AA==" }))]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer write base64url",
            cured: (set(&[&es]), ""),
        },
        Case {
            faulty: (set(&[&but(es.clone(), json!({ "exp": 1_700_000_000 }))]), ""),
            what: "has expired on 2023-11-14",
            cure: "have the issuer rotate it",
            cured: (set(&[&but(es.clone(), json!({ "exp": 9_700_000_000_u64 }))]), ""),
        },
    ]);
}

#[test]
fn keys_without_a_name_are_cured_by_either_side() {
    let key = Signer::of("ES256");
    let bare = but(key.jwk.clone(), json!({ "kid": null }));
    let second = Key::generate(Algorithm::ES256).with_kid("second").jwk();
    let optional = "kid = \"optional\"";
    assert_all_cured(&[
        Case {
            faulty: (set(&[&bare]), ""),
            what: "no keys, every token gets 503",
            cure: "have the issuer write `kid` in its keys and tokens",
            cured: (set(&[&key.jwk]), ""),
        },
        Case {
            faulty: (set(&[&bare]), ""),
            what: "no keys, every token gets 503",
            cure: "where one key alone signs, `kid = \"optional\"` does without",
            cured: (set(&[&bare]), optional),
        },
        Case {
            faulty: (set(&[&key.jwk, &second]), optional),
            what: "several keys fit ES256",
            cure: "have the issuer write `kid` in its tokens and leave `kid` out here",
            cured: (set(&[&key.jwk, &second]), ""),
        },
        Case {
            faulty: (set(&[&key.jwk, &second]), optional),
            what: "several keys fit ES256",
            cure: "or have it publish one key for each algorithm",
            cured: (set(&[&key.jwk]), optional),
        },
    ]);
    // The tokens that each of the cures is about.
    let issuer = Publisher::new();
    let named = but(key.header(), json!({}));
    let nameless = json!({ "alg": "ES256" });
    for (keys, lines, header, is_accepted) in [
        (set(&[&bare]), "", &nameless, false),
        (set(&[&bare]), optional, &nameless, true),
        (set(&[&key.jwk]), "", &named, true),
        (set(&[&key.jwk, &second]), optional, &nameless, false),
        (set(&[&key.jwk, &second]), "", &named, true),
        (set(&[&key.jwk]), optional, &nameless, true),
    ] {
        issuer.0.answers(JWKS, IssuerAnswer::json(&keys));
        let folder = issuer.folder(lines);
        assert_eq!(issuer.accepts(&folder, &key, header), is_accepted, "{keys} {lines} {header}");
    }
}

#[test]
fn keys_of_one_name_and_keys_of_another_issuer_are_cured() {
    let alike: Vec<Value> =
        (0..5).map(|_| Key::generate(Algorithm::ES256).with_kid("same").jwk()).collect();
    let apart: Vec<Value> = alike
        .iter()
        .enumerate()
        .map(|(it, key)| but(key.clone(), json!({ "kid": it.to_string() })))
        .collect();
    assert_all_cured(&[Case {
        faulty: (json!({ "keys": alike }), ""),
        what: "more than 4 keys for one algorithm",
        cure: "give each key a `kid` of its own",
        cured: (json!({ "keys": apart }), ""),
    }]);
    let own = Pair::new("own").jwk;
    let tenant = "11111111-2222-4333-8444-555555555555";
    let template = "https://login.test/{tenantid}/v2.0";
    for (theirs, table) in [
        ("https://other.test/", "issuer = 'https://other.test/'".to_owned()),
        (template, format!("issuer = '{template}'\ntenants = ['{tenant}']")),
        (
            &template.replace("{tenantid}", tenant),
            format!("issuer = '{template}'\ntenants = ['{tenant}']"),
        ),
    ] {
        let foreign = but(Pair::new("foreign").jwk, json!({ "issuer": theirs }));
        let folder = |more: &str| {
            Folder::with(&format!(
                "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
                 [default.bearer.issuers.own]\nissuer = 'https://own.test/'\njwks_file = 'keys.json'\n{more}"
            ))
            .and("keys.json", set(&[&own, &foreign]).to_string())
        };
        let more = format!("[default.bearer.issuers.other]\njwks_file = 'keys.json'\n{table}\n");
        let cure = "configure it if they are to count";
        let (before, after) = (checked(&folder(""), &[]), checked(&folder(&more), &[]));
        assert_cured("verifies nothing here", cure, &before, &after);
    }
}

/// The set of another kind, and what its own text says to do with it.
#[test]
fn a_document_that_is_no_key_set_is_cured_by_what_is_said_of_it() {
    let pair = Pair::new("mine");
    let key = pair.jwk.to_string();
    let good = pair.set();
    for (document, told) in [
        (key.clone(), "it is a single JWK: write it as `{\"keys\": [ … ]}`"),
        (format!("[{key}]"), "it is a list: write it as `{\"keys\": [ … ]}`"),
        ("{\"keys\":{}}".to_owned(), "its `keys` is no list"),
        ("<html>".to_owned(), "name the address of the key set itself"),
        (
            "{\"issuer\":\"a\",\"jwks_uri\":\"b\"}".to_owned(),
            "the key set is where its `jwks_uri` leads",
        ),
    ] {
        let issuer = Publisher::new();
        let before = issuer.findings(IssuerAnswer::text(200, "X: y", &document), "");
        assert!(before.iter().any(|it| it.what.contains(told)), "{told}: {before:#?}");
        let cured = match told.contains("write it as") {
            true => format!("{{\"keys\":[{}]}}", document.trim_matches(['[', ']'])),
            false => good.clone(),
        };
        let after = issuer.findings(IssuerAnswer::text(200, "X: y", &cured), "");
        assert_cured("no keys, every token gets 503", "", &before, &after);
    }
}

/// A set that is none of all, and a key without its numbers, are cured by a set of one's own.
#[test]
fn a_pem_is_imported_into_a_new_file() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let folder = |lines: &str| {
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nissuer = 'https://i.test/'\nalgorithms = ['ES256']\n{lines}\n"
        ))
        .and("private.pem", pair.serialize_pem())
        .and("theirs.pem", pair.public_key_pem())
    };
    let faulty = folder("jwks_file = 'theirs.pem'");
    let said = run(faulty.path(), &[], &["check"]);
    let cure = "name a new file as `jwks_file`, and `rocket-bearer keys import FILE.pem` puts its key there";
    assert!(said.code == Some(1) && said.stderr.contains(cure), "{said:?}");
    let cured = folder("jwks_file = 'new.json'");
    let said = run(cured.path(), &[], &["keys", "import", "theirs.pem", "--kid", "theirs"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(checked(&cured, &[]), []);
    let token = token(cured.path(), &[], &["--key", "private.pem", "--kid", "theirs"]);
    assert!(super::accepts(&cured, &token));
}

/// Each step is the cure of the finding before it.
#[test]
fn development_keys_are_left_behind_as_is_said() {
    let read = |file: &str| std::fs::read(repository().join(file)).unwrap();
    let toml = "[default.bearer]\naudience = 'image'\nissuer = 'https://i.test/'\njwks_file = 'keys/jwks.json'\n\
                algorithms = ['RS256', 'ES256', 'EdDSA']\n";
    let folder = Folder::with(toml).and("keys/jwks.json", read("keys/jwks.json"));
    let found = checked(&folder, &[]);
    let [development] = &found[..] else { panic!("{found:#?}") };
    assert!(
        development
            .cure
            .contains("keys new` and remove these with `rocket-bearer keys retire KID`")
    );
    let kids = development.what.split_once(": ").unwrap().1.split(", ");
    let run = |arguments: &[&str]| {
        let said = run(folder.path(), &[], arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
    };
    run(&["keys", "new"]);
    kids.for_each(|kid| run(&["keys", "retire", kid]));
    let found = checked(&folder, &[]);
    let [idle] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(idle.what, "`algorithms` allows what no key offers: ES256, EdDSA");
    std::fs::write(folder.path().join("Rocket.toml"), toml.replace(", 'ES256', 'EdDSA'", ""))
        .unwrap();
    assert_eq!(checked(&folder, &[("ROCKET_PROFILE", "release")]), []);
    // Or another issuer; that it cannot be reached from here is another matter.
    let domain = [("AUTH0_DOMAIN", "tenant.invalid"), ("BEARER_JWKS__PROXY", "http://127.0.0.1:1")];
    let found = checked(&Folder::with(toml), &domain);
    assert!(found.iter().all(|it| !it.what.contains("development keys")), "{found:#?}");
}
