//! `jwks_token_file`: where it is said, what it stands beside, and what is said of it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::program::{Folder, Pair, Server, Variables, run, token};
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::leaks;
use crate::{SECRET, assert_refused};

const OPENID: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/openid/v1/jwks";

/// What the issuer wants; no line may have it.
const TOKEN: &str = "s3cr3t-serviceaccount-token-0123456789";

fn issuer(pair: &Pair) -> MockIssuer {
    leaks::keep(TOKEN);
    let issuer = MockIssuer::start_guarded(TOKEN);
    let jwks_uri = format!("{}{JWKS}", issuer.url);
    issuer.answers(
        OPENID,
        IssuerAnswer::json(&json!({ "issuer": issuer.url, "jwks_uri": jwks_uri })),
    );
    issuer.answers(JWKS, IssuerAnswer::json(&json!({ "keys": [pair.jwk] })));
    issuer
}

fn toml(url: &str, more: &str) -> String {
    format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\njwks.cooldown = 1\n\
         issuer = '{url}'\n{more}\n"
    )
}

#[test]
fn a_file_or_a_variable_names_it_and_check_and_explain_send_it_too() {
    let pair = Pair::new("mine");
    let issuer = issuer(&pair);
    let uri = format!("jwks_uri = '{}{JWKS}'", issuer.url);
    let beside = "jwks_token_file = 'run/token'";
    let variable: Variables<'_> = &[("BEARER_JWKS_TOKEN_FILE", "run/token")];
    let named = format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         [default.bearer.issuers.k8s]\nissuer = '{}'\n",
        issuer.url
    );
    let of_name: Variables<'_> = &[("BEARER_ISSUERS__K8S__JWKS_TOKEN_FILE", "run/token")];
    for (file, variables) in [
        (toml(&issuer.url, beside), &[][..]),
        (toml(&issuer.url, &format!("{uri}\n{beside}")), &[]),
        (toml(&issuer.url, ""), variable),
        (toml(&issuer.url, "jwks_token_file = 'absent'"), variable),
        (format!("{named}{beside}\n"), &[]),
        (named.clone(), of_name),
    ] {
        // A variable's path begins in the working directory, a file's beside the file.
        let folder = Folder::with(&file).and("run/token", format!("{TOKEN}\n"));
        let folder = folder.and("mine.pem", &pair.pem);
        let checked = run(folder.path(), variables, &["check"]);
        assert_eq!(checked.code, Some(0), "{file}{variables:?}: {checked:?}");
        assert!(!checked.stdout.contains(SECRET), "{checked:?}");
        let own = token(folder.path(), variables, &["--key", "mine.pem", "--kid", "mine"]);
        let explained = run(folder.path(), variables, &["explain", &own]);
        assert_eq!(explained.code, Some(0), "{file}{variables:?}: {explained:?}");
    }
    let sent = format!("authorization: Bearer {TOKEN}\r\n");
    assert!(issuer.heads().iter().all(|head| head.contains(&sent)));
}

#[test]
fn check_names_the_file_without_a_token_and_the_key_where_none_is_named() {
    let issuer = issuer(&Pair::new("mine"));
    let beside = "jwks_token_file = 'token'";
    let wanted = "; if it wants a token, name a file with one as `jwks_token_file`";
    let cure = "name as `jwks_token_file` a file with a bearer token and nothing else";
    for (more, content, words) in [
        (beside, None, ["/token) cannot be read: No such file", cure]),
        (beside, Some(""), ["/token) is empty", cure]),
        (beside, Some("s3cr3t s3cr3t"), ["/token) holds no token: white space", cure]),
        (beside, Some("s3cr3t"), ["403 Forbidden", "of `jwks_token_file` is not accepted there"]),
        ("", None, ["answers with status 403 Forbidden, not 200", wanted]),
    ] {
        for keys in [String::new(), format!("jwks_uri = '{}{JWKS}'\n", issuer.url)] {
            let folder = Folder::with(&toml(&issuer.url, &format!("{keys}{more}")));
            let folder = match content {
                Some(content) => folder.and("token", content),
                None => folder,
            };
            let said = run(folder.path(), &[], &["check"]);
            assert_eq!(said.code, Some(1), "{said:?}");
            assert!(said.stdout.contains(words[0]), "{words:?}: {said:?}");
            assert_eq!(said.stdout.matches(words[1]).count(), 1, "{words:?}: {said:?}");
            assert!(!said.stdout.contains(SECRET), "{said:?}");
        }
    }
    let folder = Folder::with(&toml(&issuer.url, ""));
    let said = run(folder.path(), &[("BEARER_JWKS_TOKEN_FILE", "absent")], &["check"]);
    let place = format!("`BEARER_JWKS_TOKEN_FILE` ({}/absent)", folder.path().display());
    assert!(said.code == Some(1) && said.stdout.contains(&place), "{said:?}");
}

