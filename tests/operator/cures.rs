//! Each cure that `explain` prints is done, and the token is accepted then.

use serde_json::json;

use super::program::{Folder, Pair, Variables, run, token};
use super::support::issuer::{IssuerAnswer, MockIssuer};
use super::support::{Signer, but, good_claims};

/// A diagnosis, how the token is made, what is configured, and what is configured by the cure.
type Row<'r> = (&'r str, &'r [&'r str], Variables<'r>, Variables<'r>);

fn folder() -> Folder {
    let pair = Pair::new("k1");
    // Another key keeps the set of use where ES256 is not allowed.
    let other = but(Signer::of("EdDSA").jwk, json!({ "kid": "k2" }));
    let set = json!({ "keys": [pair.jwk, other] }).to_string();
    Folder::with(
        "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'\n\
         algorithms = ['ES256']\n",
    )
    .and("keys.json", set)
    .and("k1.pem", pair.pem)
}

/// A token of the issuer, made by its own key whatever is configured.
fn minted(folder: &Folder, arguments: &[&str]) -> String {
    let fixed = ["--key", "k1.pem", "--kid", "k1"];
    token(folder.path(), &[], &[&fixed[..], arguments].concat())
}

/// Asserts that `explain` names the diagnosis, and nothing but accepts when the cure is done.
#[track_caller]
fn assert_cured(
    folder: &Folder,
    name: &str,
    sent: [&str; 2],
    before: Variables<'_>,
    after: Variables<'_>,
) {
    let said = run(folder.path(), before, &["explain", sent[0]]);
    assert_eq!(said.code, Some(1), "{name}: {said:?}");
    assert!(said.stdout.contains(&format!("\n{name}: ")), "{name} is not in {said:?}");
    let cured = run(folder.path(), after, &["explain", sent[1]]);
    assert_eq!(cured.code, Some(0), "{name}: {cured:?}");
}

#[test]
fn a_mangled_token_is_cured_where_it_was_mangled() {
    let folder = folder();
    let good = minted(&folder, &[]);
    let wrapped = format!("{}\n{}", &good[..60], &good[60..]);
    let pasted = format!("Authorization: Bearer {good}");
    let other = minted(&folder, &["--sub", "another-signature"]);
    let (head, signature) =
        (&good[..good.rfind('.').unwrap()], &other[other.rfind('.').unwrap()..]);
    for (name, sent) in [
        ("quoted", format!("\"{good}\"")),
        ("url_encoded", good.replace('.', "%2E")),
        ("other_base64", format!("{good}==")),
        ("line_broken", wrapped),
        ("token_response", json!({ "access_token": good }).to_string()),
        ("header_pasted", pasted),
        ("white_space", format!("{good} {good}")),
        ("bearer_alone", "Bearer".to_owned()),
        ("variable_unset", "undefined".to_owned()),
        ("cut_off", good[..good.len() - 1].to_owned()),
        ("nothing_sent", " ".to_owned()),
        ("bad_signature", format!("{head}{signature}")),
        ("refresh_token", "v1.a".to_owned()),
        ("client_secret", "GOCSPX-a".to_owned()),
        ("other_scheme", format!("Basic {}", "a".repeat(9))),
    ] {
        assert_cured(&folder, name, [&sent, &good], &[], &[]);
    }
}

