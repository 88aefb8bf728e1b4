//! A set on disk.

use std::fs;
use std::path::PathBuf;

use super::{Load, LoadFailure, Loading};
use crate::error::Error;
use crate::keys::KeySet;
use crate::keys::Trust;

/// A file with a JWK set.
#[derive(Debug, Clone)]
pub(crate) struct File {
    path: PathBuf,
    /// How an error names it.
    said: String,
    trust: Trust,
}

impl File {
    pub(crate) fn new(path: PathBuf, said: String, trust: Trust) -> Self {
        Self { path, said, trust }
    }

    pub(crate) fn read(&self) -> Result<KeySet, Error> {
        let said = &self.said;
        let json = fs::read(&self.path).map_err(|error| Error::unreadable(said, error))?;
        let keys = KeySet::parse(&json).map_err(|error| Error::useless(said, error))?;
        self.trust.check(said, &keys)?;
        Ok(keys)
    }
}

impl Load for File {
    fn load(&self) -> Loading<'_> {
        let file = self.clone();
        let unusable = |text| LoadFailure { code: "unusable_file", text };
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || file.read());
            let keys = read.await.map_err(|error| unusable(error.to_string()))?;
            keys.map(|keys| (keys, None)).map_err(|error| unusable(error.report()))
        })
    }

    /// An editor's file looks broken while it is being written.
    fn may_be_half_written(&self) -> bool {
        true
    }
}
