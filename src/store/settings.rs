//! Where the store is and how it is asked: the table `store`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::address::shown;
use crate::error::{Invalid, ensure, invalid};
use crate::named_file::NamedFile;
use crate::printable::is_plain;

/// How to write an address.
const AS_REDIS_DOES: &str = "write it as `redis://user:password@host:6379/0`, `rediss://…` for TLS, or \
                             `unix:/run/redis/redis.sock`; percent-encode what is special in a password";

/// What the instances of an app share, and where: in Redis, or nowhere; each setter tells its default.
///
/// ```
/// use rocket_bearer::StoreSettings;
///
/// # #[cfg(feature = "redis")]
/// let store = StoreSettings::default().redis("redis://127.0.0.1:6379")?.prefix("images")?;
/// # Ok::<(), rocket_bearer::Invalid>(())
/// ```
#[derive(Clone)]
pub struct StoreSettings {
    pub(crate) url: Option<Url>,
    pub(crate) ca_file: Option<NamedFile>,
    pub(crate) prefix: String,
    pub(crate) deadline: Duration,
    pub(crate) on_outage: OnOutage,
}

/// What happens to a proof that the store cannot judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnOutage {
    /// It is refused, with 503.
    Refuse,
    /// This process judges by its own memory.
    Memory,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: None,
            ca_file: None,
            prefix: "rocket-bearer".to_owned(),
            deadline: Duration::from_millis(100),
            on_outage: OnOutage::Refuse,
        }
    }
}

impl StoreSettings {
    /// The Redis: `redis://`, `rediss://` (TLS) or `unix:`; none if nothing is said. It takes the crate's
    /// feature `redis`.
    ///
    /// User, password and the number of the database stand in the URL, of a socket as `?user=`, `&pass=`
    /// and `&db=`. The URL is printed nowhere in whole. Refused without that feature.
    pub fn redis(mut self, url: &str) -> Result<Self, Invalid> {
        ensure(
            cfg!(feature = "redis"),
            "is set, and this build has no Redis",
            "build `rocket-bearer` with its feature `redis`, or leave `store` out",
        )?;
        let url = Url::parse(url).map_err(|_| invalid("is no URL", AS_REDIS_DOES))?;
        ensure(url.fragment().is_none(), "has a `#`", AS_REDIS_DOES)?;
        match url.scheme() {
            "redis" | "rediss" => {
                ensure(url.has_host(), "names no host", AS_REDIS_DOES)?;
                ensure(url.query().is_none(), "has a `?`", AS_REDIS_DOES)?;
                let database = url.path().trim_start_matches('/');
                ensure(is_database(database), "has a path that is no database", AS_REDIS_DOES)?;
            }
            "unix" => {
                let has_path = !url.has_host() && url.path().len() > 1;
                ensure(has_path, "names no socket", AS_REDIS_DOES)?;
                for (name, value) in url.query_pairs() {
                    let is_known = match &*name {
                        "user" | "pass" => true,
                        "db" => is_database(&value),
                        _ => false,
                    };
                    ensure(is_known, "has what is none of `user`, `pass`, `db`", AS_REDIS_DOES)?;
                }
            }
            _ => return Err(invalid("is no address of a Redis", AS_REDIS_DOES)),
        }
        self.url = Some(url);
        Ok(self)
    }

    /// PEM file of a private certificate authority for `rediss://`, added to the system's. It is read
    /// again at each connection.
    pub fn ca_file(self, path: impl Into<PathBuf>) -> Self {
        self.ca_named_file(path.into().into())
    }

    pub(crate) fn ca_named_file(mut self, file: NamedFile) -> Self {
        self.ca_file = Some(file);
        self
    }

    /// What all keys in Redis begin with: letters, digits, `-`, `_`, `.` and `:`, 64 at most;
    /// `rocket-bearer`.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, Invalid> {
        let cure = "write 1 to 64 letters, digits, `-`, `_`, `.` and `:`";
        ensure(is_plain(prefix, b"-_.:"), "is no prefix of keys", cure)?;
        self.prefix = prefix.to_owned();
        Ok(self)
    }

    /// How long one question may take, 1 ms to 10 s in whole milliseconds; 100 ms.
    pub fn deadline(mut self, time: Duration) -> Result<Self, Invalid> {
        let is_some_time = (1..=10_000).contains(&time.as_millis());
        let is_whole = time.subsec_nanos().is_multiple_of(1_000_000);
        let cure = "write whole milliseconds, from 1 to 10000; 100 is the default";
        ensure(is_some_time && is_whole, "is no deadline", cure)?;
        self.deadline = time;
        Ok(self)
    }

    pub(crate) fn deadline_ms(self, millis: u64) -> Result<Self, Invalid> {
        self.deadline(Duration::from_millis(millis))
    }

    /// Accepts proofs by the memory of this process alone while Redis is out of reach; otherwise they
    /// are refused with 503.
    pub fn memory_on_outage(mut self) -> Self {
        self.on_outage = OnOutage::Memory;
        self
    }

    pub(crate) fn on_outage_named(mut self, name: &str) -> Result<Self, Invalid> {
        self.on_outage = match name {
            "refuse" => OnOutage::Refuse,
            "memory" => OnOutage::Memory,
            _ => return Err(invalid("is no rule for an outage", "write `refuse` or `memory`")),
        };
        Ok(self)
    }

    /// Refuses settings of a store that is named nowhere.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let cure = "name the Redis as `store.redis`, or leave the other keys of `store` out";
        ensure(self.url.is_some(), "is set, and there is no `store.redis`", cure)
    }
}

fn is_database(text: &str) -> bool {
    text.is_empty() || text.parse::<u16>().is_ok()
}

/// Without the URL, which may hold a password.
impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("redis", &self.url.as_ref().map(shown))
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .field("on_outage", &self.on_outage)
            .finish_non_exhaustive()
    }
}
