//! Nonces that every instance with the same key makes and knows without keeping them (RFC 9449 §9).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::rejection::Rejection;

/// How long a nonce is handed out, in seconds; it holds for as long again.
pub(crate) const SLOT: u64 = 60;

/// How many octets of the digest a nonce has.
const DIGEST: usize = 16;

/// What a nonce begins with.
const VERSION: u8 = 1;

/// The key of the nonces of one API.
#[derive(Clone)]
pub(crate) struct NonceKey {
    key: hmac::Key,
    /// Two APIs with one key do not take each other's.
    api: String,
}

/// How long a nonce holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// When it ends, in seconds since the epoch.
    pub(crate) until: u64,
    /// Whether it is a slot old, so that the client should get the next one.
    pub(crate) is_old: bool,
}

impl NonceKey {
    pub(crate) fn new(octets: &[u8], api: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, octets), api: api.to_owned() }
    }

    /// The nonce that is handed out at `now`, in seconds since the epoch.
    pub(crate) fn current(&self, now: f64) -> String {
        self.of(slot(now))
    }

    /// How long this nonce holds; `None` for one that was never made, or holds no longer.
    ///
    /// The clock of another instance may be a slot ahead.
    pub(crate) fn hold(&self, nonce: &str, now: f64) -> Option<Held> {
        let octets = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let octets: &[u8; 5 + DIGEST] = octets.as_slice().try_into().ok()?;
        let (head, _) = octets.split_first_chunk::<5>()?;
        let [VERSION, slot_octets @ ..] = *head else { return None };
        let made = u64::from(u32::from_be_bytes(slot_octets));
        let now = slot(now);
        let is_ours = aws_lc_rs::constant_time::verify_slices_are_equal(octets, &self.octets(made));
        let holds = made + 1 >= now && made <= now + 1 && is_ours.is_ok();
        holds.then_some(Held { until: (made + 2) * SLOT, is_old: made < now })
    }

    /// How long the nonce of a proof holds; refuses one that does not.
    pub(super) fn check(&self, nonce: Option<&str>, now: f64) -> Result<Option<Held>, Rejection> {
        let held = nonce.and_then(|nonce| self.hold(nonce, now));
        held.map(Some).ok_or(Rejection::NonceRequired)
    }

    fn of(&self, slot: u64) -> String {
        URL_SAFE_NO_PAD.encode(self.octets(slot))
    }

    fn octets(&self, slot: u64) -> [u8; 5 + DIGEST] {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX).to_be_bytes();
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"dpop-nonce");
        context.update(&slot);
        context.update(self.api.as_bytes());
        let mut octets = [VERSION; 5 + DIGEST];
        octets[1..5].copy_from_slice(&slot);
        octets[5..].copy_from_slice(&context.sign().as_ref()[..DIGEST]);
        octets
    }
}

fn slot(now: f64) -> u64 {
    now as u64 / SLOT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_holds_for_its_slot_and_the_next() {
        let key = NonceKey::new(&[7; 32], "https://api.example");
        let made_at = 1_790_000_040.0;
        let nonce = key.current(made_at);
        for (passed, expected) in [
            // Another instance, whose clock is behind.
            (-60.0, Some(false)),
            (-60.5, None),
            (0.0, Some(false)),
            (59.9, Some(false)),
            (60.0, Some(true)),
            (119.9, Some(true)),
            (120.0, None),
        ] {
            let held = key.hold(&nonce, made_at + passed);
            assert_eq!(held.map(|held| held.is_old), expected, "{passed}");
            assert!(held.is_none_or(|held| held.until == 1_790_000_160), "{passed}");
        }
    }

    #[test]
    fn a_nonce_of_another_key_or_api_or_with_another_octet_does_not_hold() {
        let key = NonceKey::new(&[7; 32], "https://api.example");
        let nonce = key.current(0.0);
        assert!(key.hold(&nonce, 0.0).is_some());
        let others = [
            NonceKey::new(&[8; 32], "https://api.example").current(0.0),
            NonceKey::new(&[7; 32], "https://other.example").current(0.0),
            String::new(),
            nonce[1..].to_owned(),
            format!("{nonce}A"),
        ];
        let changed = (0..nonce.len()).map(|at| {
            let other = if &nonce[at..=at] == "B" { "C" } else { "B" };
            format!("{}{other}{}", &nonce[..at], &nonce[at + 1..])
        });
        for other in others.into_iter().chain(changed) {
            assert_eq!(key.hold(&other, 0.0), None, "{other}");
        }
    }
}
