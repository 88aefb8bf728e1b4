//! One connection: to the socket, through TLS, past the password, to a Redis that takes writes.

use std::fmt;
use std::time::Duration;

use redis::aio::{AsyncStream, MultiplexedConnection};
use redis::{AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, cmd};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use url::Url;

use super::failure::Failure;
use super::tls::Tls;
use crate::address::shown;
use crate::error::Error;
use crate::store::health::ServerFacts;
use crate::store::settings::StoreSettings;
use crate::store::unavailable::Unavailable;

/// What a connection may take from the first packet to the first answer, at least.
const CONNECT: Duration = Duration::from_secs(1);

/// How to connect to one Redis.
pub(super) struct Connector {
    address: ConnectionAddr,
    login: RedisConnectionInfo,
    /// The number of the database.
    database: i64,
    tls: Option<Tls>,
    /// What one question may take.
    pub(super) deadline: Duration,
    shown: String,
}

/// A connection whose server answers and takes writes. It is closed when this is dropped.
pub(super) struct Connected {
    pub(super) connection: MultiplexedConnection,
    pub(super) task: Task,
    pub(super) server: ServerFacts,
}

/// A task that ends with its handle.
pub(super) struct Task(pub(super) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Stream = Box<dyn AsyncStream + Send + Unpin>;

impl Connector {
    /// Refuses a URL that no connection can be made of, and a broken `store.ca_file`.
    pub(super) fn new(url: &Url, settings: &StoreSettings) -> Result<Self, Error> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_tls = url.scheme() == "rediss";
        let tls = is_tls.then(|| Tls::new(host, settings.ca_file.clone())).transpose()?;
        // This crate makes the TLS; what it carries is plain.
        let plain = match is_tls {
            true => format!("redis{}", url.as_str().trim_start_matches("rediss")),
            false => url.as_str().to_owned(),
        };
        let info = plain.into_connection_info().map_err(|_| {
            Error::setting(
                "`store.redis` is no address of a Redis",
                "correct its user and password",
            )
        })?;
        Ok(Self {
            address: info.addr().clone(),
            // An error of `SELECT` is told in the words of Redis where it is sent from here.
            login: info.redis_settings().clone().set_skip_set_lib_name().set_db(0),
            database: info.redis_settings().db(),
            tls,
            deadline: settings.deadline,
            shown: shown(url),
        })
    }

    /// Connects, in a second or, where it is longer, the deadline.
    pub(super) async fn connect(&self) -> Result<Connected, Failure> {
        let limit = self.deadline.max(CONNECT);
        let text = format!("no answer within {} ms", limit.as_millis());
        let late = Err(Failure::new(Unavailable::Timeout, &text));
        tokio::time::timeout(limit, self.connected()).await.unwrap_or(late)
    }

    async fn connected(&self) -> Result<Connected, Failure> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let stream = self.stream().await?;
        let (mut connection, driver) =
            MultiplexedConnection::new_with_config(&self.login, stream, config).await?;
        let task = Task(tokio::spawn(driver));
        if self.database != 0 {
            cmd("SELECT").arg(self.database).query_async::<()>(&mut connection).await?;
        }
        let server = look(&mut connection).await?;
        Ok(Connected { connection, task, server })
    }

    async fn stream(&self) -> Result<Stream, Failure> {
        let unreachable =
            |error: std::io::Error| Failure::new(Unavailable::Unreachable, &error.to_string());
        match &self.address {
            ConnectionAddr::Tcp(host, port) => {
                let stream =
                    TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
                stream.set_nodelay(true).map_err(unreachable)?;
                match &self.tls {
                    Some(tls) => Ok(Box::new(tls.over(stream).await?)),
                    None => Ok(Box::new(stream)),
                }
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => {
                Ok(Box::new(UnixStream::connect(path).await.map_err(unreachable)?))
            }
            _ => Err(Failure::new(Unavailable::Unreachable, "this system has no such sockets")),
        }
    }
}

/// What the server says of itself. A server that takes no writes is a failure.
async fn look(connection: &mut MultiplexedConnection) -> Result<ServerFacts, Failure> {
    cmd("PING").query_async::<String>(connection).await?;
    let info = match cmd("INFO").query_async::<String>(connection).await.map_err(Failure::from) {
        Ok(info) => info,
        // A user without that right may still do all that is needed.
        Err(Failure { fault: Unavailable::Permission, .. }) => return Ok(ServerFacts::default()),
        Err(failure) => return Err(failure),
    };
    let said = |name: &str| {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim().to_owned()
    };
    if said("redis_mode") == "cluster" {
        return Err(Failure::new(Unavailable::Cluster, "`INFO` says `redis_mode:cluster`"));
    }
    if said("role") == "slave" {
        return Err(Failure::new(Unavailable::ReadOnly, "`INFO` says `role:slave`"));
    }
    Ok(ServerFacts { version: said("redis_version"), eviction: said("maxmemory_policy") })
}

/// The address, without user and password.
impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
