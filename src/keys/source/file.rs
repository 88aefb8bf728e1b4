//! A set on disk.

use std::{fs, io};

use super::{Failure, Load, Loading, NamedFile, without_bom};
use crate::error::Error;
use crate::keys::development::Trust;
use crate::keys::jwk_set::{self, KeySet};

/// A file with a JWK set.
#[derive(Debug, Clone)]
pub(crate) struct File {
    file: NamedFile,
    trust: Trust,
}

impl File {
    pub(crate) fn new(file: NamedFile, trust: Trust) -> Self {
        Self { file, trust }
    }

    pub(crate) fn read(&self) -> Result<KeySet, Error> {
        let NamedFile { path, said, unreadable } = &self.file;
        let json = fs::read(path).map_err(|error| not_read(unreadable, error))?;
        let keys = KeySet::parse(&without_bom(json)).map_err(|error| useless(said, error))?;
        self.trust.check(said, &keys)?;
        Ok(keys)
    }
}

impl Load for File {
    fn load(&self) -> Loading<'_> {
        let file = self.clone();
        let unusable = |text| Failure { code: "unusable_file", text };
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

fn not_read(said: &str, source: io::Error) -> Error {
    let cure = "write the path of a readable JWK set, or make one with `rocket-bearer keys new`";
    Error::setting(format!("{said} cannot be read"), cure).because(source)
}

fn useless(said: &str, source: jwk_set::Error) -> Error {
    let cure =
        "put an RSA (2048 bits and up), P-256, P-384 or Ed25519 public key with a `kid` in it";
    Error::setting(format!("{said} gives no key"), cure).because(source)
}
