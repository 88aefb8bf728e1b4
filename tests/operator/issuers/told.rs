//! What `explain` and `check` say of the keys of one issuer.

use super::*;

#[test]
fn explain_says_what_is_amiss_about_a_tenant_and_about_the_issuer_of_a_key() {
    let (ours, theirs) =
        ("8c7f6e5d-0000-4000-8000-00000000000a", "11111111-2222-4333-8444-55555555555f");
    let iss = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let mut pair = Pair::new("k1");
    pair.jwk["issuer"] = iss(ours).into();
    let template = iss("{tenantid}");
    let folder = Folder::with(&format!(
        "[default.bearer]\nissuer = '{template}'\njwks_file = 'keys.json'\naudience = 'image'\n\
         algorithms = ['ES256']\ntenants = ['{ours}']\n\
         [default.bearer.issuers.theirs]\nissuer = '{}'\njwks_file = 'keys.json'\n",
        iss(theirs)
    ))
    .and("keys.json", pair.set())
    .and("k1.pem", &pair.pem);
    let (upper, other) = (ours.to_uppercase(), "22222222-2222-4333-8444-555555555555");
    for (tenant, tid, name, says) in [
        (other, other, "tenant_not_listed", "which `tenants` does not name"),
        (ours, "null", "tenant_mismatch", "`tid` is null"),
        (ours, other, "tenant_mismatch", other),
        (ours, "7", "tenant_mismatch", "`tid` is 7"),
        (&upper, &upper, "tenant_spelling", "lower case"),
        ("{tenantid}", ours, "tenant_spelling", "lower case"),
        ("common", "common", "other_tenant", "another tenant"),
        (theirs, theirs, "key_for_another_issuer", "member `issuer`"),
    ] {
        let iss = iss(tenant);
        let claim = format!("tid={tid}");
        let arguments = ["--key", "k1.pem", "--kid", "k1", "--iss", &iss, "--claim", &claim];
        let token = token(folder.path(), &[], &arguments);
        let said = run(folder.path(), &[], &["explain", "--json", &token]);
        assert_eq!(said.code, Some(1), "{tenant} {tid}: {said:?}");
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let diagnosis = &report["diagnoses"][0];
        let told = diagnosis["says"].as_str().unwrap();
        let is_so = diagnosis["name"] == name && told.contains(says);
        assert!(is_so, "{tenant} {tid}: {diagnosis}");
    }
}

