//! `keys retire`: a key leaves its set, and its private half the disk.

use std::fs;
use std::io;
use std::path::Path;

use super::keyring::{Keyring, is_private_half};
use super::orphans::is_orphan;
use crate::cli::output::{CommandFailure, shown_path, tell};
use crate::keys::{KeySet, shown};
use crate::named_file::read_regular;

pub(super) fn run(keyring: Keyring<'_>, kid: &str, is_watched: bool) -> Result<(), CommandFailure> {
    let lock = keyring.locked()?;
    let mut document = keyring.document()?;
    if !document.has(kid) {
        let Some(path) = keyring.private_path(kid).filter(|path| is_orphan(path)) else {
            let text = format!("{} has no key `{}`; see `keys list`", keyring.shown(), shown(kid));
            return Err(text.into());
        };
        let remarks = remove(&path)?;
        drop(lock);
        tell(&format!("{} is removed; no set had its key.", shown_path(&path)));
        remarks.iter().for_each(|remark| tell(remark));
        return Ok(());
    }
    let before = document.keys();
    let serves = |keys: &KeySet| keys.serves(&keyring.issuer.algorithms);
    let is_its_half =
        |path: &Path| before.as_ref().is_some_and(|keys| is_private_half(path, kid, keys));
    document.remove(kid);
    // Without another key a running server would keep this one, and a new one would not launch.
    if before.as_ref().is_some_and(serves) && !document.keys().is_some_and(|it| serves(&it)) {
        let text = format!("`{}` is the last key; make the next one first: keys new", shown(kid));
        return Err(text.into());
    }
    keyring.publish(&document)?;
    let private = keyring.private_path(kid).filter(|path| path.symlink_metadata().is_ok());
    let linked = private.as_ref().and_then(|path| fs::canonicalize(path).ok());
    let disposed = match &private {
        Some(path) if is_its_half(path) => remove(path),
        Some(path) => Ok(vec![why_it_stays(path)]),
        None => Ok(vec![]),
    };
    let other = keyring.private_path_behind_links(kid);
    let other = other.filter(|path| is_its_half(path) && linked.as_ref() != Some(path));
    drop(lock);

    let refused = match is_watched {
        true => "tokens that it has signed are refused",
        false => {
            "a server refuses the tokens that it has signed once it is started again (`jwks.watch` \
             is off)"
        }
    };
    tell(&format!("`{}` is retired: {refused}.", shown(kid)));
    if let Some(path) = other {
        let text = "The set is a link, and a private key stays beside the set itself";
        tell(&format!("{text}: {}", shown_path(&path)));
    }
    disposed?.iter().for_each(|remark| tell(remark));
    Ok(())
}

/// Removes a private key, and tells where it stays all the same.
fn remove(path: &Path) -> Result<Vec<String>, CommandFailure> {
    let remarks = places_left(path);
    fs::remove_file(path)
        .map_err(|error| format!("{} cannot be removed: {error}", shown_path(path)))?;
    Ok(remarks)
}

/// Where the content of this file stays when its name is removed.
fn places_left(path: &Path) -> Vec<String> {
    let mut remarks = vec![];
    if path.is_symlink() {
        let target = fs::canonicalize(path).unwrap_or_default();
        remarks.push(format!(
            "{} was a link and is removed; the private key itself stays: {}",
            shown_path(path),
            shown_path(&target)
        ));
    }
    let more = names(path).unwrap_or(1).saturating_sub(1);
    if more > 0 {
        let names = if more == 1 { "name" } else { "names" };
        remarks.push(format!(
            "The file of the private key has {more} more {names} (hard links), and stays under them."
        ));
    }
    remarks
}

/// How many names a file has.
#[cfg(unix)]
fn names(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(path)?.nlink())
}

#[cfg(not(unix))]
fn names(_: &Path) -> io::Result<u64> {
    Ok(1)
}

fn why_it_stays(path: &Path) -> String {
    match read_regular(path) {
        Ok(_) => format!("{} is not its private key, and stays.", shown_path(path)),
        Err(error) => format!("{} cannot be read, and stays: {error}", shown_path(path)),
    }
}
