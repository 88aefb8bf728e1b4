//! What forgers send.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

use crate::support::{self, Signer, but, encode, good_claims};
use crate::{GRANTED, NO_KEY, NO_KID, UNPARSABLE, WRONG_CLAIMS, assert_verdicts, client};

const KEYS: [&str; 3] = ["dev-rs256", "dev-es256", "dev-ed25519"];

/// The parts of a good token of this key.
fn parts(key: &Signer) -> (String, String, String) {
    let token = key.good();
    let mut parts = token.split('.').map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
}

#[test]
fn an_unsigned_token_is_refused_in_any_casing() {
    for kid in KEYS {
        let key = Signer::dev(kid);
        let client = client(support::config(key.set()));
        let (_, payload, signature) = parts(&key);
        for alg in ["none", "None", "NONE", "nOnE", "", " none", "none\u{0}"] {
            let header = encode(but(key.header(), json!({ "alg": alg })).to_string());
            assert_verdicts(
                &client,
                [
                    ("no signature", format!("{header}.{payload}."), UNPARSABLE),
                    ("a signature", format!("{header}.{payload}.{signature}"), UNPARSABLE),
                    ("no dot", format!("{header}.{payload}"), UNPARSABLE),
                ],
            );
        }
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let modulus = key.jwk["n"].as_str().unwrap();
    let octets = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(modulus).unwrap();
    let der = aws_lc_rs::signature::RsaPublicKeyComponents { n: octets.clone(), e: vec![1, 0, 1] };
    let der = der.to_parsed_public_key(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256).unwrap();
    let der = der.as_ref().to_vec();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD
            .encode(&der)
            .as_bytes()
            .chunks(64)
            .map(|line| str::from_utf8(line).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    );
    for (alg, algorithm) in [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
        ("RS256", hmac::HMAC_SHA256),
    ] {
        for (name, secret) in [
            ("PEM", pem.as_bytes().to_vec()),
            ("PEM without its last newline", pem.trim_end().as_bytes().to_vec()),
            ("DER", der.clone()),
            ("modulus", octets.clone()),
            ("modulus as text", modulus.as_bytes().to_vec()),
            ("the JWK", key.jwk.to_string().into_bytes()),
            ("nothing", vec![]),
        ] {
            let header = encode(but(key.header(), json!({ "alg": alg })).to_string());
            let input = format!("{header}.{}", encode(good_claims().to_string()));
            let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), input.as_bytes());
            assert_verdicts(&client, [(name, format!("{input}.{}", encode(tag)), UNPARSABLE)]);
        }
    }
}

#[test]
fn a_signature_holds_as_a_whole_or_not_at_all() {
    for kid in KEYS {
        let key = Signer::dev(kid);
        let client = client(support::config(key.set()));
        let (header, payload, signature) = parts(&key);
        let octets = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&signature).unwrap();
        let with = |octets: &[u8]| format!("{header}.{payload}.{}", encode(octets));
        let mut flipped = octets.clone();
        flipped[0] ^= 1;
        let mut last = octets.clone();
        *last.last_mut().unwrap() ^= 1;
        let other = Signer::dev("dev-rs256-next").sign(format!("{header}.{payload}").as_bytes());
        assert_verdicts(
            &client,
            [
                ("whole", with(&octets), GRANTED),
                ("stripped", with(&[]), UNPARSABLE),
                ("one octet short", with(&octets[1..]), UNPARSABLE),
                ("one octet short at the end", with(&octets[..octets.len() - 1]), UNPARSABLE),
                ("half", with(&octets[..octets.len() / 2]), UNPARSABLE),
                ("one octet more", with(&[&octets[..], &[0]].concat()), UNPARSABLE),
                ("a zero before", with(&[&[0], &octets[..]].concat()), UNPARSABLE),
                ("twice", with(&[octets.clone(), octets.clone()].concat()), UNPARSABLE),
                ("first bit", with(&flipped), UNPARSABLE),
                ("last bit", with(&last), UNPARSABLE),
                ("zeros", with(&vec![0; octets.len()]), UNPARSABLE),
                ("ones", with(&vec![255; octets.len()]), UNPARSABLE),
                ("another key's", with(&other), UNPARSABLE),
            ],
        );
    }
}

