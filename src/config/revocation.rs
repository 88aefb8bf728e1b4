//! Rules by which tokens are revoked: the keys under `revocation`.

use super::builder::Config;
use crate::error::{Invalid, ensure};

impl Config {
    /// The most rules by which tokens are [revoked](crate::Revocations), about 100 bytes each; one more is
    /// refused. 100000 if nothing is said, 10000000 at most.
    pub fn revocation_rules(mut self, most: u64) -> Result<Self, Invalid> {
        ensure(
            (1..=10_000_000).contains(&most),
            "is 0, or over 10000000",
            "write how many rules there may be, 100 bytes each; 100000 is the default",
        )?;
        self.revocation_rules = most as usize;
        Ok(self)
    }
}
