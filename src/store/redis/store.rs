//! The questions that one round trip answers, and how the store is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::aio::MultiplexedConnection;
use redis::{Value, cmd, pipe};

use super::connection::Connector;
use super::link::Link;
use crate::error::Error;
use crate::store::health::StoreState;
use crate::store::settings::StoreSettings;
use crate::store::unavailable::Unavailable;

/// The Redis that all instances of an app share. Cloning is cheap, and its clones share a connection,
/// which ends with the last of them.
#[derive(Clone)]
pub(crate) struct Store(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) connector: Arc<Connector>,
    link: Link,
    prefix: String,
    pub(super) deadline: Duration,
}

impl Store {
    /// The store of these settings, if they name one; it is not connected yet.
    pub(crate) fn of(settings: &StoreSettings) -> Result<Option<Self>, Error> {
        let Some(url) = &settings.url else { return Ok(None) };
        let connector = Arc::new(Connector::new(url, settings)?);
        Ok(Some(Self(Arc::new(Shared {
            link: Link::new(),
            connector,
            prefix: settings.prefix.clone(),
            deadline: settings.deadline,
        }))))
    }

    /// Connects, and stays connected from then on. Returns after the first attempt, in a second or, where
    /// it is longer, the deadline. Needs a Tokio runtime.
    pub(crate) async fn connect(&self) -> Result<(), Unavailable> {
        self.0.link.keep(&self.0.connector).await
    }

    /// Whether this key comes for the first time within `ttl`, on all instances. One round trip.
    pub(crate) async fn first_use(&self, key: &[u8], ttl: Duration) -> Result<bool, Unavailable> {
        let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut set = cmd("SET");
        set.arg(self.use_key(key)).arg(1).arg("NX").arg("PX").arg(millis);
        match self.ask(&set).await? {
            Value::Okay => Ok(true),
            Value::Nil => Ok(false),
            _ => Err(Unavailable::Refused),
        }
    }

    /// Whether a [first use](Self::first_use) of this key is remembered.
    pub(crate) async fn is_used(&self, key: &[u8]) -> Result<bool, Unavailable> {
        let mut get = cmd("GET");
        get.arg(self.use_key(key));
        self.ask(&get).await.map(|answer| answer != Value::Nil)
    }

    /// The secret of this name: that of the instance which was the first to ask. An instance that knows
    /// the secret already offers it, in case Redis has lost it; others offer 32 random bytes.
    pub(crate) async fn shared_secret(
        &self,
        name: &str,
        known: Option<[u8; 32]>,
    ) -> Result<[u8; 32], Unavailable> {
        let mut made = known.unwrap_or_default();
        if known.is_none() {
            aws_lc_rs::rand::fill(&mut made).map_err(|_| Unavailable::Refused)?;
        }
        let key = self.key(&format!("k:{name}"));
        let mut both = pipe();
        both.cmd("SET").arg(&key).arg(&made).arg("NX").ignore().cmd("GET").arg(&key);
        let kept = self.0.link.ask(self.0.deadline, async |mut connection| {
            both.query_async::<(Vec<u8>,)>(&mut connection).await
        });
        kept.await?.0.try_into().map_err(|_| Unavailable::Refused)
    }

    /// How the store is now.
    pub(crate) fn state(&self) -> StoreState {
        self.0.link.state()
    }

    /// The questions that were not answered, by the reason.
    pub(crate) fn failures(&self) -> [(Unavailable, u64); Unavailable::ALL.len()] {
        self.0.link.failures()
    }

    pub(super) async fn ask(&self, command: &redis::Cmd) -> Result<Value, Unavailable> {
        let question = async |mut connection: MultiplexedConnection| {
            connection.send_packed_command(command).await.and_then(|it| it.extract_error())
        };
        self.0.link.ask(self.0.deadline, question).await
    }

    fn use_key(&self, key: &[u8]) -> String {
        self.key(&format!("j:{}", URL_SAFE_NO_PAD.encode(key)))
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.0.prefix)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.0.connector)
    }
}

/// The address, without user and password.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.connector)
    }
}