#[test]
fn keys_elsewhere_that_want_a_token_are_to_be_named() {
    let issuer = issuer(&Pair::new("mine"));
    let jwks_uri = format!("{}{JWKS}", issuer.url.replace("127.0.0.1", "localhost"));
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": jwks_uri });
    issuer.answers(OPENID, IssuerAnswer::json(&metadata));
    let beside = "jwks_token_file = 'token'";
    let folder = Folder::with(&toml(&issuer.url, beside)).and("token", TOKEN);
    let said = run(folder.path(), &[], &["check"]);
    let words =
        "is for the origin of `issuer` only: if you trust that address, name it yourself as";
    assert!(said.code == Some(1) && said.stdout.contains(words), "{said:?}");
    let said = run(folder.path(), &[("BEARER_JWKS_URI", &jwks_uri)], &["check"]);
    assert!(said.stdout.contains("name a file with one as `jwks_token_file`"), "{said:?}");
    let both = [("BEARER_JWKS_URI", &*jwks_uri), ("BEARER_JWKS_TOKEN_FILE", "token")];
    let said = run(folder.path(), &both, &["check"]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// A token must not go to an origin that it was not written for.
#[test]
fn a_variable_that_moves_the_source_puts_the_files_token_aside() {
    let pair = Pair::new("mine");
    let (own, other) = (issuer(&pair), issuer(&pair));
    let (own_uri, other_uri) = (format!("{}{JWKS}", own.url), format!("{}{JWKS}", other.url));
    let beside = "jwks_token_file = 'token'";
    let by_issuer = toml(&own.url, beside);
    let by_uri = toml(&own.url, &format!("{beside}\njwks_uri = '{own_uri}'"));
    // The file, the variables, and whether the issuers get the token, where they are asked at all.
    let cases: [(&str, Variables<'_>, Option<bool>); 9] = [
        (&by_issuer, &[], Some(true)),
        (&by_uri, &[], Some(true)),
        (&by_issuer, &[("BEARER_AUDIENCE", "other")], Some(true)),
        (&by_issuer, &[("BEARER_ISSUER", &other.url)], Some(false)),
        (&by_uri, &[("BEARER_ISSUER", "https://other.test/")], Some(true)),
        (&by_issuer, &[("BEARER_JWKS_URI", &other_uri)], Some(false)),
        (&by_uri, &[("BEARER_JWKS_URI", &other_uri)], Some(false)),
        (
            &by_uri,
            &[("BEARER_JWKS_URI", &other_uri), ("BEARER_JWKS_TOKEN_FILE", "token")],
            Some(true),
        ),
        (&by_uri, &[("BEARER_JWKS_FILE", "set.json")], None),
    ];
    for (file, variables, expected) in cases {
        let folder = Folder::with(file).and("token", TOKEN).and("set.json", pair.set());
        let heads = || [own.heads(), other.heads()].concat();
        let with_token = || heads().iter().filter(|head| head.contains(TOKEN)).count();
        let before = (heads().len(), with_token());
        let said = run(folder.path(), variables, &["explain", "a.b.c"]);
        assert_eq!(said.code, Some(1), "{file}{variables:?}: {said:?}");
        let was_sent = (heads().len() > before.0).then(|| with_token() > before.1);
        assert_eq!(was_sent, expected, "{file}{variables:?}");
    }
    // A provider may be the only one to say where the keys are; what is refused here asks a proxy.
    let of_provider = "[default.bearer]\naudience = 'a'\nprovider = 'google'\njwks_token_file = 'absent'\n\
                       jwks.proxy = 'http://127.0.0.1:1'\n";
    let beside_issuer = of_provider.replace("'google'", "'hydra'\nissuer = 'https://a.invalid/'");
    for (file, provider, expected) in
        [(of_provider, "github-actions", false), (&beside_issuer, "kubernetes", true)]
    {
        let said = run(Folder::with(file).path(), &[("BEARER_PROVIDER", provider)], &["check"]);
        assert_eq!(said.stdout.contains("`jwks_token_file`"), expected, "{provider}: {said:?}");
    }
    // With a domain too, whose issuer is elsewhere.
    let folder = Folder::with(&by_uri).and("token", TOKEN);
    let said = run(folder.path(), &[("BEARER_DOMAIN", "tenant.invalid")], &["check"]);
    assert!(!said.stdout.contains("`jwks_token_file`"), "{said:?}");
}

#[test]
fn what_it_cannot_stand_beside_is_named_with_its_cure() {
    let beside = "jwks_token_file = 's3cr3t'\n";
    let with_file = toml("https://a.test/", &format!("{beside}jwks_file = 'set.json'"));
    let not_fetched = "these keys are not fetched; remove it, or write `jwks_uri`";
    assert_refused(&with_file, &[], &["`jwks_token_file` in [default.bearer]", not_fetched]);
    let with_file = toml("https://a.test/", "jwks_file = 'set.json'");
    let variable = ("BEARER_JWKS_TOKEN_FILE", "s3cr3t");
    assert_refused(&with_file, &[variable], &["`BEARER_JWKS_TOKEN_FILE`", not_fetched]);
    // An issuer under a name does not inherit it.
    let top = format!(
        "[default.bearer]\naudience = 'image'\n{beside}\
         [default.bearer.issuers.k8s]\nissuer = 'https://a.test/'\n"
    );
    let none_inherits = "stands beside no issuer, and none inherits it; write it in the table of";
    assert_refused(&top, &[], &["`jwks_token_file` in [default.bearer]", none_inherits]);
    for (value, words) in [
        ("''", "is empty; write the path of a file"),
        ("7", "is not a string"),
        ("['s3cr3t']", "is not a string"),
        ("'eyJz3cr3t.eyJz.s3cr3t'", "is a token; write the path of a file that holds it"),
    ] {
        let file = toml("https://a.test/", &format!("jwks_token_file = {value}"));
        assert_refused(&file, &[], &["`jwks_token_file` in [default.bearer]", words]);
    }
    let pasted = ("BEARER_JWKS_TOKEN_FILE", "eyJz3cr3t.eyJz.s3cr3t");
    assert_refused(&toml("https://a.test/", ""), &[pasted], &["is a token; write the path"]);
}

#[test]
fn a_server_starts_without_its_token_and_recovers_when_it_comes() {
    let pair = Pair::new("mine");
    let issuer = issuer(&pair);
    // The address of the server is the first on 127.0.0.1 that it says.
    let uri = format!("{}{JWKS}", issuer.url.replace("127.0.0.1", "localhost"));
    let beside = format!("jwks_uri = '{uri}'\njwks_token_file = 'token'");
    let folder = Folder::with(&toml("https://a.test/", &beside)).and("mine.pem", &pair.pem);
    let own = token(folder.path(), &[], &["--key", "mine.pem", "--kid", "mine"]);
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.verdict(&own).0, 503);
    let ready = server.get("/readyz", None);
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["issuers"][0]["error"], "unusable_token_file");
    fs::write(folder.path().join("token"), TOKEN).unwrap();
    let begun = Instant::now();
    while server.verdict(&own).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not recover");
        thread::yield_now();
    }
    let said = server.terminate();
    let path = folder.path().display();
    let words = format!("Rocket.toml ({path}/token) cannot be read: No such file");
    assert_eq!(said.stderr.matches(&words).count(), 1, "{said:?}");
    assert!(!said.stderr.contains(SECRET), "{said:?}");
}
