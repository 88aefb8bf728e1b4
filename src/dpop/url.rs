//! The URL that a proof is for (`htu`), read as RFC 3986 writes it, and what it is compared with.
//!
//! The `url` crate reads what a browser would: it takes backslashes, white space and `https:host`, and
//! leaves `%7e` and `~` apart. So this room has a reader of its own, whose results are equal texts where
//! RFC 3986 §6.2.2 and §6.2.3 call two URLs equal.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::address::{Purpose, trusted};
use crate::error::{Invalid, ensure};

/// An absolute http or https URL in normal form, without query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUrl {
    /// `https://api.example`, with a port where it is not the scheme's own.
    origin: String,
    /// `/` where the URL has none.
    path: String,
}

impl HttpUrl {
    /// `None` for what is no such URL, or carries a user name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (scheme, own_port) = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => ("https", 443),
            _ if scheme.eq_ignore_ascii_case("http") => ("http", 80),
            _ => return None,
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (hierarchy, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = hierarchy.split_once('?').unwrap_or((hierarchy, ""));
        let may_follow =
            |text| unescaped(text, |octet| is_of_path(octet) || octet == b'?').is_some();
        if !may_follow(query) || !may_follow(fragment) {
            return None;
        }
        let (host, port) = authority_of(authority)?;
        let port = port.filter(|port| *port != own_port).map(|port| format!(":{port}"));
        let origin = format!("{scheme}://{host}{}", port.unwrap_or_default());
        Some(Self { origin, path: normal_path(path)? })
    }
}

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
            return Err(crate::error::invalid(
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
pub(crate) fn bases_for<'b>(bases: &'b [Base], host: Option<&str>) -> Vec<&'b Base> {
    let named: Vec<_> =
        bases.iter().filter(|base| host.is_some_and(|host| base.is_at(host))).collect();
    if named.is_empty() { bases.iter().collect() } else { named }
}

/// Whether `htu` is the URL of this path, as received, at one of the bases.
pub(crate) fn is_of(htu: &str, bases: &[Base], host: Option<&str>, path: &str) -> bool {
    let (Some(url), Some(path)) = (HttpUrl::parse(htu), received_path(path)) else { return false };
    match bases {
        [one] => one.leads_to(&url, &path),
        several => bases_for(several, host).iter().any(|base| base.leads_to(&url, &path)),
    }
}

/// Whether `htu` is this URL, and that is below one of the bases.
#[cfg(feature = "cli")]
pub(crate) fn is_below(url: &str, bases: &[Base], htu: &str) -> bool {
    let Some(url) = HttpUrl::parse(url) else { return false };
    let is_below = |base: &Base| {
        let rest = url.path.strip_prefix(&base.prefix);
        base.origin == url.origin && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    bases.iter().any(is_below) && HttpUrl::parse(htu) == Some(url)
}

/// The path of a request in normal form. What RFC 3986 has no room for in a path, and an HTTP library
/// lets through, stands in it escaped: a client cannot write it into a URL otherwise.
///
/// Dot segments end at the root of the path itself, so none leads out of the prefix of a base.
pub(crate) fn received_path(path: &str) -> Option<String> {
    let has_room = |octet: u8| is_of_path(octet) || octet == b'%';
    let path = if path.bytes().all(has_room) {
        Cow::Borrowed(path)
    } else {
        let escaped = |octet: u8| match octet {
            octet if has_room(octet) => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        };
        Cow::Owned(path.bytes().map(escaped).collect())
    };
    normal_path(&path)
}

/// The host in normal form, and the port if one is written.
fn authority_of(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let is_of_name = |octet| is_unreserved(octet) || is_sub_delimiter(octet);
            (unescaped(&host.to_ascii_lowercase(), is_of_name)?.to_ascii_lowercase(), port)
        }
    };
    // A `%` that is left begins an escape, whose letters are capitals (RFC 3986 §6.2.2.1).
    if host.is_empty() || host.contains('%') {
        return None;
    }
    let digits = match port.strip_prefix(':') {
        None if port.is_empty() => "",
        None => return None,
        Some(digits) => digits,
    };
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    Some((host, if digits.is_empty() { None } else { Some(digits.parse().ok()?) }))
}

/// The path with its escapes in normal form and without dot segments (RFC 3986 §5.2.4).
fn normal_path(path: &str) -> Option<String> {
    let path = unescaped(path, is_of_path)?;
    let Some(rest) = path.strip_prefix('/') else {
        return path.is_empty().then(|| "/".to_owned());
    };
    if !rest.contains('.') {
        return Some(path.into_owned());
    }
    let mut segments = vec![];
    let mut all = rest.split('/').peekable();
    while let Some(segment) = all.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                // A dot segment at the end leaves its slash.
                if all.peek().is_none() {
                    segments.push("");
                }
            }
            segment => segments.push(segment),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

