//! A set on disk.

use std::io;
use std::sync::Arc;

use super::reserve::{Reserve, Spare};
use super::{Load, LoadFailure, Loading};
use crate::error::Error;
use crate::keys::development::Trust;
use crate::keys::jwk_set::{KeyIds, KeySet, KeySetError};
use crate::named_file::{NamedFile, read_regular, without_bom};

/// A file with a JWK set.
#[derive(Debug, Clone)]
pub(crate) struct File {
    file: NamedFile,
    trust: Trust,
    kids: KeyIds,
    reserve: Arc<Reserve>,
}

/// The handles in reserve. One is enough for a load; another may take it when it is free.
const RESERVE: usize = 2;

impl File {
    pub(crate) fn new(file: NamedFile, trust: Trust, kids: KeyIds) -> Self {
        Self { file, trust, kids, reserve: Reserve::of(RESERVE) }
    }

    /// The keys of the file now. Errors name the file and the cure.
    pub(crate) fn read(&self) -> Result<KeySet, Error> {
        let NamedFile { path, unreadable, .. } = &self.file;
        self.parse(read_regular(path).map_err(|error| not_read(unreadable, error))?)
    }

    fn parse(&self, json: Vec<u8>) -> Result<KeySet, Error> {
        let said = &self.file.said;
        let keys = KeySet::parse_with(&without_bom(json), self.kids)
            .map_err(|error| useless(said, error))?;
        self.trust.check(said, &keys)?;
        Ok(keys)
    }

    /// As [`read`](Self::read), with a handle of the reserve where the process has no other.
    fn read_in_need(&self) -> Result<KeySet, LoadFailure> {
        let content = self.content_in_need();
        // Before anything else: another part of the process may wait for a free handle.
        self.reserve.take_back();
        self.parse(content?).map_err(|error| unusable(error.report()))
    }

    fn content_in_need(&self) -> Result<Vec<u8>, LoadFailure> {
        loop {
            let error = match read_regular(&self.file.path) {
                Ok(content) => return Ok(content),
                Err(error) => not_read(&self.file.unreadable, error),
            };
            match self.reserve.give() {
                Spare::Given => {}
                Spare::Spent => return Err(LoadFailure::without_handles()),
                Spare::NotNeeded => return Err(unusable(error.report())),
            }
        }
    }
}

impl Load for File {
    fn load(&self) -> Loading<'_> {
        let file = self.clone();
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || file.read_in_need());
            let keys = read.await.unwrap_or_else(|error| Err(unusable(error.to_string())))?;
            Ok((keys, None))
        })
    }

    /// An editor's file looks broken while it is being written.
    fn may_be_half_written(&self) -> bool {
        true
    }
}

fn unusable(text: String) -> LoadFailure {
    LoadFailure { code: "unusable_file", text }
}

fn not_read(said: &str, source: io::Error) -> Error {
    let cure = "write the path of a readable JWK set, or make one with `rocket-bearer keys new`";
    Error::setting(format!("{said} cannot be read"), cure).because(source)
}

fn useless(said: &str, source: KeySetError) -> Error {
    let cure = "put an RSA (2048 bits and up), P-256, P-384, P-521, Ed25519 or ML-DSA public key with \
                a `kid` in it";
    Error::setting(format!("{said} gives no key"), cure).because(source)
}
