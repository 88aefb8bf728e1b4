//! What a token takes before its signature holds, under limits as they are and raised.

use rocket_bearer::Rejection;
use serde_json::json;

use crate::any_input::{MOST, peak, verifier};
use crate::support::{Signer, encode, good_claims};

const LIMITS: [usize; 3] = [1_024, MOST, 131_072];

/// The token of these parts, signed by nobody.
fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}.{}", encode(header), encode(claims), encode([0; 64]))
}

#[test]
fn what_has_not_the_shape_of_a_token_takes_nothing_under_any_limit() {
    for limit in LIMITS {
        let verifier = verifier(limit as u64);
        for (text, why) in [
            ("a".repeat(limit), Rejection::Malformed),
            (".".repeat(limit), Rejection::Malformed),
            (format!("{}.", "a".repeat(limit - 1)), Rejection::Malformed),
            (format!("{}...", "a".repeat(limit - 3)), Rejection::Malformed),
            ("a".repeat(limit + 1), Rejection::TooLong),
            (format!("{}..", "a".repeat(2 * limit)), Rejection::TooLong),
            (".".repeat(10 * limit), Rejection::TooLong),
        ] {
            assert_eq!(peak(&verifier, &text), (Err(why), 0), "{} of {limit}", text.len());
        }
    }
}

/// Members of three-letter names in order, as many as there is room for: each costs a place in a
/// list of names, and one with an escape a copy.
fn members(escape: &str, room: usize) -> String {
    let letters = || 'a'..='z';
    let names = letters().flat_map(|a| letters().map(move |b| (a, b)));
    let names = names.flat_map(|(a, b)| ('!'..='~').map(move |c| (a, b, c)));
    let names = names.filter(|(.., c)| !['"', '\\'].contains(c));
    let members = names.map(|(a, b, c)| format!("\"{escape}{a}{b}{c}\":0,"));
    members.take(room / (9 + escape.len())).collect()
}

#[test]
fn unsigned_it_takes_eight_times_its_length_at_most_and_mostly_nothing() {
    let key = Signer::of("EdDSA");
    for limit in LIMITS {
        let verifier = verifier(limit as u64);
        // What is made once and kept.
        let _ = peak(&verifier, &key.good());
        let room = limit * 3 / 4 - 300;
        let filled = |begin: &str, filler: &str, end: &str| {
            format!(
                "{begin}{}{end}",
                filler.repeat((room - begin.len() - end.len()) / filler.len())
            )
        };
        // What stands in a header or among claims; and whether it is read without a copy.
        for (name, text, is_lent) in [
            ("lists", filled(r#""x":["#, "[],", "0],"), true),
            ("lists without end", filled(r#""x":["#, "[],", ""), true),
            ("nested lists", filled(r#""x":["#, "[[[[[[]]]]]],", "0],"), true),
            ("lists in lists", filled(r#""x":"#, "[", ""), true),
            ("objects", filled(r#""x":["#, r#"{"a":0},"#, "0],"), true),
            ("a text", filled(r#""x":""#, "a", "\","), true),
            ("a text without end", filled(r#""x":""#, "a", ""), true),
            ("a name", filled("\"", "a", "\":0,"), true),
            ("texts with escapes", filled(r#""x":["#, r#""\n","#, "0],"), true),
            ("a text with an escape", filled(r#""x":"\n"#, "a", "\","), false),
            ("a text of escapes", filled(r#""x":""#, r"\u0041", "\","), false),
            ("a text with an escape, without end", filled(r#""x":"\n"#, "a", ""), false),
            ("a name with an escape", filled(r#""\n"#, "a", "\":0,"), false),
            ("an issuer with an escape", filled(r#""iss":"\n"#, "a", "\","), false),
            ("a kid with an escape", filled(r#""kid":"\n"#, "a", "\","), false),
            ("members", members("", room), false),
            ("members with escapes", members(r"\n", room), false),
            ("members with long escapes", members(r"\u0041", room), false),
            ("members, twice", members("", room / 2).repeat(2), false),
        ] {
            let good = [key.header(), good_claims()].map(|it| it.to_string());
            let with = |json: &str| format!("{{{text}{}", &json[1..]);
            for (place, token) in [
                ("header", unsigned(&with(&good[0]), "{}")),
                ("claims", unsigned(&good[0], &with(&good[1]))),
                ("claims of nobody", unsigned(&good[0], &with(&json!({ "iss": "b" }).to_string()))),
            ] {
                assert!(token.len() <= limit, "{name}: {}", token.len());
                let (verdict, bytes) = peak(&verifier, &token);
                let case =
                    format!("{name} in the {place}: {bytes} of {}, {verdict:?}", token.len());
                assert!(verdict.is_err(), "{case}");
                let buffer = if token.len() > MOST { token.len() } else { 0 };
                let most = if is_lent { 128 + buffer } else { 8 * token.len() };
                assert!(bytes <= most as u64, "{case}");
            }
        }
    }
}
