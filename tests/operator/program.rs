//! The binary in a folder of its own, with these variables and no others; it never outlives a test.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket_bearer::Algorithm;
use rocket_bearer::testing::Key;
use serde_json::{Value, json};

use crate::support::leaks;

/// Only a program that hangs takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) type Variables<'a> = &'a [(&'a str, &'a str)];

/// The root of this repository, where the shipped `Rocket.toml` and `keys/` lie.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A temporary folder with a `Rocket.toml` in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn with(rocket_toml: &str) -> Self {
        Self::new().and("Rocket.toml", rocket_toml)
    }

    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rocket-bearer-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match fs::create_dir(&path) {
            // Of a run that was killed, whose process had the same number.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::new(),
            made => made.map(|()| Self(path)).unwrap(),
        }
    }

    /// The same folder with one more file, whose parent folders are made.
    pub(crate) fn and(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Runs a line of the shell in it, which has to succeed.
    #[cfg(unix)]
    pub(crate) fn make(&self, line: &str) {
        let mut shell = Command::new("/bin/sh");
        let status = shell.args(["-ec", line]).current_dir(self.path()).status().unwrap();
        assert!(status.success(), "{line}");
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An ES256 key pair as it lies on disk.
pub(crate) struct Pair {
    pub(crate) jwk: Value,
    pub(crate) pem: String,
}

impl Pair {
    pub(crate) fn new(kid: &str) -> Self {
        let key = Key::generate(Algorithm::ES256).with_kid(kid);
        leaks::keep_key(&key);
        Self { jwk: key.jwk(), pem: key.pem() }
    }

    /// The key set of this key alone.
    pub(crate) fn set(&self) -> String {
        json!({ "keys": [self.jwk] }).to_string()
    }
}

/// What an ended program has said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end.
pub(crate) fn run(folder: &Path, variables: Variables<'_>, arguments: &[&str]) -> Said {
    Running::start(folder, variables, arguments).end()
}

/// The same till it has had its turn: where the machine is busy, others may keep a keyring locked for
/// longer than it waits.
pub(crate) fn run_in_turn(folder: &Path, variables: Variables<'_>, arguments: &[&str]) -> Said {
    let had_its_turn = |said: &Said| !said.stderr.contains("another program has it locked");
    let mut tries = (0..30).map(|_| run(folder, variables, arguments));
    tries.find(had_its_turn).expect("its turn comes")
}

/// The token that `rocket-bearer token` prints; it must.
#[track_caller]
pub(crate) fn token(folder: &Path, variables: Variables<'_>, arguments: &[&str]) -> String {
    let said = run(folder, variables, &[&["token"], arguments].concat());
    assert_eq!(said.code, Some(0), "{variables:?} {arguments:?}: {said:?}");
    let token = said.stdout.trim_end().to_owned();
    leaks::keep_token(&token);
    token
}

/// A part of a token, unverified: 0 is its header, 1 are its claims.
pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The program while it runs; dropping this ends it.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<(Stream, String)>,
    said: Said,
    /// `log.sub`.
    tells_callers: bool,
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

impl Running {
    pub(crate) fn start(folder: &Path, variables: Variables<'_>, arguments: &[&str]) -> Self {
        Self::spawn(command(folder).envs(variables.iter().copied()).args(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            forward(stdout, Stream::Out, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            forward(stderr, Stream::Err, sender.clone());
        }
        drop(sender);
        let tells_callers = command.get_envs().any(|(name, _)| name == "BEARER_LOG__SUB");
        Self { child, lines, said: Said::default(), tells_callers }
    }

    /// Reads on until a line of stdout or stderr says this.
    #[track_caller]
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        loop {
            match self.next_line() {
                Some(line) if line.contains(text) => return line,
                Some(_) => {}
                None => panic!("it ended without a word of {text:?}: {:?}", self.said),
            }
        }
    }

    /// Waits for its end, which must come by itself.
    #[track_caller]
    pub(crate) fn end(mut self) -> Said {
        while self.next_line().is_some() {}
        self.said.code = self.child.wait().unwrap().code();
        std::mem::take(&mut self.said)
    }

    #[track_caller]
    fn ask_to_end(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    }

    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok((stream, line)) => {
                match stream {
                    Stream::Out => self.said.stdout.push_str(&line),
                    Stream::Err => {
                        leaks::look_at(&line, self.tells_callers);
                        self.said.stderr.push_str(&line);
                    }
                }
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it neither ends nor speaks: {:?}", self.said),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in this folder with no variable but `PATH`.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rocket-bearer"));
    command.current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("/bin")));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn forward(from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = String::new();
        while from.read_line(&mut line).is_ok_and(|length| length > 0)
            && to.send((stream, std::mem::take(&mut line))).is_ok()
        {}
    });
}

