//! The app on a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rocket::{Build, Rocket};
use rocket_bearer::{Bearer, Config};

/// Only a server that hangs takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The app on a free port, until dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shutdown: rocket::Shutdown,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(config: Config) -> Self {
        Self::of(super::leaks::watched, config)
    }

    /// The same without a look at what it tells, which takes memory for each line and each token.
    pub(crate) fn start_unwatched(config: Config) -> Self {
        Self::of(rocket::custom, config)
    }

    /// The app upon what is mounted there already.
    pub(crate) fn of(app: fn(Figment) -> Rocket<Build>, config: Config) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let figment = super::figment().merge(("port", 0)).merge(("address", "127.0.0.1"));
            let rocket = rocket_bearer::app::mounted_on(app(figment))
                .attach(Bearer::with(config))
                .attach(AdHoc::on_liftoff("Address", move |rocket| {
                    let config = rocket.config();
                    let address = SocketAddr::new(config.address, config.port);
                    sender.send((address, rocket.shutdown())).unwrap();
                    Box::pin(async {})
                }));
            // Clients that still hang on at the end may make the shutdown less than graceful.
            if let Err(error) = rocket::execute(rocket.launch()) {
                assert!(matches!(error.kind(), ErrorKind::Shutdown(..)), "{}", error.kind());
            }
        });
        let (address, shutdown) = receiver.recv().unwrap();
        Self { address, shutdown, thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection(BufReader::new(stream))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        let joined = self.thread.take().unwrap().join();
        assert!(thread::panicking() || joined.is_ok(), "the server panicked");
    }
}

/// An answer; its head is in lower case.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A connection that is kept alive.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// `GET /headers` with these header lines, octet for octet: the status and the body.
    pub(crate) fn get(&mut self, lines: &[&[u8]]) -> (u16, String) {
        self.target("/headers", lines)
    }

    /// `GET` of this target with these header lines: the status and the body.
    pub(crate) fn target(&mut self, target: &str, lines: &[&[u8]]) -> (u16, String) {
        let mut request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n").into_bytes();
        for line in lines {
            request.extend_from_slice(line);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        self.send(&request).unwrap();
        let answer = self.answer().expect("an answer");
        (answer.status, answer.body)
    }

    /// Sends these octets, of a request or of none; the server may have hung up.
    pub(crate) fn send(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(octets)
    }

    /// Nothing more comes from here.
    pub(crate) fn says_no_more(&mut self) {
        let _ = self.0.get_mut().shutdown(std::net::Shutdown::Write);
    }

    /// Sends no longer than this what the server does not take.
    pub(crate) fn stalls_after(&mut self, patience: Duration) {
        self.0.get_mut().set_write_timeout(Some(patience)).unwrap();
    }

    /// The next answer; `None` where the server has hung up.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let (status, head) = self.head()?;
        let length = head.split("content-length: ").nth(1);
        let length = length.map_or("0", |it| it.split("\r\n").next().unwrap()).parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Some(Answer { status, head, body: String::from_utf8(body).unwrap() })
    }

    /// The status and the head, in lower case, of the next answer, whose body is left unread.
    pub(crate) fn head(&mut self) -> Option<(u16, String)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.0.read_line(&mut head) {
                Ok(0) if head.is_empty() => return None,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                read => assert_ne!(read.unwrap(), 0, "an answer, not {head:?}"),
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        head.make_ascii_lowercase();
        Some((status, head))
    }

    /// `GET /headers` with this token: the status.
    pub(crate) fn bearer(&mut self, token: &str) -> u16 {
        self.get(&[format!("Authorization: Bearer {token}").as_bytes()]).0
    }
}
