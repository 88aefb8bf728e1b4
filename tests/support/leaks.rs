//! Every answer and every line of the log of every test: does it tell what nobody may see?
//!
//! That is: what was sent in an `Authorization` or `DPoP` header, what a token claims, keys, and where
//! files lie. The test that sent it fails, whatever it is about.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::fairing::{AdHoc, Fairing, Info, Kind};
use rocket::figment::Figment;
use rocket::http::HeaderMap;
use rocket::{Build, Data, Request, Response, Rocket};
use rocket_bearer::testing::Key;
use serde_json::Value;

/// As much of a token or of a key as nothing else says by chance.
const RUN: usize = 20;

/// More of them are not kept: a soak sends without end.
const MOST_RUNS: usize = 200_000;

/// A shorter claim says nothing, or stands in a fixed text.
const SHORTEST: usize = 5;

/// Claims that are words of our own lines, or of Rocket's.
const OUR_WORDS: [&str; 7] =
    ["Bearer", "access", "active", "anonymous", "authenticated", "false", "pending"];

/// Handlers whose business it is to tell claims: `/me`, `/auth`, and the tests' own.
const TELL_CLAIMS: [&str; 6] = ["me", "auth", "auth_of_path", "result", "optional", "sub"];

static SECRETS: LazyLock<RwLock<Secrets>> = LazyLock::new(RwLock::default);

#[derive(Default)]
struct Secrets {
    runs: HashSet<[u8; RUN]>,
    /// By how they begin: there are thousands, and every line is held against them.
    words: HashMap<[u8; SHORTEST], HashSet<String>>,
}

impl Secrets {
    fn knows(&self, word: &str) -> bool {
        self.words.get(beginning(word)).is_some_and(|words| words.contains(word))
    }

    fn word_in<'s>(&'s self, text: &str) -> Option<&'s String> {
        let text = text.as_bytes();
        let mut at = text.windows(SHORTEST).enumerate();
        at.find_map(|(at, window)| {
            self.words.get(window)?.iter().find(|word| text[at..].starts_with(word.as_bytes()))
        })
    }
}

fn beginning(word: &str) -> &[u8; SHORTEST] {
    word.as_bytes().first_chunk().expect("no shorter word is kept")
}

fn secrets() -> RwLockReadGuard<'static, Secrets> {
    SECRETS.read().unwrap_or_else(PoisonError::into_inner)
}

/// No answer and no line may have a piece of this token or key from now on.
pub(crate) fn keep(secret: &str) {
    keep_all(runs(secret), vec![]);
}

/// Most of a suite's tokens say what others have said, so few have to wait for each other.
fn keep_all(runs: impl Iterator<Item = [u8; RUN]>, mut words: Vec<String>) {
    let known = secrets();
    let has_room = known.runs.len() < MOST_RUNS;
    let runs: Vec<_> = runs.filter(|run| has_room && !known.runs.contains(run)).collect();
    words.retain(|word| !known.knows(word));
    drop(known);
    if !(runs.is_empty() && words.is_empty()) {
        let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
        secrets.runs.extend(runs);
        for word in words {
            secrets.words.entry(*beginning(&word)).or_default().insert(word);
        }
    }
}

/// The same of both halves of a key.
pub(crate) fn keep_key(key: &Key) {
    key.pem().lines().for_each(keep);
    let jwk = key.jwk();
    ["n", "x", "y"].iter().filter_map(|name| jwk[*name].as_str()).for_each(keep);
}

/// Nor what it claims may stand in a line about a request.
pub(crate) fn keep_token(token: &str) {
    keep_all(runs(token), claimed(token));
}

/// Nor may a piece of a proof, of its key, of its id or of the digest of the token.
fn keep_proof(proof: &str) {
    let part = |number| {
        let part = proof.split('.').nth(number)?;
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let (header, claims) = (part(0).unwrap_or_default(), part(1).unwrap_or_default());
    let mut words = vec![];
    ["jti", "ath"].iter().for_each(|name| gather(&claims[*name], &mut words));
    words.retain(|word| word.len() >= SHORTEST);
    let numbers = ["n", "x", "y"].iter().filter_map(|name| header["jwk"][*name].as_str());
    keep_all(runs(proof).chain(numbers.flat_map(runs)), words);
}

/// It in pieces, one beside the other: whoever tells twice as much of it in a row tells one.
fn runs(secret: &str) -> impl Iterator<Item = [u8; RUN]> {
    let pieces = secret.as_bytes().split(|it| *it == b'.' || it.is_ascii_whitespace());
    let runs = pieces.flat_map(|piece| piece.as_chunks().0);
    // A run of one character is nobody's secret.
    runs.copied().filter(|run| run.iter().any(|octet| *octet != run[0]))
}

/// What a token says, but for what others say too.
fn claimed(token: &str) -> Vec<String> {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let payload = payload.and_then(|payload| String::from_utf8(payload).ok());
    // serde_json reads on in a text of such a name, and may not come back.
    let payload = payload.filter(|payload| !payload.contains("serde_json::private"));
    let mut words = vec![];
    if let Some(Ok(Value::Object(claims))) = payload.map(|it| serde_json::from_str(&it)) {
        for (name, value) in &claims {
            if !["iss", "aud", "scope", "scp", "permissions", "alg", "kid"].contains(&name.as_str())
            {
                gather(value, &mut words);
            }
        }
    }
    words.retain(|word| word.len() >= SHORTEST && !OUR_WORDS.contains(&word.as_str()));
    words
}

fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, words)),
        Value::Object(members) => members.values().for_each(|member| gather(member, words)),
        Value::String(text) => words.push(text.clone()),
        Value::Number(number) => words.push(number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}

