//! Claims that are signed, and still nothing to go by.

use rocket_bearer::Rejection::{
    self, ClaimMissing, Expired, Malformed, MalformedClaim, NotYetValid, SenderConstrained,
    WrongAudience, WrongIssuer,
};
use serde_json::json;

use super::{Row, Target, row};

/// What a token without an `iss` or an `exp` is.
pub(super) const ABSENT: Rejection = ClaimMissing;

pub(super) fn rows(target: &Target<'_>) -> Vec<Row> {
    [types(target), times(target), names(target)].concat()
}

/// Every registered claim with every type that JSON has.
fn types(target: &Target<'_>) -> Vec<Row> {
    let mut rows = vec![];
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"] {
        for json in [
            "null",
            "true",
            "false",
            "1",
            "\"text\"",
            "\"9999999999\"",
            "\"\"",
            "[]",
            "[\"image\"]",
            "[9999999999]",
            "[\"image\",1]",
            "[\"image\",null]",
            "[[\"image\"]]",
            "{}",
            "{\"image\":true}",
        ] {
            let expected = match (claim, json) {
                ("exp", "1") => Err(Expired),
                ("nbf" | "iat", "1") => Ok(()),
                ("iss", "\"text\"" | "\"9999999999\"" | "\"\"") => Err(WrongIssuer),
                ("sub" | "jti", "\"text\"" | "\"9999999999\"" | "\"\"") => Ok(()),
                ("aud", "\"text\"" | "\"9999999999\"" | "\"\"" | "[]") => Err(WrongAudience),
                ("aud", "[\"image\"]") => Ok(()),
                _ => Err(MalformedClaim),
            };
            let token = target.with_claim(claim, json);
            rows.push(row(format!("{claim}: {json}"), "CVE-2026-25537", token, expected));
        }
    }
    // What serde_json keeps these names for could pass as another type.
    for (claim, text) in
        [("iss", r#"\"text\""#), ("aud", r#"\"image\""#), ("exp", "9999999999"), ("sub", "1")]
    {
        for name in ["RawValue", "Number"] {
            let object = format!(r#"{{"$serde_json::private::{name}":"{text}"}}"#);
            let token = target.with_claim(claim, &object);
            let name = format!("{claim}: serde_json's {name}");
            rows.push(row(name, "CVE-2026-25537", token, Err(Malformed)));
        }
    }
    for claim in ["iss", "exp", "aud"] {
        let token = target.with_claims(json!({ claim: null }));
        let why = if claim == "aud" { WrongAudience } else { ABSENT };
        rows.push(row(format!("{claim} absent"), "RFC 7519 §4.1", token, Err(why)));
    }
    let empty = target.with_payload("{}");
    rows.push(row("no claims", "RFC 7519 §4.1", empty, Err(ABSENT)));
    rows
}

fn times(target: &Target<'_>) -> Vec<Row> {
    let mut rows = vec![];
    for (claim, json, expected) in [
        ("exp", "0", Err(Expired)),
        ("exp", "-0", Err(Expired)),
        ("exp", "-1", Err(Expired)),
        ("exp", "-1e300", Err(Expired)),
        ("exp", "-9223372036854775808", Err(Expired)),
        ("exp", "1e-400", Err(Expired)),
        ("exp", "1.5", Err(Expired)),
        ("exp", "1e400", Err(Malformed)),
        ("exp", "9223372036854775807", Err(MalformedClaim)),
        ("exp", "9223372036854775808", Err(MalformedClaim)),
        ("exp", "18446744073709551616", Err(MalformedClaim)),
        ("exp", "253402300799", Ok(())),
        ("exp", "253402300800", Err(MalformedClaim)),
        ("exp", "9999999999.5", Ok(())),
        ("exp", "1e300", Err(MalformedClaim)),
        ("nbf", "9223372036854775808", Err(MalformedClaim)),
        ("nbf", "1e300", Err(MalformedClaim)),
        ("nbf", "9999999999.5", Err(NotYetValid)),
        ("nbf", "1e400", Err(Malformed)),
        ("nbf", "-1", Ok(())),
        ("nbf", "-0.0", Ok(())),
        ("iat", "9223372036854775808", Err(MalformedClaim)),
        ("iat", "1e300", Err(MalformedClaim)),
        ("iat", "1e400", Err(Malformed)),
        ("iat", "-1", Ok(())),
        ("iat", "0.5", Ok(())),
    ] {
        let token = target.with_claim(claim, json);
        rows.push(row(format!("{claim}: {json}"), "RFC 7519 §2", token, expected));
    }
    rows
}

/// Names that resemble ours.
fn names(target: &Target<'_>) -> Vec<Row> {
    let mut rows = vec![];
    for iss in [
        "https://issuer.localhost",
        "https://issuer.localhost//",
        "https://issuer.localhost/.",
        "https://issuer.localhost/ ",
        "HTTPS://ISSUER.LOCALHOST/",
        "https://issuer.localhost:443/",
        "https://issuer.localhost./",
        "https://issuer.localhost/?",
        "http://issuer.localhost/",
        "https://issuer.localhost/@mallory.example/",
        "https://issuer.localhos\u{442}/",
        "localhost",
        "/",
        target.url,
    ] {
        let token = target.with_claims(json!({ "iss": iss }));
        rows.push(row(format!("iss {iss:?}"), "GHSA-75c5-xw7c-p5pm", token, Err(WrongIssuer)));
    }
    for aud in [
        json!("imag"),
        json!("images"),
        json!("Image"),
        json!("image "),
        json!("image other"),
        json!("image,other"),
        json!("*"),
        json!(["other", "mage"]),
        json!(["[\"image\"]"]),
        json!("image\u{0}"),
    ] {
        let token = target.with_claims(json!({ "aud": aud }));
        rows.push(row(format!("aud {aud}"), "RFC 8725 §3.9", token, Err(WrongAudience)));
    }
    for cnf in ["{}", "null", "{\"jkt\":\"AAAA\"}", "{\"x5t#S256\":\"AAAA\"}", "7"] {
        let token = target.with_claim("cnf", cnf);
        rows.push(row(format!("cnf {cnf}"), "RFC 9449 §7.2", token, Err(SenderConstrained)));
    }
    rows
}
