//! The token for an issuer that shows its keys to the authenticated only: `jwks_token_file`.

use std::path::PathBuf;

use super::trusted_issuer::Issuer;
use crate::error::{Invalid, invalid};
use crate::keys::source::Source;
use crate::keys::source::token_file::TokenFile;
use crate::named_file::NamedFile;

impl Issuer {
    /// A file with a bearer token for an issuer that shows its metadata and keys to the authenticated
    /// only, as the API server of Kubernetes does; none if nothing is said.
    ///
    /// The token is read at each fetch, 16384 bytes at most, and sent to the origin of the `jwks_uri`,
    /// or else of the issuer: to no other, wherever its metadata leads. A file without a token is a
    /// failed load. A relative path begins in the working directory. Refuses an issuer whose keys are
    /// not fetched.
    pub fn jwks_token_file(self, path: impl Into<PathBuf>) -> Result<Self, Invalid> {
        self.jwks_token_named_file(path.into().into())
    }

    pub(super) fn jwks_token_named_file(mut self, file: NamedFile) -> Result<Self, Invalid> {
        let Source::Remote(location, token) = &mut self.source else {
            return Err(invalid(
                "is of no use: these keys are not fetched",
                "remove it, or write `jwks_uri` in the place of `jwks_file`",
            ));
        };
        *token = Some(TokenFile::new(file, location.url())?);
        Ok(self)
    }
}
