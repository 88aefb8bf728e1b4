//! A setting that is refused is named, with where it was said and what to write instead.

use crate::program::{Folder, Running, command, run};
use crate::{SECRET, assert_refused, assert_told};

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_section_and_a_cure() {
    const SOURCE: &str = "domain = 'tenant.test'\naudience = 'image'";
    const KEYS: &str = "issuer = 'https://issuer.test/'\naudience = 'image'";
    let algorithms = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, \
                      EdDSA (or Ed25519), ML-DSA-44, ML-DSA-65 or ML-DSA-87";
    let sources = "`domain`, or `issuer` with `jwks_file`, or `issuer` with `jwks_uri`, or \
                   `issuer` alone";
    let no_url = "without `https://` and without a path";
    // The rest of the section, the line that is wrong, the key that is named, the cure.
    let cases = [
        (SOURCE, "isuer = 'https://s3cr3t.test/'", "isuer", "did you mean `issuer`?"),
        (SOURCE, "jwks_flie = 's3cr3t'", "jwks_flie", "did you mean `jwks_file`?"),
        (SOURCE, "Leeway = 5", "Leeway", "did you mean `leeway`?"),
        (SOURCE, "secret = 's3cr3t'", "secret", "the keys are domain, issuer,"),
        (SOURCE, "issuer = 'https://s3cr3t.test/'", "issuer", sources),
        (SOURCE, "jwks_file = 's3cr3t.json'", "jwks_file", sources),
        (SOURCE, "jwks_uri = 'https://s3cr3t.test/'", "jwks_uri", sources),
        (KEYS, "jwks_uri = 'https://a.test/'\njwks_file = 's3cr3t'", "jwks_file", sources),
        ("audience = 'a'", "jwks_file = 's3cr3t.json'", "jwks_file", "write `issuer` beside it"),
        ("audience = 'a'", "jwks_uri = 'https://s3cr3t/'", "jwks_uri", "write `issuer` beside it"),
        ("domain = 'a.b'", "audience = ''", "audience", "the identifier of your API"),
        ("domain = 'a.b'", "audience = []", "audience", "the identifier of your API"),
        ("domain = 'a.b'", "audience = ['a', '']", "audience", "the identifier of your API"),
        ("domain = 'a.b'", "audience = '*'", "audience", "the identifier of your API"),
        (
            "domain = 'a.b'",
            "audience = ['a', '*']",
            "audience",
            "a wildcard, and `aud` is compared",
        ),
        ("domain = 'a.b'", "audience = 7", "audience", "write it as `[\"a\", \"b\"]`"),
        ("domain = 'a.b'", "audience = ['a', 7]", "audience", "write it as `[\"a\", \"b\"]`"),
        (SOURCE, "algorithms = ['HS256']", "algorithms", algorithms),
        (SOURCE, "algorithms = ['RS256', 'HS512']", "algorithms", "symmetric"),
        (SOURCE, "algorithms = ['none']", "algorithms", "unsigned"),
        (SOURCE, "algorithms = ['None']", "algorithms", algorithms),
        (SOURCE, "algorithms = ['secret']", "algorithms", algorithms),
        (SOURCE, "algorithms = ['rs256']", "algorithms", "case-sensitive"),
        (SOURCE, "algorithms = []", "algorithms", "name at least one"),
        (SOURCE, "algorithms = ['']", "algorithms", algorithms),
        (SOURCE, "algorithms = 256", "algorithms", "write it as `[\"a\", \"b\"]`"),
        (SOURCE, "leeway = 301", "leeway", "from 0 to 300"),
        (SOURCE, "leeway = '5'", "leeway", "without quotes"),
        (SOURCE, "leeway = -1", "leeway", "digits only"),
        (SOURCE, "leeway = 1.5", "leeway", "digits only"),
        (SOURCE, "leeway = true", "leeway", "digits only"),
        (SOURCE, "max_age = 0", "max_age", "from 1"),
        (SOURCE, "max_age = '1h'", "max_age", "without quotes or a unit"),
        (SOURCE, "max_token_bytes = 0", "max_token_bytes", "from 1"),
        (SOURCE, "max_token_bytes = -1", "max_token_bytes", "digits only"),
        (SOURCE, "cache = 100", "cache", "as a table"),
        (SOURCE, "errors = 's3cr3t'", "errors", "`rfc6750` or `auth0`"),
        (SOURCE, "errors = 'Auth0'", "errors", "`rfc6750` or `auth0`"),
        (SOURCE, "errors = true", "errors", "in quotes"),
        (SOURCE, "token_type = 's3cr3t'", "token_type", "`any` or `at+jwt`"),
        (SOURCE, "token_type = 'JWT'", "token_type", "`any` or `at+jwt`"),
        (SOURCE, "realm = 's3cr3t é'", "realm", "printable ASCII"),
        (SOURCE, "realm = \"s3cr3t\\r\\nSet-Cookie: a=b\"", "realm", "printable ASCII"),
        (SOURCE, "realm = ''", "realm", "for instance `api`"),
        (SOURCE, "resource = ''", "resource", "write it in full"),
        (SOURCE, "resource = 'https://s3cr3t.test '", "resource", "white space"),
        (SOURCE, "resource = 's3cr3t'", "resource", "write it in full"),
        (SOURCE, "resource = 'http://s3cr3t.test'", "resource", "write `https://…`"),
        (SOURCE, "resource = 'urn:s3cr3t'", "resource", "write `https://…`"),
        (SOURCE, "resource = 'https://s3cr3t@a.test'", "resource", "without them"),
        (SOURCE, "resource = 'https://a.test/?s3cr3t'", "resource", "up to its path"),
        (SOURCE, "resource = 'https://a.test/#s3cr3t'", "resource", "up to its path"),
        (SOURCE, "resource = ['https://s3cr3t.test']", "resource", "in quotes"),
        (SOURCE, "forward = 's3cr3t'", "forward", "write it as a table"),
        (SOURCE, "roles = []", "roles", "name at least one"),
        (SOURCE, "roles = ['']", "roles", "`/realm_access/roles`"),
        (SOURCE, "roles = ['/s3cr3t/~2']", "roles", "`~1` for `/`"),
        (SOURCE, "roles = ['groups', '/user_metadata/s3cr3t']", "roles", "only the issuer writes"),
        (SOURCE, "roles = 'https://s3cr3t.test/user_metadata'", "roles", "only the issuer writes"),
        (SOURCE, "roles = ['unsafe_metadata']", "roles", "only the issuer writes"),
        (SOURCE, "role = 's3cr3t'", "role", "did you mean `roles`?"),
        (SOURCE, "token_header = ''", "token_header", "`Cf-Access-Jwt-Assertion`"),
        (SOURCE, "token_header = 's3cr3t: a'", "token_header", "`Cf-Access-Jwt-Assertion`"),
        (SOURCE, "token_header = 'Cookie'", "token_header", "`Cf-Access-Jwt-Assertion`"),
        (SOURCE, "token_header = ['s3cr3t']", "token_header", "in quotes"),
        (SOURCE, "token_headers = 's3cr3t'", "token_headers", "did you mean `token_header`?"),
        (SOURCE, "metrics = '127.0.0.1:9464'", "metrics", "write it as a table"),
        ("audience = 'a'", "domain = 'https://s3cr3t.test/'", "domain", no_url),
        ("audience = 'a'", "domain = 's3cr3t.test/path'", "domain", no_url),
        ("audience = 'a'", "domain = 's3cr3t.test:443'", "domain", no_url),
        ("audience = 'a'", "domain = 'user@s3cr3t.test'", "domain", no_url),
        ("audience = 'a'", "domain = ' s3cr3t.test'", "domain", no_url),
        ("audience = 'a'", "domain = ''", "domain", no_url),
        ("audience = 'a'", "domain = 7", "domain", "in quotes"),
        (KEYS, "jwks_uri = 'http://s3cr3t.test/'", "jwks_uri", "write `https://…`"),
        (KEYS, "jwks_uri = 'http://localhost.s3cr3t.test/'", "jwks_uri", "write `https://…`"),
        (KEYS, "jwks_uri = 'http://127.0.0.1.s3cr3t.test/'", "jwks_uri", "write `https://…`"),
        (KEYS, "jwks_uri = 'ftp://s3cr3t.test/'", "jwks_uri", "write `https://…`"),
        (KEYS, "jwks_uri = 'file:///s3cr3t'", "jwks_uri", "write `https://…`"),
        (KEYS, "jwks_uri = 's3cr3t.test/keys'", "jwks_uri", "write it in full"),
        (KEYS, "jwks_uri = ''", "jwks_uri", "write it in full"),
        (KEYS, "jwks_uri = 'https://me:s3cr3t@a.test/'", "jwks_uri", "without them"),
        (KEYS, "jwks_uri = 'https://s3cr3t@a.test/'", "jwks_uri", "without them"),
        (KEYS, "jwks_uri = 'https://:s3cr3t@a.test/'", "jwks_uri", "without them"),
        (KEYS, "jwks_file = ''", "jwks_file", "the path of a file"),
        ("audience = 'a'", "issuer = 'http://s3cr3t.test/'", "issuer", "write `https://…`"),
        ("audience = 'a'", "issuer = 's3cr3t'", "issuer", "write it in full"),
        ("audience = 'a'\njwks_file = 'k'", "issuer = ''", "issuer", "trailing slash included"),
    ];
    for (rest, wrong, key, cure) in cases {
        let file = format!("[default.bearer]\n{rest}\n{wrong}\n");
        assert_refused(&file, &[], &[&format!("{key}`"), "[default.bearer]", "Rocket.toml", cure]);
    }
}

