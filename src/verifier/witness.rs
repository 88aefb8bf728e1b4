//! What a request leaves known of its token besides the verdict, and which key it still wants.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::keys::{Lookup, MissingKey, Snapshot};
use crate::verifier::checks::{Check, Watch};
use crate::verifier::issuer::Issuer;

/// What is known of a token besides the verdict on it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The number of the issuer that it names, if that is a configured one.
    pub(crate) issuer: Option<usize>,
    /// How long it took to judge, where it was not remembered.
    pub(crate) took: Option<Duration>,
}

/// What a request's walk leaves behind.
#[derive(Default)]
pub(crate) struct Witness {
    issuer: Option<usize>,
    /// When the issuer was known.
    begun: Option<Instant>,
    lacked_a_key: bool,
    /// The key that the walk ended for want of, where it may yet come.
    pub(crate) wanted: Option<MissingKey>,
}

impl Witness {
    pub(crate) fn facts(&self) -> Facts {
        Facts { issuer: self.issuer, took: self.begun.map(|begun| begun.elapsed()) }
    }
}

impl Watch for Witness {
    fn at(&mut self, _: Check) {}

    fn issuer(&mut self, issuer: &Issuer) {
        (self.issuer, self.begun) = (Some(issuer.number), Some(Instant::now()));
    }

    fn lacks(&mut self, issuer: &Issuer, keys: &Snapshot<'_>, kid: &str) {
        let store = &issuer.keys;
        let is_unknown = !matches!(keys.lookup(kid), Lookup::Found(_));
        // A second walk for the same token is no second token.
        if is_unknown && !std::mem::replace(&mut self.lacked_a_key, true) {
            store.counts().unknown_kids.fetch_add(1, Ordering::Relaxed);
        }
        self.wanted = store.missing_key(keys, kid);
    }
}
