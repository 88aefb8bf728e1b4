//! The proxy of fetches (`jwks.proxy`), and the hosts that are asked without it (`jwks.no_proxy`).

use std::net::Ipv6Addr;

use reqwest::Proxy;
use url::{Host, Url};

use crate::address::may_be_here;
use crate::error::{Invalid, invalid};

/// The URL of a proxy.
pub(super) fn url(text: &str) -> Result<Url, Invalid> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(invalid("is not the URL of a proxy", "write it as `http://host:port`")),
    }
}

/// A host of `jwks.no_proxy`, as [`is_one_of`] compares it.
pub(super) fn host(text: &str) -> Result<Host, Invalid> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<Ipv6Addr>() {
        return Ok(Host::Ipv6(ip));
    }
    let problem = if text.contains("://") {
        "has a URL for a host"
    } else if text.contains('/') {
        "has a path or a network for a host"
    } else if text.contains('*') || text.starts_with('.') {
        "has a pattern for a host, and each is compared whole"
    } else if text.contains(char::is_whitespace) {
        "has white space in a host"
    } else if text.contains(':') {
        "has a host with a port"
    } else {
        match Host::parse(text).map(without_dot) {
            Ok(Host::Domain(name)) if !is_name(&name) => "has what is no host",
            Ok(host) => return Ok(host),
            Err(_) => "has what is no host",
        }
    };
    Err(invalid(
        problem,
        "write names and addresses alone, each in full, as `[\"issuer.internal\", \"10.0.0.1\", \
         \"fd00::1\"]`",
    ))
}

/// Whether these are labels of letters, digits, `-` and `_`, joined by dots.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.split('.').all(|label| !label.is_empty() && label.bytes().all(fits))
}

/// A name that ends in a dot is the same without it.
fn without_dot(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned()),
        address => address,
    }
}

/// Sends requests through this proxy, but for those to one of these hosts or to this machine: plain
/// http to this machine is safe as long as no proxy reads or answers it.
///
/// [`NoProxy`](reqwest::NoProxy) would take subdomains along.
pub(super) fn but_for(proxy: Url, hosts: Vec<Host>) -> Proxy {
    Proxy::custom(move |url| {
        let is_direct = may_be_here(url) || is_one_of(&hosts, url);
        (!is_direct).then(|| proxy.clone())
    })
}

fn is_one_of(hosts: &[Host], url: &Url) -> bool {
    url.host().is_some_and(|host| hosts.contains(&without_dot(host.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_whole_in_whatever_way_it_is_written() {
        for (listed, asked, expected) in [
            ("issuer.example", "issuer.example", true),
            ("issuer.example", "issuer.example:8443", true),
            ("ISSUER.Example", "issuer.EXAMPLE", true),
            ("issuer.example.", "issuer.example", true),
            ("issuer.example", "issuer.example.", true),
            ("issuer.example", "sub.issuer.example", false),
            ("issuer.example", "issuer.example.com", false),
            ("issuer.example", "myissuer.example", false),
            ("issuer", "issuer.example", false),
            ("bücher.example", "xn--bcher-kva.example", true),
            ("a_b.example", "a_b.example", true),
            ("10.0.0.1", "10.0.0.1:6443", true),
            ("10.0.0.1", "167772161", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("10.0.0.1", "10.0.0.1.example", false),
            ("10.0.0.1", "[::ffff:10.0.0.1]", false),
            ("fd00::1", "[fd00::1]", true),
            ("[fd00::1]", "[FD00:0::1]:6443", true),
            ("FD00:0:0::1", "[fd00::1]", true),
            ("fd00::1", "[fd00::2]", false),
        ] {
            let hosts = [host(listed).unwrap()];
            let url = Url::parse(&format!("https://{asked}/keys")).unwrap();
            assert_eq!(is_one_of(&hosts, &url), expected, "{listed} {asked}");
        }
    }

    #[test]
    fn what_is_no_host_alone_is_refused() {
        for (text, problem) in [
            ("https://issuer.example", "has a URL"),
            ("http://[fd00::1]:80/", "has a URL"),
            ("issuer.example/path", "has a path"),
            ("10.0.0.0/8", "has a path or a network"),
            ("fd00::/8", "has a path or a network"),
            ("*", "has a pattern"),
            ("*.example", "has a pattern"),
            ("issuer.*", "has a pattern"),
            (".example", "has a pattern"),
            (" issuer.example", "has white space"),
            ("issuer.example\n", "has white space"),
            ("a b", "has white space"),
            ("issuer.example:443", "has a host with a port"),
            ("10.0.0.1:443", "has a host with a port"),
            ("[fd00::1]:443", "has a host with a port"),
            ("", "has what is no host"),
            (".", "has a pattern"),
            ("a..b", "has what is no host"),
            ("a.b..", "has what is no host"),
            ("a,b", "has what is no host"),
            ("me@a.example", "has what is no host"),
            ("10.0.0.256", "has what is no host"),
            ("[fd00::1", "has a host with a port"),
            ("[issuer.example]", "has what is no host"),
            ("issuer\u{0}", "has what is no host"),
        ] {
            let error = host(text).expect_err(text);
            assert!(error.problem.starts_with(problem), "{text:?}: {error}");
        }
    }
}
