//! Rules as the store keeps them.

/// A rule as the store keeps it, which reads neither part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRule {
    /// What the rule is about; there is one of each, and none is empty.
    pub(crate) field: Vec<u8>,
    /// What the rule says; never empty.
    pub(crate) value: Vec<u8>,
}