/// The text with the escapes of unreserved characters undone and the others in capitals (RFC 3986
/// §6.2.2.1, §6.2.2.2); `None` where an escape is broken, or another octet is none that `fits`.
fn unescaped(text: &str, fits: impl Fn(u8) -> bool) -> Option<Cow<'_, str>> {
    if text.bytes().all(&fits) {
        return Some(Cow::Borrowed(text));
    }
    let mut octets = text.bytes();
    let mut normal = String::with_capacity(text.len());
    while let Some(octet) = octets.next() {
        match octet {
            b'%' => {
                let mut digit = || char::from(octets.next()?).to_digit(16);
                let escaped = u8::try_from(digit()? * 16 + digit()?).ok()?;
                match is_unreserved(escaped) {
                    true => normal.push(char::from(escaped)),
                    false => normal.push_str(&format!("%{escaped:02X}")),
                }
            }
            octet if fits(octet) => normal.push(char::from(octet)),
            _ => return None,
        }
    }
    Some(Cow::Owned(normal))
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

fn is_sub_delimiter(octet: u8) -> bool {
    b"!$&'()*+,;=".contains(&octet)
}

fn is_of_path(octet: u8) -> bool {
    is_unreserved(octet) || is_sub_delimiter(octet) || b":@/".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Option<String> {
        HttpUrl::parse(text).map(|url| format!("{}{}", url.origin, url.path))
    }

    #[test]
    fn a_url_has_one_normal_form() {
        for (written, expected) in [
            ("https://api.example/a", "https://api.example/a"),
            ("HTTPS://API.Example/a", "https://api.example/a"),
            ("https://api.example:443/a", "https://api.example/a"),
            ("https://api.example:/a", "https://api.example/a"),
            ("https://api.example:0443/a", "https://api.example/a"),
            ("http://api.example:80/a", "http://api.example/a"),
            ("http://api.example:443/a", "http://api.example:443/a"),
            ("https://api.example", "https://api.example/"),
            ("https://api.example?b#c", "https://api.example/"),
            ("https://api.example/a?b=/../c#d?e", "https://api.example/a"),
            ("https://api.%65xample/%7ea", "https://api.example/~a"),
            ("https://api.example/%2f%3a", "https://api.example/%2F%3A"),
            ("https://api.example/a/./b/../c", "https://api.example/a/c"),
            ("https://api.example/a/%2E%2e/c", "https://api.example/c"),
            ("https://api.example/../../a", "https://api.example/a"),
            ("https://api.example/a/..", "https://api.example/"),
            ("https://api.example/a/.", "https://api.example/a/"),
            ("https://api.example/a/", "https://api.example/a/"),
            ("https://api.example//a", "https://api.example//a"),
            ("https://api.example/a//../b", "https://api.example/a/b"),
            ("https://api.example/.a/..b", "https://api.example/.a/..b"),
            ("https://[0:0::1]:8000/a", "https://[::1]:8000/a"),
            ("https://127.0.0.1/a;b=@c", "https://127.0.0.1/a;b=@c"),
        ] {
            assert_eq!(normal(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_no_http_url_of_rfc_3986_has_none() {
        for text in [
            "",
            "/a",
            "api.example/a",
            "//api.example/a",
            "https:/api.example/a",
            "https:api.example/a",
            "https:///a",
            "https://:443/a",
            "ftp://api.example/a",
            "https://u@api.example/a",
            "https://u:p@api.example/a",
            "https://@api.example/a",
            " https://api.example/a",
            "https://api.example/a ",
            "https://api.example/a b",
            "https://api.example/a\tb",
            "https://api.example\\a",
            "https://api.example/a\\b",
            "https://api.example/a|b",
            "https://api.example/\u{e4}",
            "https://\u{e4}.example/",
            "https://api.example/%",
            "https://api.example/%4",
            "https://api.example/%zz",
            "https://api.example/a?%z",
            "https://api.example/a#%z",
            "https://api.example/a?b c",
            "https://api%2Eexample%20/a",
            "https://api.example:a/",
            "https://api.example:65536/",
            "https://api.example:1:2/",
            "https://[::1/a",
            "https://[::1]x/a",
            "https://[v1.a]/a",
            "https://[127.0.0.1]/a",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }

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
