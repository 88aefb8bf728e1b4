//! The key files of an issuer: a JWK set, and beside it private keys as `<kid>.pem`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::document::KeySetDocument;
use super::files::{make_folder, written};
use crate::cli::output::{CommandFailure, shown_path, shown_text};
use crate::config::Issuer;
use crate::keys::KeySet;
use crate::keys::signing_key::SigningKey;
use crate::keys::source::Source;
use crate::named_file::{NamedFile, read_regular, without_bom};
use crate::printable;
use crate::replaced_file::{self, folder, keep_owner, lock_in_time, sweep};
use crate::token::algorithm::Algorithm;

/// The key files of one issuer.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Keyring<'c> {
    pub(super) issuer: &'c Issuer,
    path: &'c Path,
    /// The path of the set as it was configured, for messages.
    said: &'c str,
    /// The same for a message about a file that cannot be read or written.
    unreadable: &'c str,
}

impl<'c> Keyring<'c> {
    /// `None` where the issuer's keys are not in a file.
    pub(in crate::cli) fn of(issuer: &'c Issuer) -> Option<Self> {
        match &issuer.source {
            Source::File(NamedFile { path, said, unreadable }) => {
                Some(Self { issuer, path, said, unreadable })
            }
            _ => None,
        }
    }

    /// The set in messages, by the place that names it.
    pub(super) fn shown(&self) -> String {
        shown_text(self.said)
    }

    /// The set as a server reads it; `None` where it cannot be read or has no usable key.
    pub(in crate::cli) fn keys(&self) -> Option<KeySet> {
        KeySet::parse(&without_bom(read_regular(self.path).ok()?)).ok()
    }

    /// The first allowed algorithm of the key.
    pub(in crate::cli) fn algorithm(&self, kid: &str, keys: &KeySet) -> Option<Algorithm> {
        let keys = keys.with_kid(kid)?.iter().map(|key| key.algorithm);
        keys.into_iter().find(|algorithm| self.issuer.algorithms.contains(algorithm))
    }

    /// The private half of a key of the set, if its file is there.
    pub(in crate::cli) fn signing_key(&self, kid: &str, keys: &KeySet) -> Option<SigningKey> {
        let algorithm = self.algorithm(kid, keys)?;
        let pem = read_regular(&self.private_path(kid)?).ok()?;
        SigningKey::from_pem(&pem, algorithm).ok().filter(|key| is_half_of(key, kid, keys))
    }

    /// The file of a private key; `None` for a `kid` that is no plain name.
    pub(super) fn private_path(&self, kid: &str) -> Option<PathBuf> {
        is_plain(kid).then(|| self.path.with_file_name(format!("{kid}.pem")))
    }

    /// The folder of the private keys.
    pub(super) fn folder(&self) -> &Path {
        folder(self.path)
    }

    /// The same beside the set itself, where that is a symbolic link to another folder.
    pub(super) fn private_path_behind_links(&self, kid: &str) -> Option<PathBuf> {
        let set = self.real_path();
        let is_elsewhere = fs::canonicalize(self.folder()).is_ok_and(|it| it != folder(&set));
        (is_elsewhere && is_plain(kid)).then(|| set.with_file_name(format!("{kid}.pem")))
    }

    /// Whether the file of this `kid` really holds the private half of a key of the set.
    pub(super) fn has_private_half(&self, kid: &str, keys: &KeySet) -> bool {
        self.private_path(kid).is_some_and(|path| is_private_half(&path, kid, keys))
    }

    /// Locks the set against other commands until the returned file is dropped, and sweeps up after
    /// those that were killed. The lock is on the folder, so it holds for every path that leads to the
    /// set.
    pub(super) fn locked(&self) -> Result<File, CommandFailure> {
        let path = self.real_path();
        let folder = folder(&path);
        let lock = make_folder(folder).and_then(|()| File::open(folder));
        let lock = lock.and_then(|file| lock_in_time(&file).map(|()| file));
        let lock = lock.map_err(|error| self.failure("its folder cannot be used", &error))?;
        sweep(&path);
        sweep(self.path);
        Ok(lock)
    }

    /// The set as it stands in its file; an absent file is an empty set.
    pub(super) fn document(&self) -> Result<KeySetDocument, CommandFailure> {
        match read_regular(self.path) {
            Ok(json) => KeySetDocument::parse(&without_bom(json)).ok_or_else(|| {
                let text = "is no JWK set; correct it, or move it away for a new one";
                format!("{} {text}", self.shown()).into()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KeySetDocument::default()),
            Err(error) => Err(self.failure("it cannot be read", &error)),
        }
    }

    /// Replaces the set. A reader finds the old set or the new one, never a part.
    pub(super) fn publish(&self, document: &KeySetDocument) -> Result<(), CommandFailure> {
        let path = self.real_path();
        let written = || {
            let file = written(&path, &document.to_string())?;
            keep_owner(&path, file.as_file())?;
            file.persist(&path)?;
            File::open(folder(&path))?.sync_all()
        };
        written().map_err(|error| self.failure("it cannot be written", &error))
    }

    /// Writes a private key that only its owner may read; an existing file is not overwritten.
    pub(super) fn keep_private(&self, path: &Path, pem: &str) -> Result<(), CommandFailure> {
        // The set may not exist yet; writing it would then overwrite this private key.
        if path == self.path {
            let text = "is to be the key set itself; choose another `--kid`";
            return Err(format!("{} {text}", shown_path(path)).into());
        }
        let kept = written(self.path, pem).and_then(|file| Ok(file.persist_noclobber(path)?));
        kept.map(drop).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let text = "and a private key is not overwritten; choose another `--kid`";
                format!("{} is there already, {text}", shown_path(path)).into()
            }
            _ => self.failure("no private key can be written beside it", &error),
        })
    }

    /// The path behind symbolic links: the file they lead to is written, and they stay.
    fn real_path(&self) -> PathBuf {
        replaced_file::real_path(self.path)
    }

    fn failure(&self, what: &str, error: &io::Error) -> CommandFailure {
        format!("{}: {what}: {error}", self.unreadable).into()
    }
}

/// Whether the `kid` may be a file name on every system.
pub(super) fn is_plain(kid: &str) -> bool {
    printable::is_plain(kid, b"-_")
}

/// Whether this file holds the private half of a key of the set.
pub(super) fn is_private_half(path: &Path, kid: &str, keys: &KeySet) -> bool {
    let algorithms = keys.with_kid(kid).unwrap_or_default().iter().map(|key| key.algorithm);
    read_regular(path).is_ok_and(|pem| {
        algorithms.into_iter().any(|algorithm| {
            SigningKey::from_pem(&pem, algorithm).is_ok_and(|key| is_half_of(&key, kid, keys))
        })
    })
}

/// Whether a key of the set verifies a signature of this private key.
fn is_half_of(private: &SigningKey, kid: &str, keys: &KeySet) -> bool {
    let message = b"the same pair?";
    let signature = private.sign(message);
    let mut fitting = keys.with_kid(kid).unwrap_or_default().iter();
    fitting.any(|key| key.algorithm == private.algorithm() && key.verifies(message, &signature))
}