/// A served app and where it listens.
pub(crate) struct Server {
    running: Running,
    /// The first line that said where it listens, on stdout or stderr.
    line: String,
    pub(crate) address: String,
}

/// An answer; `body` is JSON where it is JSON, else text.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Server {
    /// Serves on a free port.
    #[track_caller]
    pub(crate) fn start(folder: &Path, variables: Variables<'_>) -> Self {
        let variables = [variables, &[("ROCKET_PORT", "0")]].concat();
        Self::of(Running::start(folder, &variables, &["serve"]))
    }

    /// The app that this program serves; it has not said where yet.
    #[track_caller]
    pub(crate) fn of(mut running: Running) -> Self {
        let line = running.line_with("http://127.0.0.1:");
        let (_, address) = line.split_once("http://").unwrap();
        let is_of_address = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
        let end = address.find(|c| !is_of_address(c)).unwrap_or(address.len());
        Self { address: address[..end].to_owned(), running, line }
    }

    /// The line on stdout that the debug profile has.
    #[track_caller]
    pub(crate) fn curl_line(&mut self) -> String {
        match self.line.contains("curl ") {
            true => self.line.clone(),
            false => self.running.line_with("curl "),
        }
    }

    /// Reads on until a line says this.
    #[track_caller]
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        self.running.line_with(text)
    }

    /// Asks it to end, as a supervisor does, and waits for that.
    #[track_caller]
    pub(crate) fn terminate(self) -> Said {
        // Rocket listens for signals from when it answers, which is after it says where.
        assert_eq!(self.get("/healthz", None).status, 200);
        self.running.ask_to_end();
        self.running.end()
    }

    /// Asks it to end, lets `meanwhile` happen once it has heard that, and waits for the end.
    #[track_caller]
    pub(crate) fn terminate_while(mut self, meanwhile: impl FnOnce()) -> Said {
        assert_eq!(self.get("/healthz", None).status, 200);
        self.running.ask_to_end();
        self.running.line_with("Requesting shutdown");
        meanwhile();
        self.running.end()
    }

    /// A connection that a test speaks on by itself.
    #[track_caller]
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// `GET path`, with this token.
    #[track_caller]
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let authorization = authorization.unwrap_or_default();
        let host = format!("Host: {}\r\n", self.address);
        self.send(&format!("GET {path} HTTP/1.1\r\n{host}{authorization}"), b"").1
    }

    /// A request with these head lines and this body: the head of the answer, and the answer.
    #[track_caller]
    pub(crate) fn send(&self, head: &str, body: &[u8]) -> (String, Answer) {
        let mut stream = self.connect();
        let length = body.len();
        write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (told, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = told.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.expect("a status");
        let path = head.split([' ', '?']).nth(1).unwrap_or_default();
        // The developer's page mints tokens for whoever opens it.
        if path != "/" && !path.starts_with("/page/") {
            let sent = head.lines().filter(|line| line.starts_with("Authorization"));
            let (sent, handler) = (sent.collect::<String>(), path.trim_start_matches('/'));
            leaks::assert_answer_untold(handler, &sent, status, &answer);
        }
        let body = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
        (told.to_owned(), Answer { status, body })
    }

    /// The status and the code of the answer to a token; `granted` is no code, but says it.
    #[track_caller]
    pub(crate) fn verdict(&self, token: &str) -> (u16, String) {
        let answer = self.get("/headers", Some(token));
        if answer.body == "Access Granted" {
            return (answer.status, "granted".to_owned());
        }
        let code = answer.body["code"].as_str().unwrap_or_else(|| panic!("no code: {answer:?}"));
        (answer.status, code.to_owned())
    }
}

/// A folder whose two issuers have their private keys at hand; `more` is a line of `[default.bearer]`.
pub(crate) fn two_issuers(more: &str) -> Folder {
    let (first, second) = (Pair::new("first"), Pair::new("second"));
    Folder::with(&format!(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n{more}\n\
         issuer = 'https://first.test/'\njwks_file = 'keys/first.json'\n\
         [default.bearer.issuers.second]\n\
         issuer = 'https://second.test/'\njwks_file = 'keys/second.json'\n",
    ))
    .and("keys/first.json", first.set())
    .and("keys/first.pem", &first.pem)
    .and("keys/second.json", second.set())
    .and("keys/second.pem", &second.pem)
}
