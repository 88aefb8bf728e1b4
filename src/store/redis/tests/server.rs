//! A `redis-server` of a test's own, on a socket in a folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use tempfile::TempDir;
use tokio::net::UnixStream;

use crate::store::StoreSettings;
use crate::store::redis::Store;

/// The variable with the command that starts a Redis. Without it the tests with a Redis pass at once.
const VARIABLE: &str = "REDIS_SERVER";

pub(super) struct RedisServer {
    command: String,
    options: Vec<String>,
    pub(super) folder: TempDir,
    process: Option<Child>,
}

impl RedisServer {
    /// A server with these options, which answers; `None` where no command is named.
    pub(super) async fn start(options: &[&str]) -> Option<Self> {
        let command = env::var(VARIABLE).ok()?;
        let options = options.iter().map(|it| (*it).to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { command, options, folder, process: None };
        server.start_again().await;
        Some(server)
    }

    pub(super) async fn start_again(&mut self) {
        let mut command = Command::new(&self.command);
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]);
        command.arg(self.socket()).arg("--dir").arg(self.folder.path()).args(&self.options);
        self.process = Some(command.stdout(Stdio::null()).spawn().unwrap());
        while UnixStream::connect(self.socket()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the server at once, as a crash does.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            let _ = fs::remove_file(self.socket());
        }
    }

    /// Sends a signal: `STOP` for a server that accepts and never answers, `CONT` for its end.
    pub(super) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").arg(format!("-{name}")).arg(id).status().unwrap().success());
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(super) fn url(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    /// A store on this server, connected.
    pub(super) async fn store(&self) -> Store {
        let store = store(&self.url());
        store.connect().await.unwrap();
        store
    }

    /// The answer to a command of an operator.
    pub(super) async fn answer(&self, command: &[&str]) -> redis::Value {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = redis::Cmd::new();
        command.iter().for_each(|word| {
            cmd.arg(*word);
        });
        cmd.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The store at this address, not connected.
pub(super) fn store(url: &str) -> Store {
    let settings = StoreSettings::default().redis(url).unwrap();
    Store::of(&settings).unwrap().unwrap()
}
