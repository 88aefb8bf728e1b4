//! An issuer on loopback that answers what a test tells it to, and counts who asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rocket_bearer::testing::{ServedIssuer, TestIssuer};

pub(crate) use rocket_bearer::testing::IssuerAnswer;

/// The kit's, which starts with nothing to say: every path is 404.
pub(crate) struct MockIssuer {
    pub(crate) url: String,
    served: ServedIssuer,
    /// By what it is known behind TLS.
    certificate: Arc<Mutex<Option<Arc<rustls::ServerConfig>>>>,
    /// What it wants of every request, if it is guarded.
    token: Arc<Mutex<String>>,
}

impl MockIssuer {
    pub(crate) fn start() -> Self {
        let served = TestIssuer::new().serve();
        served.fails(IssuerAnswer::status(404));
        Self {
            url: served.url().to_owned(),
            served,
            certificate: Arc::default(),
            token: Arc::default(),
        }
    }

    /// The same behind TLS, for the name `localhost`, and the certificate of its authority as PEM.
    pub(crate) fn start_tls() -> (Self, String) {
        Self::start_tls_as(vec!["localhost".to_owned()])
    }

    /// The same with a certificate for these names.
    pub(crate) fn start_tls_as(names: Vec<String>) -> (Self, String) {
        let mut issuer = Self::start();
        let plain = issuer.url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        issuer.url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let certificate = issuer.certificate.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let tls = certificate.lock().unwrap().clone().expect("there is one");
                let connection = rustls::ServerConnection::new(tls).unwrap();
                let stream = rustls::StreamOwned::new(connection, stream.unwrap());
                // A client that does not trust the certificate hangs up.
                let _ = pass_on(stream, &plain);
            }
        });
        let pem = issuer.changes_certificate(names);
        (issuer, pem)
    }

    /// One that answers 403 to a request without this bearer token, as the API server of Kubernetes does.
    pub(crate) fn start_guarded(token: &str) -> Self {
        let mut issuer = Self::start();
        let plain = issuer.url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        issuer.url = format!("http://{}", listener.local_addr().unwrap());
        issuer.expects(token);
        let expected = issuer.token.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let line = format!("\r\nauthorization: Bearer {}\r\n", expected.lock().unwrap());
                let _ = pass_on_if(stream.unwrap(), &plain, |head| head.contains(&line));
            }
        });
        issuer
    }

    /// From now on, this is the token that it wants.
    pub(crate) fn expects(&self, token: &str) {
        token.clone_into(&mut self.token.lock().unwrap());
    }

    /// From now on, its certificate is of another authority, whose own is this PEM.
    pub(crate) fn changes_authority(&self) -> String {
        self.changes_certificate(vec!["localhost".to_owned()])
    }

    /// From now on, its certificate is valid from the first to the last of these years.
    pub(crate) fn changes_validity(&self, from: i32, to: i32) -> String {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 12, 31);
        self.shows(params)
    }

    fn changes_certificate(&self, names: Vec<String>) -> String {
        self.shows(CertificateParams::new(names).unwrap())
    }

    /// From now on, it shows a certificate of its own of this kind, whose PEM is given back.
    fn shows(&self, params: CertificateParams) -> String {
        let signing_key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .unwrap();
        *self.certificate.lock().unwrap() = Some(Arc::new(tls));
        cert.pem()
    }

    /// From now on, `path` is answered like this; any other is 404.
    pub(crate) fn answers(&self, path: &str, answer: IssuerAnswer) {
        self.served.answers(path, answer);
    }

    /// How often `path` was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.served.asked(path)
    }

    /// The request heads, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.served.heads()
    }

    /// How many octets of endless bodies the other side has taken.
    pub(crate) fn sent(&self) -> usize {
        self.served.sent()
    }
}

/// One request, and the answer of the plain issuer to it.
fn pass_on(stream: impl Read + Write, plain: &str) -> std::io::Result<()> {
    pass_on_if(stream, plain, |_| true)
}

/// The same, but 403 where the head is not good; the issuer has seen it all the same.
fn pass_on_if(
    mut stream: impl Read + Write,
    plain: &str,
    is_good: impl Fn(&str) -> bool,
) -> std::io::Result<()> {
    let mut head = vec![];
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet)?;
        head.push(octet[0]);
    }
    let mut issuer = TcpStream::connect(plain)?;
    issuer.write_all(&head)?;
    let mut answer = vec![];
    issuer.read_to_end(&mut answer)?;
    if !is_good(&String::from_utf8_lossy(&head)) {
        answer =
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    }
    stream.write_all(&answer)
}
