//! An issuer's keys as they are at this moment.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};

use super::file;
use super::set::{KeySet, Trust};
use crate::config::Source;
use crate::error::Error;

/// The current set behind an atomic pointer: a reader never waits.
pub(crate) struct KeyStore {
    current: ArcSwap<KeySet>,
    loaded: Instant,
    source: Source,
}

impl KeyStore {
    pub(crate) fn load(source: &Source, trust: Trust) -> Result<Self, Error> {
        let keys = match source {
            Source::Keys(keys) => {
                trust.check(keys)?;
                keys.clone()
            }
            Source::File(path) => file::read(path, trust)?,
            Source::Uri(url) | Source::Discovery(url) => {
                let host = url.host_str().unwrap_or_default();
                let what = format!("the keys would have to be fetched from {host}");
                return Err(Error::setting(what, "use `jwks_file`: fetching is not there yet"));
            }
        };
        Ok(Self {
            current: ArcSwap::from_pointee(keys),
            loaded: Instant::now(),
            source: source.clone(),
        })
    }

    pub(crate) fn current(&self) -> Guard<Arc<KeySet>> {
        self.current.load()
    }

    /// The kind of source, as `/readyz` names it.
    pub(crate) fn source_code(&self) -> &'static str {
        match self.source {
            Source::Keys(_) => "code",
            Source::File(_) => "file",
            Source::Uri(_) | Source::Discovery(_) => "uri",
        }
    }

    pub(crate) fn age_in_seconds(&self) -> u64 {
        self.loaded.elapsed().as_secs()
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("source", &self.source).finish_non_exhaustive()
    }
}