#[test]
fn a_token_that_the_configuration_refuses_is_cured_by_the_key_that_is_named() {
    let folder = folder();
    let long = format!("filling={}", "x".repeat(20_000));
    let old = ["--claim", "iat=1000000000"];
    let (ours, other) =
        ("11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555");
    let template = ("BEARER_ISSUER", "https://login.test/{tenantid}/v2.0");
    let of_other =
        ["--iss", &format!("https://login.test/{other}/v2.0"), "--claim", &format!("tid={other}")];
    let rows: [Row<'_>; 16] = [
        ("too_long", &["--claim", &long], &[], &[("BEARER_MAX_TOKEN_BYTES", "40000")]),
        (
            "algorithm_not_allowed",
            &[],
            &[("BEARER_ALGORITHMS", "EdDSA")],
            &[("BEARER_ALGORITHMS", "EdDSA,ES256")],
        ),
        ("wrong_type", &[], &[("BEARER_TOKEN_TYPE", "at+jwt")], &[("BEARER_TOKEN_TYPE", "any")]),
        (
            "issuer_slash",
            &["--iss", "https://issuer.test"],
            &[],
            &[("BEARER_ISSUER", "https://issuer.test")],
        ),
        ("issuer_spelling", &["--iss", "issuer.test/"], &[], &[("BEARER_ISSUER", "issuer.test/")]),
        (
            "other_issuer",
            &["--iss", "https://second.test/"],
            &[],
            &[
                ("BEARER_ISSUERS__SECOND__ISSUER", "https://second.test/"),
                ("BEARER_ISSUERS__SECOND__JWKS_FILE", "keys.json"),
            ],
        ),
        (
            "custom_domain",
            &["--iss", "https://issuer.test/"],
            &[("BEARER_ISSUER", "https://tenant.eu.auth0.com/")],
            &[("BEARER_ISSUER", "https://issuer.test/")],
        ),
        (
            "tenant_not_listed",
            &of_other,
            &[template, ("BEARER_TENANTS", ours)],
            &[template, ("BEARER_TENANTS", &format!("{ours},{other}"))],
        ),
        ("wrong_audience", &["--aud", "other-api"], &[], &[("BEARER_AUDIENCE", "other-api")]),
        ("too_old", &old, &[("BEARER_MAX_AGE", "60")], &[("BEARER_MAX_AGE", "3000000000")]),
        ("clock_skew", &["--not-before", "60s"], &[], &[("BEARER_LEEWAY", "300")]),
        (
            "wrong_client",
            &["--claim", "azp=page"],
            &[("BEARER_CLIENTS", "app")],
            &[("BEARER_CLIENTS", "app,page")],
        ),
        ("no_client", &[], &[("BEARER_CLIENTS", "app")], &[]),
        (
            "wrong_claim",
            &["--claim", "tier=gold"],
            &[("BEARER_CLAIMS", "{\"tier\":\"silver\"}")],
            &[("BEARER_CLAIMS", "{\"tier\":\"gold\"}")],
        ),
        (
            "anonymous_session",
            &["--sub", "anon@1"],
            &[("BEARER_ANONYMOUS", "false")],
            &[("BEARER_ANONYMOUS", "true")],
        ),
        ("sender_constrained", &["--claim", "cnf={\"jkt\":\"x\"}"], &[], &[]),
    ];
    for (name, arguments, before, after) in rows {
        let mut token = minted(&folder, arguments);
        let sent = token.clone();
        // Cures at the issuer: it makes another token.
        if ["no_client", "sender_constrained"].contains(&name) {
            token = minted(&folder, &[]);
        }
        let name = if name == "clock_skew" { "not_yet_valid" } else { name };
        assert_cured(&folder, name, [&sent, &token], before, after);
    }
}

#[test]
fn a_token_that_only_its_issuer_can_cure_is_accepted_when_it_is_made_so() {
    let folder = folder();
    let good = minted(&folder, &[]);
    for (name, arguments) in [
        ("unsigned", &["--header", "alg=none"][..]),
        ("shared_secret", &["--header", "alg=HS256"]),
        ("critical_extension", &["--header", "crit=[\"b64\"]"]),
        ("wrong_type", &["--header", "typ=JOSE"]),
        ("not_to_the_letter", &["--header", "typ=null"]),
        ("other_algorithm_of_key", &["--header", "alg=ES384"]),
        ("unknown_key", &["--header", "kid=old"]),
        ("development_key", &["--header", "kid=dev-rs256"]),
        ("bad_claim", &["--claim", "exp=\"soon\""]),
        ("milliseconds", &["--claim", "iat=1777636800000"]),
        ("expired", &["--expires-in=-1m"]),
        ("id_token", &["--aud", "app", "--claim", "nonce=n"]),
        ("graph_token", &["--aud", "00000003-0000-0000-c000-000000000000"]),
        ("no_audience", &["--claim", "aud=[]"]),
        ("cnf_null", &["--claim", "cnf=null"]),
    ] {
        let sent = minted(&folder, arguments);
        let algorithms = [("BEARER_ALGORITHMS", "ES256,ES384")];
        assert_cured(&folder, name, [&sent, &good], &algorithms, &algorithms);
    }
}

/// A key of the testing kit signs, for `token` writes `kid` always.
#[test]
fn a_token_without_a_key_id_is_cured_by_the_line_that_is_named() {
    let key = Signer::of("ES256");
    let folder = folder().and("keys.json", json!({ "keys": [key.jwk] }).to_string());
    let claims = but(good_claims(), json!({ "iss": "https://issuer.test/", "aud": "image" }));
    let token = key.token(&json!({ "alg": "ES256" }), &claims);
    assert_cured(&folder, "no_kid", [&token, &token], &[], &[("BEARER_KID", "optional")]);
}

