//! A server that says what a test wants to hear, in the words of Redis.

use std::net::SocketAddr;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;

/// What a Redis of one node says to `INFO`.
pub(super) const INFO: &str = "redis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\n\
                               maxmemory_policy:noeviction\r\n";

/// Answers each command, which `answer` gets by its name, until the end of the test. No answer closes the
/// connection.
pub(super) async fn serve(answer: fn(&str) -> Option<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(BufReader::new(stream), answer));
        }
    });
    address
}

/// A text as Redis sends it.
pub(super) fn bulk(text: &str) -> Option<String> {
    Some(format!("${}\r\n{text}\r\n", text.len()))
}

/// A server that is well, but for what this test asks.
pub(super) fn well(command: &str) -> Option<String> {
    match command {
        "PING" => Some("+PONG\r\n".to_owned()),
        "INFO" => bulk(INFO),
        _ => Some("+OK\r\n".to_owned()),
    }
}

/// The same over one stream.
pub(super) async fn converse<S>(mut stream: BufReader<S>, answer: fn(&str) -> Option<String>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(command) = read(&mut stream).await {
        match answer(&command[0]) {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap_or_default(),
            None => return,
        }
    }
}

async fn read(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Vec<String>> {
    let mut words = vec![];
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word[..word.len() - 2]).into_owned());
    }
    Some(words)
}

async fn number(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().get(1..)?.parse().ok()
}
