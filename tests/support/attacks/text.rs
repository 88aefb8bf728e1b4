//! Texts that two readers could read as two tokens: encoding, JSON, form.

use rocket_bearer::Rejection::{
    BadSignature, CriticalExtension, Malformed, TooLong, WrongIssuer, WrongType,
};
use serde_json::json;

use super::claims::ABSENT;
use super::{Row, Target, Verdict, but, encode, good_claims, row};

pub(super) fn rows(target: &Target<'_>) -> Vec<Row> {
    [extensions(target), forms(target), base64url(target), json(target), duplicates(target)]
        .concat()
}

fn extensions(target: &Target<'_>) -> Vec<Row> {
    let crit = |name: &str, source, members: &str| {
        row(name, source, target.with_members(members), Err(CriticalExtension))
    };
    // RFC 7797: the claims as they are, and the signature over them as they are.
    let unencoded = |members: &str| {
        let header =
            format!(r#"{{"alg":"{}","kid":"{}",{members}}}"#, target.key.alg, target.key.kid);
        let text = "$claims-as-they-are";
        let signature = target.key.sign(format!("{}.{text}", encode(&header)).as_bytes());
        (encode(&header), text, encode(signature))
    };
    let (header, text, signature) = unencoded(r#""b64":false,"crit":["b64"]"#);
    let (plain, _, plain_signature) = unencoded(r#""b64":false"#);
    let mut rows = vec![
        crit("crit unknown", "CVE-2025-59420", r#""crit":["bork"],"bork":1"#),
        crit("crit without its member", "CVE-2026-32597", r#""crit":["exp"]"#),
        crit("crit b64", "CVE-2026-35042", r#""crit":["b64"],"b64":false"#),
        crit("crit b64 true", "RFC 7797 §6", r#""crit":["b64"],"b64":true"#),
        crit("crit of a registered member", "RFC 7515 §4.1.11", r#""crit":["alg"]"#),
        crit("crit twice the same", "RFC 7515 §4.1.11", r#""crit":["a","a"],"a":1"#),
        crit("crit empty", "RFC 7515 §4.1.11", r#""crit":[]"#),
        crit("crit null", "RFC 7515 §4.1.11", r#""crit":null"#),
        crit("crit text", "RFC 7515 §4.1.11", r#""crit":"b64""#),
        crit("crit false", "RFC 7515 §4.1.11", r#""crit":false"#),
        crit("crit spelt otherwise", "RFC 7515 §4.1.11", r#""\u0063rit":["b64"]"#),
        row(
            "claims unencoded",
            "RFC 7797 §3",
            format!("{header}.{text}.{signature}"),
            Err(Malformed),
        ),
        row(
            "claims unencoded, encoded",
            "RFC 7797 §3",
            format!("{plain}.{}.{plain_signature}", encode(good_claims().to_string())),
            Err(BadSignature),
        ),
        row("b64 that binds nobody", "RFC 7797 §6", target.with_members(r#""b64":false"#), Ok(())),
    ];
    for typ in [
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "id_token",
        "JWE",
        "JOSE+JSON",
        "application/dpop+jwt",
        "JWT ",
        "at+jwt;v=1",
        "",
    ] {
        let token = target.with_header(json!({ "typ": typ }));
        rows.push(row(format!("typ {typ:?}"), "RFC 8725 §3.11", token, Err(WrongType)));
    }
    for typ in ["null", "7", "[\"JWT\"]", "{}"] {
        let token = target.with_members(&format!("\"typ\":{typ}"));
        rows.push(row(format!("typ {typ}"), "RFC 7515 §4.1.9", token, Err(Malformed)));
    }
    rows
}

/// Serialisations that are not the compact one of a JWS.
fn forms(target: &Target<'_>) -> Vec<Row> {
    let good = target.signed(&target.input());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        unreachable!()
    };
    let jwe = encode(json!({ "alg": "dir", "enc": "A256GCM", "kid": target.key.kid }).to_string());
    let flattened = json!({ "protected": header, "payload": payload, "signature": signature });
    let general = json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] });
    let bad = |name: &str, source, token| row(name, source, token, Err(Malformed));
    vec![
        bad("JWE", "RFC 7516 §3.1", format!("{jwe}..{}.{payload}.{signature}", encode([1; 12]))),
        bad("JWE of four parts", "RFC 7516 §3.1", format!("{jwe}.{header}.{payload}.{signature}")),
        bad("JSON, flattened", "RFC 7515 §7.2.2", flattened.to_string()),
        bad("JSON, general", "RFC 7515 §7.2.1", general.to_string()),
        bad("JSON in base64url", "RFC 7515 §7.2.2", encode(flattened.to_string())),
        bad("a token in a token", "RFC 7519 §5.2", target.with_payload(&good)),
        bad("a token in a string", "RFC 7519 §5.2", target.with_payload(format!("\"{good}\""))),
        bad("detached", "RFC 7515 app. F", format!("{header}..{signature}")),
        bad("nothing before the claims", "RFC 7515 §7.1", format!(".{payload}.{signature}")),
        bad("one part", "RFC 7515 §7.1", header.to_owned()),
        bad("two parts", "RFC 7515 §7.1", format!("{header}.{payload}")),
        bad("four parts", "RFC 7515 §7.1", format!("{good}.{signature}")),
        bad("a dot after", "RFC 7515 §7.1", format!("{good}.")),
        bad("a dot before", "RFC 7515 §7.1", format!(".{good}")),
        bad("two dots together", "RFC 7515 §7.1", good.replacen('.', "..", 1)),
        bad("two dots alone", "RFC 7515 §7.1", "..".to_owned()),
        bad("16,000 dots", "CVE-2025-30204", ".".repeat(16_000)),
        bad("16,000 dots after", "CVE-2025-27144", format!("{good}{}", ".".repeat(14_000))),
        bad("16,000 parts", "CVE-2025-22868", "a.".repeat(8_000)),
        row("a megabyte of dots", "CVE-2025-30204", ".".repeat(1_000_000), Err(TooLong)),
        row("one byte too long", "RFC 8725 §3.2", "a".repeat(16_385), Err(TooLong)),
        bad("as long as may be", "RFC 8725 §3.2", "a".repeat(16_384)),
        bad("percent-encoded", "RFC 7515 §2", good.replace('.', "%2E")),
        bad("another script's dots", "RFC 7515 §2", good.replace('.', "\u{3002}")),
    ]
}

fn base64url(target: &Target<'_>) -> Vec<Row> {
    let mut rows = vec![];
    // Spaces make the three lengths that base64 tells apart; JSON does not mind them.
    let of_length = |mut text: String, rest: usize| {
        while text.len() % 3 != rest {
            text.push(' ');
        }
        encode(text)
    };
    let header = |rest| of_length(target.key.header().to_string(), rest);
    let claims = |rest| of_length(good_claims().to_string(), rest);
    type Spoil = fn(&str) -> String;
    let spoils: [(&str, Spoil); 12] = [
        ("=", |part| format!("{part}=")),
        ("==", |part| format!("{part}==")),
        ("= before", |part| format!("={part}")),
        ("%3D", |part| format!("{part}%3D")),
        ("+", |part| format!("+{}", &part[1..])),
        ("/", |part| format!("/{}", &part[1..])),
        ("line end", |part| format!("{}\n{}", &part[..4], &part[4..])),
        ("no-break space", |part| format!("\u{a0}{part}")),
        ("form feed after", |part| format!("{part}\u{c}")),
        ("NUL after", |part| format!("{part}\u{0}")),
        ("full-width letter", |part| format!("\u{ff21}{}", &part[1..])),
        ("zero-width space", |part| format!("{part}\u{200b}")),
    ];
    let source = "RFC 7515 §2";
    for (name, spoil) in spoils {
        for rest in [1, 2, 0] {
            let (header, claims) = (header(rest), claims(rest));
            let in_header = target.signed(&format!("{}.{claims}", spoil(&header)));
            let in_claims = target.signed(&format!("{header}.{}", spoil(&claims)));
            rows.push(row(
                format!("{name} in the header, {rest}"),
                source,
                in_header,
                Err(Malformed),
            ));
            rows.push(row(
                format!("{name} in the claims, {rest}"),
                source,
                in_claims,
                Err(Malformed),
            ));
        }
        let good = target.signed(&target.input());
        let (input, signature) = good.rsplit_once('.').unwrap();
        let token = format!("{input}.{}", spoil(signature));
        rows.push(row(format!("{name} in the signature"), source, token, Err(Malformed)));
    }
    let source = "RFC 4648 §3.5";
    for rest in [1, 2] {
        let (header, claims) = (header(rest), claims(rest));
        let good = target.signed(&format!("{header}.{claims}"));
        rows.push(row(format!("all lengths, {rest}"), source, good, Ok(())));
        let in_header = target.signed(&format!("{}.{claims}", with_stray_bit(&header)));
        let in_claims = target.signed(&format!("{header}.{}", with_stray_bit(&claims)));
        rows.push(row(
            format!("stray bits in the header, {rest}"),
            source,
            in_header,
            Err(Malformed),
        ));
        rows.push(row(
            format!("stray bits in the claims, {rest}"),
            source,
            in_claims,
            Err(Malformed),
        ));
    }
    let good = target.signed(&target.input());
    let (_, signature) = good.rsplit_once('.').unwrap();
    if signature.len() % 4 != 0 {
        let token = with_stray_bit(&good);
        rows.push(row("stray bits in the signature", source, token, Err(Malformed)));
    }
    let lone = format!("{good}{}", &"AAAA"[..(5 - signature.len() % 4) % 4]);
    rows.push(row("a lone character after", source, lone, Err(Malformed)));
    rows
}

/// The next character, for the last one: it decodes to the same octets where some bits are unused.
fn with_stray_bit(part: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = part.chars().last().unwrap();
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    format!("{}{next}", &part[..part.len() - 1])
}

fn json(target: &Target<'_>) -> Vec<Row> {
    let (alg, kid) = (target.key.alg, &target.key.kid);
    let header = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
    let claims = good_claims().to_string();
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    };
    let mut rows = vec![];
    // One fault, in the header and in the claims.
    type Spoil<'s> = &'s dyn Fn(&str) -> Vec<u8>;
    let spoils: [(&str, Spoil<'_>); 23] = [
        ("BOM", &|text| format!("\u{feff}{text}").into()),
        ("UTF-16", &|text| utf16(text, u16::to_le_bytes)),
        ("UTF-16, big-endian", &|text| utf16(text, u16::to_be_bytes)),
        ("UTF-16 after its BOM", &|text| {
            [&[0xff, 0xfe], &utf16(text, u16::to_le_bytes)[..]].concat()
        }),
        ("octet FF in a string", &|text| with_string(text, b"\xff")),
        ("octet 80 in a string", &|text| with_string(text, b"\x80")),
        ("an overlong NUL", &|text| with_string(text, b"\xc0\x80")),
        ("an overlong slash", &|text| with_string(text, b"\xe0\x80\xaf")),
        ("an encoded surrogate", &|text| with_string(text, b"\xed\xa0\x80")),
        ("beyond Unicode", &|text| with_string(text, b"\xf5\x80\x80\x80")),
        ("cut UTF-8", &|text| with_string(text, b"\xe2\x82")),
        ("a lone surrogate", &|text| with_string(text, br"\ud800")),
        ("surrogates swapped", &|text| with_string(text, br"\udc00\ud800")),
        ("a control character", &|text| with_string(text, b"\x01")),
        ("an unknown escape", &|text| with_string(text, br"\x41")),
        ("a trailing comma", &|text| text.replace('}', ",}").into()),
        ("a comment", &|text| text.replacen('{', "{/**/", 1).into()),
        ("single quotes", &|text| text.replace('"', "'").into()),
        ("something after", &|text| format!("{text}{{}}").into()),
        ("a NUL after", &|text| format!("{text}\u{0}").into()),
        ("an array around", &|text| format!("[{text}]").into()),
        ("half of it", &|text| text[..text.len() / 2].into()),
        ("nothing", &|_| vec![]),
    ];
    for (name, spoil) in spoils {
        for (part, token) in [
            ("header", target.with_header_text(spoil(&header))),
            ("claims", target.with_payload(spoil(&claims))),
        ] {
            rows.push(row(format!("{name} in the {part}"), "RFC 8259 §8", token, Err(Malformed)));
        }
    }
    let spaced =
        |text: &str| format!("\n {}\r\n\t", text.replace(':', " : ").replace(" : //", "://"));
    let escaped = header.replacen("alg", r"\u0061l\u0067", 1);
    rows.extend([
        row(
            "white space in the header",
            "RFC 8259 §2",
            target.with_header_text(spaced(&header)),
            Ok(()),
        ),
        row(
            "white space in the claims",
            "RFC 8259 §2",
            target.with_payload(spaced(&claims)),
            Ok(()),
        ),
        row("escapes in a name", "RFC 8259 §7", target.with_header_text(escaped), Ok(())),
    ]);
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(1_500), "}".repeat(1_500));
    let raw = r#"{"$serde_json::private::RawValue":"[]"}"#;
    let number = r#"{"$serde_json::private::Number":"1"}"#;
    let values: [(&str, &str, Verdict); 24] = [
        ("10,000 deep, open", &"[".repeat(10_000), Err(Malformed)),
        ("10,000 deep", &nested(10_000), Err(TooLong)),
        ("5,000 deep", &nested(5_000), Err(Malformed)),
        ("1,500 objects deep", &objects, Err(Malformed)),
        ("100 deep", &nested(100), Ok(())),
        ("1e400", "1e400", Err(Malformed)),
        ("-1e400", "-1e400", Err(Malformed)),
        ("1e400 further down", r#"[{"a":[1e400]}]"#, Err(Malformed)),
        ("1e99999999999999999999", "1e99999999999999999999", Err(Malformed)),
        ("400 digits", &"9".repeat(400), Err(Malformed)),
        ("NaN", "NaN", Err(Malformed)),
        ("Infinity", "-Infinity", Err(Malformed)),
        ("0x10", "0x10", Err(Malformed)),
        ("007", "007", Err(Malformed)),
        ("+1", "+1", Err(Malformed)),
        (".5", ".5", Err(Malformed)),
        ("5.", "5.", Err(Malformed)),
        ("undefined", "undefined", Err(Malformed)),
        ("serde_json's raw text", raw, Err(Malformed)),
        ("serde_json's raw text further down", &format!("[[{raw}]]"), Err(Malformed)),
        ("serde_json's number", number, Err(Malformed)),
        ("-0", "[-0, -0.0, 0e0]", Ok(())),
        ("2^63, 2^64, small", "[9223372036854775808, 18446744073709551616, 1e-400]", Ok(())),
        ("one name twice further down", r#"{"a":1,"a":2}"#, Ok(())),
    ];
    for (name, value, expected) in values {
        for (part, token) in [
            ("header", target.with_members(&format!("\"x\":{value}"))),
            ("claims", target.with_claim("x", value)),
        ] {
            rows.push(row(format!("{name} in the {part}"), "RFC 8259 §6", token, expected));
        }
    }
    for (name, text) in [("null", "null"), ("text", "\"claims\""), ("number", "1"), ("list", "[]")]
    {
        let (header, claims) = (target.with_header_text(text), target.with_payload(text));
        rows.push(row(format!("header is {name}"), "RFC 7515 §4", header, Err(Malformed)));
        rows.push(row(format!("claims are {name}"), "RFC 7519 §7.2", claims, Err(Malformed)));
    }
    rows
}

/// A first member whose value is a string of these octets.
fn with_string(object: &str, octets: &[u8]) -> Vec<u8> {
    [b"{\"x\":\"", octets, b"\",", &object.as_bytes()[1..]].concat()
}

/// A name twice: the first reader takes the one, the second the other.
fn duplicates(target: &Target<'_>) -> Vec<Row> {
    let (alg, kid) = (target.key.alg, &target.key.kid);
    let source = "RFC 8725 §2.4, RFC 7515 §4";
    let mut rows = vec![];
    for (name, text) in [
        ("alg", format!(r#"{{"alg":"none","alg":"{alg}","kid":"{kid}"}}"#)),
        ("alg, the good one first", format!(r#"{{"alg":"{alg}","kid":"{kid}","alg":"none"}}"#)),
        ("alg, the same", format!(r#"{{"alg":"{alg}","alg":"{alg}","kid":"{kid}"}}"#)),
        ("alg, spelt otherwise", format!(r#"{{"\u0061lg":"none","alg":"{alg}","kid":"{kid}"}}"#)),
        ("kid", format!(r#"{{"alg":"{alg}","kid":"other","kid":"{kid}"}}"#)),
        ("typ", format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#)),
        ("crit", format!(r#"{{"alg":"{alg}","kid":"{kid}","crit":[],"crit":[]}}"#)),
        ("jwk", format!(r#"{{"alg":"{alg}","kid":"{kid}","jwk":{{}},"jwk":{{}}}}"#)),
        ("another", format!(r#"{{"alg":"{alg}","kid":"{kid}","x":1,"x":1}}"#)),
    ] {
        let token = target.with_header_text(text);
        rows.push(row(format!("{name} twice in the header"), source, token, Err(Malformed)));
    }
    for (claim, value) in [
        ("iss", "\"https://mallory.example/\""),
        ("aud", "\"other\""),
        ("sub", "\"mallory\""),
        ("exp", "9999999999"),
        ("iat", "1"),
        ("scope", "\"all\""),
    ] {
        let good = good_claims();
        let own = good.get(claim).map_or("\"none\"".to_owned(), ToString::to_string);
        let rest = but(good, json!({ claim: null })).to_string();
        let rest = &rest[1..];
        let spelt = format!("\\u{:04x}{}", claim.as_bytes()[0], &claim[1..]);
        for (how, text) in [
            ("forged first", format!("{{\"{claim}\":{value},\"{claim}\":{own},{rest}")),
            ("good first", format!("{{\"{claim}\":{own},\"{claim}\":{value},{rest}")),
            ("spelt otherwise", format!("{{\"{claim}\":{own},\"{spelt}\":{value},{rest}")),
        ] {
            let token = target.with_payload(text);
            rows.push(row(format!("{claim} twice, {how}"), source, token, Err(Malformed)));
        }
    }
    // In another case it is another name.
    let capital = target.with_claim("ISS", "\"https://mallory.example/\"");
    rows.push(row("ISS beside iss", source, capital, Ok(())));
    let only = target.with_payload(good_claims().to_string().replace("\"iss\"", "\"Iss\""));
    rows.push(row("Iss for iss", source, only, Err(ABSENT)));
    let escaped = target.with_claim("iss", "\"https:\\/\\/issuer.localhost\\u0000\\/\"");
    rows.push(row("iss with a NUL in it", source, escaped, Err(WrongIssuer)));
    rows
}
