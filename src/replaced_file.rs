//! A file that is replaced as a whole, under a lock: a reader finds the old content or the new, a crash
//! leaves nothing half done, and two writers wait for each other.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for the lock; it is held for much less.
const PATIENCE: Duration = Duration::from_secs(9);

/// The most symbolic links that are followed in turn, as in Linux.
const MOST_LINKS: usize = 40;

/// How many letters and digits the name of a temporary file ends with.
const RANDOM: usize = 6;

/// Waits for the lock, and fails after [`PATIENCE`]: any process that may read the folder can hold a
/// lock on it without end.
pub(crate) fn lock_in_time(folder: &File) -> io::Result<()> {
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

pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path behind symbolic links: the file they lead to is written, and they stay.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // A link may lead to a file that is still to be made, of which the system knows no real path.
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder(&path).join(target),
            Err(_) => break,
        }
    }
    fs::canonicalize(&path).unwrap_or(path)
}

/// Replaces the file by one with this content, on disk when this returns. The lock on its folder is held.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = folder(path).join(temporary_name(path)?);
    let written = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(content)?;
        keep_owner(path, &file)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder(path))?.sync_all()
    };
    written().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

fn temporary_name(path: &Path) -> io::Result<OsString> {
    const CHARACTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut octets = [0; RANDOM];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| io::Error::other("no random octets"))?;
    let random = octets.map(|octet| char::from(CHARACTERS[usize::from(octet % 32)]));
    let mut name = prefix(path);
    name.push(random.iter().collect::<String>());
    Ok(name)
}

/// Removes the temporary files that killed writers have left beside the file. The lock is held, so no
/// other writer is at work on it; those of other files have other names.
pub(crate) fn sweep(path: &Path) {
    let prefix = prefix(path);
    let is_ours = |name: &OsStr| {
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        random.is_some_and(|it| it.len() == RANDOM && it.iter().all(u8::is_ascii_alphanumeric))
    };
    for entry in fs::read_dir(folder(path)).into_iter().flatten().flatten() {
        if is_ours(&entry.file_name()) && entry.file_type().is_ok_and(|it| it.is_file()) {
            // The next writer tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// How the names of temporary files for this file begin; six letters and digits follow.
pub(crate) fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".rocket-bearer-");
    prefix
}

/// Gives a replaced file its old owner and mode; a new one is readable by all.
#[cfg(unix)]
pub(crate) fn keep_owner(old: &Path, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Ok(old) = fs::metadata(old) else {
        return new.set_permissions(fs::Permissions::from_mode(0o644));
    };
    // Only root may change the owner; for others the new file is their own.
    let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    new.set_permissions(old.permissions())
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}
