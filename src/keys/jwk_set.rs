//! JSON → key set: the document of an issuer, read key by key (RFC 7517 §5).

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::jwk::Jwk;
use super::no_set::NoSet;
use super::reason::Reason;
use super::verifying_key::VerifyingKey;
use crate::json::Strict;
use crate::token::algorithm::Algorithm;

/// The verification keys of an issuer (RFC 7517 §5).
#[derive(Clone)]
pub struct KeySet {
    by_kid: HashMap<String, Vec<VerifyingKey>>,
    kids: Vec<String>,
    /// The keys without `kid`, where they count.
    nameless: Vec<VerifyingKey>,
    passed_over: Vec<PassedOver>,
}

/// Whether keys and tokens need a `kid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeyIds {
    /// A key without one does not count, a token without one is refused.
    #[default]
    Required,
    /// A token without one is verified where exactly one key of the set fits its `alg`.
    Optional,
}

/// A document that gives no key to verify with.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The document is not a JSON object with a `keys` array.
    #[error("not a JWK set, a JSON object with an array `keys` (RFC 7517 §5): {0}")]
    NotASet(NoSet),
    /// No key of the set can verify a token.
    #[error("no usable key among {}{}", .0.len(), Listed(.0))]
    NoUsableKey(Vec<PassedOver>),
}

/// A key of a set that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The `kid` of the key, where it has one.
    pub kid: Option<String>,
    /// Why the key is not used.
    pub reason: Reason,
}

impl KeySet {
    /// Reads a JWK set. A bad key is passed over and never costs the good ones (RFC 7517 §5).
    ///
    /// Refuses what is no set ([`KeySetError::NotASet`]), and a set without a key that can verify
    /// ([`KeySetError::NoUsableKey`]).
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        Self::parse_with(json, KeyIds::Required)
    }

    /// As [`parse`](Self::parse), with the keys that have no `kid`. They verify tokens without `kid`, for
    /// an issuer that [allows](crate::Issuer::kid_optional) those.
    pub fn parse_with_nameless(json: &[u8]) -> Result<Self, KeySetError> {
        Self::parse_with(json, KeyIds::Optional)
    }

    pub(crate) fn parse_with(json: &[u8], kids: KeyIds) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }

        let document: Document<'_> = serde_json::from_slice(json)
            .map_err(|error| KeySetError::NotASet(NoSet::of(json, &error)))?;
        let mut set =
            Self { by_kid: HashMap::new(), kids: vec![], nameless: vec![], passed_over: vec![] };
        for json in document.keys {
            set.add(json, kids);
        }
        set.or_none_usable()
    }

    /// The ids of the usable keys, in the order of the document; an id that keys share stands once.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.kids.iter().map(String::as_str)
    }

    /// The keys that are not used, and why.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// The keys of this `kid`; `None` if there is none.
    pub(crate) fn with_kid(&self, kid: &str) -> Option<&[VerifyingKey]> {
        self.by_kid.get(kid).map(Vec::as_slice)
    }

    /// The keys that may have signed a token with this `kid`. No key has an empty one: it stands for a
    /// token without `kid`, which any key may have signed.
    pub(crate) fn candidates(&self, kid: &str) -> impl Iterator<Item = &VerifyingKey> {
        let all = kid.is_empty().then(|| self.by_kid.values().flatten().chain(&self.nameless));
        all.into_iter().flatten().chain(self.with_kid(kid).unwrap_or_default())
    }

    /// The key for this algorithm that counts, where there is exactly one.
    pub(crate) fn only_key_for(
        &self,
        algorithm: Algorithm,
        counts: impl Fn(&VerifyingKey) -> bool,
    ) -> Option<&VerifyingKey> {
        let keys = self.candidates("").filter(|key| counts(key));
        let mut fitting = keys.filter(|key| key.algorithm == algorithm);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// The keys without `kid`, where they count.
    pub(crate) fn nameless(&self) -> &[VerifyingKey] {
        &self.nameless
    }

    /// The RFC 7638 thumbprint of a key of the set. Panics if there is no such `kid`.
    #[cfg(feature = "cli")]
    pub(crate) fn thumbprint(&self, kid: &str) -> [u8; 32] {
        self.by_kid[kid][0].thumbprint
    }

    /// The same set without unwanted keys, which are passed over for this reason.
    pub(in crate::keys) fn without(
        mut self,
        is_unwanted: fn(&VerifyingKey) -> bool,
        reason: Reason,
    ) -> Result<Self, KeySetError> {
        for (kid, keys) in &mut self.by_kid {
            let before = keys.len();
            keys.retain(|key| !is_unwanted(key));
            if keys.len() < before {
                self.passed_over.push(PassedOver { kid: Some(kid.clone()), reason });
            }
        }
        let before = self.nameless.len();
        self.nameless.retain(|key| !is_unwanted(key));
        if self.nameless.len() < before {
            self.passed_over.push(PassedOver { kid: None, reason });
        }
        self.by_kid.retain(|_, keys| !keys.is_empty());
        self.kids.retain(|kid| self.by_kid.contains_key(kid));
        self.or_none_usable()
    }

    /// Whether a key of the set verifies one of these algorithms.
    pub(crate) fn serves(&self, algorithms: &[Algorithm]) -> bool {
        self.candidates("").any(|key| algorithms.contains(&key.algorithm))
    }

    /// The ids of the keys, for a log line.
    pub(crate) fn listed(&self) -> String {
        let nameless = self.nameless.iter().map(|_| "(without `kid`)".to_owned());
        told(self.kids().map(shown).chain(nameless), |name| name).join(", ")
    }

    /// The keys that are not used, for the log.
    pub(crate) fn faults(&self) -> Vec<String> {
        told(self.passed_over.iter(), PassedOver::to_string)
    }

    fn or_none_usable(self) -> Result<Self, KeySetError> {
        if self.kids.is_empty() && self.nameless.is_empty() {
            Err(KeySetError::NoUsableKey(self.passed_over))
        } else {
            Ok(self)
        }
    }

    fn add(&mut self, json: &RawValue, kids: KeyIds) {
        match Jwk::parse(json).and_then(Jwk::verifying_keys) {
            Ok((None, keys)) if kids == KeyIds::Optional => self.nameless.extend(keys),
            Ok((None, _)) => {
                self.passed_over.push(PassedOver { kid: None, reason: Reason::NoKeyId });
            }
            Ok((Some(kid), keys)) => {
                if !self.by_kid.contains_key(&kid) {
                    self.kids.push(kid.clone());
                }
                self.by_kid.entry(kid).or_default().extend(keys);
            }
            Err(reason) => self.passed_over.push(PassedOver { kid: named(json), reason }),
        }
    }
}

