//! The key pairs in `keys/`, whose private halves everybody has, and where they may serve.

use std::net::IpAddr;
use std::sync::LazyLock;

use super::jwk::{Reason, VerifyingKey};
use super::jwk_set::{Error, KeySet, shown, told};

/// Which private keys are taken to be private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those that are: the development keys are not.
    Secret,
    /// The published development keys too.
    Published,
}

impl Trust {
    /// The development keys are good for the `debug` profile on a loopback address, and nothing
    /// else.
    pub(crate) fn within(is_debug: bool, address: Option<IpAddr>) -> Self {
        let is_here = address.is_some_and(|address| address.is_loopback());
        if is_debug && is_here { Self::Published } else { Self::Secret }
    }

    /// Refuses a set of ours with a key in it that everybody can sign with.
    pub(in crate::keys) fn check(self, said: &str, keys: &KeySet) -> Result<(), crate::Error> {
        let kids = keys.development_kids();
        if self == Self::Published || kids.is_empty() {
            return Ok(());
        }
        let kids = told(kids.into_iter(), shown).join(", ");
        Err(crate::Error::setting(
            format!("{said} holds development keys that everybody has: {kids}"),
            "use them in the `debug` profile on a loopback `address` only; elsewhere configure \
             your issuer (`BEARER_DOMAIN`, `BEARER_AUDIENCE`) or a `jwks_file` of your own",
        ))
    }
}

impl KeySet {
    /// The development keys.
    pub(crate) fn bundled() -> Self {
        Self::parse(include_bytes!("../../keys/jwks.json"))
            .expect("the bundled set is tested to have usable keys")
    }

    /// The ids of its development keys, wherever they were copied to and under whatever `kid`.
    pub(crate) fn development_kids(&self) -> Vec<&str> {
        let keys = |kid: &str| self.with_kid(kid).unwrap_or_default();
        self.kids().filter(|kid| keys(kid).iter().any(is_published)).collect()
    }

    /// The same set without the keys that everybody has.
    pub(in crate::keys) fn without_development_keys(self) -> Result<Self, Error> {
        self.without(is_published, Reason::Development)
    }
}

/// Whether the private half of this key is published with our source.
fn is_published(key: &VerifyingKey) -> bool {
    static SECRETS: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
        let bundled = KeySet::bundled();
        let keys = bundled.kids().filter_map(|kid| bundled.with_kid(kid)).flatten();
        keys.map(|key| key.secret_of).collect()
    });
    SECRETS.contains(&key.secret_of)
}
