//! A refusal: the rejection, and the challenge and body that a client reads.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;

use super::asked::Asked;
use super::requirement::Circumstances;
use crate::config::Config;
use crate::dpop::{DpopMode, Scheme};
use crate::rejection::needs::Needs;
use crate::rejection::{Challenge, Rejection, StatusTable};
use crate::token::scope_hierarchy::ScopeHierarchy;

/// A rejection with what the operator and the challenge are told besides.
#[derive(Clone)]
pub(crate) struct Refusal {
    pub(crate) rejection: Rejection,
    /// For the log alone.
    pub(crate) detail: Option<String>,
    /// What the refusing guard asks for, which the challenge names.
    pub(crate) asked: Asked,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, detail: None, asked: Asked::Nothing }
    }
}

impl Refusal {
    /// A refusal whose line in the log says this too.
    pub(crate) fn because(rejection: Rejection, detail: impl Into<String>) -> Self {
        Self { rejection, detail: Some(detail.into()), asked: Asked::Nothing }
    }

    /// The same refusal, by a guard that asks for this.
    pub(crate) fn asking(self, needs: &'static Needs) -> Self {
        Self { asked: Asked::Needs(needs), ..self }
    }

    /// The same refusal, by a guard that asks for each of these.
    pub(crate) fn asking_each(self, needs: Vec<&'static Needs>) -> Self {
        Self { asked: Asked::EachOf(needs), ..self }
    }

    /// The same refusal, by a guard that asks for these scopes.
    pub(crate) fn asking_scopes(self, scopes: Vec<String>) -> Self {
        Self { asked: Asked::Scopes(scopes), ..self }
    }
}

/// How an app answers refusals.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) errors: StatusTable,
    /// Which scopes imply which, so that a challenge names the least.
    pub(super) scope_hierarchy: ScopeHierarchy,
    /// The challenge of the scheme `Bearer` without an error: realm, and where the metadata is.
    challenge: String,
    /// The other scheme, where bound tokens are taken.
    dpop: Option<DpopChallenge>,
    /// The challenges of `Bearer` with an error that is always the same, by the rejection's number.
    fixed: [OnceLock<Option<String>>; Rejection::REASONS.len()],
}

/// The challenge of the scheme `DPoP`, without an error (RFC 9449 §7.1).
#[derive(Debug)]
struct DpopChallenge {
    text: String,
    /// Whether `Bearer` is not offered.
    is_the_only_one: bool,
}

/// The body of every refusal.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Body {
    pub(crate) code: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
}

