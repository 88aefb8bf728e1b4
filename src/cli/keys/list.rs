//! `keys list`: the keys of a set, and which private halves are at hand.

use super::keyring::Keyring;
use super::orphans::orphaned_kids;
use crate::cli::output::{CommandFailure, say};
use crate::keys::{shown, told};

pub(super) fn run(keyring: Keyring<'_>) -> Result<(), CommandFailure> {
    let Some(keys) = keyring.document()?.keys() else {
        say_orphans(keyring)?;
        let text = "has no usable key; make one with `rocket-bearer keys new`";
        return Err(format!("{} {text}", keyring.shown()).into());
    };
    let mut signs = keys.kids().filter(|kid| keyring.signing_key(kid, &keys).is_some());
    let signs = signs.next();
    let line = |kid| {
        let algorithms = keys.with_kid(kid).unwrap_or_default().iter();
        let algorithms: Vec<_> = algorithms.map(|key| key.algorithm.name()).collect();
        let private = match (signs == Some(kid), keyring.has_private_half(kid, &keys)) {
            (true, _) => "private key at hand, signs",
            (false, true) => "private key at hand",
            (false, false) => "no private key",
        };
        format!("{:43}  {:9}  {private}", shown(kid), algorithms.join(","))
    };
    told(keys.kids(), line).iter().try_for_each(|line| say(line))?;
    keys.faults().iter().try_for_each(|key| say(&format!("not used: {key}")))?;
    say_orphans(keyring)
}

fn say_orphans(keyring: Keyring<'_>) -> Result<(), CommandFailure> {
    let mut orphans = orphaned_kids(keyring.folder());
    if !orphans.is_empty() {
        // Another command that is at work has one for a moment.
        let _lock = keyring.locked();
        orphans = orphaned_kids(keyring.folder());
    }
    let line = |kid| {
        format!("orphan: no set publishes the key of {kid}.pem; `keys retire {kid}` removes it")
    };
    told(orphans.into_iter(), line).iter().try_for_each(|line| say(line))
}
