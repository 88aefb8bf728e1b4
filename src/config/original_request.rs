//! The request that a gateway asks about: the key `forward.original`.

use crate::error::{Invalid, invalid};

/// Where `/auth` finds the method and the path of the request that its gateway asks about. A proof of
/// possession (RFC 9449) is made for that request.
///
/// The gateway must overwrite the headers: its client may send them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OriginalRequest {
    /// Nowhere: a token that is bound to a key is refused with 503.
    #[default]
    Untold,
    /// In `X-Forwarded-Method` and `X-Forwarded-Uri`, as Traefik and Caddy send them.
    XForwarded,
    /// In `X-Original-Method` and `X-Original-URI`, as nginx and HAProxy are told to.
    XOriginal,
    /// In the request itself: its method, and what follows `/auth` in its path, as Envoy asks.
    Path,
}

impl OriginalRequest {
    pub(super) fn named(name: &str) -> Result<Self, Invalid> {
        match name {
            "x-forwarded" => Ok(Self::XForwarded),
            "x-original" => Ok(Self::XOriginal),
            "path" => Ok(Self::Path),
            _ => Err(invalid(
                "is none of the ways in which a gateway tells the original request",
                "write `x-forwarded` (Traefik, Caddy), `x-original` (nginx, HAProxy) or `path` (Envoy), or \
                 leave the key out",
            )),
        }
    }
}
