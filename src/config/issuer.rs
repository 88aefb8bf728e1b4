//! Whose tokens an app accepts, and where that issuer's keys come from.

use std::path::PathBuf;

use super::value;
use crate::address::fetchable;
use crate::error::{Invalid, not_empty};
use crate::keys::jwk_set::KeySet;
use crate::keys::source::{Location, NamedFile, Source};
use crate::token::algorithm::Algorithm;
use crate::verifier::rules::TokenType;

/// The name of an issuer that was given none.
const DEFAULT_NAME: &str = "default";

/// One issuer of tokens: its name for itself, its keys, and which of its tokens are for us.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) source: Source,
    pub(crate) audience: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) token_type: TokenType,
}

/// The audience is the identifier of your API, as tokens carry it in `aud` (RFC 7519 §4.1.3); one of
/// several will do. Every constructor refuses an audience or an issuer that is empty, and a URL that
/// is not https (http on a loopback host).
impl Issuer {
    /// An Auth0 tenant, by its host name (`tenant.eu.auth0.com`) or custom domain.
    ///
    /// Its issuer is `https://{domain}/`, its key set `https://{domain}/.well-known/jwks.json`.
    /// Refuses what is no host name.
    pub fn auth0(
        domain: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let (issuer, jwks_uri) = value::domain(domain)?;
        Self::new(issuer, Source::Remote(Location::Uri(jwks_uri)), audience)
    }

    /// An issuer whose keys are given here.
    pub fn with_keys(
        issuer: &str,
        keys: KeySet,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(value::issuer(issuer)?, Source::Keys(keys), audience)
    }

    /// An issuer whose keys lie in a file, a JWK set; a relative path begins in the working directory.
    pub fn with_file(
        issuer: &str,
        path: impl Into<PathBuf>,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::with_named_file(issuer, path.into().into(), audience)
    }

    pub(crate) fn with_named_file(
        issuer: &str,
        file: NamedFile,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(value::issuer(issuer)?, Source::File(file), audience)
    }

    /// An issuer whose keys are fetched from `jwks_uri`: https, or http on a loopback host.
    pub fn with_uri(
        issuer: &str,
        jwks_uri: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let jwks_uri = fetchable(jwks_uri)?;
        Self::new(value::issuer(issuer)?, Source::Remote(Location::Uri(jwks_uri)), audience)
    }

    /// An issuer that tells itself where its keys are (OIDC Discovery, RFC 8414).
    pub fn discovered(
        issuer: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let url = fetchable(issuer)?;
        let location = Location::Discovery { issuer: issuer.to_owned(), url };
        Self::new(value::issuer(issuer)?, Source::Remote(location), audience)
    }

    fn new(
        issuer: String,
        source: Source,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Ok(Self {
            name: DEFAULT_NAME.to_owned(),
            issuer,
            source,
            audience: value::audience(audience.into_iter().map(Into::into).collect())?,
            algorithms: vec![Algorithm::RS256],
            token_type: TokenType::Any,
        })
    }

    /// What logs and `/readyz` call it: `[a-z0-9-]+`; `default` if nothing is said.
    pub fn named(mut self, name: &str) -> Result<Self, Invalid> {
        self.name = value::name(name)?;
        Ok(self)
    }

    /// Signature algorithms to accept; `[RS256]` if nothing is said. Refuses an empty list.
    pub fn algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, Invalid> {
        self.algorithms = not_empty(algorithms.into_iter().collect())?;
        Ok(self)
    }

    /// Which tokens count as access tokens; [`TokenType::Any`] if nothing is said.
    pub fn token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = token_type;
        self
    }
}
