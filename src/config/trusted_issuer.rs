//! An issuer whose tokens an app accepts, and where its keys come from.

use std::path::PathBuf;

use url::Url;

#[cfg(feature = "cli")]
use super::provider::Preset;
use super::tenants::{Tenants, check_braces};
use crate::address::{Purpose, trusted};
use crate::error::{Invalid, ensure, invalid, not_empty};
use crate::keys::jwk_set::{KeyIds, KeySet};
use crate::keys::source::{Location, Source};
use crate::token::algorithm::Algorithm;
use crate::token::claim_path::ClaimPath;
use crate::token::header::TokenType;
use crate::token::required_claim::RequiredClaim;
use crate::token::tenant::PLACEHOLDER;

/// The name of an issuer that was given none.
const DEFAULT_NAME: &str = "default";

/// One issuer of tokens: its `iss`, where its keys come from, and which of its tokens count.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub(crate) name: String,
    pub(crate) issuer: String,
    /// Where `issuer` has `{tenantid}`.
    pub(crate) tenants: Option<Tenants>,
    /// Other spellings of `issuer`, never used for fetching.
    pub(crate) aliases: Vec<String>,
    pub(crate) source: Source,
    /// Empty where `aud` is not looked at; then `clients` is not.
    pub(crate) audience: Vec<String>,
    /// Empty where any client will do.
    pub(crate) clients: Vec<String>,
    pub(crate) required_claims: Vec<RequiredClaim>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) token_type: TokenType,
    /// Whether tokens of Auth0's anonymous sessions are accepted; `None` where the issuer has no such.
    pub(crate) anonymous: Option<bool>,
    #[cfg(feature = "cli")]
    pub(crate) preset: Option<Preset>,
    pub(crate) kids: KeyIds,
    /// Empty where tokens are not searched for roles.
    pub(crate) roles: Vec<ClaimPath>,
    /// Whose logouts are taken; empty where none are.
    pub(crate) logout_clients: Vec<String>,
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
        Self::of_domain(domain)?.for_audience(audience)
    }

    /// An issuer whose keys are given here.
    pub fn with_keys(
        issuer: &str,
        keys: KeySet,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(issuer, Source::Keys(keys))?.for_audience(audience)
    }

    /// An issuer whose keys lie in a file, a JWK set; a relative path begins in the working directory.
    pub fn with_file(
        issuer: &str,
        path: impl Into<PathBuf>,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(issuer, Source::File(path.into().into()))?.for_audience(audience)
    }

    /// An issuer whose keys are fetched from `jwks_uri`: https, or http on a loopback host.
    pub fn with_uri(
        issuer: &str,
        jwks_uri: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::new(issuer, Source::fetched(jwks_uri)?)?.for_audience(audience)
    }

    /// An issuer whose metadata says where its keys are (OIDC Discovery, RFC 8414).
    pub fn discovered(
        issuer: &str,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        Self::with_metadata(issuer)?.for_audience(audience)
    }

    /// An Auth0 tenant, for no audience yet.
    pub(super) fn of_domain(domain: &str) -> Result<Self, Invalid> {
        let (issuer, jwks_uri) = tenant(domain)?;
        let tenant = Self::new(&issuer, Source::Remote(Location::Uri(jwks_uri), None))?;
        Ok(tenant.anonymous(false))
    }

    /// An issuer that is discovered, for no audience yet.
    pub(super) fn with_metadata(issuer: &str) -> Result<Self, Invalid> {
        check_issuer(issuer)?;
        let url = trusted(&issuer.replace(PLACEHOLDER, "common"), Purpose::Issuer)?;
        let location = Location::Discovery { issuer: issuer.to_owned(), url };
        Self::new(issuer, Source::Remote(location, None))
    }

    fn for_audience(
        mut self,
        audience: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        self.audience = audience.into_iter().map(Into::into).collect();
        check_audience(&self.audience).map(|()| self)
    }

    /// An issuer for no audience yet.
    pub(super) fn new(issuer: &str, source: Source) -> Result<Self, Invalid> {
        check_issuer(issuer)?;
        Ok(Self {
            name: DEFAULT_NAME.to_owned(),
            issuer: issuer.to_owned(),
            tenants: None,
            aliases: vec![],
            source,
            audience: vec![],
            clients: vec![],
            required_claims: vec![],
            algorithms: vec![Algorithm::RS256],
            token_type: TokenType::Any,
            anonymous: None,
            #[cfg(feature = "cli")]
            preset: None,
            kids: KeyIds::Required,
            roles: vec![],
            logout_clients: vec![],
        })
    }

    /// The name of the issuer in logs and `/readyz`: `[a-z0-9-]+`; `default` if nothing is said.
    pub fn named(mut self, name: &str) -> Result<Self, Invalid> {
        check_name(name)?;
        name.clone_into(&mut self.name);
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

pub(super) fn check_audience(list: &[String]) -> Result<(), Invalid> {
    ensure(
        !list.is_empty() && list.iter().all(|it| !it.trim().is_empty()),
        "is empty",
        "write the identifier of your API, as tokens carry it in `aud`",
    )?;
    ensure(
        !list.iter().any(|it| it.trim() == "*"),
        "is a wildcard, and `aud` is compared whole",
        "write the identifier of your API, as tokens carry it in `aud`",
    )
}

/// Refuses what no token carries in `iss`.
pub(super) fn check_issuer(issuer: &str) -> Result<(), Invalid> {
    ensure(
        !issuer.is_empty(),
        "is empty",
        "write the issuer exactly as tokens carry it in `iss`, trailing slash included",
    )?;
    ensure(
        !issuer.contains("/.well-known/") && !issuer.ends_with("/.well-known"),
        "is the address of a document about the issuer",
        "write the value of `issuer` in that document, exactly as tokens carry it in `iss`",
    )?;
    check_braces(issuer)?;
    ensure(
        !issuer.contains(['<', '>']),
        "has a placeholder in angle brackets",
        "write in its place what it stands for, exactly as tokens carry it in `iss`",
    )?;
    let is_invisible = |it: char| it.is_whitespace() || it.is_control() || it == '\u{feff}';
    ensure(
        !issuer.starts_with(is_invisible) && !issuer.ends_with(is_invisible),
        "has white space at its start or end",
        "remove it: `iss` is compared byte for byte",
    )
}

/// A name that goes into logs, `/readyz` and variables.
pub(super) fn check_name(name: &str) -> Result<(), Invalid> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_usable = !name.is_empty() && name.bytes().all(fits);
    ensure(is_usable, "has an unusable name", "name it with a-z, 0-9 and `-` only")
}

const NOT_A_DOMAIN: Invalid = invalid(
    "is not a host name",
    "write it without `https://` and without a path or a port, for instance `tenant.eu.auth0.com`",
);

/// The issuer and the key set of an Auth0 domain.
fn tenant(domain: &str) -> Result<(String, Url), Invalid> {
    let is_host_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let is_label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if !domain.bytes().all(is_host_byte) || !domain.split('.').all(is_label) {
        return Err(NOT_A_DOMAIN);
    }
    let domain = domain.to_ascii_lowercase();
    let jwks_uri = Url::parse(&format!("https://{domain}/.well-known/jwks.json"));
    Ok((format!("https://{domain}/"), jwks_uri.map_err(|_| NOT_A_DOMAIN)?))
}