#[test]
fn what_was_signed_cannot_be_changed() {
    for kid in KEYS {
        let key = Signer::dev(kid);
        let client = client(support::config(key.set()));
        let (header, payload, signature) = parts(&key);
        let claims = encode(but(good_claims(), json!({ "sub": "mallory" })).to_string());
        let typ = encode(but(key.header(), json!({ "typ": "JWT" })).to_string());
        assert_verdicts(
            &client,
            [
                ("the claims", format!("{header}.{claims}.{signature}"), UNPARSABLE),
                ("the header", format!("{typ}.{payload}.{signature}"), UNPARSABLE),
                ("their order", format!("{payload}.{header}.{signature}"), UNPARSABLE),
            ],
        );
    }
}

#[test]
fn a_key_in_the_token_is_never_asked() {
    let key = Signer::dev("dev-rs256");
    let mallory = Signer::of("RS256");
    let client = client(support::config(key.set()));
    let forged = |kid: &str, members: Value| {
        let header = but(json!({ "alg": "RS256", "kid": kid }), members);
        mallory.token(&header, &good_claims())
    };
    for (name, members) in [
        ("jwk", json!({ "jwk": mallory.jwk })),
        ("jku", json!({ "jku": "https://mallory.example/jwks.json" })),
        ("x5u", json!({ "x5u": "https://mallory.example/cert.pem" })),
        ("x5c", json!({ "x5c": ["MIIB"] })),
        ("x5t", json!({ "x5t": "AAAA", "x5t#S256": "AAAA" })),
    ] {
        let genuine = key.token(&but(key.header(), members.clone()), &good_claims());
        assert_verdicts(
            &client,
            [
                (name, forged("dev-rs256", members.clone()), UNPARSABLE),
                (name, forged(&mallory.kid, members.clone()), NO_KEY),
                (name, genuine, GRANTED),
            ],
        );
    }
    // Even one that is no key at all: nobody looks.
    let header = but(key.header(), json!({ "jwk": 7, "x5c": "no list" }));
    assert_verdicts(&client, [("nonsense", key.token(&header, &good_claims()), GRANTED)]);
}

#[test]
fn the_algorithm_is_the_keys_and_not_the_tokens() {
    let keys = KEYS.map(Signer::dev);
    let jwks: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
    let client = client(support::config(support::set(&jwks)));
    for key in &keys {
        for other in &keys {
            let header = json!({ "alg": other.alg, "kid": key.kid });
            let expected = if key.kid == other.kid { GRANTED } else { UNPARSABLE };
            let by_key = key.token(&header, &good_claims());
            let by_other = other.token(&header, &good_claims());
            assert_verdicts(
                &client,
                [("signed by kid", by_key, expected), ("signed by alg", by_other, expected)],
            );
        }
    }
    let rsa = &keys[0];
    for alg in ["RS384", "RS512", "PS256", "PS384", "PS512", "ES512", "ES256K", "RS1", "dir"] {
        let header = but(rsa.header(), json!({ "alg": alg }));
        assert_verdicts(&client, [(alg, rsa.token(&header, &good_claims()), UNPARSABLE)]);
    }
}

#[test]
fn base64url_is_canonical_or_refused() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let (header, payload, signature) = parts(&key);
    let again = |header: &str, payload: &str| {
        let input = format!("{header}.{payload}");
        format!("{input}.{}", encode(key.sign(input.as_bytes())))
    };
    // 256 octets leave four unused bits in the last character: another one decodes to the same.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let stray = format!("{}{next}", &signature[..signature.len() - 1]);
    let octets = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&signature).unwrap();
    // Claims of a length that base64 pads.
    let mut claims = good_claims().to_string();
    while claims.len() % 3 != 1 {
        claims.push(' ');
    }
    assert_verdicts(
        &client,
        [
            ("as it should be", format!("{header}.{payload}.{signature}"), GRANTED),
            ("stray bits", format!("{header}.{payload}.{stray}"), UNPARSABLE),
            ("padding", format!("{header}.{payload}.{}", URL_SAFE.encode(&octets)), UNPARSABLE),
            ("other alphabet", format!("{header}.{payload}.{}+/", &signature[..340]), UNPARSABLE),
            ("one character too many", format!("{header}.{payload}.{signature}A"), UNPARSABLE),
            ("a NUL", format!("{header}.{payload}.{signature}\u{0}"), UNPARSABLE),
            ("padded header, signed", again(&format!("{header}="), &payload), UNPARSABLE),
            ("long claims, signed", again(&header, &encode(&claims)), GRANTED),
            ("padded claims, signed", again(&header, &URL_SAFE.encode(&claims)), UNPARSABLE),
            ("empty header", again("", &payload), UNPARSABLE),
            ("empty claims", again(&header, ""), UNPARSABLE),
            ("four parts", format!("{header}.{payload}.{signature}.{signature}"), UNPARSABLE),
            ("five parts", format!("{header}.{payload}.{signature}.a.a"), UNPARSABLE),
            ("dots", ".".repeat(10_000), UNPARSABLE),
            ("only dots", "..".to_owned(), UNPARSABLE),
        ],
    );
}

