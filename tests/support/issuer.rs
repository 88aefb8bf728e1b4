//! An issuer on loopback that answers what a test tells it to, and counts who asked.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Signer;

/// How a path is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// This status with these header lines and this body.
    Body { status: u16, headers: String, body: Vec<u8> },
    /// The head of a good answer, and then one octet now and then.
    Drip,
    /// Nothing at all, on an open connection.
    Hang,
    /// The connection is closed without a word.
    Close,
    /// This many times in a hundred a 500, else the other.
    Failing(u64, Box<Self>),
    /// So many octets as the other side will take, up to 50 MB.
    Endless,
    /// Less than the announced length, and the connection closed.
    Truncated(Vec<u8>),
}

impl Answer {
    pub(crate) fn json(body: &Value) -> Self {
        Self::text(200, "Content-Type: application/json", &body.to_string())
    }

    pub(crate) fn keys(keys: &[&Signer]) -> Self {
        let jwks: Vec<_> = keys.iter().map(|key| &key.jwk).collect();
        Self::json(&json!({ "keys": jwks }))
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::text(status, "Content-Type: text/plain", "no")
    }

    pub(crate) fn text(status: u16, headers: &str, body: &str) -> Self {
        Self::Body { status, headers: headers.to_owned(), body: body.as_bytes().to_vec() }
    }
}

trait Stream: Read + Write + Send + 'static {}

impl<S: Read + Write + Send + 'static> Stream for S {}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<String>>,
    heads: Mutex<Vec<String>>,
    sent: AtomicUsize,
    stopped: AtomicBool,
}

/// The issuer; it stops when dropped.
pub(crate) struct MockIssuer {
    pub(crate) url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl MockIssuer {
    pub(crate) fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        Self::serving("http", listener, |stream| stream)
    }

    /// The same over TLS, for the name `localhost`, and the certificate of its authority as PEM.
    pub(crate) fn start_tls() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let names = vec!["localhost".to_owned()];
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(names).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .unwrap();
        let tls = Arc::new(tls);
        let wrap = move |stream| {
            let connection = rustls::ServerConnection::new(tls.clone()).unwrap();
            rustls::StreamOwned::new(connection, stream)
        };
        let mut issuer = Self::serving("https", listener, wrap);
        issuer.url = issuer.url.replace("127.0.0.1", "localhost");
        (issuer, cert.pem())
    }

    fn serving<S: Stream>(
        scheme: &str,
        listener: TcpListener,
        wrap: impl Fn(TcpStream) -> S + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let url = format!("{scheme}://{address}");
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (serving, stream) = (serving.clone(), wrap(stream.unwrap()));
                thread::spawn(move || serving.serve(stream));
            }
        });
        Self { url, address, shared }
    }

    /// From now on, `path` is answered like this; any other is 404.
    pub(crate) fn answers(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// How often `path` was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.shared.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// The request heads, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().unwrap().clone()
    }

    /// How many octets of endless bodies the other side has taken.
    pub(crate) fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Drop for MockIssuer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut stream: impl Stream) {
        let mut head = vec![];
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).is_ok_and(|read| read == 1) {
            head.push(octet[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let Some(target) = head.split(' ').nth(1) else { return };
        let target = target.to_owned();
        self.asked.lock().unwrap().push(target.clone());
        self.heads.lock().unwrap().push(head);
        let answer = self.answers.lock().unwrap().get(&target).cloned();
        // The other side may hang up at any time: that is its right.
        let _ = self.answer(&mut stream, answer.unwrap_or(Answer::status(404)));
    }

    fn answer(&self, stream: &mut impl Stream, answer: Answer) -> std::io::Result<()> {
        let head = |status: u16, headers: &str, length: usize| {
            format!(
                "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n\
                 {headers}\r\n\r\n"
            )
        };
        match answer {
            Answer::Body { status, headers, body } => {
                stream.write_all(head(status, &headers, body.len()).as_bytes())?;
                stream.write_all(&body)
            }
            Answer::Truncated(body) => {
                stream.write_all(head(200, "X: y", body.len() + 10).as_bytes())?;
                stream.write_all(&body)
            }
            Answer::Drip => {
                stream.write_all(head(200, "X: y", 10_000).as_bytes())?;
                for _ in 0..100 {
                    stream.write_all(b" ")?;
                    thread::sleep(Duration::from_millis(100));
                }
                Ok(())
            }
            Answer::Hang => stream.read_to_end(&mut vec![]).map(drop),
            Answer::Close => Ok(()),
            Answer::Failing(percent, other) => {
                let number = self.asked.lock().unwrap().len() as u64;
                // Spread without a pattern that a schedule could fall in step with.
                let fails = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let answer = if fails % 100 < percent { Answer::status(500) } else { *other };
                self.answer(stream, answer)
            }
            Answer::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                let chunk = [b' '; 65_536];
                for _ in 0..50_000_000 / chunk.len() {
                    stream.write_all(&chunk)?;
                    self.sent.fetch_add(chunk.len(), Ordering::SeqCst);
                }
                Ok(())
            }
        }
    }
}