/// Google's access tokens are opaque: its ID tokens are what an API can read.
#[test]
fn an_access_token_of_google_is_cured_by_its_id_token_and_the_preset() {
    let folder = folder();
    let (client, google) = ("1.apps.googleusercontent.com", "https://accounts.google.com");
    let id_token = minted(&folder, &["--iss", google, "--aud", client]);
    let issuer = ("BEARER_ISSUER", google);
    let preset = [issuer, ("BEARER_PROVIDER", "google"), ("BEARER_AUDIENCE", client)];
    assert_cured(&folder, "google_access_token", ["ya29.a", &id_token], &[issuer], &preset);
}

/// The keys of an issuer that does not answer are nowhere yet, so they are left to be discovered.
#[test]
fn a_spelling_by_which_no_keys_are_fetched_is_cured_by_an_alias() {
    let issuer = MockIssuer::start();
    let key = Signer::of("ES256");
    let spelling = issuer.url.replace("http://", "");
    let claims = but(good_claims(), json!({ "iss": spelling, "aud": "image" }));
    let token = key.token(&key.header(), &claims);
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nissuer = '{}'\nalgorithms = ['ES256']\n",
        issuer.url
    ));
    let said = run(folder.path(), &[], &["explain", &token]);
    let line = format!("write beside it `aliases = [\"{spelling}\"]`");
    assert!(said.stdout.contains("\nissuer_spelling: ") && said.stdout.contains(&line), "{said:?}");
    let jwks_uri = format!("{}/jwks.json", issuer.url);
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": jwks_uri });
    issuer.answers("/.well-known/openid-configuration", IssuerAnswer::json(&metadata));
    issuer.answers("/jwks.json", IssuerAnswer::keys(&[&key]));
    let said = run(folder.path(), &[("BEARER_ALIASES", &spelling)], &["explain", &token]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_token_of_another_tenant_or_environment_is_cured_by_one_of_the_right() {
    let (ours, other) =
        ("11111111-2222-4333-8444-55555555555f", "22222222-2222-4333-8444-555555555555");
    let folder = folder();
    let variables = [
        ("BEARER_ISSUER", "https://login.test/{tenantid}/v2.0"),
        ("BEARER_TENANTS", ours),
        ("BEARER_ISSUERS__SECOND__ISSUER", "https://second.test/"),
        ("BEARER_ISSUERS__SECOND__JWKS_FILE", "second.json"),
    ];
    let folder = folder.and("second.json", Pair::new("k2").set());
    let of = |in_iss: &str, tid: &str| {
        let iss = format!("https://login.test/{in_iss}/v2.0");
        minted(&folder, &["--iss", &iss, "--claim", &format!("tid={tid}")])
    };
    let good = of(ours, ours);
    for (name, sent) in [
        ("tenant_mismatch", of(ours, other)),
        ("tenant_spelling", of(&ours.to_uppercase(), &ours.to_uppercase())),
        ("key_of_another_issuer", minted(&folder, &["--iss", "https://second.test/"])),
    ] {
        assert_cured(&folder, name, [&sent, &good], &variables, &variables);
    }
}

/// What `check` tells of the issuer then is followed in `check_cures`.
#[test]
fn keys_that_are_missing_are_cured_by_an_issuer_that_publishes_them() {
    let issuer = MockIssuer::start();
    let key = Signer::of("ES256");
    let claims = but(good_claims(), json!({ "iss": issuer.url, "aud": "image" }));
    let token = key.token(&key.header(), &claims);
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nissuer = '{0}'\njwks_uri = '{0}/jwks.json'\n\
         algorithms = ['ES256']\n",
        issuer.url
    ));
    let explained = |more: &[&str]| run(folder.path(), &[], &[&["explain", &token], more].concat());
    let no_key = IssuerAnswer::json(&json!({ "keys": [] }));
    for (name, answer, more) in [
        ("keys_unavailable", IssuerAnswer::text(500, "X: y", ""), &[][..]),
        ("no_usable_key", no_key, &[]),
        ("offline", IssuerAnswer::keys(&[&key]), &["--offline"]),
    ] {
        issuer.answers("/jwks.json", answer);
        let said = explained(more);
        let is_told = said.stdout.contains(&format!("\n{name}: "));
        assert!(said.code == Some(1) && is_told, "{name}: {said:?}");
    }
    assert_eq!(explained(&[]).code, Some(0));
}
