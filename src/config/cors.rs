//! Which pages may read answers: the table `cors`.

use url::Url;

use super::Config;
use crate::address::fetchable;
use crate::error::{Invalid, invalid};

impl Config {
    /// The origins whose pages may call the app and read its answers, as browsers send them:
    /// `https://app.example.com`, or http on a loopback host; none if nothing is said.
    ///
    /// Preflight requests are then answered before any guard, and every answer says `Vary: Origin`.
    /// Cookies stay out of it: the token comes from `Authorization` alone.
    pub fn cors_origins<O: AsRef<str>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Result<Self, Invalid> {
        self.cors_origins =
            origins.into_iter().map(|it| origin(it.as_ref())).collect::<Result<_, _>>()?;
        Ok(self)
    }
}

/// Compared octet by octet later, so it has to be as the standard serialises it.
fn origin(text: &str) -> Result<String, Invalid> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| url.origin().ascii_serialization() == text && !text.contains('*'));
    let url = url.ok_or(invalid(
        "has what no browser sends as an origin",
        "write each in full, as `https://app.example.com`: scheme and host in small letters, a port \
         that is not the scheme's own, no path, no `*`",
    ))?;
    // `fetchable` asks the same of an issuer: who is on the way could be that page.
    fetchable(url.as_str())?;
    Ok(text.to_owned())
}
