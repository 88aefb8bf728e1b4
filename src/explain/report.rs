//! What is told of one token: the checks, the answer of the server, and the diagnoses.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::shown::Shown;

/// All that is told of one token at one instant.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Whether the request is let in: the token is accepted, and meets the needs that were asked for.
    pub(crate) accepted: bool,
    /// The instant of the judgement, in RFC 3339.
    pub(crate) at: String,
    pub(crate) checks: Vec<Step>,
    /// Whose answer this is, `GET /headers` for instance; `None` for any route with the needs asked for.
    pub(crate) route: Option<String>,
    pub(crate) answer: HttpAnswer,
    pub(crate) diagnoses: Vec<Diagnosis>,
    /// The name of the issuer whose keys were looked at, where it has some.
    #[serde(skip)]
    pub(crate) judged_by: Option<String>,
    #[serde(flatten)]
    pub(crate) shown: Shown,
}

/// One check.
#[derive(Serialize)]
pub(crate) struct Step {
    pub(crate) check: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) expected: String,
    /// What the token says. It is unverified until the check of the signature has passed.
    pub(crate) found: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Passed,
    Refused,
    NotReached,
}

/// What a route answers: a refusal as a server sends it, or 200 where its guards let the request in.
#[derive(Serialize)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) www_authenticate: Option<String>,
    /// In seconds.
    pub(crate) retry_after: Option<u64>,
    /// `null` where the route was let in and writes its own.
    pub(crate) body: Value,
}

/// A likely cause of a refusal, and its cure. Values of the token in its texts are printable.
#[derive(Serialize)]
pub(crate) struct Diagnosis {
    pub(crate) name: &'static str,
    pub(crate) says: Cow<'static, str>,
    pub(crate) cure: Cow<'static, str>,
}

impl Diagnosis {
    pub(super) fn new(
        name: &'static str,
        says: impl Into<Cow<'static, str>>,
        cure: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { name, says: says.into(), cure: cure.into() }
    }
}
