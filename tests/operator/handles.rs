//! Keys that are withdrawn, and tokens that are revoked, while connections hold every file handle of the
//! server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::program::{Folder, Running, command, run, token};
use super::support::issuer::{IssuerAnswer, MockIssuer};
use super::support::{AUDIENCE, ISSUER, Signer};

/// How many handles the server may have.
const LIMIT: usize = 64;

/// A withdrawn key has to be refused within this time.
const WITHIN: Duration = Duration::from_secs(10);

/// A server whose handles are all held by connections.
struct Starved {
    running: Running,
    /// The connection that requests are sent on.
    thief: TcpStream,
    _idle: Vec<TcpStream>,
}

impl Starved {
    fn serve(folder: &Folder) -> Self {
        let program = command(folder.path());
        let limited = format!("ulimit -n {LIMIT}; exec \"$0\" serve");
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c".as_ref(), limited.as_ref(), program.get_program()]);
        shell.current_dir(folder.path()).env_clear().env("ROCKET_PORT", "0");
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = Running::spawn(&mut shell);
        let line = running.line_with("http://127.0.0.1:");
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split(|it: char| it != '.' && it != ':' && !it.is_ascii_digit());
        let address = address.into_iter().next().unwrap().to_owned();

        let thief = TcpStream::connect(&address).unwrap();
        thief.set_read_timeout(Some(WITHIN)).unwrap();
        let mut starved = Self { running, thief, _idle: vec![] };
        assert_eq!(starved.status("nothing"), 401);
        let idle = (0..LIMIT + 16).map(|_| TcpStream::connect(&address).unwrap());
        starved._idle = idle.collect();
        starved.running.line_with("accept error");
        starved
    }

    /// The status of a request with this token on the connection that is there already.
    fn status(&mut self, token: &str) -> u16 {
        let head = format!("Host: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
        write!(self.thief, "GET /headers HTTP/1.1\r\n{head}").unwrap();
        let mut answer = vec![];
        let mut octets = [0; 4_096];
        // The body of each answer is short, and ends it.
        while !answer.ends_with(b"}") && !answer.ends_with(b"Access Granted") {
            let read = self.thief.read(&mut octets).unwrap();
            assert_ne!(read, 0, "the server has hung up");
            answer.extend_from_slice(&octets[..read]);
        }
        let answer = String::from_utf8(answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    #[track_caller]
    fn becomes(&mut self, status: u16, token: &str) {
        let begun = Instant::now();
        while self.status(token) != status {
            assert!(begun.elapsed() < WITHIN, "the token is not {status} for all of {WITHIN:?}");
            thread::yield_now();
        }
    }
}

#[test]
fn a_key_that_is_retired_from_a_file_is_refused_though_no_handle_is_free() {
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys/jwks.json'\n",
    );
    let keys = |arguments: &[&str]| {
        let said = run(folder.path(), &[], &[&["keys"], arguments].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
    };
    keys(&["new", "--alg", "ES256", "--kid", "old"]);
    keys(&["new", "--alg", "ES256", "--kid", "new"]);
    let old = token(folder.path(), &[], &["--kid", "old"]);
    let set = folder.path().join("keys/jwks.json");
    let with_old = fs::read(&set).unwrap();
    let mut server = Starved::serve(&folder);
    assert_eq!(server.status(&old), 200);
    keys(&["retire", "old"]);
    server.becomes(401, &old);

    // Again and again: the reserve is taken back after each load.
    let without_old = fs::read(&set).unwrap();
    for _ in 0..2 {
        fs::write(&set, &with_old).unwrap();
        server.becomes(200, &old);
        fs::write(&set, &without_old).unwrap();
        server.becomes(401, &old);
    }
}

#[test]
fn a_token_that_is_revoked_in_a_file_is_refused_though_no_handle_is_free() {
    let folder = Folder::with(
        "[default.bearer]\naudience = 'image'\nalgorithms = ['ES256']\n\
         issuer = 'https://mine.test/'\njwks_file = 'keys/jwks.json'\n\
         revocation = { file = 'revoked.jsonl' }\n",
    );
    let said = run(folder.path(), &[], &["keys", "new", "--alg", "ES256", "--kid", "a"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let of = |sub: &str| token(folder.path(), &[], &["--sub", sub]);
    let revoked = ["first@handles.test", "second@handles.test", "third@handles.test"]
        .map(|sub| (sub, of(sub)));
    let other = of("last@handles.test");
    let mut server = Starved::serve(&folder);
    // Again and again: the reserve is taken back after each load.
    for (sub, token) in revoked {
        assert_eq!(server.status(&token), 200);
        let said = run(folder.path(), &[], &["revoke", "--sub", sub]);
        assert_eq!(said.code, Some(0), "{said:?}");
        server.becomes(401, &token);
        assert_eq!(server.status(&other), 200);
    }
}

#[test]
fn a_key_that_an_issuer_withdraws_is_refused_though_no_handle_is_free() {
    let (old, new) = (Signer::of("ES256"), Signer::of("EdDSA"));
    let issuer = MockIssuer::start();
    issuer.answers("/jwks.json", IssuerAnswer::keys(&[&old]));
    // By its name, which has to be looked up.
    let url = issuer.url.replace("127.0.0.1", "localhost");
    let folder = Folder::with(&format!(
        "[default.bearer]\naudience = '{AUDIENCE}'\nalgorithms = ['ES256', 'EdDSA']\n\
         issuer = '{ISSUER}'\njwks_uri = '{url}/jwks.json'\njwks = {{ refresh = 1 }}\n",
    ));
    let mut server = Starved::serve(&folder);
    let token = old.good();
    for _ in 0..3 {
        server.becomes(200, &token);
        issuer.answers("/jwks.json", IssuerAnswer::keys(&[&new]));
        server.becomes(401, &token);
        issuer.answers("/jwks.json", IssuerAnswer::keys(&[&old]));
    }
}
