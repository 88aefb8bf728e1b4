//! Which scopes imply which: the key `scopes.implies`.

use super::builder::Config;
use crate::error::{Invalid, ensure, not_empty};
use crate::rejection::needs::is_token;

impl Config {
    /// Tokens with the scope `broad` may do all that the `narrow` ones allow, and what those imply in turn;
    /// none implies another if nothing is said. Another call adds to it.
    ///
    /// Guards and `/auth` judge by it, and challenges name the least that would do. The claims stay as they
    /// were signed: [`Claims::has_scope`](crate::Claims::has_scope) asks for the name alone, and permissions
    /// imply nothing. Refuses an empty list, what no token could carry as a scope, and a circle, for then
    /// all of its scopes would be one.
    ///
    /// ```
    /// use rocket_bearer::{Config, Invalid};
    ///
    /// fn with_scopes(config: Config) -> Result<Config, Invalid> {
    ///     config
    ///         .scope_implies("files:admin", ["files:write"])?
    ///         .scope_implies("files:write", ["files:read"])
    /// }
    /// ```
    pub fn scope_implies<S: AsRef<str>>(
        mut self,
        broad: &str,
        narrow: impl IntoIterator<Item = S>,
    ) -> Result<Self, Invalid> {
        let narrow: Vec<S> = not_empty(narrow.into_iter().collect())?;
        ensure(
            is_token(broad) && narrow.iter().all(|name| is_token(name.as_ref())),
            "has a name that is no scope",
            "write each scope by itself, as tokens carry it: printable ASCII without spaces, quotes and \
             backslashes",
        )?;
        for narrow in narrow {
            ensure(
                self.scope_hierarchy.add(broad, narrow.as_ref()),
                "is a circle: a scope implies itself, at once or by way of others",
                "let a broader scope imply a narrower one, never the other way round too",
            )?;
        }
        Ok(self)
    }

    /// [`scope_implies`](Self::scope_implies) for each of a table.
    pub(super) fn scopes_imply(self, table: Vec<(String, Vec<String>)>) -> Result<Self, Invalid> {
        let cure = "write it as `{ \"files:write\" = [\"files:read\"] }`, or leave it out";
        ensure(!table.is_empty(), "is an empty table", cure)?;
        table
            .into_iter()
            .try_fold(self, |config, (broad, narrow)| config.scope_implies(&broad, narrow))
    }
}
