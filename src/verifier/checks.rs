//! The checks of a token in their order, and what observes them.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::keys::{KeyStore, Lookup, MissingKey, Snapshot};

/// A check of a token. They are made in this order, and the first that fails refuses the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// The token is not longer than `max_token_bytes`.
    Size,
    /// There are three parts of base64url, and the first two are JSON objects.
    Shape,
    /// `alg` is allowed.
    Algorithm,
    /// There is no `crit`.
    Critical,
    /// `typ` is that of an access token.
    Type,
    /// There is a `kid`.
    KeyId,
    /// `iss` is configured, and its issuer allows this `alg` and `typ`.
    Issuer,
    /// The issuer has a key of this `kid`, for this `alg`.
    Key,
    /// The signature holds.
    Signature,
    /// Every registered claim has its type, and `iss` and `exp` are there.
    Types,
    /// `exp` is still to come.
    Expiry,
    /// `nbf` has passed.
    NotBefore,
    /// `iat` has passed.
    IssuedAt,
    /// `iat` is within `max_age`.
    Age,
    /// `aud` names an audience of ours.
    Audience,
    /// The client is one of `clients`.
    Client,
    /// The required `claims` are there.
    Claims,
    /// `sub` is not that of an anonymous session.
    Subject,
    /// There is no `cnf`.
    Sender,
    /// The claims that `token_type` requires are there.
    Profile,
    /// No rule revokes it.
    Revocation,
}

/// Learns what happens while a token is checked.
pub(crate) trait Observer {
    /// Called before each check. The last check of a refused token is the one that it failed.
    fn at(&mut self, check: Check);

    /// Called with the number of the configured issuer that the token names.
    fn issuer(&mut self, _number: usize) {}

    /// Called where no key of this `kid`, or of the token that has none, made the signature, before the
    /// token is refused for it. `now` is the snapshot of `keys` that the token was checked by.
    fn lacks(&mut self, _keys: &KeyStore, _now: &Snapshot<'_>, _kid: Option<&str>) {}
}

/// Observes nothing, and costs nothing.
impl Observer for () {
    fn at(&mut self, _: Check) {}
}

/// What is known of a token besides its verdict.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The number of the configured issuer that the token names, if there is one.
    pub(crate) issuer: Option<usize>,
    /// How long the checks after the issuer's took, without a wait for keys; `None` for a remembered
    /// token, and where the issuer is unknown.
    pub(crate) took: Option<Duration>,
}

/// Observes the checks of one request's token.
#[derive(Default)]
pub(crate) struct Observed {
    issuer: Option<usize>,
    /// When the issuer was known.
    begun: Option<Instant>,
    lacked_a_key: bool,
    /// The key that no set has, and that a fetch may yet bring.
    pub(crate) awaited: Option<MissingKey>,
}

impl Observed {
    pub(crate) fn facts(&self) -> Facts {
        Facts { issuer: self.issuer, took: self.begun.map(|begun| begun.elapsed()) }
    }
}

impl Observer for Observed {
    fn at(&mut self, _: Check) {}

    fn issuer(&mut self, number: usize) {
        (self.issuer, self.begun) = (Some(number), Some(Instant::now()));
    }

    fn lacks(&mut self, keys: &KeyStore, now: &Snapshot<'_>, kid: Option<&str>) {
        let is_unknown = kid.is_some_and(|kid| !matches!(now.lookup(kid), Lookup::Found(_)));
        // A token that is checked again after a fetch counts once.
        if is_unknown && !std::mem::replace(&mut self.lacked_a_key, true) {
            keys.counts().unknown_kids.fetch_add(1, Ordering::Relaxed);
        }
        self.awaited = keys.missing_key(now, kid.unwrap_or_default());
    }
}
