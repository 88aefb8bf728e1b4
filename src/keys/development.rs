//! The development keys: the key pairs in `keys/`, whose private halves are published with the source.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::jwk_set::{KeySet, KeySetError, shown, told};
use super::reason::Reason;
use super::verifying_key::VerifyingKey;
use crate::error::Error;

/// Whether the published development keys are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Only keys whose private halves are secret.
    Secret,
    /// The published development keys too.
    Published,
}

impl Trust {
    /// The development keys are accepted in the `debug` profile on a loopback address only.
    pub(crate) fn within(is_debug: bool, address: Option<IpAddr>) -> Self {
        let is_here = address.is_some_and(|address| address.is_loopback());
        if is_debug && is_here { Self::Published } else { Self::Secret }
    }

    /// Refuses a set of our own that holds a development key, unless they are accepted. `said` names
    /// the set in the error.
    pub(in crate::keys) fn check(self, said: &str, keys: &KeySet) -> Result<(), Error> {
        let kids = keys.development_kids();
        if self == Self::Published || kids.is_empty() {
            return Ok(());
        }
        let kids = told(kids.into_iter(), shown).join(", ");
        Err(Error::setting(
            format!("{said} holds development keys that everybody has: {kids}"),
            "use them in the `debug` profile on a loopback `address` only; elsewhere configure \
             your issuer (`BEARER_DOMAIN`, `BEARER_AUDIENCE`) or a `jwks_file` of your own",
        ))
    }
}

impl KeySet {
    /// The set of the development keys.
    pub(crate) fn bundled() -> Self {
        Self::parse(include_bytes!("../../keys/jwks.json"))
            .expect("the bundled set is tested to have usable keys")
    }

    /// The ids of the development keys in this set. A copy under another `kid` is found too.
    pub(crate) fn development_kids(&self) -> Vec<&str> {
        let keys = |kid: &str| self.with_kid(kid).unwrap_or_default();
        let kids = self.kids().filter(|kid| keys(kid).iter().any(is_published));
        let nameless = self.nameless().iter().any(is_published).then_some("(without `kid`)");
        kids.chain(nameless).collect()
    }

    /// The same set without development keys. Refuses a set that holds no other.
    pub(in crate::keys) fn without_development_keys(self) -> Result<Self, KeySetError> {
        self.without(is_published, Reason::Development)
    }
}

/// Whether the private half of this key is published with the source.
fn is_published(key: &VerifyingKey) -> bool {
    static SECRETS: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
        let bundled = KeySet::bundled();
        let keys = bundled.kids().filter_map(|kid| bundled.with_kid(kid)).flatten();
        keys.map(|key| key.secret_of).collect()
    });
    SECRETS.contains(&key.secret_of)
}
