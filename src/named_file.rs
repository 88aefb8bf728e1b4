//! A file that an operator has named: how it is read, and how an error names it.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::printable::escaped_but_quotes;

/// A file that an operator has named.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedFile {
    pub(crate) path: PathBuf,
    /// How an error names it: without its path, where a variable says that.
    pub(crate) said: String,
    /// How an error names it where it cannot be read: always with its path.
    pub(crate) unreadable: String,
}

impl From<PathBuf> for NamedFile {
    fn from(path: PathBuf) -> Self {
        let said = shown_path(&path);
        Self { unreadable: said.clone(), said, path }
    }
}

/// The most characters of a path in an error.
const LONGEST_PATH: usize = 200;

/// A path for an error, from the root on.
pub(crate) fn shown_path(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    escaped_but_quotes(&path.display().to_string(), LONGEST_PATH)
}

/// A JSON document without the byte-order mark that some editors and servers put before it; a reader
/// may pass over that (RFC 8259 §8.1).
pub(crate) fn without_bom(mut document: Vec<u8>) -> Vec<u8> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    if document.starts_with(BOM) {
        document.drain(..BOM.len());
    }
    document
}

/// What a regular file holds. A pipe may keep the reader waiting without end, and a device may never
/// end.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = vec![];
    open_regular(path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// A regular file, for reading.
pub(crate) fn open_regular(path: &Path) -> io::Result<fs::File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    fs::File::open(path)
}
