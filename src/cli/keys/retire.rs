//! `keys retire`: a key leaves its set, and its private half the disk.

use std::fs;

use super::keyring::Keyring;
use super::orphans::is_orphan;
use crate::cli::output::{CommandFailure, tell};
use crate::keys::{KeySet, shown};

pub(super) fn run(keyring: Keyring<'_>, kid: &str, is_watched: bool) -> Result<(), CommandFailure> {
    let lock = keyring.locked()?;
    let mut document = keyring.document()?;
    if !document.has(kid) {
        let Some(path) = keyring.private_path(kid).filter(|path| is_orphan(path)) else {
            let text = format!("{} has no key `{}`; see `keys list`", keyring.said, shown(kid));
            return Err(text.into());
        };
        fs::remove_file(&path)
            .map_err(|error| format!("{} cannot be removed: {error}", path.display()))?;
        drop(lock);
        tell(&format!("{} is removed; no set had its key.", path.display()));
        return Ok(());
    }
    let before = document.keys();
    let serves = |keys: &KeySet| keys.serves(&keyring.issuer.algorithms);
    let is_private_half = before.as_ref().is_some_and(|keys| keyring.has_private_half(kid, keys));
    document.remove(kid);
    // Without another key a running server would keep this one, and a new one would not launch.
    if before.is_some_and(|keys| serves(&keys)) && !document.keys().is_some_and(|it| serves(&it)) {
        let text = format!("`{kid}` is the last key; make the next one first: keys new");
        return Err(text.into());
    }
    keyring.publish(&document)?;
    let private = keyring.private_path(kid).filter(|path| path.exists());
    let removed = private.as_ref().filter(|_| is_private_half).map_or(Ok(()), fs::remove_file);
    drop(lock);

    let refused = match is_watched {
        true => "tokens that it has signed are refused",
        false => {
            "a server refuses the tokens that it has signed once it is started again (`jwks.watch` \
             is off)"
        }
    };
    tell(&format!("`{}` is retired: {refused}.", shown(kid)));
    let Some(path) = private else { return Ok(()) };
    if !is_private_half {
        tell(&format!("{} is not its private key, and stays.", path.display()));
    }
    Ok(removed.map_err(|error| format!("{} cannot be removed: {error}", path.display()))?)
}
