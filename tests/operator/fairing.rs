//! `Bearer` in a program of one's own: what it reads, and which tokens that lets in.

use figment::Jail;
use rocket::figment::Figment;
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket_bearer::Bearer;
use serde_json::{Value, json};

use crate::program::Variables;
use crate::support::{self, AUDIENCE, ISSUER, Signer, but, claims_at, good_claims, now};

/// Issues RS256 and ES256 tokens, of which a configuration accepts the former if nothing is said.
const FILE: &str = "[default.bearer]\naudience = 'image'\nissuer = 'https://issuer.localhost/'\n\
                    jwks_file = 'keys.json'\n";

/// Runs `test` where this `Rocket.toml`, the keys of two signers and these variables are all there
/// is.
#[allow(clippy::result_large_err, reason = "figment wants it so")]
fn in_jail(file: &str, variables: Variables<'_>, test: impl FnOnce()) {
    let keys = json!({ "keys": [Signer::of("RS256").jwk, Signer::of("ES256").jwk] }).to_string();
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("Rocket.toml", file)?;
        jail.create_file("keys.json", &keys)?;
        jail.set_env("ROCKET_LOG_LEVEL", "off");
        for (name, value) in variables {
            jail.set_env(name, value);
        }
        test();
        Ok(())
    });
}

fn client(figment: Figment, bearer: Bearer) -> Client {
    let rocket = rocket_bearer::app::mounted_on(support::leaks::watched(figment)).attach(bearer);
    Client::untracked(rocket).expect("the app launches")
}

/// The status of the answer to each token.
fn statuses(client: &Client, tokens: &[&str]) -> Vec<u16> {
    let status = |token: &&str| {
        let authorization = Header::new("Authorization", format!("Bearer {token}"));
        client.get("/headers").header(authorization).dispatch().status().code
    };
    tokens.iter().map(status).collect()
}

/// What a program with this file and these variables answers to the tokens.
fn answers(file: &str, variables: Variables<'_>, tokens: &[&str]) -> Vec<u16> {
    let mut answers = vec![];
    in_jail(file, variables, || {
        let client = client(rocket::Config::figment(), Bearer::fairing());
        answers = statuses(&client, tokens);
    });
    answers
}

fn signed(alg: &'static str, members: Value) -> String {
    let signer = Signer::of(alg);
    signer.token(&signer.header(), &but(good_claims(), members))
}

#[test]
fn every_setting_is_in_force_from_the_file_and_over_it_from_the_environment() {
    let expired_for_100_s = signed("RS256", json!({ "exp": now() - 100 }));
    let issued_1000_s_ago = signed("RS256", json!({ "iat": now() - 1000 }));
    let good = signed("RS256", json!({}));
    let by_es256 = signed("ES256", json!({}));
    let for_other = signed("RS256", json!({ "aud": "other" }));
    let of_other = signed("RS256", json!({ "iss": "https://other.test/" }));
    // The key, its value in the file and in a variable, a token, its status without and with that.
    let cases = [
        ("leeway", "300", "300", &expired_for_100_s, 401, 200),
        ("max_age", "60", "60", &issued_1000_s_ago, 200, 401),
        ("max_age", "2000", "2000", &issued_1000_s_ago, 200, 200),
        ("max_token_bytes", "100", "100", &good, 200, 401),
        ("cache.tokens", "0", "0", &good, 200, 200),
        ("token_type", "'at+jwt'", "at+jwt", &good, 200, 401),
        ("errors", "'auth0'", "auth0", &"garbage".to_owned(), 401, 400),
        ("algorithms", "['ES256']", "ES256", &by_es256, 401, 200),
        ("algorithms", "['ES256']", "ES256", &good, 200, 401),
        ("algorithms", "['RS256', 'ES256']", "RS256,ES256", &by_es256, 401, 200),
        ("audience", "'other'", "other", &for_other, 401, 200),
        ("audience", "'other'", "other", &good, 200, 401),
        ("audience", "['image', 'other']", "image,other", &for_other, 401, 200),
        ("audience", "['image', 'other']", "[\"image\",\"other\"]", &good, 200, 200),
        ("issuer", "'https://other.test/'", "https://other.test/", &of_other, 401, 200),
        ("issuer", "'https://issuer.localhost'", "https://issuer.localhost", &good, 200, 401),
    ];
    for (key, in_file, in_variable, token, before, with) in cases {
        let file = format!("{FILE}[debug.bearer]\n{key} = {in_file}\n");
        let variable = format!("BEARER_{}", key.to_ascii_uppercase().replace('.', "__"));
        let variables = [(variable.as_str(), in_variable)];
        assert_eq!(answers(FILE, &[], &[token]), [before], "without {key}: {token}");
        assert_eq!(answers(&file, &[], &[token]), [with], "{file}: {token}");
        assert_eq!(answers(FILE, &variables, &[token]), [with], "{variables:?}: {token}");
    }
}

