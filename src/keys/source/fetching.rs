//! How key sets are fetched and kept: the table `jwks`.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::proxy;
use crate::error::{self, Invalid, ensure, not_empty};
use crate::named_file::NamedFile;

/// The lifetimes, in seconds, that an issuer may set by `Cache-Control`; Auth0 says 15 s, and advises 5
/// to 10 min.
pub(crate) const LIFETIMES: RangeInclusive<u64> = 300..=3_600;

/// How key sets are fetched and kept; each setter tells its default.
///
/// Times are whole seconds from 1 s to 100 years; a setter refuses others.
///
/// ```
/// use std::time::Duration;
///
/// use rocket_bearer::{Invalid, KeyFetching};
///
/// fn rarely() -> Result<KeyFetching, Invalid> {
///     KeyFetching::default().refresh(Duration::from_secs(900))?.timeout(Duration::from_secs(2))
/// }
/// ```
#[derive(Clone)]
pub struct KeyFetching {
    pub(crate) refresh: Duration,
    pub(crate) cooldown: Duration,
    pub(crate) stale: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) ca_file: Option<NamedFile>,
    pub(crate) proxy: Option<Url>,
    pub(crate) no_proxy: Vec<Host>,
    pub(crate) watch: bool,
}

impl Default for KeyFetching {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(600),
            cooldown: Duration::from_secs(30),
            stale: Duration::from_secs(86_400),
            timeout: Duration::from_secs(5),
            max_bytes: 524_288,
            ca_file: None,
            proxy: None,
            no_proxy: vec![],
            watch: true,
        }
    }
}

impl KeyFetching {
    /// Age at which a fetched set is fetched again, in the background; 600 s.
    ///
    /// An issuer's `Cache-Control: max-age` from 300 to 3600 takes its place.
    pub fn refresh(mut self, time: Duration) -> Result<Self, Invalid> {
        self.refresh = error::seconds(time)?;
        Ok(self)
    }

    /// Longest wait between two fetches that unknown `kid`s cause; 30 s.
    ///
    /// The first fetch is at once. The wait until the next one begins with a second, and doubles with
    /// each fetch that does not bring its `kid`.
    pub fn cooldown(mut self, time: Duration) -> Result<Self, Invalid> {
        self.cooldown = error::seconds(time)?;
        Ok(self)
    }

    /// How long after its load a set serves on while the issuer is down; 86400 s.
    pub fn stale(mut self, time: Duration) -> Result<Self, Invalid> {
        self.stale = error::seconds(time)?;
        Ok(self)
    }

    /// What one fetch may take, from connecting to the last byte; 5 s.
    pub fn timeout(mut self, time: Duration) -> Result<Self, Invalid> {
        self.timeout = error::seconds(time)?;
        Ok(self)
    }

    /// A larger answer is refused while it comes in; 524288 bytes.
    pub fn max_bytes(mut self, bytes: u64) -> Result<Self, Invalid> {
        let cure = "write a number of bytes, from 1; 524288 is the default";
        self.max_bytes = error::bytes(bytes, cure)?;
        Ok(self)
    }

    /// PEM file of a private certificate authority, added to the system's. It is read again when its
    /// content changes.
    pub fn ca_file(self, path: impl Into<PathBuf>) -> Self {
        self.ca_named_file(path.into().into())
    }

    pub(crate) fn ca_named_file(mut self, file: NamedFile) -> Self {
        self.ca_file = Some(file);
        self
    }

    /// The proxy for fetches from any but loopback hosts; without one none is used, whatever the
    /// environment says.
    pub fn proxy(mut self, url: &str) -> Result<Self, Invalid> {
        self.proxy = Some(proxy::url(url)?);
        Ok(self)
    }

    /// Hosts that are asked without the [proxy](Self::proxy), as loopback hosts always are.
    ///
    /// Each is a name or an address, `issuer.internal`, `10.0.0.1` or `fd00::1`. It is compared whole,
    /// without letter case: a name does not stand for its subdomains. Refuses an empty list, and a host
    /// with a scheme, a port, a path, a `*` or white space.
    pub fn no_proxy<H: AsRef<str>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Result<Self, Invalid> {
        let hosts = hosts.into_iter().map(|it| proxy::host(it.as_ref()));
        self.no_proxy = not_empty(hosts.collect::<Result<_, _>>()?)?;
        Ok(self)
    }

    /// Whether a `jwks_file` is read again when it changes; it is.
    pub fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }

    /// Refuses a set that would be given up before it is fetched again, and exceptions to no proxy.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        self.check_proxy()?;
        ensure(
            self.stale > self.refresh,
            "leaves `stale` no longer than `refresh`",
            "write a longer `jwks.stale`, or a shorter `jwks.refresh`",
        )
    }

    /// Refuses exceptions to no proxy.
    pub(crate) fn check_proxy(&self) -> Result<(), Invalid> {
        ensure(
            self.proxy.is_some() || self.no_proxy.is_empty(),
            "has no `jwks.proxy` to make exceptions of",
            "name the proxy as `jwks.proxy`; without one every host is asked directly, so leave \
             `no_proxy` out",
        )
    }
}

/// Without the proxy, whose URL may hold a password.
impl fmt::Debug for KeyFetching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFetching")
            .field("refresh", &self.refresh)
            .field("cooldown", &self.cooldown)
            .field("stale", &self.stale)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
