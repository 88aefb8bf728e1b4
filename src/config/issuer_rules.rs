//! Which tokens of an issuer count, beyond those for our audience.

use super::trusted_issuer::Issuer;
use crate::error::{Invalid, ensure};

impl Issuer {
    /// The clients whose tokens are accepted, by their ids; all of them if nothing is said.
    ///
    /// The first claim that is present of `azp`, `client_id`, `cid` and `appid` has to be one of them; one
    /// that is no text is none. Refuses an empty list, and an empty id.
    pub fn clients(mut self, ids: impl IntoIterator<Item: Into<String>>) -> Result<Self, Invalid> {
        self.clients = texts(ids, "write the ids of the clients whose tokens count")?;
        Ok(self)
    }

    /// The same for an issuer whose access tokens carry no `aud` of an API, as those of Amazon Cognito and
    /// Clerk do: `aud` is no longer looked at, whatever was said of it before.
    pub fn clients_alone(
        self,
        ids: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let mut issuer = self.clients(ids)?;
        issuer.audience.clear();
        Ok(issuer)
    }
}

/// A list of at least one text, none of them empty.
fn texts(
    texts: impl IntoIterator<Item: Into<String>>,
    cure: &'static str,
) -> Result<Vec<String>, Invalid> {
    let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    let is_said = !texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty());
    ensure(is_said, "is empty", cure).map(|()| texts)
}
