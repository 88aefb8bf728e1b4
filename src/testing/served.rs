//! An issuer on loopback that answers as a test says, and remembers who asked.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use rocket::{Build, Rocket};
use serde_json::json;

use super::answer::IssuerAnswer;
use super::issuer::{TestIssuer, guarded, signing_with};
use super::key::Key;
use super::token::Token;
use crate::config::{Config, Jwks};

const METADATA: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";

/// Between two fetches that a new key causes: long enough for a failing issuer not to be asked
/// without a pause, short enough to be waited for in [`ServedIssuer::rotate`].
const COOLDOWN: Duration = Duration::from_millis(20);

/// An issuer with an address: discovery and key set, until it is dropped.
///
/// ```
/// # use rocket::{Build, Rocket, get, http::Status, routes};
/// # use rocket_bearer::{AuthedUser, Bearer, catchers};
/// use rocket::local::blocking::Client;
/// use rocket_bearer::testing::{IssuerAnswer, TestIssuer};
///
/// # #[get("/headers")]
/// # fn headers(_user: AuthedUser) {}
/// # fn rocket() -> Rocket<Build> { rocket::build().register("/", catchers()).mount("/", routes![headers]) }
/// let issuer = TestIssuer::new().serve();
/// let client = Client::tracked(issuer.guards(rocket())).unwrap();
/// let status = |token| client.get("/headers").header(token).dispatch().status();
///
/// let old = issuer.token();
/// issuer.rotate();
/// assert_eq!(status(issuer.token()), Status::Ok);
///
/// issuer.fails(IssuerAnswer::Close);
/// assert_eq!(status(old), Status::Ok);
/// ```
pub struct ServedIssuer {
    url: String,
    address: SocketAddr,
    issuer: Mutex<TestIssuer>,
    published: Mutex<Vec<Key>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, IssuerAnswer>>,
    heads: Mutex<Vec<String>>,
    sent: AtomicUsize,
    stopped: AtomicBool,
}

impl TestIssuer {
    /// The same issuer on a free port of loopback, for tests of discovery, rotation and outages.
    ///
    /// Its tokens carry that address as `iss`.
    pub fn serve(self) -> ServedIssuer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (serving, Ok(stream)) = (serving.clone(), stream) else { continue };
                thread::spawn(move || serving.serve(stream));
            }
        });
        let url = format!("http://{address}");
        let published = Mutex::new(vec![self.key().clone()]);
        let issuer = Mutex::new(self.at(&url));
        let served = ServedIssuer { url, address, issuer, published, shared };
        served.recovers();
        served
    }
}

impl ServedIssuer {
    /// Its address, which is its `iss` too.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token that an app it [`guards`](Self::guards) accepts, by the key that it signs with now.
    pub fn token(&self) -> Token {
        self.issuer.lock().token()
    }

    /// As [`TestIssuer::guards`], by discovery, and with next to no cool-down after a fetch.
    ///
    /// # Panics
    ///
    /// Where the figment's policy cannot be served.
    pub fn guards(&self, rocket: Rocket<Build>) -> Rocket<Build> {
        guarded(rocket, self.trusted(), eager)
    }

    /// Accepts this issuer's tokens, with next to no cool-down after a fetch, and at most a second
    /// for one.
    pub fn config(&self) -> Config {
        let config = eager(Config::new(self.trusted()));
        Config { jwks: Jwks { timeout: Duration::from_secs(1), ..config.jwks.clone() }, ..config }
    }

    /// What an app has to know of it: its address.
    pub fn trusted(&self) -> crate::Issuer {
        let issuer = self.issuer.lock();
        let trusted = crate::Issuer::discovered(&self.url, [issuer.audience()]);
        signing_with(trusted, issuer.key())
    }

    /// Signs with a new key from now on, and publishes it beside those before.
    ///
    /// Takes a moment, after which an app may fetch again.
    pub fn rotate(&self) {
        let mut issuer = self.issuer.lock();
        let mut published = self.published.lock();
        let kid = format!("{}-{}", issuer.key().kid(), published.len() + 1);
        let key = Key::generate(issuer.key().algorithm()).with_kid(&kid);
        published.push(key.clone());
        *issuer = issuer.clone().with_key(key);
        self.publish(&published);
    }

    /// Publishes no key but the one that it signs with now.
    pub fn retire(&self) {
        let mut published = self.published.lock();
        *published = vec![self.issuer.lock().key().clone()];
        self.publish(&published);
    }

    fn publish(&self, keys: &[Key]) {
        self.answers(JWKS, IssuerAnswer::keys(keys.iter().map(Key::jwk)));
        thread::sleep(COOLDOWN);
    }

    /// Answers every request of an app like this from now on.
    pub fn fails(&self, answer: IssuerAnswer) {
        self.answers(METADATA, answer.clone());
        self.answers(JWKS, answer);
    }

    /// Answers as an issuer should, again.
    pub fn recovers(&self) {
        let jwks_uri = format!("{}{JWKS}", self.url);
        let metadata = json!({ "issuer": self.url, "jwks_uri": jwks_uri });
        self.answers(METADATA, IssuerAnswer::json(&metadata));
        self.answers(JWKS, IssuerAnswer::keys(self.published.lock().iter().map(Key::jwk)));
    }

    /// Answers this path like this from now on; one that nothing is said of is 404.
    pub fn answers(&self, path: &str, answer: IssuerAnswer) {
        self.shared.answers.lock().insert(path.to_owned(), answer);
    }

    /// How often this path was asked for; the key set's is `/.well-known/jwks.json`.
    pub fn asked(&self, path: &str) -> usize {
        self.shared.heads.lock().iter().filter(|head| target(head) == Some(path)).count()
    }

    /// The request heads, as they came.
    pub fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().clone()
    }

    /// How many octets of [`IssuerAnswer::Endless`] were taken.
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

fn eager(config: Config) -> Config {
    Config { jwks: Jwks { cooldown: COOLDOWN, ..config.jwks.clone() }, ..config }
}

/// `GET /target HTTP/1.1` and so on.
fn target(head: &str) -> Option<&str> {
    head.split(' ').nth(1)
}

impl Drop for ServedIssuer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let mut head = vec![];
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).is_ok_and(|read| read == 1) {
            head.push(octet[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let Some(path) = target(&head) else { return };
        let answer = self.answers.lock().get(path).cloned().unwrap_or(IssuerAnswer::status(404));
        let number = {
            let mut heads = self.heads.lock();
            heads.push(head);
            heads.len() as u64
        };
        // The other side may hang up at any time: that is its right.
        let _ = answer.send(&mut stream, number, &self.sent);
    }
}
