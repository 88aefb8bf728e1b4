//! Which tokens count of an issuer that has `{tenantid}` in its name.

use rocket_bearer::keys::KeySet;
use rocket_bearer::testing::{Key, TestIssuer, Token};
use rocket_bearer::{Algorithm, Config, Issuer, Rejection, Verifier};
use serde_json::{Value, json};

use crate::issuers::assert_judged;
use crate::support;
use crate::support::issuer::{IssuerAnswer, MockIssuer};

const TEMPLATE: &str = "https://login.test/{tenantid}/v2.0";
const OURS: &str = "8c7f6e5d-0000-4000-8000-00000000000a";
const THEIRS: &str = "11111111-2222-4333-8444-55555555555f";

fn issuer() -> TestIssuer {
    TestIssuer::named(TEMPLATE, "https://api.test")
}

/// A token of this tenant.
fn of(tenant: &str) -> Token {
    issuer().token().claim("iss", TEMPLATE.replace("{tenantid}", tenant)).claim("tid", tenant)
}

#[test]
fn a_token_counts_of_a_listed_tenant_in_its_own_iss_and_tid() {
    let upper = OURS.to_uppercase();
    let config = Config::new(issuer().trusted().tenants([upper.as_str()]).unwrap());
    let wrong = Err(Rejection::WrongIssuer);
    let iss = |iss: &str| of(OURS).claim("iss", iss);
    let short = OURS.replace('-', "");
    let rows = [
        ("ours", of(OURS), Ok(())),
        ("another tenant", of(THEIRS), wrong),
        ("tid of another tenant", of(OURS).claim("tid", THEIRS), wrong),
        ("ours as tid, iss of another", of(THEIRS).claim("tid", OURS), wrong),
        ("no tid", of(OURS).without("tid"), wrong),
        ("tid that is null", of(OURS).claim("tid", ()), wrong),
        ("tid in a list", of(OURS).claim("tid", [OURS]), wrong),
        ("tid in upper case", of(OURS).claim("tid", &upper), wrong),
        ("both in upper case", of(&upper), wrong),
        ("the template itself", issuer().token(), wrong),
        ("the template with tid", issuer().token().claim("tid", OURS), wrong),
        ("the placeholder as the tenant", of("{tenantid}"), wrong),
        ("common", of("common"), wrong),
        ("an empty tenant", of(""), wrong),
        ("a GUID in braces", of(&format!("{{{OURS}}}")), wrong),
        ("a GUID without hyphens", of(&short), wrong),
        ("a slash more", iss(&format!("https://login.test/{OURS}/v2.0/")), wrong),
        ("a segment less", iss(&format!("https://login.test/{OURS}")), wrong),
        ("a segment more", iss(&format!("https://login.test/a/{OURS}/v2.0")), wrong),
        ("two tenants", iss(&format!("https://login.test/{OURS}/{OURS}/v2.0")), wrong),
        ("another host", iss(&format!("https://login.test.test/{OURS}/v2.0")), wrong),
        ("plain http", iss(&format!("http://login.test/{OURS}/v2.0")), wrong),
        ("the tenant alone", iss(OURS), wrong),
        ("another tenant and an unknown key", of(THEIRS).unknown_key(), wrong),
        ("tid of another and an unknown key", of(OURS).claim("tid", THEIRS).unknown_key(), wrong),
        ("ours and an unknown key", of(OURS).unknown_key(), Err(Rejection::UnknownKey)),
        ("ours, forged", of(OURS).forged(), Err(Rejection::BadSignature)),
        ("ours for another API", of(OURS).wrong_audience(), Err(Rejection::WrongAudience)),
    ];
    assert_judged(&config, rows);
}

#[test]
fn any_tenant_is_a_guid_in_lower_case_still() {
    let config = Config::new(issuer().trusted().tenants(["any"]).unwrap());
    let wrong = Err(Rejection::WrongIssuer);
    let rows = [
        ("ours", of(OURS), Ok(())),
        ("another", of(THEIRS), Ok(())),
        ("tid of another tenant", of(OURS).claim("tid", THEIRS), wrong),
        ("no tid", of(OURS).without("tid"), wrong),
        ("upper case", of(&OURS.to_uppercase()), wrong),
        ("any", of("any"), wrong),
        ("common", of("common"), wrong),
        ("the placeholder", of("{tenantid}"), wrong),
        ("a letter beyond f", of(&OURS.replace('a', "g")), wrong),
    ];
    assert_judged(&config, rows);
}

#[test]
fn an_exact_issuer_beats_a_template_and_a_tenant_in_both_is_refused() {
    let iss = TEMPLATE.replace("{tenantid}", OURS);
    let exact = TestIssuer::named(&iss, "https://api.test")
        .with_key(Key::generate(Algorithm::ES256).with_kid("of-the-exact"));
    let own = || exact.trusted().named("exact").unwrap();
    let template = |tenants: &[&str]| issuer().trusted().tenants(tenants.iter().copied()).unwrap();

    for listed in [&[OURS][..], &[THEIRS, OURS]] {
        let two = [
            Config::new(template(listed)).also(own()),
            Config::new(own()).also(template(listed).named("template").unwrap()),
        ];
        assert!(two.iter().all(Result::is_err), "{listed:?}");
    }
    for config in [
        Config::new(template(&["any"])).also(own()).unwrap(),
        Config::new(template(&[THEIRS])).also(own()).unwrap(),
    ] {
        let rows = [
            ("the exact one", exact.token(), Ok(())),
            ("the exact one by the template's key", of(OURS), Err(Rejection::UnknownKey)),
            ("another tenant", of(THEIRS), Ok(())),
        ];
        assert_judged(&config, rows);
    }
}

