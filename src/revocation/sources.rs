//! Where rules come from, as the configuration says it.

use crate::keys::source::NamedFile;

/// Where rules come from, and how many there may be.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The most rules.
    pub(crate) most: usize,
    pub(crate) file: Option<NamedFile>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { most: 100_000, file: None }
    }
}
