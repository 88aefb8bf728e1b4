//! Which of two things that were said is in force.
//!
//! A token says which issuer, key and audience the configuration has: `token` mints what it takes.

use crate::program::{Folder, Pair, Running, Server, Variables, part, repository, run, token};

/// A file's key set `file.json` and another, `other.json`, each with its private key beside it.
fn folder(section: &str) -> Folder {
    let (file, other) = (Pair::new("file-key"), Pair::new("other-key"));
    Folder::with(&format!("[default.bearer]\nalgorithms = ['ES256']\n{section}\n"))
        .and("file.json", file.set())
        .and("file-key.pem", &file.pem)
        .and("other.json", other.set())
        .and("other-key.pem", &other.pem)
}

const FILE: &str = "audience = 'image'\nissuer = 'https://file.test/'\njwks_file = 'file.json'";
const URI: &str = "audience = 'image'\nissuer = 'https://file.test/'\n\
                   jwks_uri = 'https://file.test/keys'";
const DOMAIN: &str = "audience = 'image'\ndomain = 'file.test'";

/// The `iss`, the `kid` and the `aud` of the token that this configuration takes.
#[track_caller]
fn in_force(folder: &Folder, variables: Variables<'_>, arguments: &[&str]) -> [String; 3] {
    let token = token(folder.path(), variables, arguments);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    [&claims["iss"], &header["kid"], &claims["aud"]]
        .map(|member| member.as_str().unwrap_or_else(|| panic!("{member} in {token}")).to_owned())
}

/// Signs where the key set is out of reach.
const WITH_KEY: &[&str] = &["--key", "file-key.pem"];

#[test]
fn a_source_in_the_environment_puts_the_files_source_aside() {
    let domain = ("BEARER_DOMAIN", "env.test");
    let tutorial = ("AUTH0_DOMAIN", "env.test");
    let issuer = ("BEARER_ISSUER", "https://env.test/");
    let jwks_file = ("BEARER_JWKS_FILE", "other.json");
    let jwks_uri = ("BEARER_JWKS_URI", "https://keys.test/");
    // What is in the file, in the environment, and the `iss` and `kid` in force.
    let cases: [(&str, &[_], &[&str], [&str; 2]); 14] = [
        (FILE, &[], &[], ["https://file.test/", "file-key"]),
        (FILE, &[domain], WITH_KEY, ["https://env.test/", "file-key"]),
        (URI, &[domain], WITH_KEY, ["https://env.test/", "file-key"]),
        (DOMAIN, &[domain], WITH_KEY, ["https://env.test/", "file-key"]),
        (FILE, &[tutorial], WITH_KEY, ["https://env.test/", "file-key"]),
        (FILE, &[jwks_file], &[], ["https://file.test/", "other-key"]),
        (URI, &[jwks_file], &[], ["https://file.test/", "other-key"]),
        (DOMAIN, &[jwks_file, issuer], &[], ["https://env.test/", "other-key"]),
        (FILE, &[jwks_uri], WITH_KEY, ["https://file.test/", "file-key"]),
        (DOMAIN, &[jwks_uri, issuer], WITH_KEY, ["https://env.test/", "file-key"]),
        (FILE, &[issuer], &[], ["https://env.test/", "file-key"]),
        (URI, &[issuer], WITH_KEY, ["https://env.test/", "file-key"]),
        (FILE, &[issuer, jwks_file], &[], ["https://env.test/", "other-key"]),
        ("audience = 'image'", &[issuer, jwks_file], &[], ["https://env.test/", "other-key"]),
    ];
    for (file, variables, arguments, expected) in cases {
        let [iss, kid, _] = in_force(&folder(file), variables, arguments);
        assert_eq!([iss, kid], expected, "{file}\n{variables:?}");
    }
}

#[test]
fn where_keys_are_fetched_there_is_no_private_key_at_hand() {
    // Were the file's `jwks_file` still in force, its private key would sign.
    for variable in [("BEARER_DOMAIN", "env.test"), ("BEARER_JWKS_URI", "https://env.test/")] {
        let said = run(folder(FILE).path(), &[variable], &["token"]);
        assert_eq!(said.code, Some(1), "{variable:?}: {said:?}");
        assert_eq!(said.stdout, "", "{variable:?}");
        assert!(said.stderr.contains("--key"), "{variable:?}: {said:?}");
    }
}

