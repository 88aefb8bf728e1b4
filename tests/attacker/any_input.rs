//! What any input at all can do: no panic, no acceptance, no more memory than is said here.

use std::time::{Duration, SystemTime};

use crate::support::{self, AUDIENCE, ISSUER, Signer, encode, forged, good_claims};
use proptest::prelude::*;
use rocket_bearer::{Config, Issuer, Rejection, Verified, Verifier};
use serde_json::json;

const KEY_TYPES: [&str; 7] = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "ML-DSA-44"];

/// As the default of `max_token_bytes`.
pub(crate) const MOST: usize = 16_384;

pub(crate) fn verifier(max_token_bytes: u64) -> Verifier {
    let jwks = KEY_TYPES.map(|alg| Signer::of(alg).jwk);
    let config = support::config(support::set(&jwks.each_ref()));
    let config = config.cache_tokens(0).unwrap().max_token_bytes(max_token_bytes).unwrap();
    Verifier::new(&config).unwrap()
}

fn judge(verifier: &Verifier, token: &str) -> Result<Verified, Rejection> {
    verifier.verify(token, SystemTime::now())
}

/// The most that is held at once while this token is judged.
pub(crate) fn peak(verifier: &Verifier, token: &str) -> (Result<(), Rejection>, u64) {
    let mut verdict = None;
    let counted = allocation_counter::measure(|| verdict = Some(judge(verifier, token).map(drop)));
    (verdict.unwrap(), counted.bytes_max)
}

/// A text of about this length, by a few characters at each end.
fn filled(before: &str, filler: &str, after: &str, bytes: usize) -> String {
    let room = bytes.saturating_sub(before.len() + after.len());
    format!("{before}{}{after}", filler.repeat(room / filler.len()))
}

