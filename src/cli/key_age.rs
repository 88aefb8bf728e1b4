//! How old the keys of a running server may be, beside those that a command has just loaded.

use crate::keys::source::Source;
use crate::keys::source::fetching::{self, KeyFetching};

/// What a command that has loaded the keys of this source says of them; `None` where a running server
/// has the same.
pub(super) fn told(source: &Source, fetching: &KeyFetching) -> Option<String> {
    match source {
        Source::Remote(..) => {
            let refresh = fetching.refresh.as_secs();
            let longest = *fetching::LIFETIMES.end();
            let or_longer = match refresh < longest {
                true => format!(", or {longest} s where the issuer's `Cache-Control` says so"),
                false => String::new(),
            };
            Some(format!(
                "fetched now; a running server may hold older ones for up to {refresh} s \
                 (`jwks.refresh`){or_longer}"
            ))
        }
        Source::File(_) if !fetching.watch => {
            Some("read now; a running server holds those of its launch (`jwks.watch`)".to_owned())
        }
        Source::File(_) | Source::Keys(_) => None,
    }
}
