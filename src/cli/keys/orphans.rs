//! Private keys whose public half no key set publishes: what a `keys new` leaves that is killed before
//! it publishes the key.

use std::fs;
use std::path::{Path, PathBuf};

use super::document::KeySetDocument;
use super::keyring::is_plain;
use crate::keys::signing_key::SigningKey;
use crate::named_file::read_regular;
use crate::replaced_file::folder;

/// The largest file that may be a key set, in bytes.
const LARGEST_SET: u64 = 16 * 1024 * 1024;

/// The `kid`s of the orphans in this folder, in order.
pub(super) fn orphaned_kids(folder: &Path) -> Vec<String> {
    let kid = |path: &PathBuf| {
        let is_pem = path.extension().is_some_and(|extension| extension == "pem");
        let kid = path.file_stem().and_then(|stem| stem.to_str()).filter(|kid| is_plain(kid));
        kid.filter(|_| is_pem && is_orphan(path)).map(str::to_owned)
    };
    let mut kids: Vec<_> = files(folder).filter_map(|path| kid(&path)).collect();
    kids.sort();
    kids
}

/// Whether this is a private key as `keys new` writes it, and no key set beside it has its public half.
///
/// A key of anything else, a TLS key for instance, seldom looks like that, and is left alone.
pub(super) fn is_orphan(path: &Path) -> bool {
    let Some(public) = public_half(path) else { return false };
    let is_small = |path: &PathBuf| fs::metadata(path).is_ok_and(|it| it.len() <= LARGEST_SET);
    let sets = files(folder(path)).filter(is_small).filter_map(|path| read_regular(&path).ok());
    let mut sets = sets.filter_map(|json| KeySetDocument::parse(&json));
    !sets.any(|set| set.publishes(&public))
}

/// The public half of a private key whose file is, octet for octet, of `keys new`'s making.
fn public_half(path: &Path) -> Option<serde_json::Value> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || !is_for_its_owner_only(&metadata) {
        return None;
    }
    let text = read_regular(path).ok()?;
    let key = SigningKey::of_any_type(&text).ok()?;
    (key.pem().ok()?.as_bytes() == text).then(|| key.jwk(""))
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(unix)]
fn is_for_its_owner_only(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_for_its_owner_only(_: &fs::Metadata) -> bool {
    true
}