#[test]
fn an_algorithm_that_is_none_is_told_by_its_name_or_by_its_position() {
    let all = "; use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, \
                      EdDSA (or Ed25519), ML-DSA-44, ML-DSA-65 or ML-DSA-87";
    let none = "which is no algorithm that is verified here (names are case-sensitive)";
    let meant = |name: &str| format!("{none}; did you mean `{name}`?");
    // The names, the one that is wrong and its position, and what is said of it.
    for (names, wrong, position, words) in [
        (&["RS-256"][..], "RS-256", 1, meant("RS256")),
        (&["RS256", "rs384"], "rs384", 2, meant("RS384")),
        (&["ES256", "RS256", "EDDSA"], "EDDSA", 3, meant("EdDSA")),
        (&["s3cr3", "RS256"], "s3cr3", 1, format!("{none}{all}")),
        (&["RS256", "ML-DSA65"], "ML-DSA65", 2, meant("ML-DSA-65")),
        (&["ES_512"], "ES_512", 1, meant("ES512")),
        (&["RS256", "ES256K"], "ES256K", 2, format!("{none}{all}")),
        (&["RS256", "HS256"], "HS256", 2, "a symmetric algorithm: who can verify".to_owned()),
        (&["none"], "none", 1, format!("which allows unsigned tokens{all}")),
        (&["RS256", "\u{1b}[2J'`"], "\\u{1b}[2J\\'`", 2, format!("{none}{all}")),
    ] {
        let good = "[default.bearer]\naudience = 'image'\ndomain = 'tenant.test'\n";
        let file = format!("{good}algorithms = {}\n", serde_json::json!(names));
        assert_refused(&file, &[], &[&format!("Rocket.toml has `{wrong}`, {words}")]);

        let place = match names.len() {
            1 => "has a name".to_owned(),
            _ => format!("has a name at position {position}"),
        };
        for variable in ["BEARER_ALGORITHMS", "ALGORITHMS"] {
            let value = names.join(",");
            let said = run(Folder::with(good).path(), &[(variable, &value)], &["token"]);
            let words = format!("`{variable}` {place}, {words}");
            assert_told(&said, &value, &[], &[&words]);
            let name = names[position - 1];
            let said_of_all = said.stderr.replace(all, "");
            assert!(!said_of_all.contains(&format!("`{name}`")), "{name}: {said:?}");
        }
        let table = format!("{{algorithms=[{}]}}", serde_json::json!(names[position - 1]));
        if !table.contains('\u{1b}') {
            let words = ["`bearer.algorithms` from `ROCKET_` environment variable(s) has a name, "];
            assert_refused(good, &[("ROCKET_BEARER", &table)], &words);
        }
    }
}

