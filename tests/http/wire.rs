//! The header rows again over a real socket, where a client can send what Rocket's own cannot.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;

use rocket::fairing::AdHoc;
use rocket_bearer::Bearer;

use crate::support::{self, Signer};

/// The app on a free port, until dropped.
struct Server {
    address: SocketAddr,
    shutdown: rocket::Shutdown,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let figment = support::figment().merge(("port", 0)).merge(("address", "127.0.0.1"));
            let config = support::config(Signer::dev("dev-rs256").set());
            let rocket = rocket_bearer::app::mounted_on(rocket::custom(figment))
                .attach(Bearer::with(config))
                .attach(AdHoc::on_liftoff("Address", move |rocket| {
                    let config = rocket.config();
                    let address = SocketAddr::new(config.address, config.port);
                    sender.send((address, rocket.shutdown())).unwrap();
                    Box::pin(async {})
                }));
            rocket::execute(rocket.launch()).unwrap();
        });
        let (address, shutdown) = receiver.recv().unwrap();
        Self { address, shutdown, thread: Some(thread) }
    }

    /// Sends these header lines, octet for octet, and reads the status and the body.
    fn get(&self, lines: &[&[u8]]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let mut request =
            b"GET /headers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".to_vec();
        for line in lines {
            request.extend_from_slice(line);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn header_lines_are_judged_as_they_come_over_the_wire() {
    let server = Server::start();
    let token = Signer::dev("dev-rs256").good();
    let bearer = format!("Authorization: Bearer {token}");
    let lower = format!("authorization:bearer {token}");
    let tabs = format!("Authorization:\tBearer\t{token}\t");
    let two_words = format!("Authorization: Bearer {token} x");
    let long = format!("Authorization: Bearer {}", "a".repeat(100_000));
    let long_parts = format!("Authorization: Bearer {}", "a.".repeat(50_000));
    let (missing, not_one, unparsable) = (
        "Authorization header is expected.",
        "Authorization header must be bearer token.",
        "Unable to parse authentication token.",
    );
    for (name, lines, status, says) in [
        ("one", vec![bearer.as_bytes()], 200, "Access Granted"),
        ("lower case", vec![lower.as_bytes()], 200, "Access Granted"),
        ("tabs", vec![tabs.as_bytes()], 200, "Access Granted"),
        ("none", vec![], 401, missing),
        ("empty", vec![b"Authorization:"], 401, missing),
        ("two", vec![bearer.as_bytes(), bearer.as_bytes()], 400, not_one),
        ("two cases", vec![bearer.as_bytes(), lower.as_bytes()], 400, not_one),
        ("empty and one", vec![b"Authorization:", bearer.as_bytes()], 400, not_one),
        ("two words", vec![two_words.as_bytes()], 400, not_one),
        ("100 kB", vec![long.as_bytes()], 401, unparsable),
        ("100 kB of dots", vec![long_parts.as_bytes()], 401, unparsable),
        // Rocket drops a value that is not UTF-8: alone it leaves no header …
        ("not UTF-8", vec![b"Authorization: Bearer \xff"], 401, missing),
        // … and beside a good one it leaves the good one. Nothing forged gets in by that.
        (
            "not UTF-8 beside a good one",
            vec![b"Authorization: \xff", bearer.as_bytes()],
            200,
            "Access Granted",
        ),
        ("UTF-8", vec!["Authorization: Bearer é".as_bytes()], 401, unparsable),
    ] {
        let (answered, body) = server.get(&lines);
        assert_eq!(answered, status, "{name}: {body}");
        let body = body.replace("\\\"", "\"");
        assert!(body.contains(says), "{name}: {body}");
    }
}
