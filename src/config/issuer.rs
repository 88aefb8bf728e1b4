//! Whose tokens an app accepts, and where that issuer's keys come from.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::value::{self, Invalid, shown};
use crate::keys::KeySet;
use crate::token::algorithm::Algorithm;
use crate::token::header::TokenType;

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
        let path = path.into();
        let said = path.display().to_string();
        Self::new(value::issuer(issuer)?, Source::File { path, said }, audience)
    }

    /// An issuer whose keys are fetched from `jwks_uri`: https, or http on a loopback host.
    pub fn with_uri(
        issuer: &str,
        jwks_uri: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let jwks_uri = value::fetchable(jwks_uri)?;
        Self::new(value::issuer(issuer)?, Source::Remote(Location::Uri(jwks_uri)), audience)
    }

    /// An issuer that tells itself where its keys are (OIDC Discovery, RFC 8414).
    pub fn discovered(
        issuer: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let url = value::fetchable(issuer)?;
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
        self.algorithms = value::not_empty(algorithms.into_iter().collect())?;
        Ok(self)
    }

    /// Which tokens count as access tokens; [`TokenType::Any`] if nothing is said.
    pub fn token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = token_type;
        self
    }
}

/// Where an issuer's keys come from; there is exactly one place.
#[derive(Clone, PartialEq)]
pub(crate) enum Source {
    /// Given in code.
    Keys(KeySet),
    /// A file; no network is ever touched.
    File {
        path: PathBuf,
        /// How an error names it.
        said: String,
    },
    /// Fetched.
    Remote(Location),
}

/// Where an issuer publishes its keys.
#[derive(Clone, PartialEq)]
pub(crate) enum Location {
    /// Here.
    Uri(Url),
    /// Where the metadata of this issuer says (OIDC Discovery §4, RFC 8414 §3).
    Discovery { issuer: String, url: Url },
}

impl Location {
    /// What is asked first.
    pub(crate) fn url(&self) -> &Url {
        match self {
            Self::Uri(url) | Self::Discovery { url, .. } => url,
        }
    }
}

impl Source {
    /// Its kind, as `/readyz` names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Keys(_) => "code",
            Self::File { .. } => "file",
            Self::Remote(_) => "uri",
        }
    }
}

/// Its kind only: an address may hold a key.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// As an operator would look it up.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(_) => f.write_str("keys given in code"),
            Self::File { path, .. } => write!(f, "{}", path.display()),
            Self::Remote(Location::Uri(url)) => f.write_str(&shown(url)),
            Self::Remote(Location::Discovery { url, .. }) => {
                write!(f, "{} (discovery)", shown(url))
            }
        }
    }
}
