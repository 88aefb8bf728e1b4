//! How the files of a keyring are locked and written.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile};

/// The longest wait for the lock; every command holds it for much less.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for the lock, and fails after [`PATIENCE`]: any process that may read the folder can hold a
/// lock on it without end.
pub(super) fn lock_in_time(folder: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                let text = "another program has it locked; end that (`lsof` names it)";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Makes a folder with those above it, where they do not exist yet. Others may enter it, for a server
/// of another user reads the set, but not write to it, whatever the umask.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(path)
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file beside the set with this content, for its owner only, synced to disk.
pub(super) fn written(set: &Path, content: &str) -> io::Result<NamedTempFile> {
    let mut file = Builder::new().prefix(&prefix(set)).tempfile_in(folder(set))?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Removes the temporary files that killed commands have left beside the set. The lock is held, so no
/// other command is at work on this set; those of other sets have other names.
pub(super) fn sweep(set: &Path) {
    let prefix = prefix(set);
    let is_ours = |name: &OsStr| {
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        random.is_some_and(|it| it.len() == 6 && it.iter().all(u8::is_ascii_alphanumeric))
    };
    for entry in fs::read_dir(folder(set)).into_iter().flatten().flatten() {
        if is_ours(&entry.file_name()) && entry.file_type().is_ok_and(|it| it.is_file()) {
            // The next command tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// How the names of temporary files for this set begin; six letters and digits follow.
fn prefix(set: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(set.file_name().unwrap_or_default());
    prefix.push(".rocket-bearer-");
    prefix
}

/// Gives a replaced set its old owner and mode; a new set is readable by all.
#[cfg(unix)]
pub(super) fn keep_owner(old: &Path, new: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Ok(old) = fs::metadata(old) else {
        return new.as_file().set_permissions(fs::Permissions::from_mode(0o644));
    };
    // Only root may change the owner; for others the new file is their own.
    let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
    new.as_file().set_permissions(old.permissions())
}

#[cfg(not(unix))]
pub(super) fn keep_owner(_: &Path, _: &NamedTempFile) -> io::Result<()> {
    Ok(())
}