#[test]
fn a_header_is_a_strict_json_object() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let with = |text: &str| key.token_of(text, good_claims().to_string());
    let deep = format!(
        r#"{{"alg":"RS256","kid":"dev-rs256","x":{}{}}}"#,
        "[".repeat(3000),
        "]".repeat(3000)
    );
    let utf16: Vec<u8> =
        key.header().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_verdicts(
        &client,
        [
            ("plain", with(r#"{"alg":"RS256","kid":"dev-rs256"}"#), GRANTED),
            ("white space", with("\n{ \"alg\" : \"RS256\",\t\"kid\":\"dev-rs256\" }\r\n"), GRANTED),
            ("escapes", with(r#"{"\u0061lg":"RS256","kid":"dev-rs256"}"#), GRANTED),
            (
                "others",
                with(r#"{"alg":"RS256","kid":"dev-rs256","b64":true,"x":[null,1.5]}"#),
                GRANTED,
            ),
            ("alg twice", with(r#"{"alg":"RS256","alg":"RS256","kid":"dev-rs256"}"#), UNPARSABLE),
            (
                "alg twice, escaped",
                with(r#"{"alg":"RS256","\u0061lg":"none","kid":"dev-rs256"}"#),
                UNPARSABLE,
            ),
            ("kid twice", with(r#"{"alg":"RS256","kid":"a","kid":"dev-rs256"}"#), UNPARSABLE),
            ("another twice", with(r#"{"alg":"RS256","kid":"dev-rs256","x":1,"x":1}"#), UNPARSABLE),
            ("no alg", with(r#"{"kid":"dev-rs256"}"#), UNPARSABLE),
            ("alg null", with(r#"{"alg":null,"kid":"dev-rs256"}"#), UNPARSABLE),
            ("alg list", with(r#"{"alg":["RS256"],"kid":"dev-rs256"}"#), UNPARSABLE),
            ("no kid", with(r#"{"alg":"RS256"}"#), NO_KID),
            ("kid null", with(r#"{"alg":"RS256","kid":null}"#), UNPARSABLE),
            ("kid number", with(r#"{"alg":"RS256","kid":1}"#), UNPARSABLE),
            ("kid object", with(r#"{"alg":"RS256","kid":{}}"#), UNPARSABLE),
            ("kid empty", with(r#"{"alg":"RS256","kid":""}"#), NO_KEY),
            (
                "crit",
                with(r#"{"alg":"RS256","kid":"dev-rs256","crit":["b64"],"b64":false}"#),
                UNPARSABLE,
            ),
            ("crit empty", with(r#"{"alg":"RS256","kid":"dev-rs256","crit":[]}"#), UNPARSABLE),
            ("crit null", with(r#"{"alg":"RS256","kid":"dev-rs256","crit":null}"#), UNPARSABLE),
            ("1e400", with(r#"{"alg":"RS256","kid":"dev-rs256","x":1e400}"#), UNPARSABLE),
            ("deep", with(&deep), UNPARSABLE),
            ("array", with(r#"["RS256"]"#), UNPARSABLE),
            ("string", with(r#""RS256""#), UNPARSABLE),
            ("nothing", with(""), UNPARSABLE),
            ("more after it", with(r#"{"alg":"RS256","kid":"dev-rs256"}{}"#), UNPARSABLE),
            ("comment", with(r#"{"alg":"RS256",/**/"kid":"dev-rs256"}"#), UNPARSABLE),
            ("trailing comma", with(r#"{"alg":"RS256","kid":"dev-rs256",}"#), UNPARSABLE),
            ("BOM", with("\u{feff}{\"alg\":\"RS256\",\"kid\":\"dev-rs256\"}"), UNPARSABLE),
            (
                "lone surrogate",
                with(r#"{"alg":"RS256","kid":"dev-rs256","x":"\ud800"}"#),
                UNPARSABLE,
            ),
            ("UTF-16", key.token_of(utf16, good_claims().to_string()), UNPARSABLE),
            (
                "no UTF-8",
                key.token_of(b"{\"alg\":\"RS256\",\"kid\":\"dev-rs256\",\"x\":\"\xff\"}", "{}"),
                UNPARSABLE,
            ),
        ],
    );
}

#[test]
fn claims_are_a_strict_json_object() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let good = good_claims().to_string();
    let plus =
        |text: &str| key.token_of(key.header().to_string(), format!("{{{text},{}", &good[1..]));
    let whole = |text: &str| key.token_of(key.header().to_string(), text);
    assert_verdicts(
        &client,
        [
            ("another claim", plus(r#""x":{"a":1,"a":2}"#), GRANTED),
            ("exp twice", plus(r#""exp":9999999999"#), UNPARSABLE),
            ("iss twice, escaped", plus(r#""\u0069ss":"https://mallory.example/""#), UNPARSABLE),
            ("another twice", plus(r#""x":1,"x":1"#), UNPARSABLE),
            ("1e400", plus(r#""x":1e400"#), UNPARSABLE),
            ("1e400 deep down", plus(r#""x":[{"y":-1e400}]"#), UNPARSABLE),
            ("lone surrogate", plus(r#""x":"\udc00""#), UNPARSABLE),
            ("-0 and fractions", plus(r#""x":[-0,0.1,1e-400,9223372036854775808]"#), GRANTED),
            (
                "10,000 deep",
                plus(&format!("\"x\":{}{}", "[".repeat(5000), "]".repeat(5000))),
                UNPARSABLE,
            ),
            ("array", whole(&format!("[{good}]")), UNPARSABLE),
            ("string", whole("\"claims\""), UNPARSABLE),
            ("null", whole("null"), UNPARSABLE),
            ("empty object", whole("{}"), WRONG_CLAIMS),
            ("another token", whole(&key.good()), UNPARSABLE),
            ("BOM", whole(&format!("\u{feff}{good}")), UNPARSABLE),
            ("more after it", whole(&format!("{good}{good}")), UNPARSABLE),
        ],
    );
}

#[test]
fn a_small_token_cannot_make_the_reader_descend_without_end() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()).max_token_bytes(100_000).unwrap());
    // serde_json reads such an object as text to be parsed again, with a new recursion limit.
    let mut nested = format!("{}{}", "[".repeat(118), "]".repeat(118));
    for _ in 0..15 {
        let text = nested.replace('\\', r"\u005c").replace('"', r"\u0022");
        nested = format!(
            r#"{}{{"$serde_json::private::RawValue":"{text}"}}{}"#,
            "[".repeat(118),
            "]".repeat(118)
        );
    }
    let payload = format!(r#"{{"x":{nested}}}"#);
    let header = key.header().to_string();
    let unsigned = format!("{}.{}.AAAA", encode(&header), encode(&payload));
    let in_header = format!(r#"{{"alg":"RS256","kid":"dev-rs256","x":{nested}}}"#);
    assert_verdicts(
        &client,
        [
            ("unsigned", unsigned, UNPARSABLE),
            ("signed", key.token_of(&header, &payload), UNPARSABLE),
            ("in the header", key.token_of(in_header, good_claims().to_string()), UNPARSABLE),
        ],
    );
}

#[test]
fn an_object_cannot_pass_as_a_claim_of_another_type() {
    let key = Signer::dev("dev-rs256");
    let client = client(support::config(key.set()));
    let good = good_claims();
    for claim in ["iss", "aud", "sub", "exp", "iat"] {
        for name in ["RawValue", "Number"] {
            let text = good[claim].to_string();
            let object = json!({ format!("$serde_json::private::{name}"): text });
            let claims = but(good.clone(), json!({ claim: object }));
            assert_verdicts(&client, [(claim, key.token(&key.header(), &claims), UNPARSABLE)]);
        }
    }
}