#[test]
fn explain_says_that_an_issuer_stands_for_many_tenants() {
    let folder = folder("audience = 'image'");
    let iss = "https://login.test/8c7f6e5d-0000-4000-8000-00000000000a/v2.0";
    let token = token(folder.path(), &[], &["--iss", iss]);
    for (configured, name) in [
        ("https://login.test/common/v2.0", "many_tenants"),
        ("https://login.test/organizations/v2.0", "many_tenants"),
        ("https://login.test/commons/v2.0", "other_tenant"),
        ("https://other.example/common/v2.0", "other_issuer"),
    ] {
        let variables = [("BEARER_ISSUER", configured)];
        let said = run(folder.path(), &variables, &["explain", "--json", &token]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(report["diagnoses"][0]["name"], name, "{configured}: {said:?}");
    }
}

#[test]
fn explain_and_check_know_the_header_of_an_identity_proxy() {
    let folder = folder("audience = 'image'\ntoken_header = 'Cf-Access-Jwt-Assertion'");
    let good = token(folder.path(), &[], &[]);
    for (input, code, status, says) in [
        (good.clone(), 0, 200, "Cf-Access-Jwt-Assertion: <token>"),
        (format!("{good}\n"), 0, 200, ""),
        (format!("Bearer {good}"), 1, 401, "`Bearer` before it"),
        (format!("{good} {good}"), 1, 401, "white space within"),
        (format!("{good}\t{good}"), 1, 401, "white space within"),
        ("Bearer".to_owned(), 1, 400, ""),
        (" ".to_owned(), 1, 401, "`Cf-Access-Jwt-Assertion: <token>`"),
    ] {
        let said =
            run(folder.path(), &[("BEARER_ERRORS", "auth0")], &["explain", "--json", &input]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let is_so = said.code == Some(code) && report["answer"]["status"] == status;
        assert!(is_so && said.stdout.contains(says), "{input:?}: {said:?}");
    }
    let said = run(folder.path(), &[], &["check"]);
    let told =
        "tokens are read from the header `Cf-Access-Jwt-Assertion`, and `Authorization` is not";
    assert!(said.code == Some(0) && said.stdout.contains(told), "{said:?}");
}

#[test]
fn explain_shows_the_check_that_refused_where_issuers_want_different_headers() {
    let one =
        "[default.bearer.issuers.one]\nissuer = 'https://one.test/'\njwks_file = 'keys.json'\n";
    let folder = folder(&format!(
        "audience = 'image'\nkid = 'optional'\n{one}algorithms = ['RS256', 'ES256']\n\
         token_type = 'at+jwt'\nkid = 'required'\n[default.bearer.issuers.two]\n\
         issuer = 'https://two.test/'\njwks_file = 'rsa.json'\nalgorithms = ['RS256']\n"
    ))
    .and("rsa.json", include_str!("../../../keys/jwks.json"));
    let named = |typ| json!({ "alg": "ES256", "kid": "k1", "typ": typ });
    for (iss, header, refused) in [
        ("https://one.test/", named("JWT"), "typ"),
        ("https://one.test/", json!({ "alg": "ES256", "typ": "at+jwt" }), "kid"),
        ("https://two.test/", named("JWT"), "alg"),
        ("https://three.test/", named("JWT"), "iss"),
        ("https://issuer.test/", json!({ "alg": "ES256" }), "signature"),
    ] {
        let claims = json!({ "iss": iss, "aud": "image", "exp": 4_000_000_000_u64 });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.{}", part(&header), part(&claims), "A".repeat(86));
        let said = run(folder.path(), &[], &["explain", "--json", &token]);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let of: Vec<_> = checks.filter(|check| check["outcome"] == "refused").collect();
        assert!(of.len() == 1 && of[0]["check"] == refused, "{iss} {header}: {of:?}");
    }
}

#[test]
fn check_tells_of_keys_that_verify_nothing_here_and_of_tokens_that_find_several() {
    let ours = "8c7f6e5d-0000-4000-8000-00000000000a";
    let iss = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let key = |kid: &str, issuer: &str| {
        let mut jwk = Pair::new(kid).jwk;
        jwk["issuer"] = issuer.into();
        jwk
    };
    let mut nameless = Pair::new("x").jwk;
    nameless.as_object_mut().unwrap().remove("kid");
    let keys = [
        Pair::new("plain").jwk,
        key("template", &iss("{tenantid}")),
        key("ours", &iss(ours)),
        key("theirs", &iss("11111111-2222-4333-8444-555555555555")),
        key("v1", "https://sts.test/{tenantid}/"),
        nameless,
    ];
    let file = |lines: &str| {
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
             jwks_file = 'keys.json'\n{lines}\n"
        ))
        .and("keys.json", json!({ "keys": keys }).to_string())
    };
    let listed = format!("issuer = '{}'\ntenants = ['{ours}']\n", iss("{tenantid}"));
    let single = format!("issuer = '{}'\n", iss(ours));
    let optional = format!("{single}kid = 'optional'\n");
    for (lines, foreign) in [
        (listed.as_str(), &["theirs", "v1"][..]),
        (&listed.replace(&format!("['{ours}']"), "'any'"), &["v1"]),
        (&single, &["theirs", "v1"]),
        (&format!("{single}aliases = ['https://sts.test/{ours}/']\n"), &["theirs"]),
        ("issuer = 'https://other.test/'\n", &["template", "ours", "theirs", "v1"]),
        (&optional, &["theirs", "v1"]),
    ] {
        let said = run(file(lines).path(), &[], &["check"]);
        assert_eq!(said.code, Some(0), "{lines}: {said:?}");
        for kid in ["plain", "template", "ours", "theirs", "v1"] {
            let told = format!("key \"{kid}\" verifies nothing here: its `issuer` is \"");
            assert_eq!(said.stdout.contains(&told), foreign.contains(&kid), "{lines}: {said:?}");
        }
        let several = "several keys fit ES256: tokens without `kid` are refused";
        assert_eq!(said.stdout.contains(several), lines == optional, "{lines}: {said:?}");
        let cure = "or set `kid = \"optional\"`";
        assert_eq!(said.stdout.contains(cure), lines != optional, "{lines}: {said:?}");
    }
}
