//! Findings that are cured by a key set of one's own.

use super::{accepts, checked};
use crate::program::{Folder, repository, run, token};

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
    assert!(accepts(&cured, &token));
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
