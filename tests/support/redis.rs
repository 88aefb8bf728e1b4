//! A `redis-server` of a test's own, on a socket in a folder of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The variable with the command that starts a Redis. Without it the tests with a Redis pass at once.
const VARIABLE: &str = "REDIS_SERVER";

pub(crate) struct RedisServer {
    command: String,
    folder: TempDir,
    process: Option<Child>,
}

impl RedisServer {
    /// A server that answers; `None` where no command is named.
    pub(crate) fn start() -> Option<Self> {
        let mut server = Self::prepared()?;
        server.start_again();
        Some(server)
    }

    /// A server that is not started yet.
    pub(crate) fn prepared() -> Option<Self> {
        let command = std::env::var(VARIABLE).ok()?;
        Some(Self { command, folder: tempfile::tempdir().unwrap(), process: None })
    }

    pub(crate) fn start_again(&mut self) {
        let mut command = Command::new(&self.command);
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]);
        command.arg(self.socket()).arg("--dir").arg(self.folder.path());
        self.process = Some(command.stdout(Stdio::null()).spawn().unwrap());
        while UnixStream::connect(self.socket()).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the server at once, as a crash does; all that it held is lost.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            let _ = fs::remove_file(self.socket());
        }
    }

    /// Sends a signal: `STOP` for a server that accepts and never answers, `CONT` for its end.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").arg(format!("-{name}")).arg(id).status().unwrap().success());
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(crate) fn url(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    /// The answers to commands of an operator, as one text.
    pub(crate) fn answers(&self, commands: &[&[&str]]) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        for command in commands.iter().chain([&["QUIT"].as_slice()]) {
            write!(stream, "*{}\r\n", command.len()).unwrap();
            for word in *command {
                write!(stream, "${}\r\n{word}\r\n", word.len()).unwrap();
            }
        }
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert!(!answers.starts_with('-') && !answers.contains("\n-"), "{commands:?}: {answers}");
        answers
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address of a socket on which nothing listens.
pub(crate) fn nowhere(folder: &Path) -> String {
    format!("unix:{}", folder.join("nowhere.sock").display())
}
