//! Where rules come from, as the configuration says it.

use std::time::Duration;

use crate::named_file::NamedFile;

/// Where rules come from, and how many there may be.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The most rules.
    pub(crate) most: usize,
    pub(crate) file: Option<NamedFile>,
    /// Whether rules are kept in the shared store, where there is one.
    pub(crate) in_store: bool,
    /// The longest time without contact to it; tokens are refused after that.
    pub(crate) max_age: Option<Duration>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { most: 100_000, file: None, in_store: true, max_age: None }
    }
}