/// The `kid` of an entry that may be no key at all. It names the entry in messages.
fn named(json: &RawValue) -> Option<String> {
    let Strict(entry) = serde_json::from_str(json.get()).ok()?;
    Some(entry.get("kid")?.as_str()?.to_owned())
}

/// How many keys of a set a message names, and how many characters of a `kid`: an issuer may write
/// anything, and must not fill a disk or a terminal with it.
const MOST_TOLD: usize = 20;
const LONGEST_TOLD: usize = 64;

/// The id of a key for a log or a terminal.
pub(crate) fn shown(kid: &str) -> String {
    crate::printable::escaped(kid, LONGEST_TOLD)
}

/// What a message says of the first keys, and how many more there are.
pub(crate) fn told<K>(mut keys: impl Iterator<Item = K>, say: impl Fn(K) -> String) -> Vec<String> {
    let mut told: Vec<_> = keys.by_ref().take(MOST_TOLD).map(say).collect();
    let more = keys.count();
    told.extend((more > 0).then(|| format!("and {more} more")));
    told
}

/// The passed-over keys, in an error message.
struct Listed<'a>(&'a [PassedOver]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in told(self.0.iter(), PassedOver::to_string).iter().enumerate() {
            write!(f, "{}{key}", if index == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(f, "\"{}\" {}", shown(kid), self.reason),
            None => write!(f, "a key without `kid` {}", self.reason),
        }
    }
}

/// Two sets are equal if they have the same keys under the same ids, and pass over the same.
impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        self.by_kid == other.by_kid
            && self.nameless == other.nameless
            && self.passed_over == other.passed_over
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_junk_is_told_in_a_few_words() {
        let long = "k".repeat(10_000);
        let junk = format!(r#"{{"kty":"oct","kid":"{long}"}}"#);
        let good = r#"{"kty":"OKP","crv":"Ed25519","kid":"good","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let keys = vec![junk.as_str(); 1_000].join(",");
        let error = KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap_err();
        let text = error.to_string();
        assert!(text.len() < 4_000 && text.ends_with("and 980 more"), "{text}");

        let set = KeySet::parse(format!(r#"{{"keys":[{keys},{good}]}}"#).as_bytes()).unwrap();
        let faults = set.faults();
        assert_eq!(faults.len(), 21);
        assert!(faults.iter().all(|fault| fault.len() < 200), "{faults:?}");
        assert_eq!(set.listed(), "good");
    }

    #[test]
    fn an_entry_of_reserved_names_is_not_read_beyond_what_it_says() {
        let entry = r#"{"kid":"a","other":{"$serde_json::private::RawValue":"1"}}"#;
        let error = KeySet::parse(format!(r#"{{"keys":[{entry}]}}"#).as_bytes()).unwrap_err();
        let KeySetError::NoUsableKey(passed_over) = error else { panic!("{error}") };
        assert_eq!(passed_over, [PassedOver { kid: None, reason: Reason::NotAKey }]);
    }
}