#[test]
fn a_malformed_token_takes_no_memory_by_its_length() {
    let verifier = verifier(MOST as u64);
    let key = Signer::of("EdDSA");
    let header = encode(key.header().to_string());
    let claims = |bytes, filler: &str| {
        let good = good_claims().to_string();
        encode(filled(&good[..good.len() - 1], filler, "", bytes * 3 / 4 - 120))
    };
    type Make<'m> = &'m dyn Fn(usize) -> String;
    let rows: [(&str, Rejection, Make<'_>); 17] = [
        ("letters", Rejection::Malformed, &|bytes| "a".repeat(bytes)),
        ("dots", Rejection::Malformed, &|bytes| ".".repeat(bytes)),
        ("no base64url", Rejection::Malformed, &|bytes| filled("", "=", "..", bytes)),
        ("bad header", Rejection::Malformed, &|bytes| filled("", "a", "=.e30.AAAA", bytes)),
        ("bad claims", Rejection::Malformed, &|bytes| {
            filled(&format!("{header}."), "a", "!.AAAA", bytes)
        }),
        ("bad signature text", Rejection::Malformed, &|bytes| {
            filled(&format!("{header}.e30."), "a", "+", bytes)
        }),
        ("header no JSON", Rejection::Malformed, &|bytes| filled("", "AAAA", ".e30.AAAA", bytes)),
        ("header without end", Rejection::Malformed, &|bytes| {
            format!("{}.e30.AAAA", encode(filled(r#"{"alg":""#, "a", "", bytes * 3 / 4 - 20)))
        }),
        ("header of open lists", Rejection::Malformed, &|bytes| {
            format!("{}.e30.AAAA", encode(filled(r#"{"alg":"#, "[", "", bytes * 3 / 4 - 20)))
        }),
        ("claims without end", Rejection::Malformed, &|bytes| {
            format!("{header}.{}.AAAA", claims(bytes, r#","a":[[],{},1]"#))
        }),
        ("claims with a long text", Rejection::Malformed, &|bytes| {
            format!("{header}.{}.AAAA", encode(filled(r#"{"a":""#, "a", "\"", bytes * 3 / 4 - 120)))
        }),
        ("claims that are no object", Rejection::Malformed, &|bytes| {
            format!("{header}.{}.AAAA", encode(filled("[1", ",[]", "]", bytes * 3 / 4 - 120)))
        }),
        ("forbidden algorithm", Rejection::ForbiddenAlgorithm, &|bytes| {
            let header = encode(r#"{"alg":"none"}"#);
            let text = filled(r#"{"iss":""#, "a", "\"}", bytes * 3 / 4 - 120);
            format!("{header}.{}.", encode(text))
        }),
        ("unknown issuer", Rejection::WrongIssuer, &|bytes| {
            let text = filled(r#"{"iss":""#, "a", "\"}", bytes * 3 / 4 - 120);
            format!("{header}.{}.AAAA", encode(text))
        }),
        ("unknown key", Rejection::UnknownKey, &|bytes| {
            let kid = "k".repeat(bytes / 2);
            let header = encode(json!({ "alg": "EdDSA", "kid": kid }).to_string());
            format!("{header}.{}.AAAA", encode(good_claims().to_string()))
        }),
        ("bad signature", Rejection::BadSignature, &|bytes| {
            let good = good_claims().to_string();
            let text =
                filled(&good.replacen('{', r#"{"a":[0"#, 1)[..7], ",[]", "", bytes * 3 / 4 - 400);
            format!("{header}.{}.AAAA", encode(format!("{text}],{}", &good[1..])))
        }),
        ("too long", Rejection::TooLong, &|bytes| "a".repeat(MOST + bytes)),
    ];
    // What is made once and kept.
    let _ = peak(&verifier, &key.good());
    for (name, why, make) in rows {
        let [small, large, largest] = [1_000, 6_000, 15_000].map(|bytes| {
            let token = make(bytes);
            let (verdict, bytes) = peak(&verifier, &token);
            assert_eq!(verdict, Err(why), "{name}: {token}");
            bytes
        });
        assert_eq!([large, largest], [small; 2], "{name}: bytes for 1, 6 and 15 kB");
    }
    let (verdict, bytes) = peak(&verifier, &"a.".repeat(1_000_000));
    assert_eq!((verdict, bytes), (Err(Rejection::TooLong), 0));
}

/// Times `max_token_bytes`, and it is 70 at worst: a list of empty lists takes 32 bytes for three.
const MOST_BY_BYTE: usize = 80;

#[test]
fn what_a_token_takes_depends_on_max_token_bytes_only() {
    let key = Signer::of("EdDSA");
    for most in [1_024, MOST] {
        let verifier = verifier(most as u64);
        for filler in ["[],", "{},", "0,", "\"\",", "[[[]]],", r#"{"a":0},"#, r#""\u0041","#] {
            let good = good_claims().to_string();
            let text = filled(r#"{"x":["#, filler, "", most * 3 / 4 - 300);
            let claims = format!("{}0],{}", text, &good[1..]);
            let token = key.token_of(key.header().to_string(), &claims);
            let (verdict, bytes) = peak(&verifier, &token);
            assert_eq!(verdict, Ok(()), "{filler}");
            assert!(bytes < (most * MOST_BY_BYTE) as u64, "{filler}: {bytes} of {most}");

            // Unsigned, it is not worth more than a copy of it and its names.
            let forged = forged(&token);
            let (verdict, bytes) = peak(&verifier, &forged);
            assert_eq!(verdict, Err(Rejection::BadSignature), "{filler}");
            assert!(bytes < (most * 2) as u64, "{filler}: {bytes} of {most}, unsigned");
        }
        for names in ["", r"\u0041"] {
            let members: String = (0..most / 20).map(|it| format!(r#""{names}{it}":0,"#)).collect();
            let members = &members[..members[..members.len().min(most / 2)].rfind('"').unwrap()];
            let members = &members[..members.rfind(',').unwrap() + 1];
            let claims = format!("{{{members}{}", &good_claims().to_string()[1..]);
            let token = key.token_of(key.header().to_string(), claims);
            let forged = forged(&token);
            let (verdict, bytes) = peak(&verifier, &forged);
            assert_eq!(verdict, Err(Rejection::BadSignature), "{names}");
            assert!(bytes < (most * 12) as u64, "names {names:?}: {bytes} of {most}, unsigned");
        }
    }
}

/// No key was ever loaded: who still hears why the token is wrong never came to one.
#[test]
fn a_malformed_token_comes_to_no_key_and_no_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let issuer = Issuer::with_uri(ISSUER, &uri, [AUDIENCE]).unwrap();
    let issuer = issuer.algorithms(rocket_bearer::Algorithm::ALL).unwrap();
    let verifier = Verifier::new(&Config::new(issuer)).unwrap();
    let key = Signer::of("ES256");
    for (token, why) in [
        (String::new(), Rejection::Malformed),
        ("a.b.c".to_owned(), Rejection::Malformed),
        ("a".repeat(20_000), Rejection::TooLong),
        (format!("{}=", key.good()), Rejection::Malformed),
        (key.token(&json!({ "alg": "none" }), &good_claims()), Rejection::ForbiddenAlgorithm),
        (key.token(&json!({ "alg": "ES256" }), &good_claims()), Rejection::KeyIdMissing),
        (key.token(&key.header(), &json!({ "iss": "https://a.example" })), Rejection::WrongIssuer),
        (key.token_of(key.header().to_string(), "{"), Rejection::Malformed),
        (key.good(), Rejection::KeysUnavailable { retry_after: Duration::from_secs(1) }),
    ] {
        assert_eq!(judge(&verifier, &token).unwrap_err(), why, "{token}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody asked for keys");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_is_a_token(token in prop_oneof![
        ".{0,300}",
        r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_=+/-]{0,80}){0,5}",
        r"eyJhbGciOiJFUzI1NiIsImtpZCI6InRlc3QtZXMyNTYifQ\.[A-Za-z0-9_-]{0,80}\.[A-Za-z0-9_-]{86}",
    ]) {
        prop_assert!(judge(&verifier(MOST as u64), &token).is_err(), "{}", token);
    }

    #[test]
    fn no_json_is_a_token_by_itself(header in json_text(), claims in json_text(), which in 0..KEY_TYPES.len()) {
        let key = Signer::of(KEY_TYPES[which]);
        let verifier = verifier(MOST as u64);
        // Truly signed, and neither names a key, or an issuer, that there is.
        prop_assert!(judge(&verifier, &key.token_of(&header, &claims)).is_err());
        let verdict = judge(&verifier, &key.token_of(key.header().to_string(), &claims));
        prop_assert!(verdict.is_err(), "{}", claims);
    }

    #[test]
    fn a_token_that_was_altered_in_any_byte_is_refused(
        which in 0..KEY_TYPES.len(),
        place in any::<prop::sample::Index>(),
        character in prop_oneof![prop::char::range('!', '~'), any::<char>()],
        how in 0..3,
    ) {
        let token = Signer::of(KEY_TYPES[which]).good();
        let place = place.index(token.len());
        let altered = match how {
            0 => format!("{}{character}{}", &token[..place], &token[place + 1..]),
            1 => format!("{}{character}{}", &token[..place], &token[place..]),
            _ => format!("{}{}", &token[..place], &token[place + 1..]),
        };
        prop_assume!(altered != token);
        prop_assert!(judge(&verifier(MOST as u64), &altered).is_err(), "{} → {}", token, altered);
    }
}

#[test]
fn a_token_is_refused_with_any_one_bit_changed() {
    let verifier = verifier(MOST as u64);
    for alg in KEY_TYPES {
        let token = Signer::of(alg).good();
        assert!(judge(&verifier, &token).is_ok());
        for place in 0..token.len() {
            for bit in 0..7 {
                let mut altered = token.clone().into_bytes();
                altered[place] ^= 1 << bit;
                let altered = String::from_utf8(altered).unwrap();
                assert!(judge(&verifier, &altered).is_err(), "{alg}, {place}, {bit}: {altered}");
            }
        }
    }
}

/// Any JSON, and what is nearly some.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1e400".to_owned()),
        any::<bool>().prop_map(|it| it.to_string()),
        any::<f64>().prop_map(|it| it.to_string()),
        any::<i64>().prop_map(|it| it.to_string()),
        ".{0,20}".prop_map(|it| json!(it).to_string()),
        "\"[^\"]{0,10}\"",
    ];
    let name = prop_oneof![
        "[a-z]{1,3}",
        "(alg|kid|typ|crit|iss|aud|exp|nbf|iat|sub|jti|cnf)",
        r"\$serde_json::private::(Number|RawValue)",
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let member =
            (name.clone(), inner.clone()).prop_map(|(name, it)| format!("\"{name}\":{it}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}