/// What of these is in this text.
fn told(
    text: &str,
    runs: &HashSet<[u8; RUN]>,
    words: impl IntoIterator<Item = String>,
) -> Option<String> {
    let mut windows = text.as_bytes().windows(RUN);
    let run =
        windows.find(|run| runs.contains(*run)).map(|run| String::from_utf8_lossy(run).into());
    run.or_else(|| words.into_iter().find(|word| text.contains(word)))
}

/// Looks at what anyone may read.
#[track_caller]
pub(crate) fn assert_untold(text: &str) {
    assert_eq!(told(text, &secrets().runs, places()), None, "{text}");
}

fn places() -> [String; 2] {
    let temporary = std::env::temp_dir().display().to_string();
    // What lies in a folder: `/app` alone may be a route.
    [&temporary, env!("CARGO_MANIFEST_DIR")].map(|it| format!("{}/", it.trim_end_matches('/')))
}

/// An app of this configuration, with nothing in it: all that it answers is looked at, and all that
/// it logs at `normal`.
pub(crate) fn watched(figment: Figment) -> Rocket<Build> {
    static IS_FIRST: LazyLock<bool> = LazyLock::new(|| {
        log::set_max_level(log::LevelFilter::Info);
        log::set_logger(&LOG).is_ok()
    });
    assert!(*IS_FIRST, "a test made an app without `support`, whose logger came first");
    // From there, it comes after all who add to an answer.
    rocket::custom(figment)
        .attach(AdHoc::on_ignite("Watch", |rocket| async { rocket.attach(Watch) }))
}

struct Watch;

#[rocket::async_trait]
impl Fairing for Watch {
    fn info(&self) -> Info {
        Info { name: "Watch", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.headers().get("Authorization").for_each(|value| {
            value.split_ascii_whitespace().for_each(keep_token);
        });
        request.headers().get("DPoP").for_each(keep_proof);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let body = response.body_mut().to_bytes().await.unwrap();
        let text = format!("{}{}", head(response.headers()), String::from_utf8_lossy(&body));
        if !body.is_empty() {
            response.set_sized_body(body.len(), Cursor::new(body));
        }
        let sent: Vec<_> = request.headers().get("Authorization").collect();
        let handler = request.route().and_then(|route| route.name.as_deref()).unwrap_or_default();
        assert_answer_untold(handler, &sent.join(" "), response.status().code, &text);
    }
}

/// Looks at an answer of this handler to who sent this.
#[track_caller]
pub(crate) fn assert_answer_untold(handler: &str, sent: &str, status: u16, answer: &str) {
    assert_untold(answer);
    let mut words: Vec<_> = sent.split_ascii_whitespace().flat_map(claimed).collect();
    words.retain(|_| status >= 400 || !TELL_CLAIMS.contains(&handler));
    assert_eq!(told(answer, &runs(sent).collect(), words), None, "of `{handler}`: {answer}");
}

fn head(headers: &HeaderMap<'_>) -> String {
    headers.iter().map(|header| format!("{header}\n")).collect()
}

static LOG: Log = Log(Mutex::new(vec![]));

/// The log of all apps of this process.
struct Log(Mutex<Vec<(log::Level, String, String)>>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let (target, text) = (record.target(), record.args().to_string());
        look_at(&format!("{target}: {text}"), false);
        if target.starts_with("rocket_bearer") || text.contains("rocket_bearer") {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push((record.level(), target.to_owned(), text));
        }
    }

    fn flush(&self) {}
}

/// What this crate has logged so far: level, target, text.
pub(crate) fn logged() -> Vec<(log::Level, String, String)> {
    LOG.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Looks at a line of a log that has its target in it, and in which callers may be told of or not.
pub(crate) fn look_at(line: &str, tells_callers: bool) {
    // An operator may read where the keys lie, and whose tokens are accepted.
    let of_requests = ["rocket_bearer::refusal", "rocket::server", "::_"];
    let is_of_requests = of_requests.iter().any(|target| line.contains(target))
        && !line.starts_with("rocket::launch");
    let is_public = tells_callers || !is_of_requests;
    // What a route asks for stands in its code, and may be what a caller has.
    let line = line.split("{ needs: ").next().unwrap_or_default();
    let secrets = secrets();
    let places = places().into_iter().filter(|_| !is_public);
    let word = || secrets.word_in(line).filter(|_| !is_public).cloned();
    if let Some(secret) = told(line, &secrets.runs, places).or_else(word) {
        // A task in the background may have written it, whose panic nobody hears.
        let _ = writeln!(std::io::stderr(), "the log tells {secret:?}: {line}");
        std::process::abort();
    }
}
