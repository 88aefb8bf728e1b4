//! `/metrics` on a port of its own, so that clients of the app cannot read the counters.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use crate::error::Error;

/// How many connections are served at a time; others wait.
const MOST_CONNECTIONS: usize = 8;

/// How long a connection may take for the head of its request, and in all. A client that does not
/// read its answer makes room for others then.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(10);

/// The media type of the text format before OpenMetrics.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The port, bound at ignition: a port that is taken stops the launch.
#[derive(Debug)]
pub(crate) struct MetricsServer {
    pub(crate) address: SocketAddr,
    listener: Mutex<Option<TcpListener>>,
}

impl MetricsServer {
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, Error> {
        let bound = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(Self { address: listener.local_addr()?, listener: Mutex::new(Some(listener)) })
        });
        bound.map_err(|error| {
            let cure = "write one that is free, for instance `127.0.0.1:9464`";
            Error::setting("cannot listen on `metrics.address`", cure).because(error)
        })
    }

    /// Answers requests with the text until `end`. Does nothing at a second call.
    pub(crate) fn serve<T>(&self, text: T, end: impl Future<Output = ()> + Send + 'static)
    where
        T: Fn() -> String + Clone + Send + Sync + 'static,
    {
        let listener = self.listener.lock().take();
        let Some(listener) = listener.and_then(|it| tokio::net::TcpListener::from_std(it).ok())
        else {
            return;
        };
        tokio::spawn(async move {
            tokio::select! {
                () = end => {}
                () = accept(listener, text) => {}
            }
        });
    }
}

async fn accept<T>(listener: tokio::net::TcpListener, text: T)
where
    T: Fn() -> String + Clone + Send + Sync + 'static,
{
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely there are no file handles left; wait for some to be closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let text = text.clone();
        tokio::spawn(async move {
            converse(stream, text).await;
            drop(place);
        });
    }
}

/// Reads one request from the connection and answers it.
async fn converse<S, T>(stream: S, text: T)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: Fn() -> String,
{
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(&request, &text);
        async { Ok::<_, Infallible>(answer) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
    let connection = server.serve_connection(TokioIo::new(stream), service);
    // A client that hangs up is no error.
    let _ = tokio::time::timeout(LONGEST, connection).await;
}

fn answer(request: &Request<Incoming>, text: &impl Fn() -> String) -> Response<String> {
    let is_asked_for = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_asked_for || request.uri().path() != "/metrics" {
        let mut response = Response::new("Not Found.\n".to_owned());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let mut response = Response::new(text());
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_keeps_no_place() {
        let (mut theirs, ours) = tokio::io::duplex(64);
        theirs.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let conversation = converse(ours, || "a".repeat(1_000));
        let ended = tokio::time::timeout(2 * LONGEST, conversation).await;
        ended.expect("the place is free again");
    }
}
