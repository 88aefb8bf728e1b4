//! Rules by which tokens are revoked: the keys under `revocation`.

use std::path::PathBuf;
use std::time::Duration;

use super::builder::Config;
use super::trusted_issuer::Issuer;
use crate::error::{self, Invalid, ensure};
use crate::named_file::NamedFile;
use crate::revocation::Named;

impl Config {
    /// The file of the rules by which tokens are [revoked](crate::Revocations), as JSON lines; it need not
    /// exist yet, and is read again when its content changes. A relative path begins in the working
    /// directory. Without one, rules live in the memory of the process.
    pub fn revocation_file(self, path: impl Into<PathBuf>) -> Self {
        self.revocation_named_file(path.into().into())
    }

    /// Whether rules are kept in the Redis of [`store`](Self::store), where there is one; they are if nothing
    /// is said.
    pub fn revocation_in_redis(mut self, in_redis: bool) -> Self {
        self.revocation.in_store = in_redis;
        self
    }

    /// How long Redis may be out of contact, in whole seconds from 1 s, before tokens are refused with 503;
    /// without, the last known rules serve on.
    pub fn revocation_max_age(mut self, age: Duration) -> Result<Self, Invalid> {
        self.revocation.max_age = Some(error::seconds(age)?);
        Ok(self)
    }

    /// The issuers as rules name them.
    pub(crate) fn named_issuers(&self) -> Vec<Named> {
        let named =
            |issuer: &Issuer| Named { name: issuer.name.clone(), iss: issuer.issuer.clone() };
        self.issuers.iter().map(named).collect()
    }

    /// The same with what an error calls the file.
    pub(super) fn revocation_named_file(mut self, file: NamedFile) -> Self {
        self.revocation.file = Some(file);
        self
    }

    /// The most rules by which tokens are [revoked](crate::Revocations), about 100 bytes each; one more is
    /// refused. 100000 if nothing is said, 10000000 at most.
    pub fn revocation_rules(mut self, most: u64) -> Result<Self, Invalid> {
        ensure(
            (1..=10_000_000).contains(&most),
            "is 0, or over 10000000",
            "write how many rules there may be, 100 bytes each; 100000 is the default",
        )?;
        self.revocation.most = most as usize;
        Ok(self)
    }
}
