//! Back-channel logout: an issuer tells here that a session, or a user, has ended, and no access token of
//! it is accepted any more (OpenID Connect Back-Channel Logout 1.0 §2.5–2.8).

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use parking_lot::Mutex;
use rocket::data::{Data, ToByteUnit as _};
use rocket::http::{ContentType, Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::{Request, Response, Route, async_trait};
use serde_json::json;

use crate::config::{Config, LogoutBy};
use crate::guard::Policy;
use crate::refusal_log::Throttle;
use crate::revocation::{RevocationError, Rule};
use crate::verifier::logout::{Logout, NoLogout, OLDEST};
use crate::verifier::seconds_since_epoch;

/// The longest body, in bytes: a logout token is no longer than an access token, and escaped at most.
const LONGEST_BODY: u64 = 65_536;

/// The most logout tokens that are remembered at a time, each for as long as it could be sent again.
const MOST_SEEN: usize = 100_000;

/// The route of logouts, and what it remembers.
#[derive(Debug, Clone)]
pub(super) struct LogoutRoute(std::sync::Arc<State>);

#[derive(Debug)]
struct State {
    path: String,
    by: LogoutBy,
    /// How long a rule lives.
    keep: Duration,
    /// The logout tokens that were taken, by the digest of issuer and `jti`, each until it is too old.
    seen: Mutex<HashMap<[u8; SHA256_OUTPUT_LEN], f64>>,
    log: Throttle<1>,
    has_warned: AtomicBool,
}

/// Why a logout was not taken.
enum Failure {
    /// 400: the issuer has sent something wrong.
    Refused(&'static str),
    /// 503: it is worth another try, after so many seconds.
    Unavailable(u64),
}

impl From<NoLogout> for Failure {
    fn from(no_logout: NoLogout) -> Self {
        match no_logout {
            NoLogout::Refused(text) => Self::Refused(text),
            NoLogout::WithoutKeys { retry_after } => Self::Unavailable(retry_after.as_secs()),
        }
    }
}

impl LogoutRoute {
    /// `None` where no `logout.path` is configured.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let path = config.logout.path.clone()?;
        Some(Self(std::sync::Arc::new(State {
            path,
            by: config.logout.by,
            keep: config.logout.keep,
            seen: Mutex::default(),
            log: Throttle::new(),
            has_warned: AtomicBool::new(false),
        })))
    }

    pub(super) fn route(&self) -> Route {
        let mut route = Route::new(Method::Post, &self.0.path, self.clone());
        route.name = Some("backchannel_logout".into());
        route
    }

    /// How `public_only` names it: its token is in the body, so no guard of ours stands before it.
    pub(super) fn name(&self) -> String {
        format!("POST {}", self.0.path)
    }
}

#[async_trait]
impl Handler for LogoutRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let answer = match Policy::of(request.rocket()) {
            Some(policy) => self.0.answer(policy, request, data).await,
            None => Err(Failure::Unavailable(1)),
        };
        Outcome::Success(response(answer))
    }
}

/// 200 without a body, or JSON as the standard has it (§2.8); no cache may keep it.
fn response<'r>(answer: Result<(), Failure>) -> Response<'r> {
    let mut response = Response::build();
    response.raw_header("Cache-Control", "no-store");
    let (status, error, text) = match answer {
        Ok(()) => return response.status(Status::Ok).finalize(),
        Err(Failure::Refused(text)) => (Status::BadRequest, "invalid_request", text),
        Err(Failure::Unavailable(seconds)) => {
            response.raw_header("Retry-After", seconds.max(1).to_string());
            let text = "The logout cannot be kept now.";
            (Status::ServiceUnavailable, "temporarily_unavailable", text)
        }
    };
    let body = json!({ "error": error, "error_description": text }).to_string();
    response.status(status).header(ContentType::JSON);
    response.sized_body(body.len(), Cursor::new(body)).finalize()
}

impl State {
    async fn answer(
        &self,
        policy: &Policy,
        request: &Request<'_>,
        data: Data<'_>,
    ) -> Result<(), Failure> {
        let answer = self.log_out(policy, request, data).await;
        let outcome = match &answer {
            Ok(()) => None,
            Err(Failure::Refused(text)) => Some(*text),
            Err(Failure::Unavailable(_)) => Some("it cannot be kept now"),
        };
        policy.metrics.logged_out(answer.as_ref().map(drop).map_err(|failure| match failure {
            Failure::Refused(_) => "refused",
            Failure::Unavailable(_) => "unavailable",
        }));
        if let Some(text) = outcome
            && self.log.admits(0, Instant::now())
        {
            tracing::warn!(target: "rocket_bearer::revocation", "logout not taken: {text}");
        }
        answer
    }

