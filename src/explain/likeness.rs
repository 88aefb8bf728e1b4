//! How much an `iss` is like a configured one.

use url::Url;

/// How near an `iss` is to a configured one, the nearest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    Slash,
    Spelling,
    Tenant,
    Auth0AndOther,
    None,
}

impl Likeness {
    pub(super) fn of(iss: &str, configured: &str) -> Self {
        if iss.trim_end_matches('/') == configured.trim_end_matches('/') {
            return Self::Slash;
        }
        let parsed = |text: &str| {
            let url = Url::parse(text).ok().filter(Url::has_host);
            let url = url.or_else(|| Url::parse(&format!("https://{text}")).ok())?;
            let path = url.path().trim_end_matches('/').to_ascii_lowercase();
            Some((url.host_str()?.to_owned(), path))
        };
        let (Some(found), Some(configured)) = (parsed(iss), parsed(configured)) else {
            return Self::None;
        };
        let is_auth0 = |host: &str| host.ends_with(".auth0.com");
        let parent = |host: &str| host.split_once('.').map(|(_, parent)| parent.to_owned());
        let have_one_parent = parent(&found.0).is_some_and(|it| it.contains('.'))
            && parent(&found.0) == parent(&configured.0);
        match (is_auth0(&found.0), is_auth0(&configured.0)) {
            _ if found == configured => Self::Spelling,
            _ if found.0 == configured.0 || have_one_parent => Self::Tenant,
            (true, true) => Self::Tenant,
            (true, false) | (false, true) => Self::Auth0AndOther,
            (false, false) => Self::None,
        }
    }
}
