//! When a published key expires: by its member `exp`, or by the certificate in `x5c`.
//!
//! Verification reads neither (RFC 7517 §4.7 leaves it to policy): an expired key is only warned of.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cli::der::{SEQUENCE, element, from_validity};
use crate::json::Strict;

/// The keys of a set that are expired at `now`: the `kid` and the day of each.
pub(super) fn expired(document: &[u8], now: SystemTime) -> Vec<(String, String)> {
    #[derive(Deserialize)]
    struct PublishedSet<'a> {
        #[serde(borrow)]
        keys: Vec<&'a RawValue>,
    }
    let Ok(PublishedSet { keys }) = serde_json::from_slice(document) else { return vec![] };
    let expired = keys.iter().filter_map(|key| {
        let Strict(key) = serde_json::from_str(key.get()).ok()?;
        let day = day_of_certificate(&key, now).or_else(|| day_of_exp(&key, now))?;
        Some((key["kid"].as_str().unwrap_or_default().to_owned(), day))
    });
    expired.collect()
}

/// By the member `exp`, a NumericDate (OpenID Federation 1.0 §8.7.2).
fn day_of_exp(key: &Value, now: SystemTime) -> Option<String> {
    let exp = Duration::try_from_secs_f64(key["exp"].as_f64()?).ok()?;
    let exp = UNIX_EPOCH.checked_add(exp)?;
    (exp <= now).then(|| day(&digits(exp)))
}

fn day_of_certificate(key: &Value, now: SystemTime) -> Option<String> {
    let certificate = STANDARD.decode(key["x5c"][0].as_str()?).ok()?;
    let not_after = not_after(&certificate)?;
    (not_after <= digits(now)).then(|| day(&not_after))
}

/// An instant in UTC as `20251231235959`. Such texts sort as their instants do.
fn digits(instant: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(instant).to_string();
    text.chars().filter(char::is_ascii_digit).collect()
}

fn day(digits: &str) -> String {
    format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8])
}

/// The end of the validity of a DER certificate (RFC 5280 §4.1), as [`digits`] has it.
fn not_after(certificate: &[u8]) -> Option<String> {
    let rest = from_validity(certificate)?;
    let (tag, validity, _) = element(rest)?;
    let (_, _, rest) = element(validity)?;
    let (time, text, _) = element(rest)?;
    if tag != SEQUENCE {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let digits = match time {
        // UTCTime, with two digits for the year (RFC 5280 §4.1.2.5.1).
        0x17 => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    (digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use serde_json::json;

    use super::*;

    /// The value of `x5c` for a certificate that is valid until the end of this year.
    fn x5c(year: i32) -> Value {
        let mut params = CertificateParams::new(["issuer.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(1999, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        json!([STANDARD.encode(certificate.der())])
    }

    #[test]
    fn a_key_is_expired_from_the_instant_that_is_published_with_it() {
        let end_of_2025 = 1_767_139_200;
        let key = json!({ "kid": "by certificate", "x5c": x5c(2025) });
        let far = json!({ "kid": "far", "x5c": x5c(2055) });
        let exp = json!({ "kid": "by exp", "exp": end_of_2025 });
        let set = json!({ "keys": [key, far, exp, { "kid": "none" }, 7] }).to_string();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(expired(set.as_bytes(), at(end_of_2025 - 1)), []);
        let found = expired(set.as_bytes(), at(end_of_2025));
        let named = |kid: &str| (kid.to_owned(), "2025-12-31".to_owned());
        assert_eq!(found, [named("by certificate"), named("by exp")]);
    }

    #[test]
    fn an_entry_of_reserved_names_is_not_read_beyond_what_it_says_and_hides_no_other() {
        let odd = r#"{"kid":{"$serde_json::private::RawValue":"\"odd\""},"exp":1}"#;
        let set = format!(r#"{{"keys":[{odd},{{"x":1e400}},{{"kid":"good","exp":1}}]}}"#);
        let now = UNIX_EPOCH + Duration::from_secs(1);
        let good = ("good".to_owned(), "1970-01-01".to_owned());
        assert_eq!(expired(set.as_bytes(), now), [good]);
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let good = STANDARD.decode(x5c(2025)[0].as_str().unwrap()).unwrap();
        assert!(not_after(&good).is_some());
        for length in 0..60 {
            assert_eq!(not_after(&good[..length]), None, "{length}");
        }
        for octets in [&[0x30, 0x80][..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30; 90]] {
            assert_eq!(not_after(octets), None, "{octets:?}");
        }
    }
}
