//! What an operator may say, parsed once into types that cannot be wrong.

mod cors;
mod env;
mod forward;
mod jwks;
mod keys;
mod read;
mod resource;
mod setting;
mod value;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use crate::algorithm::Algorithm;
use crate::claims::TokenType;
use crate::keys::KeySet;
use crate::rejection::StatusTable;

pub(crate) use env::Names;
pub(crate) use forward::IdentityHeader;
pub use jwks::Jwks;
pub(crate) use read::read;
#[cfg(feature = "testing")]
pub(crate) use read::read_for;
pub(crate) use resource::Resource;
pub use value::Invalid;
pub(crate) use value::{fetchable, is_loopback, may_be_here, shown};

/// The name of an issuer that was given none.
const DEFAULT_NAME: &str = "default";

/// Which tokens an app accepts.
///
/// [`Bearer::fairing`](crate::Bearer::fairing) reads one from the app's figment and the environment;
/// [`Bearer::with`](crate::Bearer::with) takes one built here, and then nothing else is read.
///
/// ```
/// use rocket_bearer::{Bearer, Config, Issuer};
/// use rocket_bearer::keys::KeySet;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = KeySet::parse(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/jwks.json")))?;
/// let issuer = Issuer::with_keys("https://issuer.localhost/", keys, ["image"])?;
/// let rocket = rocket::build().attach(Bearer::with(Config::new(issuer).leeway(0)?));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) leeway: u64,
    pub(crate) max_age: Option<u64>,
    pub(crate) max_token_bytes: usize,
    pub(crate) cache_tokens: usize,
    pub(crate) errors: StatusTable,
    pub(crate) realm: String,
    pub(crate) jwks: Jwks,
    pub(crate) forward_headers: Vec<IdentityHeader>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) log_sub: bool,
    /// Which of the tutorial's variables were used, for the operator to see.
    pub(crate) taken_from: Vec<String>,
}

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
    /// Fetched from here.
    Uri(Url),
    /// Fetched from where the issuer's metadata says (OIDC Discovery §4, RFC 8414 §3).
    Discovery { issuer: String, url: Url },
}

impl Source {
    /// Its kind, as `/readyz` names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Keys(_) => "code",
            Self::File { .. } => "file",
            Self::Uri(_) | Self::Discovery { .. } => "uri",
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
            Self::Uri(url) => f.write_str(&shown(url)),
            Self::Discovery { url, .. } => write!(f, "{} (discovery)", shown(url)),
        }
    }
}

impl Config {
    /// Accepts tokens of `issuer`; the rest is at its default.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuers: vec![issuer],
            leeway: 5,
            max_age: None,
            max_token_bytes: 16_384,
            cache_tokens: 10_000,
            errors: StatusTable::Rfc6750,
            realm: "api".to_owned(),
            jwks: Jwks::default(),
            forward_headers: forward::usual(),
            metrics: None,
            cors_origins: vec![],
            resource: None,
            log_sub: false,
            taken_from: vec![],
        }
    }

    /// Names the tutorial's variables that were used; on stderr, for the log is not set up yet.
    pub(crate) fn tell_what_it_took(&self) {
        if !self.taken_from.is_empty() {
            eprintln!("rocket-bearer: configured by {}", self.taken_from.join(", "));
        }
    }

    /// Accepts tokens of `issuer` as well; two with the same `iss` or the same name are refused.
    pub fn also(mut self, issuer: Issuer) -> Result<Self, Invalid> {
        value::distinct(&self.issuers, &issuer)?;
        self.issuers.push(issuer);
        Ok(self)
    }

    /// Clock skew in seconds allowed on `exp`, `nbf` and `iat`; 5 if nothing is said, at most 300.
    pub fn leeway(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.leeway = value::leeway(seconds)?;
        Ok(self)
    }

    /// Refuses tokens issued longer than this many seconds ago, or that do not say when.
    pub fn max_age(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.max_age = Some(value::at_least_one(seconds)?);
        Ok(self)
    }

    /// A longer token is refused unread; 16384 bytes if nothing is said.
    pub fn max_token_bytes(mut self, bytes: u64) -> Result<Self, Invalid> {
        self.max_token_bytes = value::bytes(bytes)?;
        Ok(self)
    }

    /// How many accepted tokens are remembered, so that one which comes again needs no signature
    /// check; 10000 if nothing is said, 0 for none.
    ///
    /// Times are judged anew at each request, and a change of the keys forgets all they verified.
    /// Together they take 2 KiB for each at most; one that is larger leaves room for fewer.
    pub fn cache_tokens(mut self, tokens: u64) -> Result<Self, Invalid> {
        self.cache_tokens = value::tokens(tokens)?;
        Ok(self)
    }

    /// Which statuses refusals get; [`StatusTable::Rfc6750`] if nothing is said.
    pub fn errors(mut self, table: StatusTable) -> Self {
        self.errors = table;
        self
    }

    /// Serves metrics for Prometheus on this address, at `/metrics`; nowhere if nothing is said.
    ///
    /// A listener of its own: the app's port never has them. Whoever reaches it learns the names of
    /// issuers and how much is refused, so keep it on loopback or within a private network.
    pub fn metrics(mut self, address: SocketAddr) -> Self {
        self.metrics = Some(address);
        self
    }

    /// Whether the log names who was refused for want of a grant, by `sub`; it does not.
    ///
    /// It is the only claim that ever gets there: in many places it is personal data.
    pub fn log_sub(mut self, with_sub: bool) -> Self {
        self.log_sub = with_sub;
        self
    }

    /// How key sets are fetched and kept; `stale` must exceed `refresh`.
    pub fn jwks(mut self, jwks: Jwks) -> Result<Self, Invalid> {
        self.jwks = value::outlasting(jwks)?;
        Ok(self)
    }

    /// The `realm` of the challenge: printable ASCII, `api` if nothing is said (RFC 9110 §11.5).
    pub fn realm(mut self, realm: &str) -> Result<Self, Invalid> {
        self.realm = value::realm(realm.to_owned())?;
        Ok(self)
    }
}

/// The audience is the identifier of your API, as tokens carry it in `aud`; one of several will do.
impl Issuer {
    /// An Auth0 tenant, by its host name (`tenant.eu.auth0.com`) or custom domain.
    ///
    /// Its issuer is `https://{domain}/`, its key set `https://{domain}/.well-known/jwks.json`.
    pub fn auth0(
        domain: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let (issuer, jwks_uri) = value::domain(domain)?;
        Self::new(issuer, Source::Uri(jwks_uri), audience)
    }

    /// An issuer whose keys are given here.
    pub fn with_keys(
        issuer: &str,
        keys: KeySet,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(value::issuer(issuer)?, Source::Keys(keys), audience)
    }

    /// An issuer whose keys lie in a file, a JWK set.
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
        Self::new(value::issuer(issuer)?, Source::Uri(jwks_uri), audience)
    }

    /// An issuer that tells itself where its keys are (OIDC Discovery, RFC 8414).
    pub fn discovered(
        issuer: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let url = value::fetchable(issuer)?;
        let source = Source::Discovery { issuer: issuer.to_owned(), url };
        Self::new(value::issuer(issuer)?, source, audience)
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

    /// Signature algorithms to accept; `[RS256]` if nothing is said.
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
