//! The URL that a proof is for (`htu`), read as RFC 3986 writes it.
//!
//! The `url` crate reads what a browser would: it takes backslashes, white space and `https:host`, and
//! leaves `%7e` and `~` apart. So this room has a reader of its own, whose results are equal texts where
//! RFC 3986 §6.2.2 and §6.2.3 call two URLs equal.

use std::borrow::Cow;
use std::net::Ipv6Addr;

/// An absolute http or https URL in normal form, without query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUrl {
    /// `https://api.example`, with a port where it is not the scheme's own.
    pub(super) origin: String,
    /// `/` where the URL has none.
    pub(super) path: String,
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

/// The path of a request in normal form. What RFC 3986 has no room for in a path, and an HTTP library
/// lets through, stands in it escaped: a client cannot write it into a URL otherwise.
///
/// Dot segments end at the root of the path itself, so none leads out of the prefix of a base.
pub(super) fn received_path(path: &str) -> Option<String> {
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
}
