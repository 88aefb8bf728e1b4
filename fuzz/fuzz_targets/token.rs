//! Any text → verifier: it never panics, and takes nothing but what was signed.

#![no_main]

mod common;

use std::sync::LazyLock;

use common::{AUDIENCE, ISSUER, KEYS, NOW, encode, judge};
use libfuzzer_sys::fuzz_target;

/// The first two parts of the tokens in `seeds/token`, by every key.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let input = |alg: &str| {
        let header = format!(r#"{{"alg":"{alg}","kid":"{alg}"}}"#);
        let exp = NOW + 600;
        let claims =
            format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"alice","exp":{exp}}}"#);
        format!("{}.{}", encode(header), encode(claims))
    };
    KEYS.iter().map(|key| input(key.alg)).collect()
});

fuzz_target!(|token: &str| {
    if let Ok(verified) = judge(token) {
        let (input, _) = verified.token().rsplit_once('.').unwrap();
        assert!(SIGNED.iter().any(|signed| signed == input), "{token}");
    }
});