#[test]
fn a_source_in_the_environment_puts_aside_only_that_of_its_own_issuer() {
    let folder = folder(&format!(
        "{FILE}\n[default.bearer.issuers.acme]\nissuer = 'https://acme.test/'\n\
         jwks_file = 'other.json'\naudience = 'acme'"
    ));
    let acme = ("BEARER_ISSUERS__ACME__DOMAIN", "env.test");
    let of_acme = [&["--iss", "https://env.test/"], WITH_KEY].concat();
    assert_eq!(in_force(&folder, &[acme], &of_acme)[2], "acme");
    assert_eq!(in_force(&folder, &[acme], &[]), ["https://file.test/", "file-key", "image"]);
}

#[test]
fn a_variable_goes_over_the_file_and_ours_over_the_tutorials() {
    let cases: [(Variables<'_>, &str); 7] = [
        (&[], "image"),
        (&[("BEARER_AUDIENCE", "ours")], "ours"),
        (&[("API_AUDIENCE", "tutorial")], "tutorial"),
        (&[("API_AUDIENCE", "tutorial"), ("BEARER_AUDIENCE", "ours")], "ours"),
        (&[("ROCKET_BEARER", "{audience=\"rocket\"}")], "rocket"),
        (&[("ROCKET_BEARER", "{audience=\"rocket\"}"), ("BEARER_AUDIENCE", "ours")], "ours"),
        (&[("ROCKET_BEARER", "{audience=\"rocket\"}"), ("API_AUDIENCE", "tutorial")], "tutorial"),
    ];
    let folder = folder(FILE);
    for (variables, audience) in cases {
        assert_eq!(in_force(&folder, variables, &[])[2], audience, "{variables:?}");
    }
    let both = [("AUTH0_DOMAIN", "tutorial.test"), ("BEARER_DOMAIN", "ours.test")];
    assert_eq!(in_force(&folder, &both, WITH_KEY)[0], "https://ours.test/");
}

#[test]
fn the_profile_goes_over_the_default() {
    let folder = folder(&format!("{FILE}\n[staging.bearer]\naudience = 'staging'"));
    for (profile, audience) in [("debug", "image"), ("release", "image"), ("staging", "staging")] {
        let variables = [("ROCKET_PROFILE", profile)];
        assert_eq!(in_force(&folder, &variables, &[])[2], audience, "{profile}");
    }
}

#[test]
fn a_string_in_a_variable_is_taken_as_it_is_written() {
    let folder = folder(FILE);
    for audience in ["007", "true", "1e3", "null", "{a=1}", "\"quoted\"", "https://api.test/v1?x=y"]
    {
        let claims = part(&token(folder.path(), &[("BEARER_AUDIENCE", audience)], &[]), 1);
        assert_eq!(claims["aud"], audience);
        if !audience.starts_with('{') {
            let issuer = [("BEARER_ISSUER", audience)];
            assert_eq!(part(&token(folder.path(), &issuer, &[]), 1)["iss"], audience);
        }
    }
}

#[test]
fn a_list_in_a_variable_is_written_in_either_way() {
    let folder = folder(FILE);
    for list in
        ["first,second", "first, second", "[\"first\",\"second\"]", "[ \"first\" ]", "first"]
    {
        assert_eq!(in_force(&folder, &[("BEARER_AUDIENCE", list)], &[])[2], "first", "{list}");
    }
    for list in ["RS256,ES256", "RS256, ES256", "[\"RS256\",\"ES256\"]", "ES256"] {
        for variable in ["BEARER_ALGORITHMS", "ALGORITHMS"] {
            // Without ES256 no key of the set could sign.
            assert_eq!(in_force(&folder, &[(variable, list)], &[])[1], "file-key", "{list}");
        }
    }
    let without = run(folder.path(), &[("ALGORITHMS", "RS256")], &["token"]);
    assert_eq!(without.code, Some(1), "{without:?}");
}

#[test]
fn an_empty_variable_says_nothing_where_nothing_has_to_be_said() {
    let folder = folder(FILE);
    let variables = [
        "BEARER_DOMAIN",
        "BEARER_ISSUER",
        "BEARER_JWKS_URI",
        "BEARER_JWKS_FILE",
        "BEARER_ALGORITHMS",
        "BEARER_TOKEN_TYPE",
        "BEARER_LEEWAY",
        "BEARER_MAX_AGE",
        "BEARER_MAX_TOKEN_BYTES",
        "BEARER_ERRORS",
        "BEARER_REALM",
        "BEARER_ISSUERS__ACME__DOMAIN",
        "AUTH0_DOMAIN",
        "ALGORITHMS",
    ];
    for variable in variables {
        let in_force = in_force(&folder, &[(variable, "")], &[]);
        assert_eq!(in_force, ["https://file.test/", "file-key", "image"], "{variable}");
    }
}

#[test]
fn a_token_that_was_exported_for_curl_is_no_setting() {
    for value in ["s3cr3t", ""] {
        let said = run(folder(FILE).path(), &[("BEARER_TOKEN", value)], &["token"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!(said.stdout + &said.stderr).contains("s3cr3t"));
    }
}

#[test]
fn the_tutorials_names_that_were_used_are_reported() {
    let audience = ("API_AUDIENCE", "s3cr3t");
    let algorithms = ("ALGORITHMS", "RS256");
    let cases: [(Variables<'_>, &[&str], &[&str]); 4] = [
        (&[], &[], &["API_AUDIENCE", "ALGORITHMS", "AUTH0_DOMAIN"]),
        (&[audience], &["API_AUDIENCE"], &["ALGORITHMS", "AUTH0_DOMAIN"]),
        (&[audience, algorithms], &["API_AUDIENCE", "ALGORITHMS"], &["AUTH0_DOMAIN"]),
        (&[audience, ("BEARER_AUDIENCE", "a")], &[], &["API_AUDIENCE"]),
    ];
    for (variables, used, unused) in cases {
        let said = Server::start(repository(), variables).terminate();
        for name in used {
            assert!(said.stderr.contains(name), "{variables:?}: {said:?}");
        }
        for name in unused {
            assert!(!said.stderr.contains(name), "{variables:?}: {said:?}");
        }
        // What is in force, the launch says on lines of its own.
        let mut report = said.stderr.lines().filter(|line| line.contains("configured by"));
        assert!(report.all(|line| !line.contains("s3cr3t")), "{variables:?}: {said:?}");
    }
    // Whatever becomes of its keys: nothing answers there.
    let variables = [("AUTH0_DOMAIN", "localhost"), ("ROCKET_PORT", "0")];
    let line = Running::start(repository(), &variables, &["serve"]).line_with("AUTH0_DOMAIN");
    assert!(!line.contains("localhost"), "{line}");
}

#[test]
fn plain_http_is_for_loopback_hosts() {
    let hosts = ["127.0.0.1:3000", "127.1.2.3", "[::1]:3000", "localhost"];
    for host in hosts {
        let section = URI.replace("https://file.test/keys", &format!("http://{host}/keys"));
        assert_eq!(in_force(&folder(&section), &[], WITH_KEY)[1], "file-key", "{host}");
        let alone = [("BEARER_ISSUER", format!("http://{host}/"))];
        let alone = alone.each_ref().map(|(name, value)| (*name, value.as_str()));
        let iss = &in_force(&folder("audience = 'image'"), &alone, WITH_KEY)[0];
        assert_eq!(*iss, alone[0].1);
    }
}

#[test]
fn a_path_is_relative_to_what_names_it() {
    let (above, here) = (Pair::new("above"), Pair::new("here"));
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://file.test/'\njwks_file = 'keys/set.json'\n",
    )
    .and("keys/set.json", above.set())
    .and("keys/above.pem", &above.pem)
    .and("sub/keys/set.json", here.set())
    .and("sub/keys/here.pem", &here.pem)
    .and("sub/folder/empty", "");
    let absolute = folder.path().join("sub/keys/set.json");
    let elsewhere = folder.path().join("Rocket.toml");
    let cases: [(&str, Variables<'_>, &str); 6] = [
        (".", &[], "above"),
        ("sub", &[], "above"),
        ("sub/folder", &[], "above"),
        ("sub", &[("BEARER_JWKS_FILE", "keys/set.json")], "here"),
        ("sub/folder", &[("BEARER_JWKS_FILE", absolute.to_str().unwrap())], "here"),
        ("/", &[("ROCKET_CONFIG", elsewhere.to_str().unwrap())], "above"),
    ];
    for (current, variables, kid) in cases {
        let token = token(&folder.path().join(current), variables, &[]);
        assert_eq!(part(&token, 0)["kid"], kid, "{current} {variables:?}");
    }
}

#[test]
fn the_tutorials_names_that_were_used_are_reported_by_token_too() {
    let said = run(repository(), &[("API_AUDIENCE", "s3cr3t")], &["token"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("API_AUDIENCE"), "{said:?}");
}
