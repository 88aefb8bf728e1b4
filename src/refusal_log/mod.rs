//! The log of refusals: one line each, with stable names and fields, or a share of a number.
//!
//! A line holds no token and no claim but `sub`, where `log.sub` asks for it. A name that a client
//! chose stands in it only if the name is plain.

mod throttle;

use std::time::{Duration, Instant};

use crate::printable::is_plain;
use crate::rejection::{Level, Rejection};
pub(crate) use throttle::Throttle;

/// How often the refusals that got no line are told in numbers.
const SUMMARY: Duration = Duration::from_secs(60);

/// What a plain name of a key or a request may have beside letters and digits.
const PUNCTUATION: &[u8] = b"-_.:/+=";

/// The log of one app.
#[derive(Debug)]
pub(crate) struct RefusalLog {
    throttle: Throttle<{ Rejection::REASONS.len() }>,
}

/// What a line tells of one refusal.
pub(crate) struct Line<'a> {
    pub(crate) rejection: Rejection,
    pub(crate) status: u16,
    /// The name of the configured issuer that the token names.
    pub(crate) issuer: Option<&'a str>,
    /// The token's own word.
    pub(crate) unverified_kid: Option<&'a str>,
    pub(crate) route: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) sub: Option<&'a str>,
    pub(crate) detail: Option<&'a str>,
}

/// `tracing` wants the level of an event as a constant.
macro_rules! event {
    ($level:ident, $($rest:tt)*) => {
        tracing::event!(target: "rocket_bearer::refusal", tracing::Level::$level, $($rest)*)
    };
}

impl RefusalLog {
    pub(crate) fn new() -> Self {
        Self { throttle: Throttle::new() }
    }

    /// Whether a refusal for this reason gets a line now; if not, it is counted for the summary.
    pub(crate) fn admits(&self, rejection: Rejection, now: Instant) -> bool {
        self.throttle.admits(rejection.number(), now)
    }

    /// Writes the line of a refusal that was [admitted](Self::admits).
    pub(crate) fn write(&self, line: &Line<'_>) {
        let Line { rejection, status, issuer, route, sub, detail, .. } = *line;
        let reason = rejection.reason();
        let kid = line.unverified_kid.filter(|kid| is_plain(kid, PUNCTUATION));
        let request_id = line.request_id.filter(|id| is_plain(id, PUNCTUATION));
        macro_rules! refused {
            ($level:ident) => {
                event!(
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
        match rejection.level() {
            Level::Error => refused!(ERROR),
            Level::Warn => refused!(WARN),
            Level::Info => refused!(INFO),
        }
    }

    /// Tells the numbers of the refusals that got no line.
    pub(crate) fn summarise(&self) {
        for (number, count) in self.throttle.left_out() {
            let reason = Rejection::REASONS[number];
            event!(INFO, reason, count, "more requests refused");
        }
    }

    /// Does so every minute until `end`.
    pub(crate) async fn keep(&self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        while tokio::time::timeout(SUMMARY, &mut end).await.is_err() {
            self.summarise();
        }
    }
}
