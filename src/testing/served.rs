//! An issuer on loopback that answers as a test says, and records the requests.

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

use super::issuer_answer::IssuerAnswer;
use super::key::Key;
use super::test_issuer::{TestIssuer, guarded, signing_with};
use super::token::Token;
use crate::config::Config;

const METADATA: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/.well-known/jwks.json";

/// The cool-down of fetches for a new key: long enough to spare a failing issuer, and short enough for
/// [`ServedIssuer::rotate`] to wait for its end.
const COOLDOWN: Duration = Duration::from_millis(20);

/// An issuer that serves its metadata and its key set on a port of loopback until it is dropped.
///
/// ```
/// use rocket::http::Status;
/// use rocket::local::blocking::Client;
/// use rocket::{Build, Rocket, get, routes};
/// use rocket_bearer::testing::{IssuerAnswer, TestIssuer};
/// use rocket_bearer::{AuthedUser, catchers};
///
/// #[get("/headers")]
/// fn headers(_user: AuthedUser) {}
///
/// fn rocket() -> Rocket<Build> {
///     rocket::build().register("/", catchers()).mount("/", routes![headers])
/// }
///
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
    /// Serves this issuer on a free port of loopback, for tests of discovery, rotation and outages.
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
    /// The address of the issuer, which is also its `iss`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token like [`TestIssuer::token`], signed with the current key.
    pub fn token(&self) -> Token {
        self.issuer.lock().token()
    }

    /// Makes this issuer the only one of `rocket`, as [`TestIssuer::guards`] does. The app finds the
    /// keys by discovery, and has a `cooldown` of 20 ms.
    ///
    /// # Panics
    ///
    /// If the figment's keys are wrong.
    pub fn guards(&self, rocket: Rocket<Build>) -> Rocket<Build> {
        guarded(rocket, self.trusted(), eager)
    }

    /// A configuration that accepts this issuer's tokens, with a `cooldown` of 20 ms and a `timeout` of
    /// 1 s for a fetch.
    pub fn config(&self) -> Config {
        let mut config = eager(Config::new(self.trusted()));
        config.fetching.timeout = Duration::from_secs(1);
        config
    }

    /// This issuer as a configuration names it: by its address.
    pub fn trusted(&self) -> crate::Issuer {
        let issuer = self.issuer.lock();
        let trusted = crate::Issuer::discovered(&self.url, [issuer.audience()]);
        signing_with(trusted, issuer.key())
    }

    /// Signs with a new key from now on, and publishes it beside the older ones.
    ///
    /// Returns when the app's cool-down is over, so that its next request may fetch.
    pub fn rotate(&self) {
        let mut issuer = self.issuer.lock();
        let mut published = self.published.lock();
        let kid = format!("{}-{}", issuer.key().kid(), published.len() + 1);
        let key = Key::generate(issuer.key().algorithm()).with_kid(&kid);
        published.push(key.clone());
        *issuer = issuer.clone().with_key(key);
        self.publish(&published);
    }

    /// Publishes only the key that signs now.
    pub fn retire(&self) {
        let mut published = self.published.lock();
        *published = vec![self.issuer.lock().key().clone()];
        self.publish(&published);
    }

    fn publish(&self, keys: &[Key]) {
        self.answers(JWKS, IssuerAnswer::keys(keys.iter().map(Key::jwk)));
        thread::sleep(COOLDOWN);
    }

    /// Gives this answer to every request for metadata or keys from now on.
    pub fn fails(&self, answer: IssuerAnswer) {
        self.answers(METADATA, answer.clone());
        self.answers(JWKS, answer);
    }

    /// Serves metadata and keys again.
    pub fn recovers(&self) {
        let jwks_uri = format!("{}{JWKS}", self.url);
        let metadata = json!({ "issuer": self.url, "jwks_uri": jwks_uri });
        self.answers(METADATA, IssuerAnswer::json(&metadata));
        self.answers(JWKS, IssuerAnswer::keys(self.published.lock().iter().map(Key::jwk)));
    }

    /// Gives this answer to every request for this path from now on. Other paths get 404.
    pub fn answers(&self, path: &str, answer: IssuerAnswer) {
        self.shared.answers.lock().insert(path.to_owned(), answer);
    }

    /// The number of requests for this path; the key set is at `/.well-known/jwks.json`.
    pub fn asked(&self, path: &str) -> usize {
        self.shared.heads.lock().iter().filter(|head| target(head) == Some(path)).count()
    }

    /// The heads of all requests, as they came.
    pub fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().clone()
    }

    /// The number of octets that were sent for [`IssuerAnswer::Endless`].
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

fn eager(mut config: Config) -> Config {
    config.fetching.cooldown = COOLDOWN;
    config
}

/// The target in a request head that begins with `GET /target HTTP/1.1`.
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
        // The client may close the connection at any time.
        let _ = answer.send(&mut stream, number, &self.sent);
    }
}
