//! Refusal → log: one line, whose names and fields stay as they are, or a place in a number.
//!
//! No token and no claim is in it. What others write in headers is taken where it is a plain name,
//! and else left out.

use std::time::{Duration, Instant};

use rocket::Request;
use rocket::http::Status;

use crate::fairing::routes;
use crate::fairing::throttle::Throttle;
use crate::guard::bearer;
use crate::guard::policy::Gate;
use crate::guard::verdict;
use crate::rejection::Rejection;

/// How often the refusals that got no line are told in numbers.
const SUMMARY: Duration = Duration::from_secs(60);

/// More of a name than this is nobody's.
const LONGEST: usize = 64;

/// What of refusals has been told.
#[derive(Debug)]
pub(crate) struct Journal {
    throttle: Throttle<{ Rejection::REASONS.len() }>,
    /// `log.sub`.
    with_sub: bool,
}

/// What an app's operator may be told of a refusal, and a client may not.
struct Detail(String);

/// Keeps this for the line about the refusal of this request.
pub(crate) fn note(request: &Request<'_>, detail: impl Into<String>) {
    request.local_cache(|| Detail(detail.into()));
}

/// The macro wants its level as a constant.
macro_rules! line {
    ($level:ident, $($rest:tt)*) => {
        tracing::event!(target: "rocket_bearer::refusal", tracing::Level::$level, $($rest)*)
    };
}

impl Journal {
    pub(crate) fn new(with_sub: bool) -> Self {
        Self { throttle: Throttle::new(), with_sub }
    }

    /// Tells of a refusal: by whom the fault is, by that is the level.
    pub(crate) fn refused(
        &self,
        rejection: Rejection,
        status: Status,
        request: &Request<'_>,
        gate: &Gate,
        now: Instant,
    ) {
        if !self.throttle.admits(rejection.number(), now) {
            return;
        }
        let reason = Rejection::REASONS[rejection.number()];
        let status = status.code;
        let issuer = verdict::facts(request).issuer;
        let issuer = issuer.map(|number| gate.verifier.issuers()[number].name.as_str());
        let token = bearer::credential(request.headers().get("Authorization"));
        let kid = token.ok().and_then(|token| gate.verifier.unverified_kid(token));
        let kid = kid.as_deref().and_then(plain);
        let route = request.route().map(routes::name);
        let route = route.as_deref();
        let request_id = request.headers().get_one("X-Request-Id").and_then(plain);
        let sub = self.with_sub.then(|| verdict::sub(request)).flatten();
        let sub = sub.as_deref();
        let detail = request.local_cache(|| Detail(String::new())).0.as_str();
        let detail = Some(detail).filter(|detail| !detail.is_empty());
        macro_rules! tell {
            ($level:ident) => {
                line!(
                    $level,
                    reason,
                    status,
                    issuer,
                    kid,
                    route,
                    request_id,
                    sub,
                    detail,
                    "request refused"
                )
            };
        }
        match rejection {
            Rejection::Misconfigured => tell!(ERROR),
            Rejection::KeysUnavailable { .. } => tell!(WARN),
            _ => tell!(INFO),
        }
    }

    /// Tells in numbers of the refusals that got no line.
    pub(crate) fn summarise(&self) {
        for (number, count) in self.throttle.left_out() {
            let reason = Rejection::REASONS[number];
            line!(INFO, reason, count, "more requests refused");
        }
    }

    /// Does so from time to time until `end`.
    pub(crate) async fn keep(&self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        while tokio::time::timeout(SUMMARY, &mut end).await.is_err() {
            self.summarise();
        }
    }
}

/// Names of keys and requests, whoever chose them: nothing that a terminal or a parser minds.
fn plain(name: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    ((1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain)).then_some(name)
}
