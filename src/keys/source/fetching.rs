//! How key sets are fetched and kept: the table `jwks`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::value;
use crate::error::{self, Invalid};

/// How key sets are fetched and kept; each setter tells its unit and default.
///
/// Times are whole seconds from 1 to 100 years; a setter refuses others.
///
/// ```
/// # use rocket_bearer::Jwks;
/// let jwks = Jwks::default().refresh(900)?.timeout(2)?;
/// # Ok::<(), rocket_bearer::Invalid>(())
/// ```
#[derive(Clone)]
pub struct Jwks {
    pub(crate) refresh: Duration,
    pub(crate) cooldown: Duration,
    pub(crate) stale: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) ca_file: Option<PathBuf>,
    /// How an error names that file.
    pub(crate) ca_file_said: String,
    pub(crate) proxy: Option<Url>,
    pub(crate) watch: bool,
}

impl Default for Jwks {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(600),
            cooldown: Duration::from_secs(30),
            stale: Duration::from_secs(86_400),
            timeout: Duration::from_secs(5),
            max_bytes: 524_288,
            ca_file: None,
            ca_file_said: String::new(),
            proxy: None,
            watch: true,
        }
    }
}

impl Jwks {
    /// Age in seconds at which a fetched set is fetched again, in the background; 600.
    ///
    /// An issuer's `Cache-Control: max-age` from 300 to 3600 takes its place.
    pub fn refresh(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.refresh = error::seconds(seconds)?;
        Ok(self)
    }

    /// Shortest time in seconds between two fetches that unknown `kid`s cause; 30.
    pub fn cooldown(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.cooldown = error::seconds(seconds)?;
        Ok(self)
    }

    /// How long after its load, in seconds, a set serves on while the issuer is down; 86400.
    pub fn stale(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.stale = error::seconds(seconds)?;
        Ok(self)
    }

    /// What one fetch may take in seconds, from connecting to the last byte; 5.
    pub fn timeout(mut self, seconds: u64) -> Result<Self, Invalid> {
        self.timeout = error::seconds(seconds)?;
        Ok(self)
    }

    /// A larger answer is refused while it comes in; 524288 bytes.
    pub fn max_bytes(mut self, bytes: u64) -> Result<Self, Invalid> {
        self.max_bytes = error::bytes(bytes)?;
        Ok(self)
    }

    /// PEM file of a private certificate authority, added to the system's.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.ca_file_said = path.display().to_string();
        self.ca_file = Some(path);
        self
    }

    /// The proxy for fetches from any but loopback hosts; without one none is used, whatever the
    /// environment says.
    pub fn proxy(mut self, url: &str) -> Result<Self, Invalid> {
        self.proxy = Some(value::proxy(url)?);
        Ok(self)
    }

    /// Whether a `jwks_file` is read again when it changes; it is.
    pub fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }
}

/// Without the proxy, whose URL may hold a password.
impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks")
            .field("refresh", &self.refresh)
            .field("cooldown", &self.cooldown)
            .field("stale", &self.stale)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Names, read};
    use rocket::figment::{Figment, providers::Serialized};

    #[test]
    fn each_setting_comes_from_its_own_key() {
        let said = [
            ("refresh", "61"),
            ("cooldown", "2"),
            ("stale", "63"),
            ("timeout", "4"),
            ("max_bytes", "5"),
            ("ca_file", "ca.pem"),
            ("proxy", "http://proxy.test:3128"),
            ("watch", "false"),
        ];
        let variables = said.map(|(key, value)| {
            (format!("BEARER_JWKS__{}", key.to_uppercase()).into(), value.to_owned().into())
        });
        let figment = Figment::new()
            .merge(Serialized::default("bearer.domain", "tenant.test"))
            .merge(Serialized::default("bearer.audience", "image"));
        let jwks = |variables: Vec<_>| {
            read(&figment, variables.into_iter(), Names::Ours).expect("it is in order").jwks
        };
        let said = jwks(variables.to_vec());
        let seconds = [said.refresh, said.cooldown, said.stale, said.timeout];
        assert_eq!(seconds, [61, 2, 63, 4].map(Duration::from_secs));
        assert_eq!((said.max_bytes, said.watch), (5, false));
        assert_eq!(said.ca_file, Some(PathBuf::from("ca.pem")));
        assert_eq!(said.proxy.unwrap().as_str(), "http://proxy.test:3128/");

        let silent = jwks(vec![]);
        let seconds = [silent.refresh, silent.cooldown, silent.stale, silent.timeout];
        assert_eq!(seconds, [600, 30, 86_400, 5].map(Duration::from_secs));
        assert_eq!((silent.max_bytes, silent.watch), (524_288, true));
        assert!(silent.ca_file.is_none() && silent.proxy.is_none());
    }
}
