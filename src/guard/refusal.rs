//! A refusal: the rejection, and the challenge and body that a client reads.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Serialize;

use super::asked::Asked;
use super::requirement::Circumstances;
use crate::config::Config;
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
    /// The challenge without an error: realm, and where the metadata is.
    challenge: String,
    /// Those of refusals whose challenge is always the same, by number.
    fixed: [OnceLock<Option<String>>; Rejection::REASONS.len()],
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
        let mut challenge = format!("Bearer realm=\"{realm}\"");
        if let Some(resource) = &config.resource {
            // RFC 9728 §5.1; a URL has no quotes.
            challenge.push_str(&format!(", resource_metadata=\"{}\"", resource.metadata()));
        }
        Self {
            errors: config.errors,
            scope_hierarchy: config.scope_hierarchy.clone(),
            challenge,
            fixed: [const { OnceLock::new() }; Rejection::REASONS.len()],
        }
    }

    /// The challenge of a refusal (RFC 6750 §3, RFC 9470 §3).
    ///
    /// Every parameter is a fixed text, but for the scopes that the refusing guard asks for.
    pub(crate) fn challenge(&self, refusal: &Refusal) -> Option<Cow<'_, str>> {
        let challenge = self.challenge_of(refusal.rejection)?;
        if !self.names_scopes(refusal) {
            return Some(challenge);
        }
        let scopes = refusal.asked.scopes(refusal.rejection, &self.scope_hierarchy);
        if scopes.is_empty() {
            return Some(challenge);
        }
        Some(format!("{challenge}, scope=\"{}\"", scopes.join(" ")).into())
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

    fn challenge_of(&self, rejection: Rejection) -> Option<Cow<'_, str>> {
        match rejection {
            Rejection::InsufficientAuthentication { .. } => {
                self.write_challenge(rejection).map(Cow::Owned)
            }
            _ => {
                let fixed = &self.fixed[rejection.number()];
                let fixed = fixed.get_or_init(|| self.write_challenge(rejection));
                fixed.as_deref().map(Cow::Borrowed)
            }
        }
    }

    fn write_challenge(&self, rejection: Rejection) -> Option<String> {
        let error = match rejection.challenge() {
            Challenge::None => return None,
            Challenge::Bare => return Some(self.challenge.clone()),
            Challenge::Error(error) => error,
        };
        let description = rejection.description().replace('"', "");
        let mut challenge =
            format!("{}, error=\"{error}\", error_description=\"{description}\"", self.challenge);
        let mut add = |name: &str, value: &str| {
            challenge.push_str(&format!(", {name}=\"{value}\""));
        };
        match rejection {
            // One that a guard of the app's own brought may hold anything.
            Rejection::InsufficientAuthentication { needs } if needs.is_sound() => {
                let acr_values = needs.acr_values();
                if !acr_values.is_empty() {
                    add("acr_values", &acr_values.join(" "));
                }
                if let Some(max_age) = needs.max_age() {
                    add("max_age", &max_age.as_secs().to_string());
                }
            }
            _ => {}
        }
        Some(challenge)
    }
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
