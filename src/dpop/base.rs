//! Where clients call the API: what the URL of a proof has to begin with.

use super::url::{HttpUrl, received_path};
use crate::address::{Purpose, trusted};
use crate::error::{Invalid, ensure, invalid};

/// A public address of the API: an origin, and the prefix that a proxy in front takes off the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    origin: String,
    /// Empty, or as `/v1`.
    prefix: String,
}

impl Base {
    /// Refuses what is no https URL (or http on a loopback host), and a query or a fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let url = trusted(text, Purpose::Resource)?;
        ensure(
            url.query().is_none() && url.fragment().is_none(),
            "has a query or a fragment",
            "write the public origin of the API, and the prefix of its paths if it has one, as \
             `https://api.example.com/v1`",
        )?;
        let Some(HttpUrl { origin, path }) = HttpUrl::parse(text) else {
            return Err(invalid(
                "is not written as RFC 3986 has it",
                "write it in full and in ASCII, as `https://api.example.com/v1`",
            ));
        };
        Ok(Self { origin, prefix: path.trim_end_matches('/').to_owned() })
    }

    /// Whether this `Host` is the authority of the base.
    fn is_at(&self, host: &str) -> bool {
        let scheme = self.origin.split("://").next().unwrap_or_default();
        let url = HttpUrl::parse(&format!("{scheme}://{host}"));
        url.is_some_and(|url| url.origin == self.origin && url.path == "/")
    }

    /// The URL of this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.prefix)
    }

    /// The URL of this path, if it is the given one.
    fn leads_to(&self, url: &HttpUrl, path: &str) -> bool {
        url.origin == self.origin && url.path.strip_prefix(&self.prefix) == Some(path)
    }
}

/// The bases that count for a request with this `Host`: those of that authority, or else all.
///
/// The header is the client's, so it can only leave some of the configured bases out.
fn bases_for<'b>(bases: &'b [Base], host: Option<&str>) -> Vec<&'b Base> {
    let named: Vec<_> =
        bases.iter().filter(|base| host.is_some_and(|host| base.is_at(host))).collect();
    if named.is_empty() { bases.iter().collect() } else { named }
}

/// Whether `htu` is the URL of this path, as received, at one of the bases.
pub(super) fn is_of(htu: &str, bases: &[Base], host: Option<&str>, path: &str) -> bool {
    let (Some(url), Some(path)) = (HttpUrl::parse(htu), received_path(path)) else { return false };
    match bases {
        [one] => one.leads_to(&url, &path),
        several => bases_for(several, host).iter().any(|base| base.leads_to(&url, &path)),
    }
}

/// Whether `htu` is this URL, and that is below one of the bases.
#[cfg(feature = "cli")]
pub(super) fn is_below(url: &str, bases: &[Base], htu: &str) -> bool {
    let Some(url) = HttpUrl::parse(url) else { return false };
    let is_below = |base: &Base| {
        let rest = url.path.strip_prefix(&base.prefix);
        base.origin == url.origin && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    bases.iter().any(is_below) && HttpUrl::parse(htu) == Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_one_below_a_base_of_this_host() {
        let bases = |texts: &[&str]| -> Vec<Base> {
            texts.iter().map(|text| Base::parse(text).unwrap()).collect()
        };
        let one = bases(&["https://api.example/v1/"]);
        let two = bases(&["https://api.example", "https://other.example:8443"]);
        for (htu, bases, host, path, expected) in [
            ("https://api.example/v1/a", &one, Some("inner"), "/a", true),
            ("https://api.example/a", &one, Some("api.example"), "/a", false),
            ("https://api.example/v1", &one, None, "/", false),
            ("https://api.example/v1/", &one, None, "/", true),
            // A prefix is left by no dot segment.
            ("https://api.example/a", &one, None, "/../a", false),
            ("https://api.example/v1/a", &one, None, "/../a", true),
            ("https://api.example/a", &two, Some("api.example"), "/a", true),
            ("https://api.example/a", &two, Some("API.example:443"), "/a", true),
            ("https://api.example/a", &two, Some("other.example:8443"), "/a", false),
            ("https://other.example:8443/a", &two, Some("other.example:8443"), "/a", true),
            ("https://other.example:8443/a", &two, Some("evil.example"), "/a", true),
            ("https://evil.example/a", &two, Some("evil.example"), "/a", false),
            ("https://api.example/a%7Cb", &two, None, "/a|b", true),
            ("https://api.example/A", &two, None, "/a", false),
            ("https://api.example/a/", &two, None, "/a", false),
            ("https://api.example/a?x=1", &two, None, "/a", true),
        ] {
            assert_eq!(is_of(htu, bases, host, path), expected, "{htu} {host:?} {path}");
        }
    }
}
