//! The store of a build without the feature `redis`: there is none.

use std::fmt;
use std::time::Duration;

use super::settings::StoreSettings;
use super::state::StoreState;
use super::stored_rule::StoredRule;
use super::unavailable::Unavailable;
use crate::error::Error;

/// No value: the feature `redis` is off.
#[derive(Debug, Clone)]
pub(crate) enum Store {}

/// No value: the feature `redis` is off.
pub(crate) enum RuleLog {}

impl Store {
    /// Refuses settings that name a store.
    pub(crate) fn of(settings: &StoreSettings) -> Result<Option<Self>, Error> {
        match settings.url {
            None => Ok(None),
            Some(_) => Err(Error::setting(
                "`store.redis` is set, and this build has no Redis",
                "build `rocket-bearer` with its feature `redis`, or leave `store` out",
            )),
        }
    }

    pub(crate) async fn connect(&self) -> Result<(), Unavailable> {
        match *self {}
    }

    pub(crate) async fn first_use(&self, _: &[u8], _: Duration) -> Result<bool, Unavailable> {
        match *self {}
    }

    pub(crate) async fn shared_secret(
        &self,
        _: &str,
        _: Option<[u8; 32]>,
    ) -> Result<[u8; 32], Unavailable> {
        match *self {}
    }

    pub(crate) async fn publish(
        &self,
        _: &[u8],
        _: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<(), Unavailable> {
        match *self {}
    }

    pub(crate) async fn forget(&self, _: &[u8], _: &[u8]) -> Result<(), Unavailable> {
        match *self {}
    }

    pub(crate) async fn rule_log(&self) -> Result<RuleLog, Unavailable> {
        match *self {}
    }

    pub(crate) fn failures(&self) -> [(Unavailable, u64); Unavailable::ALL.len()] {
        match *self {}
    }

    pub(crate) fn state(&self) -> StoreState {
        match *self {}
    }
}

impl fmt::Display for Store {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl RuleLog {
    pub(crate) async fn snapshot(&mut self) -> Result<Vec<StoredRule>, Unavailable> {
        match *self {}
    }

    pub(crate) async fn changes(&mut self) -> Result<Option<Vec<StoredRule>>, Unavailable> {
        match *self {}
    }
}