#[test]
fn an_error_about_a_url_speaks_of_what_the_url_is_for() {
    let source = "audience = 'a'\ndomain = 'a.b'";
    let keys = "audience = 'a'\nissuer = 'https://a.test/'";
    let in_full = "write it in full, for instance";
    // The key, the rest of its section, what to write for no URL, why not plain http, and what is not
    // said.
    for (key, rest, no_url, http, unsaid) in [
        ("jwks_uri", keys, "`https://issuer.example/jwks.json`", "keys that anyone", "clients"),
        ("issuer", "audience = 'a'", "`https://issuer.example/`", "`jwks_uri` beside", "jwks.json"),
        ("issuer", "audience = 'a'", "the key set as `jwks_uri`", "keys that anyone", "jwks.json"),
        ("resource", source, "`https://api.example.com`", "send their tokens", "keys"),
        ("cors.origins", source, "`https://app.example.com`", "a page that", "keys"),
    ] {
        let not_url = if key == "cors.origins" { "write each in full" } else { in_full };
        for (value, words) in
            [("s3cr3t", [not_url, no_url]), ("http://s3cr3t.test", [http, "write `https://…`"])]
        {
            let file = format!("[default.bearer]\n{rest}\n{key} = '{value}'\n");
            assert_refused(&file, &[], &words);
            let said = run(Folder::with(&file).path(), &[], &["token"]);
            assert!(!said.stderr.contains(unsaid), "{key}: {unsaid:?} is in {said:?}");
        }
    }
}

