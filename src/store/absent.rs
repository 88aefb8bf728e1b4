//! The store of a build without the feature `redis`: no settings name one, and it gives no answer.

use std::fmt;
use std::time::Duration;

use super::health::{ServerFacts, StoreState};
use super::settings::StoreSettings;
use super::stored_rule::StoredRule;
use super::unavailable::Unavailable;
use crate::error::Error;

/// The answer to every question.
const NONE: Unavailable = Unavailable::Refused;

/// A store that gives no answer.
#[derive(Debug, Clone)]
pub(crate) struct Store;

/// A log that brings nothing.
pub(crate) struct RuleLog;

impl Store {
    /// The store of these settings, if they name one.
    pub(crate) fn of(settings: &StoreSettings) -> Result<Option<Self>, Error> {
        Ok(settings.url.as_ref().map(|_| Self))
    }

    pub(crate) async fn connect(&self) -> Result<(), Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn first_use(&self, _: &[u8], _: Duration) -> Result<bool, Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn is_used(&self, _: &[u8]) -> Result<bool, Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn shared_secret(
        &self,
        _: &str,
        _: Option<[u8; 32]>,
    ) -> Result<[u8; 32], Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn publish(
        &self,
        _: &[u8],
        _: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<(), Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn forget(&self, _: &[u8], _: &[u8]) -> Result<(), Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn rule_log(&self) -> Result<RuleLog, Unavailable> {
        self.connect().await.map(|()| RuleLog)
    }

    pub(crate) fn failures(&self) -> [(Unavailable, u64); Unavailable::ALL.len()] {
        Unavailable::ALL.map(|fault| (fault, 0))
    }

    pub(crate) fn state(&self) -> StoreState {
        let server = ServerFacts::default();
        StoreState { fault: Some(NONE), text: String::new(), since: Duration::ZERO, server }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no store")
    }
}

impl RuleLog {
    pub(crate) async fn snapshot(&mut self) -> Result<Vec<StoredRule>, Unavailable> {
        Err(NONE)
    }

    pub(crate) async fn changes(&mut self) -> Result<Option<Vec<StoredRule>>, Unavailable> {
        Err(NONE)
    }
}