#[test]
fn a_variable_takes_back_what_the_file_allows() {
    let expired_for_100_s = signed("RS256", json!({ "exp": now() - 100 }));
    let file = format!("{FILE}leeway = 300\n");
    assert_eq!(answers(&file, &[], &[&expired_for_100_s]), [200]);
    assert_eq!(answers(&file, &[("BEARER_LEEWAY", "0")], &[&expired_for_100_s]), [401]);
}

#[test]
fn the_realm_is_quoted_in_the_challenge() {
    let cases = [
        ("", "Bearer realm=\"api\""),
        ("my api", "Bearer realm=\"my api\""),
        ("say \"hi\" \\o/", "Bearer realm=\"say \\\"hi\\\" \\\\o/\""),
    ];
    for (realm, challenge) in cases {
        in_jail(FILE, &[("BEARER_REALM", realm)], || {
            let client = client(rocket::Config::figment(), Bearer::fairing());
            let response = client.get("/headers").dispatch();
            assert_eq!(response.headers().get_one("WWW-Authenticate"), Some(challenge), "{realm}");
        });
    }
}

#[test]
fn the_identity_headers_are_those_of_the_file_and_over_it_those_of_the_environment() {
    let headers = "[debug.bearer.forward]\nheaders = ['X-A=sub', 'X-B=aud']\n";
    let file = format!("{FILE}{headers}");
    let none = format!("{FILE}[debug.bearer.forward]\nheaders = []\n");
    let usual = ["x-auth-issuer", "x-auth-scope", "x-auth-subject"].as_slice();
    let variables: &[_] = &[("BEARER_FORWARD__HEADERS", "X-C=iss")];
    for (file, variables, expected) in [
        (FILE, [].as_slice(), usual),
        (&file, &[], &["x-a", "x-b"]),
        (&file, variables, &["x-c"]),
        (FILE, variables, &["x-c"]),
        (&none, &[], &[]),
    ] {
        in_jail(file, variables, || {
            let client = client(rocket::Config::figment(), Bearer::fairing());
            let token = format!("Bearer {}", signed("RS256", json!({})));
            let response =
                client.get("/auth").header(Header::new("Authorization", token)).dispatch();
            assert_eq!(response.status(), Status::NoContent);
            let names = response.headers().iter().map(|it| it.name().as_str().to_ascii_lowercase());
            // These two are Rocket's own.
            let known = ["x-content-type-options", "x-frame-options"];
            let mut names: Vec<_> =
                names.filter(|it| it.starts_with("x-") && !known.contains(&&**it)).collect();
            names.sort();
            assert_eq!(names, expected, "{file}{variables:?}");
        });
    }
}

#[test]
fn the_origins_are_those_of_the_file_and_over_it_those_of_the_environment() {
    let (of_file, of_variable) = ("https://file.test", "http://localhost:3000");
    let file = format!("{FILE}cors.origins = '{of_file}'\n");
    let variables: &[_] = &[("BEARER_CORS__ORIGINS", of_variable)];
    for (file, variables, expected) in [
        (FILE, [].as_slice(), [false, false]),
        (&file, &[], [true, false]),
        (&file, variables, [false, true]),
    ] {
        in_jail(file, variables, || {
            let client = client(rocket::Config::figment(), Bearer::fairing());
            let is_allowed = |origin: &'static str| {
                let response = client.get("/headers").header(Header::new("Origin", origin));
                response.dispatch().headers().get_one("Access-Control-Allow-Origin") == Some(origin)
            };
            assert_eq!([of_file, of_variable].map(is_allowed), expected, "{file}{variables:?}");
        });
    }
}

#[test]
fn the_fairing_reads_the_figment_of_its_own_app() {
    let tokens = [&*signed("RS256", json!({ "aud": "code" })), &*signed("RS256", json!({}))];
    in_jail(FILE, &[], || {
        let figment = rocket::Config::figment().merge(("bearer.audience", "code"));
        assert_eq!(statuses(&client(figment, Bearer::fairing()), &tokens), [200, 401]);
    });
}