#[test]
fn what_is_wrong_in_a_table_is_named_with_the_section_of_the_table() {
    // The table, the line in it that is wrong, the key that is named, the cure.
    let cases = [
        ("cors", "origin = ['s3cr3t']", "origin", "did you mean `origins`?"),
        ("cors", "origins = ['*']", "origins", "no `*`"),
        ("cors", "origins = ['null']", "origins", "write each in full"),
        ("cors", "origins = ['s3cr3t.test']", "origins", "write each in full"),
        ("cors", "origins = ['https://s3cr3t.test/']", "origins", "no path"),
        ("cors", "origins = ['https://s3cr3t.test/app']", "origins", "no path"),
        ("cors", "origins = ['https://s3cr3t.test?']", "origins", "write each in full"),
        ("cors", "origins = ['https://s3cr3t.test:443']", "origins", "not the scheme's own"),
        ("cors", "origins = ['https://S3cr3t.test']", "origins", "small letters"),
        ("cors", "origins = ['https://s3cr3t@a.test']", "origins", "write each in full"),
        ("cors", "origins = ['https://*.s3cr3t.test']", "origins", "no `*`"),
        ("cors", "origins = ['https://a.test', 'https://s3cr3t.t\u{e9}st']", "origins", "in full"),
        ("cors", "origins = ['http://s3cr3t.test']", "origins", "write `https://…`"),
        ("cors", "origins = ['app://s3cr3t']", "origins", "write each in full"),
        ("cors", "origins = [7]", "origins", "write it as `[\"a\", \"b\"]`"),
        ("forward", "header = 's3cr3t'", "header", "did you mean `headers`?"),
        ("forward", "headers = ['s3cr3t']", "headers", "write `Name=claim`"),
        ("forward", "headers = ['X-s3cr3t=']", "headers", "write `Name=claim`"),
        ("forward", "headers = ['=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['X-=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['Set-Cookie=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['Content-Length=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['X_Auth_s3cr3t=sub']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['X-s3cr3t_=sub']", "headers", "letters, digits and `-`"),
        ("forward", "headers = ['X-s3cr3t: a=sub']", "headers", "letters, digits and `-`"),
        ("forward", "headers = [\"X-A\\r\\ns3cr3t=sub\"]", "headers", "begin it with `X-`"),
        ("forward", "headers = ['X-\u{e9}=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['\u{e9}X-=s3cr3t']", "headers", "begin it with `X-`"),
        ("forward", "headers = ['X-A=/s3cr3t/~']", "headers", "`~1` for `/`"),
        ("forward", "headers = ['X-A=s3cr3t', 'x-a=b']", "headers", "keep one of the two"),
        ("log", "subs = true", "subs", "did you mean `sub`?"),
        ("log", "sub = 's3cr3t'", "sub", "`true` or `false`"),
        ("metrics", "adress = '127.0.0.1:9464'", "adress", "did you mean `address`?"),
        ("metrics", "address = 's3cr3t:9464'", "address", "`127.0.0.1:9464`"),
        ("metrics", "address = '127.0.0.1'", "address", "`127.0.0.1:9464`"),
        ("metrics", "address = ':9464'", "address", "`127.0.0.1:9464`"),
        ("metrics", "address = 9464", "address", "in quotes"),
    ];
    for (table, wrong, key, cure) in cases {
        let section = format!("[default.bearer.{table}]");
        let file =
            format!("[default.bearer]\naudience = 'a'\ndomain = 'a.b'\n{section}\n{wrong}\n");
        assert_refused(&file, &[], &[&format!("`{key}`"), &section, "Rocket.toml", cure]);
    }
}

