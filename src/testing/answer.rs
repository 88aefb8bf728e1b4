//! What an issuer on loopback says, and how.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// How a [`ServedIssuer`](super::ServedIssuer) issuer answers a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IssuerAnswer {
    /// This status with these header lines, separated by CRLF, and this body.
    Body {
        /// Any status.
        status: u16,
        /// `Name: value`, and more lines after a CRLF.
        headers: String,
        /// Any octets.
        body: Vec<u8>,
    },
    /// Too slow: a good head, and then an octet every 100 ms, for 10 s at most.
    Drip,
    /// Late: the other, after this long.
    Late(Duration, Box<Self>),
    /// Silent: nothing at all, on an open connection.
    Hang,
    /// Out: the connection is closed without a word.
    Close,
    /// Flickering: this many times in a hundred a 500, else the other.
    Failing(u64, Box<Self>),
    /// Oversized: as many octets as the other side will take, 50 MB at most.
    Endless,
    /// Broken off: ten octets less than announced.
    Truncated(Vec<u8>),
}

impl IssuerAnswer {
    /// This, as JSON.
    pub fn json(body: &Value) -> Self {
        Self::text(200, "Content-Type: application/json", &body.to_string())
    }

    /// The set of these JWKs.
    pub fn keys(jwks: impl IntoIterator<Item: Into<Value>>) -> Self {
        Self::json(&json!({ "keys": jwks.into_iter().map(Into::into).collect::<Value>() }))
    }

    /// This status and nothing of use.
    pub fn status(status: u16) -> Self {
        Self::text(status, "Content-Type: text/plain", "no")
    }

    /// Any text, `<html>` for instance.
    pub fn text(status: u16, headers: &str, body: &str) -> Self {
        Self::Body { status, headers: headers.to_owned(), body: body.into() }
    }

    /// Answers the request of this `number`, and counts what is `sent` without end.
    pub(super) fn send(
        self,
        stream: &mut TcpStream,
        number: u64,
        sent: &AtomicUsize,
    ) -> io::Result<()> {
        match self {
            Self::Body { status, headers, body } => {
                stream.write_all(head(status, &headers, body.len()).as_bytes())?;
                stream.write_all(&body)
            }
            Self::Truncated(body) => {
                stream.write_all(head(200, "X: y", body.len() + 10).as_bytes())?;
                stream.write_all(&body)
            }
            Self::Drip => {
                stream.write_all(head(200, "X: y", 10_000).as_bytes())?;
                for _ in 0..100 {
                    stream.write_all(b" ")?;
                    thread::sleep(Duration::from_millis(100));
                }
                Ok(())
            }
            Self::Late(after, other) => {
                thread::sleep(after);
                other.send(stream, number, sent)
            }
            Self::Hang => stream.read_to_end(&mut vec![]).map(drop),
            Self::Close => Ok(()),
            Self::Failing(percent, other) => {
                // Spread without a pattern that a schedule could fall in step with.
                let fails = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                let answer = if fails % 100 < percent { Self::status(500) } else { *other };
                answer.send(stream, number, sent)
            }
            Self::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                let chunk = [b' '; 65_536];
                for _ in 0..50_000_000 / chunk.len() {
                    stream.write_all(&chunk)?;
                    sent.fetch_add(chunk.len(), Ordering::SeqCst);
                }
                Ok(())
            }
        }
    }
}

fn head(status: u16, headers: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n\
         {headers}\r\n\r\n"
    )
}