#[test]
fn the_tutorials_names_are_not_for_programs_of_others() {
    let tutorial =
        [("AUTH0_DOMAIN", "tenant.test"), ("API_AUDIENCE", "x"), ("ALGORITHMS", "ES256")];
    let [good, for_x] = [AUDIENCE, "x"].map(|aud| signed("RS256", json!({ "aud": aud })));
    assert_eq!(answers(FILE, &tutorial, &[&good, &for_x]), [200, 401]);
    // Not even where they are wrong.
    let wrong = [("AUTH0_DOMAIN", "https://tenant.test/"), ("API_AUDIENCE", "")];
    assert_eq!(answers(FILE, &wrong, &[&good]), [200]);
}

#[test]
fn a_config_built_in_code_reads_nothing_else() {
    let wrong = "[default.bearer]\nisuer = 'https://other.test/'\naudience = ''\n";
    let variables = [("BEARER_AUDIENCE", "other"), ("BEARER_ISUER", "x"), ("BEARER_LEEWAY", "x")];
    let tokens = [&*signed("RS256", json!({})), &*signed("RS256", json!({ "aud": "other" }))];
    in_jail(wrong, &variables, || {
        let bearer = Bearer::with(support::config(Signer::of("RS256").set()));
        assert_eq!(statuses(&client(rocket::Config::figment(), bearer), &tokens), [200, 401]);
    });
}

#[test]
fn what_cannot_be_served_does_not_launch() {
    let cases: [(&str, Variables<'_>); 5] = [
        ("", &[]),
        ("[default.bearer]\nisuer = 'x'\n", &[]),
        (FILE, &[("BEARER_LEEWAY", "301")]),
        (FILE, &[("ROCKET_BEARER__AUDIENCE", "other")]),
        (FILE, &[("BEARER_JWKS_FILE", "absent.json")]),
    ];
    for (file, variables) in cases {
        in_jail(file, variables, || {
            let rocket =
                support::leaks::watched(rocket::Config::figment()).attach(Bearer::fairing());
            let error = Client::untracked(rocket).expect_err("a launch error");
            let rocket::error::ErrorKind::FailedFairings(failed) = error.kind() else {
                panic!("{file} {variables:?}: {error}");
            };
            assert_eq!(failed[0].name, "Bearer", "{file} {variables:?}");
        });
    }
}

#[test]
fn each_issuer_has_its_own_rules_and_falls_back_to_the_common_ones() {
    let file = "[default.bearer]\naudience = 'image'\n\
                [default.bearer.issuers.first]\n\
                issuer = 'https://first.test/'\njwks_file = 'keys.json'\n\
                [default.bearer.issuers.second]\n\
                issuer = 'https://second.test/'\njwks_file = 'keys.json'\n\
                audience = 'other'\nalgorithms = ['ES256']\n";
    // Who signs how for whom, and what the file alone and a variable over it make of that.
    let cases = [
        ("https://first.test/", "RS256", "image", 200, 200),
        ("https://first.test/", "RS256", "other", 401, 401),
        ("https://first.test/", "ES256", "image", 401, 401),
        ("https://second.test/", "ES256", "other", 200, 401),
        ("https://second.test/", "ES256", "image", 401, 401),
        ("https://second.test/", "ES256", "third", 401, 200),
        ("https://second.test/", "RS256", "other", 401, 401),
        (ISSUER, "RS256", "image", 401, 401),
    ];
    let tokens = cases.map(|(iss, alg, aud, ..)| signed(alg, json!({ "iss": iss, "aud": aud })));
    let tokens = tokens.each_ref().map(String::as_str);
    let variables = [("BEARER_ISSUERS__SECOND__AUDIENCE", "third")];
    let by_file = answers(file, &[], &tokens);
    let by_variable = answers(file, &variables, &tokens);
    for (index, case) in cases.iter().enumerate() {
        assert_eq!((by_file[index], by_variable[index]), (case.3, case.4), "{case:?}");
    }
}

#[test]
fn a_source_that_is_named_in_a_variable_may_be_the_only_one() {
    let variables = [
        ("BEARER_ISSUER", ISSUER),
        ("BEARER_JWKS_FILE", "keys.json"),
        ("BEARER_AUDIENCE", AUDIENCE),
        ("BEARER_TOKEN", "s3cr3t"),
    ];
    let token = Signer::of("RS256").token(&Signer::of("RS256").header(), &claims_at(now()));
    assert_eq!(answers("", &variables, &[&token]), [200]);
    in_jail("", &variables, || {
        let client = client(rocket::Config::figment(), Bearer::fairing());
        assert_eq!(client.get("/headers").dispatch().status(), Status::Unauthorized);
    });
}