#[test]
fn a_key_with_an_issuer_is_for_tokens_of_that_issuer_only() {
    let own = issuer().key().jwk();
    let exact = TEMPLATE.replace("{tenantid}", OURS);
    let other = TEMPLATE.replace("{tenantid}", THEIRS);
    let none = Err(Rejection::UnknownKey);
    for (name, member, ours, theirs) in [
        ("the template", json!(TEMPLATE), Ok(()), Ok(())),
        ("our tenant", json!(exact), Ok(()), none),
        ("the other tenant", json!(other), none, Ok(())),
        ("another issuer", json!("https://other.test/{tenantid}/v2.0"), none, none),
        ("another spelling", json!(format!("{exact}/")), none, none),
        ("an empty text", json!(""), none, none),
        ("another placeholder", json!(TEMPLATE.replace("tenantid", "tenant")), none, none),
    ] {
        let jwk = support::but(own.clone(), json!({ "issuer": member }));
        // Another key beside it: a set needs one that is usable.
        let beside = Key::of(Algorithm::EdDSA).jwk();
        let keys = json!({ "keys": [jwk, beside] }).to_string();
        let keys = KeySet::parse(keys.as_bytes()).unwrap();
        let trusted = |iss: &str| {
            let trusted = Issuer::with_keys(iss, keys.clone(), ["https://api.test"]).unwrap();
            trusted.algorithms([Algorithm::ES256, Algorithm::EdDSA]).unwrap()
        };
        let config = Config::new(trusted(TEMPLATE).tenants([OURS, THEIRS]).unwrap());
        assert_judged(&config, [(name, of(OURS), ours), (name, of(THEIRS), theirs)]);
        // It is so for an issuer without a template too.
        assert_judged(&Config::new(trusted(&exact)), [(name, of(OURS), ours)]);
        let without = Config::new(trusted(&exact).kid_optional());
        let no_kid = if ours.is_ok() { ours } else { Err(Rejection::KeyIdMissing) };
        assert_judged(&without, [(name, of(OURS).without_kid(), no_kid)]);
        let alias = trusted("https://alias.test").aliases([exact.as_str()]).unwrap();
        assert_judged(&Config::new(alias), [(name, of(OURS), ours)]);
    }
}

#[test]
fn a_key_whose_issuer_is_no_text_counts_for_nobody() {
    for member in [json!(7), json!(["https://login.test"]), json!({}), json!(true)] {
        let jwk = support::but(issuer().key().jwk(), json!({ "issuer": member }));
        assert!(
            KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).is_err(),
            "{member}"
        );
    }
    let null = issuer().key().jwk().to_string().replacen('{', "{\"issuer\":null,", 1);
    assert!(KeySet::parse(format!("{{\"keys\":[{null}]}}").as_bytes()).is_err(), "null");
}

#[test]
fn what_no_issuer_of_tenants_can_be_is_refused() {
    let trusted = |iss: &str| {
        let keys = issuer().key().key_set();
        Issuer::with_keys(iss, keys, ["https://api.test"])
    };
    for template in [
        "https://login.test/{tenantid}/{tenantid}",
        "https://login.test/a{tenantid}",
        "https://login.test/{tenantid}a",
        "https://{tenantid}/v2.0",
        "https://{tenantid}.login.test/",
        "https://login.test/?t=/{tenantid}",
        "https://login.test/{tenantId}/v2.0",
        "https://login.test/{tenant}/v2.0",
        "https://login.test/%7Btenantid%7D/v2.0",
        "https://login.test/{tenantid}/{b}",
        "{tenantid}",
    ] {
        assert!(trusted(template).is_err(), "{template}");
        assert!(Issuer::discovered(template, ["a"]).is_err(), "{template}");
    }
    for tenants in [&[][..], &[""], &["common"], &["any", OURS], &[OURS, "a"], &["{tenantid}"]] {
        assert!(
            trusted(TEMPLATE).unwrap().tenants(tenants.iter().copied()).is_err(),
            "{tenants:?}"
        );
    }
    assert!(trusted("https://login.test/").unwrap().tenants([OURS]).is_err());
    assert!(Verifier::new(&Config::new(trusted(TEMPLATE).unwrap())).is_err(), "without tenants");
}

#[test]
fn keys_are_discovered_at_common_whose_metadata_names_the_template() {
    let key = issuer().key().jwk();
    let issuer = MockIssuer::start();
    let template = format!("{}/{{tenantid}}/v2.0", issuer.url);
    let place = "/common/v2.0/.well-known/openid-configuration";
    let jwks_uri = format!("{}/keys", issuer.url);
    issuer.answers("/keys", IssuerAnswer::json(&json!({ "keys": [key] })));
    for (named, is_found) in [
        (template.clone(), true),
        (template.replace("{tenantid}", "common"), false),
        (template.replace("{tenantid}", OURS), false),
    ] {
        let metadata: Value = json!({ "issuer": named, "jwks_uri": jwks_uri });
        issuer.answers(place, IssuerAnswer::json(&metadata));
        let trusted = Issuer::discovered(&template, ["https://api.test"]).unwrap();
        let trusted = trusted.algorithms([Algorithm::ES256]).unwrap().tenants([OURS]).unwrap();
        let verifier = Verifier::new(&Config::new(trusted)).unwrap();
        rocket::execute(verifier.refresh());
        let token = of(OURS).claim("iss", template.replace("{tenantid}", OURS)).to_string();
        let judged = verifier.verify(&token, std::time::SystemTime::now());
        assert_eq!(judged.is_ok(), is_found, "{named}: {judged:?}");
    }
}