    async fn log_out(
        &self,
        policy: &Policy,
        request: &Request<'_>,
        data: Data<'_>,
    ) -> Result<(), Failure> {
        let token = token_of(request, data).await?;
        let at = SystemTime::now();
        let Logout { issuer, claims } = policy.verifier.logout(&token, at).await?;
        let now = seconds_since_epoch(at);
        let trusted = &policy.verifier.issuers()[issuer];
        let key = digest_of(&trusted.rules.issuer, &claims.jti);
        if self.was_taken(policy, &key, now).await? {
            return Err(REPLAYED);
        }
        let issued = UNIX_EPOCH + Duration::from_secs_f64(claims.iat.max(0.0));
        let rule = match (claims.sid, claims.sub) {
            (Some(sid), _) if self.by == LogoutBy::Sid => {
                self.tell_if_vain(policy, issuer);
                Rule::sid(sid)
            }
            (_, Some(sub)) => Rule::sub(sub).before(issued),
            (_, None) => return Err(Failure::Refused("The logout token has no `sub`.")),
        };
        let rule = rule.of_issuer(&trusted.name).until(issued + self.keep);
        policy.verifier.revocations().log_out(rule).await.map_err(|error| match error {
            RevocationError::Invalid(_) => Failure::Refused("The `sub` or `sid` is too long."),
            error => {
                tracing::error!(target: "rocket_bearer::revocation", "logout not kept: {error}");
                Failure::Unavailable(1)
            }
        })?;
        self.keep(policy, key, now).await
    }

    /// Whether the logout token was taken before, here or by another instance.
    async fn was_taken(
        &self,
        policy: &Policy,
        key: &[u8; SHA256_OUTPUT_LEN],
        now: f64,
    ) -> Result<bool, Failure> {
        if self.seen.lock().get(key).is_some_and(|until| *until > now) {
            return Ok(true);
        }
        match policy.verifier.store() {
            Some(store) => store.is_used(key).await.map_err(|_| Failure::Unavailable(1)),
            None => Ok(false),
        }
    }

    /// Keeps the logout token in mind, here and in the shared store. It is kept last: one that was not
    /// obeyed has to be sent again, and a rule that is made twice is one rule.
    async fn keep(
        &self,
        policy: &Policy,
        key: [u8; SHA256_OUTPUT_LEN],
        now: f64,
    ) -> Result<(), Failure> {
        let longest = Duration::from_secs_f64(OLDEST) + 2 * policy.leeway;
        if let Some(store) = policy.verifier.store() {
            match store.first_use(&key, longest).await {
                Ok(true) => {}
                Ok(false) => return Err(REPLAYED),
                Err(_) => return Err(Failure::Unavailable(1)),
            }
        }
        let mut seen = self.seen.lock();
        if seen.len() >= MOST_SEEN {
            seen.retain(|_, until| *until > now);
        }
        if seen.len() >= MOST_SEEN {
            return Err(Failure::Unavailable(60));
        }
        match seen.insert(key, now + longest.as_secs_f64()) {
            Some(until) if until > now => Err(REPLAYED),
            _ => Ok(()),
        }
    }

    /// Warns once where no access token that was seen could be hit by a rule of this kind.
    fn tell_if_vain(&self, policy: &Policy, issuer: usize) {
        let issuer = &policy.verifier.issuers()[issuer];
        if issuer.sids.are_never_seen() && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "rocket_bearer::revocation",
                issuer = issuer.name,
                "a session was logged out by `sid`, and no access token seen so far has one: set \
                 `logout.by = \"sub\"`"
            );
        }
    }
}

/// What a logout token is remembered by, however long its `jti` is.
fn digest_of(iss: &str, jti: &str) -> [u8; SHA256_OUTPUT_LEN] {
    let text = json!(["logout", iss, jti]).to_string();
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 octets")
}

const REPLAYED: Failure = Failure::Refused("The logout token was taken before.");

/// The one `logout_token` of a form.
async fn token_of(request: &Request<'_>, data: Data<'_>) -> Result<String, Failure> {
    if !request.content_type().is_some_and(|it| it.is_form()) {
        return Err(Failure::Refused("The request is no form."));
    }
    let body = data.open(LONGEST_BODY.bytes()).into_bytes().await;
    let body = body.ok().filter(|body| body.is_complete());
    let body = body.ok_or(Failure::Refused("The form is too long."))?;
    let form = url::form_urlencoded::parse(&body);
    let mut tokens = form.filter(|(name, _)| name == "logout_token").map(|(_, value)| value);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) if !token.is_empty() => Ok(token.into_owned()),
        _ => Err(Failure::Refused("The form does not have one `logout_token`.")),
    }
}