impl Answers {
    /// What claims are held to at `now`, in seconds since the epoch, beside the needs of a guard.
    pub(crate) fn circumstances(&self, now: f64, leeway: Duration) -> Circumstances<'_> {
        Circumstances { now, leeway, scopes: &self.scope_hierarchy }
    }

    pub(crate) fn of(config: &Config) -> Self {
        let realm = config.realm.replace('\\', "\\\\").replace('"', "\\\"");
        let mut parameters = format!("realm=\"{realm}\"");
        if let Some(resource) = &config.resource {
            // RFC 9728 §5.1; a URL has no quotes.
            parameters.push_str(&format!(", resource_metadata=\"{}\"", resource.metadata()));
        }
        let dpop = &config.dpop;
        let algorithms: Vec<_> = dpop.algorithms.iter().map(|it| it.name()).collect();
        let dpop = (dpop.mode != DpopMode::Off).then(|| DpopChallenge {
            text: format!("DPoP algs=\"{}\", {parameters}", algorithms.join(" ")),
            is_the_only_one: dpop.mode == DpopMode::Required,
        });
        Self {
            errors: config.errors,
            scope_hierarchy: config.scope_hierarchy.clone(),
            challenge: format!("Bearer {parameters}"),
            dpop,
            fixed: [const { OnceLock::new() }; Rejection::REASONS.len()],
        }
    }

    /// Whether bound tokens are taken.
    pub(crate) fn offers_dpop(&self) -> bool {
        self.dpop.is_some()
    }

    /// The challenges of a refusal, one for each scheme that is offered (RFC 6750 §3, RFC 9449 §7.1, RFC
    /// 9470 §3). The error stands in that of the scheme that the client has `used`, or in both. A gateway
    /// gets that of the used scheme first.
    ///
    /// Every parameter is a fixed text, but for the scopes that the refusing guard asks for.
    pub(crate) fn challenges(
        &self,
        refusal: &Refusal,
        used: Option<Scheme>,
    ) -> [Option<Cow<'_, str>>; 2] {
        let Some(dpop) = &self.dpop else {
            let challenge = self.bearer_challenge(refusal.rejection);
            return [challenge.map(|it| self.with_scopes(it, refusal)), None];
        };
        let Some(error) = error_of(refusal.rejection) else { return [None, None] };
        let line = |challenge: &str, scheme| {
            let is_used = dpop.is_the_only_one || used.is_none_or(|used| used == scheme);
            let error = if is_used { error.as_str() } else { "" };
            self.with_scopes(format!("{challenge}{error}").into(), refusal)
        };
        let bearer = (!dpop.is_the_only_one).then(|| line(&self.challenge, Scheme::Bearer));
        let mut both = [bearer, Some(line(&dpop.text, Scheme::Dpop))];
        // Of two lines nginx hands on the first alone, before version 1.23.
        if matches!(refusal.asked, Asked::Scopes(_)) && used == Some(Scheme::Dpop) {
            both.reverse();
        }
        both
    }

    fn with_scopes<'a>(&self, challenge: Cow<'a, str>, refusal: &Refusal) -> Cow<'a, str> {
        if !self.names_scopes(refusal) {
            return challenge;
        }
        let scopes = refusal.asked.scopes(refusal.rejection, &self.scope_hierarchy);
        if scopes.is_empty() {
            return challenge;
        }
        format!("{challenge}, scope=\"{}\"", scopes.join(" ")).into()
    }

    /// Whether the caller has to get another token, and so be told for which scopes. A 400 is about the
    /// form of the request.
    fn names_scopes(&self, refusal: &Refusal) -> bool {
        match refusal.asked {
            // A gateway is answered 401 for 400.
            Asked::Scopes(_) => true,
            _ => matches!(refusal.rejection.status(self.errors), 401 | 403),
        }
    }

    fn bearer_challenge(&self, rejection: Rejection) -> Option<Cow<'_, str>> {
        let write = || error_of(rejection).map(|error| format!("{}{error}", self.challenge));
        match rejection {
            Rejection::InsufficientAuthentication { .. } => write().map(Cow::Owned),
            _ => {
                let fixed = self.fixed[rejection.number()].get_or_init(write);
                fixed.as_deref().map(Cow::Borrowed)
            }
        }
    }
}

/// The parameters that say what is wrong; empty where the challenge is bare, `None` where there is none.
fn error_of(rejection: Rejection) -> Option<String> {
    let error = match rejection.challenge() {
        Challenge::None => return None,
        Challenge::Bare => return Some(String::new()),
        Challenge::Error(error) => error,
    };
    let description = rejection.description().replace('"', "");
    let mut text = format!(", error=\"{error}\", error_description=\"{description}\"");
    match rejection {
        // One that a guard of the app's own brought may hold anything.
        Rejection::InsufficientAuthentication { needs } if needs.is_sound() => {
            let acr_values = needs.acr_values();
            if !acr_values.is_empty() {
                text.push_str(&format!(", acr_values=\"{}\"", acr_values.join(" ")));
            }
            if let Some(max_age) = needs.max_age() {
                text.push_str(&format!(", max_age=\"{}\"", max_age.as_secs()));
            }
        }
        _ => {}
    }
    Some(text)
}

impl Body {
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).expect("two texts are JSON")
    }
}

impl From<Rejection> for Body {
    fn from(rejection: Rejection) -> Self {
        Self { code: rejection.code().into(), description: rejection.description().into() }
    }
}

impl Rejection {
    /// Its body, written once: the texts are fixed.
    pub(crate) fn body(self) -> &'static str {
        static BODIES: [OnceLock<String>; Rejection::REASONS.len()] =
            [const { OnceLock::new() }; Rejection::REASONS.len()];
        BODIES[self.number()].get_or_init(|| Body::from(self).json())
    }
}
