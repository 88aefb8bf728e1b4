//! The policy in force: what every guard needs of the launched configuration.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use rocket::figment::Figment;
use rocket::{Phase, Request, Rocket};

use super::bearer::{self, Credential};
use super::refusal::{Answers, Refusal};
use super::requirement::Circumstances;
use crate::address;
use crate::config::Config;
use crate::dpop::Scheme;
use crate::error::Error;
use crate::keys::Trust;
use crate::metrics::Metrics;
use crate::refusal_log::RefusalLog;
use crate::rejection::Rejection;
use crate::token::scope_hierarchy::ScopeHierarchy;
use crate::verifier::{Verifier, seconds_since_epoch};

/// The policy of an app with [`Bearer`](crate::Bearer) attached, from ignition on.
pub(crate) struct Policy {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) refusal_log: Arc<RefusalLog>,
    /// Whether lines of the log name the `sub` of accepted tokens.
    pub(crate) logs_sub: bool,
    pub(crate) answers: Answers,
    pub(crate) leeway: Duration,
    /// The header that holds the token alone; `None` for `Authorization`.
    token_header: Option<String>,
    /// Whether the published development keys are accepted.
    trust: Trust,
    /// The scopes that mounted routes ask for.
    scopes: Mutex<BTreeSet<&'static str>>,
}

impl Policy {
    /// The policy of this configuration; no key is fetched yet.
    pub(crate) fn new(config: &Config, trust: Trust) -> Result<Self, Error> {
        let verifier = Verifier::trusting(config, trust)?;
        Ok(Self {
            metrics: Arc::new(Metrics::new(verifier.issuers().len())),
            refusal_log: Arc::new(RefusalLog::new()),
            logs_sub: config.log_sub,
            answers: Answers::of(config),
            leeway: config.leeway,
            verifier: Arc::new(verifier),
            token_header: config.token_header.clone(),
            trust,
            scopes: Mutex::default(),
        })
    }

    /// The policy of this app, where one is attached.
    pub(crate) fn of<P: Phase>(rocket: &Rocket<P>) -> Option<&Self> {
        rocket.state()
    }

    /// The credential of a request, in the only header that is read for it.
    pub(super) fn credential<'r>(
        &self,
        request: &'r Request<'_>,
    ) -> Result<Credential<'r>, Rejection> {
        match &self.token_header {
            None => {
                let takes_bound = self.verifier.proofs().is_some();
                bearer::credential(request.headers().get("Authorization"), takes_bound)
            }
            Some(name) => {
                let token = bearer::bare_token(request.headers().get(name))?;
                Ok(Credential { scheme: Scheme::Bearer, token })
            }
        }
    }

    /// Whether every token has to be bound to a key of its sender.
    #[cfg(feature = "cli")]
    pub(crate) fn takes_bound_only(&self) -> bool {
        self.verifier.proofs().is_some_and(|proofs| proofs.is_required)
    }

    /// The scheme that the client of this request has used, if it is one of ours and the only one.
    pub(crate) fn scheme(&self, request: &Request<'_>) -> Option<Scheme> {
        if !self.answers.offers_dpop() {
            return None;
        }
        bearer::scheme(request.headers().get("Authorization"))
    }

    /// The header that holds the token alone; `None` for `Authorization`.
    #[cfg(feature = "cli")]
    pub(crate) fn token_header(&self) -> Option<&str> {
        self.token_header.as_deref()
    }

    /// The header line by which a client sends `token`.
    #[cfg(feature = "cli")]
    pub(crate) fn header_line(&self, token: &str) -> String {
        match &self.token_header {
            None => format!("Authorization: Bearer {token}"),
            Some(name) => format!("{name}: {token}"),
        }
    }

    /// What claims that were judged `at` this time are held to, beside the needs.
    pub(super) fn circumstances(&self, at: SystemTime) -> Circumstances<'_> {
        self.answers.circumstances(seconds_since_epoch(at), self.leeway)
    }

    /// Which scopes imply which.
    pub(crate) fn scope_hierarchy(&self) -> &ScopeHierarchy {
        &self.answers.scope_hierarchy
    }

    /// Notes the scopes that a mounted route asks for.
    pub(super) fn note_scopes(&self, scopes: Vec<&'static str>) {
        self.scopes.lock().extend(scopes);
    }

    /// The scopes that mounted routes ask for, in alphabetical order.
    pub(crate) fn scopes(&self) -> BTreeSet<&'static str> {
        self.scopes.lock().clone()
    }

    /// Whether the development keys serve only where they may. A later fairing may have moved the
    /// app, and a watched file may hold other keys than at launch.
    pub(crate) fn is_in_place(&self, config: &rocket::Config) -> bool {
        let is_debug = config.profile == rocket::Config::DEBUG_PROFILE;
        self.trust == Trust::Secret
            || Trust::within(is_debug, Some(config.address)) == Trust::Published
            || !self.verifier.uses_development_keys()
    }

    /// Refuses a request that development keys may not judge.
    pub(super) fn check_place(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let problem = if !self.is_in_place(request.rocket().config()) {
            "development keys, but not the `debug` profile on a loopback `address`"
        } else if !self.is_from_here(request) {
            "development keys, but `Host` is not this machine, or a proxy has passed the request on"
        } else {
            return Ok(());
        };
        let detail = format!("{problem}: make keys of your own with `rocket-bearer keys new`");
        Err(Refusal::because(Rejection::Misconfigured, detail))
    }

    /// Whether development keys may judge this request. A request by a name in the DNS comes from a
    /// page that has rebound its own name to this machine, or from anywhere through a proxy.
    fn is_from_here(&self, request: &Request<'_>) -> bool {
        self.trust == Trust::Secret
            || has_local_name(request) && !was_forwarded(request)
            || !self.verifier.uses_development_keys()
    }
}

/// Whether every name that the request has for this server is one of this machine's: `Host`, and
/// HTTP/2's `:authority`, which Rocket keeps apart.
fn has_local_name(request: &Request<'_>) -> bool {
    request.headers().get("Host").all(address::is_local_host)
        && request.host().is_none_or(|host| address::is_local_host(&host.to_string()))
}

/// Whether a proxy says that it has passed the request on. The client may leave the header out: this
/// protects from browsers, not from other programs.
fn was_forwarded(request: &Request<'_>) -> bool {
    request.headers().iter().any(|header| {
        let name = header.name().as_str();
        let is_one_of = |names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
        is_one_of(&["Forwarded", "Via", "X-Real-IP"])
            || name.get(..12).is_some_and(|it| it.eq_ignore_ascii_case("X-Forwarded-"))
    })
}

/// Whether the development keys are accepted under this configuration.
pub(crate) fn trust(figment: &Figment) -> Trust {
    let is_debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
    Trust::within(is_debug, figment.extract_inner(rocket::Config::ADDRESS).ok())
}
