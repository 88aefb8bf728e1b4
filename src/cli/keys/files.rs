//! How the files of a keyring are written.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::replaced_file::{folder, prefix};

/// Makes a folder with those above it, where they do not exist yet. Others may enter it, for a server
/// of another user reads the set, but not write to it, whatever the umask.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(path)
}

/// A temporary file beside the set with this content, for its owner only, synced to disk.
pub(super) fn written(set: &Path, content: &str) -> io::Result<NamedTempFile> {
    let mut file = Builder::new().prefix(&prefix(set)).tempfile_in(folder(set))?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}
