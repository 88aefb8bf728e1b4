//! The configuration of an app, as code builds it.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use super::identity_headers::{self, IdentityHeader};
use super::logout::Logout;
use super::original_request::OriginalRequest;
use super::resource::Resource;
use super::trusted_issuer::Issuer;
use crate::address;
use crate::dpop::Dpop;
use crate::error::{self, Invalid, ensure};
use crate::keys::source::fetching::KeyFetching;
use crate::rejection::StatusTable;
use crate::revocation::Sources;
use crate::store::StoreSettings;
use crate::token::scope_hierarchy::ScopeHierarchy;

/// Which tokens an app accepts.
///
/// [`Bearer::fairing`](crate::Bearer::fairing) reads one from the app's figment and the environment;
/// [`Bearer::with`](crate::Bearer::with) takes one built here, and then nothing else is read. A
/// setter refuses what cannot be meant, a time of 0 or over 100 years for instance, and says what to
/// write instead.
///
/// ```
/// use std::time::Duration;
///
/// use rocket_bearer::{Bearer, Config, Issuer};
/// use rocket_bearer::keys::KeySet;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let keys = KeySet::parse(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/keys/jwks.json")))?;
///     let issuer = Issuer::with_keys("https://issuer.localhost/", keys, ["image"])?;
///     let rocket = rocket::build().attach(Bearer::with(Config::new(issuer).leeway(Duration::ZERO)?));
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) max_token_bytes: usize,
    pub(crate) cache_tokens: usize,
    pub(crate) errors: StatusTable,
    pub(crate) realm: String,
    pub(crate) fetching: KeyFetching,
    pub(crate) forward_headers: Vec<IdentityHeader>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) dpop: Dpop,
    /// Where `/auth` finds the request that its gateway asks about.
    pub(crate) original_request: OriginalRequest,
    pub(crate) scope_hierarchy: ScopeHierarchy,
    pub(crate) log_sub: bool,
    /// Where the rules come from by which tokens are revoked.
    pub(crate) revocation: Sources,
    pub(crate) logout: Logout,
    pub(crate) store: StoreSettings,
    /// `None` for `Authorization`.
    pub(crate) token_header: Option<String>,
    /// The tutorial's variables that were used, which a launch reports.
    pub(crate) taken_from: Vec<String>,
}

/// What every request carries for HTTP's own sake, and what browsers send unasked.
const NO_TOKEN_HEADERS: [&str; 9] = [
    "Cookie",
    "Host",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Upgrade",
];

