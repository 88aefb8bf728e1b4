//! What is said of back-channel logout: the keys under `logout`, and `logout_clients` of an issuer.

use std::time::Duration;

use super::builder::Config;
use super::logout::LogoutBy;
use super::trusted_issuer::Issuer;
use crate::error::{self, Error, Invalid, ensure, invalid};

impl Config {
    /// Takes back-channel logouts (OpenID Connect Back-Channel Logout 1.0) at this path of the app, such as
    /// `/backchannel-logout`, from issuers with [`logout_clients`](Issuer::logout_clients); nowhere if
    /// nothing is said.
    ///
    /// A logout makes a rule for as long as [`logout_keep`](Self::logout_keep) says, so it needs a [`revocation_file`](Self::revocation_file) or a
    /// [`store`](Self::store) that outlives the process.
    pub fn logout_path(mut self, path: &str) -> Result<Self, Invalid> {
        let is_plain = |segment: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            !segment.is_empty() && segment.bytes().all(fits) && !matches!(segment, "." | "..")
        };
        let segments = path.strip_prefix('/').map(|rest| rest.split('/').all(is_plain));
        ensure(
            segments == Some(true),
            "is no path of the app",
            "write it from the first `/`, without a query, as `/backchannel-logout`",
        )?;
        self.logout.path = Some(path.to_owned());
        Ok(self)
    }

    /// Logs out by the user, all sessions at once, even where a logout names a session: for issuers whose
    /// access tokens have no `sid`, as Auth0's.
    pub fn logout_by_sub(mut self) -> Self {
        self.logout.by = LogoutBy::Sub;
        self
    }

    /// The same by its name, which a file has.
    pub(super) fn logout_by_named(mut self, name: &str) -> Result<Self, Invalid> {
        self.logout.by = match name {
            "sid" => LogoutBy::Sid,
            "sub" => LogoutBy::Sub,
            _ => return Err(invalid("is nothing to log out by", "write `sid` or `sub`")),
        };
        Ok(self)
    }

    /// How long the rule of a logout lives, in whole seconds from 1 s: as long as the longest access token;
    /// 30 days if nothing is said. With many logouts, less leaves room for others among
    /// [`revocation_rules`](Self::revocation_rules), of which logouts take nine tenths at most.
    pub fn logout_keep(mut self, time: Duration) -> Result<Self, Invalid> {
        self.logout.keep = error::seconds(time)?;
        Ok(self)
    }

    /// Refuses a path at which no logout could be taken or kept.
    pub(crate) fn check_logout(&self) -> Result<(), Error> {
        let has_clients = self.issuers.iter().any(|issuer| !issuer.logout_clients.is_empty());
        let in_store = self.revocation.in_store && self.store.url.is_some();
        let problem = match &self.logout.path {
            None if has_clients => Some((
                "`logout_clients` is set, and there is no `logout.path`",
                "write the path at which logouts are taken, as `/backchannel-logout`",
            )),
            None => None,
            Some(_) if !has_clients => Some((
                "`logout.path` is set, and no issuer has `logout_clients`",
                "write the ids of the clients that the issuer sends logouts of",
            )),
            Some(_) if self.revocation.file.is_none() && !in_store => Some((
                "`logout.path` is set, and a logout would be forgotten with the process",
                match self.store.url {
                    Some(_) => "set `revocation.file`, or leave `revocation.redis` out",
                    None => "set `revocation.file` or `store.redis`",
                },
            )),
            Some(_) => None,
        };
        match problem {
            Some((what, cure)) => Err(Error::setting(what, cure)),
            None => Ok(()),
        }
    }
}

impl Issuer {
    /// The clients whose logouts by the back channel are taken, by their ids, which logout tokens have in
    /// `aud`; none if nothing is said. Refuses an empty list, and an empty id.
    pub fn logout_clients(
        mut self,
        ids: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Self, Invalid> {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        let is_said = !ids.is_empty() && ids.iter().all(|id| !id.trim().is_empty());
        ensure(is_said, "is empty", "write the ids of the clients whose logouts count")?;
        self.logout_clients = ids;
        Ok(self)
    }
}
