//! Tokens of development keys, for the page.

use rocket::figment::Figment;

use super::configuration::bearer_config;
use super::keys::keyring::Keyring;
use super::token::{key_at_hand, wanted_token};
use crate::app::page::Wanted;
use crate::config::Issuer;

/// Whether an issuer of the configuration in `figment` has a development key.
pub(super) fn has_keys(figment: &Figment) -> bool {
    bearer_config(figment).is_ok_and(|config| config.issuers.iter().any(|it| !kids(it).is_empty()))
}

/// A token that the page wants, signed with a development key. Its private half is public, so the page
/// may give the token away.
pub(super) fn token(figment: &Figment, wanted: Wanted) -> Option<String> {
    let config = bearer_config(figment).ok()?;
    let (iss, kid) = config.issuers.iter().find_map(|issuer| {
        let kid = kids(issuer).into_iter().find(|kid| key_at_hand(Some(kid), issuer).is_some())?;
        Some((issuer.issuer.clone(), kid))
    })?;
    wanted_token(figment, iss, kid, wanted).ok()
}

/// The names of the development keys of an issuer.
fn kids(issuer: &Issuer) -> Vec<String> {
    let keys = Keyring::of(issuer).and_then(|keyring| keyring.keys());
    let kids = keys.iter().flat_map(|keys| keys.development_kids());
    kids.map(str::to_owned).collect()
}
