//! What `fuzz/` calls; it is no part of the library otherwise.

use url::Url;

/// Where the metadata of an issuer says its keys are, if we would go there.
pub fn jwks_uri(body: &[u8], issuer: &str, from: &Url) -> Option<Url> {
    super::source::discovery::fuzzed_jwks_uri(body, issuer, from)
}