impl Config {
    /// Accepts tokens of `issuer`; the rest is at its default.
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuers: vec![issuer],
            leeway: Duration::from_secs(5),
            max_age: None,
            max_token_bytes: 16_384,
            cache_tokens: 10_000,
            errors: StatusTable::Rfc6750,
            realm: "api".to_owned(),
            fetching: KeyFetching::default(),
            forward_headers: identity_headers::usual(),
            metrics: None,
            cors_origins: vec![],
            resource: None,
            dpop: Dpop::default(),
            original_request: OriginalRequest::default(),
            scope_hierarchy: ScopeHierarchy::default(),
            log_sub: false,
            revocation: Sources::default(),
            logout: Logout::default(),
            store: StoreSettings::default(),
            token_header: None,
            taken_from: vec![],
        }
    }

    /// Reports the tutorial's variables that were used, on stderr: the log is not set up yet.
    pub(crate) fn tell_what_it_took(&self) {
        if !self.taken_from.is_empty() {
            let names = self.taken_from.join(", ");
            // The names are a remark: an app serves where they cannot be written, too.
            let _ = writeln!(io::stderr(), "rocket-bearer: configured by {names}");
        }
    }

    /// Accepts tokens of `issuer` as well; two with the same `iss` or alias, or the same name, are refused.
    ///
    /// ```
    /// use rocket_bearer::{Config, Invalid, Issuer};
    ///
    /// fn of_both_tenants() -> Result<Config, Invalid> {
    ///     let ours = Issuer::auth0("ours.eu.auth0.com", ["https://api.example"])?;
    ///     let theirs = Issuer::auth0("theirs.eu.auth0.com", ["https://api.example"])?;
    ///     Config::new(ours).also(theirs.named("theirs")?)
    /// }
    /// ```
    pub fn also(mut self, issuer: Issuer) -> Result<Self, Invalid> {
        // A token tells its issuer by `iss`, a log line and `/readyz` by the name.
        let is_issuers = |known: &str| issuer.spellings().any(|it| it == known);
        let is_known = self.issuers.iter().flat_map(Issuer::spellings).any(is_issuers);
        ensure(!is_known, "has the `iss` of another issuer, or its alias", "keep one of the two")?;
        let is_shared = self.issuers.iter().any(|it| it.shares_a_tenant_with(&issuer));
        ensure(!is_shared, "has a tenant that is an issuer of its own", "keep one of the two")?;
        let is_new = self.issuers.iter().all(|it| it.name != issuer.name);
        ensure(is_new, "has the name of another issuer", "give it a name of its own")?;
        self.issuers.push(issuer);
        Ok(self)
    }

    /// Clock skew allowed on `exp`, `nbf` and `iat`, in whole seconds; 5 s if nothing is said, at
    /// most 300 s.
    pub fn leeway(mut self, skew: Duration) -> Result<Self, Invalid> {
        ensure(
            skew.as_secs() <= 300,
            "is over 300 seconds",
            "write a number from 0 to 300; if clocks differ by more, correct a clock",
        )?;
        self.leeway = error::whole_seconds(skew)?;
        Ok(self)
    }

    /// Refuses tokens that were issued longer ago, or that do not say when, in whole seconds from
    /// 1 s; off if nothing is said.
    pub fn max_age(mut self, age: Duration) -> Result<Self, Invalid> {
        self.max_age = Some(error::seconds(age)?);
        Ok(self)
    }

    /// A longer token is refused unread; 16384 bytes if nothing is said.
    pub fn max_token_bytes(mut self, bytes: u64) -> Result<Self, Invalid> {
        let cure = "write a number of bytes, from 1; 16384 is the default";
        self.max_token_bytes = error::bytes(bytes, cure)?;
        Ok(self)
    }

    /// How many accepted tokens are remembered, so that one which comes again needs no signature
    /// check; 10000 if nothing is said, 10000000 at most, 0 for none.
    ///
    /// Times are judged anew at each request, and a change of the keys forgets all they verified.
    /// Together they take 1.5 KiB for each at most; one that is larger leaves room for fewer.
    pub fn cache_tokens(mut self, tokens: u64) -> Result<Self, Invalid> {
        // A bound of ten million tokens is 15 GB: a larger one bounds nothing.
        ensure(
            tokens <= 10_000_000,
            "is over 10000000",
            "write how many tokens to remember, 1.5 KiB each; 10000 is the default, 0 turns it off",
        )?;
        self.cache_tokens = tokens as usize;
        Ok(self)
    }

    /// Which statuses refusals get; [`StatusTable::Rfc6750`] if nothing is said.
    pub fn errors(mut self, table: StatusTable) -> Self {
        self.errors = table;
        self
    }

    /// Serves metrics for Prometheus on this address, at `/metrics`; nowhere if nothing is said.
    ///
    /// The listener is one of its own: the app's port never has them. It tells the names of issuers
    /// and how much is refused, so keep it on loopback or within a private network.
    pub fn metrics(mut self, address: SocketAddr) -> Self {
        self.metrics = Some(address);
        self
    }

    /// Whether the log names the `sub` of a caller that lacks a grant; off if nothing is said.
    ///
    /// No other claim ever gets there. In many places `sub` is personal data.
    pub fn log_sub(mut self, with_sub: bool) -> Self {
        self.log_sub = with_sub;
        self
    }

    /// How key sets are fetched and kept; `stale` must exceed `refresh`.
    pub fn key_fetching(mut self, fetching: KeyFetching) -> Result<Self, Invalid> {
        fetching.check()?;
        self.fetching = fetching;
        Ok(self)
    }

    /// What the instances of the app share, in Redis; refused where it names none.
    pub fn store(mut self, store: StoreSettings) -> Result<Self, Invalid> {
        store.check()?;
        self.store = store;
        Ok(self)
    }

    /// The `realm` of the challenge: printable ASCII, `api` if nothing is said (RFC 9110 §11.5).
    pub fn realm(mut self, realm: &str) -> Result<Self, Invalid> {
        // A quoted-string can carry these (RFC 9110 §5.6.4); the challenge escapes `"` and `\`.
        let is_quotable = !realm.is_empty() && realm.bytes().all(|it| (b' '..=b'~').contains(&it));
        ensure(is_quotable, "is not printable ASCII", "write a short name, for instance `api`")?;
        self.realm = realm.to_owned();
        Ok(self)
    }

    /// The URL that clients know the app by (RFC 9728 §1.2): https, or http on a loopback host, and no
    /// query. Its metadata is then at `/.well-known/oauth-protected-resource` (a path comes after
    /// that), and every challenge names it; without, there is none.
    pub fn resource(mut self, url: &str) -> Result<Self, Invalid> {
        self.resource = Some(Resource::parse(url)?);
        Ok(self)
    }

    /// How tokens that are bound to a key of their sender are taken (RFC 9449); not at all if nothing is
    /// said.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = dpop;
        self
    }

    /// Where `/auth`, which the program `rocket-bearer` has, finds the method and the path of the request
    /// that its gateway asks about; nowhere if nothing is said, and then a bound token is refused there.
    pub fn original_request(mut self, original: OriginalRequest) -> Self {
        self.original_request = original;
        self
    }

    /// The origins whose pages may call the app and read its answers, as browsers send them:
    /// `https://app.example.com`, or http on a loopback host; none if nothing is said.
    ///
    /// Preflight requests are then answered before any guard, and every answer says `Vary: Origin`.
    /// Cookies stay out of it: the token comes from `Authorization` alone.
    pub fn cors_origins<O: AsRef<str>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Result<Self, Invalid> {
        let origins = origins.into_iter().map(|it| address::origin(it.as_ref()));
        self.cors_origins = origins.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The header that carries the token; `Authorization` if nothing is said.
    ///
    /// Any other holds the token alone, without `Bearer`, as identity proxies send it
    /// (`Cf-Access-Jwt-Assertion`); `Authorization` is then not read. Refuses what is no name of a
    /// header, those of HTTP itself, such as `Host`, and `Cookie`, which browsers send for pages of other
    /// origins.
    pub fn token_header(mut self, name: &str) -> Result<Self, Invalid> {
        // A token of RFC 9110 §5.6.2.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let is_taken = NO_TOKEN_HEADERS.iter().any(|taken| name.eq_ignore_ascii_case(taken));
        ensure(
            !name.is_empty() && name.bytes().all(fits) && !is_taken,
            "is no header for a token",
            "write the name of the header that holds the token alone, as `Cf-Access-Jwt-Assertion`, \
             or leave the key out for `Authorization`",
        )?;
        self.token_header = (!name.eq_ignore_ascii_case("authorization")).then(|| name.to_owned());
        Ok(self)
    }

    /// The identity headers of `/auth`, which the program `rocket-bearer` has, each as `Name=claim`, or
    /// with a JSON pointer (RFC 6901) as `X-Auth-Roles=/realm_access/roles`.
    ///
    /// `X-Auth-Subject=sub`, `X-Auth-Scope=scope` and `X-Auth-Issuer=iss` if nothing is said. A name
    /// begins with `X-` or `Remote-` and has letters, digits and `-` only.
    pub fn forward_headers<H: AsRef<str>>(
        mut self,
        headers: impl IntoIterator<Item = H>,
    ) -> Result<Self, Invalid> {
        self.forward_headers = identity_headers::parse(headers)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeySet;

    #[test]
    fn a_setter_refuses_a_time_that_no_file_could_say() {
        let issuer = Issuer::with_keys("https://issuer.test/", KeySet::bundled(), ["image"]);
        let config = Config::new(issuer.unwrap());
        let (fetching, time) = (KeyFetching::default(), Duration::from_millis(1_500));
        for (setter, refused) in [
            ("leeway", config.clone().leeway(time).err()),
            ("max_age", config.max_age(time).err()),
            ("refresh", fetching.clone().refresh(time).err()),
            ("cooldown", fetching.clone().cooldown(time).err()),
            ("stale", fetching.clone().stale(time).err()),
            ("timeout", fetching.timeout(time).err()),
        ] {
            assert_eq!(refused.unwrap().problem, "has a fraction of a second", "{setter}");
        }
    }
}
