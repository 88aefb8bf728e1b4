//! What is told of one token: the checks, the answer of the server, and the diagnoses.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

/// All that is told of one token at one instant.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) accepted: bool,
    /// The instant of the judgement, in RFC 3339.
    pub(crate) at: String,
    pub(crate) checks: Vec<Step>,
    pub(crate) answer: HttpAnswer,
    pub(crate) diagnoses: Vec<Diagnosis>,
    /// The name of the issuer whose keys were looked at, where it has some.
    #[serde(skip)]
    pub(crate) judged_by: Option<String>,
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

/// What `GET /headers` answers.
#[derive(Serialize)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) www_authenticate: Option<String>,
    /// In seconds.
    pub(crate) retry_after: Option<u64>,
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