#[test]
fn what_is_wrong_in_a_variable_is_named_with_a_cure_and_without_its_value() {
    let algorithms = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, \
                      EdDSA (or Ed25519), ML-DSA-44, ML-DSA-65 or ML-DSA-87";
    let no_url = "without `https://` and without a path";
    let api = "the identifier of your API";
    let list = "write `a,b` or `[\"a\",\"b\"]`";
    let cases = [
        ("BEARER_ISUER", SECRET, "did you mean `BEARER_ISSUER`?"),
        ("BEARER_JWKSFILE", SECRET, "did you mean `BEARER_JWKS_FILE`?"),
        ("BEARER_TOKENS", SECRET, "remove it"),
        ("BEARER_", SECRET, "remove it"),
        ("BEARER_ISSUERS__ACME__DOMIAN", SECRET, "did you mean `BEARER_ISSUERS__ACME__DOMAIN`?"),
        ("BEARER_ISSUERS__ACME__LEEWAY", SECRET, "as `BEARER_LEEWAY`"),
        ("BEARER_ISSUERS__ACME__SECRET", SECRET, "the keys are domain, issuer,"),
        ("BEARER_AUDIENCE", "", api),
        ("BEARER_AUDIENCE", ",", api),
        ("BEARER_AUDIENCE", "s3cr3t,", api),
        ("BEARER_AUDIENCE", "[]", api),
        ("BEARER_AUDIENCE", "*", api),
        ("BEARER_AUDIENCE", "s3cr3t,*", api),
        ("BEARER_AUDIENCE", "[\"s3cr3t\"", list),
        ("BEARER_AUDIENCE", "[\"s3cr3t\", 7]", list),
        ("BEARER_ALGORITHMS", "s3cr3t", algorithms),
        ("BEARER_ALGORITHMS", "RS256,s3cr3t", algorithms),
        ("BEARER_ALGORITHMS", "HS256", "symmetric"),
        ("BEARER_ALGORITHMS", "none", "unsigned"),
        ("BEARER_ALGORITHMS", "[]", "name at least one"),
        ("BEARER_LEEWAY", "s3cr3t", "digits only"),
        ("BEARER_LEEWAY", "-1", "digits only"),
        ("BEARER_LEEWAY", "5s", "digits only"),
        ("BEARER_LEEWAY", "301", "from 0 to 300"),
        ("BEARER_LEEWAY", "99999999999999999999", "digits only"),
        ("BEARER_MAX_AGE", "0", "from 1"),
        ("BEARER_MAX_TOKEN_BYTES", "0", "from 1"),
        ("BEARER_ERRORS", "s3cr3t", "`rfc6750` or `auth0`"),
        ("BEARER_TOKEN_TYPE", "s3cr3t", "`any` or `at+jwt`"),
        ("BEARER_REALM", "s3cr3t é", "printable ASCII"),
        ("BEARER_RESOURCE", "https://s3cr3t.test/?", "up to its path"),
        ("BEARER_FORWARD__HEADERS", "Cookie=s3cr3t", "begin it with `X-`"),
        ("BEARER_FORWARD__HEADERS", "s3cr3t", "write `Name=claim`"),
        ("BEARER_CORS__ORIGINS", "https://a.test,https://s3cr3t.test/", "no path"),
        ("BEARER_CORS__ORIGINS", "*", "no `*`"),
        ("BEARER_FORWARD", "s3cr3t", "write it as a table"),
        ("BEARER_ROLES", "nickname", "only the issuer writes"),
        ("BEARER_ROLES", "[]", "name at least one"),
        ("BEARER_TOKEN_HEADER", "s3cr3t é", "`Cf-Access-Jwt-Assertion`"),
        ("BEARER_DOMAIN", "https://s3cr3t.test", no_url),
        ("BEARER_DOMAIN", "s3cr3t.test/path", no_url),
        ("BEARER_JWKS_URI", "http://s3cr3t.test/", "write `https://…`"),
        ("BEARER_JWKS_URI", "s3cr3t", "write it in full"),
        ("BEARER_JWKS_URI", "https://me:s3cr3t@issuer.test/", "without them"),
        ("API_AUDIENCE", "", api),
        ("AUTH0_DOMAIN", "https://s3cr3t.test/", no_url),
        ("ALGORITHMS", "s3cr3t", algorithms),
    ];
    let file = "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.test/'\n\
                jwks_file = 'keys.json'\n";
    for (variable, value, cure) in cases {
        assert_refused(file, &[(variable, value)], &[&format!("`{variable}`"), cure]);
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let file = "[default.bearer]\naudience = 'image'\ndomain = tenant.test\n";
    assert_refused(file, &[], &["Rocket.toml", "line 3", "correct the file"]);
}

#[test]
fn the_size_of_the_cache_is_a_number_that_bounds() {
    let good = "[default.bearer]\naudience = 'image'\ndomain = 'tenant.test'\n";
    for (line, named, cure) in [
        ("cache.tokens = -1", "`tokens` in [default.bearer.cache]", "digits only"),
        ("cache.tokens = 10_000_001", "`tokens` in [default.bearer.cache]", "0 turns it off"),
        ("cache.tokesn = 1", "`tokesn` in [default.bearer.cache]", "did you mean `tokens`?"),
    ] {
        assert_refused(&format!("{good}{line}\n"), &[], &[named, cure]);
    }
    for (value, cure) in [("many", "digits only"), ("-1", "digits only"), ("99999999", "off")] {
        let variable = "BEARER_CACHE__TOKENS";
        assert_refused(good, &[(variable, value)], &[variable, cure]);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = Folder::with("[default.bearer]\ndomain = 'tenant.test'\naudience = 'image'\n");
    for variable in ["BEARER_AUDIENCE", "BEARER_REALM", "API_AUDIENCE"] {
        let value = OsStr::from_bytes(b"s3cr3t\xff");
        let said = Running::spawn(command(folder.path()).env(variable, value).arg("token")).end();
        assert_told(&said, "", &[(variable, "not UTF-8")], &[&format!("`{variable}`"), "UTF-8"]);
    }
}

#[test]
fn the_section_of_a_profile_is_named_with_the_profile() {
    for profile in ["debug", "auth0", "staging"] {
        let file = format!("[{profile}.bearer]\nisuer = 's3cr3t'\n");
        let section = format!("[{profile}.bearer]");
        assert_refused(&file, &[("ROCKET_PROFILE", profile)], &["`isuer`", &section]);
    }
}

#[test]
fn a_bearer_that_is_no_table_is_named_with_its_origin() {
    let words = |origin| ["`bearer`", "[default.bearer]", origin];
    assert_refused("[default]\nbearer = 's3cr3t'\n", &[], &words("Rocket.toml"));
    assert_refused("", &[("ROCKET_BEARER", SECRET)], &words("ROCKET_"));
}

#[test]
fn a_domain_of_dots_is_no_host_name() {
    for domain in [".", "..", "a..b", ".a", "-"] {
        let file = format!("[default.bearer]\naudience = 'image'\ndomain = '{domain}'\n");
        assert_refused(&file, &[], &["`domain`", "is not a host name"]);
    }
}

#[test]
fn nothing_is_dropped_without_a_word() {
    let good = "[default.bearer]\naudience = 'image'\nissuer = 'https://a.test/'\n";
    let dotted = format!("{good}'issuers.acme.issuer' = 'https://b.test/'\n");
    assert_refused(&dotted, &[], &["issuers.acme.issuer", "dot", "table"]);
    let jwks = format!("{good}'jwks.watch' = false\n");
    assert_refused(&jwks, &[], &["jwks.watch", "dot", "table"]);
    // Which of the two would win is the order of the environment.
    let twice = [("BEARER_AUDIENCE", "a"), ("bearer_audience", "b")];
    assert_refused(good, &twice, &["BEARER_AUDIENCE", "twice", "unset"]);
    // An empty audience is as wrong for one issuer as for all.
    let empty = [("BEARER_ISSUERS__ACME__DOMAIN", "a.b"), ("BEARER_ISSUERS__ACME__AUDIENCE", "")];
    assert_refused(good, &empty, &["BEARER_ISSUERS__ACME__AUDIENCE", "empty"]);
    // The name may lead anywhere: who resolves it is not asked to know RFC 6761.
    let plain = format!("{good}jwks_uri = 'http://keys.localhost/'\n");
    assert_refused(&plain, &[], &["jwks_uri", "https"]);
}

#[test]
fn what_is_wrong_with_fetching_is_named_with_its_place_and_a_cure() {
    let seconds = "a whole number of seconds, from 1";
    let longer = "write a longer `jwks.stale`, or a shorter `jwks.refresh`";
    let good = "[default.bearer]\ndomain = 'tenant.test'\naudience = 'image'\n";
    // The key, its value as TOML and in a variable, the cure.
    for (key, in_file, in_variable, cure) in [
        ("refresh", "0", "0", seconds),
        ("refresh", "'10m'", "10m", "digits only"),
        ("refresh", "86400", "86400", longer),
        ("stale", "600", "600", longer),
        ("stale", "0", "0", seconds),
        ("cooldown", "0", "0", seconds),
        ("cooldown", "-1", "-1", "digits only"),
        ("timeout", "0", "0", seconds),
        ("timeout", "99999999999", "99999999999", seconds),
        ("max_bytes", "0", "0", "a number of bytes, from 1"),
        ("proxy", "'s3cr3t'", "s3cr3t", "`http://host:port`"),
        ("proxy", "'socks5://s3cr3t:1080'", "socks5://s3cr3t:1080", "`http://host:port`"),
        ("watch", "'yes'", "yes", "`true` or `false`"),
        ("coldown", "1", "1", "did you mean"),
    ] {
        let file = format!("{good}[default.bearer.jwks]\n{key} = {in_file}\n");
        let place = [&format!("`{key}`"), "[default.bearer.jwks]", "Rocket.toml", cure];
        assert_refused(&file, &[], &place);
        let variable = format!("BEARER_JWKS__{}", key.to_uppercase());
        assert_refused(good, &[(&variable, in_variable)], &[&format!("`{variable}`"), cure]);
    }
    let file = format!("{good}jwks = 's3cr3t'\n");
    assert_refused(&file, &[], &["`jwks`", "[default.bearer]", "write it as a table"]);
}
