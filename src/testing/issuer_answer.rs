//! How an issuer on loopback answers, well or badly.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// How a [`ServedIssuer`](crate::testing::ServedIssuer) answers a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IssuerAnswer {
    /// An answer with this status, these headers and this body.
    Body {
        /// Any status.
        status: u16,
        /// Lines of `Name: value`, separated by CRLF.
        headers: String,
        /// Any octets.
        body: Vec<u8>,
    },
    /// A slow answer: a good head, then an octet every 100 ms, for 10 s at most.
    Drip,
    /// Another answer after this delay.
    Late(Duration, Box<Self>),
    /// No answer, on a connection that stays open.
    Hang,
    /// No answer: the connection is closed at once.
    Close,
    /// Status 500 for this percentage of the requests, another answer for the rest.
    Failing(u64, Box<Self>),
    /// A body without an end: as many octets as the client reads, 50 MB at most.
    Endless,
    /// This body, ten octets shorter than `Content-Length` says.
    Truncated(Vec<u8>),
}

impl IssuerAnswer {
    /// Status 200 with this JSON.
    pub fn json(body: &Value) -> Self {
        Self::text(200, "Content-Type: application/json", &body.to_string())
    }

    /// Status 200 with the key set of these JWKs.
    pub fn keys(jwks: impl IntoIterator<Item: Into<Value>>) -> Self {
        Self::json(&json!({ "keys": jwks.into_iter().map(Into::into).collect::<Value>() }))
    }

    /// This status with a short text as its body.
    pub fn status(status: u16) -> Self {
        Self::text(status, "Content-Type: text/plain", "no")
    }

    /// This status with these header lines, separated by CRLF, and this text as its body.
    pub fn text(status: u16, headers: &str, body: &str) -> Self {
        Self::Body { status, headers: headers.to_owned(), body: body.into() }
    }

    /// Answers the request of this `number`; adds the octets of [`Endless`](Self::Endless) to `sent`.
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
                // A hash spreads the failures, so that no schedule of fetches is in step with them.
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
