//! A set on disk.

use std::fs;
use std::path::Path;

use super::set::{KeySet, Trust};
use crate::error::Error;

pub(super) fn read(path: &Path, trust: Trust) -> Result<KeySet, Error> {
    let json = fs::read(path).map_err(|error| Error::unreadable(path, error))?;
    let keys = KeySet::parse(&json).map_err(|error| Error::useless(path, error))?;
    trust.check(&keys)?;
    Ok(keys)
}
